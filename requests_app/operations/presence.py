"""Who has a request open: said by each page about it and by its light poll, forgotten after two minutes."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from core.doors import clock
from requests_app.models import RequestPresence

#: Not written again within this time: several tabs and quick clicks cost one write, every second poll another.
FRESH = timedelta(seconds=45)


def come(pk: uuid.UUID, *, by: User) -> None:
    """Notes that the officer has the request open now; a gap beyond two minutes begins anew."""
    now = clock.now()
    mine = RequestPresence.objects.filter(request=pk, user=by)
    seen_at = mine.values_list("seen_at", flat=True).first()
    if seen_at is not None and now - seen_at < FRESH:
        return
    with transaction.atomic():
        if not mine.here().update(seen_at=now):
            RequestPresence.objects.update_or_create(
                request_id=pk, user=by, defaults={"since": now, "seen_at": now}
            )


def others_at(pk: uuid.UUID, *, by: User) -> QuerySet[RequestPresence]:
    """Who else has the request open, the first who came first."""
    return RequestPresence.objects.here().filter(request=pk).exclude(user=by).select_related("user")


def forget_presence() -> int:
    """Removes those who have gone; returns how many."""
    return RequestPresence.objects.gone().delete()[0]
