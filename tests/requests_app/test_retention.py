"""Destruction when the time is over: what goes and stays, holds, certificates, killed workers, the chain (P-01)."""

import hashlib
import io
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import FileField
from django.utils import timezone

from accounts.models import Registration
from core.access_log.models import AccessEntry, AccessSubject, Action, ChainHead
from core.access_log.record import record_access, subject_keys
from core.access_log.verify import verify_chain
from core.append_only import closed_tables
from core.doors.pdf_signing import SigningError
from core.problems import all_problems
from core.rules.models import WorkRules
from requests_app import operations, retention, tasks, workflow
from requests_app.models import (
    Answer,
    AnswerImport,
    DataRequest,
    DestructionCertificate,
    DestructionItem,
    FaultyRow,
    Message,
    RequestRow,
    ResultDocument,
    RowJob,
    RowUpload,
    StagedRow,
    Status,
)
from tests import factories
from tests.requests_app import results
from tests.signing import make_certificate, pdfsig, pem, use_key

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PERSONAL = ("John Doe", "JOHN DOE", "A123123", "2000-12-31")


def after(days: float):
    """The clock, so many days on."""
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


@pytest.fixture
def answered(siti, rina, ratna, agreement, catalogue, drain_queue) -> DataRequest:
    """Completed today: a row with an answer, an upload, a conversation with an attachment, a document."""
    service = catalogue["paspor"]
    request = results.make_request(
        siti, status=Status.AWAITING_APPROVAL, approved_at=None, agreement=agreement, processed_by=rina
    )
    results.add_row(request, service, results.ASKED, (results.ANSWER,), by=rina)
    upload = RowUpload.objects.create(
        request=request,
        by=siti,
        file=ContentFile(b"John Doe", name="data.xlsx"),
        file_name="John Doe.xlsx",
        marked=ContentFile(b"John Doe", name="bertanda.xlsx"),
        stage=RowUpload.Stage.SAVED,
        preview=[{"name": "John Doe"}],
        errors=[{"value": "John Doe"}],
    )
    StagedRow.objects.create(upload=upload, number=1, row=1, service=service, values=results.ASKED)
    FaultyRow.objects.create(upload=upload, sheet="Paspor", row=2, errors=[["A", "John Doe"]])
    operations.write_message(request.pk, by=siti, text="Tentang John Doe", attachment=factories.pdf_file())
    RowJob.objects.create(
        request=request, kind="match", by=rina, stage="done", options={"narrowed": {"text": "John Doe"}}
    )
    operations.write_note(request.pk, by=rina, note="John Doe A123123")
    operations.approve(request.pk, by=ratna, note="John Doe disetujui")
    drain_queue()
    return DataRequest.objects.get(pk=request.pk)


def fresh(row):
    """The row as the database has it now; a protected state cannot be read again in place."""
    return type(row).objects.get(pk=row.pk)


def files_of(request):
    names = [request.letter.name, *(file.name for upload in request.uploads.all() for file in upload.files)]
    return [*names, *(message.attachment.name for message in request.messages.all())]


def everything_kept(request) -> str:
    """All that the database still holds of the request, as one text."""
    found = [str(DataRequest.objects.filter(pk=request.pk).values())]
    for manager in (request.rows, request.uploads, request.messages, request.internal_notes, request.events):
        found.append(str(list(manager.values())))
    found += [str(list(request.row_events.values())), str(list(request.corrections.values()))]
    found += [str(list(model.objects.values())) for model in (Answer, StagedRow, FaultyRow, RowJob)]
    return " ".join(found)


def run_to_the_end(drain_queue) -> None:
    tasks.erase_expired()
    drain_queue()


# --- requests -------------------------------------------------------------------------------------


