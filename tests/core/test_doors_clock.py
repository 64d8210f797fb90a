"""The clock door: how dates are written in the two languages."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from core.doors import clock

#: 23.30 in UTC is already the next morning in Jakarta.
MOMENT = datetime(2024, 8, 10, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "long", "short", "day_name", "period"),
    [
        (
            "id",
            "11 Agustus 2024 06.30 WIB",
            "11 Agu 2024 06.30 WIB",
            "Minggu",
            "02 Okt 2024 s.d. 10 Okt 2024",
        ),
        ("en", "11 August 2024 06.30 WIB", "11 Aug 2024 06.30 WIB", "Sunday", "02 Oct 2024 to 10 Oct 2024"),
    ],
)
def test_dates_follow_the_language_in_force(language, long, short, day_name, period):
    with translation.override(language):
        assert clock.long_datetime(MOMENT) == long
        assert clock.short_datetime(MOMENT) == short
        assert clock.weekday_name(MOMENT) == day_name
        assert clock.date_range(date(2024, 10, 2), date(2024, 10, 10)) == period


def test_dates_are_indonesian_when_no_language_is_in_force():
    """As in a worker or a command."""
    with translation.override(None):
        assert clock.long_date(date(2024, 10, 11)) == "11 Oktober 2024"
        assert clock.grid_date(date(2024, 10, 11)) == "11/10/2024"
