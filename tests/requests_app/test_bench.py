"""The answer bench: what lies on it, a line saved by itself, what is refused, what is recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from core.rules.models import Reason
from requests_app import answering, row_work
from requests_app.models import DataRequest, Outcome, Status
from tests import factories
from tests.requests_app import results
from tests.requests_app.bench_rows import BENCH, open_request


@pytest.fixture
def rudi(base_data: Any) -> User:
    return factories.make_officer("rudi", "Rudi Hartono", "Petugas")


@pytest.fixture
def requests(siti: User, rina: User, rudi: User, agreement: Any, catalogue: Any) -> list[DataRequest]:
    """Rina's late request, a free one, and Rudi's."""
    today = timezone.localdate()
    return [
        open_request(siti, catalogue["paspor"], ["A1000001", "A1000002"], rina, due_on=today - timedelta(2)),
        open_request(siti, catalogue["paspor"], ["A2000001"], None, due_on=today + timedelta(3)),
        open_request(siti, catalogue["paspor"], ["A3000001"], rudi, due_on=today + timedelta(20)),
    ]


def seen(text: str) -> set[str]:
    return {number for number in ("A1000001", "A1000002", "A2000001", "A3000001") if number in text}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", {"A1000001", "A1000002"}),
        ("?milik=bebas", {"A2000001"}),
        ("?milik=semua", {"A1000001", "A1000002", "A2000001", "A3000001"}),
        ("?milik=semua&batas=lewat", {"A1000001", "A1000002"}),
        ("?milik=semua&batas=minggu", {"A1000001", "A1000002", "A2000001"}),
        ("?milik=<b>&tampil=x&batas=y", {"A1000001", "A1000002"}),
        ("?layanan=visa", set()),
    ],
)
def test_bench_shows_open_rows_across_requests(
    client: Any, sign_in: Any, rina: User, requests: Any, page_text: Any, query: str, numbers: set[str]
) -> None:
    assert seen(page_text(sign_in(client, rina).get(BENCH + query))) == numbers


def test_claimed_row_lies_on_its_officers_bench(
    client: Any, sign_in: Any, rina: User, rudi: User, requests: Any, page_text: Any
) -> None:
    row_work.claim_rows(requests[0].pk, by=rudi, rows=requests[0].rows.filter(position=2))
    assert seen(page_text(sign_in(client, rina).get(BENCH))) == {"A1000001"}
    assert seen(page_text(sign_in(client, rudi).get(BENCH))) == {"A1000002", "A3000001"}


def test_everybody_shown_is_recorded_before(client: Any, sign_in: Any, rina: User, requests: Any) -> None:
    sign_in(client, rina).get(BENCH)
    entry = AccessEntry.objects.get(action=Action.VIEW_ROWS)
    assert (entry.actor, entry.count, entry.purpose) == (rina, 2, "Meja jawab: Paspor")


def test_bench_is_for_processing_officers(
    client: Any, sign_in: Any, budi: User, umar: User, joko: User, requests: Any
) -> None:
    for person, status in ((budi, 403), (umar, 403), (joko, 404)):
        sign_in(client, person)
        assert client.get(BENCH).status_code == status
        assert client.post(BENCH, {"baris": "1", "versi": "1"}).status_code == status


def line(found: DataRequest, position: int = 1, **fields: str) -> dict[str, str]:
    row = found.rows.get(position=position)
    return {"baris": str(row.pk), "versi": str(row.version), "jawaban": "", "hasil": "", **fields}


def test_answer_typed_in_the_grid_is_saved_and_the_next_one_replaces_it(
    client: Any, sign_in: Any, rina: User, requests: Any, page_text: Any
) -> None:
    sign_in(client, rina)
    given = {"isi-nama": "ORANG B", "isi-tanggal_terbit": "14-03-2022", "isi-status_paspor": "AKTIF"}
    done = client.post(BENCH, line(requests[0], **given), follow=True)
    assert "baris 1: Ditemukan, disimpan." in page_text(done)
    row = requests[0].rows.get(position=1)
    answer = row.answers.get()
    assert answer.values["tanggal_terbit"] == "2022-03-14"
    assert (row.outcome, row.decided_by) == (Outcome.FOUND, rina)
    shown = client.get(BENCH + "?tampil=dijawab").content.decode()
    assert 'value="14-03-2022"' in shown
    again = line(requests[0], jawaban=str(answer.pk), **{"isi-nama": "ORANG LAIN"})
    response = client.post(BENCH, again, headers={"X-Bench": "1"})
    assert response.json()["version"] == row.version + 1
    assert row.answers.get().values == {"nama": "ORANG LAIN"}


def test_other_outcome_takes_a_listed_reason(client: Any, sign_in: Any, rina: User, requests: Any) -> None:
    sign_in(client, rina)
    without = client.post(BENCH, line(requests[0], hasil="withheld"), headers={"X-Bench": "1"})
    assert without.status_code == 422
    assert "Tulis alasan" in without.json()["errors"][""][0]
    reason = Reason.objects.offered("outcome").first()
    fields = {"hasil": "withheld", "alasan_id": str(reason.pk), "alasan": "Surat 3"}
    assert client.post(BENCH, line(requests[0], **fields)).status_code == 302
    row = requests[0].rows.get(position=1)
    assert (row.outcome, row.outcome_reason) == (Outcome.WITHHELD, f"{reason.text}. Surat 3")


@pytest.mark.parametrize(
    ("fields", "key", "message"),
    [
        ({"isi-tanggal_terbit": "31-31-2022"}, "tanggal_terbit", "tidak ada di kalender"),
        ({}, "", "Isi paling sedikit satu kolom"),
        ({"hasil": "not_found", "isi-nama": "X"}, "", "Kosongkan kolom jawaban"),
        ({"hasil": "pilihan-lain"}, "", "Pilih hasil yang tersedia"),
    ],
)
def test_wrong_line_is_refused_with_and_without_script(
    client: Any,
    sign_in: Any,
    rina: User,
    requests: Any,
    page_text: Any,
    fields: dict[str, str],
    key: str,
    message: str,
) -> None:
    sign_in(client, rina)
    response = client.post(BENCH, line(requests[0], **fields), headers={"X-Bench": "1"})
    assert response.status_code == 422
    assert message in response.json()["errors"][key][0]
    page = client.post(BENCH, line(requests[0], **fields))
    assert page.status_code == 422
    assert message in page_text(page)
    for text in fields.values():
        assert f'value="{text}"' in page.content.decode() or text == "pilihan-lain"
    assert requests[0].rows.get(position=1).version == 1


def test_row_changed_meanwhile_says_by_whom(
    client: Any, sign_in: Any, rina: User, rudi: User, requests: Any
) -> None:
    old = line(requests[0], **{"isi-nama": "ORANG B"})
    answering.set_outcome(requests[0].rows.get(position=1).pk, by=rudi, outcome=Outcome.NOT_FOUND)
    response = sign_in(client, rina).post(BENCH, old, headers={"X-Bench": "1"})
    assert response.status_code == 409
    assert "diubah oleh Rudi Hartono" in response.json()["errors"][""][0]


def test_row_of_somebody_elses_work_is_unknown(
    client: Any, sign_in: Any, rina: User, requests: Any, siti: User, catalogue: Any
) -> None:
    sign_in(client, rina)
    done = results.make_request(siti, status=Status.AWAITING_APPROVAL)
    results.add_row(done, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
    own = factories.make_agency("DITJEN IMIGRASI", "IMI")
    rina.agency = own
    rina.save()
    open_request(siti, catalogue["paspor"], ["A9"], None)
    requests[1].agency = own
    requests[1].save()
    for found in (done, requests[1]):
        assert client.post(BENCH, line(found, **{"isi-nama": "X"})).status_code == 404
    for wrong in ({"baris": "x"}, {"versi": ""}, {"jawaban": "x"}, {"alasan_id": "99999"}):
        assert client.post(BENCH, {**line(requests[0]), **wrong}).status_code == 404


def test_person_with_many_records_has_a_line_for_each(
    client: Any, sign_in: Any, rina: User, requests: Any
) -> None:
    sign_in(client, rina)
    row = requests[0].rows.get(position=1)
    for name in ("SATU", "DUA"):
        answering.type_answer(row.pk, by=rina, values={"nama": name})
    page = client.get(BENCH + f"?tampil=dijawab&catatan={row.pk}").content.decode()
    assert page.count("data-line") == 3
    client.post(BENCH, line(requests[0], **{"isi-nama": "TIGA"}))
    assert {answer.values["nama"] for answer in row.answers.all()} == {"SATU", "DUA", "TIGA"}
    refused = client.post(BENCH, line(requests[0], hasil="not_found"), headers={"X-Bench": "1"})
    assert "memuat 3 catatan lain" in refused.json()["errors"][""][0]


def test_bench_costs_the_same_for_few_and_many(
    client: Any, sign_in: Any, rina: User, siti: User, catalogue: Any, agreement: Any
) -> None:
    sign_in(client, rina)
    open_request(siti, catalogue["paspor"], ["A1000001"], rina)
    client.get(BENCH)
    with CaptureQueriesContext(connection) as few:
        client.get(BENCH)
    for number in range(6):
        open_request(siti, catalogue["paspor"], [f"B{number}00000{digit}" for digit in range(9)], rina)
    with CaptureQueriesContext(connection) as many:
        page = client.get(BENCH)
    assert page.content.decode().count("data-line ") + page.content.decode().count("data-line>") >= 50
    assert len(many) == len(few)


def test_the_script_gets_the_token_of_the_session_that_holds_now(
    client: Any, sign_in: Any, requests: Any, rina: User, budi: User
) -> None:
    answer = sign_in(client, rina).get(BENCH, headers={"X-Bench": "1"})
    assert AccessEntry.objects.filter(action=Action.VIEW_ROWS).count() == 0
    assert len(answer.json()["token"]) == 64
    assert answer.json()["officer"] == str(rina.pk)
    assert f'data-officer="{rina.pk}"' in client.get(BENCH).content.decode()
    assert sign_in(client, budi).get(BENCH, headers={"X-Bench": "1"}).status_code == 403
    client.logout()
    assert client.get(BENCH, headers={"X-Bench": "1"}).status_code == 302
