"""Reads the rules a fresh site starts with from ``fixtures/whatsapp/rules.json``."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from public_site.whatsapp.models import ConversationRule

RULES = Path(settings.BASE_DIR) / "fixtures" / "whatsapp" / "rules.json"


@transaction.atomic
def load_rules() -> int:
    """Adds the rules when there is none; returns how many. From then on they belong to the editors."""
    if ConversationRule.objects.exists():
        return 0
    rows: list[dict[str, Any]] = json.loads(RULES.read_text(encoding="utf-8"))
    made: dict[str, ConversationRule] = {}
    for row in rows:
        values = {**row, "keywords": "\n".join(row["keywords"])}
        key = values.pop("key")
        values["parent"] = made[values["parent"]] if "parent" in values else None
        rule = ConversationRule(**values)
        rule.full_clean()
        rule.save()
        made[key] = rule
    return len(made)
