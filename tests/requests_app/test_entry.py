"""Staff entry on behalf: the verbs with their rights, then the journey over HTTP with the Excel template."""

import re
import uuid
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access_log.models import AccessEntry, AccessSubject, Action
from core.access_log.record import subject_keys
from requests_app import operations, queues, workflow
from requests_app.models import DataRequest, Outcome, RowUpload, Status
from tests import factories
from tests.public_site.request_steps import address as public_address
from tests.public_site.request_steps import letter_values
from tests.requests_app import results, workbooks

ROW = {"nama": "John Doe", "no_paspor": "A123123", "tanggal_lahir": "2000-12-31"}


@pytest.fixture
def second_verifier(base_data: None) -> User:
    return factories.make_officer("bayu", "Bayu Nugroho", "Verifikator")


def enter(officer: User, person: User, catalogue: Any) -> DataRequest:
    """A complete draft entered on behalf of ``person``."""
    draft = operations.create_draft(by=officer, on_behalf_of=person)
    values = {**letter_values(), "letter_date": timezone.localdate()}
    operations.save_header(draft.pk, by=officer, values=values, letter=factories.pdf_file())
    operations.add_row(draft.pk, by=officer, service=catalogue["paspor"], values=ROW)
    return DataRequest.objects.get(pk=draft.pk)


def send(draft: DataRequest, officer: User) -> DataRequest:
    return operations.submit(draft.pk, by=officer, submit_key=uuid.uuid4())


# --- verbs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("budi", None),
        ("kartika", None),
        ("rina", PermissionDenied),
        ("ratna", PermissionDenied),
        ("dewi", PermissionDenied),
        ("umar", PermissionDenied),
        ("sari", PermissionDenied),
        ("joko", PermissionDenied),
    ],
)
def test_who_may_enter(
    name: str, refusal: Any, request: pytest.FixtureRequest, siti: User, agreement: Any
) -> None:
    officer = request.getfixturevalue(name)
    if refusal is None:
        draft = operations.create_draft(by=officer, on_behalf_of=siti)
        assert (draft.requester, draft.entered_by, draft.agency) == (siti, officer, siti.agency)
        return
    with pytest.raises(refusal):
        operations.create_draft(by=officer, on_behalf_of=siti)


def test_entering_is_refused_for_inactive_people_own_agency_and_without_agreement(
    budi: User, siti: User, joko: User, agreement: Any
) -> None:
    with pytest.raises(ValidationError, match="PKS"):
        operations.create_draft(by=budi, on_behalf_of=joko)
    with pytest.raises(PermissionDenied):
        operations.create_draft(by=budi, on_behalf_of=budi)
    kin = factories.make_officer("tono", "Tono Raharja", "Verifikator", agency=siti.agency)
    with pytest.raises(ValidationError, match="instansi pemohon"):
        operations.create_draft(by=kin, on_behalf_of=siti)
    siti.is_active = False
    siti.save()
    with pytest.raises(ValidationError, match="tidak aktif"):
        operations.create_draft(by=budi, on_behalf_of=siti)


def test_draft_is_the_entering_officers_alone(
    budi: User,
    siti: User,
    sari: User,
    joko: User,
    rina: User,
    kartika: User,
    umar: User,
    second_verifier: User,
    agreement: Any,
    catalogue: Any,
) -> None:
    draft = enter(budi, siti, catalogue)
    for person in (siti, sari, joko, rina, kartika, umar, second_verifier):
        assert not DataRequest.objects.in_reach_of(person).filter(pk=draft.pk).exists(), person
        with pytest.raises(DataRequest.DoesNotExist):
            operations.save_header(draft.pk, by=person, values={"subject": "LAIN"})
        with pytest.raises(DataRequest.DoesNotExist):
            send(draft, person)
        with pytest.raises(DataRequest.DoesNotExist):
            operations.discard(draft.pk, by=person)
    assert not DataRequest.objects.visible_to(budi).filter(pk=draft.pk).exists(), "lists show no drafts"
    assert operations.create_draft(by=siti).subject == ""


