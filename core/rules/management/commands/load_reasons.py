"""Loads the reasons a fresh install starts with; leaves alone what is there or was edited."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core.rules.models import Reason


class Command(BaseCommand):
    help = "Memuat daftar alasan; yang sudah ada atau sudah diubah dibiarkan."

    def handle(self, *args: Any, **options: Any) -> None:
        source = Path(settings.BASE_DIR) / "fixtures" / "reasons.json"
        # A list that has any reason is an administrator's; nobody can empty one.
        known = set(Reason.objects.values_list("purpose", flat=True))
        entries = json.loads(source.read_text("utf-8"))
        Reason.objects.bulk_create(Reason(**entry) for entry in entries if entry["purpose"] not in known)
