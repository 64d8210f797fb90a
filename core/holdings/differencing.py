"""Statistics by difference: whether tables whose periods overlap would together give a small number away.

A recipient who holds the counts of 1-10 October and of 2-10 October holds the count of 1 October. The days of
a month fall into stretches between the starts and ends of all shown periods; whatever can be computed from the
tables by adding and subtracting is a sum of such stretches. As long as each of them is empty or large, nothing
small follows (query overlap control; Hundepool et al., Statistical Disclosure Control, 2012, ch. 4).
"""

import calendar
import itertools
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple


class Days(NamedTuple):
    """From the first day to the last one, both counted."""

    first: date
    last: date

    def whole_months(self) -> "Days":
        """Widened to the first day of its first month and the last day of its last one."""
        days = calendar.monthrange(self.last.year, self.last.month)[1]
        return Days(self.first.replace(day=1), self.last.replace(day=days))

    def months(self) -> "tuple[Days | None, list[Days]]":
        """The whole months in it, from the first day to the last one, and what is left of others before and after."""
        outer = self.whole_months()
        first, last = self.first, self.last
        cut = []
        if first != outer.first or (last != outer.last and first.replace(day=1) == last.replace(day=1)):
            # The period begins, or begins and ends, within this month.
            end = min(Days(first, first).whole_months().last, last)
            cut.append(Days(first, end))
            first = end + timedelta(1)
        if first <= last and last != outer.last:
            cut.append(Days(last.replace(day=1), last))
            last = last.replace(day=1) - timedelta(1)
        return (Days(first, last) if first <= last else None), cut

    def within_month(self, month: date) -> "Days | None":
        """The part of it in the month that ``month`` lies in."""
        around = Days(month, month).whole_months()
        common = Days(max(self.first, around.first), min(self.last, around.last))
        return common if common.first <= common.last else None


class Counted(NamedTuple):
    """Counts of one day; ``wni`` and ``wna`` matter once a table was narrowed to one citizenship."""

    number: int = 0
    wni: int = 0
    wna: int = 0


class Shown(NamedTuple):
    """A table the recipient already holds; its rows are labels and then the count, or text when suppressed."""

    days: Days
    is_by_citizenship: bool
    rows: list[list[str | int]]


def tells_a_small_number(
    shown: Iterable[Days], per_day: Mapping[date, Counted], threshold: int, *, by_citizenship: bool = False
) -> bool:
    """Whether the periods ``shown`` of one cell cut out a stretch with 1 to ``threshold`` - 1 records."""
    periods = set(shown)
    cuts = sorted({day for period in periods for day in (period.first, period.last + timedelta(1))})
    for start, end in itertools.pairwise(cuts):
        if not any(period.first <= start <= period.last for period in periods):
            continue
        inside = [counted for day, counted in per_day.items() if start <= day < end]
        totals = [sum(counted.number for counted in inside)]
        if by_citizenship:
            totals += [sum(counted.wni for counted in inside), sum(counted.wna for counted in inside)]
        if any(0 < total < threshold for total in totals):
            return True
    return False