def test_content_stays_for_a_year_and_then_goes(answered, drain_queue):
    files = files_of(answered)
    assert any(word in everything_kept(answered) for word in PERSONAL)
    with after(364):
        run_to_the_end(drain_queue)
        assert not DestructionCertificate.objects.exists()
        assert all(default_storage.exists(name) for name in files)
    with after(366):
        run_to_the_end(drain_queue)
        answered = fresh(answered)
        kept = everything_kept(answered)
    assert not [word for word in PERSONAL if word in kept]
    assert not [name for name in files if default_storage.exists(name)]
    assert answered.erased_at is not None


def test_skeleton_stays(answered, drain_queue):
    before = DataRequest.objects.filter(pk=answered.pk).values(
        "number", "status", "submitted_at", "completed_at", "approved_by", "letter_number", "updated_at"
    )[0]
    row = answered.rows.values("position", "service", "outcome", "released_in", "decided_by")[0]
    document = answered.documents.values("number", "pdf_sha256", "pdf_size", "state", "token")[0]
    trail = list(answered.events.values_list("verb", "source", "target", "actor"))
    with after(366):
        run_to_the_end(drain_queue)
    assert DataRequest.objects.filter(pk=answered.pk).values(*before)[0] == before
    assert answered.rows.values(*row)[0] == row
    assert answered.documents.values(*document)[0] == document
    assert [*trail, ("erase", "", "", None)] == list(
        answered.events.values_list("verb", "source", "target", "actor")
    )


def test_document_stays_five_years_and_its_fingerprint_for_good(answered, drain_queue, client):
    document = answered.documents.get()
    names = [document.pdf.name, document.xlsx.name]
    with after(5 * 365):
        run_to_the_end(drain_queue)
        assert all(default_storage.exists(name) for name in names)
    with after(5 * 366 + 1):
        run_to_the_end(drain_queue)
        kept = ResultDocument.objects.get()
        assert (kept.pdf.name, kept.xlsx.name) == ("", "")
        assert (kept.number, kept.pdf_sha256) == (document.number, document.pdf_sha256)
        assert not [name for name in names if default_storage.exists(name)]
        assert document.number in client.get(f"/verifikasi/{document.token}/").content.decode()
    item = DestructionItem.objects.get(kind="result")
    assert item.fingerprints == [document.pdf_sha256, document.xlsx_sha256]


def test_whoever_takes_the_document_later_is_still_found_by_the_person(
    answered, client, sign_in, siti, drain_queue
):
    """The rows are empty, the document is not: the log goes on naming whose data it carries, by keyed hashes."""
    keys = subject_keys(answered.rows.all())
    assert keys
    with after(366):
        run_to_the_end(drain_queue)
        sign_in(client, siti)
        response = client.get(f"/permohonan/{answered.pk}/jawaban.pdf")
        assert b"".join(response.streaming_content).startswith(b"%PDF")
        for (
            close
        ) in response._resource_closers:  # the file; closing the answer would take the connection along
            close()
        response._resource_closers.clear()
    entry = AccessEntry.objects.filter(action=Action.DOWNLOAD_PDF).latest("pk")
    assert set(entry.subjects.values_list("key", flat=True)) == keys


@pytest.mark.parametrize("status", [Status.REJECTED, Status.WITHDRAWN, Status.LAPSED])
def test_requests_without_an_answer_are_emptied_too(siti, catalogue, status, drain_queue):
    request = results.make_request(siti, status=status, approved_at=None)
    row = results.add_row(request, catalogue["paspor"], results.ASKED)
    with after(366):
        run_to_the_end(drain_queue)
    row = fresh(row)
    assert (row.values, row.name, row.passport_no, row.erased_keys) == ({}, "", "", None)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.PROCESSING, Status.NEEDS_CORRECTION])
def test_open_requests_are_never_touched(siti, catalogue, status, drain_queue):
    request = results.make_request(siti, status=status, approved_at=None)
    row = results.add_row(request, catalogue["paspor"], results.ASKED)
    with after(4000):
        run_to_the_end(drain_queue)
    row = fresh(row)
    assert row.name == "John Doe"


