"""Command: fill the holdings with invented records."""

from itertools import chain
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.doors import clock
from core.holdings.demo import SHARES, Inventor, named_rows
from core.holdings.loading import load_records, refresh_plans
from core.holdings.models import ImportRun


class Command(BaseCommand):
    """Loads the named persons and ``--count`` invented records, the same ones each time."""

    help = "Memuat basis data rekaan untuk demo (tidak ada orang sungguhan). Aman diulang."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many records."""
        parser.add_argument("--count", type=int, default=50_000)

    def handle(self, *args: Any, count: int, verbosity: int, **options: Any) -> None:
        """Refuse outside the demo; else load service by service."""
        if not settings.DEMO:
            raise CommandError("Data rekaan hanya untuk demo.")
        inventor, lookups = Inventor(), Lookups()
        if not inventor.offices or not inventor.checkpoints:
            raise CommandError("Muat data kantor lebih dahulu: load_offices.")
        services = {service.key: service for service in Service.objects.filter(key__in=SHARES)}
        if missing := sorted(set(SHARES) - set(services)):
            raise CommandError(f"Muat katalog lebih dahulu: load_catalogue ({', '.join(missing)} tidak ada).")
        for key, share in SHARES.items():
            service = services[key]
            run, _created = ImportRun.objects.get_or_create(
                service=service, file_name=f"demo-{key}", by=None, defaults={"stage": ImportRun.Stage.WRITING}
            )
            rows = chain(named_rows(service, lookups), inventor.rows(key, round(count * share)))
            loaded = load_records(service, rows, import_run=run)
            if loaded.created or loaded.updated:
                run.stage = ImportRun.Stage.DONE
                run.total, run.finished_at = loaded.total, clock.now()
                run.created_count, run.updated_count = loaded.created, loaded.updated
                run.save()
            if verbosity:
                self.stdout.write(
                    f"{service.label}: {loaded.created} baru, {loaded.updated} diubah, {loaded.unchanged} tetap"
                )
        refresh_plans()
