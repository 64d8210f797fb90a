"""What the templates of Info Layanan show: buttons, contact and links, ready as texts in the reader's language."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language, gettext, override

from core.doors import clock
from core.reference.models import Letterhead
from public_site.hub.guides import day_text
from public_site.hub.models import Hub, HubLink, Sop, whatsapp_menu_link
from public_site.models import Guide, SiteContact
from public_site.templatetags.site import filesize_id

LANGUAGE_NAMES = {"id": "Bahasa Indonesia", "en": "English"}


@dataclass(frozen=True)
class Button:
    """One link as it is drawn; without ``url`` it is a note that something is being updated."""

    label: str
    url: str = ""
    note: str = ""
    icon: str = "link"
    ping: str = ""
    language: str = ""
    is_second: bool = False


def default_hub() -> Hub:
    """The page of ``/info/``: the one marked, else any; before there is one, an unsaved one with the site's contact."""
    found = Hub.objects.published().order_by("-is_default", "pk").first()
    if found is not None:
        return found
    card = SiteContact.current()
    return Hub(
        slug="",
        name=Letterhead.on(clock.today()).directorate.title(),
        address=card.address,
        hours=card.hours,
        hours_en=card.hours_en,
        map_url=card.map_url,
        email=card.email,
    )


def mark_of(source: str) -> str:
    """The source mark as links carry it on; empty for people who came directly."""
    return f"?s={quote(source)}" if source else ""


def digits_of(hub: Hub) -> str:
    """The WhatsApp number of a page: its own, else the site's."""
    return hub.whatsapp or SiteContact.current().whatsapp


def page_context(
    hub: Hub, language: str, source: str = "", links: Iterable[HubLink] | None = None
) -> dict[str, Any]:
    """Everything ``page.html`` draws; ``links`` are given by the preview, otherwise read."""
    if links is None:
        links = hub.links.select_related("guide", "guide_other") if hub.pk else []
    shown = [link for link in links if link.is_published]
    card = SiteContact(whatsapp=digits_of(hub))
    if not hub.pk:
        shown = [
            HubLink(kind=HubLink.Kind.WHATSAPP, label="CEK ALUR PASPOR", label_en="CHECK PASSPORT PROGRESS")
        ]
    mark = mark_of(source)
    with override(language):
        buttons: list[Button] = []
        social: list[Button] = []
        for link in shown:
            (social if link.kind == HubLink.Kind.SOCIAL else buttons).extend(
                _buttons(hub, link, language, mark)
            )
    here, other = ("hub_office", "hub_office_en") if hub.slug else ("hub", "hub_en")
    addresses = [
        reverse(f"public_site:{name}", args=[hub.slug] if hub.slug else []) for name in (here, other)
    ]
    return {
        "hub": hub,
        "buttons": buttons,
        "social": social,
        "name": _unbroken(hub.text("name", language)),
        "intro": hub.text("intro", language),
        "notice": hub.text("notice", language),
        "hours": hub.text("hours", language),
        "whatsapp_number": card.whatsapp_display,
        "whatsapp_link": f"https://wa.me/{card.whatsapp}",
        "phone_link": phone_link(hub.phone),
        "address_id": addresses[0] + mark,
        "address_en": addresses[1] + mark,
        "has_sop": bool(hub.pk) and Sop.objects.filter(hub=hub, is_published=True).exists(),
        "address_others": reverse("public_site:hub_offices") + ("?bahasa=en" if language == "en" else ""),
        "has_others": Hub.objects.published().exclude(pk=hub.pk).exists(),
        "updated": day_text(clock.local_date(hub.updated_at), language) if hub.updated_at else "",
    }


def guide_files(hub: Hub) -> list[str]:
    """Names of the files that the page's buttons hand out."""
    guides = Guide.objects.filter(
        Q(pk__in=HubLink.objects.filter(hub_id=hub.pk).values("guide"))
        | Q(pk__in=HubLink.objects.filter(hub_id=hub.pk).values("guide_other"))
    )
    return sorted(guides.values_list("file", flat=True)) if hub.pk else []


def file_bytes(name: str) -> int:
    """Size of a guide's file; 0 when it is missing."""
    try:
        return int(Guide._meta.get_field("file").storage.size(name))
    except (OSError, ValueError):
        return 0


