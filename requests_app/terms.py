"""The arithmetic of due dates: whole working days, counted from the day something counts as received.

Source: WorkRules (hours of work), Service.answer_working_days (terms), Holiday (the calendar). The day of receipt is
day 0; what comes after hours or on a free day counts as received on the next working day. One document answers all
rows of a request together, so the longest term among its services is the promise that can be kept.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from core.catalogue.models import Service
from core.doors import clock
from core.reference.working_days import WorkingCalendar
from core.rules.models import WorkRules

#: Calendar days read around a moment: the longest term (366 working days), extensions and a long delay fit in.
_REACH = timedelta(days=800)


def calendar_around(day: date) -> WorkingCalendar:
    """A calendar wide enough for every sum about ``day``: one query."""
    return WorkingCalendar(day - _REACH, day + _REACH)


def received_on(moment: datetime, rules: WorkRules, calendar: WorkingCalendar) -> date:
    """The working day on which something counts as received: after hours and on free days the next one."""
    day = clock.local_date(moment)
    if moment.astimezone(clock.ZONES["WIB"]).time() >= rules.work_ends:
        day += timedelta(days=1)
    return calendar.next_working_day(day)


def term_of(services: Iterable[Service], rules: WorkRules) -> int:
    """Working days promised for an answer: the longest among the services, the general term where one names none."""
    terms = [service.answer_working_days or rules.answer_working_days for service in services]
    return max(terms, default=rules.answer_working_days)


def due_after(received: date, days: int, calendar: WorkingCalendar) -> date:
    """The due date ``days`` working days after ``received``; below zero that many before it (already late)."""
    return calendar.add(received, days) if days >= 0 else calendar.back(received, -days)


def days_left(day: date, due: date, calendar: WorkingCalendar) -> int:
    """Working days after ``day`` up to and including ``due``; below zero it is late by so many."""
    return calendar.between(day, due)
