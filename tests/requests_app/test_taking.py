"""Who has charge of a request: the next one for two at once, handing over, giving back, an absent officer's work."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from requests_app import operations, queues, workflow
from requests_app.models import DataRequest, Outcome, Status
from tests import factories
from tests.requests_app import results

S = Status
#: Seconds for a busy machine.
PATIENCE = 120
TAKE_NEXT = "/admin/requests_app/datarequest/ambil-berikutnya/"


@pytest.fixture
def request_in(siti: User, agreement: Any) -> Callable[..., DataRequest]:
    """``request_in(status, due=0, **changes)``: Siti's request, due so many days from now."""

    def request_in(status: Status, due: int = 0, **changes: Any) -> DataRequest:
        day = timezone.localdate() + timedelta(days=due)
        return results.make_request(
            siti, status=status, agreement=agreement, due_on=day, approved_at=None, **changes
        )

    return request_in


# --- the next one ---


def test_next_is_the_oldest_deadline_of_my_role(request_in: Any, budi: User, rina: User, ratna: User) -> None:
    request_in(S.SUBMITTED, due=3)
    urgent = request_in(S.SUBMITTED, due=-1)
    work = request_in(S.PROCESSING, due=1)
    signature = request_in(S.AWAITING_APPROVAL, due=1)
    request_in(S.PROCESSING, due=-5, assignee=ratna)  # somebody has it
    for officer, expected in ((budi, urgent), (rina, work), (ratna, signature)):
        taken = operations.take_next(by=officer)
        assert taken == expected
        event = taken.events.get()
        assert (taken.assignee, event.verb, event.actor) == (officer, "take", officer)
    assert operations.take_next(by=rina) is None


def test_what_has_no_deadline_comes_last(
    client: Any, sign_in: Any, request_in: Any, rina: User, ratna: User
) -> None:
    """On SQLite as on PostgreSQL, for the next one and for the list."""
    dateless = request_in(S.PROCESSING)
    DataRequest.objects.filter(pk=dateless.pk).update(due_on=None)
    urgent = request_in(S.PROCESSING, due=30)
    html = sign_in(client, ratna).get(reverse("admin:requests_app_datarequest_changelist")).content.decode()
    assert html.index(urgent.number) < html.index(dateless.number)
    assert operations.take_next(by=rina) == urgent
    assert operations.take_next(by=rina) == dateless


def test_next_keeps_four_eyes(request_in: Any, ratna: User, rina: User, catalogue: Any) -> None:
    request_in(S.AWAITING_APPROVAL, verified_by=ratna)
    request_in(S.AWAITING_APPROVAL, processed_by=ratna)
    answered = request_in(S.AWAITING_APPROVAL)
    results.add_row(answered, catalogue["paspor"], results.ASKED, (results.ANSWER,), by=ratna)
    decided = request_in(S.AWAITING_APPROVAL)
    results.add_row(decided, catalogue["paspor"], results.ASKED, by=ratna)
    counted = request_in(S.AWAITING_APPROVAL)
    item = results.add_statistics(counted, catalogue["perlintasan"], results.TABLE)
    item.answered_by = ratna
    item.save()
    assert operations.take_next(by=ratna) is None
    other = request_in(S.AWAITING_APPROVAL, processed_by=rina)
    assert operations.take_next(by=ratna) == other


def test_pool_says_the_same_as_the_guards(
    request_in: Any, ratna: User, rina: User, budi: User, catalogue: Any
) -> None:
    """The condition of the database and the words of the workflow are twins."""
    both = factories.make_officer("agus", "Agus Salim", "Verifikator", "Petugas", "Penyetuju")
    for status in S:
        if status == S.DRAFT:
            continue
        for name in (None, "verified_by", "processed_by", "approved_by", "entered_by"):
            if name != "approved_by" or status == S.AWAITING_APPROVAL:
                request_in(status, **({name: both} if name else {}))
    for person in (ratna, rina, budi, both):
        for found in DataRequest.objects.all():
            in_pool = queues.pool_for(person).filter(pk=found.pk).exists()
            is_turn = found.status in queues.TURN_STATES
            assert in_pool == (is_turn and not queues.reasons_against_charge(found, person)), (
                person.username,
                found.status,
            )


def test_next_is_never_of_the_own_agency(request_in: Any, budi: User, agency: Any) -> None:
    request_in(S.SUBMITTED)
    budi.agency = agency
    budi.save()
    assert operations.take_next(by=budi) is None


def test_next_is_refused_without_a_working_right(request_in: Any, umar: User, siti: User) -> None:
    request_in(S.SUBMITTED)
    for person in (umar, siti):
        with pytest.raises(PermissionDenied):
            operations.take_next(by=person)


def test_button_opens_the_request_taken(
    client: Any, sign_in: Any, rina: User, request_in: Any, page_text: Any
) -> None:
    found = request_in(S.PROCESSING)
    sign_in(client, rina)
    for place in ("/admin/", "/admin/requests_app/datarequest/"):
        assert "Ambil berikutnya" in page_text(client.get(place))
    assert client.get(TAKE_NEXT).status_code == 405
    text = page_text(client.post(TAKE_NEXT, follow=True))
    assert f"Permohonan {found.number} kini Anda tangani" in text
    empty = page_text(client.post(TAKE_NEXT, follow=True))
    assert "Masih ada 1 permohonan yang Anda tangani" in empty
    assert "Ambil berikutnya" not in empty


