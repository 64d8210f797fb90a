"""System checks of requests: what the database has to hold by itself."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, register

from core import triggers
from requests_app import four_eyes


@register(Tags.database)
def check_four_eyes(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """The triggers of the four-eyes rule are there (``check --database default``)."""
    text = "Pemicu empat mata tidak lengkap pada basis data %s."
    return triggers.lost(databases, four_eyes.missing, text=text, identifier="requests_app.W001")
