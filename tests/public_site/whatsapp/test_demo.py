"""What the demonstration shows of WhatsApp: an inbox, a begun simulator, passport steps; invented and sent to nobody."""

import pytest

from public_site.whatsapp.demo import load_conversations
from public_site.whatsapp.models import Conversation, PassportStatus, WhatsAppMessage

pytestmark = pytest.mark.django_db


def test_demo_fills_inbox_and_simulator_once_and_sends_nothing(
    rules, switched_on, graph, client, sign_in, rina, dewi, page_text, drain_queue
):
    assert load_conversations() == 4
    drain_queue()
    assert graph.requests == []
    states = set(WhatsAppMessage.objects.filter(direction="out").values_list("state", flat=True))
    assert states == {"read", "sent"}
    assert set(WhatsAppMessage.objects.filter(direction="in").values_list("state", flat=True)) == {
        "handled", "officer", "ignored",
    }  # fmt: skip
    phones = Conversation.objects.filter(simulated_by=None).values_list("phone", flat=True)
    assert all(phone.startswith("628000000") for phone in phones)
    modes = Conversation.objects.filter(simulated_by=None).values_list("mode", flat=True)
    assert sorted(modes) == ["menu", "officer", "waiting", "waiting"]
    assert all(conversation.is_window_open for conversation in Conversation.objects.all())
    assert set(PassportStatus.objects.values_list("step", flat=True)) == set(PassportStatus.Step.values)
    sign_in(client, rina)
    page = page_text(client.get("/admin/public_site/conversation/"))
    assert page.count("+6280 ••••") == 3
    assert "B*** M*** C***" in page_text(client.get("/admin/public_site/conversationrule/simulator/"))
    before = WhatsAppMessage.objects.count()
    assert load_conversations() == 0
    assert (WhatsAppMessage.objects.count(), PassportStatus.objects.count()) == (before, 6)
