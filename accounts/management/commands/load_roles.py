"""Loads the roles of officers (groups and their rights) from fixtures/roles.json; safe to repeat."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db import transaction


class Command(BaseCommand):
    help = "Memuat peran petugas (grup dan haknya) dari fixtures/roles.json; aman diulang."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Sets each role's rights to exactly those of the file; other groups stay as they are."""
        path = Path(settings.BASE_DIR) / "fixtures" / "roles.json"
        roles: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
        known = {
            f"{permission.content_type.app_label}.{permission.codename}": permission
            for permission in Permission.objects.select_related("content_type")
        }
        for name, codes in roles.items():
            missing = [code for code in codes if code not in known]
            if missing and options["verbosity"]:
                self.stderr.write(f"{name}: hak belum ada, dilewati: {', '.join(missing)}")
            group, _created = Group.objects.get_or_create(name=name)
            group.permissions.set([known[code] for code in codes if code in known])
        if options["verbosity"]:
            self.stdout.write(f"{len(roles)} peran dimuat.")
