"""The simulator: an officer writes as a person would; the same receiving and answering runs, nothing is sent."""

import uuid
from typing import Any

from core.doors import clock
from public_site.whatsapp import operations
from public_site.whatsapp.adapter import Incoming
from public_site.whatsapp.models import Conversation


def current(user: Any) -> Conversation | None:
    """The officer's conversation with the machine."""
    return Conversation.objects.filter(simulated_by=user).first()


def say(text: str, *, by: Any) -> None:
    """One message and its answer."""
    incoming = Incoming(
        wamid=f"simulator.{uuid.uuid4().hex}",
        phone=f"simulator{by.pk}",
        kind="text",
        text=text,
        written_at=clock.now(),
    )
    message = operations.receive(incoming, simulated_by=by)
    if message is not None:
        operations.handle_new(message.conversation_id)


def restart(*, by: Any) -> None:
    """Begins anew."""
    Conversation.objects.filter(simulated_by=by).delete()
