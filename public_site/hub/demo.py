"""Invented counts of visits for the demonstration, so that chart and monthly report have something to show."""

import random
from datetime import date, timedelta

from core.doors import clock
from public_site.hub.models import Hub, HubCount, HubLink

Kind, Source = HubCount.Kind, HubCount.Source
#: What happens on a working day, on average.
USUAL = ((Kind.SCAN, Source.QR, 24), (Kind.SCAN, Source.POSTER_A4, 9), (Kind.VISIT, Source.DIRECT, 31))
DAYS = 45


def load_counts() -> int:
    """Adds counts of the last weeks to the default page; does nothing where anything was counted before today."""
    hub = Hub.objects.filter(is_default=True).first()
    today = clock.today()
    if hub is None or HubCount.objects.filter(day__lt=today).exists():
        return 0
    links = list(hub.links.filter(is_published=True).select_related("guide"))
    chance = random.Random("info-layanan")  # noqa: S311  the same invented figures on every machine
    counts: list[HubCount] = []
    for days in range(1, DAYS + 1):
        day = today - timedelta(days=days)
        share = 0.2 if day.weekday() >= 5 else 1.0

        def add(kind: str, source: str, usual: float, subject: str = "", day: date = day) -> None:
            number = round(usual * chance.uniform(0.6, 1.4))
            if number:
                counts.append(
                    HubCount(day=day, hub=hub, kind=kind, source=source, subject=subject, number=number)
                )

        for kind, source, usual in USUAL:
            add(kind, source, usual * share)
        for link in links:
            if link.kind == HubLink.Kind.GUIDE and link.guide is not None:
                add(Kind.DOWNLOAD, Source.QR, 8 * share, link.guide.slug)
            elif link.kind == HubLink.Kind.WHATSAPP:
                add(Kind.PRESS, Source.QR, 11 * share, link.label)
    HubCount.objects.bulk_create(counts)
    return len(counts)
