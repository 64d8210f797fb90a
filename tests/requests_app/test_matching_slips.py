"""Slips in names and birth dates: which are known, that they work both ways, and what never counts as one."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.holdings.names import name_key, sound_key
from requests_app.matching.slips import DateSlip, NameSlip, name_slip, near_days, swapped, without_father

WORDS = st.sampled_from(["BUDI", "SANTOSO", "WIJAYA", "CHANDRA", "FITRI", "MUHAMMAD", "LI"])
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
DAYS = st.dates(date(1900, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("asked", "held", "slip"),
    [
        ("BUDI S", "BUDI SANTOSO", NameSlip.INITIAL),
        ("S BUDI", "BUDI SANTOSO", NameSlip.INITIAL),
        ("B SANTOSO W", "BUDI SANTOSO WIJAYA", NameSlip.INITIAL),
        ("FITRI C", "FITRI CHANDRA", NameSlip.INITIAL),
        ("BUDI F", "BUDI PITRI", NameSlip.INITIAL),
        ("BUDI WIJAYA", "BUDI SANTOSO WIJAYA", NameSlip.WORD_LEFT_OUT),
        ("BOEDI WIJAYA", "BUDI SANTOSO WIJAYA", NameSlip.WORD_LEFT_OUT),
        ("BUDI SANTOSO", "SANTOSO BUDI", None),
        ("BUDI", "BUDI SANTOSO", None),
        ("B S", "BUDI SANTOSO", None),
        ("BUDI S W", "BUDI SANTOSO", None),
        ("BUDI W", "BUDI SANTOSO", None),
        ("BUDI S S", "BUDI SANTOSO WIJAYA", None),
        ("B SANTOSO", "BUDI S", None),
        ("MUHAMMAD S", "MUHAMMAD SANTOSO", None),
        ("MUHAMMAD LI", "MUHAMMAD LI SANTOSO", None),
        ("BUDI SUSANTO", "BUDI SANTOSO", None),
        ("", "BUDI", None),
    ],
)
def test_name_slip_is_told_both_ways(asked, held, slip):
    assert name_slip(asked, held) == name_slip(held, asked) == slip


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("Ahmad bin Abdullah", "AHMAD"),
        ("Siti Aminah Binti H. Umar", "AMINAH SITI"),
        ("Ahmad", ""),
        ("Bintang Pratama", ""),
        ("Ahmad bin", ""),
    ],
)
def test_name_without_father(name, own):
    assert without_father(name) == own


@settings(max_examples=150, deadline=None)
@given(NAMES, NAMES)
def test_name_slip_needs_a_difference_and_something_in_common(one, other):
    slip = name_slip(one, other)
    assert slip == name_slip(other, one)
    if sound_key(one) == sound_key(other):
        assert slip is None
    if slip is not None:
        assert set(sound_key(one).split()) & set(sound_key(other).split())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_slips_take_any_text(one, other):
    name_slip(name_key(one), name_key(other))
    without_father(one)


@pytest.mark.parametrize(
    ("other", "slip"),
    [
        (date(1990, 5, 9), DateSlip.ONE_DAY),
        (date(1990, 4, 28), DateSlip.TEN_DAYS),
        (date(1989, 5, 8), DateSlip.ONE_YEAR),
        (date(1990, 8, 5), None),
        (date(1990, 1, 1), DateSlip.YEAR_ONLY),
        (date(1990, 5, 8), None),
        (date(1990, 6, 8), None),
        (date(1990, 1, 2), None),
    ],
)
def test_near_days_of_an_ordinary_day(other, slip):
    assert near_days(date(1990, 5, 8)).get(other) == slip


@settings(max_examples=200, deadline=None)
@given(DAYS)
def test_near_days_work_both_ways_but_for_a_leap_day(day):
    near = near_days(day)
    assert day not in near
    for other, slip in near.items():
        if (day.month, day.day) != (2, 29) or slip != DateSlip.ONE_YEAR:
            assert day in near_days(other)
    if (day.month, day.day) == (1, 1):
        assert {day + timedelta(number) for number in range(1, 365)} <= set(near)
    else:
        assert len(near) <= 7


@pytest.mark.parametrize("day", [date.min, date.max])
def test_near_days_stay_within_the_calendar(day):
    assert all(abs(other.year - day.year) <= 1 for other in near_days(day))


@settings(max_examples=100, deadline=None)
@given(DAYS)
def test_swapped_day_is_swapped_back(day):
    other = swapped(day)
    assert other is None or (other != day and swapped(other) == day)
