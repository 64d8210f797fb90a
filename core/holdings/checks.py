"""System checks of the holdings: what the database has to keep by itself."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, register

from core import triggers
from core.holdings import counts


@register(Tags.database)
def check_counts(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """The triggers that keep the counts by month are there (``check --database default``)."""
    return triggers.lost(
        databases,
        lambda connection: not counts.is_kept(connection),
        text="Pemicu hitungan bulanan tidak lengkap pada basis data %s.",
        identifier="holdings.W001",
        hint="Jalankan manage.py migrate dengan pemilik tabel; hitungannya dibuat ulang.",
    )