def offices_context(language: str, mark: str = "") -> dict[str, Any]:
    """Every office with a page, its name and address in the reader's language."""
    name = "hub_office_en" if language == "en" else "hub_office"
    return {
        "offices": [
            (hub.text("name", language), reverse(f"public_site:{name}", args=[hub.slug]) + mark)
            for hub in Hub.objects.published()
        ],
        "back": reverse("public_site:hub_en" if language == "en" else "public_site:hub") + mark,
    }


def _buttons(hub: Hub, link: HubLink, language: str, mark: str) -> list[Button]:
    label = link.text("label", language)
    if link.kind == HubLink.Kind.GUIDE:
        pair = [guide for guide in (link.guide, link.guide_other) if guide is not None]
        pair.sort(key=lambda guide: guide.language != language)
        return [_guide_button(hub, guide, label, mark, is_second=bool(at)) for at, guide in enumerate(pair)]
    ping = ""
    if hub.slug and link.pk:
        ping = reverse("public_site:hub_press", args=[hub.slug, link.pk]) + mark
    if link.kind == HubLink.Kind.WHATSAPP:
        note = gettext("Buka WhatsApp, lalu kirim pesan MENU")
        return [Button(label, whatsapp_menu_link(digits_of(hub)), note, "chat", ping)]
    return [Button(label, link.url, "", "link", ping)]


def _guide_button(hub: Hub, guide: Guide, label: str, mark: str, *, is_second: bool) -> Button:
    if is_second:
        label = f"{LANGUAGE_NAMES[guide.language]}: {guide.title}"
    look: dict[str, Any] = {"icon": "file", "language": guide.language, "is_second": is_second}
    if not (guide.size and guide.is_published):
        return Button(label, note=gettext("Panduan ini sedang diperbarui."), **look)
    reader = _reader()
    kind = gettext("Panduan PDF")
    if guide.language != reader and not is_second:
        kind += f" ({LANGUAGE_NAMES[guide.language]})"
    note = gettext("%(kind)s, %(size)s · versi %(version)s, %(date)s") % {
        "kind": kind,
        "size": filesize_id(guide.size),
        "version": guide.version,
        "date": _short_date(guide.issued_on, reader),
    }
    url = reverse("public_site:hub_guide", args=[hub.slug, guide.slug]) + mark
    return Button(label, url, note, **look)


def _reader() -> str:
    return "en" if (get_language() or "id").startswith("en") else "id"


def _short_date(day: date, language: str) -> str:
    text = f"{day.day} {day:%b} {day.year}" if language == "en" else clock.short_date(day)
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _unbroken(name: str) -> str:
    """The class of an office stays on one line: "Kelas I TPI"."""
    return re.sub(r"Kelas (I+)(?: (TPI))?\b", lambda m: m[0].replace(" ", "\N{NO-BREAK SPACE}"), name)


def phone_link(phone: str) -> str:
    """What dials a number as people write it; empty without a digit in it."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    if digits.startswith("0"):
        return f"tel:+62{digits[1:]}"
    # A short number of a call centre (1500 163, 159) is dialled as it stands.
    is_international = phone.strip().startswith("+") or (digits.startswith("62") and len(digits) > 8)
    return f"tel:{'+' if is_international else ''}{digits}" if digits else ""


def plain_address(hub: Hub) -> str:
    """The page's full address without a mark, as people type it."""
    return settings.SITE_URL.rstrip("/") + hub.get_absolute_url()


def sop_context(hub: Hub, sop: Sop) -> dict[str, Any]:
    """The SOP's head, lists and table."""
    return {
        "hub": hub,
        "sop": sop,
        "steps": list(sop.steps.all()),
        "unit_lines": sop.lines("unit_lines"),
        "made_on": _sop_date(sop.made_on),
        "revised_on": _sop_date(sop.revised_on) if sop.revised_on else "",
        "effective_on": _sop_date(sop.effective_on),
        "legal_bases": sop.lines("legal_bases"),
        "qualifications": sop.lines("qualifications"),
        "related": sop.lines("related"),
        "equipment": sop.lines("equipment"),
    }


def _sop_date(day: date) -> str:
    """``05 April 2021``, with two figures as the form prints it."""
    return f"{day.day:02} {clock.MONTHS[day.month - 1]} {day.year}"
