"""Who else has a request open: by page loads alone, by the poll, forgotten after two minutes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule

from accounts.models import User
from core.doors import clock
from requests_app import operations, tasks
from requests_app.models import DataRequest, RequestPresence, Status
from tests import factories
from tests.requests_app import results

SENTENCE = "sedang membuka permohonan ini sejak"


@pytest.fixture
def found(siti: User, agreement: Any) -> DataRequest:
    return results.make_request(siti, status=Status.PROCESSING, agreement=agreement, approved_at=None)


@pytest.fixture
def at() -> Callable[[int], Any]:
    """``with at(seconds):`` the clock so long after a fixed moment of today."""
    start = timezone.now()
    return lambda seconds: time_machine.travel(start + timedelta(seconds=seconds), tick=False)


def page(found: DataRequest) -> str:
    return reverse("admin:requests_app_datarequest_change", args=[found.pk])


def beat(found: DataRequest) -> str:
    return reverse("admin:requests_app_datarequest_presence", args=[found.pk])


def test_page_says_who_came_before(
    sign_in: Any, rina: User, ratna: User, found: DataRequest, page_text: Any
) -> None:
    first, second = sign_in(Client(), rina), sign_in(Client(), ratna)
    assert SENTENCE not in page_text(first.get(page(found)))
    since = clock.time_wib(RequestPresence.objects.get().since)
    for address in (page(found), page(found) + "?tab=riwayat", f"{page(found)[:-7]}jawaban/"):
        assert f"Rina Lestari {SENTENCE} {since}" in page_text(second.get(address))
    text = page_text(first.get(page(found)))
    assert f"Ratna Wulandari {SENTENCE}" in text
    assert f"Rina Lestari {SENTENCE}" not in text


def test_poll_keeps_the_line_and_silence_ends_it(
    rina: User, ratna: User, found: DataRequest, at: Any
) -> None:
    with at(0):
        operations.come(found.pk, by=rina)
        began = RequestPresence.objects.get().since
    for second in (60, 120, 180):
        with at(second):
            operations.come(found.pk, by=rina)
    with at(299):
        assert operations.others_at(found.pk, by=ratna).get().since == began
    with at(301):
        assert not operations.others_at(found.pk, by=ratna).exists()
        operations.come(found.pk, by=rina)
        assert operations.others_at(found.pk, by=ratna).get().since > began  # gone meanwhile
        assert RequestPresence.objects.count() == 1


def test_quick_clicks_are_one_write(rina: User, found: DataRequest, at: Any) -> None:
    with at(0):
        operations.come(found.pk, by=rina)
    with at(5), CaptureQueriesContext(connection) as queries:
        operations.come(found.pk, by=rina)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


def test_poll_answers_and_is_no_activity(
    sign_in: Any, rina: User, ratna: User, found: DataRequest, at: Any
) -> None:
    operations.come(found.pk, by=ratna)
    client = sign_in(Client(), rina)
    session = client.session
    session["seen_at"] -= 100
    session.save()
    before = client.session["seen_at"]
    answer = client.post(beat(found))
    assert [line.partition(" sejak")[0] for line in answer.json()["lines"]] == [
        "Ratna Wulandari sedang membuka permohonan ini"
    ]
    assert client.session["seen_at"] == before
    client.get(page(found))
    assert client.session["seen_at"] > before


def test_poll_is_for_those_who_may_see_the_request(
    sign_in: Any, rina: User, kartika: User, siti: User, joko: User, found: DataRequest, agreement: Any
) -> None:
    assert sign_in(Client(), rina).get(beat(found)).status_code == 405
    draft = results.make_request(siti, status=Status.DRAFT, number=None)
    assert sign_in(Client(), rina).post(beat(draft)).status_code == 404
    for person, status in ((kartika, 403), (siti, 404), (joko, 404)):
        assert sign_in(Client(), person).post(beat(found)).status_code == status
    checked = sign_in(Client(enforce_csrf_checks=True), rina)
    assert checked.post(beat(found)).status_code == 403
    assert not RequestPresence.objects.exists()


def test_page_costs_the_same_with_many_present(
    client: Any, sign_in: Any, rina: User, found: DataRequest
) -> None:
    sign_in(client, rina)

    def cost() -> int:
        client.get(page(found))
        with CaptureQueriesContext(connection) as queries:
            client.get(page(found))
        return len(queries)

    operations.come(found.pk, by=factories.make_officer("bayu0", "Bayu 0", "Petugas"))
    one = cost()
    for number in range(1, 6):
        operations.come(found.pk, by=factories.make_officer(f"bayu{number}", f"Bayu {number}", "Petugas"))
    assert cost() == one


def test_those_gone_are_cleaned_up(rina: User, ratna: User, found: DataRequest, at: Any) -> None:
    from django.core.management import call_command

    with at(0):
        operations.come(found.pk, by=rina)
    with at(100):
        operations.come(found.pk, by=ratna)
    with at(130):
        tasks.forget_presence()
        assert RequestPresence.objects.get().user == ratna
    call_command("load_schedules", verbosity=0)
    assert Schedule.objects.filter(func="requests_app.tasks.forget_presence").exists()
