"""``manage.py load_hub``: pages, guides and SOP of Info Layanan for a fresh site; repeating it changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from public_site.hub.loading import load_hub


class Command(BaseCommand):
    help = "Muat isi awal Info Layanan: halaman kantor, panduan, SOP. Isi yang sudah ada tidak diubah."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how much was new."""
        added = load_hub()
        if options["verbosity"]:
            self.stdout.write(", ".join(f"{name}: {count}" for name, count in added.items()))