def test_many_rows_go_in_slices(siti, catalogue, monkeypatch, drain_queue):
    monkeypatch.setattr(retention, "SLICE", 2)
    request = results.make_request(siti, status=Status.REJECTED, approved_at=None)
    for _number in range(5):
        results.add_row(request, catalogue["paspor"], results.ASKED)
    with after(366):
        run_to_the_end(drain_queue)
    assert request.rows.filter(name="", passport_no="").count() == 5
    assert DestructionItem.objects.get().counts["rows"] == 5


def test_emptied_request_cannot_be_opened_again(answered, ratna, drain_queue):
    with after(366):
        run_to_the_end(drain_queue)
        answered = fresh(answered)
        assert "dimusnahkan" in " ".join(workflow.reasons("reopen", answered, ratna))
        with pytest.raises(ValidationError):
            operations.reopen(answered.pk, by=ratna, note="Sekali lagi")


def test_periods_are_settings(answered, drain_queue):
    WorkRules.objects.update_or_create(pk=1, defaults={"data_days": 30})
    with after(31):
        run_to_the_end(drain_queue)
    answered = fresh(answered)
    assert answered.erased_at is not None


def test_document_and_log_may_not_be_kept_shorter_than_five_years():
    with pytest.raises(ValidationError) as refused:
        WorkRules(pk=1, result_years=4, log_years=1).full_clean()
    assert {"result_years", "log_years"} <= set(refused.value.message_dict)


# --- the other classes ----------------------------------------------------------------------------


def test_drafts_go_after_ninety_days_with_their_files(siti, agreement, drain_queue):
    draft = operations.create_draft(by=siti)
    operations.save_header(draft.pk, by=siti, values={}, letter=factories.pdf_file())
    name = DataRequest.objects.get(pk=draft.pk).letter.name
    with after(89):
        run_to_the_end(drain_queue)
        assert DataRequest.objects.filter(pk=draft.pk).exists()
    with after(91):
        run_to_the_end(drain_queue)
    assert not DataRequest.objects.filter(pk=draft.pk).exists()
    assert not default_storage.exists(name)


def test_rejected_registration_is_emptied_after_a_year(budi, drain_queue, base_data):
    from accounts import operations as accounts

    registration = factories.make_registration()
    accounts.reject_registration(registration.pk, by=budi, note="Surat dari John Doe tidak sah")
    person = registration.full_name
    name = registration.letter.name
    with after(366):
        run_to_the_end(drain_queue)
    registration = fresh(registration)
    kept = str(Registration.objects.filter(pk=registration.pk).values()) + str(
        list(registration.events.values())
    )
    assert person not in kept
    assert "John Doe" not in kept
    assert (registration.status, registration.agency_name != "") == ("rejected", True)
    assert not default_storage.exists(name)


def test_workbooks_of_the_bench_go_after_a_year(rina, catalogue, drain_queue):
    run = AnswerImport.objects.create(
        service=catalogue["paspor"],
        by=rina,
        file=ContentFile(b"John Doe", name="jawaban.xlsx"),
        file_name="jawaban.xlsx",
        stage=AnswerImport.Stage.DONE,
        unmatched=[{"key": "John Doe"}],
    )
    name = run.file.name
    with after(366):
        run_to_the_end(drain_queue)
    assert not AnswerImport.objects.exists()
    assert not default_storage.exists(name)


# --- the access log -------------------------------------------------------------------------------


def write_entries(actor, count: int) -> None:
    for number in range(count):
        record_access(
            Action.SEARCH, actor=actor, purpose=f"REQ{number}", object_type="record", object_id=number
        )


def test_old_entries_leave_the_log_and_the_chain_holds(answered, rina, drain_queue, monkeypatch):
    monkeypatch.setattr(retention, "ENTRIES", 2)
    write_entries(rina, 5)
    with after(5 * 366 + 1):
        write_entries(rina, 2)
        run_to_the_end(drain_queue)
        assert AccessEntry.objects.count() == 2
        assert not AccessSubject.objects.filter(entry__at__lt=timezone.now() - timedelta(days=1800)).exists()
        assert verify_chain() == (2, None)
        write_entries(rina, 1)
        assert verify_chain() == (3, None)
        call_command("verify_access_log", verbosity=0)
    assert sum(item.counts["entries"] for item in DestructionItem.objects.filter(kind="access")) >= 5


