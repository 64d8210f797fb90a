"""Django's ``flush``, allowed only for demo and test databases: a real trail must not vanish."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as FlushCommand

from core.append_only import changes_allowed


class Command(FlushCommand):
    """Opens the append-only tables while everything is emptied."""

    def handle(self, **options: Any) -> None:
        """Refuse outside the demo; else empty all tables."""
        if not settings.DEMO:
            raise CommandError("flush hanya untuk basis data demo: jejak akses tidak boleh dikosongkan.")
        with changes_allowed(options["database"]):
            super().handle(**options)
