"""Guides of Info Layanan: text becomes a PDF, a new version replaces the old one, every link leads to the newest."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation
from django.utils.text import slugify

from core.doors import clock
from core.doors.pdf import render_pdf
from core.reference.models import Letterhead
from public_site.hub.models import GuideFact, GuideVersion
from public_site.models import Guide
from public_site.prose import parse

_FACT = re.compile(r"\{([a-z0-9-]+)\}")


def facts_in(text: str) -> set[str]:
    """Keys of the figures a text quotes."""
    return set(_FACT.findall(text))


def unknown_facts(text: str) -> list[str]:
    """Quoted keys for which there is no figure; such a text cannot be typeset."""
    known = set(GuideFact.objects.filter(key__in=facts_in(text)).values_list("key", flat=True))
    return sorted(facts_in(text) - known)


def fill_in(text: str, language: str, facts: Mapping[str, GuideFact]) -> str:
    """The text with its figures; those no officer has confirmed carry a star."""

    def value(match: re.Match[str]) -> str:
        fact = facts.get(match[1])
        if fact is None:
            return match[0]
        return fact.text("value", language) + ("" if fact.confirmed_on else "*")

    return _FACT.sub(value, text)


def day_text(day: date, language: str) -> str:
    """A date as the reader of ``language`` writes it, whatever language is in force."""
    with translation.override(language):
        return clock.long_date(day)


def typeset(guide: Guide) -> bytes:
    """The guide's text as PDF; ``PdfUnavailableError`` where the machine lacks Pango."""
    facts = {fact.key: fact for fact in GuideFact.objects.filter(key__in=facts_in(guide.body))}
    context = {
        "guide": guide,
        "blocks": parse(fill_in(guide.body, guide.language, facts)),
        "letterhead": Letterhead.on(guide.issued_on),
        "issued_on": day_text(guide.issued_on, guide.language),
        "has_unconfirmed": any(fact.confirmed_on is None for fact in facts.values()),
    }
    with translation.override(guide.language):
        return render_pdf("public_site/hub/guide_pdf.html", context)


def next_version(version: str) -> str:
    """The version after this one: ``1.0`` -> ``1.1``, ``2`` -> ``3``, ``2024`` -> ``2025``."""
    head, dot, last = version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdecimal() else f"{version}.1"


def free_version(guide: Guide, wanted: str) -> str:
    """``wanted``, or the next number which this guide has not used yet."""
    used = set(guide.versions.values_list("version", flat=True)) if guide.pk else set()
    while wanted in used:
        wanted = next_version(wanted)
    return wanted


@transaction.atomic
def publish(guide: Guide, content: bytes, *, is_typeset: bool) -> GuideVersion:
    """Make ``content`` the guide's newest version under ``guide.version`` and ``guide.issued_on``; saves both.

    Files of earlier versions stay: what was handed out once can be shown again.
    """
    if guide.pk is None:
        guide.save()
    else:
        stored = Guide.objects.select_for_update().get(pk=guide.pk)
        _keep_unrecorded(stored)
    guide.version = free_version(guide, guide.version)
    version = GuideVersion(
        guide=guide,
        version=guide.version,
        issued_on=guide.issued_on,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        is_typeset=is_typeset,
    )
    version.file.save("panduan.pdf", ContentFile(content), save=False)
    version.save()
    guide.file.name = version.file.name
    guide.save()
    return version


def _keep_unrecorded(guide: Guide) -> None:
    """A guide from before there were versions: its file becomes the first record."""
    if not guide.size or guide.versions.exists():
        return
    with guide.file.open("rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    GuideVersion.objects.create(
        guide=guide,
        version=guide.version,
        issued_on=guide.issued_on,
        file=guide.file.name,
        size=guide.size,
        sha256=digest,
        is_typeset=bool(guide.body),
    )


def publish_text(guide: Guide) -> GuideVersion:
    """Typeset the guide's text and publish it; the version printed on it is a free one."""
    guide.version = free_version(guide, guide.version)
    return publish(guide, typeset(guide), is_typeset=True)


def republish_with(fact_keys: set[str]) -> list[Guide]:
    """Typeset every guide anew that quotes one of the figures; returns them."""
    changed = []
    for guide in Guide.objects.exclude(body=""):
        if facts_in(guide.body) & fact_keys:
            guide.version = next_version(guide.version)
            guide.issued_on = clock.today()
            publish_text(guide)
            changed.append(guide)
    return changed


def file_name(guide: Guide, version: str) -> str:
    """Under which a version is saved on a telephone: ``panduan-izin-tinggal-v1-0.pdf``."""
    return f"{slugify(guide.title) or guide.slug}-v{slugify(version.replace('.', '-'))}.pdf"
