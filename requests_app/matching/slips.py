"""Common slips of those who write names and birth dates down: what may still mean the same person."""

import calendar
import re
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from core.holdings.names import MUHAMMAD, name_key, sound_of_key, sound_of_word

_FATHER = re.compile(r"\b(?:BIN|BINTI)\b")
#: Shorter words, and the name that every tenth man bears, make nobody known.
_TELLING = 3


class NameSlip(StrEnum):
    """How the names of one person differ when more than a few letters do."""

    INITIAL = "initial"
    WORD_LEFT_OUT = "word_left_out"
    FATHER_LEFT_OUT = "father_left_out"


class DateSlip(StrEnum):
    """How a birth date came to be written as another one; day and month exchanged is ``swapped``."""

    ONE_YEAR = "one_year"
    ONE_DAY = "one_day"
    TEN_DAYS = "ten_days"
    YEAR_ONLY = "year_only"


def name_slip(asked: str, held: str) -> NameSlip | None:
    """How two name keys differ by whole words: an initial for a word, or words that one of them lacks.

    At least one word that says something must be the same; two where a word is missing. None for any other
    difference, and for keys that sound the same.
    """
    here, there = asked.split(), held.split()
    common = []
    for word in list(here):
        sound = sound_of_word(word)
        twin = next((other for other in there if sound_of_word(other) == sound), None)
        if twin is not None:
            here.remove(word)
            there.remove(twin)
            common.append(word)
    if not any(is_telling(word) for word in common) or not (here or there):
        return None
    if not here or not there:
        return NameSlip.WORD_LEFT_OUT if sum(len(word) > 1 for word in common) > 1 else None
    if _are_initials(here, there) or _are_initials(there, here):
        return NameSlip.INITIAL
    return None


def is_telling(word: str) -> bool:
    """Whether a word of a name key helps to know a person by."""
    return len(word) >= _TELLING and word != MUHAMMAD


def _are_initials(letters: Sequence[str], words: Sequence[str]) -> bool:
    if len(letters) != len(words) or any(len(letter) > 1 for letter in letters):
        return False
    left = list(words)
    for letter in letters:
        # As it is written first: an initial has no sound that spelling could change.
        begun = next((word for word in left if word[0] == letter), None) or next(
            (word for word in left if sound_of_word(word)[:1] == sound_of_word(letter)[:1]), None
        )
        if begun is None:
            return False
        left.remove(begun)
    return True


def without_father(name: str) -> str:
    """The sound key of what stands before ``bin`` or ``binti``; empty when the name has neither."""
    own, *father = _FATHER.split(name.upper(), maxsplit=1)
    return sound_of_key(name_key(own)) if father and father[0].strip() else ""


def swapped(day: date) -> date | None:
    """The date with day and month exchanged; None where there is no other such date."""
    if day.day > 12 or day.day == day.month:
        return None
    return date(day.year, day.day, day.month)


def near_days(day: date) -> dict[date, DateSlip]:
    """Other dates that one slip away from ``day``, and which slip it is.

    1 January stands for a birthday of which only the year is known, so every day of its year is near to it.
    """
    near: dict[date, DateSlip] = {}
    for days, slip in ((1, DateSlip.ONE_DAY), (10, DateSlip.TEN_DAYS)):
        for other in (day.toordinal() - days, day.toordinal() + days):
            if date.min.toordinal() <= other <= date.max.toordinal():
                near[date.fromordinal(other)] = slip
    for year in (day.year - 1, day.year + 1):
        if date.min.year <= year <= date.max.year:
            last = calendar.monthrange(year, day.month)[1]
            near[date(year, day.month, min(day.day, last))] = DateSlip.ONE_YEAR
    first = date(day.year, 1, 1)
    if day != first:
        near.setdefault(first, DateSlip.YEAR_ONLY)
    else:
        for number in range(1, 366 + calendar.isleap(day.year) - 1):
            near.setdefault(first + timedelta(number), DateSlip.YEAR_ONLY)
    return near
