"""The working calendar: Monday to Friday less holidays and joint leave, with the administrator's exceptions.

Source of the working week: Perpres 21/2023. Each function reads the calendar with one query; whoever needs
many answers takes one ``WorkingCalendar`` and asks it.
"""

import logging
from datetime import date, timedelta

from django.utils.translation import gettext as _

from core.reference.models import Holiday

logger = logging.getLogger(__name__)

ONE_DAY = timedelta(days=1)
#: Calendar days to fetch beyond two per working day asked for: the longest run of free days is Idul Fitri's.
MARGIN_DAYS = 60


class WorkingCalendar:
    """The working days of a span of whole years, read once."""

    def __init__(self, first: date, last: date) -> None:
        """Read every exception from 1 January of ``first``'s year to 31 December of ``last``'s year."""
        self.first = date(first.year, 1, 1)
        self.last = date(last.year, 12, 31)
        rows = Holiday.objects.filter(date__range=(self.first, self.last)).values_list(
            "date", "kind", "is_working"
        )
        self._is_working: dict[date, bool] = {}
        loaded = set()
        for day, kind, is_working in rows:
            self._is_working[day] = is_working
            if kind == Holiday.Kind.NATIONAL:
                loaded.add(day.year)
        self.missing_years = [year for year in range(first.year, last.year + 1) if year not in loaded]

    def warn_if_used(self, first: date, last: date) -> None:
        """Log the years between two dates whose calendar was never loaded: every weekday counts there."""
        years = [year for year in self.missing_years if first.year <= year <= last.year]
        if years:
            logger.warning("The working calendar is not loaded for %s", ", ".join(map(str, years)))

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on ``day``; outside the span that was read only the weekday decides."""
        return self._is_working.get(day, day.weekday() < 5)

    def add(self, start: date, days: int) -> date:
        """The ``days``-th working day after ``start``; see ``add_working_days``."""
        if days < 0:
            msg = "Working days are counted forwards only"
            raise ValueError(msg)
        day, left = start, days
        while left:
            day += ONE_DAY
            left -= self.is_working_day(day)
        return day

    def back(self, start: date, days: int) -> date:
        """The working day ``days`` working days before ``start``: ``between(back(d, n), d) == n`` for a working ``d``."""
        if days < 0:
            msg = "Working days are counted backwards only"
            raise ValueError(msg)
        day, left = start, days
        while left or not self.is_working_day(day):
            left -= self.is_working_day(day)
            day -= ONE_DAY
        return day

    def next_working_day(self, day: date) -> date:
        """``day`` itself when offices work on it, else the first one after it."""
        return day if self.is_working_day(day) else self.add(day, 1)

    def between(self, first: date, last: date) -> int:
        """Working days after ``first`` up to and including ``last``; negative when ``last`` is earlier."""
        if last < first:
            return -self.between(last, first)
        return sum(self.is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def is_working_day(day: date) -> bool:
    """Whether offices work on ``day``."""
    calendar = WorkingCalendar(day, day)
    calendar.warn_if_used(day, day)
    return calendar.is_working_day(day)


def add_working_days(start: date, days: int) -> date:
    """The ``days``-th working day after ``start``, which itself never counts; 0 gives ``start`` unchanged.

    Five working days from Friday are the next Friday. A negative number raises ValueError.
    """
    calendar = WorkingCalendar(start, start + timedelta(days=2 * max(days, 0) + MARGIN_DAYS))
    end = calendar.add(start, days)
    calendar.warn_if_used(start, end)
    return end


def working_days_between(first: date, last: date) -> int:
    """Working days after ``first`` up to and including ``last``; negative when ``last`` is earlier.

    ``working_days_between(d, add_working_days(d, n)) == n``.
    """
    calendar = WorkingCalendar(min(first, last), max(first, last))
    calendar.warn_if_used(min(first, last), max(first, last))
    return calendar.between(first, last)


def is_calendar_loaded(year: int) -> bool:
    """Whether the national holidays of ``year`` are known."""
    return Holiday.objects.filter(date__year=year, kind=Holiday.Kind.NATIONAL).exists()


#: From this month on next year's calendar should be there: the joint decree comes in October.
NAG_FROM_MONTH = 11


def missing_calendar(today: date) -> list[str]:
    """What the calendar still lacks, in words for administrators; from November also for next year."""
    years = [today.year] if today.month < NAG_FROM_MONTH else [today.year, today.year + 1]
    known = set(Holiday.objects.filter(date__year__in=years).values_list("date__year", "kind").distinct())
    gaps = []
    for year in years:
        if (year, Holiday.Kind.NATIONAL) not in known:
            gaps.append(_("Hari libur nasional %(year)d belum dimuat") % {"year": year})
        if (year, Holiday.Kind.JOINT_LEAVE) not in known:
            gaps.append(_("Cuti bersama %(year)d belum dimuat") % {"year": year})
    return gaps
