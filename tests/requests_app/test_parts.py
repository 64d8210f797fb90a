"""A part of the answer released before the rest: four eyes, numbers, which rows are where, what stays closed."""

import io
from typing import Any

import openpyxl
import pypdf
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import User
from core.access_log.models import AccessEntry, AccessSubject, Action
from core.access_log.record import subject_keys
from requests_app import answering, documents, operations, tasks
from requests_app.document_parts import overview, stretches
from requests_app.models import DataRequest, Outcome, RequestRow, ResultDocument, RowEvent, Status
from tests import factories
from tests.requests_app.bench_rows import open_request

State = ResultDocument.State


@pytest.fixture
def rudi(base_data: Any) -> User:
    """A second approver."""
    return factories.make_officer("rudi", "Rudi Hartono", "Penyetuju")


@pytest.fixture
def found(siti: User, budi: User, rina: User, agreement: Any, catalogue: Any) -> DataRequest:
    """Rina's request with four rows; two are answered, one of them with a record."""
    request = open_request(
        siti,
        catalogue["paspor"],
        ["A1000001", "A1000002", "A1000003", "A1000004"],
        rina,
        agreement=agreement,
        verified_by=budi,
    )
    answer(request, 1, rina)
    row = request.rows.get(position=3)
    answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    return request


def answer(request: DataRequest, position: int, by: User) -> None:
    row = request.rows.get(position=position)
    answering.type_answer(row.pk, by=by, values={"nama": row.name, "no_paspor": row.passport_no})


def release(request: DataRequest, by: User) -> ResultDocument:
    """The part, made by the worker."""
    document = operations.release_part(request.pk, by=by)
    assert document is not None
    tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    return document


def workbook(document: ResultDocument) -> dict[str, list[tuple[Any, ...]]]:
    """Sheets of the document's workbook as rows of values."""
    document.refresh_from_db()
    with document.xlsx.open("rb") as file:
        book = openpyxl.load_workbook(io.BytesIO(file.read()))
    return {sheet.title: list(sheet.values) for sheet in book.worksheets}


def test_part_carries_answered_rows_and_the_request_goes_on(
    found: DataRequest, ratna: User, mail_text: Any, drain_queue: Any
) -> None:
    part = release(found, ratna)
    assert (part.part, part.state, part.approved_by) == (1, State.ISSUED, ratna)
    found = DataRequest.objects.get(pk=found.pk)
    assert (found.status, found.approved_by) == (Status.PROCESSING, None)
    rows = list(found.rows.order_by("position"))
    assert [row.released_in for row in rows] == [part, None, part, None]
    assert rows[0].released_at is not None
    assert set(RowEvent.objects.filter(kind="released").values_list("position", "note")) == {
        (1, part.number),
        (3, part.number),
    }
    sheets = workbook(part)
    assert [line[0] for line in sheets["Paspor"][1:]] == ["1", "3"]
    assert ("Bagian 1", part.number, "1, 3") in sheets["Dokumen"]
    assert any("2 baris lain masih diproses" in str(line[1]) for line in sheets["Ringkasan"])
    with part.pdf.open("rb") as file:
        letter = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file.read())).pages)
    assert "BAGIAN 1" in letter
    assert "Ratna Wulandari" in letter
    assert "A1000001" in letter
    assert "A1000002" not in letter
    drain_queue()
    text = mail_text()
    assert "Sebagian jawaban" in text
    assert found.number in text
    assert "A1000001" not in text


def test_released_rows_are_closed_to_everybody(
    found: DataRequest, siti: User, rina: User, ratna: User
) -> None:
    part = release(found, ratna)
    row = found.rows.get(position=1)
    for change in (
        lambda: answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND),
        lambda: answering.type_answer(row.pk, by=rina, values={"nama": "LAIN"}),
        lambda: answering.remove_answer(row.answers.get().pk, by=rina),
    ):
        with pytest.raises(ValidationError, match=f"sudah diterbitkan dalam dokumen {part.number}"):
            change()
    operations.ask_correction(found.pk, by=rina, note="Perbaiki nama pada baris 2", whole=True)
    with pytest.raises(ValidationError, match="sudah diterbitkan"):
        operations.change_row(found.pk, 1, by=siti, service=row.service, values=row.values)
    with pytest.raises(ValidationError, match="sudah diterbitkan"):
        operations.remove_row(found.pk, 1, by=siti)
    operations.remove_row(found.pk, 2, by=siti)
    assert found.rows.get(position=1).answers.exists()


