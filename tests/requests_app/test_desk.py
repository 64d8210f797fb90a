"""The officers' first page: my work, what is late, what I returned, and figures that lead to the lists behind them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.doors import clock
from requests_app import figures, operations, queues
from requests_app.models import DataRequest, Outcome, RequestEvent, Status
from tests import factories
from tests.requests_app import results

S = Status
LIST = "/admin/requests_app/datarequest/"


@pytest.fixture
def request_in(siti: User, agreement: Any, catalogue: Any) -> Callable[..., DataRequest]:
    """``request_in(status, due=0, **changes)``: Siti's request of today with one row, due so many days from now."""

    def request_in(status: Status, due: int = 0, **changes: Any) -> DataRequest:
        values = {"submitted_at": timezone.now(), "approved_at": None, "agreement": agreement, **changes}
        day = timezone.localdate() + timedelta(days=due)
        found = results.make_request(siti, status=status, due_on=day, **values)
        results.add_row(found, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
        return found

    return request_in


def cards(client: Any) -> dict[str, tuple[int, str]]:
    """Title -> (number, link) of every card of the page."""
    context = client.get("/admin/").context
    every = [*context["cards"], *context["figures"]["cards"]]
    return {str(card["title"]): (card["number"], card["link"]) for card in every}


def numbers_in(html: str) -> set[str]:
    """The request numbers listed on a page of the list."""
    return set(re.findall(r"SF4OF\d{5}", html.partition('id="result_list"')[2]))


def test_every_number_leads_to_exactly_those_requests(
    client: Any, sign_in: Any, rina: User, budi: User, request_in: Any
) -> None:
    request_in(S.SUBMITTED)
    request_in(S.PROCESSING, due=-3)
    request_in(S.PROCESSING, due=2, assignee=rina)
    request_in(S.PROCESSING, due=-1, assignee=budi)
    request_in(S.AWAITING_APPROVAL)
    mine = request_in(S.PROCESSING, assignee=rina)
    theirs = request_in(S.VERIFYING, assignee=budi)
    operations.ask_correction(mine.pk, by=rina, note="Lengkapi nomor paspor", whole=True)
    operations.ask_correction(theirs.pk, by=budi, note="Lengkapi surat", whole=True)
    sign_in(client, rina)
    found = cards(client)
    assert {title: number for title, (number, _link) in found.items()} == {
        "Menunggu saya": 2,
        "Terlambat pada saya": 1,
        "Saya kembalikan": 1,
        "Baru": 1,
        "Diproses": 3,
        "Menunggu Persetujuan": 1,
        "Lewat tenggat": 2,
    }
    for number, link in found.values():
        assert len(numbers_in(client.get(link).content.decode())) == number, link


def test_numbers_of_the_figures_lead_to_lists(
    client: Any, sign_in: Any, ratna: User, request_in: Any
) -> None:
    request_in(S.SUBMITTED, due=-2)
    request_in(S.PROCESSING)
    request_in(S.COMPLETED, completed_at=timezone.now())
    request_in(S.SUBMITTED, submitted_at=timezone.now() - timedelta(days=60))
    page = sign_in(client, ratna).get("/admin/")
    bars = page.context["figures"]["bars"][1]
    links = [re.search(r'href="([^"]+)"[^>]*>(\d+)<', value) for value in bars["lines"][0]["values"]]
    assert [int(link[2]) for link in links if link] == [3, 3, 1]
    for link in links:
        assert link
        listed = client.get(link[1].replace("&amp;", "&"))
        assert len(numbers_in(listed.content.decode())) == int(link[2]), link[1]
    assert len(client.get("/admin/?masa=90").context["figures"]["bars"][1]["lines"]) == 1
    assert "4 permohonan masuk" in client.get("/admin/?masa=90").content.decode()
    assert client.get("/admin/?masa=<b>").status_code == 200


def test_returned_is_who_asked_last(request_in: Any, rina: User, budi: User, siti: User) -> None:
    found = request_in(S.VERIFYING)
    operations.ask_correction(found.pk, by=budi, note="Lengkapi surat", whole=True)
    results.correct(found)
    operations.resubmit(found.pk, by=siti)
    operations.tick_all(found.pk, by=budi)
    operations.accept(found.pk, by=budi)
    operations.ask_correction(found.pk, by=rina, note="Lengkapi baris", whole=True)
    assert not queues.returned_by(budi).exists()
    assert queues.returned_by(rina).get() == found


def test_first_page_costs_the_same_for_few_and_many(
    client: Any, sign_in: Any, catalogue: Any, siti: User, request_in: Any
) -> None:
    chief = factories.make_officer("agus", "Agus Salim", "Verifikator", "Petugas", "Penyetuju")
    sign_in(client, chief)

    def fill(times: int) -> None:
        for number in range(times):
            for status in S:
                if status != S.DRAFT:
                    found = request_in(status, due=number - 3, completed_at=timezone.now())
                    RequestEvent.objects.create(
                        request=found, actor=chief, verb="submit", source=S.DRAFT, target=status
                    )
        factories.make_registration()

    fill(1)
    client.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/")
    fill(6)
    with CaptureQueriesContext(connection) as many:
        client.get("/admin/")
    assert len(many) == len(few)
    assert len(many) < 45


def test_badges_stand_in_the_sidebar(client: Any, sign_in: Any, budi: User, request_in: Any) -> None:
    request_in(S.SUBMITTED)
    factories.make_registration()
    factories.make_registration()
    sign_in(client, budi)
    items = {
        str(item["title"]): item.get("badge")
        for group in client.get("/admin/").context["sidebar_navigation"]
        for item in group["items"]
    }
    assert (items["Permohonan"], items["Pendaftaran"]) == ("1", "2")


# --- turnaround -------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    """``at("2026-10-05 09:00")`` in Jakarta; Monday 5 October 2026."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.ZONES["WIB"])


def walk(found: DataRequest, *steps: tuple[str, Status]) -> None:
    """The trail of a request as the verbs would have written it."""
    for moment, target in steps:
        with time_machine.travel(at(moment), tick=False):
            RequestEvent.objects.create(request=found, verb="x", target=target)


def test_turnaround_is_the_median_of_working_time(request_in: Any, base_data: None) -> None:
    with time_machine.travel(at("2026-10-20 12:00"), tick=False):
        quick, slow, waiting = (request_in(S.COMPLETED) for _number in range(3))
        walk(
            quick,
            ("2026-10-05 09:00", S.SUBMITTED),
            ("2026-10-05 10:00", S.VERIFYING),
            ("2026-10-05 11:00", S.PROCESSING),
            ("2026-10-06 11:00", S.AWAITING_APPROVAL),
            ("2026-10-06 12:00", S.AWAITING_APPROVAL),  # the first of two approvals
            ("2026-10-06 13:00", S.ISSUING),
            ("2026-10-06 13:06", S.COMPLETED),
        )
        walk(
            slow,
            ("2026-10-09 15:00", S.SUBMITTED),  # Friday
            ("2026-10-12 09:00", S.VERIFYING),  # Monday
            ("2026-10-12 10:00", S.NEEDS_CORRECTION),
            ("2026-10-14 10:00", S.VERIFYING),
            ("2026-10-14 11:00", S.PROCESSING),
            ("2026-10-14 12:00", S.AWAITING_APPROVAL),
            ("2026-10-14 16:00", S.ISSUING),
            ("2026-10-15 08:00", S.COMPLETED),
        )
        walk(waiting, ("2026-10-19 08:00", S.SUBMITTED))
        found = figures.turnaround(DataRequest.objects.all(), clock.today() - timedelta(days=29))
    hours = {step: length / timedelta(hours=1) for step, (length, _cases) in found.steps.items()}
    # verified: quick 2, slow 3 and once more 1; the others quick and slow
    assert hours == {"verify": 2, "process": 4.5, "approve": 3, "issue": 0.05, "applicant": 16}
    assert found.steps["verify"][1] == 3
    # quick 2 + 8 + 2 + 0.1, slow 3 + 1 + 1 + 4 + 0
    assert found.whole == timedelta(hours=(12.1 + 9) / 2)


def test_turnaround_of_before_the_period_does_not_count(request_in: Any, base_data: None) -> None:
    with time_machine.travel(at("2026-10-20 12:00"), tick=False):
        found = request_in(S.PROCESSING)
        walk(
            found,
            ("2026-10-05 09:00", S.SUBMITTED),
            ("2026-10-05 10:00", S.VERIFYING),
            ("2026-10-19 09:00", S.PROCESSING),
        )
        counted = figures.turnaround(DataRequest.objects.all(), clock.today() - timedelta(days=2))
    assert {step: cases for step, (_length, cases) in counted.steps.items()} == {"verify": 1}
    assert counted.whole is None


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0.01, "kurang dari 0,1 jam kerja"),
        (3.5, "3,5 jam kerja"),
        (8, "1,0 hari kerja"),
        (20, "2,5 hari kerja"),
    ],
)
def test_length_in_words(hours: float, text: str) -> None:
    assert figures.length_text(timedelta(hours=hours), timedelta(hours=8)) == text
