"""Loads the saved replies a fresh install starts with; leaves alone what is there or was edited."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from requests_app.models import SavedReply


class Command(BaseCommand):
    help = "Memuat balasan siap pakai; yang sudah ada atau sudah diubah dibiarkan."

    def handle(self, *args: Any, **options: Any) -> None:
        if SavedReply.objects.exists():
            return  # what an administrator took out must not come back
        source = Path(settings.BASE_DIR) / "fixtures" / "saved_replies.json"
        SavedReply.objects.bulk_create(SavedReply(**entry) for entry in json.loads(source.read_text("utf-8")))
