"""The only door to WeasyPrint: our templates become PDF bytes; only packaged static files are fetched."""

import ctypes
import functools
import io
import logging
import mimetypes
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

#: Relative addresses in templates resolve to this place, which exists nowhere but in the fetcher below.
_BASE = "https://static.invalid/"
_PANGO = "libpango-1.0.so.0"
_local = threading.local()


class PdfUnavailableError(ValidationError):
    """The machine lacks what PDF needs; the message is for the person, the log names the cause."""

    def __init__(self) -> None:
        super().__init__(
            _("Dokumen PDF belum dapat dibuat. Isian Anda tersimpan. Coba lagi nanti"), code="pdf"
        )


def render_pdf(template: str, context: dict[str, Any], *, allowed: Collection[str] = ()) -> bytes:
    """Render a template of ours to PDF.

    ``allowed`` names the static files it may use, written relative in the template
    (``<link rel="stylesheet" href="public_site/surat.css">``); ``data:`` images are always allowed.
    Title and language come from the template's ``<title>`` and ``<html lang>``.
    """
    return _render(template, context, allowed)[0]


def render_sheet(template: str, contexts: Iterable[dict[str, Any]]) -> bytes:
    """Render the first of ``contexts`` that fits on one page, the last one when none does."""
    content = b""
    for context in contexts:
        content, pages = _render(template, context, ())
        if pages == 1:
            break
    return content


def render_in_chunks(
    template: str,
    context: dict[str, Any],
    rows: Iterable[Any],
    *,
    size: int = 250,
    allowed: Collection[str] = (),
    first_page: int = 1,
) -> bytes:
    """Render a long table in pieces of ``size`` rows, so that memory stays flat, and merge them.

    The template gets ``rows``, ``first_number`` (the first row's number from 1), ``first_page``, ``is_first``
    and ``is_last``. To continue the page numbers it writes
    ``@page:first { counter-reset: page {{ first_page }} }``; its columns need fixed widths.
    """
    parts: list[bytes] = []
    number, page = 1, first_page
    for chunk, is_last in _chunks(rows, size):
        place = {"first_number": number, "first_page": page, "is_first": not parts, "is_last": is_last}
        part, pages = _render(template, {**context, "rows": chunk, **place}, allowed)
        parts.append(part)
        number += len(chunk)
        page += pages
    return merge_pdfs(parts)


def _chunks(rows: Iterable[Any], size: int) -> Iterator[tuple[list[Any], bool]]:
    iterator = iter(rows)
    chunk = list(islice(iterator, size))
    while True:
        following = list(islice(iterator, size))
        yield chunk, not following
        if not following:
            return
        chunk = following


def _render(template: str, context: dict[str, Any], allowed: Collection[str]) -> tuple[bytes, int]:
    try:
        from weasyprint import HTML  # late: without Pango the import itself fails
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:
        logger.exception("WeasyPrint cannot start; see system check core.W001")
        raise PdfUnavailableError from error
    if not hasattr(_local, "fonts"):
        _local.fonts = FontConfiguration()  # costly to build; not to be shared between threads
    html = render_to_string(template, context)
    document = HTML(string=html, base_url=_BASE, url_fetcher=_fetcher(frozenset(allowed))).render(
        font_config=_local.fonts
    )
    return document.write_pdf(), len(document.pages)


def _fetcher(allowed: frozenset[str]) -> Any:
    return _fetcher_class()(allowed)


@functools.cache
def _fetcher_class() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class ClosedFetcher(URLFetcher):
        """Hands out ``data:`` and the allowed static files; refuses and logs everything else."""

        def __init__(self, allowed: frozenset[str]) -> None:
            super().__init__(allowed_protocols=["data"], allow_redirects=False)
            self.allowed = allowed

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            """Return the response or raise ``ValueError``; WeasyPrint then leaves the thing out."""
            if url[:5].lower() == "data:":
                return super().fetch(url, headers)
            name = unquote(urlsplit(url).path).lstrip("/")
            path = finders.find(name) if url.startswith(_BASE) and name in self.allowed else None
            if not isinstance(path, str):
                # Only the scheme: the rest of the address could hold someone's data.
                logger.warning(
                    "A PDF template asked for a file that is not allowed (%s)", urlsplit(url).scheme
                )
                raise ValueError("Not allowed in a PDF")
            with open(path, "rb") as file:  # noqa: PTH123  finders speak in strings
                kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
                return URLFetcherResponse(url, file.read(), {"Content-Type": kind})

    return ClosedFetcher


def merge_pdfs(parts: Sequence[bytes]) -> bytes:
    """Return one PDF of all parts in order; title and language are the first part's."""
    if len(parts) == 1:
        return parts[0]
    import pikepdf  # late: every manage.py command reads this module for its check, and this costs 0.15 s

    with pikepdf.new() as merged:
        for index, part in enumerate(parts):
            with pikepdf.open(io.BytesIO(part)) as document:
                merged.pages.extend(document.pages)
                if index == 0:
                    title = document.docinfo.get("/Title")
                    if title is not None:
                        merged.docinfo["/Title"] = str(title)
                    merged.Root.Lang = pikepdf.String(str(document.Root.get("/Lang", "id")))
                    merged.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        target = io.BytesIO()
        merged.save(target, compress_streams=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return target.getvalue()


def pango_is_missing() -> bool:
    """Tell whether PDF cannot work on this machine; cheap where the library lies in its usual place."""
    try:
        ctypes.CDLL(_PANGO)
    except OSError:
        try:
            import weasyprint  # noqa: F401  other systems keep Pango under other names
        except OSError:
            return True
    return False
