"""Requests in the officer console: who sees and may press what, what is recorded, what stays constant."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from core.models import OutgoingMail
from requests_app.models import DataRequest, Outcome, Status
from tests.requests_app import results

LIST = "/admin/requests_app/datarequest/"


@pytest.fixture
def request_in(siti: User, agreement: Any, catalogue: Any):
    """``request_in(Status.X, **changes)``: Siti's request with one answered row."""

    def request_in(status: Status, **changes: Any) -> DataRequest:
        found = results.make_request(siti, status=status, agreement=agreement, **changes)
        results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,))
        return found

    return request_in


def page(found: DataRequest, tail: str = "change/") -> str:
    return f"{LIST}{found.pk}/{tail}"


# --- the list ---


def test_list_shows_sent_requests_and_never_drafts(
    client: Any, sign_in: Any, budi: User, request_in: Any, page_text: Any
) -> None:
    sent = request_in(Status.SUBMITTED, due_on=timezone.localdate() - timedelta(days=2))
    draft = request_in(Status.DRAFT, letter_number="DRAF-RAHASIA", subject="DRAF-RAHASIA")
    text = page_text(sign_in(client, budi).get(LIST))
    assert sent.number in text
    assert "BADAN IT NASIONAL" in text
    assert "Terlambat" in text
    assert "DRAF-RAHASIA" not in text
    assert client.get(page(draft)).status_code == 404


def test_list_is_closed_to_roles_without_the_right(
    client: Any, sign_in: Any, kartika: User, dewi: User, joko: User, request_in: Any
) -> None:
    found = request_in(Status.SUBMITTED)
    for person, status in ((kartika, 403), (dewi, 403), (joko, 404)):
        sign_in(client, person)
        for url in (
            LIST,
            page(found),
            page(found, "jawaban/"),
            page(found, "surat/"),
            page(found, "accept/"),
        ):
            assert client.get(url).status_code in {status, 404}, (person, url)


def test_list_costs_the_same_for_few_and_many(client: Any, sign_in: Any, budi: User, request_in: Any) -> None:
    sign_in(client, budi)
    for _number in range(3):
        request_in(Status.SUBMITTED, assignee=budi)
    client.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(LIST)
    for _number in range(12):
        request_in(Status.PROCESSING, assignee=budi)
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("?q=sf4o-flc9 99", True),
        ("?q=ABC/123", True),
        ("?q=BADAN IT", True),
        ("?q=KEMENTERIAN", False),
        ("?status__exact=processing", True),
        ("?status__exact=completed", False),
        ("?terlambat=ya", True),
        ("?terlambat=tidak", False),
        ("?petugas=saya", False),
        ("?petugas=kosong", True),
        ("?petugas=<b>", True),
        ("?layanan=paspor", True),
        ("?layanan=visa", False),
        ("?menunggu=saya", True),
    ],
)
def test_list_finds_by(
    client: Any, sign_in: Any, rina: User, request_in: Any, page_text: Any, query: str, is_found: bool
) -> None:
    found = request_in(
        Status.PROCESSING,
        number="SF4OFLC999",
        letter_number="ABC/123",
        due_on=timezone.localdate() - timedelta(1),
    )
    response = sign_in(client, rina).get(LIST + query)
    assert response.status_code == 200
    assert (found.number in page_text(response)) is is_found


def test_hidden_columns_cannot_be_guessed(client: Any, sign_in: Any, rina: User, request_in: Any) -> None:
    request_in(Status.PROCESSING)
    response = sign_in(client, rina).get(LIST + "?requester__password__startswith=a")
    assert response.status_code in {302, 400}


# --- the page ---


@pytest.mark.parametrize("tab", ["", "data", "statistik", "dokumen", "riwayat", "<x>"])
def test_page_opens_in_every_tab(client: Any, sign_in: Any, budi: User, request_in: Any, tab: str) -> None:
    found = request_in(Status.VERIFYING)
    response = sign_in(client, budi).get(page(found), {"tab": tab})
    assert response.status_code == 200
    assert found.number in response.content.decode()


def test_persons_are_recorded_before_they_are_shown(
    client: Any, sign_in: Any, budi: User, request_in: Any, page_text: Any
) -> None:
    found = request_in(Status.VERIFYING)
    text = page_text(sign_in(client, budi).get(page(found), {"tab": "data"}))
    assert "John Doe" in text
    entry = AccessEntry.objects.get()
    assert (entry.action, entry.purpose, entry.actor, entry.count) == (
        Action.VIEW_ROWS,
        found.number,
        budi,
        1,
    )
    assert entry.subjects.count() == 1


