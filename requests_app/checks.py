"""System checks of requests: what the database has to hold by itself."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from requests_app import four_eyes


@register(Tags.database)
def check_four_eyes(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """The triggers of the four-eyes rule are there (``check --database default``).

    A warning, because ``migrate`` asks this too before it puts them in.
    """
    lacking = [alias for alias in databases or () if four_eyes.missing(connections[alias])]
    hint = "Jalankan manage.py migrate dengan pemilik tabel."
    return [
        Warning(
            f"Pemicu empat mata tidak lengkap pada basis data {alias}.", hint=hint, id="requests_app.W001"
        )
        for alias in lacking
    ]