def test_sent_entry_belongs_to_the_applicant_and_tells_by_mail(
    budi: User, siti: User, joko: User, agreement: Any, catalogue: Any, drain_queue: Any, mail_text: Any
) -> None:
    draft = enter(budi, siti, catalogue)
    key = uuid.uuid4()
    sent = operations.submit(draft.pk, by=budi, submit_key=key)
    assert operations.submit(draft.pk, by=budi, submit_key=key).number == sent.number, "pressed twice"
    assert (sent.status, sent.more_than_ten, sent.entered_by) == (Status.SUBMITTED, False, budi)
    drain_queue()
    assert [message.to for message in mail.outbox] == [[siti.email]]
    text = mail_text()
    assert str(sent.number) in text
    assert "atas nama Anda" in text
    assert "John Doe" not in text
    assert DataRequest.objects.visible_to(siti).filter(pk=sent.pk).exists()
    assert not DataRequest.objects.in_reach_of(joko).filter(pk=sent.pk).exists()
    with pytest.raises(operations.StateConflict):
        operations.save_header(sent.pk, by=budi, values={"subject": "LAIN"})
    assert operations.withdraw(sent.pk, by=siti, note="Tidak diperlukan").status == Status.WITHDRAWN


def test_officer_without_the_right_to_see_requests_sends_twice_and_gets_the_same(
    kartika: User, siti: User, agreement: Any, catalogue: Any
) -> None:
    draft = enter(kartika, siti, catalogue)
    key = uuid.uuid4()
    numbers = {operations.submit(draft.pk, by=kartika, submit_key=key).number for _press in range(2)}
    assert len(numbers) == 1
    with pytest.raises(operations.StateConflict):
        operations.submit(draft.pk, by=kartika, submit_key=uuid.uuid4())


def test_who_entered_does_not_check(
    budi: User, siti: User, second_verifier: User, agreement: Any, catalogue: Any
) -> None:
    sent = send(enter(budi, siti, catalogue), budi)
    assert workflow.reasons("start_verification", sent, budi) == [
        "Anda yang memasukkan permohonan ini. Pemeriksaan dilakukan petugas lain"
    ]
    with pytest.raises(ValidationError, match="petugas lain"):
        operations.start_verification(sent.pk, by=budi)
    assert sent not in queues.waiting_for(budi)
    assert sent in queues.waiting_for(second_verifier)
    operations.start_verification(sent.pk, by=second_verifier)
    for verb, arguments in (
        (operations.accept, {}),
        (operations.reject, {"note": "Tidak lengkap"}),
    ):
        with pytest.raises(ValidationError, match="Anda yang memasukkan"):
            verb(sent.pk, by=budi, **arguments)
    assert operations.accept(sent.pk, by=second_verifier).status == Status.PROCESSING


def test_who_entered_does_not_approve(
    siti: User, rina: User, ratna: User, budi: User, agreement: Any, catalogue: Any
) -> None:
    both = factories.make_officer("bima", "Bima Sakti", "Verifikator", "Penyetuju")
    found = results.make_request(
        siti,
        status=Status.AWAITING_APPROVAL,
        agreement=agreement,
        approved_at=None,
        entered_by=both,
        verified_by=budi,
        processed_by=rina,
    )
    results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,), by=rina)
    with pytest.raises(ValidationError, match="Anda yang memasukkan"):
        operations.approve(found.pk, by=both)
    for column in ("verified_by", "approved_by"):
        with pytest.raises(IntegrityError, match="entered_by_another_person"), transaction.atomic():
            DataRequest.objects.filter(pk=found.pk).update(**{column: both})
    with (
        pytest.raises(IntegrityError, match=r"second_pair_of_eyes|entered_by_another_person"),
        transaction.atomic(),
    ):
        DataRequest.objects.filter(pk=found.pk).update(approved_by=ratna, second_approved_by=both)