def test_cutting_the_log_without_the_key_is_found(rina, base_data):
    """Somebody who owns the database removes the oldest entry and mends the head, but cannot make the seal."""
    write_entries(rina, 3)
    first = AccessEntry.objects.order_by("pk")[0]
    from core.append_only import opened

    with transaction.atomic(), opened(AccessSubject, AccessEntry):
        AccessEntry.objects.filter(pk=first.pk).delete()
    ChainHead.objects.update(cut_hash=first.hash, cut_entries=1, cut_seal="0" * 64)
    assert verify_chain()[1] is not None


def test_destruction_leaves_every_trail_closed(answered, rina, drain_queue):
    before = closed_tables(connection)
    write_entries(rina, 1)
    with after(5 * 366 + 1):
        run_to_the_end(drain_queue)
    assert closed_tables(connection) == before
    assert "requests_app_message" in before
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.update(text="lain")


# --- holds ----------------------------------------------------------------------------------------


def test_hold_keeps_everything_until_it_is_released(answered, puti, drain_queue):
    operations.place_hold(answered.pk, by=puti, reason="Sengketa di PTUN")
    with after(5 * 366 + 1):
        run_to_the_end(drain_queue)
        answered = fresh(answered)
        assert answered.erased_at is None
        assert answered.rows.get().name == "John Doe"
        assert default_storage.exists(answered.documents.get().pdf.name)
        operations.release_hold(answered.pk, by=puti)
        run_to_the_end(drain_queue)
        answered = fresh(answered)
    assert answered.erased_at is not None
    assert list(answered.events.values_list("verb", flat=True))[-3:] == ["hold", "release_hold", "erase"]


def test_hold_of_a_rejected_request_does_not_begin_its_time_anew(siti, puti, catalogue, drain_queue):
    request = results.make_request(siti, status=Status.REJECTED, approved_at=None)
    results.add_row(request, catalogue["paspor"], results.ASKED)
    with after(300):
        operations.place_hold(request.pk, by=puti, reason="Pemeriksaan")
        operations.release_hold(request.pk, by=puti)
    with after(366):
        run_to_the_end(drain_queue)
    assert request.rows.get().name == ""


def test_only_who_has_the_right_holds(answered, ratna, rina, umar):
    for officer in (ratna, rina, umar):
        with pytest.raises(PermissionDenied):
            operations.place_hold(answered.pk, by=officer, reason="Sengketa")


def test_hold_is_placed_on_the_page_and_told_there(client, sign_in, puti, answered, page_text):
    sign_in(client, puti)
    url = f"/admin/requests_app/datarequest/{answered.pk}/place-hold/"
    assert client.post(url, {"reason": "abc"}).status_code == 422
    assert client.post(url, {"reason": "Sengketa di PTUN"}).status_code == 302
    page = page_text(client.get(f"/admin/requests_app/datarequest/{answered.pk}/change/"))
    assert "Ditahan dari pemusnahan sejak" in page
    assert "Sengketa di PTUN" in page
    assert "Sengketa" in page_text(client.get("/admin/requests_app/destructioncertificate/pratinjau/"))


# --- nothing is forgotten -------------------------------------------------------------------------

