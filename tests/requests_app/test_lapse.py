"""A request that is not corrected in time is reminded of twice and then lapses."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from core.reference.working_days import add_working_days
from requests_app import operations, tasks
from requests_app.models import DataRequest, Status
from tests.requests_app import results
from tests.routes import fill_request


@pytest.fixture
def waiting(siti, budi, agreement, catalogue) -> DataRequest:
    """Siti's request, returned for correction today."""
    request = fill_request(siti, catalogue["paspor"], "1/X")
    operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
    operations.start_verification(request.pk, by=budi)
    return operations.ask_correction(request.pk, by=budi, note="Perbaiki nomor surat", whole=True)


def at_working_day(days: int) -> float:
    """Noon of the working day ``days`` after today, as a timestamp."""
    target = add_working_days(timezone.localdate(), days)
    return (timezone.now() + (target - timezone.localdate())).timestamp()


def status_of(request: DataRequest) -> str:
    return DataRequest.objects.values_list("status", flat=True).get(pk=request.pk)


def test_lapse_reminds_twice_and_then_closes(waiting, drain_queue):
    drain_queue()
    mail.outbox.clear()
    for days, expected in [(1, 0), (5, 1), (6, 1), (8, 2), (10, 2)]:
        with time_machine.travel(at_working_day(days), tick=False):
            tasks.lapse_silent()
            tasks.lapse_silent()
        drain_queue()
        assert len(mail.outbox) == expected, days
        assert status_of(waiting) == Status.NEEDS_CORRECTION
    with time_machine.travel(at_working_day(11), tick=False):
        tasks.lapse_silent()
    drain_queue()
    assert status_of(waiting) == Status.LAPSED
    assert "kedaluwarsa" in mail.outbox[-1].subject
    last = waiting.events.order_by("-id")[0]
    assert (last.verb, last.actor, last.target) == ("lapse", None, Status.LAPSED)


def test_lapse_counts_from_the_latest_return(waiting, siti, budi):
    with time_machine.travel(at_working_day(8), tick=False):
        results.correct(waiting)
        operations.resubmit(waiting.pk, by=siti)
        operations.ask_correction(waiting.pk, by=budi, note="Masih ada yang kurang", whole=True)
    with time_machine.travel(at_working_day(12), tick=False):
        tasks.lapse_silent()
    assert status_of(waiting) == Status.NEEDS_CORRECTION


def test_a_lapsed_request_cannot_be_sent_again(waiting, siti):
    operations.lapse(waiting.pk)
    with pytest.raises(operations.StateConflict):
        operations.resubmit(waiting.pk, by=siti)
    assert timezone.now() - waiting.created_at < timedelta(hours=1)
