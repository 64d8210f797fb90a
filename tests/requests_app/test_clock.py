"""The ledger of a request's clock: stops with a correction, runs on with what was left, extended with a reason."""

import uuid
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from core.doors import clock
from core.reference.models import Holiday
from core.rules.models import Reason, WorkRules
from requests_app import ledger, operations
from requests_app.models import ClockEntry, DataRequest, Status
from tests.requests_app import results
from tests.routes import fill_request

Kind = ClockEntry.Kind


def at(text: str) -> Any:
    """Stands still at a moment of the Jakarta clock."""
    moment = datetime.fromisoformat(text).replace(tzinfo=clock.ZONES["WIB"])
    return time_machine.travel(moment, tick=False)


@pytest.fixture
def extension(base_data: None) -> Reason:
    return Reason.objects.offered("extension")[0]


@pytest.fixture
def sent(siti: User, budi: User, agreement: Any, catalogue: Any) -> DataRequest:
    """Siti's request, sent on Monday 2 March 2026 at ten and taken up at once: due on Monday the 9th."""
    type(agreement).objects.filter(pk=agreement.pk).update(valid_from=date(2026, 1, 1), valid_until=None)
    with at("2026-03-02 10:00"):
        request = fill_request(siti, catalogue["paspor"], "1/WAKTU")
        operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
        return operations.start_verification(request.pk, by=budi)


def stored(request: DataRequest) -> DataRequest:
    return DataRequest.objects.get(pk=request.pk)


def entries(request: DataRequest) -> list[tuple[str, int, date | None]]:
    return list(request.clock_entries.values_list("kind", "days", "due_on"))


def test_sending_after_hours_counts_from_the_next_working_day(siti, agreement, catalogue):
    type(agreement).objects.filter(pk=agreement.pk).update(valid_from=date(2026, 1, 1))
    with at("2026-03-06 17:30"):  # Friday evening
        request = fill_request(siti, catalogue["paspor"], "1/MALAM")
        operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
        assert stored(request).due_on == date(2026, 3, 16)
        assert ledger.light(stored(request)) == ledger.Light("green", "Sisa 5 hari kerja")
    assert request.clock_entries.get().counted_from == date(2026, 3, 9)


def test_longest_term_of_the_services_is_promised(siti, agreement, catalogue):
    type(catalogue["paspor"]).objects.filter(key="paspor").update(answer_working_days=8)
    request = fill_request(siti, catalogue["paspor"], "1/LAMA")
    operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
    assert request.clock_entries.get().days == 8


def test_correction_stops_the_clock_and_sending_again_gives_the_rest(sent, siti, budi):
    assert sent.due_on == date(2026, 3, 9)
    with at("2026-03-04 11:00"):
        back = operations.ask_correction(sent.pk, by=budi, note="Perbaiki nomor surat", whole=True)
        assert back.due_on is None
        assert ledger.light(back) == ledger.Light(
            "grey", "Waktu berhenti, menunggu perbaikan. Sisa 3 hari kerja"
        )
    with at("2026-03-26 09:00"):
        assert not DataRequest.objects.overdue().exists()
        results.correct(sent)
        again = operations.resubmit(sent.pk, by=siti)
        assert again.due_on == date(2026, 3, 31)
    assert entries(sent) == [
        (Kind.START, 5, date(2026, 3, 9)),
        (Kind.PAUSE, 3, None),
        (Kind.RESUME, 3, date(2026, 3, 31)),
    ]


def test_a_late_request_stays_late_by_as_many_days(sent, siti, budi):
    with at("2026-03-11 09:00"):
        operations.ask_correction(sent.pk, by=budi, note="Perbaiki nomor surat", whole=True)
    with at("2026-03-16 09:00"):
        results.correct(sent)
        again = operations.resubmit(sent.pk, by=siti)
        assert again.due_on == date(2026, 3, 12)
        assert ledger.light(again) == ledger.Light("red", "Terlambat 2 hari kerja")


def test_light_turns_amber_before_and_red_after_the_due_date(sent):
    tones = []
    for day in ("04", "05", "06", "09", "10"):
        with at(f"2026-03-{day} 09:00"):
            light = ledger.light(stored(sent))
            assert light is not None
            tones.append((light.tone, light.text))
    assert tones == [
        ("green", "Sisa 3 hari kerja"),
        ("amber", "Sisa 2 hari kerja"),
        ("amber", "Sisa 1 hari kerja"),
        ("amber", "Batas waktunya hari ini"),
        ("red", "Terlambat 1 hari kerja"),
    ]


def test_light_is_red_on_the_free_days_after_the_due_date(sent):
    DataRequest.objects.filter(pk=sent.pk).update(due_on=date(2026, 3, 6))
    with at("2026-03-07 09:00"):
        assert stored(sent).is_overdue
        assert ledger.light(stored(sent)) == ledger.Light("red", "Batas waktu sudah lewat")


