"""Limits: one count for all workers, also where a window is cleared at the same moment."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from core import throttle

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_count_begins_anew_when_the_window_ended() -> None:
    assert throttle.hit("key", limit=1, window=-HOUR).allowed
    verdict = throttle.hit("key", limit=1, window=HOUR)
    assert (verdict.allowed, verdict.count) == (True, 1)
    assert not throttle.hit("key", limit=1, window=HOUR).allowed


def test_hit_counts_although_the_window_is_cleared_meanwhile() -> None:
    """A clean-up, or a success in another worker, between finding the window and locking it."""
    throttle.hit("key", limit=5, window=HOUR)
    cleared: list[str] = []

    def clear(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "core_limit" in sql and not cleared:
            cleared.append(sql)
            throttle.forget("key")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(clear):
        verdict = throttle.hit("key", limit=5, window=HOUR)
    assert cleared
    assert verdict.count == 1
