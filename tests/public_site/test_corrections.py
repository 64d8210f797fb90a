"""Perbaikan as the applicant sees it, without JavaScript: checklist, unlocked places only, explanation, sending again."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from core.rules.models import Reason
from requests_app import operations
from requests_app.models import Correction, DataRequest, Status
from tests import factories
from tests.public_site.request_steps import address, declare, fresh, letter_values
from tests.routes import fill_request

Kind = Correction.Kind


@pytest.fixture
def returned(siti: User, budi: User, agreement: Any, catalogue: Any) -> DataRequest:
    """Siti's request of two rows, returned with three pins: No. Surat, a passport number, the whole second row."""
    request = fill_request(siti, catalogue["paspor"], "1/PIN")
    values = {"nama": "Jane Roe", "no_paspor": "B777777", "tanggal_lahir": "1999-01-02"}
    operations.add_row(request.pk, by=siti, service=catalogue["paspor"], values=values)
    operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
    operations.start_verification(request.pk, by=budi)
    reason = Reason.objects.offered("correction")[0]
    john, jane = request.rows.all()
    operations.mark(request.pk, by=budi, kind=Kind.HEADER, keys=["letter_number"], reason=reason)
    operations.mark(
        request.pk, by=budi, kind=Kind.CELL, keys=["no_paspor"], row_pk=john.pk, text="Angka terakhir hilang"
    )
    operations.mark(request.pk, by=budi, kind=Kind.ROW, row_pk=jane.pk, text="Tidak ada pada surat")
    operations.ask_correction(request.pk, by=budi, note="Sesuaikan dengan surat")
    return fresh(request)


@pytest.fixture
def applicant(client: Any, sign_in: Any, siti: User) -> Any:
    return sign_in(client, siti)


def test_three_places_are_put_right_and_sent_again(returned, applicant, page_text, budi):
    detail = address("request_detail", pk=returned.pk)
    text = page_text(applicant.get(detail))
    for part in ("0 dari 3 sudah diperbaiki", "No. Surat", "Baris 1, No. Paspor", "Angka terakhir hilang"):
        assert part in text
    assert "A123123" in text  # among the rows below; the checklist itself holds no value
    # the letter: one field open
    letter = address("request_letter", pk=returned.pk)
    page = applicant.get(letter)
    assert page.context["form"].fields["subject"].disabled
    assert not page.context["form"].fields["letter_number"].disabled
    values = letter_values(version=returned.version, letter_number="2/PIN", subject="DIUBAH DIAM-DIAM")
    done = applicant.post(letter, {**values, "letter": factories.pdf_file()})
    assert done["Location"] == detail + "#perbaikan"
    now = fresh(returned)
    assert (now.letter_number, now.subject) == ("2/PIN", returned.subject)
    assert now.letter.name == returned.letter.name
    # the row: one column open
    edit = address("row_edit", pk=returned.pk, position=1)
    assert "Petugas: Angka terakhir hilang" in page_text(applicant.get(edit))
    forged = {"nama": "Orang Lain", "tanggal_lahir": "2001-01-01", "no_paspor": "A123124", "_simpan": "1"}
    assert applicant.post(edit, forged)["Location"] == detail + "#perbaikan"
    john = returned.rows.get(position=1)
    assert john.values == {"nama": "John Doe", "no_paspor": "A123124", "tanggal_lahir": "2000-12-31"}
    # the second row: explained instead
    pin = returned.corrections.get(kind=Kind.ROW)
    explain = address("correction_explain", pk=returned.pk, correction=pin.pk)
    assert applicant.post(explain, {"explanation": "ya"}).status_code == 422
    assert applicant.post(explain, {"explanation": "Tercantum pada lampiran dua"}).status_code == 302
    text = page_text(applicant.get(detail))
    assert "3 dari 3 sudah diperbaiki" in text
    assert "Tercantum pada lampiran dua" in text
    declare(applicant, returned)
    sent = applicant.post(address("request_submit", pk=returned.pk), {"ulang": "1"})
    assert sent["Location"] == address("request_sent", pk=returned.pk)
    assert (fresh(returned).status, fresh(returned).assignee) == (Status.VERIFYING, budi)
    states = set(returned.corrections.values_list("state", flat=True))
    assert states == {Correction.State.CHANGED, Correction.State.EXPLAINED}


