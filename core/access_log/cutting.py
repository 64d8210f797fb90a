"""Entries of the access log whose time is over: the oldest ones leave together, and the chain still holds.

What was cut is told by the head: the hash the next entry must follow, how many went, and a keyed seal over both, so
that cutting without the key is found by ``verify_chain``.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from core.access_log.models import AccessEntry, AccessSubject, ChainHead
from core.append_only import opened
from core.doors.signing import keyed_hash


@dataclass(frozen=True)
class Cut:
    """What left the log."""

    first: int
    last: int
    entries: int
    subjects: int
    newest: datetime


def due_entries(before: datetime) -> QuerySet[AccessEntry]:
    """The unbroken beginning of the log that is older than ``before``."""
    old = AccessEntry.objects.filter(at__lt=before)
    young = AccessEntry.objects.filter(at__gte=before).order_by("id").values_list("id", flat=True).first()
    return (old if young is None else old.filter(id__lt=young)).order_by("id")


def seal_of(cut_hash: str, cut_entries: int) -> str:
    """Shows that a cut was made by this system."""
    return keyed_hash("access-log-cut", f"{cut_hash}:{cut_entries}")


@transaction.atomic
def cut_entries(before: datetime, most: int) -> Cut | None:
    """Remove at most ``most`` of the oldest entries; None when none is older than ``before``."""
    head = ChainHead.objects.select_for_update().filter(pk=1).first()
    going = list(due_entries(before).values_list("id", "hash", "at")[:most])
    if head is None or not going:
        return None
    first, last, last_hash, newest = going[0][0], going[-1][0], going[-1][1], going[-1][2]
    with opened(AccessSubject, AccessEntry):
        subjects, _models = AccessSubject.objects.filter(entry_id__lte=last).delete()
        AccessEntry.objects.filter(id__lte=last).delete()
        head.cut_hash = last_hash
        head.cut_entries += len(going)
        head.cut_seal = seal_of(head.cut_hash, head.cut_entries)
        head.save(update_fields=["cut_hash", "cut_entries", "cut_seal"])
    return Cut(first, last, len(going), subjects, newest)
