"""How long something took while offices were open: hours of work between two moments."""

from datetime import date, datetime, time, timedelta

from core.doors import clock
from core.reference.working_days import WorkingCalendar

_ZERO = timedelta(0)


class WorkingHours:
    """The hours of work of the days of a calendar, in Jakarta time; ``starts`` lies before ``ends``."""

    def __init__(self, calendar: WorkingCalendar, starts: time, ends: time) -> None:
        self.calendar = calendar
        self.starts = starts
        self.ends = ends
        #: How long one working day is.
        self.day_length = datetime.combine(date.min, ends) - datetime.combine(date.min, starts)

    def between(self, first: datetime, last: datetime) -> timedelta:
        """Working time from one aware moment to a later one; nothing when ``last`` is not later."""
        if last <= first:
            return _ZERO
        zone = clock.ZONES["WIB"]
        begun, ended = first.astimezone(zone), last.astimezone(zone)
        if begun.date() == ended.date():
            return self._worked(begun.date(), begun.time(), ended.time())
        yesterday = ended.date() - timedelta(days=1)
        return (
            self._worked(begun.date(), begun.time(), time.max)
            + max(self.calendar.between(begun.date(), yesterday), 0) * self.day_length
            + self._worked(ended.date(), time.min, ended.time())
        )

    def _worked(self, day: date, begun: time, ended: time) -> timedelta:
        """Working time of one day between two times of it."""
        begun, ended = max(begun, self.starts), min(ended, self.ends)
        if begun >= ended or not self.calendar.is_working_day(day):
            return _ZERO
        return datetime.combine(day, ended) - datetime.combine(day, begun)
