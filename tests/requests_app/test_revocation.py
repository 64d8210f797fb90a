"""Revoking an issued document: who asks and who agrees, in which state, what the rows, pages and mails do then."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.rules.models import Reason
from requests_app import answering, operations, tasks
from requests_app.models import DataRequest, Outcome, ResultDocument, RowEvent, Status
from tests.requests_app import results
from tests.requests_app.bench_rows import open_request
from tests.requests_app.test_parts import answer, release

pytestmark = pytest.mark.slow

State = ResultDocument.State
PEOPLE = ("siti", "joko", "budi", "rina", "ratna", "puti", "kartika", "dewi", "umar")
NOTE = "Masih dipakai sebagai bukti"
#: verb -> state of the document ("asked": in force, Ratna asked to revoke it) -> who may. Nobody else, nowhere else.
TABLE: dict[str, dict[str, set[str]]] = {
    "ask_revocation": {State.ISSUED: {"rina", "ratna", "puti"}},
    "revoke": {"asked": {"puti"}},
    "drop_revocation": {"asked": {"ratna", "puti"}},
}
STATES = (State.PREPARING, State.ISSUED, "asked", State.SUPERSEDED, State.REVOKED)
#: Who sees requests at all; for others the document does not exist.
SEES = {"siti", "budi", "rina", "ratna", "puti", "umar"}
HOLDERS = {
    "ask_revocation": {"rina", "ratna", "puti"},
    "revoke": {"ratna", "puti"},
    "drop_revocation": {"rina", "ratna", "puti"},
}


def reason() -> Reason:
    return Reason.objects.offered(Reason.Purpose.REVOCATION)[0]


def make_document(
    request: DataRequest, state: str, asker: User, other: User, number: int = 1
) -> ResultDocument:
    at = timezone.now()
    asked = (
        {"revocation_asked_by": asker, "revocation_asked_at": at} if state in ("asked", State.REVOKED) else {}
    )
    done = {"revoked_by": other, "revoked_at": at} if state == State.REVOKED else {}
    return ResultDocument.objects.create(
        request=request, number=f"UJI-{number}", scope="uji", sequence=number, numbered_at=at, pdf="a.pdf",
        state=State.ISSUED if state == "asked" else state, **asked, **done,
    )  # fmt: skip


def perform(verb: str, pk: uuid.UUID, by: User) -> Any:
    if verb == "ask_revocation":
        return operations.ask_revocation(pk, by=by, reason=reason())
    return (
        operations.drop_revocation(pk, by=by, note=NOTE)
        if verb == "drop_revocation"
        else operations.revoke(pk, by=by)
    )


class _Undo(Exception):
    """Rolls a successful cell back."""


def outcome(verb: str, pk: uuid.UUID, by: User) -> object:
    try:
        with transaction.atomic():
            perform(verb, pk, by)
            raise _Undo
    except _Undo:
        return "done"
    except (PermissionDenied, DataRequest.DoesNotExist, operations.StateConflict, ValidationError) as error:
        return type(error)


def expected(verb: str, state: str, person: str) -> object:
    if person not in SEES:
        return DataRequest.DoesNotExist
    if person in TABLE[verb].get(state, ()):
        return "done"
    if person not in HOLDERS[verb]:
        return PermissionDenied
    # Ratna asked: she may not agree, and is told so.
    return (
        ValidationError if (verb, state, person) == ("revoke", "asked", "ratna") else operations.StateConflict
    )


@pytest.fixture
def people(request: pytest.FixtureRequest, agreement: Any) -> dict[str, User]:
    return {name: request.getfixturevalue(name) for name in PEOPLE}


@pytest.mark.parametrize("state", STATES)
def test_document_verb_does_what_the_table_says(state: str, people: dict[str, User], siti: User) -> None:
    request = results.make_request(siti, status=Status.COMPLETED)
    document = make_document(request, state, people["ratna"], people["puti"])
    wrong = [
        (verb, person, really)
        for verb in TABLE
        for person, user in people.items()
        if (really := outcome(verb, document.pk, user)) != expected(verb, state, person)
    ]
    assert wrong == []
    assert not request.events.exists()
    for verb in TABLE:
        ask = getattr(operations, f"{verb}_reasons")
        document = ResultDocument.objects.get(pk=document.pk)
        offered = {
            name for name, user in people.items() if name in SEES - {"siti"} and ask(document, user) == []
        }
        assert offered == TABLE[verb].get(state, set()), verb


@pytest.mark.parametrize("status", [status for status in Status if status != Status.DRAFT])
def test_document_is_revoked_in_every_state_of_its_request_but_one(
    status: Status, siti: User, ratna: User, puti: User
) -> None:
    request = results.make_request(siti, status=status)
    document = make_document(request, State.ISSUED, ratna, puti)
    if status == Status.ISSUING:
        with pytest.raises(ValidationError, match="sedang disiapkan"):
            operations.ask_revocation(document.pk, by=ratna, reason=reason())
        return
    operations.ask_revocation(document.pk, by=ratna, reason=reason())
    operations.revoke(document.pk, by=puti)
    assert ResultDocument.objects.get(pk=document.pk).state == State.REVOKED
    assert DataRequest.objects.get(pk=request.pk).status == status


def test_revocation_needs_a_reason_of_the_list_in_use(siti: User, ratna: User, puti: User) -> None:
    document = make_document(results.make_request(siti, status=Status.COMPLETED), State.ISSUED, ratna, puti)
    idle = reason()
    idle.active = False
    idle.save()
    for wrong in (idle, Reason.objects.offered(Reason.Purpose.CORRECTION)[0]):
        with pytest.raises(ValidationError, match="Pilih alasan"):
            operations.ask_revocation(document.pk, by=ratna, reason=wrong)
    operations.ask_revocation(document.pk, by=ratna, reason=reason())
    with pytest.raises(ValidationError, match="paling sedikit 5"):
        operations.drop_revocation(document.pk, by=ratna, note=" ")


def test_officer_of_the_applicants_agency_has_no_say(siti: User, ratna: User, puti: User) -> None:
    document = make_document(results.make_request(siti, status=Status.COMPLETED), "asked", ratna, puti)
    puti.agency = siti.agency
    puti.save()
    with pytest.raises(ValidationError, match="instansi pemohon"):
        operations.revoke(document.pk, by=puti)


def test_trail_tells_who_asked_and_who_agreed_in_the_words_of_the_day(
    siti: User, rina: User, ratna: User
) -> None:
    request = results.make_request(siti, status=Status.COMPLETED)
    document = make_document(request, State.ISSUED, rina, ratna)
    said = reason().text
    operations.ask_revocation(document.pk, by=rina, reason=reason(), note="Baris 2")
    operations.drop_revocation(document.pk, by=ratna, note=NOTE)
    operations.ask_revocation(document.pk, by=rina, reason=reason())
    Reason.objects.filter(pk=reason().pk).update(text="Kata lain")
    operations.revoke(document.pk, by=ratna)
    trail = [(event.verb, event.actor, event.note) for event in request.events.all()]
    name = f"Dokumen jawaban ({document.number})"
    assert trail == [
        ("ask_revocation", rina, f"{name}: {said}. Baris 2"),
        ("drop_revocation", ratna, f"{name}: {NOTE}"),
        ("ask_revocation", rina, f"{name}: {said}"),
        ("revoke", ratna, f"{name}: {said}"),
    ]


def test_database_knows_that_two_persons_revoke(siti: User, ratna: User, puti: User) -> None:
    document = make_document(results.make_request(siti, status=Status.COMPLETED), "asked", ratna, puti)
    row = ResultDocument.objects.filter(pk=document.pk)
    for values in (
        {"state": State.REVOKED},
        {"state": State.REVOKED, "revoked_by": ratna, "revoked_at": timezone.now()},
        {"revocation_asked_by": None, "revoked_by": puti, "revoked_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**values)
    assert row.update(state=State.REVOKED, revoked_by=puti, revoked_at=timezone.now()) == 1


def test_applicant_is_told_without_personal_data(
    siti: User, rina: User, ratna: User, drain_queue: Any, mail_text: Any
) -> None:
    request = results.make_request(siti, status=Status.COMPLETED)
    document = make_document(request, State.ISSUED, rina, ratna)
    operations.ask_revocation(document.pk, by=rina, reason=reason(), note="Rincian")
    assert drain_queue() == 0
    operations.revoke(document.pk, by=ratna)
    drain_queue()
    text = mail_text(to=siti.email)
    assert f"Dokumen jawaban permohonan {request.number} dicabut" in text
    assert "hapus salinannya" in text
    for secret in ("Rincian", reason().text, document.number):
        assert secret not in text


# --- parts ------------------------------------------------------------------------------------------------------


@pytest.fixture
def halfway(siti: User, budi: User, rina: User, agreement: Any, catalogue: Any) -> DataRequest:
    """Rina's request with four rows, of which two are answered."""
    numbers = ["A1000001", "A1000002", "A1000003", "A1000004"]
    request = open_request(siti, catalogue["paspor"], numbers, rina, agreement=agreement, verified_by=budi)
    answer(request, 1, rina)
    answering.set_outcome(request.rows.get(position=3).pk, by=rina, outcome=Outcome.NOT_FOUND)
    return request


