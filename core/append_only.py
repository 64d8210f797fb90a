"""Tables to which rows are only ever added: database triggers refuse change and removal, whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunPython
from django.db.models import Model
from django.db.transaction import TransactionManagementError

PREFIX = "append_only_"
_MESSAGE = "append-only"
#: One function serves every table on PostgreSQL; class 23 makes it an IntegrityError, as on SQLite.
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"RAISE EXCEPTION '{_MESSAGE}: %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
)


def append_only(*tables: str) -> RunPython:
    """The migration operation that closes ``tables``. A later AlterField on SQLite rebuilds the table without
    its triggers: repeat this operation after it (tests/core/test_access_log.py watches)."""

    def close(apps: Any, schema_editor: Any) -> None:
        for table in tables:
            close_table(schema_editor.connection, table)

    def open_again(apps: Any, schema_editor: Any) -> None:
        for table in tables:
            open_table(schema_editor.connection, table)

    return RunPython(close, open_again, elidable=False)


def close_table(connection: BaseDatabaseWrapper, table: str) -> None:
    """Creates the triggers of ``table``; does nothing when they are there."""
    open_table(connection, table)
    name = connection.ops.quote_name(table)
    if connection.vendor == "postgresql":
        statements = [
            _FUNCTION,
            f"CREATE TRIGGER {PREFIX}row BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION append_only_refuse()",
            f"CREATE TRIGGER {PREFIX}all BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse()",
        ]
    else:
        statements = [
            f'CREATE TRIGGER "{PREFIX}{table}_{event.lower()}" BEFORE {event} ON {name} '
            f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}: {table}'); END"
            for event in ("UPDATE", "DELETE")
        ]
    _execute(connection, statements)


def open_table(connection: BaseDatabaseWrapper, table: str) -> None:
    """Drops the triggers of ``table``."""
    if connection.vendor == "postgresql":
        name = connection.ops.quote_name(table)
        statements = [f"DROP TRIGGER IF EXISTS {PREFIX}{kind} ON {name}" for kind in ("row", "all")]
    else:
        statements = [f'DROP TRIGGER IF EXISTS "{PREFIX}{table}_{event}"' for event in ("update", "delete")]
    _execute(connection, statements)


def closed_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the tables that have triggers of ours."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                "WHERE tgname LIKE %s AND pg_table_is_visible(pg_class.oid) ORDER BY relname",
                [f"{PREFIX}%"],
            )
        else:
            cursor.execute(
                "SELECT DISTINCT tbl_name FROM sqlite_master "
                "WHERE type = 'trigger' AND name LIKE %s ORDER BY tbl_name",
                [f"{PREFIX}%"],
            )
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def changes_allowed(using: str = "default") -> Iterator[None]:
    """Opens all closed tables for a moment: for emptying a test or demo database, and for lawful destruction
    after the retention period. Needs the owner of the tables; never called while serving requests."""
    connection = connections[using]
    tables = closed_tables(connection)
    for table in tables:
        open_table(connection, table)
    try:
        yield
    finally:
        for table in tables:
            close_table(connection, table)


@contextmanager
def opened(*models: type[Model], using: str = "default") -> Iterator[None]:
    """Opens the tables of ``models`` within the running transaction: lawful destruction after the retention period.

    Nobody else sees them open: the triggers are back when the transaction commits, and a roll-back restores them too.
    Needs the owner of the tables; PostgreSQL keeps other writers of these tables waiting meanwhile.
    """
    connection = connections[using]
    if not connection.in_atomic_block:
        raise TransactionManagementError("opened() needs a transaction")
    _settle(connection)
    for model in models:
        open_table(connection, model._meta.db_table)
    yield
    _settle(connection)
    for model in models:
        close_table(connection, model._meta.db_table)


def _settle(connection: BaseDatabaseWrapper) -> None:
    """PostgreSQL changes no trigger of a table that deferred checks still wait for."""
    if connection.vendor == "postgresql":
        _execute(connection, ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"])


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
