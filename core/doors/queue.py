"""The door to the task queue (django-q2): enqueue ids, never objects, secrets or personal values."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.models import Failure, Schedule
from django_q.tasks import async_task

logger = logging.getLogger(__name__)

#: How long work waits that the database let down, before it is tried again by itself.
PAUSES = (timedelta(seconds=30), timedelta(minutes=3), timedelta(minutes=15))


def enqueue(task: str, *ids: int | str) -> None:
    """Queues ``task`` (dotted path) once the surrounding transaction is committed.

    With the database broker the row is written inside the transaction, so it becomes visible exactly with the
    commit and vanishes with a rollback; with another broker it is sent on commit.
    """
    if settings.Q_CLUSTER.get("orm"):
        async_task(task, *ids)
    else:
        transaction.on_commit(partial(async_task, task, *ids))


def run_again(task_id: str, *, by: Any) -> None:
    """Queues failed work once more and takes it off the list of failures; tasks are safe to repeat."""
    if not by.is_active or not by.has_perm("django_q.change_failure"):
        raise PermissionDenied
    with transaction.atomic():
        task = Failure.objects.select_for_update().filter(pk=task_id).first()
        if task is None:
            raise ValidationError(_("Pekerjaan ini sudah dijalankan lagi."))
        enqueue(task.func, *(task.args or ()))
        task.delete()


def outlives_database_errors(task: Callable[[str], None]) -> Callable[..., None]:
    """For a task about one id that is safe to repeat: what the database refuses for the moment is tried again.

    A deadlock, a lost connection, a full disk: after each of ``PAUSES`` once more, and only then it counts as failed
    and waits for a person. Where not even that can be noted, the broker gives the task out again.
    """
    path = f"{task.__module__}.{task.__qualname__}"

    @wraps(task)
    def run(key: str, tried: int = 0) -> None:
        try:
            task(key)
        except (OperationalError, InterfaceError) as error:
            if tried >= len(PAUSES):
                raise
            # Never its text: it may quote what was to be stored.
            logger.warning("%s: %s, tried again later", path, type(error).__name__)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            Schedule.objects.create(
                func=path,
                args=repr((key, tried + 1)),
                schedule_type=Schedule.ONCE,
                next_run=timezone.now() + PAUSES[tried],
            )

    return run
