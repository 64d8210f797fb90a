"""Which rows lie on an officer's bench, and the columns their answers have."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field, Schema
from core.doors import clock
from requests_app.models import Outcome, RequestRow, Status
from requests_app.models.rows import RowQuerySet

#: Whose rows; the key of the address and what people read.
HOLDERS = {"saya": _("Baris saya"), "bebas": _("Belum diambil"), "semua": _("Semua baris")}
#: Open, or answered and not yet in a document.
STAGES = {"terbuka": _("Belum dijawab"), "dijawab": _("Sudah dijawab")}
DUES = {"": _("Semua batas waktu"), "lewat": _("Lewat batas waktu"), "minggu": _("Batas dalam 7 hari")}
OPEN_OUTCOMES = (Outcome.PENDING, Outcome.NEEDS_REVIEW)


@dataclass(frozen=True)
class BenchFilter:
    """What the officer asked for; unknown values of the address count as the usual ones."""

    service: str = ""
    holder: str = "saya"
    stage: str = "terbuka"
    due: str = ""

    @classmethod
    def read(cls, query: Any) -> "BenchFilter":
        """From the address or a form (``layanan``, ``milik``, ``tampil``, ``batas``)."""
        holder, stage, due = query.get("milik", ""), query.get("tampil", ""), query.get("batas", "")
        return cls(
            query.get("layanan", "")[:50],
            holder if holder in HOLDERS else "saya",
            stage if stage in STAGES else "terbuka",
            due if due in DUES else "",
        )

    def query(self, **changes: str) -> str:
        """The address of the same view with some parts changed."""
        parts = {
            "layanan": self.service,
            "milik": self.holder,
            "tampil": self.stage,
            "batas": self.due,
            **changes,
        }
        return urlencode({key: value for key, value in parts.items() if value})


def workable_rows(user: User) -> RowQuerySet:
    """Rows of requests being processed that this officer may answer: not of the own agency, in no document."""
    rows: RowQuerySet = RequestRow.objects.filter(request__status=Status.PROCESSING).unreleased()
    return rows if user.agency_id is None else rows.exclude(request__agency=user.agency_id)


def bench_rows(user: User, asked: BenchFilter) -> RowQuerySet:
    """The rows of the view, the nearest deadline first; whatever the service."""
    rows = workable_rows(user)
    is_open = Q(outcome__in=OPEN_OUTCOMES)
    rows = rows.filter(is_open if asked.stage == "terbuka" else ~is_open)
    # A row nobody keeps belongs to whoever has its request in charge.
    if asked.holder == "saya":
        rows = rows.filter(Q(assignee=user) | Q(assignee__isnull=True, request__assignee=user))
    elif asked.holder == "bebas":
        rows = rows.filter(assignee__isnull=True, request__assignee__isnull=True)
    today = clock.today()
    if asked.due == "lewat":
        rows = rows.filter(request__due_on__lt=today)
    elif asked.due == "minggu":
        rows = rows.filter(request__due_on__lte=today + timedelta(days=7))
    return rows


def in_order(rows: RowQuerySet) -> RowQuerySet:
    """The nearest deadline first, then request by request."""
    return rows.order_by(
        F("request__due_on").asc(nulls_last=True), "request__submitted_at", "request", "position"
    )


def services_with_counts(user: User, asked: BenchFilter) -> list[tuple[Service, int]]:
    """The services that have rows in the view, with their numbers; two queries and one for the fields."""
    counted = dict(bench_rows(user, asked).order_by().values_list("service").annotate(number=Count("pk")))
    services = Service.objects.filter(pk__in=counted).with_fields()
    return [(service, counted[service.pk]) for service in services]


class Schemas:
    """The schema of each request's service, read once a request."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._known: dict[Any, Schema] = {}

    def of(self, row: RequestRow) -> Schema:
        """The schema the row was asked under."""
        known = self._known.get(row.request_id)
        if known is None:
            known = self._known[row.request_id] = row.request.schema_for(self.service)
        return known

    def answered(self, rows: Iterable[RequestRow]) -> list[Field]:
        """Every answer column any of the rows has, in the order of the present catalogue, older ones last."""
        return self._union(rows, lambda schema: schema.answered)

    def asked(self, rows: Iterable[RequestRow]) -> list[Field]:
        """Every asked column any of the rows has, in the same order."""
        return self._union(rows, lambda schema: schema.asked)

    def _union(
        self, rows: Iterable[RequestRow], columns: Callable[[Schema], tuple[Field, ...]]
    ) -> list[Field]:
        used: dict[str, Field] = {}
        for row in rows:
            for item in columns(self.of(row)):
                used.setdefault(item.key, item)
        present = [item.key for item in columns(self.service.schema()) if item.key in used]
        return [used[key] for key in present] + [item for key, item in used.items() if key not in present]


def entry(item: Field, values: Any, lookups: Lookups) -> str:
    """What a person would type for a stored value; empty when there is none."""
    value = values.get(item.key)
    return "" if value in (None, "") else item.kind.entry(value, item, lookups)