# --- the journey ------------------------------------------------------------------------------------------------


def page(name: str, **values: Any) -> str:
    return reverse("admin:requests_app_datarequest_entry" + (f"_{name}" if name else ""), kwargs=values)


@pytest.fixture
def desk(client: Client, sign_in: Any, budi: User) -> Client:
    """Budi at the console."""
    return sign_in(client, budi)


def start(desk: Client, person: User) -> DataRequest:
    answer = desk.post(page("create"), {"pemohon": person.pk})
    assert answer.status_code == 302
    draft = DataRequest.objects.get(entered_by__isnull=False)
    assert answer["Location"] == page("letter", pk=draft.pk)
    return draft


def put(draft: DataRequest, desk: Client, content: bytes, drain: Any) -> Any:
    """Uploads a workbook, lets the queue check it, returns the page of the outcome."""
    answer = desk.post(page("upload", pk=draft.pk), {"file": workbooks.as_upload(content)})
    assert answer.status_code == 302
    assert "Memeriksa berkas" in desk.get(answer["Location"]).content.decode()
    drain()
    return desk.get(answer["Location"])


@pytest.mark.slow
def test_letter_becomes_a_request_by_template_with_a_faulty_file_first(
    desk: Client,
    siti: User,
    budi: User,
    agreement: Any,
    drain_queue: Any,
    page_text: Any,
    mail_text: Any,
    sign_in: Any,
) -> None:
    # Whose letter: the agency, then the person.
    first = page_text(desk.get(page("")))
    assert "BADAN IT NASIONAL" in first
    assert "Siti Aminah" not in first
    assert "Siti Aminah" in page_text(desk.get(page("") + f"?instansi={siti.agency_id}"))
    draft = start(desk, siti)
    # The letter: half filled in stays, then complete with the PDF.
    half = desk.post(page("letter", pk=draft.pk), {"version": draft.version, "letter_number": "B-12/2026"})
    assert half.status_code == 422
    assert "Isian yang sudah benar tersimpan" in page_text(half)
    draft = DataRequest.objects.get(pk=draft.pk)
    assert draft.letter_number == "B-12/2026"
    values = letter_values(version=draft.version, letter=factories.pdf_file("surat-badan.pdf"))
    assert desk.post(page("letter", pk=draft.pk), values)["Location"] == page("data", pk=draft.pk)
    letter = desk.get(page("letter_file", pk=draft.pk))
    assert b"".join(letter.streaming_content).startswith(b"%PDF-")
    # The template, filled with a fault: a table of cells, a marked workbook, nothing saved.
    template = desk.get(page("template", pk=draft.pk)).content
    wrong = workbooks.filled(
        {"Paspor": [workbooks.paspor(1), workbooks.paspor(2, **{"Tanggal Lahir": "31-02-2000"})]},
        template=template,
    )
    faulty = put(draft, desk, wrong, drain_queue)
    text = page_text(faulty)
    assert "1 baris belum dapat disimpan" in text
    assert re.search(r"Upload Detail Paspor, C3", text), text[-900:]
    upload = RowUpload.objects.get(stage=RowUpload.Stage.FAULTY)
    marked = desk.get(page("marked", pk=draft.pk, upload=upload.pk))
    assert marked.getvalue()[:2] == b"PK"
    saved = desk.post(page("settle", pk=draft.pk, upload=upload.pk, verb="simpan"), follow=True)
    assert "masih memuat kesalahan" in page_text(saved)
    assert draft.rows.count() == 0
    # Mended: preview, then all rows at once.
    right = workbooks.filled({"Paspor": [workbooks.paspor(n) for n in range(1, 13)]}, template=template)
    clean = put(draft, desk, right, drain_queue)
    assert "12 baris siap disimpan" in page_text(clean)
    assert draft.rows.count() == 0
    upload = RowUpload.objects.get(stage=RowUpload.Stage.CLEAN)
    # The ten shown by name, and no other, are in the log.
    entry = AccessEntry.objects.filter(actor=budi, action=Action.VIEW_ROWS).latest("pk")
    previewed = upload.staged.order_by("number")[:10]
    assert set(AccessSubject.objects.filter(entry=entry).values_list("key", flat=True)) == subject_keys(
        previewed
    )
    assert entry.count == 10
    for _press in range(2):
        saved = desk.post(page("settle", pk=draft.pk, upload=upload.pk, verb="simpan"), follow=True)
    assert "12 data tersimpan" in page_text(saved)
    assert draft.rows.count() == 12
    # Statistics, review, sending.
    question = {
        "layanan": "perlintasan",
        "period_from": "2026-01-01",
        "period_until": "2026-01-31",
        "citizenship": "WNA",
        "direction": "SEMUA",
    }
    assert desk.post(page("statistics_add", pk=draft.pk), question).status_code == 302
    review = desk.get(page("review", pk=draft.pk))
    assert "Data Detail (12)" in page_text(review)
    assert "Data Statistik (1)" in page_text(review)
    key = review.context["submit_key"]
    undeclared = desk.post(page("review", pk=draft.pk), {"submit_key": key})
    assert undeclared.status_code == 422
    for _press in range(2):
        sent = desk.post(page("review", pk=draft.pk), {"submit_key": key, "sesuai_surat": "on"}, follow=True)
    found = DataRequest.objects.get(pk=draft.pk)
    assert (found.status, found.more_than_ten) == (Status.SUBMITTED, True)
    assert str(found.number) in page_text(sent)
    # Both sides read who entered it; the applicant is told by mail.
    shown = page_text(desk.get(f"/admin/requests_app/datarequest/{found.pk}/change/"))
    assert "Dimasukkan oleh" in shown
    assert "Budi Santoso" in shown
    drain_queue()
    assert mail.outbox[-1].to == [siti.email]
    own = page_text(sign_in(Client(), siti).get(public_address("request_detail", pk=found.pk)))
    assert "Dimasukkan oleh petugas Budi Santoso atas nama Anda" in own
    # What was shown is in the log.
    actions = set(AccessEntry.objects.filter(actor=budi).values_list("action", flat=True))
    assert {Action.DOWNLOAD_LETTER, Action.VIEW_ROWS, Action.DOWNLOAD_UPLOAD} <= actions


