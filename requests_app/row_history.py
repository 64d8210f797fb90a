"""The trail of rows: writing it, and telling it in sentences such as "Rina: 25 baris dijawab 10.41-11.02"."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Count, F, Max, Min, Value
from django.db.models.functions import Cast, TruncHour

from accounts.models import User
from core.doors import clock
from requests_app.models import DataRequest, Outcome, RequestRow, RowEvent
from requests_app.models.rows import RowQuerySet

Kind = RowEvent.Kind
#: A pause as long as this ends a session.
PAUSE = timedelta(minutes=45)


def record_rows(rows: Iterable[RequestRow], kind: str, *, by: User | None, note: str = "") -> None:
    """Adds one line for each row, with its present outcome; to be called in the transaction of the change."""
    at = clock.now()
    RowEvent.objects.bulk_create(
        [
            RowEvent(
                request_id=row.request_id,
                row=row,
                position=row.position,
                at=at,
                actor=by,
                kind=kind,
                outcome=row.outcome if kind in (Kind.DECIDED, Kind.CHANGED) else "",
                note=note[:250],
            )
            for row in rows
        ],
        batch_size=500,
    )


def record_all(rows: RowQuerySet, kind: str, *, by: User | None, note: str = "") -> None:
    """The same for all rows of a query, in one statement; to be called while they are still found by it."""
    connection = connections[RowEvent.objects.db]
    quote = connection.ops.quote_name
    decided = kind in (Kind.DECIDED, Kind.CHANGED)
    written: dict[str, Any] = {
        "request": F("request_id"),
        "row": F("pk"),
        "position": F("position"),
        "at": clock.now(),
        "actor": by.pk if by else None,
        "kind": str(kind),
        "outcome": F("outcome") if decided else "",
        "note": note[:250],
    }
    columns, chosen = [], {}
    for name, value in written.items():
        field: Any = RowEvent._meta.get_field(name)
        columns.append(quote(str(field.column)))
        target = field.target_field if field.is_relation else field
        plain = value if isinstance(value, F) else Cast(Value(value), target)
        chosen[f"event_{name}"] = plain
    found = rows.order_by("position").annotate(**chosen).values_list(*chosen)
    try:
        select, parameters = found.query.sql_with_params()
    except EmptyResultSet:  # nobody can be meant, whatever the table holds
        return
    # Names of our own columns only; every value is a parameter.
    statement = f"INSERT INTO {quote(RowEvent._meta.db_table)} ({', '.join(columns)}) {select}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def kind_of_decision(before: str, outcome: str) -> str:
    """What a decision is called in the trail."""
    if outcome == Outcome.PENDING:
        return Kind.REOPENED
    return Kind.CHANGED if before == outcome == Outcome.FOUND else Kind.DECIDED


@dataclass
class Session:
    """The same thing done by the same person to rows of one request without a long pause."""

    actor_id: int | None
    actor: str
    kind: str
    rows: int
    first: datetime
    last: datetime

    @property
    def label(self) -> str:
        """What was done, in a word."""
        return str(Kind(self.kind).label)

    @property
    def span(self) -> str:
        """Day and time, from and to when it took longer: "22 Nov 2026, 10.41-11.02 WIB"."""
        start = clock.short_datetime(self.first)
        if self.last - self.first < timedelta(minutes=1):
            return start
        if clock.local_date(self.first) != clock.local_date(self.last):
            return f"{start} – {clock.short_datetime(self.last)}"
        zone = clock.ZONES["WIB"]
        begins, ends = (f"{moment.astimezone(zone):%H.%M}" for moment in (self.first, self.last))
        return start.replace(begins, f"{begins}-{ends}", 1)


def sessions(request: DataRequest) -> list[Session]:
    """The trail of the request's rows in sessions, oldest first; one query whatever the number of rows."""
    hours = (
        RowEvent.objects.filter(request=request)
        .order_by()
        .annotate(hour=TruncHour("at"))
        .values("actor", "actor__full_name", "kind", "hour")
        .annotate(rows=Count("row", distinct=True), first=Min("at"), last=Max("at"))
        .order_by("first")
    )
    found: list[Session] = []
    running: dict[tuple[Any, str], Session] = {}
    for entry in hours:
        key = (entry["actor"], entry["kind"])
        session = running.get(key)
        if session is not None and entry["first"] - session.last <= PAUSE:
            session.last = max(session.last, entry["last"])
            session.rows += entry["rows"]
            continue
        running[key] = Session(
            entry["actor"],
            entry["actor__full_name"] or "",
            entry["kind"],
            entry["rows"],
            entry["first"],
            entry["last"],
        )
        found.append(running[key])
    return found
