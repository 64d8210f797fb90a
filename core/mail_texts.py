"""Texts of outgoing mail that administrators may edit: the kinds, their names in braces, the check, the layout.

A kind is declared by the app that builds it (``MAILS`` in the modules of ``settings.MAIL_BUILDERS``). Without an
edited text the app's own template is sent. Edited texts are no templates: a name in braces is replaced by its
value in one pass, values are escaped in the HTML part, nothing is executed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import MailText

NAME = re.compile(r"\{([^{}]*)\}")
Texts = tuple[str, str]


@dataclass(frozen=True)
class Name:
    """One name in braces: what it stands for, an example, whether the text makes no sense without it.

    ``path`` says where the value stands in the context of the mail's template ("request.number").
    """

    label: Any
    example: str
    required: bool = False
    path: str = ""


@dataclass(frozen=True)
class MailKind:
    """One kind of mail; ``default(values)`` gives subject and body as they are sent without an edited text."""

    kind: str
    label: Any
    names: Mapping[str, Name]
    default: Callable[[Mapping[str, str]], Texts]

    def values_in(self, context: Mapping[str, Any]) -> dict[str, str]:
        """The values of the names, found in the context of the mail's template."""
        return {name: str(_at(context, entry.path)) for name, entry in self.names.items()}

    def default_text(self) -> Texts:
        """The app's own text with the names in braces, in the language that is active."""
        return self.default({name: f"{{{name}}}" for name in self.names})

    def examples(self) -> dict[str, str]:
        """A value for each name, to show and to try."""
        return {name: entry.example for name, entry in self.names.items()}


def templated(kind: str, label: Any, template: str, subject: Any, names: Mapping[str, Name]) -> MailKind:
    """A kind whose text is a template of the app; ``subject`` is a source text with %(number)s-like names.

    The subject's names are the last parts of the paths: "request.number" is %(number)s.
    """

    def default(values: Mapping[str, str]) -> Texts:
        context = _context({entry.path: values[name] for name, entry in names.items()})
        ends = {entry.path.rpartition(".")[2]: values[name] for name, entry in names.items()}
        title = str(subject) % ends
        return title, body_of(template, title, context)

    return MailKind(kind, label, names, default)


def kinds() -> dict[str, MailKind]:
    """Every kind that may be edited, in the order of the apps."""
    modules = [import_module(path) for path in settings.MAIL_BUILDERS.values()]
    return {kind.kind: kind for module in modules for kind in getattr(module, "MAILS", ())}


def body_of(template: str, subject: str, context: Mapping[str, Any]) -> str:
    """The text of a mail without its frame, as it can be edited."""
    framed = render_to_string(f"emails/{template}.txt", {**context, "subject": subject})
    inner = framed.split(f"{subject}\n\n", 1)[-1].rpartition("\n--\n")[0]
    return re.sub(r"\n{3,}", "\n\n", inner).strip()


def edited(kind: str, language: str) -> Texts | None:
    """The administrator's subject and body; None while the app's own text holds."""
    row = MailText.objects.filter(kind=kind).first()
    texts = None if row is None else row.texts(language)
    return texts if texts and all(texts) else None


def check(kind: MailKind, subject: str, body: str) -> dict[str, str]:
    """What is wrong with a text, by "subject" and "body": unknown names, missing ones, stray braces."""
    wrong: dict[str, str] = {}
    for place, text in (("subject", subject), ("body", body)):
        unknown = sorted({name for name in NAME.findall(text) if name not in kind.names})
        if unknown:
            wrong[place] = _("Nama tidak dikenal: %(names)s. Pakai nama yang tercantum di bawah.") % {
                "names": ", ".join(f"{{{name}}}" for name in unknown)
            }
        elif re.search(r"[{}]", NAME.sub("", text)):
            wrong[place] = _("Ada kurung kurawal tanpa pasangan. Tulis nama seperti {nama}.").replace(
                "{nama}", f"{{{next(iter(kind.names), 'nama')}}}"
            )
    if "body" not in wrong:
        missing = [name for name, entry in kind.names.items() if entry.required and f"{{{name}}}" not in body]
        if missing:
            wrong["body"] = _("Isi surel harus memuat %(names)s.") % {
                "names": ", ".join(f"{{{name}}}" for name in missing)
            }
    return wrong


def filled(text: str, values: Mapping[str, str]) -> str:
    """Plain text with the values in place; a value that looks like a name stays as it is."""
    return NAME.sub(lambda match: values.get(match[1], ""), text)


def layout(subject: str, body: str, values: Mapping[str, str]) -> tuple[str, str, str]:
    """Subject, plain text and HTML of an edited mail."""
    title = filled(subject, values)
    paragraphs = [part for part in re.split(r"\n\s*\n", body.replace("\r\n", "\n").strip()) if part.strip()]
    text = render_to_string(
        "emails/edited.txt", {"subject": title, "text": "\n\n".join(filled(p, values) for p in paragraphs)}
    )
    html = render_to_string(
        "emails/edited.html",
        {"subject": title, "paragraphs": [_html(part, values) for part in paragraphs]},
    )
    return title, text, html


def _html(text: str, values: Mapping[str, str]) -> SafeString:
    """A paragraph: text and values escaped, lines kept, addresses as links; a value on its own, a code, is large."""
    alone = NAME.fullmatch(text.strip())
    if alone and not values.get(alone[1], "").startswith("http"):
        return format_html('<font size="6"><b>{}</b></font>', values.get(alone[1], ""))
    pieces: list[SafeString] = []
    place = 0
    for match in NAME.finditer(text):
        pieces.append(conditional_escape(text[place : match.start()]))
        value = values.get(match[1], "")
        if re.match(r"https?://\S+\Z", value):
            pieces.append(format_html('<a href="{0}">{0}</a>', value))
        else:
            pieces.append(conditional_escape(value))
        place = match.end()
    pieces.append(conditional_escape(text[place:]))
    # Every piece is escaped above; only our own line breaks are added.
    return mark_safe("".join(pieces).replace("\n", "<br>"))  # noqa: S308


def _at(context: Mapping[str, Any], path: str) -> Any:
    first, _dot, rest = path.partition(".")
    value: Any = context.get(first, "")
    for part in rest.split(".") if rest else ():
        value = getattr(value, part, "")
    if isinstance(value, list | tuple):  # lines of label and value
        return "\n".join(": ".join(map(str, line)) for line in value)
    return "" if value is None else value


def _context(values: Mapping[str, str]) -> dict[str, Any]:
    """{"request.number": "x"} as a template expects it."""
    found: dict[str, Any] = {"site_url": settings.SITE_URL}
    for path, value in values.items():
        first, dot, rest = path.partition(".")
        if dot:
            found.setdefault(first, SimpleNamespace())
            setattr(found[first], rest, value)
        else:
            found[first] = value
    return found


#: Said beside the form.
NAMES_HELP = gettext_lazy("Tulis nama di antara kurung kurawal; saat dikirim diganti dengan nilainya.")