def test_rows_are_typed_changed_and_removed(desk: Client, siti: User, agreement: Any, page_text: Any) -> None:
    draft = start(desk, siti)
    choice = page_text(desk.get(page("row_add", pk=draft.pk)))
    assert "Hanya layanan dalam PKS" in choice
    add = page("row_add", pk=draft.pk)
    wrong = desk.post(add, {"layanan": "paspor", "nama": "John Doe", "tanggal_lahir": "31-02-2000"})
    assert wrong.status_code == 422
    assert "John Doe" in wrong.content.decode()
    right = {"layanan": "paspor", "nama": "John Doe", "tanggal_lahir": "31-12-2000", "no_paspor": "A123123"}
    assert desk.post(add, right)["Location"].startswith(page("data", pk=draft.pk))
    twin = desk.post(add, right)
    assert "sama dengan baris 1" in page_text(twin)
    again = desk.post(add, {**right, "no_paspor": "B123123", "_lagi": "1"})
    assert again["Location"] == f"{add}?layanan=paspor"
    edit = page("row", pk=draft.pk, position=1)
    assert b"A123123" in desk.get(edit).content
    desk.post(edit, {**right, "no_paspor": "C123123"})
    assert draft.rows.get(position=1).passport_no == "C123123"
    desk.post(page("row_remove", pk=draft.pk, position=1))
    assert [row.position for row in draft.rows.all()] == [2]
    assert desk.get(page("row", pk=draft.pk, position=1)).status_code == 404
    assert desk.get(page("row_remove", pk=draft.pk, position=2)).status_code == 405


