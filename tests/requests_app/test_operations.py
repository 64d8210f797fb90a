"""The verbs of a request beyond the table: four eyes, reasons all at once, notes, trail, mail, repeated presses."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django_q.models import OrmQ

from accounts.models import User
from core.models import OutgoingMail
from requests_app import answering, operations, queues
from requests_app.models import DataRequest, Outcome, ResultDocument, Status
from tests import factories
from tests.requests_app import results


@pytest.fixture
def request_in(siti: User, agreement: Any, catalogue: Any):
    """``request_in(Status.X, **changes)``: Siti's request with one answered row."""

    def request_in(status: Status, **changes: Any) -> DataRequest:
        found = results.make_request(siti, status=status, agreement=agreement, **changes)
        results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,))
        return found

    return request_in


@pytest.mark.parametrize("role", ["verified_by", "processed_by"])
def test_approval_needs_another_person(request_in: Any, ratna: User, role: str) -> None:
    found = request_in(Status.AWAITING_APPROVAL, **{role: ratna})
    with pytest.raises(ValidationError, match="Menunggu persetujuan petugas lain"):
        operations.approve(found.pk, by=ratna)
    assert DataRequest.objects.get(pk=found.pk).status == Status.AWAITING_APPROVAL


@pytest.mark.parametrize("outcome", [Outcome.NOT_FOUND, Outcome.WITHHELD])
def test_who_answered_a_row_cannot_approve_though_another_handed_it_over(
    request_in: Any, rina: User, ratna: User, outcome: Outcome
) -> None:
    chief = factories.make_officer("agus", "Agus Salim", "Petugas", "Penyetuju")
    found = request_in(Status.PROCESSING)
    answering.set_outcome(found.rows.get().pk, by=chief, outcome=outcome, reason="alasan uji")
    operations.send_for_approval(found.pk, by=rina)
    with pytest.raises(ValidationError, match="Anda yang mengisi jawaban"):
        operations.approve(found.pk, by=chief)
    operations.approve(found.pk, by=ratna)


def test_who_verified_first_cannot_approve_after_another_verified_again(
    request_in: Any, siti: User, budi: User, rina: User, ratna: User
) -> None:
    both = factories.make_officer("agus", "Agus Salim", "Verifikator", "Penyetuju")
    found = request_in(Status.VERIFYING)
    operations.accept(found.pk, by=both)
    operations.ask_correction(found.pk, by=rina, note="Surat tidak terbaca", whole=True)
    pin = found.corrections.get()
    operations.explain(found.pk, by=siti, correction_pk=pin.pk, text="Surat sudah terbaca jelas")
    operations.resubmit(found.pk, by=siti)
    operations.tick_all(found.pk, by=rina)
    operations.accept(found.pk, by=budi)
    operations.send_for_approval(found.pk, by=rina)
    with pytest.raises(ValidationError, match="Anda yang memverifikasi"):
        operations.approve(found.pk, by=both)
    waiting = DataRequest.objects.get(pk=found.pk)
    assert waiting not in queues.waiting_for(both)
    assert waiting in queues.waiting_for(ratna)


def test_who_handed_over_first_cannot_approve_after_another_handed_over_again(
    request_in: Any, rina: User, ratna: User
) -> None:
    both = factories.make_officer("agus", "Agus Salim", "Petugas", "Penyetuju")
    found = request_in(Status.PROCESSING)
    operations.send_for_approval(found.pk, by=both)
    operations.send_back(found.pk, by=ratna, note="Periksa lagi jawabannya")
    operations.send_for_approval(found.pk, by=rina)
    with pytest.raises(ValidationError, match="Anda yang memproses"):
        operations.approve(found.pk, by=both)
    assert DataRequest.objects.get(pk=found.pk) not in queues.waiting_for(both)


@pytest.mark.parametrize("status", [Status.ISSUING, Status.COMPLETED])
def test_database_refuses_a_document_nobody_approved(request_in: Any, status: Status) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    with pytest.raises(IntegrityError, match="issued_has_an_approver"), transaction.atomic():
        DataRequest.objects.filter(pk=found.pk).update(status=status)


@pytest.mark.parametrize("role", ["verified_by", "processed_by"])
def test_database_refuses_one_pair_of_eyes(request_in: Any, ratna: User, role: str) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.filter(pk=found.pk).update(**{role: ratna, "approved_by": ratna})


def test_one_officer_with_every_role_cannot_do_it_alone(request_in: Any) -> None:
    chief = factories.make_officer("agus", "Agus Salim", "Verifikator", "Petugas", "Penyetuju")
    found = request_in(Status.SUBMITTED)
    operations.start_verification(found.pk, by=chief)
    operations.accept(found.pk, by=chief)
    operations.send_for_approval(found.pk, by=chief)
    with pytest.raises(ValidationError):
        operations.approve(found.pk, by=chief)


