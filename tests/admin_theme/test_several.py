"""Operations on several ticked lines: looked at first, then one by one; what cannot be done is told."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from requests_app.models import DataRequest, Status
from tests import factories
from tests.requests_app import results

LIST = "/admin/requests_app/datarequest/"
USERS = "/admin/accounts/user/"


@pytest.fixture
def found(siti: User, agreement: Any) -> list[DataRequest]:
    """Two to be processed and one to be verified."""
    states = (Status.PROCESSING, Status.PROCESSING, Status.SUBMITTED)
    return [
        results.make_request(siti, status=state, agreement=agreement, approved_at=None) for state in states
    ]


def ticked(action: str, lines: Any, **more: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(line.pk) for line in lines], **more}


def assignees() -> dict[str, str | None]:
    return dict(DataRequest.objects.values_list("number", "assignee__username"))


def test_several_are_taken_after_a_look(
    client: Any, sign_in: Any, rina: User, found: Any, page_text: Any
) -> None:
    sign_in(client, rina)
    assert "Ambil yang dipilih" in client.get(LIST).content.decode()
    asked = client.post(LIST, ticked("bulk_take", found, index="0"))
    assert asked.status_code == 200
    text = page_text(asked)
    assert "3 baris dipilih" in text
    assert all(request.number in text for request in found)
    assert set(assignees().values()) == {None}
    done = client.post(LIST, ticked("bulk_take", found, bulk_confirmed="1"), follow=True)
    text = page_text(done)
    assert "dilakukan pada 2 baris" in text
    assert f"{found[2].number}: Rina Lestari tidak menangani permohonan berstatus Baru" in text
    assert assignees() == {found[0].number: "rina", found[1].number: "rina", found[2].number: None}


def test_several_are_assigned_with_a_note(
    client: Any, sign_in: Any, rina: User, found: Any, page_text: Any
) -> None:
    second = factories.make_officer("bayu", "Bayu Aji", "Petugas")
    sign_in(client, rina)
    form = {"assignee": str(second.pk), "note": "Bagi dua"}
    missing = client.post(LIST, ticked("bulk_assign", found[:2], bulk_confirmed="1", note=""))
    assert missing.status_code == 422
    assert set(assignees().values()) == {None}
    client.post(LIST, ticked("bulk_assign", found[:2], bulk_confirmed="1", **form))
    assert assignees() == {found[0].number: "bayu", found[1].number: "bayu", found[2].number: None}
    assert {event.note for event in found[0].events.all()} == {"Bayu Aji: Bagi dua"}
    text = page_text(
        client.post(LIST, ticked("bulk_release", found[:1], bulk_confirmed="1", note=""), follow=True)
    )
    assert "Permohonan ini ditangani Bayu Aji" in text


def test_readers_change_nothing(client: Any, sign_in: Any, umar: User, found: Any, page_text: Any) -> None:
    sign_in(client, umar)
    client.post(LIST, ticked("bulk_take", found, bulk_confirmed="1"), follow=True)
    assert set(assignees().values()) == {None}


def test_more_than_a_person_can_look_at_is_refused(
    client: Any, sign_in: Any, rina: User, found: Any, page_text: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin_theme.several.MOST", 2)
    for confirmed in ({"index": "0"}, {"bulk_confirmed": "1"}):
        answer = sign_in(client, rina).post(LIST, ticked("bulk_take", found, **confirmed), follow=True)
        assert "Pilih paling banyak 2 baris sekaligus" in page_text(answer)
    assert set(assignees().values()) == {None}


def test_asking_costs_the_same_for_few_and_many(client: Any, sign_in: Any, rina: User, found: Any) -> None:
    sign_in(client, rina)
    costs = []
    for number in (1, 3):
        client.post(LIST, ticked("bulk_take", found[:number], index="0"))
        with CaptureQueriesContext(connection) as queries:
            client.post(LIST, ticked("bulk_take", found[:number], index="0"))
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_several_users_are_shut_out_but_never_oneself(
    client: Any, sign_in: Any, kartika: User, dewi: User, umar: User, page_text: Any
) -> None:
    other = sign_in(Client(), dewi)
    assert other.get("/admin/").status_code == 200
    sign_in(client, kartika)
    people = [kartika, dewi, umar]
    asked = page_text(client.post(USERS, ticked("bulk_deactivate", people, index="0")))
    assert "langsung dikeluarkan" in asked
    assert User.objects.filter(is_active=False).count() == 0
    shut = ticked("bulk_deactivate", people, bulk_confirmed="1", reason="Pindah tugas")
    text = page_text(client.post(USERS, shut, follow=True))
    assert "dilakukan pada 2 baris" in text
    assert "akun Anda sendiri" in text
    assert set(User.objects.filter(is_active=False)) == {dewi, umar}
    assert other.get("/admin/").status_code == 302
