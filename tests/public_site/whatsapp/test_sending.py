"""Replies on the wire: what the API gets, what is tried again and when, what is given up."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.doors import whatsapp
from public_site.whatsapp import adapter, operations, tasks
from public_site.whatsapp.models import WhatsAppMessage
from tests.public_site.whatsapp.conftest import PHONE, body, deliver, message

pytestmark = pytest.mark.django_db


def only_reply() -> WhatsAppMessage:
    return WhatsAppMessage.objects.get(direction="out")


def come_due() -> None:
    """As if the waiting time were over."""
    WhatsAppMessage.objects.filter(state="waiting").update(
        next_attempt_at=timezone.now() - timedelta(minutes=2)
    )


def test_menu_from_the_webhook_to_the_api_and_its_report_back(ask, graph):
    text = ask("Menu.")
    assert graph.taken == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PHONE,
            "type": "text",
            "text": {"body": text, "preview_url": False},
        }
    ]
    path, headers = graph.requests[0]
    assert (path, headers["Authorization"]) == ("/v24.0/1055/messages", "Bearer token-uji")
    assert only_reply().wamid == "wamid.graph.1"
    deliver(body(statuses=({"id": "wamid.graph.1", "status": "read", "timestamp": "1760000000"},)))
    assert only_reply().state == "read"


def test_report_that_overtakes_our_own_note_is_not_lost(rules, switched_on, graph, drain_queue):
    deliver(body(statuses=({"id": "wamid.graph.1", "status": "delivered", "timestamp": "1760000000"},)))
    deliver(body(message("MENU")))
    drain_queue()
    assert only_reply().state == "delivered"


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (429, {}),
        (503, b"not json"),
        (401, {"error": {"code": 190}}),
        (400, {"error": {"code": 130429}}),
        (400, {"error": {"code": 131056}}),
    ],
)
def test_passing_failure_is_tried_again_later(ask, graph, drain_queue, answer):
    graph.answers.append(answer)
    ask("MENU")
    assert (only_reply().state, only_reply().attempts) == ("waiting", 1)
    assert only_reply().next_attempt_at > timezone.now()
    tasks.retry()
    drain_queue()
    assert graph.taken == []  # not before its time
    come_due()
    tasks.retry()
    drain_queue()
    assert (only_reply().state, len(graph.taken)) == ("sent", 1)


@pytest.mark.parametrize(
    "answer",
    [(400, {"error": {"code": 131026}}), (302, {}), (200, {}), (200, b"ok"), (200, {"messages": []})],
)
def test_lasting_failure_is_given_up_at_once(ask, graph, drain_queue, answer):
    graph.answers.append(answer)
    ask("MENU")
    assert only_reply().state == "failed"
    assert only_reply().last_error
    come_due()
    tasks.retry()
    drain_queue()
    assert len(graph.requests) == 1


def test_no_network_waits_with_longer_and_longer_pauses_then_ends(ask, graph, settings):
    settings.WHATSAPP_API_URL = "http://127.0.0.1:9/v24.0"
    ask("MENU")
    pauses = []
    while only_reply().state == "waiting":
        pauses.append((only_reply().next_attempt_at - timezone.now()).total_seconds())
        come_due()
        adapter.send_waiting(only_reply().pk)
    assert len(pauses) == adapter.MAX_ATTEMPTS - 1
    assert pauses == sorted(pauses)
    assert only_reply().state == "failed"


def test_two_workers_do_not_send_the_same_reply(rules, switched_on, graph):
    deliver(body(message("MENU")))
    operations.handle_new(WhatsAppMessage.objects.get().conversation_id)
    reply = only_reply()
    assert [adapter.send_waiting(reply.pk) for _worker in range(3)] == [True, False, False]
    WhatsAppMessage.objects.filter(pk=reply.pk).update(
        state="waiting", attempts=1, next_attempt_at=timezone.now() + timedelta(minutes=1)
    )
    assert adapter.send_waiting(reply.pk) is False  # somebody else's lease
    assert len(graph.taken) == 1


def test_nothing_is_sent_after_the_window(rules, switched_on, graph, drain_queue):
    deliver(body(message("MENU", seconds=-86_390)))
    operations.handle_new(WhatsAppMessage.objects.get().conversation_id)
    conversation = WhatsAppMessage.objects.first().conversation
    conversation.last_received_at -= timedelta(minutes=1)
    conversation.save()
    drain_queue()
    assert (only_reply().state, only_reply().last_error, graph.taken) == ("failed", "window", [])


def test_administrator_has_a_failed_reply_sent_again(ask, graph, drain_queue, client, sign_in, kartika, dewi):
    graph.answers.append((400, {"error": {"code": 131026}}))
    ask("MENU")
    reply = only_reply()
    page = sign_in(client, kartika).get(f"/admin/public_site/whatsappmessage/{reply.pk}/change/")
    assert "Kirim lagi" in page.content.decode()
    assert "Selamat datang" not in page.content.decode()  # texts are the officers', not the administrator's
    client.post(f"/admin/public_site/whatsappmessage/{reply.pk}/send-again/")
    drain_queue()
    assert (only_reply().state, len(graph.taken)) == ("sent", 1)
    assert sign_in(Client(), dewi).get("/admin/public_site/whatsappmessage/").status_code == 403


def test_token_goes_only_to_https_or_this_machine(switched_on, settings):
    settings.WHATSAPP_API_URL = "http://graph.example/v24.0"
    with pytest.raises(whatsapp.WhatsAppError, match="address"):
        whatsapp.send_text(PHONE, "MENU")


def test_neither_number_nor_text_reaches_the_log_or_the_queue(ask, graph, caplog):
    graph.answers.append((500, {"error": {"message": f"to {PHONE}"}}))
    ask("STATUS 1234567890123456")
    assert "not sent" in caplog.text
    assert PHONE not in caplog.text
    assert "1234567890123456" not in caplog.text


def test_list_of_messages_says_everything_in_words(ask, client, sign_in, umar, page_text):
    ask("MENU")
    ask("", type="reaction", text=None, reaction={"emoji": "👍"})
    page = page_text(sign_in(client, umar).get("/admin/public_site/whatsappmessage/"))
    for part in ("Reaksi", "Tidak dijawab", "Teks", "Terkirim"):
        assert part in page
    for raw in ("reaction", "ignored", "Pk"):
        assert raw not in page
