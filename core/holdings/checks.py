"""System checks of the holdings: what the database has to keep by itself."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from core.holdings import counts


@register(Tags.database)
def check_counts(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """The triggers that keep the counts by month are there (``check --database default``).

    A warning, because ``migrate`` asks this too before it puts them in.
    """
    lacking = [alias for alias in databases or () if not counts.is_kept(connections[alias])]
    hint = "Jalankan manage.py migrate dengan pemilik tabel; hitungannya dibuat ulang."
    return [
        Warning(
            f"Pemicu hitungan bulanan tidak lengkap pada basis data {alias}.", hint=hint, id="holdings.W001"
        )
        for alias in lacking
    ]
