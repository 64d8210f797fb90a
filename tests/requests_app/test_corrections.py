"""Corrections pinned to places: marked, sent, only these unlocked, answered, ticked off; the verbs refuse the rest."""

import threading
import uuid
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections, transaction

from accounts.models import Purpose, User
from core.access_log.models import AccessEntry
from core.rules.models import Reason
from requests_app import corrections, operations, queues, workflow
from requests_app.models import Correction, DataRequest, Outcome, StatisticsItem, Status
from tests import factories
from tests.database import run_until_it_waits
from tests.requests_app import results
from tests.routes import fill_request

Kind, State = Correction.Kind, Correction.State
JOHN = {"nama": "John Doe", "no_paspor": "A123123", "tanggal_lahir": "2000-12-31"}
JANE = {"nama": "Jane Roe", "no_paspor": "B777777", "tanggal_lahir": "1999-01-02"}


@pytest.fixture
def reason(base_data: None) -> Reason:
    return Reason.objects.offered("correction")[0]


@pytest.fixture
def checked(siti: User, budi: User, agreement: Any, catalogue: Any) -> DataRequest:
    """Siti's request with two rows and a statistics question, with Budi for verification."""
    request = fill_request(siti, catalogue["paspor"], "1/TANDA")
    operations.add_row(request.pk, by=siti, service=catalogue["paspor"], values=JANE)
    operations.add_statistics(
        request.pk,
        by=siti,
        values={
            "service": catalogue["perlintasan"],
            "period_from": factories.day("2024-10-02"),
            "period_until": factories.day("2024-10-10"),
        },
    )
    operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
    return operations.start_verification(request.pk, by=budi)


def fresh(request: DataRequest) -> DataRequest:
    return DataRequest.objects.get(pk=request.pk)


def pin_three(request: DataRequest, by: User, reason: Reason) -> None:
    """The letter's number, John's passport number, Jane's whole row."""
    john, jane = request.rows.all()
    operations.mark(request.pk, by=by, kind=Kind.HEADER, keys=["letter_number"], reason=reason)
    operations.mark(
        request.pk, by=by, kind=Kind.CELL, keys=["no_paspor"], row_pk=john.pk, text="Angka terakhir terpotong"
    )
    operations.mark(request.pk, by=by, kind=Kind.ROW, row_pk=jane.pk, reason=reason)
    operations.ask_correction(request.pk, by=by, note="Sesuaikan dengan surat")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_correction_asked_for_while_a_colleague_accepts_counts_from_processing(
    checked: DataRequest, budi: User, rina: User
) -> None:
    """Whoever asked in which state is read where it is judged: the request returns to the officer who processes."""
    rina.groups.add(*budi.groups.all())
    outcome: list[DataRequest] = []

    def ask() -> None:
        try:
            outcome.append(
                operations.ask_correction(checked.pk, by=fresh_user(rina), note="Lampirkan", whole=True)
            )
        finally:
            connections.close_all()

    asking = threading.Thread(target=ask)
    with transaction.atomic():
        operations.accept(checked.pk, by=budi)
        run_until_it_waits(asking)
    asking.join()
    assert [found.correction_from for found in outcome] == [Status.PROCESSING]
    assert fresh(checked).assignee == rina


def fresh_user(user: User) -> User:
    return User.objects.get(pk=user.pk)


def change(request: DataRequest, by: User, catalogue: Any, position: int, **values: str) -> None:
    row = request.rows.get(position=position)
    operations.change_row(
        request.pk, position, by=by, service=catalogue["paspor"], values={**row.values, **values}
    )


