"""The asked rows as matching reads them: light, with the limits an applicant set on the records."""

import json
from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast

from core.catalogue.models import Service
from core.catalogue.schema import Field, Schema
from core.holdings.queries import Facts
from core.reference.models import Checkpoint, ImmigrationOffice
from requests_app.models import DataRequest, Outcome
from requests_app.models.rows import RowQuerySet

_PLACES = {"checkpoint": "checkpoint_id", "office": "office_id"}
#: No place has it: what is asked for at an unknown place is found only where none is recorded.
_UNKNOWN = -1


class Period(NamedTuple):
    """The days asked for, and the other limits an applicant may set: a column of ``Facts`` and its value."""

    first: date | None
    last: date | None
    limits: tuple[tuple[str, str | int], ...]

    def holds(self, facts: Facts) -> bool:
        """Whether the record lies within; one without a date or place stays in, for the officer to judge."""
        if facts.event_on and self.first and facts.event_on < self.first:
            return False
        if facts.event_on and self.last and facts.event_on > self.last:
            return False
        return all(getattr(facts, column) in ("", None, value) for column, value in self.limits)


class Asked(NamedTuple):
    """A person asked for. ``period`` is None where everything about the person is asked for."""

    id: int
    name: str
    name_key: str
    sound_key: str
    birth_date: date | None
    birth_place: str
    national_id: str
    passport_no: str
    document_no: str
    niora: str
    nationality: str
    period: Period | None

    def admits(self, facts: Facts) -> bool:
        """Whether a record lies within what is asked for."""
        return self.period is None or self.period.holds(facts)


def read_rows(request: DataRequest, rows: RowQuerySet) -> dict[int, list[Asked]]:
    """The pending ones of ``rows`` by the key of their service, without an object of the database layer for each."""
    pending = rows.filter(outcome=Outcome.PENDING)
    found: dict[int, list[Asked]] = {}
    columns = Asked._fields[:-1]
    # Taken apart only where they narrow what is asked for, which few do: most of the time would go there.
    pending = pending.annotate(text=Cast("values", TextField()))
    for key in list(pending.order_by("service").values_list("service_id", flat=True).distinct()):
        limiting = _limiting(request.schema_for(Service.with_drafts.get(pk=key)))
        places = _Places()
        lines = pending.filter(service=key).order_by("position").values_list(*columns, "text")
        found[key] = [Asked._make((*line[:-1], _period(limiting, line[-1], places))) for line in lines]
    return found


def _limiting(schema: Schema) -> list[tuple[str, str]]:
    """Fields that narrow what is asked for, each with what it does: first or last day, or the column it limits."""
    return [(item.key, role) for item in schema.asked if (role := _role(item))]


def _role(item: Field) -> str:
    if item.kind.is_day and not item.answered and not item.identifies:
        return "last" if item.options.get("not_before") or item.key.endswith("_sampai") else "first"
    if item.measures in ("direction", "checkpoint", "office"):
        return item.measures
    return ""


def _period(limiting: list[tuple[str, str]], text: str, places: "_Places") -> Period | None:
    if not any(f'"{key}"' in text for key, _does in limiting):
        return None
    values: dict[str, Any] = json.loads(text)
    first = last = None
    limits: list[tuple[str, str | int]] = []
    for key, role in limiting:
        value = values.get(key)
        if not value:
            continue
        if role == "first":
            first = date.fromisoformat(str(value))
        elif role == "last":
            last = date.fromisoformat(str(value))
        elif role in _PLACES:
            limits.append((_PLACES[role], places.find(role, str(value))))
        else:
            limits.append((role, str(value)))
    return Period(first, last, tuple(limits)) if first or last or limits else None


class _Places:
    """Primary keys of checkpoints and offices by the keys that values carry; read when the first is asked for."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, int]] = defaultdict(dict)

    def find(self, role: str, key: str) -> int:
        if role not in self._known:
            places: Any = Checkpoint.objects.values_list("key", "pk")
            if role == "office":
                places = ImmigrationOffice.objects.values_list("slug", "pk")
            self._known[role] = dict(places)
        return self._known[role].get(key, _UNKNOWN)
