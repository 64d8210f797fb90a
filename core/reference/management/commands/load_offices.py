"""Command: load the regional offices, immigration offices and checkpoints."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.reference.loading import LoadError, load_offices


class Command(BaseCommand):
    """Runs ``core.reference.loading.load_offices``."""

    help = "Memuat Kantor Wilayah, Kantor Imigrasi, dan TPI dari daftar CSV. Aman diulang."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the lists are, and whether they win over what an administrator changed."""
        parser.add_argument("folder", nargs="?", help="Folder berisi kanwil.csv, kanim.csv, dan tpi.csv.")
        parser.add_argument(
            "--overwrite", action="store_true", help="Timpa baris yang sudah ada dengan isi daftar."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print the report."""
        try:
            self.stdout.write(str(load_offices(options["folder"], overwrite=options["overwrite"])))
        except LoadError as error:
            raise CommandError(str(error)) from error
