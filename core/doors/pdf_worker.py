"""The child process that looks through an uploaded PDF with pikepdf and answers one word; never changes it.

Words: ``ok`` | ``password`` | ``active`` | ``broken`` | ``pages <number>``.
"""

import sys
from typing import Any, BinaryIO

from core.doors.child_limits import limit_this_process

MEMORY, SECONDS, OUTPUT = 1024 * 1024 * 1024, 20, 1024
_KEYS = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/RichMediaSettings"}
)
_ACTIONS = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Rendition",
        "/RichMediaExecute",
    }
)
_SUBTYPES = frozenset({"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})
_DEEPEST = 200


def main() -> None:
    """Judge the PDF on stdin; the first argument is the largest number of pages."""
    limit_this_process(memory=MEMORY, seconds=SECONDS, output=OUTPUT)
    sys.stdout.write(judge(sys.stdin.buffer, int(sys.argv[1])))


def judge(source: BinaryIO, most_pages: int) -> str:
    """Return the word for this PDF; streams are never unpacked."""
    import pikepdf

    try:
        # No recovery: what we look through must be what a viewer will show.
        with pikepdf.open(source, attempt_recovery=False) as document:
            if document.is_encrypted:
                return "password"
            pages = len(document.pages)
            if any(holds_active_content(entry) for entry in (document.trailer, *document.objects)):
                return "active"
    except pikepdf.PasswordError:
        return "password"
    except Exception:  # noqa: BLE001  any failure to read means the same to the person
        return "broken"
    if pages == 0:
        return "broken"
    return "ok" if pages <= most_pages else f"pages {pages}"


def holds_active_content(root: Any) -> bool:
    """Tell whether an object, or a direct one inside it, carries scripts, launches or hidden files."""
    import pikepdf

    stack: list[tuple[Any, int]] = [(root, 0)]
    while stack:
        item, depth = stack.pop()
        if depth > _DEEPEST:
            return True
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            keys = set(item.keys())
            if keys & _KEYS:
                return True
            for key, forbidden in (("/S", _ACTIONS), ("/Subtype", _SUBTYPES), ("/Type", {"/EmbeddedFile"})):
                if key in keys and isinstance(item[key], pikepdf.Name) and str(item[key]) in forbidden:
                    return True
            children = [item[key] for key in keys]
        elif isinstance(item, pikepdf.Array):
            children = list(item)
        else:
            continue
        # Indirect objects come by themselves in the list of all objects.
        stack.extend(
            (child, depth + 1)
            for child in children
            if isinstance(child, pikepdf.Object) and not child.is_indirect
        )
    return False


if __name__ == "__main__":
    main()
