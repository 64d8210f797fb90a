"""Counts scans, visits, downloads and presses by day without following anybody, and reads the counts back."""

import logging
import re
from datetime import date, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, Sum
from django.http import HttpRequest

from core.doors import clock
from public_site.hub.models import Hub, HubCount

logger = logging.getLogger(__name__)

#: Programs that read pages for others: search engines, link previews, monitors, our own self-check.
_PROGRAMS = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|whatsapp/|telegram|curl|wget|python-|"
    r"monitor|headless|layanan-data-check",
    re.IGNORECASE,
)
SCANNED = frozenset({HubCount.Source.QR, HubCount.Source.POSTER_A4, HubCount.Source.POSTER_A5})


def source_of(request: HttpRequest) -> str:
    """The source mark of the address (``?s=``); anything unknown counts as direct."""
    mark = request.GET.get("s", "")
    return mark if mark in HubCount.Source.values else ""


def is_person(request: HttpRequest) -> bool:
    """Whether this looks like somebody reading: no HEAD, no program, no page fetched ahead."""
    agent = request.headers.get("User-Agent", "")
    ahead = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    return request.method != "HEAD" and "prefetch" not in ahead and not _PROGRAMS.search(agent)


def is_scan(request: HttpRequest, hub: Hub) -> bool:
    """Whether a camera opened the printed address; the mark alone also stands in the links between our pages."""
    comes_from_us = request.headers.get("Sec-Fetch-Site") == "same-origin"
    is_printed = bool(hub.pk) and request.path == hub.get_absolute_url() and "bahasa" not in request.GET
    return source_of(request) in SCANNED and is_printed and not comes_from_us


def count_visit(request: HttpRequest, hub: Hub) -> None:
    """One more scan or visit."""
    count(request, hub, HubCount.Kind.SCAN if is_scan(request, hub) else HubCount.Kind.VISIT)


def count(request: HttpRequest, hub: Hub, kind: str, subject: str = "") -> None:
    """One more of ``kind`` for today: one UPDATE, and an INSERT for the first of the day.

    A page must never fail or wait because of its own counting: a database error is logged and forgotten.
    """
    if hub.pk is None or not is_person(request):
        return
    key = {
        "day": clock.today(),
        "hub_id": hub.pk,
        "kind": kind,
        "source": source_of(request),
        "subject": subject[:60],
    }
    try:
        with transaction.atomic():
            row = HubCount.objects.filter(**key)
            if not row.update(number=F("number") + 1):
                HubCount.objects.bulk_create([HubCount(**key)], ignore_conflicts=True)
                row.update(number=F("number") + 1)
    except DatabaseError:
        logger.warning("a visit of Info Layanan was not counted")


def by_day(first: date, last: date, hub: Hub | None = None) -> dict[date, dict[str, int]]:
    """For each day from ``first`` to ``last`` the number of each kind; days without any are there with zeros."""
    counts = HubCount.objects.filter(day__range=(first, last))
    if hub is not None:
        counts = counts.filter(hub=hub)
    days = {
        first + timedelta(days=offset): dict.fromkeys(HubCount.Kind.values, 0)
        for offset in range((last - first).days + 1)
    }
    for day, kind, number in counts.order_by().values_list("day", "kind").annotate(total=Sum("number")):
        days[day][kind] = number
    return days