def revoke(document: ResultDocument, asker: User, other: User) -> None:
    operations.ask_revocation(document.pk, by=asker, reason=reason())
    operations.revoke(document.pk, by=other)
    document.refresh_from_db()


def finish(request: DataRequest, rina: User, approver: User) -> None:
    for row in request.rows.filter(outcome=Outcome.PENDING):
        answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    operations.send_for_approval(request.pk, by=rina)
    operations.approve(request.pk, by=approver)
    tasks.issue_document(str(ResultDocument.objects.get(request=request, state=State.PREPARING).pk))


def test_rows_of_a_revoked_part_are_answered_anew_and_go_out_with_the_rest(
    halfway: DataRequest,
    rina: User,
    ratna: User,
    puti: User,
) -> None:
    part = release(halfway, ratna)
    revoke(part, rina, puti)
    rows = halfway.rows.order_by("position")
    assert [row.released_in for row in rows] == [None] * 4
    assert RowEvent.objects.filter(kind="reopened").count() == 2
    row = rows.get(position=1)
    answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    finish(halfway, rina, ratna)
    last = ResultDocument.objects.get(request=halfway, part=None)
    assert set(halfway.rows.values_list("released_in", flat=True)) == {last.pk}
    part.refresh_from_db()
    assert (part.state, last.state) == (State.REVOKED, State.ISSUED)


