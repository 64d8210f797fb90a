"""The verbs of WhatsApp: receive, answer, take over, reply, finish, send again, import passport steps, forget."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from core.doors import clock, queue
from public_site.whatsapp import adapter
from public_site.whatsapp.adapter import Incoming
from public_site.whatsapp.conversation import answer
from public_site.whatsapp.models import (
    TEXT_MOST,
    WINDOW,
    Conversation,
    PassportStatus,
    WhatsAppDelivery,
    WhatsAppMessage,
    sender_key,
)

ANSWER = "public_site.answer_conversation"
SIMULATE = "public_site.simulate_conversation"
CHANGE_MESSAGE = "public_site.change_whatsappmessage"
Mode = Conversation.Mode
State = WhatsAppMessage.State
#: So many messages of one sender are answered under one lock; the rest follows in a task of its own.
SLICE = 50


# --- the machine --------------------------------------------------------------------------------------------


def receive(incoming: Incoming, *, simulated_by: Any = None) -> WhatsAppMessage | None:
    """Keeps one message of a person and queues its answer; None when its id is already known."""
    if WhatsAppMessage.objects.filter(wamid=incoming.wamid).exists():
        return None
    with transaction.atomic():
        conversation, _created = Conversation.objects.get_or_create(
            sender=sender_key(incoming.phone), defaults={"simulated_by": simulated_by}
        )
        message, created = WhatsAppMessage.objects.get_or_create(
            wamid=incoming.wamid,
            defaults={
                "conversation": conversation,
                "direction": WhatsAppMessage.Direction.RECEIVED,
                "state": State.NEW,
                "text": incoming.text,
                "kind": incoming.kind,
                "written_at": incoming.written_at,
            },
        )
        if not created:
            return None
        is_recent = clock.now() - incoming.written_at < WINDOW
        if is_recent:
            # Also when nothing changes: the write waits for a clean-up that is forgetting this sender.
            Conversation.objects.filter(pk=conversation.pk).update(phone=incoming.phone)
        # The row is locked now: whoever answers the messages that still wait will see this one too.
        is_awaited = (
            is_recent and conversation.messages.filter(state=State.NEW).exclude(pk=message.pk).exists()
        )
        if simulated_by is None and not is_awaited:
            queue.enqueue("public_site.whatsapp.tasks.handle_conversation", conversation.pk)
    return message


def handle_new(conversation_id: int) -> int:
    """Answers the new messages of a conversation in the order they were written; returns how many there were.

    The lock on the conversation lets one worker at a time do it: each message is answered once, whatever order the
    tasks run in. A message that arrives after a later one was answered gets its answer, but moves nothing back.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if conversation is None:
            return 0
        new = list(conversation.messages.filter(state=State.NEW).order_by("written_at", "pk")[: SLICE + 1])
        for message in new[:SLICE]:
            _handle(conversation, message)
        if len(new) > SLICE:
            queue.enqueue("public_site.whatsapp.tasks.handle_conversation", conversation.pk)
        conversation.save()
    return len(new[:SLICE])


def _handle(conversation: Conversation, message: WhatsAppMessage) -> None:
    last = conversation.last_received_at
    is_late = last is not None and message.written_at < last
    conversation.last_received_at = max(last, message.written_at) if last else message.written_at
    if clock.now() - message.written_at >= WINDOW:
        message.state, message.text = State.IGNORED, ""  # no reply would be taken any more
        message.save(update_fields=["state", "text"])
        return
    before = (
        conversation.menu,
        conversation.expects_number,
        conversation.mode,
        conversation.language,
        conversation.officer,
        conversation.asked_officer_at,
    )
    if is_late:
        conversation.menu, conversation.expects_number = None, False
    with_people = conversation.mode != Mode.MENU
    text = answer(conversation, message.text, kind=message.kind)
    if is_late:
        (
            conversation.menu,
            conversation.expects_number,
            conversation.mode,
            conversation.language,
            conversation.officer,
            conversation.asked_officer_at,
        ) = before
    if text is None:
        message.state = State.FOR_OFFICER if with_people else State.IGNORED
    else:
        message.state = State.HANDLED
        adapter.post(WhatsAppMessage(conversation=conversation, answers=message, text=text[:TEXT_MOST]))
    message.save(update_fields=["state"])


