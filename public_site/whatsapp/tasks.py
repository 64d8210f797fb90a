"""WhatsApp work of the queue: answer what came in, send what waits, forget what is old."""

from datetime import timedelta

from core.doors import clock, queue
from public_site.whatsapp import adapter, operations
from public_site.whatsapp.models import WhatsAppMessage

State = WhatsAppMessage.State
#: A task that was lost is queued again after this; one that still waits does no harm.
OVERDUE = timedelta(minutes=1)
MOST = 500


def handle_conversation(conversation_id: int) -> None:
    """Answers everything new in one conversation."""
    operations.handle_new(conversation_id)


def send_reply(reply_id: int) -> None:
    """Sends one reply of the outbox."""
    adapter.send_waiting(reply_id)


def retry() -> None:
    """Queues replies that are due again and messages whose task was lost; runs each minute."""
    now = clock.now()
    due = WhatsAppMessage.objects.filter(state=State.WAITING, next_attempt_at__lte=now - OVERDUE / 2)
    for reply_id in due.order_by("pk").values_list("pk", flat=True)[:MOST]:
        queue.enqueue("public_site.whatsapp.tasks.send_reply", reply_id)
    lost = WhatsAppMessage.objects.filter(state=State.NEW, created_at__lte=now - OVERDUE)
    for conversation_id in lost.order_by().values_list("conversation_id", flat=True).distinct()[:MOST]:
        queue.enqueue("public_site.whatsapp.tasks.handle_conversation", conversation_id)


def forget() -> None:
    """Removes personal values whose time is over; runs each hour."""
    operations.forget_old()
