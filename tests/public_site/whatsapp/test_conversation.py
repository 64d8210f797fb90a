"""What is answered: menus, keywords, language, both kinds of numbers, officers, and rules made by editors."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.models import Limit
from public_site.whatsapp import conversation as talk
from public_site.whatsapp.models import Conversation, ConversationRule, PassportStatus, mask_name
from requests_app.models import DataRequest, Status
from tests.public_site.whatsapp.conftest import PHONE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NUMBER = "1234567890123456"


@pytest.fixture
def passport(reference) -> PassportStatus:
    return PassportStatus.objects.create(
        number=NUMBER,
        masked_name=mask_name("Budi Santoso"),
        step="ready",
        step_on=date(2026, 10, 10),
        office=reference["office"],
    )


@pytest.mark.parametrize(
    "text", ["MENU", "menu", " Menu. ", "halo", "Assalamualaikum", "xyzzy", "0", "😀", "P"]
)
def test_menu_comes_for_the_word_greetings_and_whatever_is_unknown(ask, text):
    reply = ask(text)
    assert "1. Alur pembuatan paspor" in reply
    assert "9. Berbicara dengan petugas" in reply


def test_numbers_choose_from_the_menu_last_shown(ask):
    assert "Persyaratan paspor" in (menu := ask("2"))
    assert "0. Menu utama" in menu
    assert "Paspor anak" in ask("3")
    assert "Selamat datang" in ask("0")
    assert "Biaya paspor" in ask("3")
    assert "Angka 77 tidak ada di menu ini." in ask("77")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("biaya", "Rp350.000*"),
        ("Berapa BIAYA paspor sekarang?", "Rp350.000*"),
        ("paspor saya hilang di jalan", "surat keterangan hilang"),
        ("HILANG RUSAK", "surat keterangan hilang"),
        ("mau perpanjang paspor", "Penggantian paspor"),
        ("jam layanan", "Senin–Jumat 08.00–16.00 WIB"),
        ("halo, syarat paspor anak apa saja", "Paspor anak"),
        ("status paspor saya bagaimana", "Kirim nomor permohonan"),
    ],
)
def test_keywords_and_sentences_find_their_rule(ask, text, part):
    assert part in ask(text)


def test_figures_without_confirmation_are_marked(ask):
    assert "* Belum dipastikan petugas" in ask("BIAYA")


def test_english_until_bahasa(ask):
    assert "Please reply with a number" in ask("English")
    assert "Passport fees" in ask("3")
    assert "Silakan balas dengan angka" in ask("BAHASA")


def test_what_cannot_be_read_gets_a_word_once_a_day_and_not_the_menu(ask):
    reply = ask("", type="sticker", text=None, sticker={"id": "1"})
    assert "hanya dapat membaca pesan teks" in reply
    assert "kirim MENU" in reply
    assert "Selamat datang" not in reply
    for kind in ("sticker", "image", "audio"):
        assert ask("", type=kind, text=None, **{kind: {"id": "2"}}) == ""
    assert "hanya dapat membaca" in ask("", phone="628777777777", type="image", text=None, image={"id": "3"})
    with time_machine.travel(timezone.now() + timezone.timedelta(hours=25), tick=True):
        assert "hanya dapat membaca" in ask("", type="audio", text=None, audio={"id": "4"})


@pytest.mark.parametrize("kind", ["image", "video", "document"])
def test_words_below_a_picture_are_read_like_any_other(ask, client, sign_in, rina, page_text, kind):
    assert "*Biaya paspor*" in ask("", type=kind, text=None, **{kind: {"id": "1", "caption": "biaya?"}})
    ask("petugas")
    assert ask("", type=kind, text=None, **{kind: {"id": "2", "caption": "Ini *contohnya* <b>"}}) == ""
    conversation = Conversation.objects.get()
    page = sign_in(client, rina).get(reverse("admin:public_site_conversation_change", args=[conversation.pk]))
    assert "tidak disimpan Ini contohnya <b>" in page_text(page)


@pytest.mark.parametrize("kind", ["reaction", "system", "unsupported", "unknown"])
def test_thumbs_up_is_kept_and_not_answered(ask, kind):
    assert "Kirim nomor permohonan" in ask("5")
    assert ask("", type=kind, text=None, **{kind: {"emoji": "👍"}}) == ""
    message = Conversation.objects.get().messages.get(kind=kind)
    assert (message.state, message.text) == ("ignored", "")
    assert Conversation.objects.get().expects_number  # the question before it still stands


@pytest.mark.parametrize(
    "text",
    [
        f"STATUS {NUMBER}",
        f"status {NUMBER}",
        NUMBER,
        "1234 5678 9012 3456",
        "Status: 1234-5678-9012-3456.",
        f"permohonan saya {NUMBER} sampai mana?",
    ],
)
def test_passport_status_is_coarse_and_masked(ask, passport, text):
    reply = ask(text)
    assert "*Siap Diambil*" in reply
    assert "Nama: B*** S***" in reply
    assert "10 Oktober 2026" in reply
    assert "Kantor Imigrasi Kelas I Khusus Jakarta Selatan" in reply
    assert "Budi" not in reply


def test_status_is_asked_in_two_steps(ask, passport):
    assert "Kirim nomor permohonan" in ask("5")
    assert "10 huruf dan angka" in ask("123")
    assert "Siap Diambil" in ask(NUMBER)


def test_data_request_says_what_lacak_says(ask, siti):
    request = DataRequest.objects.create(
        number="XF1TBZNL8D", agency=siti.agency, requester=siti, status=Status.PROCESSING, subject="RAHASIA"
    )
    reply = ask("STATUS xf1tb-znl8d")
    assert "*Diproses*\nData sedang kami cocokkan" in reply
    assert request.subject not in reply
    assert siti.agency.name not in reply
    assert "XF1TBZNL8D" in ask("XF1TBZNL8D terima kasih")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("STATUS 1234", "Nomor terdiri dari 10 huruf dan angka"),
        ("PASPOR 2009", "belum kami kenali"),
        ("biaya 16000", "*Biaya paspor*"),
    ],
)
def test_words_that_happen_to_make_ten_signs_are_no_number(ask, text, part):
    assert part in ask(text)
    assert not Limit.objects.filter(key__startswith="wa-status:").exists()


@pytest.mark.parametrize("text", ["XF1TB ZNL8D", "xf1t-bznl-8d", "nomor XF1TBZNL8D"])
def test_number_of_a_data_request_may_be_written_in_pieces(ask, siti, text):
    DataRequest.objects.create(
        number="XF1TBZNL8D", agency=siti.agency, requester=siti, status=Status.PROCESSING, subject="RAHASIA"
    )
    assert "*Diproses*" in ask(text)


def test_five_wrong_numbers_in_an_hour_are_enough(ask, passport):
    for number in range(5):
        assert "tidak ditemukan. Salin kembali" in ask(f"STATUS 111111111111111{number}")
    refused = ask(f"STATUS {NUMBER}")
    assert "sudah 5 kali dalam satu jam" in refused
    assert "Siap Diambil" not in refused
    assert "Siap Diambil" in ask(f"STATUS {NUMBER}", phone="628777777777")
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=61), tick=True):
        assert "Siap Diambil" in ask(f"STATUS {NUMBER}")


def test_officer_is_asked_for_and_the_machine_is_silent_until_menu(ask):
    assert "kami teruskan ke petugas" in ask("saya mau bicara dengan petugas")
    conversation = Conversation.objects.get()
    assert conversation.mode == "waiting"
    assert ask("paspor saya bermasalah, biaya berapa") == ""
    assert list(conversation.messages.filter(state="officer").values_list("text", flat=True)) == [
        "paspor saya bermasalah, biaya berapa"
    ]
    assert "Selamat datang" in ask("MENU")
    assert Conversation.objects.get().mode == "menu"


def test_rule_added_by_an_editor_answers_at_once(ask):
    home = ConversationRule.objects.get(action="home")
    rule = ConversationRule(
        name="Haji", parent=home, number=12, title="Paspor haji", keywords="haji\numrah", reply="Teks haji"
    )
    rule.full_clean()
    rule.save()
    assert "12. Paspor haji" in ask("MENU")
    assert "Teks haji" in ask("12")
    assert "Teks haji" in ask("Umrah?")
    rule.is_active = False
    rule.save()
    assert "Teks haji" not in ask("Umrah?")


def test_rules_that_contradict_each_other_are_refused(rules):
    home = ConversationRule.objects.get(action="home")
    rule = ConversationRule(name="x", reply="y", keywords="biaya, 7", parent=home)
    with pytest.raises(ValidationError) as caught:
        rule.full_clean()
    assert set(caught.value.message_dict) == {"keywords", "number", "title"}
    assert "Kata kunci BIAYA sudah dipakai aturan Biaya paspor" in caught.value.message_dict["keywords"]
    home.parent = ConversationRule.objects.get(name="Persyaratan paspor")
    home.number, home.title = 1, "x"
    with pytest.raises(ValidationError, match="dirinya sendiri"):
        home.full_clean()
    second = ConversationRule(name="x", reply="y", action="home")
    with pytest.raises(ValidationError):
        second.full_clean()


def test_without_any_rule_something_polite_is_said(db):
    conversation = Conversation(sender="x", phone=PHONE)
    assert "Menu sedang disiapkan" in talk.answer(conversation, "MENU")


@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=st.text(max_size=80))
def test_any_text_gets_an_answer(rules, text):
    conversation = Conversation(sender="hypothesis")
    talk.throttle.forget("wa:hypothesis")
    reply = talk.answer(conversation, text)
    assert reply
    assert len(reply) <= 4096