#: Every stored file, and where its end is told.
FILES_WITH_AN_END = {
    "accounts.Registration.letter",  # accounts.retention
    "requests_app.AnswerImport.file",  # retention: workbooks
    "requests_app.DataRequest.letter",  # retention: drafts, requests
    "requests_app.Message.attachment",  # retention: requests
    "requests_app.ResultDocument.pdf",  # retention: results
    "requests_app.ResultDocument.xlsx",
    "requests_app.RowUpload.file",  # retention: requests
    "requests_app.RowUpload.marked",
}
#: Files that hold nobody's data, or have an end of their own elsewhere.
OTHER_FILES = {
    "accounts.Agreement.document",  # a contract between institutions
    "holdings.ImportRun.file",  # deleted when the import has ended
    "holdings.ImportRun.prepared",
    "public_site.Guide.file",  # published
    "public_site.GuideVersion.file",
    "reference.Letterhead.logo",
    "requests_app.DestructionCertificate.pdf",  # the proof itself: numbers, counts and fingerprints
}


def test_every_stored_file_has_an_end():
    """Whoever adds a file decides here when it is destroyed."""
    found = {
        f"{model._meta.label}.{column.name}"
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, FileField)
    }
    assert found == FILES_WITH_AN_END | OTHER_FILES


def test_every_table_of_a_request_is_looked_at():
    """Whoever hangs a table on requests or rows decides in ``retention`` what becomes of it."""
    known = {
        "Answer", "Candidate", "ClockEntry", "Correction", "InternalNote", "Message", "RequestEvent",
        "RequestPresence", "RequestRow", "ResultDocument", "RowEvent", "RowJob", "RowUpload", "StatisticsItem",
    }  # fmt: skip
    found = {
        relation.related_model.__name__
        for model in (DataRequest, RequestRow)
        for relation in model._meta.related_objects
    } | {
        model.__name__
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if column.related_model in (DataRequest, RequestRow)
    }
    assert found == known


# --- the run --------------------------------------------------------------------------------------


def test_what_fails_every_night_keeps_nothing_younger_from_destruction(siti, catalogue, monkeypatch):
    requests = [results.make_request(siti, status=Status.REJECTED, approved_at=None) for _number in range(3)]
    for number, request in enumerate(requests):
        results.add_row(request, catalogue["paspor"], results.ASKED)
        at = timezone.now() - timedelta(days=400 - number)
        DataRequest.objects.filter(pk=request.pk).update(updated_at=at)
    delete, stuck = FileSystemStorage.delete, {str(request.letter) for request in requests[:2]}

    def refuse(storage, name):
        if name in stuck:
            raise OSError("read-only")
        delete(storage, name)

    monkeypatch.setattr(FileSystemStorage, "delete", refuse)
    run = retention.destroy(1)
    assert (run.done, len(run.failed)) == (1, 2)
    assert [fresh(request).erased_at is not None for request in requests] == [False, False, True]


def test_killed_worker_is_gone_on_with_and_nothing_counts_twice(siti, catalogue, drain_queue, monkeypatch):
    """Dies between deleting the files and the commit of the second request."""
    for number in range(3):
        request = results.make_request(siti, status=Status.REJECTED, approved_at=None)
        results.add_row(request, catalogue["paspor"], results.ASKED)
        DataRequest.objects.filter(pk=request.pk).update(
            updated_at=timezone.now() - timedelta(days=400 - number)
        )
    delete, calls = FileSystemStorage.delete, []

    def die_once(storage, name):
        calls.append(name)
        delete(storage, name)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(FileSystemStorage, "delete", die_once)
    with pytest.raises(KeyboardInterrupt):
        tasks.erase_expired()
    certificate = DestructionCertificate.objects.get()
    assert (certificate.state, certificate.items.count()) == ("running", 1)
    run_to_the_end(drain_queue)
    certificate = fresh(certificate)
    assert certificate.state == "done"
    assert certificate.counts["request"] == {
        "items": 3, "requests": 3, "rows": 3, "answers": 0, "messages": 0, "uploads": 0, "files": 3,
    }  # fmt: skip
    assert DestructionCertificate.objects.count() == 1


