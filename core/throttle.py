"""Limits on how often a thing may happen, counted in the database so that all workers share one budget."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from core.doors.clock import stored_moment
from core.models import Limit

#: Asked with every look at a public page, hence written out instead of built each time. Our own table's name only.
_PEEK = f"SELECT count, window_ends_at FROM {Limit._meta.db_table} WHERE key = %s AND window_ends_at > %s"  # noqa: S608


@dataclass(frozen=True)
class Verdict:
    """Whether the thing may happen, how often it did, and when the window ends."""

    allowed: bool
    count: int
    until: datetime


def hit(key: str, *, limit: int, window: timedelta) -> Verdict:
    """Counts one more and says whether it is still within ``limit`` per ``window``. Atomic across workers."""
    now = timezone.now()
    with transaction.atomic():
        row = _locked(key, now + window)
        if row.window_ends_at <= now:
            row.count = 0
            row.window_ends_at = now + window
        row.count += 1
        row.save(update_fields=["count", "window_ends_at"])
    return Verdict(allowed=row.count <= limit, count=row.count, until=row.window_ends_at)


def _locked(key: str, ends_at: datetime) -> Limit:
    row = None
    # A clean-up or a success elsewhere may take the row away between the two statements.
    while row is None:
        Limit.objects.bulk_create(
            [Limit(key=key, count=0, window_ends_at=ends_at)], ignore_conflicts=True, batch_size=1
        )
        row = Limit.objects.select_for_update().filter(key=key).first()
    return row


def queue_up(key: str) -> None:
    """Lets nobody else past this line with the same key until the transaction ends; must run inside one."""
    _locked(key, timezone.now())


def peek(key: str, *, limit: int) -> Verdict:
    """Says whether one more would be allowed, without counting."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_PEEK, [key, connection.ops.adapt_datetimefield_value(now)])
        row = cursor.fetchone()
    if row is None:
        return Verdict(allowed=True, count=0, until=now)
    return Verdict(allowed=row[0] < limit, count=row[0], until=stored_moment(row[1]) or now)


def forget(key: str) -> None:
    """Clears a count, for example after a success."""
    Limit.objects.filter(key=key).delete()


def give_back(key: str) -> None:
    """Takes one count back (a hit that should not have counted)."""
    Limit.objects.filter(key=key, count__gt=0).update(count=F("count") - 1)


def remove_ended() -> int:
    """Deletes windows that ended; called by the daily clean-up."""
    return Limit.objects.filter(window_ends_at__lt=timezone.now()).delete()[0]
