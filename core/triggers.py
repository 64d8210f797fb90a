"""Triggers of ours by the prefix of their names: which are there, dropping them, and what a check says of lost ones.

What a trigger does belongs to who creates it. SQLite copies and renames a table to change a column, and refuses the
rename while a trigger elsewhere names it: before migrations triggers go, after them their owner puts them back.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


def present(connection: BaseDatabaseWrapper, prefix: str) -> dict[str, str]:
    """Name and table of the triggers that exist and are switched on."""
    question = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    if connection.vendor == "postgresql":
        question = (
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname LIKE %s AND tgenabled <> 'D' AND pg_table_is_visible(pg_class.oid)"
        )
    with connection.cursor() as cursor:
        cursor.execute(question, [f"{prefix}%"])
        return dict(cursor.fetchall())


def drop(connection: BaseDatabaseWrapper, prefix: str) -> None:
    """Drops them, of whatever wording."""
    with connection.cursor() as cursor:
        for name, table in present(connection, prefix).items():
            where = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{where}")


def make_way(prefix: str, using: str, plan: Any) -> None:
    """Before migrations: lets SQLite rebuild tables; PostgreSQL changes them where they are."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        drop(connection, prefix)


def lost(
    databases: Sequence[str] | None,
    is_lacking: Callable[[BaseDatabaseWrapper], object],
    *,
    text: str,
    identifier: str,
    hint: str = "Jalankan manage.py migrate dengan pemilik tabel.",
) -> list[CheckMessage]:
    """For a system check: one warning for each database that lacks triggers; ``text`` has a place for its alias.

    A warning, because ``migrate`` asks this too before it puts them in.
    """
    lacking = [alias for alias in databases or () if is_lacking(connections[alias])]
    return [Warning(text % alias, hint=hint, id=identifier) for alias in lacking]
