"""The clock's writers and the working calendar."""

import logging
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.utils import formats, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from core.doors import clock
from core.reference.loading import load_holidays
from core.reference.models import Holiday
from core.reference.working_days import (
    WorkingCalendar,
    add_working_days,
    is_calendar_loaded,
    is_working_day,
    working_days_between,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def holidays(django_db_setup, django_db_blocker):
    """The calendars of 2024 to 2026, for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_holidays([2024, 2025, 2026])
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def calendar(holidays, django_db_blocker):
    with django_db_blocker.unblock():
        return WorkingCalendar(date(2024, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2024, 10, 11), 5, date(2024, 10, 18)),  # Friday to Friday
        (date(2024, 10, 12), 1, date(2024, 10, 14)),  # from a Saturday
        (date(2024, 10, 13), 5, date(2024, 10, 18)),  # from a Sunday
        (date(2025, 3, 26), 1, date(2025, 3, 27)),
        # Nyepi's joint leave on the 28th, Idul Fitri 31 March and 1 April, joint leave until Monday the 7th
        (date(2025, 3, 27), 1, date(2025, 4, 8)),
        (date(2025, 3, 27), 5, date(2025, 4, 14)),
        (date(2025, 8, 15), 1, date(2025, 8, 19)),  # joint leave on Monday the 18th
        (date(2025, 12, 24), 2, date(2025, 12, 30)),  # Christmas, joint leave, weekend
        (date(2025, 12, 31), 1, date(2026, 1, 2)),  # over the turn of the year
        (date(2024, 2, 13), 1, date(2024, 2, 15)),  # election day
        (date(2024, 10, 11), 0, date(2024, 10, 11)),
    ],
)
def test_add_working_days_skips_free_days(holidays, start, days, due):
    assert add_working_days(start, days) == due


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 3, 27), True),
        (date(2025, 3, 28), False),
        (date(2025, 3, 31), False),
        (date(2025, 4, 7), False),
        (date(2025, 4, 8), True),
        (date(2025, 8, 17), False),
        (date(2025, 11, 22), False),
    ],
)
def test_working_day_knows_weekends_holidays_and_joint_leave(holidays, day, works):
    assert is_working_day(day) is works


def test_working_days_between_counts_the_last_day_and_turns_negative_backwards(holidays):
    assert working_days_between(date(2024, 10, 11), date(2024, 10, 18)) == 5
    assert working_days_between(date(2024, 10, 18), date(2024, 10, 11)) == -5
    assert working_days_between(date(2024, 10, 11), date(2024, 10, 11)) == 0
    assert working_days_between(date(2025, 3, 27), date(2025, 4, 7)) == 0


@settings(max_examples=60, deadline=None)
@given(
    start=st.dates(date(2024, 1, 1), date(2026, 6, 30)),
    days=st.integers(min_value=1, max_value=60),
)
def test_working_days_return_the_way_they_came(calendar, start, days):
    end = calendar.add(start, days)
    assert calendar.is_working_day(end)
    assert calendar.between(start, end) == days
    assert calendar.between(start, end - timedelta(days=1)) == days - 1


def test_working_days_refuse_to_count_backwards(holidays):
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2024, 10, 11), -1)


def test_working_days_ask_the_database_once(holidays, django_assert_num_queries):
    with django_assert_num_queries(1):
        add_working_days(date(2024, 10, 11), 200)
    with django_assert_num_queries(1):
        working_days_between(date(2024, 1, 1), date(2026, 1, 1))


def test_working_days_warn_when_the_calendar_is_not_loaded(holidays, caplog):
    with caplog.at_level(logging.WARNING, logger="core.reference.working_days"):
        assert add_working_days(date(2025, 12, 15), 1) == date(2025, 12, 16)
        assert not caplog.records, "only the years really counted matter"
        assert add_working_days(date(2030, 1, 4), 1) == date(2030, 1, 7)
    assert "2030" in caplog.text
    assert is_calendar_loaded(2025)
    assert not is_calendar_loaded(2030)


def test_holiday_saved_by_an_administrator_wins(holidays):
    opened = Holiday.objects.get(date=date(2025, 4, 7))
    opened.is_working, opened.from_library = True, False
    opened.save()
    Holiday.objects.create(
        date=date(2025, 7, 1), name="Hari Jadi", kind=Holiday.Kind.LOCAL, from_library=False
    )
    Holiday.objects.create(date=date(2025, 7, 5), name="Lembur", is_working=True, from_library=False)
    report = load_holidays([2025])
    assert (report.created, report.changed, report.retired) == (0, 0, 0)
    assert is_working_day(date(2025, 4, 7))
    assert not is_working_day(date(2025, 7, 1))
    assert is_working_day(date(2025, 7, 5)), "a Saturday declared a working day"


def test_holidays_follow_the_source_and_load_again_without_change(holidays):
    Holiday.objects.filter(date=date(2025, 1, 1)).update(name="Lama")
    Holiday.objects.create(date=date(2025, 7, 7), name="Idul Adha (perkiraan)")
    report = load_holidays([2025])
    assert (report.read, report.created, report.changed, report.retired) == (28, 0, 1, 1)
    again = load_holidays([2025])
    assert (again.created, again.changed, again.retired) == (0, 0, 0)
    assert any("cuti bersama" in warning for warning in load_holidays([2028]).warnings)


@pytest.mark.parametrize(
    ("month", "short", "long"),
    [
        (1, "Jan", "Januari"),
        (2, "Feb", "Februari"),
        (3, "Mar", "Maret"),
        (4, "Apr", "April"),
        (5, "Mei", "Mei"),
        (6, "Jun", "Juni"),
        (7, "Jul", "Juli"),
        (8, "Agu", "Agustus"),
        (9, "Sep", "September"),
        (10, "Okt", "Oktober"),
        (11, "Nov", "November"),
        (12, "Des", "Desember"),
    ],
)
def test_dates_read_the_same_from_the_clock_and_from_templates(month, short, long):
    day = date(2024, month, 9)
    assert clock.short_date(day) == f"09 {short} 2024"
    assert clock.long_date(day) == f"9 {long} 2024"
    with translation.override("id"):
        assert formats.date_format(day, "SHORT_DATE_FORMAT") == f"09 {short} 2024"
        assert formats.date_format(day) == f"9 {long} 2024"


def test_clock_writes_as_the_manual_does():
    assert clock.long_date(date(2024, 10, 11)) == "11 Oktober 2024"
    assert clock.grid_date(date(2024, 10, 9)) == "09/10/2024"
    assert clock.date_range(date(2024, 10, 2), date(2024, 10, 10)) == "02 Okt 2024 s.d. 10 Okt 2024"
    assert clock.weekday_name(date(2024, 10, 11)) == "Jumat"
    moment = datetime(2024, 10, 11, 2, 12, tzinfo=UTC)
    assert clock.time_wib(moment) == "09.12 WIB"
    assert clock.time_in(moment, "WITA") == "10.12 WITA"
    assert clock.time_in(moment, "WIT") == "11.12 WIT"
    assert clock.long_datetime(moment) == "11 Oktober 2024 09.12 WIB"
    assert clock.time_wib(moment.astimezone(ZoneInfo("America/New_York"))) == "09.12 WIB"
    with pytest.raises(ValueError, match="naive"):
        clock.time_wib(datetime(2024, 10, 11, 9, 12))  # noqa: DTZ001  the naive moment is the point


def test_clock_is_at_headquarters_when_london_still_sleeps():
    with time_machine.travel(datetime(2024, 10, 10, 17, 30, tzinfo=UTC), tick=False):
        assert clock.today() == date(2024, 10, 11)
        assert clock.long_date(clock.now()) == "11 Oktober 2024"


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("text", ["03/04/2024", "03-04-2024", "2024-04-03"])
def test_date_fields_read_day_before_month_in_both_languages(language, text):
    from django import forms

    with translation.override(language):
        assert forms.DateField().clean(text) == date(2024, 4, 3)
