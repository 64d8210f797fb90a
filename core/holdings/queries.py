"""Set-based reads of the holdings for matching: many values in a few indexed queries, light rows back."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple, TypeVar

from django.db.models import Q

from core.catalogue.models import Service
from core.holdings.models import Record

_Item = TypeVar("_Item")

#: Columns that hold a number given to one person or document; each has an index together with the service.
NUMBER_COLUMNS = ("national_id", "passport_no", "document_no", "niora")
#: Below the smallest limit of parameters in one statement (SQLite before 3.32: 999).
CHUNK = 500


class Facts(NamedTuple):
    """What matching needs to know of a record."""

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
    event_on: date | None
    direction: str
    checkpoint: str | None
    office: str | None


_COLUMNS = (*Facts._fields[:13], "checkpoint__key", "office__slug")


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
    for chunk in chunks(sorted({number for number in numbers if number})):
        found = Record.objects.filter(numbered(column, chunk), service=service).order_by("id")
        yield from map(Facts._make, found.values_list(*_COLUMNS))


def born_on(service: Service, days: Iterable[date]) -> Iterator[Facts]:
    """Records of ``service`` of persons born on one of ``days``, a day's records together."""
    for chunk in chunks(sorted(set(days))):
        found = Record.objects.filter(service=service, birth_date__in=chunk).order_by("birth_date", "id")
        yield from map(Facts._make, found.values_list(*_COLUMNS).iterator(chunk_size=5000))


def passport_links(*, national_ids: Iterable[str] = (), passports: Iterable[str] = ()) -> Iterator[Facts]:
    """Records of any service that name both a NIK and a passport, found by either (passports are renewed)."""
    # The indexes begin with the service: naming every service lets both databases use them.
    services = list(Service.objects.values_list("pk", flat=True))
    for column, numbers in (("national_id", national_ids), ("passport_no", passports)):
        for chunk in chunks(sorted({number for number in numbers if number})):
            found = (
                Record.objects.filter(numbered(column, chunk), service__in=services)
                .exclude(passport_no="")
                .exclude(national_id="")
                .order_by("id")
            )
            yield from map(Facts._make, found.values_list(*_COLUMNS))


def chunks(items: Sequence[_Item], size: int = CHUNK) -> Iterator[list[_Item]]:
    """``items`` in lists of at most ``size``."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def sounding_like(service: Service, sounds: Iterable[str]) -> Iterator[Facts]:
    """Records of ``service`` whose folded name is among ``sounds``.

    Only for rows without a birth date, which are few: there is no index for it.
    """
    for chunk in chunks(sorted({sound for sound in sounds if sound})):
        found = Record.objects.filter(service=service, sound_key__in=chunk).order_by("id")
        yield from map(Facts._make, found.values_list(*_COLUMNS))
