"""The conversation as an applicant meets it, with the officer on the other side; what never comes through."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from requests_app import operations
from requests_app.models import DataRequest, Message, Status
from tests import factories
from tests.public_site.request_steps import address
from tests.requests_app import results
from tests.routes import all_routes

SECRET = "CATATAN-RAHASIA-42"
TEXT = "Apakah surat kami sudah lengkap?"


@pytest.fixture
def found(siti: User, rina: User, agreement: Any) -> DataRequest:
    """Siti's request with Rina."""
    return results.make_request(
        siti, status=Status.PROCESSING, agreement=agreement, approved_at=None, assignee=rina
    )


@pytest.fixture
def siti_site(sign_in: Any, siti: User) -> Client:
    return sign_in(Client(), siti)


@pytest.fixture
def rina_desk(sign_in: Any, rina: User) -> Client:
    return sign_in(Client(), rina)


def page_of(found: DataRequest) -> str:
    return address("request_conversation", pk=found.pk)


def console(found: DataRequest, verb: str = "") -> str:
    if verb:
        return reverse("admin:requests_app_datarequest_conversation", args=[found.pk, verb])
    return reverse("admin:requests_app_datarequest_change", args=[found.pk]) + "?tab=percakapan"


def test_question_and_answer_from_both_sides(
    found: DataRequest,
    siti_site: Client,
    rina_desk: Client,
    siti: User,
    rina: User,
    page_text: Any,
    mail_text: Any,
    drain_queue: Any,
) -> None:
    """Siti asks with a PDF, Rina is told, reads, answers; Siti is told, sees the badge, reads, the badge goes."""
    assert "Belum ada pesan" in page_text(siti_site.get(page_of(found)))
    sent = siti_site.post(page_of(found), {"text": TEXT, "attachment": factories.pdf_file("kuasa.pdf")})
    assert "kuasa.pdf PDF, 1 kB" in page_text(siti_site.get(page_of(found)))
    assert sent["Location"] == page_of(found) + "#terbaru"
    assert "Belum dibaca petugas" in page_text(siti_site.get(page_of(found)))
    drain_queue()
    assert mail.outbox[-1].to == [rina.email]
    assert str(found.number) in mail_text()
    assert TEXT not in mail_text()
    seen = page_text(rina_desk.get(console(found)))
    assert TEXT in seen
    assert "kuasa.pdf" in seen
    rina_desk.post(console(found, "catatan"), {"note": SECRET})
    rina_desk.post(console(found, "pesan"), {"text": "Sudah lengkap.\nTerima kasih."})
    drain_queue()
    assert mail.outbox[-1].to == [siti.email]
    assert "Sudah lengkap" not in mail_text()
    assert "1 pesan baru" in page_text(siti_site.get(address("request_list")))
    assert "1 pesan baru" in page_text(siti_site.get(address("request_detail", pk=found.pk)))
    body = page_text(siti_site.get(page_of(found)))
    assert "Sudah lengkap." in body
    assert "Dibaca petugas" in body
    assert "Rina" not in body, "applicants read what officers write, not who they are"
    assert SECRET not in body
    assert "pesan baru" not in page_text(siti_site.get(address("request_detail", pk=found.pk)))
    assert "Dibaca pemohon" in page_text(rina_desk.get(console(found)))


def test_own_message_is_taken_back(found: DataRequest, siti_site: Client, rina: User, page_text: Any) -> None:
    siti_site.post(page_of(found), {"text": TEXT, "attachment": factories.pdf_file()})
    message = Message.objects.get()
    file = siti_site.get(address("message_attachment", pk=found.pk, message=message.pk))
    assert b"".join(file.streaming_content).startswith(b"%PDF-")
    assert AccessEntry.objects.filter(action=Action.DOWNLOAD_ATTACHMENT).count() == 1
    siti_site.post(address("message_retract", pk=found.pk, message=message.pk))
    body = page_text(siti_site.get(page_of(found)))
    assert TEXT not in body
    assert "Pesan ini ditarik" in body
    gone = siti_site.get(address("message_attachment", pk=found.pk, message=message.pk))
    assert gone.status_code == 404
    theirs = operations.write_message(found.pk, by=rina, text="Halo")
    refused = siti_site.post(address("message_retract", pk=found.pk, message=theirs.pk))
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": ""}, "Tulis pesan terlebih dahulu"),
        ({"text": "a" * 2001}, "Pesan paling banyak 2.000 karakter"),
        ({"text": TEXT, "attachment": "virus.exe"}, "virus.exe bukan PDF"),
    ],
)
def test_error_is_said_and_the_text_stays(
    values: dict[str, Any], words: str, found: DataRequest, siti_site: Client, page_text: Any
) -> None:
    if name := values.get("attachment"):
        values = {**values, "attachment": factories.pdf_file(name)}
    refused = siti_site.post(page_of(found), values)
    assert refused.status_code == 422
    assert words in page_text(refused)
    assert values["text"][:40] in page_text(refused)
    assert not Message.objects.exists()


