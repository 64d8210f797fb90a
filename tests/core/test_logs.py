"""Log lines: one line a record, and nothing of the row an error was about (S-31)."""

import json
import logging
import sys
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from core.logs import JsonFormatter


def line_of(error: BaseException) -> dict[str, Any]:
    try:
        raise error
    except type(error):
        record = logging.LogRecord("uji", logging.ERROR, "", 0, "gagal", (), sys.exc_info())
    found: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return found


def test_row_of_a_refused_statement_stays_out_of_the_log() -> None:
    cause = ValueError(
        'violates check constraint "x"\nDETAIL:  Failing row contains (7, Siti\nRahayu, A123).\nHINT:  none'
    )
    error = RuntimeError(
        'violates check constraint "x"\nDETAIL:  Failing row contains (7, Siti\nRahayu, A123).'
    )
    error.__cause__ = cause
    told = line_of(error)["error"]
    assert not [word for word in ("Siti", "Rahayu", "A123") if word in told]
    for word in (
        "Traceback",
        "ValueError",
        "RuntimeError",
        "constraint",
        "HINT:  none",
        "The above exception",
    ):
        assert word in told


@pytest.mark.django_db
def test_error_of_the_database_itself_names_nobody(siti: User) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        User.objects.create(username=siti.username, email="lain@demo.example", full_name="Nama Rahasia")
    if connection.vendor == "postgresql":
        assert siti.username in str(refused.value), "the database does tell"
    assert siti.username not in line_of(refused.value)["error"]
