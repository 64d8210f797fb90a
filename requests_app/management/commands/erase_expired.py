"""``manage.py erase_expired``: the nightly destruction by hand, for a role that owns the tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from requests_app import retention
from requests_app.models import DestructionKind


class Command(BaseCommand):
    help = "Memusnahkan data yang masa simpannya berakhir."

    def add_arguments(self, parser: Any) -> None:
        """``--dry-run`` only counts."""
        parser.add_argument("--dry-run", action="store_true", help="Hanya menghitung, tidak memusnahkan.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            for kind, found in retention.due().items():
                self.stdout.write(f"{DestructionKind(kind).label}: {found.count()}")
            return
        done, failed = 0, set()
        while True:
            run = retention.destroy(500)
            done += run.done
            failed |= set(run.failed)
            if run.is_over or not run.done:
                break
        self.stdout.write(f"{done} dimusnahkan.")
        if failed:
            raise CommandError(f"{len(failed)} tidak dapat dimusnahkan; lihat catatan galat.")
