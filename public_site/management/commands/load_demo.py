"""Command: everything a demonstration needs, from agencies to answered requests."""

import logging
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Registration
from core.holdings.models import Record
from public_site.demo_data import load_people, load_registrations, load_requests
from public_site.hub.demo import load_counts
from public_site.whatsapp.demo import load_conversations


class Command(BaseCommand):
    """Loads what is missing; a second run changes nothing."""

    help = "Memuat data demo: instansi, pengguna, basis data rekaan, permohonan. Aman diulang."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many holdings to invent."""
        parser.add_argument("--count", type=int, default=50_000)

    def handle(self, *args: Any, count: int, verbosity: int, **options: Any) -> None:
        """Refuse outside the demo; else load in the order of dependence."""
        if not settings.DEMO:
            raise CommandError("Data demo hanya untuk mode demo (DEMO=1).")
        # Hundreds of lines of libraries at work would bury the sign-ins that follow.
        logging.disable(logging.INFO)
        try:
            played = self.load(count, verbosity)
        finally:
            logging.disable(logging.NOTSET)
        if verbosity:
            self.stdout.write(f"Data demo siap: {played} permohonan baru.")

    def load(self, count: int, verbosity: int) -> int:
        """All parts; returns how many requests were made."""
        if not Record.objects.filter(source_key__startswith="INV-DEP-").exists():
            call_command("load_demo_holdings", count=count, verbosity=verbosity, stdout=self.stdout)
        with transaction.atomic():
            load_people()
            if not Registration.objects.exists():
                load_registrations()
            load_conversations()
            load_counts()
        return load_requests()
