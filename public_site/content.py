"""Reads the texts a fresh site starts with from ``fixtures/content`` and puts in what is not there yet."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import models, transaction

from core.doors.pdf import PdfUnavailableError, render_pdf
from core.reference.models import Letterhead
from public_site.models import Faq, Guide, Page, SiteContact
from public_site.prose import parse

CONTENT_DIR = Path(settings.BASE_DIR) / "fixtures" / "content"
_ENGLISH = "--- en ---"


@dataclass(frozen=True)
class Text:
    """One file: ``key: value`` lines, an empty line, the Indonesian text, then perhaps the English one."""

    slug: str
    fields: dict[str, Any]
    body: str
    body_en: str


def read_text(path: Path) -> Text:
    """Read a content file, named ``<number>-<slug>.md``; ValueError for a head line without a colon."""
    head, _gap, rest = path.read_text(encoding="utf-8").partition("\n\n")
    fields: dict[str, Any] = {}
    for line in head.splitlines():
        key, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"{path.name}: {line!r} has no colon")
        fields[key.strip()] = {"yes": True, "no": False}.get(value.strip(), value.strip())
    body, _mark, body_en = rest.partition(_ENGLISH)
    slug = path.stem.lstrip("0123456789").lstrip("-")
    return Text(slug, fields, body.strip(), body_en.strip())


def read_folder(name: str) -> list[Text]:
    """All texts of one folder in the order of their names."""
    return [read_text(path) for path in sorted((CONTENT_DIR / name).glob("*.md"))]


@transaction.atomic
def load_content() -> dict[str, int]:
    """Add missing questions, pages, guides and the contact card; returns how many of each were added.

    Rows that exist are left alone, edited or not: from the first start on the texts belong to the editors.
    """
    added = {
        "faq": sum(_add(Faq, text, "answer") for text in read_folder("faq")),
        "pages": sum(_add(Page, text, "body") for text in read_folder("pages")),
        "guides": sum(_add_guide(text) for text in read_folder("guides")),
        "contact": 0,
    }
    if not SiteContact.objects.filter(pk=1).exists():
        SiteContact().save()
        added["contact"] = 1
    return added


def _add(model: type[models.Model], text: Text, body_field: str) -> bool:
    values = {**text.fields, body_field: text.body, f"{body_field}_en": text.body_en}
    return model._default_manager.get_or_create(slug=text.slug, defaults=values)[1]


def _add_guide(text: Text) -> bool:
    if Guide.objects.filter(slug=text.slug).exists():
        return False
    values = {**text.fields, "issued_on": date.fromisoformat(text.fields["issued_on"])}
    guide = Guide(slug=text.slug, **values)
    context = {"guide": guide, "blocks": parse(text.body), "letterhead": Letterhead.on(guide.issued_on)}
    try:
        content = render_pdf("public_site/pages/guide_pdf.html", context)
    except PdfUnavailableError:  # the site starts without its guide; the system check tells what is missing
        return False
    guide.file.save(f"{text.slug}.pdf", ContentFile(content), save=False)
    guide.save()
    return True