def test_last_document_carries_the_rest_and_parts_stay_in_force(
    found: DataRequest, rina: User, ratna: User
) -> None:
    part = release(found, ratna)
    answer(found, 2, rina)
    second = release(found, ratna)
    answer(found, 4, rina)
    operations.send_for_approval(found.pk, by=rina)
    operations.approve(found.pk, by=ratna)
    last = found.documents.get(part=None)
    tasks.issue_document(str(last.pk))
    assert [document.sequence - part.sequence for document in (part, second, last)] == [0, 1, 2]
    assert set(found.documents.values_list("part", "state")) == {
        (1, State.ISSUED),
        (2, State.ISSUED),
        (None, State.ISSUED),
    }
    sheets = workbook(last)
    assert [line[0] for line in sheets["Paspor"][1:]] == ["4"]
    assert sheets["Dokumen"][1:] == [
        ("Dokumen terakhir", last.number, "4"),
        ("Bagian 1", part.number, "1, 3"),
        ("Bagian 2", second.number, "2"),
    ]
    assert not found.rows.filter(released_in__isnull=True).exists()


def test_reopened_request_answers_everything_anew(found: DataRequest, rina: User, ratna: User) -> None:
    part = release(found, ratna)
    for position in (2, 4):
        answer(found, position, rina)
    operations.send_for_approval(found.pk, by=rina)
    operations.approve(found.pk, by=ratna)
    tasks.issue_document(str(found.documents.get(part=None).pk))
    operations.reopen(found.pk, by=ratna, note="Satu paspor keliru")
    row = found.rows.get(position=1)
    answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    operations.send_for_approval(found.pk, by=rina)
    operations.approve(found.pk, by=ratna)
    last = found.documents.get(state=State.PREPARING)
    tasks.issue_document(str(last.pk))
    assert [line[0] for line in workbook(last)["Paspor"][1:]] == ["1", "2", "3", "4"]
    assert overview(last) is None
    part.refresh_from_db()
    assert part.state == State.SUPERSEDED
    assert found.documents.filter(state=State.ISSUED).get() == last


def test_who_answered_verified_or_may_not_approve_releases_nothing(
    found: DataRequest, rina: User, budi: User, ratna: User
) -> None:
    for person in (rina, budi):
        with pytest.raises(PermissionDenied):
            operations.release_part(found.pk, by=person)
    both = factories.make_officer("dua", "Dua Peran", "Petugas", "Penyetuju", "Verifikator")
    answer(found, 2, both)
    document = operations.release_part(found.pk, by=both)
    assert document is not None
    assert set(document.rows.values_list("position", flat=True)) == {1, 3}
    tasks.issue_document(str(document.pk))
    assert operations.part_reasons(DataRequest.objects.get(pk=found.pk), both) == [
        "Belum ada baris terjawab yang dapat Anda terbitkan"
    ]
    DataRequest.objects.filter(pk=found.pk).update(verified_by=both)
    with pytest.raises(ValidationError, match="Anda yang memverifikasi"):
        operations.release_part(found.pk, by=both)


def test_all_answered_is_no_part_and_one_document_is_made_at_a_time(
    found: DataRequest, rina: User, ratna: User
) -> None:
    operations.release_part(found.pk, by=ratna)
    answer(found, 2, rina)
    with pytest.raises(ValidationError, match="Bagian 1 masih disiapkan"):
        operations.release_part(found.pk, by=ratna)
    answer(found, 4, rina)
    operations.send_for_approval(found.pk, by=rina)
    with pytest.raises(ValidationError, match="Bagian 1 masih disiapkan"):
        operations.approve(found.pk, by=ratna)
    operations.send_back(found.pk, by=ratna, note="Tunggu bagian 1")
    tasks.issue_document(str(found.documents.get().pk))
    with pytest.raises(ValidationError, match="Semua baris sudah dijawab"):
        operations.release_part(found.pk, by=ratna)


def test_request_without_rows_has_no_part(found: DataRequest, ratna: User) -> None:
    found.rows.all().delete()
    with pytest.raises(operations.StateConflict):
        operations.release_part(found.pk, by=ratna)
    assert not found.documents.exists()


