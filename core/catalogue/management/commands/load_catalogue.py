"""Command: load the services and columns a fresh install starts with."""

from typing import Any

from django.core.management.base import BaseCommand

from core.catalogue.loading import load_catalogue


class Command(BaseCommand):
    """Runs ``core.catalogue.loading.load_catalogue``."""

    help = "Memuat katalog layanan. Aman diulang: yang sudah ada tidak diubah."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print the report."""
        self.stdout.write(str(load_catalogue()))