def test_part_revoked_while_the_rest_waits_for_approval_sends_its_rows_back(
    halfway: DataRequest,
    rina: User,
    ratna: User,
    puti: User,
) -> None:
    part = release(halfway, ratna)
    for row in halfway.rows.filter(outcome=Outcome.PENDING):
        answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    operations.send_for_approval(halfway.pk, by=rina)
    revoke(part, rina, puti)
    assert halfway.rows.filter(released_in=part).count() == 2
    with pytest.raises(ValidationError, match="Bagian 1 sudah dicabut"):
        operations.approve(halfway.pk, by=ratna)
    operations.send_back(halfway.pk, by=ratna, note="Bagian 1 dicabut")
    assert not halfway.rows.filter(released_in=part).exists()
    finish(halfway, rina, ratna)
    assert DataRequest.objects.get(pk=halfway.pk).status == Status.COMPLETED


def test_revoked_answer_is_issued_anew_after_reopening(
    halfway: DataRequest,
    rina: User,
    ratna: User,
    puti: User,
) -> None:
    part = release(halfway, ratna)
    finish(halfway, rina, ratna)
    last = ResultDocument.objects.get(request=halfway, part=None)
    revoke(last, rina, puti)
    revoke(part, puti, ratna)
    operations.reopen(halfway.pk, by=puti, note="Jawaban keliru")
    finish(halfway, rina, ratna)
    states = {
        (document.number, document.state) for document in ResultDocument.objects.filter(request=halfway)
    }
    new = ResultDocument.objects.get(request=halfway, state=State.ISSUED)
    assert states == {(part.number, State.REVOKED), (last.number, State.REVOKED), (new.number, State.ISSUED)}
    assert set(halfway.rows.values_list("released_in", flat=True)) == {new.pk}


# --- pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def answered(halfway: DataRequest, rina: User, ratna: User) -> DataRequest:
    """Two documents: part 1 and the rest, both in force."""
    release(halfway, ratna)
    finish(halfway, rina, ratna)
    return DataRequest.objects.get(pk=halfway.pk)


def test_applicant_gets_a_page_that_says_why_instead_of_the_file(
    client: Client,
    sign_in: Any,
    siti: User,
    joko: User,
    answered: DataRequest,
    rina: User,
    puti: User,
    page_text: Any,
) -> None:
    sign_in(client, siti)
    part = answered.documents.get(part=1)
    addresses = {
        None: reverse("public_site:request_pdf", args=[answered.pk]),
        1: reverse("public_site:request_part", args=[answered.pk, 1, "xlsx"]),
    }
    for document in (answered.documents.get(part=None), part):
        address = addresses[document.part]
        assert b"".join(client.get(address).streaming_content)
        revoke(document, rina, puti)
        answer = client.get(address)
        assert answer.status_code == 410
        text = page_text(answer)
        for piece in ("Dokumen sudah dicabut", document.number, reason().text, "Percakapan"):
            assert piece in text
    page = page_text(client.get(reverse("public_site:request_detail", args=[answered.pk])))
    assert "Jangan memakainya lagi dan hapus salinannya." in page
    assert part.number in page
    assert "Download" not in page
    assert sign_in(Client(), joko).get(addresses[None]).status_code == 404


