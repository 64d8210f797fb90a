"""The English catalogue: complete, compiled, in step with the sources, and what an English reader really sees.

The marked strings are the Indonesian ones, so Indonesian needs no catalogue of ours; English needs every entry.
After a change of texts: ``make messages``, translate what is new in locale/en, ``make messages`` again.
"""

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from django.conf import settings
from django.utils import translation
from django.utils.translation import template as template_translation

ROOT = Path(settings.BASE_DIR)
APPS = ("admin_theme", "core", "accounts", "requests_app", "public_site")
CATALOGUES = sorted(
    path for folder in ("locale", "locale_vendor") for path in (ROOT / folder).glob("*/LC_MESSAGES/django.po")
)
#: What Django's makemessages looks for: position of the message, of its plural, of its context.
KEYWORDS: dict[str, Any] = {
    "_": (1,),
    "gettext": (1,),
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
Key = tuple[str, str]


@cache
def catalogue(path: Path) -> Catalog:
    """The entries of a .po file."""
    with path.open("rb") as file:
        return pofile.read_po(file, locale=path.parts[-3])


def english() -> list[Message]:
    """The entries of locale/en, without the header."""
    return [message for message in catalogue(ROOT / "locale/en/LC_MESSAGES/django.po") if message.id]


def texts(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """One text, or the singular and the plural."""
    return (value or "",) if value is None or isinstance(value, str) else tuple(value)


def key_of(message: Message) -> Key:
    """Context and (singular) text: what gettext looks up."""
    return message.context or "", texts(message.id)[0]


def placeholders(text: str) -> list[str]:
    """Everything in a text that a program fills in or a browser reads: %(x)s, %d, {x}, tags."""
    named = re.findall(r"%\(\w+\)[sd]|%[sd%]|</?[a-z][^>]*>", text)
    try:
        braces = [f"{{{name}}}" for _text, name, _spec, _conversion in Formatter().parse(text) if name]
    except ValueError:
        braces = []
    return sorted(named + braces)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-4]}-{path.parts[-3]}")
def test_catalogue_is_complete(path):
    """No entry without a translation, none guessed by msgmerge, none that is no longer used."""
    found = catalogue(path)
    assert [message.id for message in found if message.id and not all(texts(message.string))] == []
    assert [message.id for message in found if message.id and message.fuzzy] == []
    assert list(found.obsolete) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-4]}-{path.parts[-3]}")
def test_catalogue_keeps_the_placeholders(path):
    """What the program fills in stands in the translation too, and nothing else does."""
    wrong = []
    for message in catalogue(path):
        allowed = [placeholders(text) for text in texts(message.id)]
        wrong += [
            (message.id, text)
            for text in texts(message.string)
            if message.id and placeholders(text) not in allowed
        ]
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-4]}-{path.parts[-3]}")
def test_compiled_catalogue_equals_its_source(path):
    """The committed .mo says what the .po says: a newcomer's machine has no compiler for it."""
    with path.with_suffix(".mo").open("rb") as file:
        compiled = mofile.read_mo(file)
    fresh = io.BytesIO()
    mofile.write_mo(fresh, catalogue(path))
    fresh.seek(0)

    def content(found: Catalog) -> dict[Key, tuple[str, ...]]:
        return {key_of(message): texts(message.string) for message in found if message.id}

    assert content(compiled) == content(mofile.read_mo(fresh)), "run `make messages`"


def sources() -> Iterator[Path]:
    """Every module and template that may hold a marked text."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*")):
            if path.suffix in (".py", ".html", ".txt", ".svg") and path.is_file():
                yield path


def marked_in(path: Path) -> Iterator[Key]:
    """The marked texts of one file, as makemessages would find them."""
    content = path.read_text()
    if path.suffix != ".py":
        if "{%" not in content:
            return
        # Django turns a template into something like Python; without indentation it is Python for the tokenizer.
        content = template_translation.templatize(content)
        content = "\n".join(line.strip() for line in content.splitlines())
    for _line, function, found, _comments in extract_python(
        io.BytesIO(content.encode()), KEYWORDS, [], {"encoding": "utf-8"}
    ):
        parts = list(found) if isinstance(found, (list, tuple)) else [found]
        context = parts.pop(0) if KEYWORDS[str(function)][0] == (1, "c") and len(parts) > 1 else ""
        if parts and parts[0]:
            yield str(context or ""), str(parts[0])


def test_catalogue_is_in_step_with_the_sources():
    """Every marked text has its entry, every entry its text."""
    marked = {key: path.relative_to(ROOT) for path in sources() for key in marked_in(path)}
    entries = {key_of(message) for message in english()}
    assert len(marked) > 1500
    assert {key: str(path) for key, path in marked.items() if key not in entries} == {}, "run `make messages`"
    assert sorted(entries - marked.keys()) == [], "run `make messages`"


def test_marking_functions_keep_their_names():
    """Only ``_`` stands for a marking function: under any other name the extraction passes its texts by."""
    wrong = []
    for path in sources():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                wrong += [
                    f"{path.relative_to(ROOT)}: {name.name} as {name.asname}"
                    for name in node.names
                    if name.name in KEYWORDS and name.asname not in (None, "_")
                ]
    assert wrong == []


def test_indonesian_texts_stay_as_written():
    """No library's Indonesian catalogue turns a source text of ours into another word (No is not Tidak)."""
    changed = {}
    with translation.override("id"):
        for message in english():
            context, text = key_of(message)
            if isinstance(message.id, tuple):
                plural = message.id[1]
                found = {
                    translation.npgettext(context, text, plural, number)
                    if context
                    else translation.ngettext(text, plural, number)
                    for number in (0, 1, 2, 21)
                }
            else:
                found = {translation.pgettext(context, text) if context else translation.gettext(text)}
            if found != {text}:
                changed[context, text] = found
    assert changed == {}
