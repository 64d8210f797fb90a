"""``manage.py load_whatsapp``: the rules WhatsApp answers with on a fresh site; repeating it changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from public_site.whatsapp.loading import load_rules


class Command(BaseCommand):
    help = "Muat aturan awal percakapan WhatsApp, bila belum ada satu pun."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how many."""
        added = load_rules()
        if options["verbosity"]:
            self.stdout.write(f"{added} aturan WhatsApp dimuat.")
