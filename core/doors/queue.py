"""The door to the task queue (django-q2): enqueue ids, never objects, secrets or personal values."""

from functools import partial

from django.conf import settings
from django.db import transaction
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
