"""The daily work of accounts: the clean-up, and warnings before agreements end."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.utils import timezone

from accounts import operations as accounts_operations
from accounts import otp, tasks
from accounts.entitlements import ending_soon, refusal_reason
from accounts.models import Agreement, SignInCode
from core.doors import clock
from tests import factories

pytestmark = pytest.mark.django_db


def test_clean_up_removes_old_codes_only(siti, sari):
    otp.send_code(siti, otp.new_attempt())
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        otp.send_code(sari, otp.new_attempt())
        tasks.clean_up()
        assert [code.user for code in SignInCode.objects.all()] == [sari]


def ends_in(agreement, days):
    Agreement.objects.filter(pk=agreement.pk).update(valid_until=clock.today() + timedelta(days=days))


def warned(drain_queue):
    """Whom the task tells now, by address."""
    before = len(mail.outbox)
    tasks.warn_of_ending_agreements()
    drain_queue()
    return sorted(message.to[0] for message in mail.outbox[before:])


def test_both_sides_are_warned_once_for_each_step(
    agreement, siti, sari, joko, kartika, budi, umar, drain_queue
):
    told = sorted([siti.email, sari.email, kartika.email])
    ends_in(agreement, 91)
    assert warned(drain_queue) == []
    start = timezone.now()
    for days_later, expected in ((1, told), (2, []), (31, told), (45, []), (61, told), (84, told), (85, [])):
        with time_machine.travel(start + timedelta(days=days_later), tick=False):
            assert warned(drain_queue) == expected, days_later
            assert warned(drain_queue) == []


def test_a_warning_names_the_agreement_and_the_day(agreement, siti, kartika, drain_queue, mail_text):
    ends_in(agreement, 30)
    tasks.warn_of_ending_agreements()
    drain_queue()
    day = clock.long_date(clock.today() + timedelta(days=30))
    for person, link in ((siti, "/permohonan/"), (kartika, f"/admin/accounts/agreement/{agreement.pk}/")):
        text = mail_text(to=person.email)
        assert f"PKS {agreement.number} dengan BADAN IT NASIONAL berakhir pada {day}, 30 hari lagi." in text
        assert link in text


def test_a_prolonged_agreement_is_not_announced(agreement, siti, kartika, drain_queue):
    ends_in(agreement, 30)
    tasks.warn_of_ending_agreements()
    factories.amend(agreement, valid_from=clock.today() + timedelta(days=31))
    drain_queue()
    assert mail.outbox == []
    assert warned(drain_queue) == []


def test_a_new_end_is_announced_anew(agreement, siti, kartika, drain_queue):
    ends_in(agreement, 5)
    assert len(warned(drain_queue)) == 2
    ends_in(agreement, 6)
    assert len(warned(drain_queue)) == 2


def test_a_planned_termination_is_an_end_that_is_announced(
    agency, agreement, siti, kartika, drain_queue, mail_text
):
    last = clock.today() + timedelta(days=20)
    accounts_operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=last + timedelta(days=1))
    assert [days for _agreement, days in ending_soon(agency.pk, clock.today())] == [20]
    tasks.warn_of_ending_agreements()
    drain_queue()
    assert {message.to[0] for message in mail.outbox} == {siti.email, kartika.email}
    assert clock.long_date(last) in mail_text()
    entry = LogEntry.objects.get()
    assert entry.user == kartika
    assert clock.short_date(last + timedelta(days=1)) in entry.change_message


def test_what_was_terminated_is_told_as_the_reason(agency, agreement, kartika):
    accounts_operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=clock.today())
    assert "diakhiri pada" in refusal_reason(agency, None, clock.today())


@pytest.mark.parametrize("days_ago", [0, 5])
def test_an_end_that_holds_already_is_told_once_to_both_sides(
    agreement, siti, sari, joko, kartika, budi, umar, drain_queue, mail_text, days_ago
):
    day = clock.today() - timedelta(days=days_ago)
    accounts_operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=day)
    drain_queue()
    told = sorted([siti.email, sari.email, kartika.email])
    assert sorted(message.to[0] for message in mail.outbox) == told
    assert {message.subject for message in mail.outbox} == {f"PKS {agreement.number} diakhiri"}
    for person, link in ((siti, "/permohonan/"), (kartika, f"/admin/accounts/agreement/{agreement.pk}/")):
        text = mail_text(to=person.email)
        assert f"dengan BADAN IT NASIONAL diakhiri sejak {clock.long_date(day)}." in text
        assert link in text
    assert warned(drain_queue) == []


@pytest.mark.parametrize("days", [1, 6, 20])
def test_a_planned_end_is_told_at_once_and_not_again_by_the_task_of_the_day(
    agreement, siti, kartika, drain_queue, days
):
    end = clock.today() + timedelta(days=days)
    accounts_operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=end)
    drain_queue()
    assert sorted(message.to[0] for message in mail.outbox) == sorted([siti.email, kartika.email])
    assert warned(drain_queue) == []