def test_one_that_cannot_be_destroyed_keeps_no_other_from_it(siti, catalogue, monkeypatch, drain_queue):
    bad = results.make_request(siti, status=Status.REJECTED, approved_at=None)
    good = results.make_request(siti, status=Status.REJECTED, approved_at=None)
    delete, stuck = FileSystemStorage.delete, bad.letter.name

    def fail_for_bad(storage, name):
        if name == stuck:
            raise OSError("disk")
        delete(storage, name)

    monkeypatch.setattr(FileSystemStorage, "delete", fail_for_bad)
    with after(366):
        run_to_the_end(drain_queue)
        bad = fresh(bad)
        good = fresh(good)
        assert (bad.erased_at is None, good.erased_at is None) == (True, False)
        monkeypatch.undo()
        run_to_the_end(drain_queue)
    bad = fresh(bad)
    assert bad.erased_at is not None


def test_administrators_are_told_when_nothing_is_destroyed_for_two_nights(answered, drain_queue):
    words = "melewati masa simpannya"
    with after(366):
        assert not [found for found in all_problems() if words in found.text]
    with after(368):
        (found,) = [found for found in all_problems() if words in found.text]
        assert found.text.startswith("1 data")
        run_to_the_end(drain_queue)
        assert not [found for found in all_problems() if words in found.text]


def test_batches_go_on_by_themselves(siti, monkeypatch, drain_queue):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _number in range(5):
        results.make_request(siti, status=Status.REJECTED, approved_at=None)
    with after(366):
        tasks.erase_expired()
        assert DestructionItem.objects.count() == 2
        assert drain_queue() >= 2
    assert DestructionItem.objects.count() == 5
    assert DestructionCertificate.objects.get().state == "done"


def test_second_night_without_anything_due_makes_no_certificate(answered, drain_queue):
    with after(366):
        run_to_the_end(drain_queue)
        run_to_the_end(drain_queue)
    assert DestructionCertificate.objects.count() == 1


def test_command_counts_and_destroys(siti, capsys):
    results.make_request(siti, status=Status.REJECTED, approved_at=None)
    with after(366):
        call_command("erase_expired", "--dry-run")
        assert "Isi permohonan yang berakhir: 1" in capsys.readouterr().out
        assert not DestructionItem.objects.exists()
        call_command("erase_expired")
    assert DestructionItem.objects.count() == 1


# --- pages ----------------------------------------------------------------------------------------


def test_certificate_is_a_list_without_persons_for_the_auditor(
    client, sign_in, umar, answered, page_text, drain_queue
):
    with after(366):
        run_to_the_end(drain_queue)
        certificate = DestructionCertificate.objects.get()
        sign_in(client, umar)
        page = page_text(client.get(f"/admin/requests_app/destructioncertificate/{certificate.pk}/change/"))
        assert "Utuh: daftar sama dengan saat disegel" in page
        base = f"/admin/requests_app/destructioncertificate/{certificate.pk}/berkas/"
        pdf = client.get(base + "pdf/")
        assert pdf.content.startswith(b"%PDF")
        workbook = openpyxl.load_workbook(io.BytesIO(client.get(base + "xlsx/").content))
        assert client.get(base + "docx/").status_code == 404
    cells = [str(cell.value) for sheet in workbook for row in sheet.iter_rows() for cell in row]
    assert answered.number in cells
    assert certificate.seal in cells
    assert not [word for word in PERSONAL if word in " ".join(cells)]


def test_certificate_is_signed_once_and_handed_out_as_it_was_signed(
    client, sign_in, umar, answered, page_text, drain_queue, settings, tmp_path
):
    seal = make_certificate(ends=timedelta(days=3650))
    use_key(settings, tmp_path / "segel.pem", pem(seal))
    with after(366):
        run_to_the_end(drain_queue)
        certificate = DestructionCertificate.objects.get()
        sign_in(client, umar)
        address = f"/admin/requests_app/destructioncertificate/{certificate.pk}/berkas/pdf/"
        first, second = (b"".join(client.get(address).streaming_content) for _time in range(2))
        page = page_text(client.get(f"/admin/requests_app/destructioncertificate/{certificate.pk}/change/"))
        tasks.sign_certificates()
        tasks.erase_expired()
        drain_queue()
    assert first == second
    assert hashlib.sha256(first).hexdigest() == certificate.pdf_sha256
    assert fresh(certificate).pdf_sha256 == certificate.pdf_sha256
    told = pdfsig(first, tmp_path)
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "Segel Uji, Direktorat Jenderal Imigrasi; nomor seri" in page


