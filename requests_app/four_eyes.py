"""Four eyes in the database: who answered a row, or counted a question, of a request approves none of its answers.

A check constraint sees one row of one table; this rule spans five, hence triggers. They look only at what changes, in
both directions: an approval where answers of that officer exist, and an answer where approvals of that officer stand.
On PostgreSQL whoever writes an answer waits for the request's lock first, so that neither misses the other.

Before migrations the triggers go, after them they come back (core.triggers, ``requests_app.apps``). ``missing`` tells
when they are not there; ``manage.py check --database default`` and the page of today's problems say so.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from core import triggers

PREFIX = "four_eyes_"
APPROVERS = ("approved_by_id", "second_approved_by_id", "override_by_id")
PART_APPROVERS = APPROVERS[:2]
_REQUEST, _ROW = "requests_app_datarequest", "requests_app_requestrow"
_ANSWER, _STATISTICS = "requests_app_answer", "requests_app_statisticsitem"
_DOCUMENT = "requests_app_resultdocument"


def _of(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)


@dataclass(frozen=True)
class Rule:
    """A table, the columns whose change matters, and what must not be true of ``NEW`` then (SQL of both databases)."""

    table: str
    columns: tuple[str, ...]
    broken: str
    #: The request of ``NEW``, for the lock; empty where it is the row itself.
    request: str = ""

    def events(self) -> Iterator[tuple[str, str, str]]:
        """Name, event, and the condition under which there is anything to look at."""
        given = " OR ".join(f"NEW.{column} IS NOT NULL" for column in self.columns)
        changed = " OR ".join(f"NEW.{column} IS %(differs)s OLD.{column}" for column in self.columns)
        mark = hashlib.sha256(repr(self).encode()).hexdigest()[:8]
        yield f"{PREFIX}{self.table}_i_{mark}", "INSERT", given
        yield f"{PREFIX}{self.table}_u_{mark}", f"UPDATE OF {', '.join(self.columns)}", changed


_HANDS_OF_NEW_ROW = (
    f"(SELECT NEW.decided_by_id AS hand UNION ALL SELECT by_id FROM {_ANSWER} WHERE row_id = NEW.id) AS hands"  # noqa: S608  our own names
)

# Names of our own tables and columns only, no values.
RULES = (
    Rule(
        _REQUEST,
        APPROVERS,
        f"EXISTS (SELECT 1 FROM {_ROW} r WHERE r.request_id = NEW.id AND r.decided_by_id IN ({_of('NEW', APPROVERS)})) "  # noqa: S608
        f"OR EXISTS (SELECT 1 FROM {_ANSWER} a JOIN {_ROW} r ON r.id = a.row_id "
        f"WHERE r.request_id = NEW.id AND a.by_id IN ({_of('NEW', APPROVERS)})) "
        f"OR EXISTS (SELECT 1 FROM {_STATISTICS} s "
        f"WHERE s.request_id = NEW.id AND s.answered_by_id IN ({_of('NEW', APPROVERS)}))",
    ),
    Rule(
        _DOCUMENT,
        PART_APPROVERS,
        f"EXISTS (SELECT 1 FROM {_ROW} r WHERE r.released_in_id = NEW.id "  # noqa: S608
        f"AND (r.decided_by_id IN ({_of('NEW', PART_APPROVERS)}) OR EXISTS "
        f"(SELECT 1 FROM {_ANSWER} a WHERE a.row_id = r.id AND a.by_id IN ({_of('NEW', PART_APPROVERS)}))))",
        "NEW.request_id",
    ),
    Rule(
        _ROW,
        ("request_id", "decided_by_id", "released_in_id", "released_by_id"),
        f"EXISTS (SELECT 1 FROM {_HANDS_OF_NEW_ROW} WHERE hand = NEW.released_by_id "  # noqa: S608
        f"OR EXISTS (SELECT 1 FROM {_REQUEST} q WHERE q.id = NEW.request_id AND hand IN ({_of('q', APPROVERS)})) "
        f"OR EXISTS (SELECT 1 FROM {_DOCUMENT} d "
        f"WHERE d.id = NEW.released_in_id AND hand IN ({_of('d', PART_APPROVERS)})))",
        "NEW.request_id",
    ),
    Rule(
        _ANSWER,
        ("row_id", "by_id"),
        f"EXISTS (SELECT 1 FROM {_ROW} r JOIN {_REQUEST} q ON q.id = r.request_id "  # noqa: S608
        f"LEFT JOIN {_DOCUMENT} d ON d.id = r.released_in_id WHERE r.id = NEW.row_id "
        f"AND NEW.by_id IN (r.released_by_id, {_of('q', APPROVERS)}, {_of('d', PART_APPROVERS)}))",
        f"(SELECT request_id FROM {_ROW} WHERE id = NEW.row_id)",  # noqa: S608
    ),
    Rule(
        _STATISTICS,
        ("request_id", "answered_by_id"),
        f"EXISTS (SELECT 1 FROM {_REQUEST} q WHERE q.id = NEW.request_id "  # noqa: S608
        f"AND NEW.answered_by_id IN ({_of('q', APPROVERS)}))",
        "NEW.request_id",
    ),
)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that should be there and are not, by name."""
    return sorted(_wanted() - set(triggers.present(connection, PREFIX)))


def raise_guard(connection: BaseDatabaseWrapper) -> None:
    """Creates the triggers and drops those of an earlier wording; does nothing when all is as it should be."""
    if set(triggers.present(connection, PREFIX)) == _wanted():
        return
    triggers.drop(connection, PREFIX)
    with connection.cursor() as cursor:
        for rule in RULES:
            for statement in _statements(rule, connection.vendor):
                cursor.execute(statement)


def _wanted() -> set[str]:
    return {name for rule in RULES for name, _event, _condition in rule.events()}


def _statements(rule: Rule, vendor: str) -> Iterator[str]:
    # Class 23 on PostgreSQL and ABORT on SQLite both arrive as IntegrityError.
    message = f"four-eyes: {rule.table}"
    if vendor == "postgresql":
        lock = (
            f"PERFORM 1 FROM {_REQUEST} WHERE id = {rule.request} FOR NO KEY UPDATE; " if rule.request else ""
        )
        yield (
            f"CREATE OR REPLACE FUNCTION {PREFIX}{rule.table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {lock}"
            f"IF {rule.broken} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; "
            "END IF; RETURN NEW; END $$"
        )
    for name, event, condition in rule.events():
        if vendor == "postgresql":
            yield (
                f"CREATE TRIGGER {name} BEFORE {event} ON {rule.table} FOR EACH ROW "
                f"WHEN ({condition % {'differs': 'DISTINCT FROM'}}) EXECUTE FUNCTION {PREFIX}{rule.table}()"
            )
        else:
            yield (
                f"CREATE TRIGGER {name} BEFORE {event} ON {rule.table} FOR EACH ROW "
                f"WHEN ({condition % {'differs': 'NOT'}}) AND ({rule.broken}) "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )


def before_migrations(sender: Any, *, using: str, plan: Any = (), **kwargs: Any) -> None:
    """Receiver: the guard is out of the way of migrations."""
    triggers.make_way(PREFIX, using, plan)


def after_migrations(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Receiver: raises the guard, unless the migrations went back to where a table or column is not there yet."""
    connection = connections[using]
    if _fits(connection):
        raise_guard(connection)


def _fits(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        return all(
            rule.table in tables
            and set(rule.columns)
            <= {column.name for column in connection.introspection.get_table_description(cursor, rule.table)}
            for rule in RULES
        )