def test_only_services_of_the_agreement_are_offered(
    desk: Client, siti: User, agency: Any, catalogue: Any, page_text: Any
) -> None:
    factories.make_agreement(agency, services=[catalogue["paspor"], catalogue["visa"]])
    draft = start(desk, siti)
    page_ = page_text(desk.get(page("row_add", pk=draft.pk)))
    assert "Visa" in page_
    assert "Deportasi" not in page_
    refused = desk.post(page("row_add", pk=draft.pk), {"layanan": "deportasi", "nama": "John Doe"})
    assert refused.status_code == 422
    assert not draft.rows.exists()


def test_draft_is_discarded_and_sent_entries_cannot_be_changed(
    desk: Client, siti: User, budi: User, agreement: Any, catalogue: Any, page_text: Any
) -> None:
    draft = start(desk, siti)
    assert "Hapus draf ini?" in page_text(desk.get(page("discard", pk=draft.pk)))
    desk.post(page("discard", pk=draft.pk))
    assert not DataRequest.objects.exists()
    sent = send(enter(budi, siti, catalogue), budi)
    for name in ("letter", "data", "review", "discard", "row_add"):
        answer = desk.get(page(name, pk=sent.pk), follow=True)
        assert "sudah dikirim" in page_text(answer), name
    assert str(sent.number) in page_text(desk.get(page("sent", pk=sent.pk)))


#: person -> status of the entry's first page, of a page of Budi's draft
ROLES = {
    "kartika": (200, 404),
    "rina": (403, 403),
    "ratna": (403, 403),
    "dewi": (403, 403),
    "umar": (403, 403),
    "siti": (404, 404),
    "sari": (404, 404),
    "joko": (404, 404),
}


@pytest.mark.parametrize("name", ROLES)
def test_nobody_else_opens_the_draft(
    name: str,
    request: pytest.FixtureRequest,
    budi: User,
    siti: User,
    agreement: Any,
    catalogue: Any,
    sign_in: Any,
) -> None:
    draft = enter(budi, siti, catalogue)
    person = sign_in(Client(), request.getfixturevalue(name))
    first, own = ROLES[name]
    assert person.get(page("")).status_code == first
    for part in (
        "letter",
        "letter_file",
        "data",
        "row_add",
        "statistics_add",
        "template",
        "review",
        "discard",
        "sent",
    ):
        assert person.get(page(part, pk=draft.pk)).status_code == own, part
    assert person.post(page("review", pk=draft.pk), {"sesuai_surat": "on"}).status_code == own
    assert DataRequest.objects.get(pk=draft.pk).is_draft


def test_senseless_choices_are_refused(desk: Client, budi: User, siti: User, agreement: Any) -> None:
    for text in ("", "x", "9" * 30, str(budi.pk), "٣"):
        assert desk.post(page("create"), {"pemohon": text}).status_code == 302
        assert desk.get(page("") + f"?instansi={text}").status_code == 200
    assert desk.get(page("create")).status_code == 405
    assert not DataRequest.objects.exists()


def test_pages_ask_as_often_for_twenty_rows_as_for_two(
    desk: Client, siti: User, budi: User, agreement: Any, catalogue: Any
) -> None:
    draft = enter(budi, siti, catalogue)

    def asked(rows: int) -> list[int]:
        for number in range(rows):
            values = {**ROW, "no_paspor": f"B{number:03}{rows:03}"}
            results.add_row(draft, catalogue["paspor"], values, outcome=Outcome.PENDING)
        numbers = []
        for name in ("data", "review"):
            desk.get(page(name, pk=draft.pk))
            with CaptureQueriesContext(connection) as queries:
                assert desk.get(page(name, pk=draft.pk)).status_code == 200
            numbers.append(len(queries))
        return numbers

    assert asked(1) == asked(18)
