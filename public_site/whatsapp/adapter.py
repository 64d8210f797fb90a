"""Between the API's JSON and ours: what a webhook body says, and the one way a reply leaves (with retry)."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from core.doors import clock, queue, whatsapp
from core.doors.whatsapp import WhatsAppError
from public_site.whatsapp.models import TEXT_MOST, UNREADABLE, WhatsAppDelivery, WhatsAppMessage

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
BACKOFF = timedelta(seconds=30)
#: How far along each word of the API is; a later one is never taken back by an earlier one that comes late.
RANK = {"sent": 1, "delivered": 2, "read": 3}
State = WhatsAppMessage.State


# --- coming in --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Incoming:
    """One message of a person."""

    wamid: str
    phone: str
    kind: str
    text: str
    written_at: datetime


@dataclass(frozen=True)
class Report:
    """What became of a message of ours."""

    wamid: str
    state: str
    at: datetime
    error: str


def parse(payload: Any) -> Iterator[Incoming | Report]:
    """The messages and reports of a webhook body; whatever else it holds is passed over."""
    for entry in _dicts(payload, "entry"):
        for change in _dicts(entry, "changes"):
            value = change.get("value")
            if not isinstance(value, dict) or not _is_ours(value):
                continue
            for message in _dicts(value, "messages"):
                if (incoming := _incoming(message)) is not None:
                    yield incoming
            for status in _dicts(value, "statuses"):
                if (report := _report(status)) is not None:
                    yield report


def _dicts(holder: Any, name: str) -> list[dict[str, Any]]:
    found = holder.get(name) if isinstance(holder, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _is_ours(value: dict[str, Any]) -> bool:
    """One app may serve several numbers: only deliveries for the configured one count."""
    metadata = value.get("metadata")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    return not settings.WHATSAPP_PHONE_NUMBER_ID or number == settings.WHATSAPP_PHONE_NUMBER_ID


def _incoming(message: dict[str, Any]) -> Incoming | None:
    wamid, phone = _wamid(message), message.get("from")
    if not wamid or not isinstance(phone, str) or not re.fullmatch(r"\d{5,20}", phone, re.ASCII):
        return None
    kind = _storable(str(message.get("type") or "unknown"))[:20]
    text = _text(message, kind)
    if text and kind not in UNREADABLE:
        kind = "text"  # a pressed line is as good as typed
    return Incoming(wamid, phone, kind, text, _moment(message.get("timestamp")))


#: Where each kind of message holds words.
_WORDS = {
    "text": "body",
    "button": "text",
    "interactive": "title",
    "image": "caption",
    "video": "caption",
    "document": "caption",
}


def _text(message: dict[str, Any], kind: str) -> str:
    """What the person wrote, also below a picture, or the line they pressed; empty for voices and places."""
    value: Any = message.get(kind)
    if kind == "interactive" and isinstance(value, dict):
        value = value.get("button_reply") or value.get("list_reply")
    name = _WORDS.get(kind)
    found = value.get(name) if name and isinstance(value, dict) else None
    return _storable(found).strip()[:TEXT_MOST] if isinstance(found, str) else ""


def _storable(text: str) -> str:
    """Without what a database refuses: NUL, and half an emoji (``"\\ud83d"``), which JSON can carry."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _report(status: dict[str, Any]) -> Report | None:
    wamid, state = _wamid(status), status.get("status")
    if not wamid or state not in (*RANK, "failed"):
        return None
    errors = _dicts(status, "errors")
    code = _storable(str(errors[0].get("code", "")))[:20] if errors else ""
    return Report(wamid, state, _moment(status.get("timestamp")), code)


def _wamid(item: dict[str, Any]) -> str:
    value = item.get("id")
    is_good = isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]{1,128}", value)
    return str(value) if is_good else ""


def _moment(value: Any) -> datetime:
    """The API's seconds since 1970; our clock where they are missing, wrong or ahead of us."""
    now = clock.now()
    try:
        return min(datetime.fromtimestamp(int(value), UTC), now)
    except (TypeError, ValueError, OverflowError, OSError):
        return now


# --- going out --------------------------------------------------------------------------------------------


def post(reply: WhatsAppMessage) -> WhatsAppMessage:
    """Puts a reply into the outbox and queues it; call inside the transaction of the verb.

    A reply of the simulator counts as sent: it has no other way to go.
    """
    reply.direction = WhatsAppMessage.Direction.SENT
    reply.written_at = clock.now()
    if reply.conversation.simulated_by_id:
        reply.state, reply.sent_at = State.SENT, reply.written_at
        reply.save()
        return reply
    reply.state, reply.next_attempt_at = State.WAITING, reply.written_at
    reply.save()
    queue.enqueue("public_site.whatsapp.tasks.send_reply", reply.pk)
    return reply


def send_waiting(reply_id: int) -> bool:
    """Sends one reply of the outbox; True when the API took it. Safe to repeat: who sends holds a lease."""
    with transaction.atomic():
        reply = WhatsAppMessage.objects.select_for_update().filter(pk=reply_id).first()
        if reply is None or reply.state != State.WAITING:
            return False
        if reply.attempts and reply.next_attempt_at and reply.next_attempt_at > clock.now():
            return False  # another worker is at it, or its time has not come
        conversation = reply.conversation
        if not conversation.is_window_open:
            _give_up(reply, "window")
            return False
        reply.attempts += 1
        # The lease: a worker that dies while sending leaves the row waiting and due again later.
        reply.next_attempt_at = clock.now() + BACKOFF * 2**reply.attempts
        reply.save(update_fields=["attempts", "next_attempt_at"])
    try:
        wamid = whatsapp.send_text(conversation.phone, reply.text)
    except WhatsAppError as error:
        logger.warning("whatsapp reply %s not sent: %s", reply.pk, error.code)
        reply.last_error = error.code[:60]
        reply.save(update_fields=["last_error"])
        if not error.is_passing or reply.attempts >= MAX_ATTEMPTS:
            _give_up(reply, error.code)
        return False
    reply.wamid, reply.state, reply.sent_at, reply.last_error = wamid, State.SENT, clock.now(), ""
    reply.save(update_fields=["wamid", "state", "sent_at", "last_error"])
    _apply_reports(wamid)
    return True


def record_report(report: Report) -> None:
    """Keeps what the API says about a message of ours and moves the message on; not inside a transaction.

    The report may overtake our own note of the id; each side writes first and looks afterwards, so one finds the other.
    """
    WhatsAppDelivery.objects.get_or_create(
        wamid=report.wamid, state=report.state, defaults={"at": report.at, "error": report.error}
    )
    _apply_reports(report.wamid)


@transaction.atomic
def _apply_reports(wamid: str) -> None:
    reply = WhatsAppMessage.objects.select_for_update().filter(wamid=wamid, direction="out").first()
    if reply is None:
        return
    reports = list(WhatsAppDelivery.objects.filter(wamid=wamid))
    best = max((item.state for item in reports if item.state in RANK), key=RANK.__getitem__, default="")
    failed = next((item for item in reports if item.state == "failed"), None)
    if failed is not None and RANK.get(best, 0) < RANK["delivered"]:
        reply.state, reply.last_error = State.FAILED, failed.error or "failed"
    elif RANK.get(best, 0) > RANK.get(reply.state, 0):
        reply.state, reply.last_error = best, ""
    reply.save(update_fields=["state", "last_error"])


def _give_up(reply: WhatsAppMessage, code: str) -> None:
    reply.state, reply.last_error = State.FAILED, code[:60]
    reply.save(update_fields=["state", "last_error"])