def test_three_pins_unlock_three_places_only(checked, siti, budi, catalogue, reason):
    pin_three(checked, budi, reason)
    assert fresh(checked).status == Status.NEEDS_CORRECTION
    # what was not asked for is refused, each with its name
    with pytest.raises(ValidationError, match="Perihal tidak diminta diperbaiki"):
        operations.save_header(checked.pk, by=siti, values={"subject": "Lain"})
    with pytest.raises(ValidationError, match="Surat Permohonan Resmi tidak diminta"):
        operations.save_header(checked.pk, by=siti, values={}, letter=factories.pdf_file())
    with pytest.raises(ValidationError, match="Baris 1, Nama tidak diminta"):
        change(checked, siti, catalogue, 1, nama="Orang Lain")
    with pytest.raises(ValidationError, match="Baris 1 tidak diminta diperbaiki seluruhnya"):
        operations.remove_row(checked.pk, 1, by=siti)
    with pytest.raises(ValidationError, match="baris tidak dapat ditambah"):
        operations.add_row(checked.pk, by=siti, service=catalogue["paspor"], values={**JOHN, "nama": "Baru"})
    with pytest.raises(ValidationError, match="baris tidak dapat ditambah"):
        operations.answer_more_than_ten(checked.pk, by=siti, value=True)
    with pytest.raises(ValidationError, match="baris tidak dapat ditambah"):
        operations.start_upload(checked.pk, by=siti, uploaded=factories.pdf_file("data.xlsx"))
    item = checked.statistics.get()
    with pytest.raises(ValidationError, match="Data Statistik 1 tidak diminta"):
        operations.change_statistics(checked.pk, item.position, by=siti, values={"citizenship": "WNA"})
    with pytest.raises(ValidationError, match="Data Statistik 1 tidak diminta"):
        operations.remove_statistics(checked.pk, item.position, by=siti)
    with pytest.raises(ValidationError, match="pertanyaan tidak dapat ditambah"):
        operations.add_statistics(checked.pk, by=siti, values={"service": item.service})
    # what was asked for goes through, unchanged neighbours included
    operations.save_header(
        checked.pk, by=siti, values={"letter_number": "2/TANDA", "subject": fresh(checked).subject}
    )
    change(checked, siti, catalogue, 1, no_paspor="A123124")
    operations.remove_row(checked.pk, 2, by=siti)
    assert corrections.checklist(fresh(checked)).is_complete


def test_the_service_of_a_pinned_row_stays(checked, siti, budi, catalogue):
    row = checked.rows.get(position=1)
    operations.mark(
        checked.pk, by=budi, kind=Kind.CELL, keys=["no_paspor"], row_pk=row.pk, text="Salah ketik"
    )
    operations.ask_correction(checked.pk, by=budi, note="Perbaiki nomor")
    with pytest.raises(ValidationError, match="Baris 1 tidak diminta"):
        operations.change_row(checked.pk, 1, by=siti, service=catalogue["visa"], values=row.values)


def test_sending_again_needs_every_pin_changed_or_explained(checked, siti, budi, catalogue, reason):
    pin_three(checked, budi, reason)
    operations.save_header(checked.pk, by=siti, values={"letter_number": "2/TANDA"})
    assert corrections.checklist(fresh(checked)).done == 1
    with pytest.raises(ValidationError, match="2 bagian belum"):
        operations.resubmit(checked.pk, by=siti)
    change(checked, siti, catalogue, 1, no_paspor="A123124")
    jane = checked.corrections.get(kind=Kind.ROW)
    with pytest.raises(ValidationError, match="5 sampai 500"):
        operations.explain(checked.pk, by=siti, correction_pk=jane.pk, text="ya")
    operations.explain(
        checked.pk, by=siti, correction_pk=jane.pk, text="Sudah sesuai paspor yang kami pegang"
    )
    again = operations.resubmit(checked.pk, by=siti)
    assert (again.status, again.assignee) == (Status.VERIFYING, budi)
    states = dict(checked.corrections.values_list("kind", "state"))
    assert states == {Kind.HEADER: State.CHANGED, Kind.CELL: State.CHANGED, Kind.ROW: State.EXPLAINED}
    pin = checked.corrections.get(kind=Kind.CELL)
    assert (pin.old, pin.new) == ("A123123", "A123124")


def test_going_on_needs_every_answer_ticked(checked, siti, budi, catalogue, reason):
    pin_three(checked, budi, reason)
    operations.save_header(checked.pk, by=siti, values={"letter_number": "2/TANDA"})
    change(checked, siti, catalogue, 1, no_paspor="A123124")
    change(checked, siti, catalogue, 2, nama="Jane R. Roe")
    operations.resubmit(checked.pk, by=siti)
    with pytest.raises(ValidationError, match="3 perbaikan belum dicentang"):
        operations.accept(checked.pk, by=budi)
    cell = checked.corrections.get(kind=Kind.CELL)
    operations.tick(checked.pk, by=budi, correction_pk=checked.corrections.get(kind=Kind.HEADER).pk)
    operations.pin_again(checked.pk, by=budi, correction_pk=cell.pk, text="Masih berbeda dengan surat")
    reasons = workflow.reasons("accept", fresh(checked), budi)
    assert reasons is not None
    assert [text.split(" ", 1)[0] for text in reasons] == ["1", "1"]
    operations.ask_correction(checked.pk, by=budi, note="Satu nomor masih salah")
    second = checked.corrections.get(state=State.OPEN)
    assert (second.round, second.kind, second.old) == (2, Kind.CELL, "A123124")
    change(checked, siti, catalogue, 1, no_paspor="A123125")
    operations.resubmit(checked.pk, by=siti)
    assert operations.tick_all(checked.pk, by=budi) == 2
    assert operations.accept(checked.pk, by=budi).status == Status.PROCESSING