def test_approve_draws_a_number_once_and_asks_a_worker(
    request_in: Any, ratna: User, drain_queue: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    operations.approve(found.pk, by=ratna)
    assert found.documents.get().state == ResultDocument.State.PREPARING
    with pytest.raises(operations.StateConflict, match="Ratna Wulandari"):
        operations.approve(found.pk, by=ratna)
    drain_queue()
    done = DataRequest.objects.get(pk=found.pk)
    assert (done.status, done.approved_by) == (Status.COMPLETED, ratna)
    assert done.documents.get().state == ResultDocument.State.ISSUED


def test_reopened_request_supersedes_its_document(request_in: Any, ratna: User, drain_queue: Any) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    operations.approve(found.pk, by=ratna)
    drain_queue()
    operations.reopen(found.pk, by=ratna, note="Ada baris yang perlu diperiksa lagi")
    assert DataRequest.objects.get(pk=found.pk).approved_by is None
    DataRequest.objects.filter(pk=found.pk).update(assignee=None)
    rina = factories.make_officer("rina", "Rina Lestari", "Petugas")
    operations.send_for_approval(found.pk, by=rina)
    operations.approve(found.pk, by=ratna)
    drain_queue()
    states = list(found.documents.order_by("sequence").values_list("state", flat=True))
    assert states == [ResultDocument.State.SUPERSEDED, ResultDocument.State.ISSUED]


def test_earlier_document_stays_in_force_until_the_new_one_is_ready(
    request_in: Any, ratna: User, drain_queue: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    operations.approve(found.pk, by=ratna)
    drain_queue()
    operations.reopen(found.pk, by=ratna, note="Ada baris yang perlu diperiksa lagi")
    operations.send_for_approval(found.pk, by=factories.make_officer("rini", "Rini Astuti", "Petugas"))
    operations.approve(found.pk, by=ratna)
    states = list(found.documents.order_by("sequence").values_list("state", flat=True))
    assert states == [ResultDocument.State.ISSUED, ResultDocument.State.PREPARING]


def test_a_given_up_document_is_made_again_under_its_number(
    request_in: Any, ratna: User, rina: User, drain_queue: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    operations.approve(found.pk, by=ratna)
    with pytest.raises(ValidationError, match="masih disiapkan"):
        operations.remake_document(found.pk, by=ratna)
    OrmQ.objects.all().delete()
    found.documents.update(attempts=ResultDocument.MOST_ATTEMPTS)
    number = found.documents.get().number
    with pytest.raises(PermissionDenied):
        operations.remake_document(found.pk, by=rina)
    operations.remake_document(found.pk, by=ratna)
    drain_queue()
    document = found.documents.get()
    assert (document.number, document.state) == (number, ResultDocument.State.ISSUED)
    assert DataRequest.objects.get(pk=found.pk).status == Status.COMPLETED


def test_all_reasons_are_told_at_once(request_in: Any, rina: User, catalogue: Any) -> None:
    found = request_in(Status.PROCESSING)
    results.add_row(found, catalogue["paspor"], {**results.ASKED, "no_paspor": "B1"}, outcome=Outcome.PENDING)
    results.add_row(found, catalogue["paspor"], {**results.ASKED, "no_paspor": "C1"}, outcome=Outcome.FOUND)
    with pytest.raises(ValidationError) as refused:
        operations.send_for_approval(found.pk, by=rina)
    assert refused.value.messages == [
        "1 baris belum dijawab",
        "1 baris ditandai Ditemukan tetapi belum berisi jawaban",
    ]


@pytest.mark.parametrize("note", ["", "   ", "ok"])
def test_correction_needs_a_note(request_in: Any, budi: User, note: str) -> None:
    found = request_in(Status.VERIFYING)
    with pytest.raises(ValidationError, match="paling sedikit 5"):
        operations.ask_correction(found.pk, by=budi, note=note, whole=True)
    assert not found.events.exists()


def test_officer_of_the_asking_agency_keeps_out(request_in: Any, budi: User, siti: User) -> None:
    found = request_in(Status.SUBMITTED)
    User.objects.filter(pk=budi.pk).update(agency=siti.agency)
    with pytest.raises(ValidationError, match="instansi pemohon"):
        operations.start_verification(found.pk, by=User.objects.get(pk=budi.pk))


def test_every_move_leaves_one_event_and_a_higher_version(request_in: Any, budi: User) -> None:
    found = request_in(Status.SUBMITTED)
    operations.start_verification(found.pk, by=budi)
    operations.accept(found.pk, by=budi, note="lengkap")
    trail = list(found.events.values_list("verb", "source", "target", "actor", "is_public"))
    assert trail == [
        ("start_verification", "submitted", "verifying", budi.pk, False),
        ("accept", "verifying", "processing", budi.pk, False),
    ]
    assert DataRequest.objects.get(pk=found.pk).version == found.version + 2


def test_applicant_reads_the_reason_and_gets_mail(
    request_in: Any, budi: User, siti: User, drain_queue: Any, mail_text: Any
) -> None:
    found = request_in(Status.VERIFYING)
    operations.ask_correction(found.pk, by=budi, note="Kop surat belum sesuai", whole=True)
    event = found.events.get()
    assert (event.note, event.is_public) == ("Kop surat belum sesuai", True)
    assert DataRequest.objects.get(pk=found.pk).officer_note == "Kop surat belum sesuai"
    assert OutgoingMail.objects.get().kind == "requests.correction"
    drain_queue()
    assert found.number in mail_text(to=siti.email)


def test_submit_pressed_twice_gives_the_same_request(siti: User, agreement: Any, catalogue: Any) -> None:
    draft = results.make_request(siti, status=Status.DRAFT, number=None, submitted_at=None)
    results.add_row(draft, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
    key = uuid.uuid4()
    first = operations.submit(draft.pk, by=siti, submit_key=key)
    second = operations.submit(draft.pk, by=siti, submit_key=key)
    assert first.number == second.number
    assert draft.events.count() == 1
    with pytest.raises(operations.StateConflict, match="sudah dikirim"):
        operations.submit(draft.pk, by=siti, submit_key=uuid.uuid4())
    sent = DataRequest.objects.get(pk=draft.pk)
    assert set(sent.schemas) == {"paspor"}
    assert sent.agreement == agreement


@pytest.mark.parametrize("removed", [(), (1,), (2, 3, 6), (1, 2, 3, 4, 5), (7,)])
def test_a_sent_request_numbers_its_rows_without_gaps(
    siti: User, agreement: Any, catalogue: Any, removed: tuple[int, ...]
) -> None:
    draft = results.make_request(siti, status=Status.DRAFT, number=None, submitted_at=None)
    for number in range(1, 8):
        asked = {**results.ASKED, "no_paspor": f"A12312{number}"}
        results.add_row(draft, catalogue["paspor"], asked, outcome=Outcome.PENDING)
    other = results.make_request(siti, status=Status.DRAFT, number=None, submitted_at=None)
    results.add_row(other, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
    other.rows.update(position=9)
    for number in removed:
        operations.remove_row(draft.pk, number, by=siti)
    order = [row.pk for row in draft.rows.all()]
    kept = [row.position for row in draft.rows.all()]
    assert kept == [number for number in range(1, 8) if number not in removed], (
        "a number stays with its person"
    )
    operations.submit(draft.pk, by=siti, submit_key=uuid.uuid4())
    assert [(row.pk, row.position) for row in draft.rows.all()] == [
        (pk, number) for number, pk in enumerate(order, start=1)
    ]
    assert other.rows.get().position == 9


def test_request_is_handed_to_working_officers_only(
    request_in: Any, budi: User, rina: User, umar: User, siti: User
) -> None:
    found = request_in(Status.PROCESSING)
    operations.take(found.pk, by=rina)
    operations.assign(found.pk, by=budi, assignee=rina, note="tolong")
    assert DataRequest.objects.get(pk=found.pk).assignee == rina
    with pytest.raises(PermissionDenied):
        operations.take(found.pk, by=umar)
    with pytest.raises(ValidationError):
        operations.assign(found.pk, by=budi, assignee=siti)
    with pytest.raises(ValidationError):
        operations.assign(found.pk, by=budi, assignee=umar)


def test_ended_request_is_not_handed_on(request_in: Any, budi: User, rina: User) -> None:
    found = request_in(Status.REJECTED)
    with pytest.raises(operations.StateConflict):
        operations.assign(found.pk, by=budi, assignee=rina)


@pytest.mark.parametrize("status", [status for status in Status if status != Status.PROCESSING])
def test_rows_are_answered_only_while_processing(request_in: Any, rina: User, status: Status) -> None:
    found = request_in(status)
    refusal = DataRequest.DoesNotExist if status == Status.DRAFT else operations.StateConflict
    with pytest.raises(refusal):
        answering.set_outcome(found.rows.get().pk, by=rina, outcome=Outcome.NOT_FOUND)
    assert found.rows.get().outcome == Outcome.FOUND


def test_rows_are_answered_only_by_processing_officers(
    request_in: Any, budi: User, ratna: User, umar: User, siti: User, joko: User
) -> None:
    found = request_in(Status.PROCESSING)
    row = found.rows.get()
    for person in (budi, ratna, umar, siti):
        with pytest.raises(PermissionDenied):
            answering.set_outcome(row.pk, by=person, outcome=Outcome.NOT_FOUND)
    with pytest.raises(DataRequest.DoesNotExist):
        answering.set_outcome(row.pk, by=joko, outcome=Outcome.NOT_FOUND)


def test_withheld_needs_a_reason_and_clears_the_answers(request_in: Any, rina: User) -> None:
    found = request_in(Status.PROCESSING)
    row = found.rows.get()
    with pytest.raises(ValidationError, match="alasan"):
        answering.set_outcome(row.pk, by=rina, outcome=Outcome.WITHHELD)
    answering.set_outcome(row.pk, by=rina, outcome=Outcome.WITHHELD, reason="Data dalam penyidikan")
    assert not row.answers.exists()
    with pytest.raises(ValidationError, match="catatan yang cocok"):
        answering.set_outcome(row.pk, by=rina, outcome=Outcome.FOUND)
