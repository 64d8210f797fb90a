"""Puts in the pages, guides, figures and SOP a fresh site starts with (fixtures/hub); what is there stays as it is."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from core.doors import clock
from core.doors.pdf import PdfUnavailableError
from core.reference.models import ImmigrationOffice
from public_site.content import read_text
from public_site.hub.guides import publish_text
from public_site.hub.models import GuideFact, Hub, HubLink, Sop, SopStep
from public_site.models import Guide

HUB_DIR = Path(settings.BASE_DIR) / "fixtures" / "hub"
_LISTS = ("legal_bases", "qualifications", "related", "equipment")


def load_hub() -> dict[str, int]:
    """Add what is missing; returns how many of each were added. From then on everything belongs to the editors."""
    with transaction.atomic():
        return {"facts": _load_facts(), "guides": _load_guides(), "hubs": _load_hubs()}


def _read(name: str) -> Any:
    return json.loads((HUB_DIR / name).read_text(encoding="utf-8"))


def _load_facts() -> int:
    added = 0
    for values in _read("facts.json"):
        added += GuideFact.objects.get_or_create(key=values["key"], defaults=values)[1]
    return added


def _load_guides() -> int:
    added = 0
    for path in sorted((HUB_DIR / "guides").glob("*.md")):
        text = read_text(path)
        if Guide.objects.filter(slug=text.slug).exists():
            continue
        guide = Guide(
            slug=text.slug,
            body=text.body,
            audience=Guide.Audience.PUBLIC,
            version="1.0",
            issued_on=clock.today(),
            **text.fields,
        )
        try:
            with transaction.atomic():
                publish_text(guide)
        except PdfUnavailableError:  # the page says that the guide is being updated; the self-check turns red
            guide.pk = None
            guide.save()
        added += 1
    return added


def _load_hubs() -> int:
    added = 0
    for values in _read("hubs.json"):
        if Hub.objects.filter(slug=values["slug"]).exists():
            continue
        links, sop, office = values.pop("links"), values.pop("sop"), values.pop("office")
        values["is_default"] = values["is_default"] and not Hub.objects.filter(is_default=True).exists()
        hub = Hub.objects.create(office=ImmigrationOffice.objects.filter(slug=office).first(), **values)
        for order, link in enumerate(links):
            guides = {name: _guide(link.pop(name, "")) for name in ("guide", "guide_other")}
            HubLink.objects.create(hub=hub, order=order, **guides, **link)
        _load_sop(hub, sop)
        added += 1
    return added


def _guide(slug: str) -> Guide | None:
    return Guide.objects.filter(slug=slug).first() if slug else None


def _load_sop(hub: Hub, values: dict[str, Any]) -> None:
    steps = values.pop("steps")
    lists = {name: "\n".join(values.pop(name)) for name in _LISTS}
    dates = {name: date.fromisoformat(values.pop(name)) for name in ("made_on", "effective_on")}
    sop = Sop.objects.create(hub=hub, **values, **lists, **dates)
    SopStep.objects.bulk_create(SopStep(sop=sop, order=order, **step) for order, step in enumerate(steps))
