"""The console's pages about rows: chosen rows, sharing out, the trail, the history's sessions, progress."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from core.holdings.models import Record
from core.rules.models import Reason
from requests_app import answering, row_work
from requests_app.models import Candidate, DataRequest, Outcome, Status
from tests import factories
from tests.requests_app import results

LIST = "/admin/requests_app/datarequest/"


@pytest.fixture
def found(siti: User, agreement: Any, catalogue: Any) -> DataRequest:
    """A request being processed with four open rows of two services."""
    request = results.make_request(siti, status=Status.PROCESSING, agreement=agreement, approved_at=None)
    for number, key in enumerate(("paspor", "paspor", "paspor", "visa")):
        asked = {**results.ASKED, "no_paspor": f"A12312{number}"}
        results.add_row(request, catalogue[key], asked, outcome=Outcome.PENDING)
    return request


def page(found: DataRequest, tail: str) -> str:
    return f"{LIST}{found.pk}/{tail}"


def test_many_rows_get_one_outcome_with_a_listed_reason(
    client: Any, sign_in: Any, rina: User, found: DataRequest, page_text: Any
) -> None:
    sign_in(client, rina)
    url = page(found, "jawaban/baris-terpilih/?lingkup=semua&layanan=paspor")
    assert "Satu tindakan untuk 3 baris" in page_text(client.get(url))
    refused = client.post(url, {"action": "withheld", "jumlah": "3"})
    assert refused.status_code == 422
    assert "Tulis alasan" in page_text(refused)
    reason = Reason.objects.get(purpose="outcome", text="Sedang dalam proses penyidikan")
    done = client.post(
        url, {"action": "withheld", "reason": reason.pk, "text": "Surat 12/2026", "jumlah": "3"}, follow=True
    )
    assert "3 baris: Dikecualikan." in page_text(done)
    assert list(found.rows.values_list("outcome", "outcome_reason").distinct().order_by("outcome")) == [
        ("pending", ""),
        ("withheld", "Sedang dalam proses penyidikan. Surat 12/2026"),
    ]
    text = page_text(client.get(page(found, "change/?tab=riwayat")))
    assert "3 baris dijawab" in text
    assert "Rina Lestari" in text


def test_ticked_rows_are_claimed_and_only_those(
    client: Any, sign_in: Any, rina: User, found: DataRequest, page_text: Any
) -> None:
    first, second, *_others = found.rows.order_by("position")
    url = page(found, f"jawaban/baris-terpilih/?pilih={first.pk}&pilih={second.pk}&pilih=abc&pilih=999999")
    done = sign_in(client, rina).post(url, {"action": "ambil"}, follow=True)
    assert "2 baris kini Anda pegang." in page_text(done)
    assert set(found.rows.filter(assignee=rina)) == {first, second}
    text = page_text(client.get(page(found, "jawaban/?milik=bebas")))
    assert "A123122" in text
    assert "A123120" not in text
    assert client.get(page(found, "jawaban/baris-terpilih/")).status_code == 302


def test_one_row_is_claimed_taken_over_and_given_back(
    client: Any, sign_in: Any, rina: User, found: DataRequest, page_text: Any
) -> None:
    rudi = factories.make_officer("rudi", "Rudi Hartono", "Petugas")
    row = found.rows.first()
    row_work.claim_rows(found.pk, by=rudi, rows=found.rows.filter(pk=row.pk))
    sign_in(client, rina)
    text = page_text(client.get(page(found, "jawaban/")))
    assert "Dipegang Rudi Hartono Ambil alih" in text
    hold = page(found, "jawaban/pegang/")
    assert "dipegang Rudi Hartono" in page_text(
        client.post(hold, {"baris_id": row.pk, "cara": "ambil"}, follow=True)
    )
    for how, holder in (("ambil-alih", rina), ("lepas", None)):
        client.post(hold, {"baris_id": row.pk, "cara": how})
        row.refresh_from_db()
        assert row.assignee == holder
    for wrong in ({"baris_id": row.pk, "cara": "x"}, {"baris_id": "x", "cara": "ambil"}, {"cara": "ambil"}):
        assert client.post(hold, wrong).status_code == 404
    trail = page_text(client.get(page(found, f"jawaban/baris/{row.pk}/riwayat/")))
    assert trail.count("· Rina Lestari") == 2
    assert AccessEntry.objects.filter(action=Action.VIEW_ROWS, actor=rina, count=1).exists()


def test_rows_are_shared_out_on_a_page(
    client: Any, sign_in: Any, rina: User, found: DataRequest, page_text: Any
) -> None:
    rudi = factories.make_officer("rudi", "Rudi Hartono", "Petugas")
    url = page(found, "jawaban/bagi-baris/")
    text = page_text(sign_in(client, rina).get(url))
    assert "4 baris belum dijawab" in text
    assert "Rudi Hartono" in text
    assert "Budi Santoso" not in text
    assert client.post(url, {}).status_code == 422
    done = client.post(url, {"officers": [rina.pk, rudi.pk]}, follow=True)
    assert "Baris dibagi: Rina Lestari 2, Rudi Hartono 2." in page_text(done)


def test_pages_about_rows_are_for_processing_officers(
    client: Any, sign_in: Any, budi: User, umar: User, joko: User, found: DataRequest
) -> None:
    row = found.rows.first()
    for person in (budi, umar, joko):
        sign_in(client, person)
        for tail in ("jawaban/baris-terpilih/?lingkup=semua", "jawaban/bagi-baris/"):
            assert client.get(page(found, tail)).status_code in {403, 404}, (person, tail)
            assert client.post(page(found, tail), {"action": "ambil"}).status_code in {403, 404}
    assert client.get(page(found, f"jawaban/baris/{row.pk}/riwayat/")).status_code == 404
    assert not found.rows.filter(assignee__isnull=False).exists()


def test_confirmed_record_is_shown_once(
    client: Any, sign_in: Any, rina: User, found: DataRequest, catalogue: Any, page_text: Any
) -> None:
    row = found.rows.first()
    record = Record(service=catalogue["paspor"], source_key="K-1", values=results.ANSWER)
    record.identify(catalogue["paspor"].schema(), results.ANSWER)
    record.save()
    candidate = Candidate.objects.create(row=row, record=record, grade="exact", rule="x", reason="NIK sama")
    answering.decide_candidate(candidate.pk, by=rina, accepted=True)
    sign_in(client, rina)
    text = page_text(client.get(page(found, f"jawaban/?buka={row.pk}")))
    assert text.count("NIK sama") == 1
    assert text.count("JAKARTA") == 1
    assert "Dijawab Rina Lestari" in text


def test_progress_is_on_list_and_page(
    client: Any, sign_in: Any, rina: User, found: DataRequest, page_text: Any
) -> None:
    answering.set_outcome(found.rows.first().pk, by=rina, outcome=Outcome.NOT_FOUND)
    sign_in(client, rina)
    assert "1 dari 4" in page_text(client.get(LIST))
    for tail in ("change/", "jawaban/"):
        assert "1 dari 4 baris dijawab" in page_text(client.get(page(found, tail)))


def test_history_costs_the_same_for_few_and_many_rows(
    client: Any, sign_in: Any, rina: User, found: DataRequest
) -> None:
    sign_in(client, rina)
    answering.set_outcome(found.rows.first().pk, by=rina, outcome=Outcome.NOT_FOUND)
    client.get(page(found, "change/?tab=riwayat"))
    with CaptureQueriesContext(connection) as few:
        client.get(page(found, "change/?tab=riwayat"))
    row_work.set_outcomes(found.pk, by=rina, rows=found.rows.all(), outcome=Outcome.NOT_FOUND)
    with CaptureQueriesContext(connection) as many:
        client.get(page(found, "change/?tab=riwayat"))
    assert len(many) == len(few)