def test_only_marked_rows_lose_their_answer(checked, siti, budi, rina, catalogue):
    operations.accept(checked.pk, by=budi)
    john, jane = checked.rows.all()
    checked.rows.update(outcome=Outcome.NOT_FOUND, decided_by=rina)
    operations.mark(checked.pk, by=rina, kind=Kind.ROW, row_pk=jane.pk, text="Orang lain pada surat")
    operations.ask_correction(checked.pk, by=rina, note="Periksa baris dua")
    change(checked, siti, catalogue, 2, nama="Jane R. Roe")
    operations.resubmit(checked.pk, by=siti)
    assert [row.outcome for row in checked.rows.all()] == [Outcome.NOT_FOUND, Outcome.PENDING]
    assert (john.pk, jane.pk) == tuple(checked.rows.values_list("pk", flat=True))


def test_what_was_asked_while_processing_comes_back_to_who_asked(checked, siti, budi, rina, ratna):
    operations.accept(checked.pk, by=budi)
    operations.ask_correction(checked.pk, by=rina, note="Periksa kembali", whole=True)
    results.correct(checked)
    again = operations.resubmit(checked.pk, by=siti)
    assert (again.status, again.assignee) == (Status.VERIFYING, rina)
    assert again in queues.waiting_for(rina)
    with pytest.raises((PermissionDenied, operations.StateConflict)):
        operations.accept(checked.pk, by=ratna)
    operations.tick_all(checked.pk, by=rina)
    back = operations.accept(checked.pk, by=rina)
    assert (back.status, back.assignee, back.verified_by) == (Status.PROCESSING, rina, budi)
    assert back.correction_from == ""


def test_rows_may_be_added_only_when_they_are_missing(checked, siti, budi, catalogue):
    operations.mark(checked.pk, by=budi, kind=Kind.ROWS_MISSING, text="Surat menyebut tiga orang")
    operations.ask_correction(checked.pk, by=budi, note="Lengkapi data")
    with pytest.raises(ValidationError, match="1 bagian belum"):
        operations.resubmit(checked.pk, by=siti)
    third = {**JOHN, "nama": "Orang Ketiga", "no_paspor": "C333333"}
    operations.add_row(checked.pk, by=siti, service=catalogue["paspor"], values=third)
    change(checked, siti, catalogue, 3, nama="Orang Ketiga Sekali")  # a new one may still be mended
    with pytest.raises(ValidationError, match="Baris 1"):
        change(checked, siti, catalogue, 1, nama="Lain")
    operations.resubmit(checked.pk, by=siti)
    assert checked.corrections.get().state == State.CHANGED


def test_pinned_question_may_change_and_is_told_in_words(checked, siti, budi):
    item = StatisticsItem.objects.get(request=checked)
    operations.mark(checked.pk, by=budi, kind=Kind.STATISTICS, statistics_pk=item.pk, text="Arah belum jelas")
    operations.ask_correction(checked.pk, by=budi, note="Lengkapi pertanyaan")
    operations.change_statistics(checked.pk, 1, by=siti, values={"direction": "MASUK"})
    operations.resubmit(checked.pk, by=siti)
    pin = checked.corrections.get()
    words = corrections.Words(fresh(checked))
    assert ("Arah Perlintasan", "Masuk") in words.shown(pin, pin.new)
    assert ("Arah Perlintasan", "Masuk") not in words.shown(pin, pin.old)


def test_nothing_pinned_needs_the_whole_to_be_said(checked, siti, budi):
    with pytest.raises(ValidationError, match="Tandai dahulu bagian"):
        operations.ask_correction(checked.pk, by=budi, note="Perbaiki semuanya")
    assert fresh(checked).status == Status.VERIFYING
    assert fresh(checked).due_on is not None
    operations.ask_correction(checked.pk, by=budi, note="Perbaiki semuanya", whole=True)
    operations.remove_row(checked.pk, 2, by=siti)
    operations.resubmit(checked.pk, by=siti)


