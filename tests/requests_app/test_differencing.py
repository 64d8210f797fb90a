"""Statistics whose periods overlap: no small number follows by subtracting what an agency was told."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from core.catalogue.models import Service
from core.holdings.differencing import Counted, Days, tells_a_small_number
from core.holdings.models import Record
from core.holdings.statistics import HIDDEN
from requests_app import answering
from requests_app.models import DataRequest, StatisticsItem, Status
from tests.requests_app import results

THRESHOLD = 5
FIRST = date(2024, 10, 1)
LENGTH = 8


def october(first: int, last: int) -> Days:
    return Days(date(2024, 10, first), date(2024, 10, last))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=LENGTH, max_size=LENGTH),
    st.lists(st.tuples(st.integers(1, LENGTH), st.integers(1, LENGTH)), min_size=2, max_size=4),
)
def test_no_sum_or_difference_of_shown_periods_is_small(
    numbers: list[int], asked: list[tuple[int, int]]
) -> None:
    per_day = {FIRST + timedelta(index): Counted(number) for index, number in enumerate(numbers)}
    shown: list[Days] = []
    for ends in asked:
        period = october(min(ends), max(ends))
        own = sum(numbers[period.first.day - 1 : period.last.day])
        if (own == 0 or own >= THRESHOLD) and not tells_a_small_number([*shown, period], per_day, THRESHOLD):
            shown.append(period)
    for signs in itertools.product((-1, 0, 1), repeat=len(shown)):
        weights = [
            sum(
                sign
                for sign, days in zip(signs, shown, strict=True)
                if days.first.day <= day <= days.last.day
            )
            for day in range(1, LENGTH + 1)
        ]
        if set(weights) <= {0, 1}:
            told = sum(weight * number for weight, number in zip(weights, numbers, strict=True))
            assert not 0 < told < THRESHOLD


def test_period_is_cut_to_the_month_and_widened_to_whole_months() -> None:
    days = Days(date(2024, 1, 30), date(2024, 3, 2))
    assert days.within_month(date(2024, 2, 11)) == Days(date(2024, 2, 1), date(2024, 2, 29))
    assert days.within_month(date(2024, 4, 1)) is None
    assert days.whole_months() == Days(date(2024, 1, 1), date(2024, 3, 31))


@pytest.fixture
def visits(catalogue: dict[str, Service]) -> Service:
    """Visa: three on 1 October, twenty WNA and six WNI on 5 October."""
    service = catalogue["visa"]
    numbers = ((1, 3, "AUS"), (5, 20, "AUS"), (5, 6, "IDN"))
    Record.objects.bulk_create(
        Record(
            service=service,
            source_key=f"{day}-{nationality}-{index}",
            event_on=date(2024, 10, day),
            nationality=nationality,
        )
        for day, number, nationality in numbers
        for index in range(number)
    )
    return service


def ask(person: User, service: Service, *questions: tuple[Days, str]) -> DataRequest:
    request = results.make_request(person, status=Status.PROCESSING, approved_at=None)
    for position, (days, citizenship) in enumerate(questions, 1):
        StatisticsItem.objects.create(
            request=request,
            position=position,
            service=service,
            period_from=days.first,
            period_until=days.last,
            citizenship=citizenship,
        )
    return request


def told(request: DataRequest, by: User) -> list[Any]:
    answering.count_statistics(request.pk, by=by)
    return [item.answer["rows"][0][-1] for item in request.statistics.order_by("position")]


def test_later_question_does_not_tell_the_day_it_leaves_out(siti: User, rina: User, visits: Service) -> None:
    assert told(ask(siti, visits, (october(1, 31), "")), rina) == [29]
    second = ask(siti, visits, (october(2, 31), ""))
    assert told(second, rina) == [HIDDEN]
    assert "jumlah kecil pada tabel lain" in second.statistics.get().answer["note"]
    # The same question again, and one that leaves out only empty days, tell nothing new.
    assert told(ask(siti, visits, (october(1, 31), "")), rina) == [29]
    assert told(ask(siti, visits, (october(1, 30), "")), rina) == [29]


def test_two_questions_of_one_request_are_weighed_against_each_other(
    siti: User, rina: User, visits: Service
) -> None:
    request = ask(siti, visits, (october(1, 10), ""), (october(2, 10), ""))
    assert told(request, rina) == [29, HIDDEN]
    assert told(request, rina) == [29, HIDDEN]


def test_citizenship_is_weighed_too(siti: User, rina: User, visits: Service) -> None:
    Record.objects.filter(event_on=date(2024, 10, 1)).delete()
    # Two more on 6 October, of either citizenship: together six, each alone small.
    Record.objects.bulk_create(
        Record(service=visits, source_key=f"n{n}", event_on=date(2024, 10, 6), nationality=n[:3])
        for n in ("IDN1", "IDN2", "IDN3", "AUS1", "AUS2", "AUS3")
    )
    assert told(ask(siti, visits, (october(1, 6), "WNI")), rina) == [9]
    assert told(ask(siti, visits, (october(1, 5), "WNI")), rina) == [HIDDEN]
    assert told(ask(siti, visits, (october(1, 5), "")), rina) == [HIDDEN]


def test_other_agencies_and_refused_requests_do_not_count(
    siti: User, joko: User, rina: User, visits: Service
) -> None:
    assert told(ask(joko, visits, (october(1, 31), "")), rina) == [29]
    refused = ask(siti, visits, (october(1, 31), ""))
    assert told(refused, rina) == [29]
    DataRequest.objects.filter(pk=refused.pk).update(status=Status.REJECTED)
    assert told(ask(siti, visits, (october(2, 31), "")), rina) == [26]