def test_extension_needs_reason_and_words_and_has_a_limit(sent, budi, extension, drain_queue):
    with at("2026-03-05 09:00"):
        operations.extend(sent.pk, by=budi, days=4, reason=extension, note="Arsip diambil dari gudang")
        assert stored(sent).due_on == date(2026, 3, 13)
        with pytest.raises(ValidationError, match="1 sampai 3 hari kerja"):
            operations.extend(sent.pk, by=budi, days=4, reason=extension, note="Arsip diambil dari gudang")
        with pytest.raises(ValidationError, match="Tulis penjelasan"):
            operations.extend(sent.pk, by=budi, days=1, reason=extension, note=" ")
        wrong = Reason.objects.offered("rejection")[0]
        with pytest.raises(ValidationError, match="Pilih alasan"):
            operations.extend(sent.pk, by=budi, days=1, reason=wrong, note="Arsip diambil dari gudang")
        operations.extend(sent.pk, by=budi, days=3, reason=extension, note="Arsip diambil dari gudang")
        with pytest.raises(ValidationError, match="sudah habis"):
            operations.extend(sent.pk, by=budi, days=1, reason=extension, note="Arsip diambil dari gudang")
    drain_queue()
    told = [message for message in mail.outbox if "diperpanjang" in message.subject]
    assert len(told) == 2
    assert "13 Maret 2026" not in told[0].body  # each mail tells the date in force when it is sent
    assert "Arsip" not in told[0].body


@pytest.mark.parametrize("name", ["siti", "sari", "rina", "ratna", "umar"])
def test_nobody_else_extends(sent, extension, name, request):
    person = request.getfixturevalue(name)
    refused = operations.StateConflict if name == "rina" else PermissionDenied
    with pytest.raises(refused):
        operations.extend(sent.pk, by=person, days=1, reason=extension, note="Arsip diambil dari gudang")


def test_extension_survives_a_pause(sent, siti, budi, extension):
    with at("2026-03-05 09:00"):
        operations.extend(sent.pk, by=budi, days=2, reason=extension, note="Arsip diambil dari gudang")
        operations.ask_correction(sent.pk, by=budi, note="Perbaiki nomor surat", whole=True)
        results.correct(sent)
        again = operations.resubmit(sent.pk, by=siti)
    assert again.due_on == date(2026, 3, 11)


def test_ending_is_written_with_the_days_that_were_left(sent, budi):
    with at("2026-03-05 09:00"):
        operations.reject(sent.pk, by=budi, note="Di luar ruang lingkup")
    assert entries(sent)[-1] == (Kind.STOP, 2, date(2026, 3, 9))
    assert ledger.light(stored(sent)) is None


def test_new_joint_leave_moves_the_due_date_once(sent):
    Holiday.objects.create(date=date(2026, 3, 6), name="Cuti bersama", kind=Holiday.Kind.JOINT_LEAVE)
    with at("2026-03-04 09:00"):
        assert operations.count_again(sent.pk)
        assert not operations.count_again(sent.pk)
    assert entries(sent)[-1] == (Kind.CALENDAR, 3, date(2026, 3, 10))
    assert stored(sent).due_on == date(2026, 3, 10)


def test_shorter_hours_do_not_change_what_was_promised(sent):
    WorkRules.objects.update_or_create(pk=1, defaults={"work_ends": "09:00", "answer_working_days": 2})
    with at("2026-03-04 09:00"):
        assert not operations.count_again(sent.pk)


def test_both_sides_read_the_same_ledger(sent, siti, budi, extension, client, sign_in, page_text):
    with at("2026-03-05 09:00"):
        operations.extend(sent.pk, by=budi, days=2, reason=extension, note="Arsip diambil dari gudang")
        told = [line.text for line in ledger.lines(sent)]
        assert told == [
            "5 hari kerja. Dihitung sejak 2 Maret 2026. Batas waktu 9 Maret 2026.",
            "Ditambah 2 hari kerja. Batas waktu 11 Maret 2026.",
        ]
        officer = page_text(
            sign_in(client, budi).get(f"/admin/requests_app/datarequest/{sent.pk}/change/?tab=waktu")
        )
        applicant = page_text(sign_in(client, siti).get(f"/permohonan/{sent.pk}/"))
    for text in (*told, str(extension.shown_text), "Arsip diambil dari gudang", "Sisa 4 hari kerja"):
        assert text in officer
        assert text in applicant
    assert "Budi" not in applicant


def test_states_that_have_ended_have_no_light():
    assert ledger.light(DataRequest(status=Status.COMPLETED, due_on=date(2026, 3, 9))) is None