@transaction.atomic
def forget_old() -> None:
    """Removes numbers and texts once the window is over, ids and passport steps after their own time.

    With an officer a conversation stays readable for ``WHATSAPP_OFFICER_DAYS`` after the person's last message.
    """
    now = clock.now()
    over = Q(mode=Mode.MENU, last_received_at__lt=now - timedelta(hours=settings.WHATSAPP_KEEP_HOURS))
    over |= Q(last_received_at__lt=now - timedelta(days=settings.WHATSAPP_OFFICER_DAYS))
    old = Conversation.objects.select_for_update().filter(over).exclude(phone="", menu=None, mode=Mode.MENU)
    for conversation in old:
        if conversation.messages.filter(state=State.NEW).exists():
            continue  # the person has just written again
        # What is still in the outbox can no longer leave.
        conversation.messages.filter(state=State.WAITING).update(state=State.FAILED, last_error="window")
        conversation.messages.update(text="")
        conversation.phone, conversation.mode = "", Mode.MENU
        conversation.menu, conversation.expects_number, conversation.officer = None, False, None
        conversation.asked_officer_at = None
        conversation.save()
    gone = now - timedelta(days=settings.WHATSAPP_MESSAGE_DAYS)
    WhatsAppMessage.objects.filter(created_at__lt=gone).delete()
    WhatsAppDelivery.objects.filter(at__lt=gone).delete()
    Conversation.objects.filter(created_at__lt=gone, messages=None).delete()
    PassportStatus.objects.filter(
        updated_at__lt=now - timedelta(days=settings.WHATSAPP_PASSPORT_DAYS)
    ).delete()


# --- officers -----------------------------------------------------------------------------------------------


def _locked(pk: Any, by: Any) -> Conversation:
    if not by.is_active or not by.is_staff or not by.has_perm(ANSWER):
        raise PermissionDenied
    return Conversation.objects.select_for_update().get(pk=pk, simulated_by=None)


def take_reasons(conversation: Conversation, user: Any) -> list[str] | None:
    """For the button: offered while nobody, or another officer, has the conversation."""
    if conversation.mode == Mode.MENU or conversation.officer_id == user.pk:
        return None
    return []


def reply_reasons(conversation: Conversation, user: Any) -> list[str] | None:
    """For the button: the officer who has the conversation replies, within the 24 hours of the API."""
    if conversation.mode == Mode.MENU:
        return None
    reasons = []
    if conversation.officer_id not in (None, user.pk):
        reasons.append(_("Percakapan ini ditangani petugas lain. Ambil alih lebih dahulu"))
    if not conversation.is_window_open:
        reasons.append(_("Jendela 24 jam sejak pesan terakhir sudah tertutup. Tunggu orang itu menulis lagi"))
    return reasons


def finish_reasons(conversation: Conversation, user: Any) -> list[str] | None:
    """For the button: whatever is with people can be given back to the menu."""
    return None if conversation.mode == Mode.MENU else []


def _require(reasons: list[str] | None) -> None:
    if reasons is None:
        raise ValidationError(_("Percakapan ini tidak sedang menunggu petugas."))
    if reasons:
        raise ValidationError(reasons)


@transaction.atomic
def take(pk: Any, *, by: Any) -> Conversation:
    """An officer takes a conversation, also from a colleague."""
    conversation = _locked(pk, by)
    _require(take_reasons(conversation, by))
    conversation.mode, conversation.officer = Mode.OFFICER, by
    conversation.save(update_fields=["mode", "officer"])
    return conversation


@transaction.atomic
def reply(pk: Any, *, by: Any, text: str) -> WhatsAppMessage:
    """An officer's words; whoever answers a waiting person has taken the conversation."""
    conversation = _locked(pk, by)
    _require(reply_reasons(conversation, by))
    if not text.strip():
        raise ValidationError({"text": _("Isi Balasan")})
    conversation.mode, conversation.officer = Mode.OFFICER, by
    conversation.save(update_fields=["mode", "officer"])
    return adapter.post(WhatsAppMessage(conversation=conversation, by=by, text=text.strip()[:TEXT_MOST]))


@transaction.atomic
def finish(pk: Any, *, by: Any) -> Conversation:
    """Back to the menu; the person is told as long as that can be sent."""
    conversation = _locked(pk, by)
    _require(finish_reasons(conversation, by))
    conversation.mode, conversation.officer, conversation.asked_officer_at = Mode.MENU, None, None
    conversation.save(update_fields=["mode", "officer", "asked_officer_at"])
    if conversation.is_window_open:
        with translation.override(conversation.language):
            text = _("Percakapan dengan petugas selesai. Balas MENU untuk memulai lagi.")
        adapter.post(WhatsAppMessage(conversation=conversation, by=by, text=text))
    return conversation


def send_again_reasons(message: WhatsAppMessage, user: Any) -> list[str] | None:
    """For the button: a reply that did not leave, while it still can."""
    if message.state != State.FAILED or message.wamid:
        return None
    if not message.text or not message.conversation.is_window_open:
        return [_("Jendela 24 jam sejak pesan terakhir sudah tertutup. Tunggu orang itu menulis lagi")]
    return []


@transaction.atomic
def send_again(pk: Any, *, by: Any) -> WhatsAppMessage:
    """Another try for a reply the API did not take."""
    if not by.is_active or not by.has_perm(CHANGE_MESSAGE):
        raise PermissionDenied
    message = WhatsAppMessage.objects.select_for_update().get(pk=pk)
    _require(send_again_reasons(message, by))
    message.state, message.attempts, message.next_attempt_at = State.WAITING, 0, clock.now()
    message.save(update_fields=["state", "attempts", "next_attempt_at"])
    queue.enqueue("public_site.whatsapp.tasks.send_reply", message.pk)
    return message