def test_part_that_was_given_up_is_made_again(found: DataRequest, ratna: User) -> None:
    document = operations.release_part(found.pk, by=ratna)
    assert document is not None
    with pytest.raises(ValidationError, match="masih disiapkan"):
        operations.remake_document(found.pk, by=ratna)
    ResultDocument.objects.filter(pk=document.pk).update(attempts=ResultDocument.MOST_ATTEMPTS)
    tasks.issue_document(str(document.pk))
    assert found.documents.get().state == State.PREPARING
    operations.remake_document(found.pk, by=ratna)
    tasks.issue_document(str(document.pk))
    tasks.issue_document(str(document.pk))
    assert found.documents.get().state == State.ISSUED
    assert found.events.filter(verb="part_ready").count() == 1


def test_risky_request_needs_two_approvers_for_a_part(
    found: DataRequest, rina: User, ratna: User, rudi: User
) -> None:
    DataRequest.objects.filter(pk=found.pk).update(risks="rows")
    assert operations.release_part(found.pk, by=ratna) is None
    assert not found.documents.exists()
    row = found.rows.get(position=1)
    with pytest.raises(ValidationError, match="menunggu persetujuan kedua"):
        answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    with pytest.raises(ValidationError, match="Persetujuan kedua harus dari petugas lain"):
        operations.release_part(found.pk, by=ratna)
    answer(found, 2, rina)
    document = operations.release_part(found.pk, by=rudi)
    assert document is not None
    assert (document.approved_by, document.second_approved_by) == (ratna, rudi)
    # Only what the first approver has seen.
    assert set(document.rows.values_list("position", flat=True)) == {1, 3}


def test_part_waiting_for_the_second_approval_can_be_given_back(
    found: DataRequest, rina: User, ratna: User, rudi: User
) -> None:
    DataRequest.objects.filter(pk=found.pk).update(risks="rows")
    operations.release_part(found.pk, by=ratna)
    rudi.agency = found.agency
    with pytest.raises(ValidationError, match="terdaftar pada instansi pemohon"):
        operations.withdraw_part(found.pk, by=rudi)
    assert operations.withdraw_part(found.pk, by=ratna) == 2
    answering.set_outcome(found.rows.get(position=1).pk, by=rina, outcome=Outcome.NOT_FOUND)
    with pytest.raises(operations.StateConflict):
        operations.withdraw_part(found.pk, by=ratna)


def test_applicant_sees_and_downloads_parts_with_progress(
    client: Any, sign_in: Any, siti: User, joko: User, found: DataRequest, ratna: User, page_text: Any
) -> None:
    part = release(found, ratna)
    url = reverse("public_site:request_detail", args=[found.pk])
    text = page_text(sign_in(client, siti).get(url))
    assert "2 dari 4 data sudah disampaikan" in text
    assert f"Bagian 1 · {part.number} · 2 data" in text
    file = reverse("public_site:request_part", args=[found.pk, 1, "xlsx"])
    response = client.get(file)
    assert b"".join(response.streaming_content).startswith(b"PK")
    entry = AccessEntry.objects.get(action=Action.DOWNLOAD_XLSX)
    assert entry.count == 2
    rows = RequestRow.objects.filter(request=found, position__in=[1, 3])
    assert set(AccessSubject.objects.filter(entry=entry).values_list("key", flat=True)) == subject_keys(rows)
    for wrong in ([found.pk, 2, "pdf"], [found.pk, 1, "exe"]):
        assert client.get(reverse("public_site:request_part", args=wrong)).status_code == 404
    assert client.get(reverse("public_site:request_pdf", args=[found.pk])).status_code == 404
    sign_in(client, joko)
    assert client.get(file).status_code == 404


def test_part_button_is_offered_to_approvers_while_processing(
    client: Any, sign_in: Any, ratna: User, rina: User, found: DataRequest, page_text: Any
) -> None:
    change = reverse("admin:requests_app_datarequest_change", args=[found.pk])
    assert "Terbitkan sebagian" in page_text(sign_in(client, ratna).get(change))
    client.post(reverse("admin:requests_app_datarequest_operation_release_part", args=[found.pk]), {})
    assert found.documents.get().part == 1
    assert "Bagian disetujui" in page_text(client.get(change + "?tab=riwayat"))
    assert "Terbitkan sebagian" not in page_text(sign_in(client, rina).get(change))
    assert "Bagian 1" in page_text(client.get(change + "?tab=dokumen"))


def test_verification_page_names_the_part(
    client: Any, found: DataRequest, ratna: User, page_text: Any
) -> None:
    part = release(found, ratna)
    assert "Bagian 1" in page_text(
        client.get(documents.verification_url(part).replace("http://testserver", ""))
    )


def test_stretches_of_rows() -> None:
    assert stretches([3, 1, 2, 7, 9, 10]) == ["1–3", "7", "9–10"]
    assert stretches([]) == []