def test_applicants_page_shows_nothing_of_a_revoked_answer(
    client: Client, sign_in: Any, siti: User, answered: DataRequest, rina: User, puti: User, page_text: Any
) -> None:
    question = results.add_statistics(answered, answered.rows.all()[0].service, results.TABLE)
    detail = reverse("public_site:request_detail", args=[answered.pk])
    sign_in(client, siti)
    before = page_text(client.get(detail))
    assert before.count("Tidak Ditemukan") == 3
    assert "Ditemukan Bagian 1" in before
    assert str(question.answer["total"]) in before
    assert "Jumlah" in before
    revoke(answered.documents.get(part=None), rina, puti)
    last = page_text(client.get(detail))
    assert last.count("Tidak Ditemukan") == 1  # in part 1, which is in force
    assert "Jumlah" not in last
    revoke(answered.documents.get(part=1), rina, puti)
    nothing = page_text(client.get(detail))
    assert "Ditemukan" not in nothing


def test_page_leads_to_the_new_answer(
    client: Client,
    sign_in: Any,
    siti: User,
    answered: DataRequest,
    rina: User,
    ratna: User,
    puti: User,
    page_text: Any,
) -> None:
    revoke(answered.documents.get(part=None), rina, puti)
    detail = reverse("public_site:request_detail", args=[answered.pk])
    sign_in(client, siti)
    assert "tulis kepada petugas" in page_text(client.get(detail))
    operations.reopen(answered.pk, by=puti, note="Jawaban keliru")
    assert "Jawaban baru sedang kami siapkan." in page_text(client.get(detail))
    finish(answered, rina, ratna)
    page = page_text(client.get(detail))
    assert "Jawaban penggantinya tersedia di bawah." in page
    file = client.get(reverse("public_site:request_pdf", args=[answered.pk]))
    assert b"".join(file.streaming_content).startswith(b"%PDF")


def test_anybody_learns_from_the_code_on_the_paper_that_it_was_revoked(
    client: Client, answered: DataRequest, rina: User, puti: User, page_text: Any
) -> None:
    document = answered.documents.get(part=None)
    revoke(document, rina, puti)
    assert document.revoked_at
    text = page_text(client.get(reverse("public_site:verify", args=[document.token])))
    assert "Dicabut pada" in text
    assert "tidak boleh dipakai lagi" in text
    assert reason().text not in text
    tracked = page_text(client.get(reverse("public_site:track") + f"?nomor={answered.number}"))
    assert "dicabut" not in tracked.lower()


def test_officers_ask_and_agree_in_the_console(
    client: Client, sign_in: Any, answered: DataRequest, rina: User, puti: User, page_text: Any
) -> None:
    document = answered.documents.get(part=None)
    change = reverse("admin:requests_app_resultdocument_change", args=[document.pk])
    sign_in(client, rina)
    client.post(
        reverse("admin:requests_app_resultdocument_operation_ask_revocation", args=[document.pk]),
        {"reason": reason().pk, "note": ""},
    )
    assert "Menunggu keputusan penyetuju lain" in page_text(client.get(change))
    assert "Menunggu keputusan pencabutan" in page_text(
        client.get(f"/admin/requests_app/datarequest/{answered.pk}/change/?tab=dokumen")
    )
    sign_in(client, puti)
    assert "1 dokumen jawaban menunggu keputusan pencabutan." in page_text(client.get(reverse("admin:index")))
    waiting = reverse("admin:requests_app_resultdocument_changelist") + "?pencabutan=ya"
    assert document.number in page_text(client.get(waiting))
    button = reverse("admin:requests_app_resultdocument_operation_revoke", args=[document.pk])
    asked = page_text(client.get(button))
    assert "Rina Lestari meminta pencabutan" in asked
    assert reason().text in asked
    assert client.post(button).status_code == 302
    text = page_text(client.get(change))
    assert "Dicabut Puti Maharani" in text
    assert "Keadaan Dicabut" in text
    file = reverse("admin:requests_app_datarequest_result", args=[document.pk, "pdf"])
    assert file not in client.get(change).content.decode()
    assert client.get(file).status_code == 404
    assert document.number not in page_text(client.get(waiting))
    assert "menunggu keputusan pencabutan" not in page_text(client.get(reverse("admin:index")))
