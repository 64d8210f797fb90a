"""Command: load the regions of Indonesia."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.reference.loading import LoadError, load_regions


class Command(BaseCommand):
    """Runs ``core.reference.loading.load_regions``."""

    help = "Memuat provinsi, kabupaten/kota, kecamatan, dan desa/kelurahan. Aman diulang."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print the report."""
        try:
            self.stdout.write(str(load_regions()))
        except LoadError as error:
            raise CommandError(str(error)) from error
