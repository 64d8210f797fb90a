"""The door to the task queue (django-q2): enqueue ids, never objects, secrets or personal values."""

from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django_q.models import Failure
from django_q.tasks import async_task


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
