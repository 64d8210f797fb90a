"""The version of what the public pages show: a random word that the database itself renews with every change.

A page kept in a process's memory is shown again only while the word is the one it was kept under. Triggers on the
tables of ``settings.CONTENT_MODELS`` renew it inside the writing transaction, whoever writes and by whatever way
(console, loader, ``update()``, psql): other connections see word and content change at the same commit, and after a
roll-back both are as before. A random word instead of a number, because a number taken in a transaction that was
rolled back comes again with other content; a row that is replaced instead of a growing list, because of two
transactions that commit in the other order than they began the later word must win.

The word is read before the content that is kept under it, never after: then content may be newer than its word,
which nobody asks for any more, but never older.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from core import triggers
from core.models import ContentVersion

PREFIX = "content_version_"
EVENTS = ("INSERT", "UPDATE", "DELETE")
_TABLE = ContentVersion._meta.db_table
_WORD = {
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
    "sqlite": "lower(hex(randomblob(16)))",
}
# Names of our own tables only, no values.
_READ = f"SELECT word FROM {_TABLE}"  # noqa: S608
_RENEW = f"UPDATE {_TABLE} SET word = "  # noqa: S608


def current(connection: BaseDatabaseWrapper | None = None) -> str:
    """The word in force, by one small query; empty where there is none, and then nothing may be kept."""
    with (connection or connections[DEFAULT_DB_ALIAS]).cursor() as cursor:
        cursor.execute(_READ)
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def watched_tables() -> list[str]:
    """The tables whose rows public pages are made of."""
    return [apps.get_model(label)._meta.db_table for label in settings.CONTENT_MODELS]


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that should be there and are not, by name."""
    wanted = {name for table in watched_tables() for name in _names(table, connection.vendor)}
    return sorted(wanted - set(triggers.present(connection, PREFIX)))


def renew(connection: BaseDatabaseWrapper) -> None:
    """A new word: nothing kept so far is shown again."""
    word = _WORD[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_TABLE} (id, word) VALUES (1, {word}) "  # noqa: S608
            "ON CONFLICT (id) DO UPDATE SET word = excluded.word"
        )


def create_triggers(connection: BaseDatabaseWrapper) -> None:
    """Creates the triggers where they are missing."""
    present = set(triggers.present(connection, PREFIX))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {PREFIX}renew() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"{_RENEW}{_WORD['postgresql']}; RETURN NULL; END $$"
            )
        for table in watched_tables():
            if set(_names(table, connection.vendor)) <= present:
                continue
            for statement in _statements(table, connection.vendor):
                cursor.execute(statement)


def before_migrations(sender: Any, *, using: str, plan: Any = (), **kwargs: Any) -> None:
    """Receiver: the triggers are out of the way of migrations."""
    triggers.make_way(PREFIX, using, plan)


def after_migrations(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Receiver: triggers and a new word, unless the migrations went back to where a table is not there yet."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    if {_TABLE, *watched_tables()} <= tables:
        create_triggers(connection)
        renew(connection)


def _names(table: str, vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [f"{PREFIX}{table}"]
    return [f"{PREFIX}{table}_{event.lower()}" for event in EVENTS]


def _statements(table: str, vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [
            f"CREATE TRIGGER {PREFIX}{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}renew()"
        ]
    return [
        f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {table} FOR EACH ROW "
        f"BEGIN {_RENEW}{_WORD['sqlite']}; END"
        for name, event in zip(_names(table, vendor), EVENTS, strict=True)
    ]
