"""The page of the officers' workload, and an absent officer's work handed over from it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from requests_app import operations, row_work
from requests_app.models import DataRequest, Outcome, RequestRow, RowEvent, Status
from requests_app.workload import workloads
from tests import factories
from tests.requests_app import results

S = Status
PAGE = "/admin/requests_app/datarequest/beban/"
NOTE = "Rina cuti sampai 30 November"


@pytest.fixture
def request_in(siti: User, agreement: Any, catalogue: Any) -> Callable[..., DataRequest]:
    """``request_in(status, due=0, rows=1, **changes)``: Siti's request with open rows."""

    def request_in(status: Status, due: int = 0, rows: int = 1, **changes: Any) -> DataRequest:
        day = timezone.localdate() + timedelta(days=due)
        found = results.make_request(
            siti, status=status, agreement=agreement, due_on=day, approved_at=None, **changes
        )
        for _number in range(rows):
            results.add_row(found, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
        return found

    return request_in


@pytest.fixture
def bayu(base_data: None) -> User:
    return factories.make_officer("bayu", "Bayu Aji", "Petugas")


def hand_over(officer: User) -> str:
    return reverse("admin:requests_app_datarequest_hand_over", args=[officer.pk])


def test_numbers_by_officer_and_lists_behind_them(
    client: Any, sign_in: Any, rina: User, ratna: User, bayu: User, budi: User, request_in: Any
) -> None:
    request_in(S.PROCESSING, due=-2, rows=3, assignee=rina)
    shared = request_in(S.PROCESSING, due=4, rows=4, assignee=rina)
    row_work.claim_rows(shared.pk, by=bayu, rows=shared.rows.filter(position__lte=3))
    request_in(S.NEEDS_CORRECTION, assignee=rina)
    request_in(S.COMPLETED, assignee=None)
    request_in(S.ISSUING, due=-1)
    request_in(S.PROCESSING, rows=2)
    gone = factories.make_officer("agus", "Agus Salim", "Verifikator")
    request_in(S.VERIFYING, assignee=gone)
    gone.is_active = False
    gone.save()
    checked = request_in(S.VERIFYING, assignee=budi)
    operations.accept(checked.pk, by=budi)
    loads = {load.officer.username if load.officer else None: load for load in workloads()}
    assert [load.officer.full_name if load.officer else None for load in workloads()] == [
        "Agus Salim", "Bayu Aji", "Budi Santoso", "Ratna Wulandari", "Rina Lestari", None,
    ]  # fmt: skip
    mine = loads["rina"]
    assert (mine.open, mine.late, mine.returned, mine.rows) == (2, 1, 1, 4)
    assert mine.earliest == timezone.localdate() - timedelta(days=2)
    assert (loads["bayu"].open, loads["bayu"].rows) == (0, 3)
    assert (loads["budi"].done, loads["agus"].open) == (1, 1)
    assert (loads[None].open, loads[None].rows, loads[None].late) == (2, 3, 1)
    html = sign_in(client, ratna).get(PAGE).content.decode()
    links = re.findall(r'href="(/admin/requests_app/datarequest/\?petugas[^"]+)">(\d+)<', html)
    assert len(links) == 6
    for link, number in links:
        listed = client.get(link.replace("&amp;", "&")).content.decode()
        found = set(re.findall(r"SF4OF\d{5}", listed.partition('id="result_list"')[2]))
        assert len(found) == int(number), link


def test_page_is_read_by_all_officers_of_requests_and_moved_by_few(
    client: Any, sign_in: Any, rina: User, bayu: User, ratna: User, umar: User, kartika: User, siti: User,
    request_in: Any,
) -> None:  # fmt: skip
    found = request_in(S.PROCESSING, assignee=rina)
    for person, status, offered in (
        (rina, 200, True), (bayu, 200, False), (ratna, 200, True), (umar, 200, False),
        (kartika, 403, False), (siti, 404, False),
    ):  # fmt: skip
        answer = sign_in(client, person).get(PAGE)
        assert answer.status_code == status, person
        assert (hand_over(rina) in answer.content.decode()) is offered, person
        expected = 200 if offered else (404 if person == siti else 403)
        assert client.get(hand_over(rina)).status_code == expected, person
        if not offered:
            client.post(hand_over(rina), {"to": "antrean", "note": NOTE})
            assert DataRequest.objects.get(pk=found.pk).assignee == rina
    sign_in(client, ratna)
    assert client.get(hand_over(siti)).status_code == 404


def test_absent_officers_work_goes_to_a_colleague(
    client: Any, sign_in: Any, rina: User, ratna: User, bayu: User, request_in: Any, page_text: Any
) -> None:
    mine = request_in(S.PROCESSING, assignee=rina)
    other = request_in(S.PROCESSING, rows=4, assignee=bayu)
    row_work.claim_rows(other.pk, by=rina, rows=other.rows.filter(position__lte=2))
    done = other.rows.get(position=1)
    done.outcome = Outcome.NOT_FOUND
    done.save()
    sign_in(client, ratna)
    asked = page_text(client.get(hand_over(rina)))
    assert "1 permohonan terbuka · 1 baris yang dipegang" in asked
    assert mine.number in asked
    assert DataRequest.objects.get(pk=mine.pk).assignee == rina
    for wrong in (
        {"to": "", "note": NOTE},
        {"to": str(rina.pk), "note": NOTE},
        {"to": "antrean", "note": "x"},
    ):
        assert client.post(hand_over(rina), wrong).status_code == 422
    text = page_text(client.post(hand_over(rina), {"to": str(bayu.pk), "note": NOTE}, follow=True))
    assert "1 permohonan + 1 baris dari Rina Lestari diserahkan." in text
    assert DataRequest.objects.get(pk=mine.pk).assignee == bayu
    assert mine.events.get().note == f"Bayu Aji: {NOTE}"
    assert list(RequestRow.objects.filter(request=other).order_by("position").values_list("assignee", flat=True)) == [
        rina.pk, bayu.pk, None, None,
    ]  # fmt: skip
    assert RowEvent.objects.filter(request=other, actor=ratna, note=f"Bayu Aji: {NOTE}").count() == 1
    assert "Tidak ada pekerjaan terbuka" in page_text(client.get(hand_over(rina)))


def test_what_the_receiver_may_not_have_stays_and_is_told(
    client: Any, sign_in: Any, rina: User, ratna: User, budi: User, request_in: Any, page_text: Any
) -> None:
    mine = request_in(S.PROCESSING, assignee=rina)
    row_work.claim_rows(mine.pk, by=rina)
    sign_in(client, ratna)
    text = page_text(client.post(hand_over(rina), {"to": str(budi.pk), "note": NOTE}, follow=True))
    assert f"Tidak diserahkan. {mine.number}: Budi Santoso tidak menangani" in text
    assert "1 baris tetap pada Rina Lestari" in text
    assert DataRequest.objects.get(pk=mine.pk).assignee == rina
    client.post(hand_over(rina), {"to": "antrean", "note": NOTE})
    assert DataRequest.objects.get(pk=mine.pk).assignee is None
    assert not RequestRow.objects.filter(assignee=rina).exists()


def test_page_costs_the_same_for_few_and_many(
    client: Any, sign_in: Any, ratna: User, rina: User, request_in: Any
) -> None:
    sign_in(client, ratna)

    def cost() -> tuple[int, int]:
        counts = []
        for url in (PAGE, hand_over(rina)):
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.append(len(queries))
        return counts[0], counts[1]

    request_in(S.PROCESSING, assignee=rina)
    few = cost()
    for number in range(6):
        officer = factories.make_officer(f"p{number}", f"Petugas {number}", "Petugas", "Verifikator")
        for status in (S.PROCESSING, S.VERIFYING):
            request_in(status, assignee=officer)
            request_in(status, assignee=rina)
    assert cost() == few
