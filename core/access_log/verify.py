"""Checking the chain: an edited, removed, inserted, reordered or cut-off entry is found and named."""

from core.access_log.models import AccessEntry, ChainHead
from core.access_log.record import entry_hash


def verify_chain() -> tuple[int, str | None]:
    """How many entries are sound, and what is wrong first (None when all is well)."""
    previous = "0" * 64
    sound = 0
    for entry in AccessEntry.objects.order_by("id").prefetch_related("subjects").iterator(chunk_size=1000):
        if entry.previous_hash != previous:
            return sound, f"entry {entry.pk}: does not follow the entry before it"
        if entry_hash(entry, (subject.key for subject in entry.subjects.all())) != entry.hash:
            return sound, f"entry {entry.pk}: content or subjects were changed"
        previous = entry.hash
        sound += 1
    head = ChainHead.objects.filter(pk=1).first()
    if head is None:
        return sound, "the head of the chain is missing" if sound else None
    if head.last_hash != previous or head.entries != sound:
        return sound, f"the chain ends at {sound} entries, the head says {head.entries}"
    return sound, None
