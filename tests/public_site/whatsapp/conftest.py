"""WhatsApp switched on, its rules loaded, and a telephone that writes to the webhook."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from core.doors import whatsapp
from public_site.hub.models import GuideFact
from public_site.whatsapp.models import ConversationRule, WhatsAppMessage, sender_key
from tests.public_site.whatsapp.graph import Graph

ADDRESS = "/whatsapp/webhook/"
PHONE = "6281234567890"
_ids = itertools.count(1)
_loaded: list[ConversationRule] = []


@pytest.fixture
def rules(base_data, settings) -> None:
    """The rules and figures of a fresh site."""
    facts = json.loads((settings.BASE_DIR / "fixtures" / "hub" / "facts.json").read_text(encoding="utf-8"))
    GuideFact.objects.bulk_create(GuideFact(**fact) for fact in facts)
    if _loaded:  # checking every rule anew would take half the time of these tests
        ConversationRule.objects.bulk_create(_loaded)
        return
    call_command("load_whatsapp", verbosity=0)
    _loaded.extend(ConversationRule.objects.order_by("pk"))


@pytest.fixture
def graph() -> Iterator[Graph]:
    """The other side of the wire."""
    graph = Graph()
    yield graph
    graph.close()


@pytest.fixture
def switched_on(settings, graph) -> Any:
    """The secrets of a configured installation; replies go to the stand-in."""
    settings.WHATSAPP_VERIFY_TOKEN = "kata-langganan"
    settings.WHATSAPP_APP_SECRET = "rahasia-aplikasi"
    settings.WHATSAPP_ACCESS_TOKEN = "token-uji"
    settings.WHATSAPP_PHONE_NUMBER_ID = "1055"
    settings.WHATSAPP_API_URL = graph.address
    return settings


def message(
    said: str, *, phone: str = PHONE, wamid: str = "", seconds: int = 0, **more: Any
) -> dict[str, Any]:
    """One text as the API delivers it, written ``seconds`` from now."""
    return {
        "from": phone,
        "id": wamid or f"wamid.{next(_ids)}",
        "timestamp": str(int(timezone.now().timestamp()) + seconds),
        "type": "text",
        "text": {"body": said},
        **more,
    }


def body(*messages: dict[str, Any], statuses: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """A delivery."""
    value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1055"}}
    if messages:
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = list(statuses)
    return {"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [{"value": value}]}]}


def deliver(payload: Any, *, signature: str | None = None) -> Any:
    """POSTs a delivery as the API does; signed unless another signature is given."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    given = whatsapp.signature(raw) if signature is None else signature
    return Client(enforce_csrf_checks=True).post(
        ADDRESS, raw, content_type="application/json", headers={"X-Hub-Signature-256": given}
    )


def replies(phone: str = PHONE) -> list[str]:
    """What we have answered to a number, in order."""
    found = WhatsAppMessage.objects.filter(direction="out", conversation__sender=sender_key(phone))
    return list(found.order_by("pk").values_list("text", flat=True))


@pytest.fixture
def ask(rules, switched_on, drain_queue) -> Callable[..., str]:
    """``ask(text)``: writes to the webhook, lets the queue work, and returns the newest reply ("" when none came)."""

    def ask(said: str, *, phone: str = PHONE, **more: Any) -> str:
        before = len(replies(phone))
        assert deliver(body(message(said, phone=phone, **more))).status_code == 200
        drain_queue()
        found = replies(phone)
        assert len(found) - before <= 1
        return found[-1] if len(found) > before else ""

    return ask
