"""``manage.py load_content``: texts, guides and contact of a fresh site; repeating it changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from public_site.content import load_content


class Command(BaseCommand):
    help = "Muat teks awal situs: pertanyaan, halaman, panduan, kontak. Teks yang sudah ada tidak diubah."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how much was new."""
        added = load_content()
        if options["verbosity"]:
            self.stdout.write(", ".join(f"{name}: {count}" for name, count in added.items()))
