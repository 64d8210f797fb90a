"""``migrate`` without the time limit of a page's statements: an index over millions of records takes longer."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """Django's own; on PostgreSQL no statement is cut off. Locks are waited for no longer than elsewhere."""

    def handle(self, *args: Any, **options: Any) -> None:
        """As Django's."""
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        try:
            super().handle(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
