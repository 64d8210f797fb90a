"""Command: load the countries and nationality codes."""

from typing import Any

from django.core.management.base import BaseCommand

from core.reference.loading import load_countries


class Command(BaseCommand):
    """Runs ``core.reference.loading.load_countries``."""

    help = "Memuat negara dan kode kewarganegaraan paspor. Aman diulang."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print the report."""
        self.stdout.write(str(load_countries()))