def test_nothing_is_shown_when_the_log_cannot_be_written(
    client: Any, sign_in: Any, budi: User, request_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DatabaseError

    from core.access_log.models import ChainHead

    found = request_in(Status.VERIFYING)
    sign_in(client, budi)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(ChainHead.objects.__class__, "select_for_update", broken, raising=False)
    client.raise_request_exception = False
    for url in (page(found) + "?tab=data", page(found, "jawaban/"), page(found, "surat/")):
        response = client.get(url)
        assert response.status_code == 500
        assert "John Doe" not in response.content.decode()


def test_page_costs_the_same_for_few_and_many_rows(
    client: Any, sign_in: Any, rina: User, request_in: Any, catalogue: Any
) -> None:
    found = request_in(Status.PROCESSING)
    sign_in(client, rina)
    urls = [page(found) + "?tab=data", page(found, "jawaban/"), page(found)]
    costs = []
    for _round in range(2):
        for number in range(10):
            asked = {**results.ASKED, "no_paspor": f"B{number}00{found.rows.count()}"}
            results.add_row(found, catalogue["paspor"], asked, (results.ANSWER,))
        for url in urls:
            client.get(url)
        counts = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.append(len(queries))
        costs.append(counts)
    assert costs[0] == costs[1]


def test_letter_is_shown_inert_and_recorded(client: Any, sign_in: Any, budi: User, request_in: Any) -> None:
    found = request_in(Status.VERIFYING)
    response = sign_in(client, budi).get(page(found, "surat/"))
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert response["Content-Disposition"].startswith("inline")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert AccessEntry.objects.get().action == Action.DOWNLOAD_LETTER
    download = client.get(page(found, "surat/"), {"unduh": "1"})
    assert download["Content-Disposition"].startswith("attachment")
    assert b"".join(download.streaming_content)


BUTTONS = [
    # state, person, offered
    (Status.SUBMITTED, "budi", {"take", "assign", "start_verification"}),
    (Status.SUBMITTED, "rina", {"assign"}),
    (Status.SUBMITTED, "umar", set()),
    (Status.VERIFYING, "budi", {"take", "assign", "accept", "ask_correction", "reject"}),
    (Status.VERIFYING, "ratna", {"assign"}),
    (Status.PROCESSING, "rina", {"take", "assign", "send_for_approval", "ask_correction"}),
    (Status.PROCESSING, "budi", {"assign"}),
    (Status.AWAITING_APPROVAL, "ratna", {"take", "assign", "approve", "send_back", "reject"}),
    (Status.AWAITING_APPROVAL, "rina", {"assign"}),
    (Status.COMPLETED, "ratna", {"reopen"}),
    (Status.COMPLETED, "budi", set()),
    (Status.REJECTED, "ratna", set()),
    (Status.ISSUING, "ratna", set()),
]
VERBS = (
    "take", "assign", "start_verification", "accept", "send_for_approval", "approve", "send_back",
    "ask_correction", "reject", "reopen",
)  # fmt: skip


@pytest.mark.parametrize(("state", "person", "offered"), BUTTONS)
def test_buttons_by_role(
    client: Any, sign_in: Any, request: Any, request_in: Any, state: Status, person: str, offered: set[str]
) -> None:
    found = request_in(state)
    html = sign_in(client, request.getfixturevalue(person)).get(page(found)).content.decode()
    seen = {verb for verb in VERBS if f'href="{page(found, verb.replace("_", "-"))}' in html}
    assert seen == offered


@pytest.mark.slow
@pytest.mark.parametrize("person", ["budi", "rina", "ratna", "umar"])
def test_opening_an_operation_changes_nothing(
    client: Any, sign_in: Any, request: Any, request_in: Any, person: str
) -> None:
    sign_in(client, request.getfixturevalue(person))
    for state in (
        Status.SUBMITTED,
        Status.VERIFYING,
        Status.PROCESSING,
        Status.AWAITING_APPROVAL,
        Status.COMPLETED,
    ):
        found = request_in(state)
        row = found.rows.get()
        before = DataRequest.objects.filter(pk=found.pk).values().get()
        tails = [
            *(reverse(f"admin:requests_app_datarequest_operation_{verb}", args=[found.pk]) for verb in VERBS),
            *(
                page(found, f"jawaban/{verb}/")
                for verb in ("cari", "putuskan", "hasil", "hapus", "hitung", "x")
            ),
            page(found, "jawaban/terima-persis/"),
            page(found, f"jawaban/baris/{row.pk}/ketik/"),
            page(found, "delete/"),
        ]
        for url in tails:
            assert client.get(url).status_code in {200, 302, 403, 404, 405}, url
        assert DataRequest.objects.filter(pk=found.pk).values().get() == before
        assert not found.events.exists()
        assert found.rows.get().outcome == Outcome.FOUND


@pytest.mark.parametrize("person", ["umar", "rina", "ratna"])
def test_pressing_without_the_right_is_refused(
    client: Any, sign_in: Any, request: Any, request_in: Any, person: str
) -> None:
    found = request_in(Status.VERIFYING)
    sign_in(client, request.getfixturevalue(person))
    url = reverse("admin:requests_app_datarequest_operation_accept", args=[found.pk])
    assert client.post(url, {"note": ""}).status_code == 403
    assert client.post(page(found), {"status": "completed"}).status_code == 405
    assert DataRequest.objects.get(pk=found.pk).status == Status.VERIFYING


def test_greyed_button_says_why(
    client: Any, sign_in: Any, ratna: User, request_in: Any, page_text: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, verified_by=ratna)
    text = page_text(sign_in(client, ratna).get(page(found)))
    assert "Menunggu persetujuan petugas lain: Anda yang memverifikasi permohonan ini" in text
    url = reverse("admin:requests_app_datarequest_operation_approve", args=[found.pk])
    assert client.post(url, {"note": ""}).status_code == 409


def test_note_is_demanded_in_the_dialog(client: Any, sign_in: Any, budi: User, request_in: Any) -> None:
    found = request_in(Status.VERIFYING)
    url = reverse("admin:requests_app_datarequest_operation_reject", args=[found.pk])
    assert sign_in(client, budi).post(url, {"note": "x"}).status_code == 422
    assert client.post(url, {"note": "Surat tidak ditandatangani"}).status_code == 302
    assert DataRequest.objects.get(pk=found.pk).status == Status.REJECTED


# --- result documents, export, first page, outbox ---


def test_export_holds_headers_only_and_is_recorded(
    client: Any, sign_in: Any, rina: User, request_in: Any
) -> None:
    found = request_in(Status.PROCESSING, subject='=HYPERLINK("http://x")')
    response = sign_in(client, rina).post(LIST + "export/", {"format": "0", "resource": "0"})
    assert response.status_code == 200
    sheet: Any = openpyxl.load_workbook(io.BytesIO(response.content)).active
    cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert cells[0][0] == "No. Permohonan"
    assert cells[1][0] == found.number
    assert not any(str(value).startswith("=") for line in cells for value in line)
    assert "John Doe" not in str(cells)
    assert AccessEntry.objects.get().action == Action.EXPORT


@pytest.mark.parametrize("person", ["kartika", "dewi"])
def test_export_needs_the_right(client: Any, sign_in: Any, request: Any, person: str) -> None:
    assert sign_in(client, request.getfixturevalue(person)).get(LIST + "export/").status_code == 403


@pytest.mark.parametrize(
    ("person", "seen", "hidden"),
    [
        ("budi", ["Baru", "Diproses", "Lewat tenggat", "Menunggu saya"], []),
        ("umar", ["Baru", "Tidak ada permohonan yang menunggu Anda."], []),
        ("kartika", [], ["Lewat tenggat", "Menunggu saya"]),
        ("dewi", [], ["Lewat tenggat", "Menunggu saya"]),
    ],
)
def test_first_page_by_role(
    client: Any,
    sign_in: Any,
    request: Any,
    request_in: Any,
    page_text: Any,
    person: str,
    seen: list[str],
    hidden: list[str],
) -> None:
    request_in(Status.SUBMITTED)
    text = page_text(sign_in(client, request.getfixturevalue(person)).get("/admin/"))
    assert all(word in text for word in seen)
    assert not any(word in text for word in hidden)


def test_first_page_costs_the_same_for_few_and_many(
    client: Any, sign_in: Any, ratna: User, request_in: Any
) -> None:
    sign_in(client, ratna)
    now = timezone.now()

    def sent(number: int) -> None:
        for offset in range(number):
            request_in(Status.AWAITING_APPROVAL, submitted_at=now - timedelta(days=offset))
            request_in(Status.COMPLETED, submitted_at=now - timedelta(days=offset + 3), completed_at=now)

    sent(1)
    client.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/")
    sent(8)
    with CaptureQueriesContext(connection) as many:
        response = client.get("/admin/")
    assert len(many) == len(few)
    assert "18 permohonan masuk, 9 selesai" in response.content.decode()


def test_waiting_list_respects_four_eyes(
    client: Any, sign_in: Any, ratna: User, request_in: Any, page_text: Any
) -> None:
    own = request_in(Status.AWAITING_APPROVAL, processed_by=ratna)
    other = request_in(Status.AWAITING_APPROVAL)
    text = page_text(sign_in(client, ratna).get("/admin/"))
    assert other.number in text
    assert own.number not in text


def test_outbox_is_read_and_tried_again(
    client: Any, sign_in: Any, kartika: User, umar: User, page_text: Any
) -> None:
    message = OutgoingMail.objects.create(
        kind="requests.completed",
        reference="00000000-0000-0000-0000-000000000000",
        dedupe_key="x",
        status=OutgoingMail.Status.FAILED,
        attempts=8,
        last_error="SMTPServerDisconnected",
        next_attempt_at=timezone.now(),
    )
    url = reverse("admin:core_outgoingmail_operation_send_again", args=[message.pk])
    assert sign_in(client, umar).post(url).status_code == 403
    text = page_text(sign_in(client, kartika).get("/admin/core/outgoingmail/"))
    assert "Jawaban permohonan tersedia" in text
    assert client.post(url).status_code == 302
    message.refresh_from_db()
    assert (message.status, message.attempts) == (OutgoingMail.Status.WAITING, 0)
