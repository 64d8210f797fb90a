"""Counts of the holdings by month, kept by database triggers in the statement that adds, changes or removes records.

Whoever writes records, by whatever way, the counts follow in the same transaction; no import has to remember them.
"""

import hashlib
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core import triggers
from core.holdings.models import MonthCount, Record

PREFIX = "month_count_"
_RECORDS, _COUNTS = Record._meta.db_table, MonthCount._meta.db_table
#: What a record is counted by and as; another column may change without a count changing.
_COUNTED = ("service_id", "event_on", "office_id", "checkpoint_id", "direction", "nationality")
_CELL = "service_id, month, office_id, checkpoint_id, direction"
_INTO = f"INSERT INTO {_COUNTS} ({_CELL}, number, wni, wna)"
#: The columns of the constraint ``count_once_per_cell``, word for word.
_ADDING = (
    "ON CONFLICT (service_id, month, direction, COALESCE(office_id, 0), COALESCE(checkpoint_id, 0)) DO UPDATE SET "
    + ", ".join(f"{column} = {_COUNTS}.{column} + excluded.{column}" for column in ("number", "wni", "wna"))
)
_WNI, _WNA = "nationality = 'IDN'", "nationality NOT IN ('', 'IDN')"
#: Parts of the names of the triggers.
_EVENTS = ("insert", "update", "delete")


def is_kept(connection: BaseDatabaseWrapper) -> bool:
    """Whether all triggers are there, in their present wording."""
    return set(triggers.present(connection, PREFIX)) == set(_statements(connection.vendor))


def keep(using: str = "default") -> None:
    """Creates the triggers and counts everything once; does nothing when they are there."""
    connection = connections[using]
    if is_kept(connection):
        return
    with transaction.atomic(using=using):
        if connection.vendor == "postgresql":
            # Nobody writes between the counting and the first trigger.
            _execute(connection, [f"LOCK TABLE {_RECORDS} IN SHARE ROW EXCLUSIVE MODE"])
        triggers.drop(connection, PREFIX)
        for statements in _statements(connection.vendor).values():
            _execute(connection, statements)
        recount(connection)


def recount(connection: BaseDatabaseWrapper) -> None:
    """Counts all records anew; to be called while nobody writes records."""
    month = "strftime('%Y-%m-01', event_on)"
    wni, wna = f"COALESCE(SUM({_WNI}), 0)", f"COALESCE(SUM({_WNA}), 0)"
    if connection.vendor == "postgresql":
        month = "date_trunc('month', event_on)::date"
        wni, wna = f"COUNT(*) FILTER (WHERE {_WNI})", f"COUNT(*) FILTER (WHERE {_WNA})"
    # Our own names only.
    counted = (
        f"{_INTO} "  # noqa: S608
        f"SELECT service_id, {month}, office_id, checkpoint_id, direction, COUNT(*), {wni}, {wna} "
        f"FROM {_RECORDS} WHERE event_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5"
    )
    _execute(connection, [f"DELETE FROM {_COUNTS}", counted])  # noqa: S608


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _statements(vendor: str) -> dict[str, list[str]]:
    """What creates each trigger, by its name, which tells another wording apart."""
    found: dict[str, list[str]] = {}
    for event in _EVENTS:
        texts = _postgresql(event) if vendor == "postgresql" else [_sqlite(event)]
        wording = hashlib.sha256("".join(texts).encode()).hexdigest()[:8]
        name = f"{PREFIX}{event}_{wording}"
        found[name] = [text.replace("{name}", name) for text in texts]
    return found


def _sqlite(event: str) -> str:
    """A trigger for each record: SQLite has no other."""
    # Our own names only.
    adding = (
        f"{_INTO} SELECT NEW.service_id, strftime('%Y-%m-01', NEW.event_on), NEW.office_id, "
        f"NEW.checkpoint_id, NEW.direction, 1, NEW.{_WNI}, NEW.{_WNA} WHERE NEW.event_on IS NOT NULL {_ADDING}; "
    )
    cell = (
        "WHERE service_id = OLD.service_id AND month = strftime('%Y-%m-01', OLD.event_on) "
        "AND direction = OLD.direction AND COALESCE(office_id, 0) = COALESCE(OLD.office_id, 0) "
        "AND COALESCE(checkpoint_id, 0) = COALESCE(OLD.checkpoint_id, 0)"
    )
    taking = (
        f"UPDATE {_COUNTS} SET number = number - 1, wni = wni - (OLD.{_WNI}), wna = wna - (OLD.{_WNA}) {cell}; "  # noqa: S608
        f"DELETE FROM {_COUNTS} {cell} AND number <= 0; "
    )
    when = {
        "insert": "AFTER INSERT ON {table}",
        "delete": "AFTER DELETE ON {table}",
        "update": f"AFTER UPDATE OF {', '.join(_COUNTED)} ON {{table}} WHEN "
        + " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in _COUNTED),
    }[event].format(table=_RECORDS)
    body = {"insert": adding, "delete": taking, "update": taking + adding}[event]
    return f"CREATE TRIGGER {{name}} {when} BEGIN {body}END"


def _postgresql(event: str) -> list[str]:
    """A trigger for each statement, with the records it has added and removed."""
    tables = {"insert": ("added",), "delete": ("removed",), "update": ("added", "removed")}[event]
    changed = " UNION ALL ".join(
        f"SELECT {', '.join(_COUNTED)}, {-1 if table == 'removed' else 1} AS sign FROM {table}"  # noqa: S608
        for table in tables
    )
    # Our own names only. In the order of the cells, so that two writers never wait for each other in a circle.
    upsert = (
        f"{_INTO} SELECT service_id, date_trunc('month', event_on)::date, office_id, checkpoint_id, direction, "  # noqa: S608
        f"SUM(sign), COALESCE(SUM(sign) FILTER (WHERE {_WNI}), 0), COALESCE(SUM(sign) FILTER (WHERE {_WNA}), 0) "
        f"FROM ({changed}) AS changed WHERE event_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5 "
        f"HAVING SUM(sign) <> 0 OR COUNT(*) > 1 ORDER BY 1, 2, 3, 4, 5 {_ADDING}"
    )
    if event == "insert":
        body = f"{upsert}; "
    else:
        body = (
            f"FOR cell IN {upsert} RETURNING {_COUNTS}.id, {_COUNTS}.number LOOP IF cell.number <= 0 THEN "  # noqa: S608
            f"DELETE FROM {_COUNTS} WHERE id = cell.id; END IF; END LOOP; "
        )
    referencing = " ".join(f"{'NEW' if table == 'added' else 'OLD'} TABLE AS {table}" for table in tables)
    return [
        f"CREATE OR REPLACE FUNCTION {PREFIX}{event}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"DECLARE cell record; BEGIN {body}RETURN NULL; END $$",
        f"CREATE TRIGGER {{name}} AFTER {event.upper()} ON {_RECORDS} REFERENCING {referencing} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}{event}()",
    ]


def before_migrations(sender: Any, *, using: str, plan: Any = (), **kwargs: Any) -> None:
    """Receiver: the triggers are out of the way of migrations."""
    triggers.make_way(PREFIX, using, plan)


def after_migrations(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Receiver: keeps the counts, unless the migrations went back to where there are none yet."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    if {_RECORDS, _COUNTS} <= tables:
        keep(using)
