"""Adding to the access log: always before the data is shown (no entry, no data)."""

import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from core.access_log.models import AccessEntry, AccessSubject, Action, ChainHead
from core.addresses import client_address
from core.doors import clock
from core.doors.signing import keyed_hash
from core.holdings.models import Identified

SUBJECT_COLUMNS = ("national_id", "passport_no", "niora", "document_no")


def subject_keys(persons: Iterable[Identified]) -> set[str]:
    """Keyed hashes of every number of the persons; of name and birth date when there is no number."""
    keys: set[str] = set()
    for person in persons:
        numbers = [(column, getattr(person, column)) for column in SUBJECT_COLUMNS if getattr(person, column)]
        if not numbers and person.name_key:
            numbers = [("name", f"{person.name_key}|{person.birth_date or ''}")]
        keys.update(keyed_hash(f"subject:{column}", value) for column, value in numbers)
    return keys


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
    people = list(persons)
    keys = sorted(subject_keys(people))
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
            count=len(people) if count is None else count,
            address=client_address(request)[:45] if request is not None else "",
            previous_hash=head.last_hash,
        )
        entry.hash = entry_hash(entry, keys)
        entry.save(force_insert=True)
        head.last_hash = entry.hash
        head.entries += 1
        head.save(update_fields=["last_hash", "entries"])
        AccessSubject.objects.bulk_create(
            [AccessSubject(entry=entry, key=key) for key in keys], batch_size=500
        )
    return entry
