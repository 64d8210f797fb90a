"""Command: load the national holidays and joint leave."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.doors import clock
from core.reference.loading import load_holidays

FIRST_YEAR = 2024


class Command(BaseCommand):
    """Runs ``core.reference.loading.load_holidays``."""

    help = "Memuat hari libur nasional dan cuti bersama. Aman diulang; baris petugas tidak diubah."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which years."""
        parser.add_argument(
            "years", nargs="*", type=int, help=f"Tahun; bila kosong, {FIRST_YEAR} sampai tahun depan."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print the report."""
        years = options["years"] or range(FIRST_YEAR, clock.today().year + 2)
        self.stdout.write(str(load_holidays(years)))
