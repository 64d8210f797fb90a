"""``manage.py verify_access_log``: walks the chain of the access log; exit code 1 when it is broken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.access_log.verify import verify_chain


class Command(BaseCommand):
    help = "Memeriksa rantai jejak akses."

    def handle(self, *args: Any, **options: Any) -> None:
        sound, problem = verify_chain()
        if problem:
            raise CommandError(f"Rantai jejak akses rusak: {problem}")
        self.stdout.write(f"Rantai jejak akses utuh: {sound} entri.")
