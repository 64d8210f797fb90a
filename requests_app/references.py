"""Request numbers: drawn at random, written like XF1TBZNL8D, looked up forgivingly."""

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction
from django.db.models import Model

from core.doors.clock import stored_moment
from core.doors.signing import random_number
from core.models import ContentVersion
from requests_app.models import DataRequest, RequestEvent

_LOOK_ALIKES = str.maketrans({"5": "S", "0": "O", "1": "I", "8": "B", "2": "Z"})
NUMBER_LENGTH = 10


def compact(text: str) -> str:
    """What was typed, in upper case without spaces and dashes."""
    return re.sub(r"[\s\-–.]", "", text).upper()


def find_by_number(text: str) -> DataRequest | None:
    """The submitted request with this number; look-alike characters are folded when the exact one is unknown."""
    number = compact(text)
    if not re.fullmatch(r"[A-Z0-9]{10}", number, re.ASCII):
        return None
    exact = DataRequest.objects.filter(number=number).first()
    if exact is not None:
        return exact
    folded = number.translate(_LOOK_ALIKES)
    if folded == number:
        return None
    return DataRequest.objects.filter(number=folded).first()


Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Tracked:
    """What tracking shows of a request: its own few columns and the events that moved it.

    ``content_version`` is the word of core.content_version, read by the same statement.
    """

    request: DataRequest
    events: list[RequestEvent]
    content_version: str


#: One statement for the page that anybody may ask for as often as they like: building three queries in Python takes
#: longer than answering them. Names of our own tables only; the values are parameters.
_TRACK = (
    f"SELECT (SELECT word FROM {ContentVersion._meta.db_table}), r.id, r.number, r.status, r.submitted_at, "  # noqa: S608
    f"e.id, e.target, e.at FROM {DataRequest._meta.db_table} r LEFT JOIN {RequestEvent._meta.db_table} e "
    "ON e.request_id = r.id AND e.target <> '' WHERE r.number IN (%s, %s) "
    "ORDER BY CASE WHEN r.number = %s THEN 0 ELSE 1 END, e.id"
)


def track(text: str) -> Tracked | None:
    """Like ``find_by_number``, but only what tracking shows, by one query; other columns are read when asked for."""
    number = compact(text)
    if not re.fullmatch(r"[A-Z0-9]{10}", number, re.ASCII):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_TRACK, [number, number.translate(_LOOK_ALIKES), number])
        rows = cursor.fetchall()
    if not rows:
        return None
    word, key, found, status, submitted_at = rows[0][:5]
    key = DataRequest._meta.pk.to_python(key)
    request = _partly(
        DataRequest,
        {"id": key, "number": found, "status": status, "submitted_at": stored_moment(submitted_at)},
    )
    events = [
        _partly(RequestEvent, {"id": event, "request_id": key, "at": stored_moment(at), "target": target})
        for _word, _key, number_of_row, _status, _submitted, event, target, at in rows
        if event is not None and number_of_row == found
    ]
    return Tracked(request, events, word or "")


def _partly(model: type[Row], values: dict[str, Any]) -> Row:
    """A saved row of which only these columns have been read."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in values]
    return model.from_db(DEFAULT_DB_ALIAS, names, [values[name] for name in names])


def give_number(request: DataRequest, *, tries: int = 5) -> None:
    """Sets a fresh number and saves it; draws again when another request has it (inside a transaction)."""
    for attempt in range(tries):
        request.number = random_number(NUMBER_LENGTH)
        try:
            with transaction.atomic():
                request.save(update_fields=["number", "updated_at"])
            return
        except IntegrityError:
            if attempt == tries - 1:
                raise