@pytest.mark.parametrize("name", ["siti", "sari", "rina", "ratna", "umar"])
def test_nobody_else_marks_or_ticks(checked, name, request, reason):
    person = request.getfixturevalue(name)
    refused = (PermissionDenied, operations.StateConflict)
    with pytest.raises(refused):
        operations.mark(checked.pk, by=person, kind=Kind.HEADER, keys=["subject"], reason=reason)
    with pytest.raises(refused):
        operations.tick_all(checked.pk, by=person)
    assert not checked.corrections.exists()


@pytest.mark.parametrize(
    "place",
    [
        {"kind": Kind.HEADER, "keys": ["status"]},
        {"kind": Kind.HEADER, "keys": []},
        {"kind": Kind.CELL, "keys": ["rahasia"]},
        {"kind": Kind.WHOLE},
        {"kind": "nonsense"},
    ],
)
def test_marks_land_on_known_places_only(checked, budi, reason, place):
    if place["kind"] == Kind.CELL:
        place = {**place, "row_pk": checked.rows.first().pk}
    with pytest.raises(ValidationError, match="Pilih bagian"):
        operations.mark(checked.pk, by=budi, reason=reason, **place)
    assert not checked.corrections.exists()


def test_a_foreign_row_cannot_be_marked(checked, budi, siti, catalogue, reason):
    other = fill_request(siti, catalogue["paspor"], "2/LAIN")
    with pytest.raises(type(other.rows.get()).DoesNotExist):
        operations.mark(checked.pk, by=budi, kind=Kind.ROW, row_pk=other.rows.get().pk, reason=reason)


def test_a_mark_needs_a_reason_and_is_replaced_not_doubled(checked, budi, reason):
    with pytest.raises(ValidationError, match="Pilih alasan"):
        operations.mark(checked.pk, by=budi, kind=Kind.HEADER, keys=["subject"], text="ya")
    wrong = Reason.objects.offered("rejection")[0]
    with pytest.raises(ValidationError, match="Pilih alasan yang tersedia"):
        operations.mark(checked.pk, by=budi, kind=Kind.HEADER, keys=["subject"], reason=wrong)
    operations.mark(checked.pk, by=budi, kind=Kind.HEADER, keys=["subject", "letter"], reason=reason)
    operations.mark(checked.pk, by=budi, kind=Kind.HEADER, keys=["subject"], text="Perihal kurang jelas")
    assert checked.corrections.count() == 2
    pin = checked.corrections.get(kind=Kind.HEADER)
    assert (pin.reason, pin.text) == (None, "Perihal kurang jelas")
    operations.unmark(checked.pk, by=budi, correction_pk=pin.pk)
    assert checked.corrections.get().kind == Kind.LETTER


def test_mail_tells_how_many_and_where_but_nobodys_data(checked, budi, reason, drain_queue):
    drain_queue()
    mail.outbox.clear()
    pin_three(checked, budi, reason)
    drain_queue()
    (message,) = mail.outbox
    for text in ("3 bagian", "No. Surat", "Baris 1, No. Paspor", "Baris 2"):
        assert text in message.body
    for secret in ("A123123", "John", "Jane", "1/TANDA", "terpotong", "Sesuaikan"):
        assert secret not in message.body


def test_officer_reads_old_and_new_and_it_is_recorded(
    checked, siti, budi, catalogue, reason, client, sign_in, page_text
):
    pin_three(checked, budi, reason)
    operations.save_header(checked.pk, by=siti, values={"letter_number": "2/TANDA"})
    change(checked, siti, catalogue, 1, no_paspor="A123124")
    operations.remove_row(checked.pk, 2, by=siti)
    operations.resubmit(checked.pk, by=siti)
    sign_in(client, budi)
    before = AccessEntry.objects.count()
    text = page_text(client.get(f"/admin/requests_app/datarequest/{checked.pk}/change/?tab=perbaikan"))
    for part in ("1/TANDA", "2/TANDA", "A123123", "A123124", "Jane Roe", "dihapus"):
        assert part in text
    entry = AccessEntry.objects.order_by("-id")[0]
    assert AccessEntry.objects.count() == before + 1
    # John by the old and by the new number, Jane who is gone
    assert entry.subjects.count() == 3


