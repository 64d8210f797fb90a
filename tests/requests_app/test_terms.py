"""Due dates as sums of whole working days: whatever stops and runs, no day is lost and none is counted twice."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.models import Service
from core.doors import clock
from core.reference.models import Holiday
from core.reference.working_days import WorkingCalendar
from core.rules.models import WorkRules
from requests_app import terms

RULES = WorkRules(work_starts=time(8), work_ends=time(16), answer_working_days=5)
#: Idul Fitri of 2026 with its joint leave, in the middle of what the tests count through.
FREE = [date(2026, 3, day) for day in (18, 19, 20, 23, 24)]


@pytest.fixture(scope="module")
def calendar(django_db_setup, django_db_blocker) -> WorkingCalendar:
    with django_db_blocker.unblock():
        made = Holiday.objects.bulk_create(Holiday(date=day, name="Idul Fitri") for day in FREE)
        read = WorkingCalendar(date(2024, 1, 1), date(2028, 12, 31))
        Holiday.objects.filter(pk__in=[row.pk for row in made]).delete()
    return read


def at(text: str) -> datetime:
    """A moment on the Jakarta clock."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.ZONES["WIB"])


@pytest.mark.parametrize(
    ("moment", "received"),
    [
        ("2026-03-02 00:00", date(2026, 3, 2)),
        ("2026-03-02 15:59", date(2026, 3, 2)),
        ("2026-03-02 16:00", date(2026, 3, 3)),
        ("2026-03-06 16:00", date(2026, 3, 9)),  # Friday evening counts as Monday
        ("2026-03-07 10:00", date(2026, 3, 9)),  # and so does Saturday
        ("2026-03-17 17:00", date(2026, 3, 25)),  # over Idul Fitri
    ],
)
def test_what_comes_after_hours_counts_from_the_next_working_day(calendar, moment, received):
    assert terms.received_on(at(moment), RULES, calendar) == received


def test_the_longest_term_of_the_services_is_the_promise():
    quick, slow, silent = Service(answer_working_days=2), Service(answer_working_days=9), Service()
    assert terms.term_of([quick], RULES) == 2
    assert terms.term_of([quick, slow, silent], RULES) == 9
    assert terms.term_of([quick, silent], RULES) == 5
    assert terms.term_of([], RULES) == 5


moments = st.datetimes(datetime(2025, 6, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(day=st.dates(date(2025, 1, 1), date(2027, 1, 1)), days=st.integers(-60, 60))
@settings(deadline=None, max_examples=150)
def test_due_date_and_days_left_are_each_others_reverse(calendar, day, days):
    received = calendar.next_working_day(day)
    due = terms.due_after(received, days, calendar)
    assert calendar.is_working_day(due)
    assert terms.days_left(received, due, calendar) == days


@given(earlier=moments, wait=st.timedeltas(timedelta(0), timedelta(days=20)), days=st.integers(0, 30))
@settings(deadline=None, max_examples=150)
def test_who_comes_later_is_never_due_earlier(calendar, earlier, wait, days):
    first = terms.due_after(terms.received_on(earlier, RULES, calendar), days, calendar)
    second = terms.due_after(terms.received_on(earlier + wait, RULES, calendar), days, calendar)
    assert first <= second


@given(
    start=moments,
    term=st.integers(1, 20),
    pauses=st.lists(
        st.tuples(
            st.timedeltas(timedelta(0), timedelta(days=6)), st.timedeltas(timedelta(0), timedelta(days=25))
        ),
        max_size=5,
    ),
)
@settings(deadline=None, max_examples=200)
def test_pauses_never_lose_a_day(calendar, start, term, pauses):
    """Days used while it ran and days left always make the term; a pause never brings the due date forward."""
    received = terms.received_on(start, RULES, calendar)
    due, used, now = terms.due_after(received, term, calendar), 0, start
    for ran, stood in pauses:
        now += ran
        paused_on = max(clock.local_date(now), received)
        left = terms.days_left(paused_on, due, calendar)
        used += calendar.between(received, paused_on)
        assert used + left == term
        now += stood
        received = terms.received_on(now, RULES, calendar)
        renewed = terms.due_after(received, left, calendar)
        assert renewed >= due
        assert terms.days_left(received, renewed, calendar) == left
        due = renewed
