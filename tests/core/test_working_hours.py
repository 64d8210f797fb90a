"""Working time between two moments: nights, weekends and holidays do not count."""

from datetime import date, datetime, time, timedelta

import pytest

from core.doors import clock
from core.reference.models import Holiday
from core.reference.working_days import WorkingCalendar
from core.reference.working_hours import WorkingHours

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("begun", "ended", "hours"),
    [
        # Friday 2 to Monday 5 October 2026; Thursday 1 is made a holiday
        ("2026-10-02 09:00", "2026-10-02 11:30", 2.5),
        ("2026-10-02 05:00", "2026-10-02 09:00", 1),
        ("2026-10-02 15:00", "2026-10-02 22:00", 1),
        ("2026-10-02 17:00", "2026-10-02 18:00", 0),
        ("2026-10-02 15:00", "2026-10-05 09:00", 2),  # over the weekend
        ("2026-10-03 09:00", "2026-10-04 15:00", 0),
        ("2026-10-03 09:00", "2026-10-05 10:00", 2),
        ("2026-09-30 15:00", "2026-10-02 10:00", 3),  # the holiday between
        ("2026-10-05 08:00", "2026-10-09 16:00", 40),
        ("2026-10-02 11:00", "2026-10-02 09:00", 0),
        ("2026-10-02 11:00", "2026-10-02 11:00", 0),
    ],
)
def test_only_open_hours_count(begun: str, ended: str, hours: float) -> None:
    Holiday.objects.create(date=date(2026, 10, 1), name="Libur", kind="national")
    working = WorkingHours(WorkingCalendar(date(2026, 9, 1), date(2026, 10, 31)), time(8), time(16))
    first, last = (datetime.fromisoformat(text).replace(tzinfo=clock.ZONES["WIB"]) for text in (begun, ended))
    assert working.between(first, last) == timedelta(hours=hours)
    # The same moments written in another zone.
    assert working.between(first.astimezone(clock.ZONES["WIT"]), last) == timedelta(hours=hours)
    assert working.day_length == timedelta(hours=8)