def test_marking_in_the_console_is_a_form_and_its_way_back(
    checked, siti, budi, rina, reason, client, sign_in, page_text
):
    john = checked.rows.first()
    base = f"/admin/requests_app/datarequest/{checked.pk}/"
    place = f"{base}perbaikan/tandai/?jenis=baris&baris={john.pk}&kolom=no_paspor"
    sign_in(client, budi)
    page = client.get(place)
    assert "No. Paspor: A123123" in page_text(page)
    assert page.context["form"].initial["places"] == ["no_paspor"]
    assert client.post(place, {"places": "no_paspor"}).status_code == 422
    done = client.post(place, {"places": ["no_paspor", "nama"], "reason": reason.pk, "text": ""})
    assert done["Location"].endswith("?tab=data&halaman=1#baris-1")
    assert str(reason.shown_text) in page_text(client.get(f"{base}change/?tab=data"))
    letter = f"{base}perbaikan/tandai/?jenis=surat"
    assert client.post(letter, {"places": "letter", "text": "Stempel tidak tampak"}).status_code == 302
    assert "Stempel tidak tampak" in page_text(client.get(f"{base}change/"))
    pin = checked.corrections.get(field_key="nama")
    assert client.post(f"{base}perbaikan/{pin.pk}/hapus/").status_code == 302
    assert checked.corrections.count() == 2
    for bad in ("?jenis=x", "?jenis=baris&baris=0", "?jenis=baris&baris=²", "?jenis=statistik&statistik=99"):
        assert client.get(f"{base}perbaikan/tandai/{bad}").status_code == 404
    sent = client.post(f"{base}ask-correction/", {"note": "Perbaiki dua bagian"})
    assert sent.status_code == 302
    assert fresh(checked).status == Status.NEEDS_CORRECTION
    assert client.get(place).status_code == 302  # with the applicant: nothing to mark now
    sign_in(client, rina)
    assert client.post(f"{base}perbaikan/{pin.pk}/centang/").status_code in (302, 403, 404)


@pytest.mark.parametrize("rows", [1, 12])
def test_tab_of_corrections_costs_the_same_for_few_and_many(
    rows, siti, budi, catalogue, agreement, client, sign_in, django_assert_num_queries
):
    request = results.make_request(siti, status=Status.VERIFYING, agreement=agreement, approved_at=None)
    for number in range(rows):
        values = {**JOHN, "no_paspor": f"A{number:06}"}
        row = results.add_row(request, catalogue["paspor"], values)
        operations.mark(request.pk, by=budi, kind=Kind.CELL, keys=["nama"], row_pk=row.pk, text="Salah tulis")
    sign_in(client, budi)
    address = f"/admin/requests_app/datarequest/{request.pk}/change/?tab=perbaikan"
    client.get(address)
    with django_assert_num_queries(COST, exact=False):
        client.get(address)


COST = 45


def test_what_comes_back_to_a_shut_account_is_free_for_colleagues(checked, siti, budi):
    operations.ask_correction(checked.pk, by=budi, note="Surat tidak terbaca", whole=True)
    budi.is_active = False
    budi.save()
    pin = checked.corrections.get()
    operations.explain(checked.pk, by=siti, correction_pk=pin.pk, text="Surat sudah terbaca jelas")
    back = operations.resubmit(checked.pk, by=siti)
    assert back.assignee is None
    assert back in queues.pool_for(factories.make_officer("agus", "Agus Salim", "Verifikator"))


def test_another_kind_of_purpose_is_a_correction_of_the_purpose(checked, siti, budi, agreement, reason):
    kinds = [
        Purpose.objects.create(code=code, label=code.title(), label_en=code) for code in ("riset", "seleksi")
    ]
    agreement.purposes.set(kinds)
    DataRequest.objects.filter(pk=checked.pk).update(purpose_code=kinds[0])
    operations.mark(checked.pk, by=budi, kind=Kind.HEADER, keys=["purpose"], reason=reason)
    operations.ask_correction(checked.pk, by=budi, note="Tujuan tidak sesuai surat")
    found = operations.save_header(checked.pk, by=siti, values={"purpose_code": kinds[1]})
    (task,) = corrections.checklist(found).tasks
    assert task.is_changed
    assert operations.resubmit(checked.pk, by=siti).status == Status.VERIFYING
    pin = found.corrections.get()
    assert (pin.old.split(":")[0], pin.new.split(":")[0]) == ("Riset", "Seleksi")
