"""The morning mail about time, the reminders that follow the rules of work, and the due dates a new holiday moves."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django_q.models import Schedule

from core.doors import clock
from core.models import OutgoingMail
from core.reference.models import Holiday
from core.reference.working_days import missing_calendar
from core.rules.models import WorkRules
from requests_app import operations, tasks
from requests_app.models import DataRequest, Status
from tests.requests_app import results


def at(text: str) -> Any:
    """Stands still at a moment of the Jakarta clock; the days of these tests are ordinary working days."""
    moment = datetime.fromisoformat(text).replace(tzinfo=clock.ZONES["WIB"])
    return time_machine.travel(moment, tick=False)


@pytest.fixture
def due(siti: Any, agreement: Any) -> Any:
    """``due(status, date, assignee)``: a request of Siti's."""

    def due(status: Status, day: date, assignee: Any = None) -> DataRequest:
        return results.make_request(
            siti, status=status, agreement=agreement, approved_at=None, due_on=day, assignee=assignee
        )

    return due


def sent_to(person: Any) -> list[Any]:
    return [message for message in mail.outbox if message.to == [person.email]]


def test_digest_counts_for_each_person_and_names_nobody(due, siti, budi, rina, kartika, drain_queue):
    late, soon, later = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 20)
    number = due(Status.PROCESSING, late, rina).number
    due(Status.PROCESSING, soon, rina)
    due(Status.PROCESSING, later, rina)
    due(Status.SUBMITTED, late)
    due(Status.NEEDS_CORRECTION, late, rina)  # with the applicant: nobody's delay
    with at("2026-03-04 07:00"):
        tasks.send_digests()
        tasks.send_digests()
        drain_queue()
    (to_rina,), (to_budi,), (to_kartika,) = sent_to(rina), sent_to(budi), sent_to(kartika)
    assert "Terlambat pada Anda: 1 permohonan" in to_rina.body
    assert "Segera jatuh tempo pada Anda: 1 permohonan" in to_rina.body
    assert "Terlambat dan belum diambil: 1 permohonan" in to_budi.body
    assert "Terlambat: Rina Lestari: 1 permohonan" in to_kartika.body
    assert "Terlambat: belum diambil: 1 permohonan" in to_kartika.body
    for message in (to_rina, to_budi, to_kartika):
        assert str(number) not in message.body
        assert "Siti" not in message.body
    assert sent_to(siti) == []


def test_no_digest_when_nothing_is_late_or_offices_are_closed(due, rina):
    due(Status.PROCESSING, date(2026, 3, 20), rina)
    with at("2026-03-04 07:00"):
        tasks.send_digests()
    due(Status.PROCESSING, date(2026, 3, 2), rina)
    with at("2026-03-07 07:00"):  # Saturday
        tasks.send_digests()
    Holiday.objects.create(date=date(2026, 3, 9), name="Libur")
    with at("2026-03-09 07:00"):
        tasks.send_digests()
    assert not OutgoingMail.objects.filter(kind="requests.digest").exists()


def test_digest_that_became_untrue_is_not_sent(due, rina, drain_queue):
    found = due(Status.PROCESSING, date(2026, 3, 2), rina)
    with at("2026-03-04 07:00"):
        tasks.send_digests()
        DataRequest.objects.filter(pk=found.pk).update(due_on=date(2026, 3, 30))
        drain_queue()
    assert sent_to(rina) == []


def test_correction_terms_come_from_the_rules_of_work(due, siti, budi, drain_queue):
    found = due(Status.VERIFYING, date(2026, 3, 20), budi)
    WorkRules.objects.update_or_create(
        pk=1, defaults={"correction_working_days": 3, "correction_reminders": "1"}
    )
    with at("2026-03-02 09:00"):
        operations.ask_correction(found.pk, by=budi, note="Perbaiki nomor surat", whole=True)
    seen = []
    for day in ("03", "04", "05", "06"):
        with at(f"2026-03-{day} 08:00"):
            tasks.lapse_silent()
        seen.append(
            (
                DataRequest.objects.get(pk=found.pk).status,
                OutgoingMail.objects.filter(kind="requests.reminder").count(),
            )
        )
    assert seen == [
        (Status.NEEDS_CORRECTION, 0),
        (Status.NEEDS_CORRECTION, 1),
        (Status.NEEDS_CORRECTION, 1),
        (Status.LAPSED, 1),
    ]


def test_a_new_holiday_moves_the_due_dates_of_running_clocks(due, siti, budi, agreement, catalogue):
    type(agreement).objects.filter(pk=agreement.pk).update(valid_from=date(2026, 1, 1))
    found = due(Status.VERIFYING, date(2026, 3, 20), budi)
    results.add_row(found, catalogue["paspor"], results.ASKED)
    with at("2026-03-02 09:00"):
        operations.ask_correction(found.pk, by=budi, note="Perbaiki nomor surat", whole=True)
        results.correct(found)
        operations.resubmit(found.pk, by=siti)
        Holiday.objects.create(date=date(2026, 3, 18), name="Cuti bersama", kind=Holiday.Kind.JOINT_LEAVE)
        tasks.count_due_dates()
        tasks.count_due_dates()
    assert DataRequest.objects.get(pk=found.pk).due_on == date(2026, 3, 23)
    assert [entry.kind for entry in found.clock_entries.all()] == ["pause", "resume", "calendar"]


def test_next_years_calendar_is_missed_from_november(base_data):
    Holiday.objects.create(date=date(2026, 1, 1), name="Tahun Baru")
    Holiday.objects.create(date=date(2026, 1, 2), name="Cuti bersama", kind=Holiday.Kind.JOINT_LEAVE)
    assert missing_calendar(date(2026, 10, 31)) == []
    assert missing_calendar(date(2026, 11, 1)) == [
        "Hari libur nasional 2027 belum dimuat",
        "Cuti bersama 2027 belum dimuat",
    ]


def test_morning_tasks_are_put_in_at_their_hour_and_keep_it(db):
    call_command("load_schedules", verbosity=0)
    digest = Schedule.objects.get(name="send_digests")
    assert digest.next_run.astimezone(clock.ZONES["WIB"]).hour == 7
    Schedule.objects.filter(pk=digest.pk).update(next_run=digest.next_run + timedelta(days=3))
    call_command("load_schedules", verbosity=0)
    assert Schedule.objects.get(pk=digest.pk).next_run == digest.next_run + timedelta(days=3)
