"""The webhook: challenge, signature, each message once whatever order and however often it is delivered."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from core.doors import whatsapp
from public_site.whatsapp import operations, tasks
from public_site.whatsapp.models import Conversation, WhatsAppDelivery, WhatsAppMessage
from tests.public_site.whatsapp.conftest import ADDRESS, body, deliver, message, replies

pytestmark = pytest.mark.django_db
CHALLENGE = {"hub.mode": "subscribe", "hub.verify_token": "kata-langganan", "hub.challenge": "1158201444"}


def test_webhook_is_not_there_while_switched_off(settings):
    assert not settings.WHATSAPP_APP_SECRET
    assert Client().get(ADDRESS, CHALLENGE).status_code == 404
    assert Client().post(ADDRESS, b"{}", content_type="application/json").status_code == 404


def test_challenge_is_echoed_to_who_knows_the_word(switched_on):
    answer = Client().get(ADDRESS, CHALLENGE)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"1158201444", "text/plain")
    assert Client().get(ADDRESS, {**CHALLENGE, "hub.verify_token": "salah"}).status_code == 403
    assert Client().get(ADDRESS, {**CHALLENGE, "hub.mode": "unsubscribe"}).status_code == 403
    assert Client().get(ADDRESS, {**CHALLENGE, "hub.challenge": "<script>"}).status_code == 400
    assert Client().get(ADDRESS).status_code == 403


@pytest.mark.parametrize("given", ["", "sha256=", "sha256=00", "sha1=abc", "sha256=é", "SHA256=" + "0" * 64])
def test_wrong_signature_is_refused_and_nothing_kept(rules, switched_on, given):
    assert deliver(body(message("MENU")), signature=given).status_code == 403
    assert not WhatsAppMessage.objects.exists()
    assert not OrmQ.objects.exists()


def test_signature_of_another_body_is_refused(rules, switched_on):
    assert deliver(body(message("MENU")), signature=whatsapp.signature(b"{}")).status_code == 403


@pytest.mark.parametrize(
    "payload",
    [
        [], {}, {"entry": 1}, {"entry": [1, {"changes": "x"}, {"changes": [{"value": []}]}]}, 7, None, "teks",
        body({"id": "a b", "from": "62812345", "type": "text"}),
        body({"id": "wamid.X", "from": "bukan-nomor", "type": "text", "text": {"body": "MENU"}}),
        body({"id": "wamid.X", "from": "٠٨١٢٣٤٥٦", "type": "text", "text": {"body": "MENU"}}),
        body({"id": ["wamid.X"], "from": "6281234567890"}),
        body(statuses=({"id": "wamid.1", "status": "unknown"},)),
    ],
)  # fmt: skip
def test_signed_deliveries_of_odd_shape_are_taken_and_passed_over(rules, switched_on, payload):
    assert deliver(payload).status_code == 200
    assert not WhatsAppMessage.objects.exists()


def test_text_no_database_takes_does_not_stop_the_delivery(rules, switched_on, drain_queue):
    failed = {"id": "wamid.0", "status": "failed", "errors": [{"code": "\ud83d\x00"}]}
    odd = (message("MENU \ud83d\x00"), message("", type="te\x00\ud83d"), message("MENU"))
    assert deliver(body(*odd, statuses=(failed,))).status_code == 200
    drain_queue()
    assert len(replies()) == 2
    assert WhatsAppMessage.objects.get(state="ignored").kind.startswith("te")


def test_body_that_is_no_json_is_refused(switched_on):
    assert deliver(b"{").status_code == 400
    assert deliver(b"[" * 100_000).status_code == 400
    assert deliver(b"\xff\xfe").status_code == 400


def test_delivery_for_another_number_is_passed_over(rules, switched_on):
    payload = body(message("MENU"))
    payload["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "9999"
    assert deliver(payload).status_code == 200
    assert not WhatsAppMessage.objects.exists()


def test_repeated_delivery_is_answered_once(rules, switched_on, drain_queue):
    payload = body(message("MENU", wamid="wamid.same"))
    for _again in range(3):
        assert deliver(payload).status_code == 200
        drain_queue()
    assert len(replies()) == 1
    assert WhatsAppMessage.objects.filter(direction="in").count() == 1


def test_answer_comes_at_once_and_the_work_waits_in_the_queue(rules, switched_on):
    assert deliver(body(message("MENU"))).status_code == 200
    assert replies() == []
    queued = OrmQ.objects.get().task
    assert queued["func"] == "public_site.whatsapp.tasks.handle_conversation"
    assert queued["args"] == (Conversation.objects.get().pk,)


def test_messages_of_one_delivery_are_answered_in_the_order_they_were_written(
    rules, switched_on, drain_queue
):
    deliver(body(message("1", seconds=-5), message("2", seconds=-20), message("MENU", seconds=-30)))
    drain_queue()
    assert ["Dewasa, paspor baru" in text for text in replies()] == [False, True, False]
    # "1" was written after "2" had opened the requirements, so it chose from that menu.
    assert "Paspor baru, dewasa" in replies()[2]


def test_late_message_is_answered_and_moves_nothing_back(rules, switched_on, drain_queue):
    deliver(body(message("2", seconds=-5)))
    drain_queue()
    deliver(body(message("MENU", seconds=-60)))
    drain_queue()
    assert len(replies()) == 2
    deliver(body(message("3")))
    drain_queue()
    assert "Paspor anak" in replies()[2]


def test_message_older_than_the_window_is_kept_without_text_and_not_answered(rules, switched_on, drain_queue):
    deliver(body(message("STATUS 1", seconds=-25 * 3600)))
    drain_queue()
    kept = WhatsAppMessage.objects.get()
    assert (kept.state, kept.text, kept.conversation.phone) == ("ignored", "", "")


def test_time_ahead_of_us_does_not_open_the_window_longer(rules, switched_on, drain_queue):
    deliver(body(message("MENU", seconds=90_000)))
    drain_queue()
    assert Conversation.objects.get().last_received_at <= timezone.now()


def status(wamid: str, state: str, **more) -> dict:
    return {"id": wamid, "status": state, "timestamp": "1760000000", "recipient_id": "62", **more}


def test_reports_move_a_reply_forward_only(rules, switched_on):
    conversation = Conversation.objects.create(sender="x", phone="62")
    reply = WhatsAppMessage.objects.create(
        conversation=conversation, direction="out", state="sent", wamid="wamid.r", written_at=timezone.now()
    )
    for state in ("read", "delivered", "sent", "read"):
        assert deliver(body(statuses=(status("wamid.r", state),))).status_code == 200
    reply.refresh_from_db()
    assert reply.state == "read"
    assert WhatsAppDelivery.objects.count() == 3


def test_report_of_failure_is_shown_with_its_code(rules, switched_on):
    conversation = Conversation.objects.create(sender="x", phone="62")
    WhatsAppMessage.objects.create(
        conversation=conversation, direction="out", state="sent", wamid="wamid.r", written_at=timezone.now()
    )
    deliver(body(statuses=(status("wamid.r", "failed", errors=[{"code": 131026}]),)))
    assert WhatsAppMessage.objects.values_list("state", "last_error").get() == ("failed", "131026")
    deliver(body(statuses=(status("wamid.r", "delivered"),)))  # on a second telephone of the person
    assert WhatsAppMessage.objects.values_list("state", "last_error").get() == ("delivered", "")


@pytest.mark.timeout(1200)
@pytest.mark.slow
@pytest.mark.xdist_group("burst")
def test_thousand_messages_in_a_burst_are_each_answered_once(rules, switched_on, graph):
    """20 messages of each of 50 people, some delivered twice, tasks run in any order and some of them again."""
    order = random.Random(20)
    messages = [
        message("MENU", phone=f"62811000{who:04}", wamid=f"wamid.{who}.{number}", seconds=number - 40)
        for who in range(50)
        for number in range(20)
    ]
    order.shuffle(messages)
    burst = [body(*messages[start : start + 4]) for start in range(0, 1000, 4)]
    for payload in (*burst, *order.sample(burst, 60)):
        assert deliver(payload).status_code == 200
    while queued := list(OrmQ.objects.all()):
        order.shuffle(queued)
        for row in queued:
            task = row.task
            row.delete()
            for _run in range(order.choice((1, 1, 2))):
                import_string(task["func"])(*task["args"])
    received = WhatsAppMessage.objects.filter(direction="in")
    assert received.count() == 1000
    assert set(received.values_list("state", flat=True)) == {"handled"}
    assert (
        WhatsAppMessage.objects.filter(direction="out", state="sent", answers__isnull=False).count() == 1000
    )
    assert Counter(sent["to"] for sent in graph.taken) == {f"62811000{who:04}": 20 for who in range(50)}


def test_lost_tasks_are_found_again(rules, switched_on, drain_queue):
    deliver(body(message("MENU")))
    OrmQ.objects.all().delete()
    tasks.retry()
    assert not OrmQ.objects.exists()
    WhatsAppMessage.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    tasks.retry()
    drain_queue()
    assert WhatsAppMessage.objects.get(direction="out").state == "sent"


def test_one_sender_cannot_keep_us_talking(ask, settings):
    settings.WHATSAPP_MESSAGES_PER_HOUR = 3
    given = [ask("MENU") for _number in range(6)]
    assert [bool(text) for text in given] == [True, True, True, True, False, False]
    assert "terlalu banyak" in given[3]
    assert "Selamat datang" in ask("MENU", phone="628999999999")


def test_long_queue_of_one_sender_is_worked_off_in_slices(rules, switched_on, drain_queue, settings):
    settings.WHATSAPP_MESSAGES_PER_HOUR = 1000
    deliver(body(*(message("MENU", seconds=-number) for number in range(operations.SLICE + 5))))
    OrmQ.objects.exclude(pk=OrmQ.objects.order_by("pk").first().pk).delete()
    drain_queue()
    assert len(replies()) == operations.SLICE + 5
