"""Checking the chain: an edited, removed, inserted, reordered or cut-off entry is found and named."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from core.access_log.cutting import seal_of
from core.access_log.models import AccessEntry, AccessSubject, ChainHead
from core.access_log.record import entry_hash

#: Behind the last subject.
_NONE: tuple[int | None, Iterable[tuple[int, str]]] = (None, ())


def verify_chain() -> tuple[int, str | None]:
    """How many entries are sound, and what is wrong first (None when all is well)."""
    head = ChainHead.objects.filter(pk=1).first()
    previous = "0" * 64
    sound = cut = 0
    if head is not None and head.cut_entries:
        if head.cut_seal != seal_of(head.cut_hash, head.cut_entries):
            return 0, "the beginning was cut off by somebody else"
        previous, cut = head.cut_hash, head.cut_entries
    # An entry may have 100 000 subjects: both tables are gone through side by side, one entry at a time.
    subjects = groupby(
        AccessSubject.objects.order_by("entry_id").values_list("entry_id", "key").iterator(chunk_size=2000),
        key=itemgetter(0),
    )
    met, keys = next(subjects, _NONE)
    for entry in AccessEntry.objects.order_by("id").iterator(chunk_size=1000):
        while met is not None and met < entry.pk:
            met, keys = next(subjects, _NONE)
        if entry.previous_hash != previous:
            return sound, f"entry {entry.pk}: does not follow the entry before it"
        if entry_hash(entry, (key for _entry, key in keys) if met == entry.pk else ()) != entry.hash:
            return sound, f"entry {entry.pk}: content or subjects were changed"
        previous = entry.hash
        sound += 1
    if head is None:
        return sound, "the head of the chain is missing" if sound else None
    if head.last_hash != previous or head.entries != cut + sound:
        return sound, f"the chain ends at {cut + sound} entries, the head says {head.entries}"
    return sound, None