def test_button_is_not_for_readers(client: Any, sign_in: Any, umar: User, request_in: Any) -> None:
    request_in(S.SUBMITTED)
    sign_in(client, umar)
    assert "Ambil berikutnya" not in client.get("/admin/").content.decode()
    assert client.post(TAKE_NEXT).status_code == 403


# --- two at once ---


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Callable[[], None]:
    """``database()`` in a thread: a connection of its own to one database with real transactions.

    On SQLite a file in WAL mode, as in use: the suite's own database lives in memory and locks whole tables.
    """
    if connection.vendor == "postgresql":
        return lambda: None
    options = {**connection.settings_dict["OPTIONS"], "timeout": PATIENCE}
    settings = {**connection.settings_dict, "NAME": str(tmp_path / "two.sqlite3"), "OPTIONS": options}

    def attach() -> None:
        wrapper = connections.create_connection("default")
        wrapper.settings_dict = settings
        connections["default"] = wrapper

    attach.path = settings["NAME"]  # type: ignore[attr-defined]
    return attach


def test_two_officers_at_once_never_get_the_same(
    database: Any, siti: User, rina: User, agreement: Any
) -> None:
    """Two officers press at the same moment again and again: each press gives a request, none to both."""
    second = factories.make_officer("bayu", "Bayu Aji", "Petugas")
    today = timezone.localdate()
    wanted = {
        results.make_request(
            siti, status=S.PROCESSING, due_on=today + timedelta(days=number), approved_at=None
        ).pk
        for number in range(30)
    }
    is_file = connection.vendor == "sqlite"
    if is_file:
        connection.ensure_connection()
        with sqlite3.connect(database.path) as copy:
            connection.connection.backup(copy)
        copy.close()
    start = threading.Barrier(2)
    got: dict[str, list[Any]] = {"rina": [], "bayu": []}
    trouble: list[BaseException] = []

    def press(officer: User) -> None:
        try:
            database()
            me = User.objects.get(pk=officer.pk)
            for _round in range(15):
                start.wait(timeout=PATIENCE)
                taken = operations.take_next(by=me)
                got[officer.username].append(taken and taken.pk)
            start.wait(timeout=PATIENCE)
            assert operations.take_next(by=me) is None
            assert DataRequest.objects.filter(assignee=me).count() == 15
        except BaseException as error:  # noqa: BLE001  told by the test below
            trouble.append(error)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=press, args=(officer,)) for officer in (rina, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert len(got["rina"]) == len(got["bayu"]) == 15
    assert {*got["rina"], *got["bayu"]} == wanted


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_next_passes_by_what_a_colleague_is_just_taking(
    transactional_db: None, siti: User, rina: User, agreement: Any
) -> None:
    """While Rina's transaction holds the most urgent one, Bayu gets the second without waiting."""
    from django.db import transaction

    second = factories.make_officer("bayu", "Bayu Aji", "Petugas")
    today = timezone.localdate()
    urgent, other = (
        results.make_request(siti, status=S.PROCESSING, due_on=today + timedelta(days=day), approved_at=None)
        for day in (0, 1)
    )
    got: list[Any] = []

    def press() -> None:
        try:
            got.append(operations.take_next(by=User.objects.get(pk=second.pk)))
        finally:
            connections.close_all()

    with transaction.atomic():
        assert operations.take_next(by=rina) == urgent
        thread = threading.Thread(target=press)
        thread.start()
        thread.join(timeout=PATIENCE)
    assert got == [other]


# --- assigning, handing over, giving back ---

CHARGE = [
    # state, who may have charge of it
    (S.SUBMITTED, {"budi"}),
    (S.VERIFYING, {"budi"}),
    (S.NEEDS_CORRECTION, {"budi", "rina"}),
    (S.PROCESSING, {"rina"}),
    (S.AWAITING_APPROVAL, {"ratna"}),
]


@pytest.mark.parametrize(("status", "may"), CHARGE)
def test_charge_is_given_to_those_of_the_step(
    request: Any, request_in: Any, status: Status, may: set[str]
) -> None:
    for name in ("budi", "rina", "ratna", "umar", "kartika", "siti"):
        found = request_in(status)
        person = request.getfixturevalue(name)
        if name in may:
            assert operations.assign(found.pk, by=request.getfixturevalue("budi"), assignee=person)
        else:
            with pytest.raises(ValidationError, match=person.get_full_name()):
                operations.assign(found.pk, by=request.getfixturevalue("budi"), assignee=person)
        after = DataRequest.objects.get(pk=found.pk)
        assert (after.assignee == person) is (name in may)
        assert after.status == status


@pytest.mark.parametrize("status", [S.ISSUING, S.COMPLETED, S.REJECTED, S.WITHDRAWN, S.LAPSED])
def test_ended_request_has_no_charge(request_in: Any, rina: User, status: Status) -> None:
    found = request_in(status, assignee=rina)
    for verb in (operations.take, operations.release):
        with pytest.raises(operations.StateConflict):
            verb(found.pk, by=rina)


def test_hand_over_carries_the_note(request_in: Any, rina: User) -> None:
    second = factories.make_officer("bayu", "Bayu Aji", "Petugas")
    found = request_in(S.PROCESSING, assignee=rina)
    operations.assign(found.pk, by=rina, assignee=second, note="Sudah sampai baris 10")
    event = found.events.get()
    assert (event.verb, event.note, event.is_public) == ("assign", "Bayu Aji: Sudah sampai baris 10", False)


def test_taking_twice_is_one_event(request_in: Any, rina: User) -> None:
    found = request_in(S.PROCESSING)
    operations.take(found.pk, by=rina)
    operations.take(found.pk, by=rina)
    assert found.events.count() == 1


def test_release_is_for_the_holder_and_the_distributor(request_in: Any, rina: User, ratna: User) -> None:
    second = factories.make_officer("bayu", "Bayu Aji", "Petugas")
    found = request_in(S.PROCESSING, assignee=rina)
    with pytest.raises(ValidationError, match="Rina Lestari"):
        operations.release(found.pk, by=second)
    operations.release(found.pk, by=ratna, note="Rina cuti")
    assert operations.take_next(by=second) == found
    with pytest.raises(ValidationError, match="belum diambil"):
        operations.release(operations.release(found.pk, by=second).pk, by=second)


def test_all_work_of_an_absent_officer_moves(request_in: Any, rina: User, ratna: User, budi: User) -> None:
    second = factories.make_officer("bayu", "Bayu Aji", "Petugas")
    both = factories.make_officer("agus", "Agus Salim", "Petugas", "Verifikator")
    work = [request_in(S.PROCESSING, assignee=both) for _number in range(3)]
    check = request_in(S.VERIFYING, assignee=both)
    ended = request_in(S.COMPLETED, assignee=both)
    with pytest.raises(PermissionDenied):
        operations.hand_over_all(by=second, officer=both, to=second, note="Agus cuti")
    with pytest.raises(ValidationError, match="alasan"):
        operations.hand_over_all(by=ratna, officer=both, to=second, note=" x ")
    with pytest.raises(ValidationError, match="petugas lain"):
        operations.hand_over_all(by=ratna, officer=both, to=both, note="Agus cuti")
    moved = operations.hand_over_all(by=ratna, officer=both, to=second, note="Agus cuti")
    assert moved.requests == 3
    assert [line.split(":")[0] for line in moved.left] == [check.number]
    assert all(DataRequest.objects.get(pk=found.pk).assignee == second for found in work)
    moved = operations.hand_over_all(by=both, officer=both, to=None, note="Saya cuti")
    assert (moved.requests, moved.left) == (1, [])
    assert DataRequest.objects.get(pk=check.pk).assignee is None
    assert DataRequest.objects.get(pk=ended.pk).assignee == both


@pytest.mark.parametrize(
    ("status", "holder", "person", "offered"),
    [
        (S.PROCESSING, "rina", "rina", {"assign", "release"}),
        (S.PROCESSING, "rina", "ratna", {"assign", "release"}),
        (S.PROCESSING, "rina", "budi", {"assign"}),
        (S.NEEDS_CORRECTION, "budi", "budi", {"assign", "release"}),
        (S.NEEDS_CORRECTION, "budi", "umar", set()),
        (S.COMPLETED, "rina", "rina", set()),
    ],
)
def test_buttons_of_charge(
    client: Any, sign_in: Any, request: Any, request_in: Any,
    status: Status, holder: str, person: str, offered: set[str],
) -> None:  # fmt: skip
    found = request_in(status, assignee=request.getfixturevalue(holder))
    html = (
        sign_in(client, request.getfixturevalue(person))
        .get(reverse("admin:requests_app_datarequest_change", args=[found.pk]))
        .content.decode()
    )
    verbs = ("take", "assign", "release")
    addresses = {
        verb: reverse(f"admin:requests_app_datarequest_operation_{verb}", args=[found.pk]) for verb in verbs
    }
    assert {verb for verb in verbs if f'href="{addresses[verb]}"' in html} == offered


def test_form_offers_those_of_the_step(
    client: Any, sign_in: Any, request_in: Any, budi: User, rina: User, ratna: User, page_text: Any
) -> None:
    factories.make_officer("bayu", "Bayu Aji", "Petugas")
    found = request_in(S.PROCESSING, assignee=rina)
    url = reverse("admin:requests_app_datarequest_operation_assign", args=[found.pk])
    sign_in(client, rina)
    html = client.get(url).content.decode()
    assert "Bayu Aji" in html.partition("<select")[2]
    assert "Budi Santoso" not in html.partition("<select")[2]
    assert client.post(url, {"assignee": budi.pk, "note": ""}).status_code == 422
    assert workflow.may_work(budi)
    assert found.rows.filter(outcome=Outcome.PENDING).count() == 0
