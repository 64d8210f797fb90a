"""Adding to the access log: always before the data is shown (no entry, no data)."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet, TextField, Value
from django.http import HttpRequest

from core.access_log.models import AccessEntry, AccessSubject, Action, ChainHead
from core.addresses import client_address
from core.doors import clock
from core.doors.signing import keyed_hash
from core.holdings.models import Identified

SUBJECT_COLUMNS = ("national_id", "passport_no", "niora", "document_no")


#: Below the smallest limit of parameters in one statement.
_FEW = 400
_FACTS = (*SUBJECT_COLUMNS, "name_key", "birth_date")
#: Rows whose values were destroyed keep the hashes: a document that still carries the person stays traceable.
_ERASED = "erased_keys"


def subject_keys(persons: Iterable[Identified]) -> set[str]:
    """Keyed hashes of every number of the persons; of name and birth date when there is no number."""
    return _keys_and_count(persons)[0]


def _keys_and_count(persons: Iterable[Identified]) -> tuple[set[str], int]:
    """The keys, and how many persons there are; of a query only the columns that identify are read."""
    facts: Iterable[tuple[Any, ...]]
    if isinstance(persons, QuerySet) and not persons.query.is_sliced:
        plain = persons.select_related(None).prefetch_related(None).order_by()
        has_kept = any(column.name == _ERASED for column in persons.model._meta.fields)
        kept = _ERASED if has_kept else Value(None, output_field=TextField())
        facts = plain.values_list(*_FACTS, kept).iterator(chunk_size=5000)
    else:
        facts = (
            (*(getattr(person, name) for name in _FACTS), getattr(person, _ERASED, None))
            for person in persons
        )
    keys: set[str] = set()
    count = 0
    for *values, name, born, erased in facts:
        count += 1
        numbers = [pair for pair in zip(SUBJECT_COLUMNS, values, strict=True) if pair[1]]
        if not numbers and name:
            numbers = [("name", f"{name}|{born or ''}")]
        keys.update(keyed_hash(f"subject:{column}", value) for column, value in numbers)
        keys.update(erased or ())
    return keys, count


def entry_hash(entry: AccessEntry, keys: Iterable[str]) -> str:
    """The keyed hash over the previous hash, this entry's canonical form and the ``keys`` of its subjects."""
    canonical = json.dumps(
        [
            entry.previous_hash,
            entry.at.astimezone(UTC).isoformat(),
            entry.actor_id,
            entry.actor_name,
            entry.action,
            entry.purpose,
            entry.object_type,
            entry.object_id,
            entry.count,
            entry.address,
            sorted(keys),
        ],
        ensure_ascii=False,
    )
    return keyed_hash("access-log", canonical)


def record_access(
    action: Action,
    *,
    actor: Any,
    purpose: str,
    object_type: str,
    object_id: object,
    persons: Iterable[Identified] = (),
    count: int | None = None,
    request: HttpRequest | None = None,
) -> AccessEntry:
    """Writes one entry and its subjects; call it before building the response.

    ``purpose`` is a request number or a stated reason, never personal data. Raises DatabaseError when the log
    cannot be written: the caller must then show nothing.
    """
    found, number = _keys_and_count(persons)
    keys = sorted(found)
    signed_in = actor is not None and getattr(actor, "is_authenticated", False)
    with transaction.atomic():
        head, _created = ChainHead.objects.select_for_update().get_or_create(pk=1)
        entry = AccessEntry(
            at=clock.now(),
            actor=actor if signed_in else None,
            actor_name=actor.get_username() if signed_in else "sistem",
            action=action,
            purpose=purpose[:120],
            object_type=object_type,
            object_id=str(object_id)[:40],
            count=number if count is None else count,
            address=client_address(request)[:45] if request is not None else "",
            previous_hash=head.last_hash,
        )
        entry.hash = entry_hash(entry, keys)
        entry.save(force_insert=True)
        head.last_hash = entry.hash
        head.entries += 1
        head.save(update_fields=["last_hash", "entries"])
        _add_subjects(entry, keys)
    return entry


def _add_subjects(entry: AccessEntry, keys: Sequence[str]) -> None:
    """The subjects of an entry at one stroke: the chain's head is locked meanwhile, and everybody waits for it."""
    if len(keys) <= _FEW:
        AccessSubject.objects.bulk_create([AccessSubject(entry=entry, key=key) for key in keys])
        return
    connection = connections[AccessSubject.objects.db]
    quote = connection.ops.quote_name
    # Names of our own table and columns only; every value is a parameter.
    into = f"INSERT INTO {quote(AccessSubject._meta.db_table)} ({quote('entry_id')}, {quote('key')}) "
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{into} SELECT %s, unnest(%s::text[])", [entry.pk, list(keys)])
        else:
            cursor.executemany(f"{into} VALUES (%s, %s)", [(entry.pk, key) for key in keys])
