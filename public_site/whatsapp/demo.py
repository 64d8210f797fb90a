"""Conversations and passport steps of the demonstration: invented people behind numbers that nobody can be given."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from django.db import transaction

from accounts.models import User
from core.doors import clock
from core.reference.models import ImmigrationOffice
from public_site.whatsapp import operations, simulator
from public_site.whatsapp.adapter import Incoming
from public_site.whatsapp.loading import load_rules
from public_site.whatsapp.models import Conversation, PassportStatus, WhatsAppMessage, mask_name

Step = PassportStatus.Step
#: number, name, step, days since then, office; the first is the example that the conversation itself gives.
PASSPORTS = [
    ("1234567890123456", "Bunga Melati Contoh", Step.PRINTING, 1, "yogyakarta"),
    ("9000000000000001", "Wayan Contoh", Step.RECEIVED, 0, "yogyakarta"),
    ("9000000000000002", "Maria Peragaan", Step.INTERVIEW, 1, "jakarta-selatan"),
    ("9000000000000003", "Ucok Rekaan", Step.ADJUDICATION, 2, "jakarta-selatan"),
    ("9000000000000004", "Asep Misal", Step.READY, 4, "yogyakarta"),
    ("9000000000000005", "Halimah Contoh", Step.COLLECTED, 9, "jakarta-selatan"),
]
#: Minutes ago, kind or "officer", text; numbers below +62 800 0000 are given to no telephone.
TALKS: dict[str, list[tuple[int, str, str]]] = {
    "6280000000001": [
        (48, "text", "Selamat siang"),
        (47, "text", "biaya paspor elektronik berapa ya?"),
        (45, "text", "PETUGAS"),
        (44, "text", "Jadwal saya besok pukul 09.00, tetapi saya sakit. Bisa diundur?"),
    ],
    "6280000000002": [
        (190, "text", "MENU"),
        (188, "text", "9"),
        (187, "text", "Nama di akta dan KTP saya berbeda satu huruf, apakah perlu diperbaiki dulu?"),
        (
            171,
            "officer",
            "Selamat siang. Ya, mohon diperbaiki dahulu di Dukcapil agar sama di semua dokumen.",
        ),
        (166, "text", "Baik, terima kasih. Setelah itu langsung daftar lagi?"),
    ],
    "6280000000003": [
        (1270, "text", "english"),
        (1268, "text", "Talk to an officer please"),
        (1266, "text", "My stay permit ends next week and my sponsor is abroad. May I extend it myself?"),
    ],
    "6280000000004": [
        (95, "text", "5"),
        (94, "text", "1234567890123456"),
        (93, "sticker", ""),
        (92, "reaction", ""),
    ],
}


@contextmanager
def ago(minutes: int) -> Iterator[None]:
    """Everything inside happens that many minutes ago."""
    moment = clock.now() - timedelta(minutes=minutes)
    with patch("django.utils.timezone.now", lambda: moment):
        yield


@transaction.atomic
def load_conversations() -> int:
    """Adds steps, talks and a begun simulator for each officer who may use it; nothing where there is any already."""
    if not PassportStatus.objects.exists():
        _load_passports()
    if Conversation.objects.exists():
        return 0
    load_rules()
    for phone, lines in TALKS.items():
        for number, (minutes, kind, text) in enumerate(lines):
            with ago(minutes):
                _say(phone, f"demo.{phone}.{number}", kind, text)
    for officer in User.objects.filter(username__in=("rina", "kartika", "dewi")):
        if officer.has_perm(operations.SIMULATE):
            for minutes, text in ((3, "MENU"), (2, "5"), (1, PASSPORTS[0][0])):
                with ago(minutes):
                    simulator.say(text, by=officer)
    return len(TALKS)


def _load_passports() -> None:
    offices = {office.slug: office for office in ImmigrationOffice.objects.all()}
    for number, name, step, days, office in PASSPORTS:
        PassportStatus.objects.create(
            number=number,
            masked_name=mask_name(name),
            step=step,
            step_on=clock.today() - timedelta(days=days),
            office=offices.get(office),
        )


def _say(phone: str, wamid: str, kind: str, text: str) -> None:
    """One line of a talk through the usual verbs; the demonstration has no line to WhatsApp, so replies count as read."""
    if kind == "officer":
        conversation = Conversation.objects.get(phone=phone)
        operations.reply(conversation.pk, by=User.objects.get(username="rina"), text=text)
    else:
        incoming = Incoming(wamid=wamid, phone=phone, kind=kind, text=text, written_at=clock.now())
        if (message := operations.receive(incoming)) is not None:
            operations.handle_new(message.conversation_id)
    WhatsAppMessage.objects.filter(conversation__phone=phone, state=WhatsAppMessage.State.WAITING).update(
        state=WhatsAppMessage.State.READ, sent_at=clock.now(), next_attempt_at=None
    )
