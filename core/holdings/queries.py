"""Set-based reads of the holdings for matching: many values in one indexed query, light rows back."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from django.db import connections
from django.db.models import Aggregate, BooleanField, F, Func, Q, TextField
from django.db.models.functions import Cast

from core.catalogue.models import Service
from core.holdings.models import Record

_Item = TypeVar("_Item")

#: Columns that hold a number given to one person or document; each has an index together with the service.
NUMBER_COLUMNS = ("national_id", "passport_no", "document_no", "niora")
#: Below the smallest limit of parameters in one statement (SQLite before 3.32: 999).
CHUNK = 500
#: Values asked for in one statement of the set-based reads, which carry them as one parameter. Few enough that
#: PostgreSQL goes by the index rather than through the whole table.
_TOGETHER = 1000


class Facts(NamedTuple):
    """What matching needs to know of a record."""

    id: int
    name_key: str
    sound_key: str
    birth_date: date | None
    birth_place: str
    national_id: str
    passport_no: str
    document_no: str
    niora: str
    nationality: str
    event_on: date | None
    direction: str
    checkpoint_id: int | None
    office_id: int | None


class Block(NamedTuple):
    """The records of the persons born on one day: keys and names beside each other, in the same order."""

    day: date
    ids: list[int]
    sound_keys: list[str]
    name_keys: list[str]


class _Among(Func):
    """Whether a column is among values that travel as one parameter; both databases look each up in an index."""

    output_field = BooleanField()

    def __init__(self, column: str, values: Sequence[Any]) -> None:
        super().__init__(F(column))
        self.kind = "date" if column == "birth_date" else "text"
        self.values = values

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        """An array of the column's type."""
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY(%s::{self.kind}[])", [*params, list(self.values)]

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        """A JSON list."""
        column, params = compiler.compile(self.source_expressions[0])
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  our own column name
        return sql, [*params, json.dumps(self.values, default=str)]


class _Lines(Aggregate):
    """The texts of a group in one, a line each: read many times faster than a row each."""

    output_field = TextField()
    template = "STRING_AGG(%(expressions)s, E'\\n')"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        """The same by its other name."""
        return super().as_sql(
            compiler, connection, template="GROUP_CONCAT(%(expressions)s, char(10))", **extra
        )


def numbered(column: str, numbers: Iterable[str]) -> Q:
    """Records whose ``column`` (one of ``NUMBER_COLUMNS``) is among ``numbers``, by way of its index.

    The indexes leave out records without the number. SQLite takes such an index only for a question that says the
    same in the same words; without them it reads the whole table.
    """
    return Q(**{f"{column}__in": list(numbers)}) & ~Q(**{column: ""})


def with_numbers(service: Service, column: str, numbers: Iterable[str]) -> Iterator[Facts]:
    """Records of ``service`` whose ``column`` (one of ``NUMBER_COLUMNS``) is among ``numbers``."""
    if column not in NUMBER_COLUMNS:
        msg = f"{column} is not a number column"
        raise ValueError(msg)
    for chunk in chunks(sorted({number for number in numbers if number}), _TOGETHER):
        found = Record.objects.filter(_Among(column, chunk), ~Q(**{column: ""}), service=service).order_by(
            "id"
        )
        yield from map(Facts._make, found.values_list(*Facts._fields))


def born_on(service: Service, days: Iterable[date]) -> Iterator[Block]:
    """The records of ``service`` of persons born on one of ``days``, a block for each day that has any."""
    texts = {
        "ids": _Lines(Cast("id", TextField())),
        "sounds": _Lines("sound_key"),
        "names": _Lines("name_key"),
    }
    for chunk in chunks(sorted(set(days)), _TOGETHER):
        found = Record.objects.filter(_Among("birth_date", chunk), service=service).order_by()
        groups = found.values("birth_date").annotate(**texts)
        for day, ids, sounds, names in groups.values_list("birth_date", *texts):
            yield Block(day, list(map(int, ids.split("\n"))), sounds.split("\n"), names.split("\n"))


def born_and_named(service: Service, pairs: Iterable[tuple[date, str]]) -> Iterator[Facts]:
    """Records of ``service`` whose birth date and sound key are one of ``pairs``."""
    connection = connections[Record.objects.db]
    table = connection.ops.quote_name(Record._meta.db_table)
    day, sound, source = (
        "json_extract(p.value, '$[0]')",
        "json_extract(p.value, '$[1]')",
        "json_each(%s) AS p",
    )
    if connection.vendor == "postgresql":
        day, sound, source = "(p.value->>0)::date", "p.value->>1", "jsonb_array_elements(%s) AS p (value)"
    # From the pairs to the records, in this order: asked for by pairs, SQLite goes through whole days instead.
    # Our own names only; every value is a parameter.
    statement = (
        f"SELECT r.id FROM {source} CROSS JOIN {table} AS r "  # noqa: S608
        f"WHERE r.service_id = %s AND r.birth_date = {day} AND r.sound_key = {sound}"
    )
    for chunk in chunks(sorted(set(pairs)), _TOGETHER):
        with connection.cursor() as cursor:
            cursor.execute(statement, [json.dumps(chunk, default=str), service.pk])
            ids = [line[0] for line in cursor.fetchall()]
        yield from by_ids(ids).values()


def by_ids(ids: Iterable[int]) -> dict[int, Facts]:
    """The records with these keys."""
    facts: dict[int, Facts] = {}
    for chunk in chunks(sorted(set(ids))):
        found = Record.objects.filter(id__in=chunk).order_by()
        facts.update((line[0], Facts._make(line)) for line in found.values_list(*Facts._fields))
    return facts


def passport_links(*, national_ids: Iterable[str] = (), passports: Iterable[str] = ()) -> Iterator[Facts]:
    """Records of any service that name both a NIK and a passport, found by either (passports are renewed)."""
    # The indexes begin with the service: naming every service lets both databases use them. The numbers are written
    # out, because SQLite would not see that a few of them are worth as many services' indexes.
    services = list(Service.objects.values_list("pk", flat=True))
    for column, numbers in (("national_id", national_ids), ("passport_no", passports)):
        for chunk in chunks(sorted({number for number in numbers if number})):
            found = (
                Record.objects.filter(numbered(column, chunk), service__in=services)
                .exclude(passport_no="")
                .exclude(national_id="")
                .order_by("id")
            )
            yield from map(Facts._make, found.values_list(*Facts._fields))


def chunks(items: Sequence[_Item], size: int = CHUNK) -> Iterator[list[_Item]]:
    """``items`` in lists of at most ``size``."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def sounding_like(service: Service, sounds: Iterable[str]) -> Iterator[Facts]:
    """Records of ``service`` whose folded name is among ``sounds``, in one pass over the names of the service.

    Only for rows without a birth date, which are few: no index begins with the name.
    """
    wanted = sorted({sound for sound in sounds if sound})
    if not wanted:
        return
    found = Record.objects.filter(_Among("sound_key", wanted), service=service).order_by("id")
    yield from map(Facts._make, found.values_list(*Facts._fields))