def test_sending_too_early_says_what_is_left(returned, applicant, page_text):
    page = applicant.get(address("request_review", pk=returned.pk))
    assert "3 bagian belum diperbaiki atau dijelaskan" in page_text(page)
    assert declare(applicant, returned).status_code == 422
    assert fresh(returned).status == Status.NEEDS_CORRECTION


def test_a_marked_row_may_be_removed_others_not(returned, applicant, page_text):
    detail = address("request_detail", pk=returned.pk)
    for method in ("get", "post"):
        refused = getattr(applicant, method)(address("row_delete", pk=returned.pk, position=1))
        assert refused["Location"] == detail + "#perbaikan"
    assert "tidak dapat dihapus" in page_text(applicant.get(detail))
    gone = applicant.post(address("row_delete", pk=returned.pk, position=2))
    assert gone["Location"] == detail + "#perbaikan"
    assert returned.rows.count() == 1
    assert "1 dari 3 sudah diperbaiki" in page_text(applicant.get(detail))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["row_add", "statistics_add", "request_upload"])
def test_nothing_can_be_added(returned, applicant, name, method):
    found = fresh(returned)
    DataRequest.objects.filter(pk=found.pk).update(more_than_ten=True)
    refused = getattr(applicant, method)(address(name, pk=returned.pk))
    assert refused["Location"] == address("request_detail", pk=returned.pk) + "#perbaikan"


def test_the_question_about_ten_rows_stays_answered(returned, applicant):
    applicant.post(address("request_data", pk=returned.pk), {"more_than_ten": "ya"})
    assert fresh(returned).more_than_ten is False


def test_data_page_offers_only_what_is_open(returned, applicant):
    page = applicant.get(address("request_data", pk=returned.pk)).content.decode()
    assert address("row_edit", pk=returned.pk, position=1) in page
    assert address("row_delete", pk=returned.pk, position=1) not in page
    assert address("row_delete", pk=returned.pk, position=2) in page
    assert address("row_add", pk=returned.pk) not in page
    assert address("statistics_add", pk=returned.pk) not in page


def test_a_rule_over_several_columns_is_told_though_its_first_column_is_locked(
    returned, applicant, page_text
):
    edit = address("row_edit", pk=returned.pk, position=1)
    page = applicant.post(edit, {"no_paspor": "", "_simpan": "1"})
    assert page.status_code == 422
    assert "Isi salah satu" in page_text(page)
    assert returned.rows.get(position=1).values["no_paspor"] == "A123123"


@pytest.mark.parametrize(("name", "status"), [("sari", 403), ("joko", 404), ("budi", 403)])
def test_only_the_requester_explains(returned, client, sign_in, name, status, request):
    sign_in(client, request.getfixturevalue(name))
    pin = returned.corrections.first()
    url = address("correction_explain", pk=returned.pk, correction=pin.pk)
    assert client.get(url).status_code == status
    assert client.post(url, {"explanation": "Tercantum pada lampiran"}).status_code == status
    assert Correction.objects.get(pk=pin.pk).explanation == ""


def test_a_colleague_sees_the_note_but_not_the_checklist(returned, client, sign_in, sari, page_text):
    text = page_text(sign_in(client, sari).get(address("request_detail", pk=returned.pk)))
    assert "sudah diperbaiki" not in text


def test_foreign_and_settled_pins_are_unknown(returned, applicant, siti, budi, catalogue):
    assert applicant.get(address("correction_explain", pk=returned.pk, correction=999_999)).status_code == 404
    pin = returned.corrections.first()
    returned.corrections.update(state=Correction.State.TICKED)
    assert applicant.get(address("correction_explain", pk=returned.pk, correction=pin.pk)).status_code == 404