def test_closed_conversation_says_why_and_offers_no_form(
    siti: User, agreement: Any, siti_site: Client, page_text: Any
) -> None:
    found = results.make_request(siti, status=Status.WITHDRAWN, agreement=agreement)
    page = siti_site.get(page_of(found))
    assert "percakapannya sudah ditutup" in page_text(page)
    assert b"<textarea" not in page.content
    refused = siti_site.post(page_of(found), {"text": TEXT})
    assert refused.status_code in (200, 422)
    assert not Message.objects.exists()


def test_colleague_reads_and_strangers_know_nothing(
    found: DataRequest, sign_in: Any, sari: User, joko: User, rina: User, page_text: Any
) -> None:
    message = operations.write_message(found.pk, by=rina, text=TEXT, attachment=factories.pdf_file())
    colleague = sign_in(Client(), sari)
    body = page_text(colleague.get(page_of(found)))
    assert TEXT in body
    assert "Hanya Siti Aminah yang dapat menulis" in body
    assert colleague.post(page_of(found), {"text": "Halo"}).status_code == 403
    assert Message.objects.unread_by_applicant().count() == 1, "Siti has not read it yet"
    stranger = sign_in(Client(), joko)
    attachment = address("message_attachment", pk=found.pk, message=message.pk)
    retract = address("message_retract", pk=found.pk, message=message.pk)
    assert stranger.get(page_of(found)).status_code == 404
    assert stranger.post(page_of(found), {"text": "Halo"}).status_code == 404
    assert stranger.get(attachment).status_code == 404
    assert stranger.post(retract).status_code == 404


def test_message_of_another_request_is_not_found(
    found: DataRequest, siti: User, siti_site: Client, agreement: Any, rina: User
) -> None:
    other = results.make_request(siti, status=Status.PROCESSING, agreement=agreement, approved_at=None)
    message = operations.write_message(other.pk, by=rina, text=TEXT, attachment=factories.pdf_file())
    assert siti_site.get(address("message_attachment", pk=found.pk, message=message.pk)).status_code == 404
    assert siti_site.post(address("message_retract", pk=found.pk, message=message.pk)).status_code == 404


@pytest.mark.slow
def test_internal_note_reaches_no_page_mail_or_file_of_applicants(
    found: DataRequest,
    sign_in: Any,
    siti: User,
    sari: User,
    joko: User,
    rina: User,
    ratna: User,
    catalogue: Any,
    drain_queue: Any,
) -> None:
    """Every public route that takes a request, asked by three applicants and by nobody, in three states."""
    results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,), by=rina)
    operations.write_note(found.pk, by=rina, note=SECRET)
    operations.write_message(found.pk, by=rina, text=TEXT)
    routes = [
        route.name
        for route in all_routes()
        if route.name.startswith("public_site:") and route.parameters == ("pk",)
    ]
    assert "public_site:request_conversation" in routes
    people = [Client(), *(sign_in(Client(), user) for user in (siti, sari, joko))]
    asked = 0
    for step in range(3):
        if step == 1:
            operations.send_for_approval(found.pk, by=rina)
        if step == 2:
            operations.approve(found.pk, by=ratna)
            drain_queue()
            assert DataRequest.objects.get(pk=found.pk).status == Status.COMPLETED
        addresses = [reverse(name, kwargs={"pk": found.pk}) for name in routes]
        addresses += [address("request_list"), f"{address('track')}?no={found.number}"]
        for client in people:
            for url in addresses:
                answer = client.get(url)
                assert SECRET.encode() not in b"".join(answer), url
                asked += 1
    assert asked > 100
    for message in mail.outbox:
        assert SECRET not in message.message().as_string()


def test_internal_note_is_not_in_the_export_of_the_list(
    found: DataRequest, rina_desk: Client, rina: User, siti: User
) -> None:
    operations.write_note(found.pk, by=rina, note=SECRET)
    operations.write_message(found.pk, by=siti, text=TEXT)
    names = [f"resource-{number}" for number in range(3)]
    answer = rina_desk.post(
        "/admin/requests_app/datarequest/export/", {"format": "1", **dict.fromkeys(names, "0")}
    )
    content = b"".join(answer)
    assert str(found.number).encode() in content
    assert SECRET.encode() not in content
    assert TEXT.encode() not in content


def test_pages_ask_as_often_for_forty_messages_as_for_two(
    found: DataRequest, siti_site: Client, siti: User, rina: User, settings: Any
) -> None:
    settings.MESSAGES_PER_HOUR = 1000

    def asked(messages: int) -> list[int]:
        for number in range(messages):
            operations.write_message(found.pk, by=siti if number % 2 else rina, text=f"Pesan {number}")
        numbers = []
        for url in (page_of(found), address("request_list"), address("request_detail", pk=found.pk)):
            siti_site.get(url)
            with CaptureQueriesContext(connection) as queries:
                assert siti_site.get(url).status_code == 200
            numbers.append(len(queries))
        return numbers

    assert asked(2) == asked(38)