def test_certificate_that_could_not_be_signed_is_signed_the_next_night(
    client, sign_in, umar, answered, drain_queue, settings, tmp_path
):
    use_key(settings, tmp_path / "lama.pem", pem(make_certificate(ends=timedelta(minutes=-1))))
    with after(366):
        with pytest.raises(SigningError, match="kedaluwarsa"):
            run_to_the_end(drain_queue)
        certificate = DestructionCertificate.objects.get()
        assert (certificate.state, certificate.pdf.name) == ("done", "")
        # Meanwhile the paper can be had, and says nothing of a signature.
        sign_in(client, umar)
        paper = client.get(f"/admin/requests_app/destructioncertificate/{certificate.pk}/berkas/pdf/").content
        assert "does not contain any signatures" in pdfsig(paper, tmp_path)
    use_key(settings, tmp_path / "baru.pem", pem(make_certificate(ends=timedelta(days=3650))))
    with after(367):
        run_to_the_end(drain_queue)
    assert fresh(certificate).electronic_signature is not None


def test_changed_list_breaks_the_seal(client, sign_in, umar, answered, page_text, drain_queue):
    from core.append_only import opened

    with after(366):
        run_to_the_end(drain_queue)
        certificate = DestructionCertificate.objects.get()
        with pytest.raises(DatabaseError), transaction.atomic():
            certificate.items.update(reference="lain")
        with transaction.atomic(), opened(DestructionItem):
            certificate.items.update(reference="lain")
        sign_in(client, umar)
        page = page_text(client.get(f"/admin/requests_app/destructioncertificate/{certificate.pk}/change/"))
    assert "Rusak" in page


def test_preview_says_what_the_run_would_do_and_does_nothing(
    client, sign_in, kartika, rina, answered, page_text, drain_queue
):
    url = "/admin/requests_app/destructioncertificate/pratinjau/"
    with after(366):
        page = page_text(sign_in(client, kartika).get(url))
        assert answered.number in page
        assert not DestructionItem.objects.exists()
        run_to_the_end(drain_queue)
        assert answered.number not in page_text(client.get(url))
        assert sign_in(client, rina).get(url).status_code == 403


def test_applicant_reads_that_the_content_is_gone(client, sign_in, siti, answered, page_text, drain_queue):
    with after(366):
        run_to_the_end(drain_queue)
        sign_in(client, siti)
        page = page_text(client.get(f"/permohonan/{answered.pk}/"))
        assert "Isi permohonan sudah dihapus" in page
        assert "Dokumen jawaban masih dapat diunduh sampai" in page
        assert "1 data sudah dihapus" in page
        assert answered.number in page
        assert client.get(f"/permohonan/{answered.pk}/tanda-terima.pdf").status_code == 404
        assert client.get(f"/permohonan/{answered.pk}/surat.pdf").status_code == 404


def test_officer_reads_it_on_every_tab(client, sign_in, ratna, answered, page_text, drain_queue):
    with after(366):
        run_to_the_end(drain_queue)
        sign_in(client, ratna)
        for tab in ("", "data", "statistik", "dokumen", "percakapan", "perbaikan", "waktu", "riwayat"):
            page = page_text(client.get(f"/admin/requests_app/datarequest/{answered.pk}/change/?tab={tab}"))
            assert "dimusnahkan pada" in page, tab
        assert "Isi dimusnahkan karena masa simpan berakhir" in page
        workspace = client.get(f"/admin/requests_app/datarequest/{answered.pk}/cocok/")
        assert workspace.status_code in (200, 302, 404)
