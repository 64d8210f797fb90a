"""The console: inbox with the 24-hour window, simulator over HTTP, rules, import of passport steps, who may what."""

import io
import itertools
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.access_log.models import AccessEntry
from public_site.whatsapp import operations
from public_site.whatsapp.models import Conversation, ConversationRule, PassportStatus, WhatsAppMessage
from tests.public_site.whatsapp.conftest import PHONE, replies

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
INBOX = "/admin/public_site/conversation/"
SIMULATOR = "/admin/public_site/conversationrule/simulator/"
STATUSES = "/admin/public_site/passportstatus/"
HEADERS = ["No. Permohonan", "Nama", "Tahap", "Tanggal", "Kantor Imigrasi"]
PEOPLE = ("siti", "budi", "rina", "ratna", "kartika", "dewi", "umar")


@pytest.fixture
def asked(ask) -> Conversation:
    """Somebody waits for an officer."""
    ask("PETUGAS")
    ask("Paspor saya tertahan di kantor pos")
    return Conversation.objects.get()


def test_officer_answers_from_the_inbox_and_gives_back(
    asked, client, sign_in, rina, drain_queue, graph, page_text
):
    sign_in(client, rina)
    front = page_text(client.get("/admin/"))
    assert "Percakapan WhatsApp 1" in front
    listed = page_text(client.get(INBOX))
    assert "+6281 •••• 890" in listed
    assert "Menunggu petugas" in listed
    assert PHONE not in listed
    page = page_text(client.get(f"{INBOX}{asked.pk}/change/"))
    assert "Paspor saya tertahan di kantor pos" in page
    assert "23 jam 59 menit lagi, sampai" in page
    for button in ("Balas", "Ambil percakapan", "Selesai"):
        assert button in page
    assert client.post(f"{INBOX}{asked.pk}/reply/", {"text": " "}).status_code == 422
    answered = client.post(f"{INBOX}{asked.pk}/reply/", {"text": "Kami periksa.\nMohon tunggu."})
    assert answered.status_code == 302
    drain_queue()
    assert graph.taken[-1]["text"]["body"] == "Kami periksa.\nMohon tunggu."
    asked.refresh_from_db()
    assert (asked.mode, asked.officer) == ("officer", rina)
    assert client.post(f"{INBOX}{asked.pk}/finish/").status_code == 302
    drain_queue()
    assert "Percakapan dengan petugas selesai" in replies()[-1]
    asked.refresh_from_db()
    assert (asked.mode, asked.officer) == ("menu", None)
    assert client.get(f"{INBOX}{asked.pk}/change/").status_code == 302  # no longer anybody's work


def test_reading_a_conversation_is_recorded_before_it_is_shown(asked, client, sign_in, rina, monkeypatch):
    sign_in(client, rina)
    client.get(INBOX)
    assert not AccessEntry.objects.exists()  # the list hides the numbers
    client.get(f"{INBOX}{asked.pk}/change/")
    entry = AccessEntry.objects.get()
    assert (entry.action, entry.actor, entry.object_type, entry.object_id, entry.count) == (
        "view_conversation", rina, "conversation", str(asked.pk), 1,
    )  # fmt: skip
    assert PHONE not in f"{entry.purpose}{entry.object_id}"
    client.get(f"{INBOX}999999/change/")
    assert AccessEntry.objects.count() == 1

    def broken(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr(AccessEntry, "save", broken)
    with pytest.raises(DatabaseError):
        client.get(f"{INBOX}{asked.pk}/change/")


def test_reading_passport_steps_is_recorded(client, sign_in, rina, kartika, dewi):
    status = PassportStatus.objects.create(number="1" * 16, masked_name="B*** S***", step="ready")
    sign_in(client, rina).get(STATUSES)
    client.get(f"{STATUSES}{status.pk}/change/")
    client.get(STATUSES, {"q": "9" * 16})  # nothing found, nothing read
    found = AccessEntry.objects.order_by("id").values_list("action", "object_id", "count")
    assert list(found) == [("view_passport_status", "-", 1), ("view_passport_status", str(status.pk), 1)]
    sign_in(Client(), dewi).get(f"{STATUSES}{status.pk}/change/")
    assert AccessEntry.objects.count() == 2


def test_pages_ask_the_database_as_often_for_many_as_for_few(asked, client, sign_in, rina, reference):
    PassportStatus.objects.create(number="0" * 16, step="ready", office=reference["office"])
    sign_in(client, rina)
    addresses = (INBOX, f"{INBOX}{asked.pk}/change/", STATUSES)

    def counted(address):
        client.get(address)  # what is read once an hour is read now
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    few = [counted(address) for address in addresses]
    now = timezone.now()
    for number in range(1, 8):
        other = Conversation.objects.create(
            sender=f"x{number}", phone=f"62800{number}", mode="officer", officer=rina,
            asked_officer_at=now, last_received_at=now,
        )  # fmt: skip
        for conversation in (asked, other):
            conversation.messages.create(direction="out", state="sent", text="x", by=rina, written_at=now)
        PassportStatus.objects.create(number=str(number) * 16, step="ready", office=reference["office"])
    assert [counted(address) for address in addresses] == few


def test_colleague_has_to_take_over_before_replying(asked, client, sign_in, rina, kartika):
    operations.take(asked.pk, by=rina)
    asked.refresh_from_db()
    other = type(rina).objects.get(pk=kartika.pk)
    assert operations.reply_reasons(asked, other) == [
        "Percakapan ini ditangani petugas lain. Ambil alih lebih dahulu"
    ]
    assert operations.take_reasons(asked, rina) is None
    assert operations.take_reasons(asked, other) == []


def test_reply_is_not_offered_after_the_window(asked, client, sign_in, rina, page_text):
    Conversation.objects.update(last_received_at=timezone.now() - timedelta(hours=24, minutes=1))
    page = page_text(sign_in(client, rina).get(f"{INBOX}{asked.pk}/change/"))
    assert "Jendela 24 jam sejak pesan terakhir sudah tertutup" in page
    assert client.post(f"{INBOX}{asked.pk}/reply/", {"text": "Halo"}).status_code == 409
    assert len(replies()) == 1


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        (INBOX, {"rina"}),
        (SIMULATOR, {"rina", "kartika", "dewi"}),
        ("/admin/public_site/conversationrule/", {"rina", "kartika", "dewi", "umar"}),
        ("/admin/public_site/conversationrule/add/", {"kartika", "dewi"}),
        ("/admin/public_site/whatsappmessage/", {"kartika", "umar"}),
        (STATUSES, {"rina", "kartika"}),
        (f"{STATUSES}impor/", {"rina", "kartika"}),
        (f"{STATUSES}templat/", {"rina", "kartika"}),
    ],
)
def test_pages_open_only_for_their_roles(rules, sign_in, request, address, allowed):
    for name in PEOPLE:
        answer = sign_in(Client(), request.getfixturevalue(name)).get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)  # closes the file
        assert (answer.status_code == 200) == (name in allowed), f"{name}: {answer.status_code}"
    assert Client().get(address).status_code == 302


def test_verbs_are_refused_without_the_right(asked, sign_in, budi, kartika, umar):
    for person in (budi, kartika, umar):
        client = sign_in(Client(), person)
        for verb in ("reply", "take", "finish"):
            assert client.post(f"{INBOX}{asked.pk}/{verb}/", {"text": "x"}).status_code == 403
        with pytest.raises(operations.PermissionDenied):
            operations.reply(asked.pk, by=person, text="x")
    assert Conversation.objects.get().mode == "waiting"


def test_simulator_speaks_with_the_rules_and_sends_nothing(
    rules, client, sign_in, dewi, graph, page_text, drain_queue
):
    PassportStatus.objects.create(number="1234567890123456", masked_name="B*** S***", step="printing")
    sign_in(client, dewi)
    assert "Belum ada pesan" in page_text(client.get(SIMULATOR))
    assert client.post(SIMULATOR, {"text": " "}).status_code == 422
    for text, part in (
        ("MENU", "1. Alur pembuatan paspor"),
        ("5", "Kirim nomor permohonan Anda"),
        ("1234567890123456", "Cetak Data per"),
        ("<script>alert(1)</script>", "belum kami kenali"),
        ("PETUGAS", "Percakapan menunggu petugas"),
    ):
        page = client.post(SIMULATOR, {"text": text}, follow=True)
        assert part in page_text(page), text
    assert "<script>alert" not in page.content.decode()
    assert "&lt;script&gt;alert" in page.content.decode()
    assert drain_queue() == 0
    assert graph.requests == []
    assert not Conversation.objects.with_people().exists()
    client.post(SIMULATOR, {"restart": "1"})
    assert not WhatsAppMessage.objects.exists()


def test_simulators_of_two_officers_are_apart(rules, sign_in, dewi, rina, page_text):
    first, second = sign_in(Client(), dewi), sign_in(Client(), rina)
    first.post(SIMULATOR, {"text": "BIAYA"})
    assert "Biaya paspor" not in page_text(second.get(SIMULATOR))


def test_editor_changes_a_rule_in_the_console(rules, client, sign_in, dewi, page_text):
    rule = ConversationRule.objects.get(name="Kantor dan jam layanan")
    values = {
        "name": rule.name, "action": "text", "keywords": "JAM\nbuka jam berapa", "parent": rule.parent_id,
        "number": "7", "title": rule.title, "title_en": "", "reply": "Buka {jam}. {tidak-ada}", "is_active": "on",
    }  # fmt: skip
    address = f"/admin/public_site/conversationrule/{rule.pk}/change/"
    assert "Tidak ada biaya atau tanggal dengan kunci: tidak-ada" in page_text(
        sign_in(client, dewi).post(address, values)
    )
    assert client.post(address, {**values, "reply": "Buka {jam}."}).status_code == 302
    client.post(SIMULATOR, {"text": "Buka jam berapa?"})
    assert "Buka Senin–Jumat 08.00–16.00 WIB." in page_text(client.get(SIMULATOR))


# --- passport steps -------------------------------------------------------------------------------------------


def workbook(*rows, headers=HEADERS) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for row in (headers, *rows):
        book.active.append(row)
    output = io.BytesIO()
    book.save(output)
    return SimpleUploadedFile("status.xlsx", output.getvalue())


def upload(client, file):
    return client.post(f"{STATUSES}impor/", {"file": file})


def test_import_adds_and_replaces_with_masked_names(client, sign_in, rina, reference, page_text):
    sign_in(client, rina)
    PassportStatus.objects.create(number="1" * 16, masked_name="X***", step="received")
    page = client.post(
        f"{STATUSES}impor/",
        {
            "file": workbook(
                ["1" * 16, "Budi Santoso", "Siap Diambil", "10-10-2026", "Jakarta Selatan"],
                ["2222 2222-2222 2222", "siti", "wawancara / foto", None, None],
            )
        },
        follow=True,
    )
    assert "2 status paspor tersimpan." in page_text(page)
    found = list(PassportStatus.objects.order_by("number").values_list("number", "masked_name", "step"))
    assert found == [("1" * 16, "B*** S***", "ready"), ("2" * 16, "S***", "interview")]
    first = PassportStatus.objects.get(number="1" * 16)
    assert (str(first.step_on), first.office) == ("2026-10-10", reference["office"])
    assert AccessEntry.objects.filter(action="import", actor=rina, count=2).exists()


def test_import_with_one_bad_cell_keeps_nothing_and_names_every_cell(client, sign_in, rina, page_text):
    sign_in(client, rina)
    page = upload(
        client,
        workbook(
            ["1" * 16, "Budi", "Cetak"],
            [1234567890123456, "Budi", "Cetak"],
            ["123", "Budi", "Selesai", "31-02-2026", "Atlantis"],
            [None, "Budi", "Cetak"],
            ["1" * 16, "Budi", "Cetak", "31-12-2099"],
        ),
    )
    assert page.status_code == 422
    text = page_text(page)
    for part in (
        "A3: No. Permohonan terbaca sebagai bilangan",
        "A4: No. Permohonan terdiri dari 16 angka",
        "C4: Tahap tidak dikenal. Pilih salah satu: Diterima, Wawancara/Foto",
        "D4: Tanggal tidak ada di kalender",
        "E4: Kantor Imigrasi tidak dikenal",
        "A5: Isi No. Permohonan",
        "A6: No. Permohonan sama dengan baris 2",
        "D6: Tanggal belum terjadi",
    ):
        assert part in text, part
    assert not PassportStatus.objects.exists()


@pytest.mark.parametrize(
    ("file", "part"),
    [
        (workbook(headers=["Nama"]), "Kolom tidak ada: No. Permohonan, Tahap, Tanggal, Kantor Imigrasi"),
        (workbook(), "Semua sheet masih kosong"),
        (SimpleUploadedFile("a.xlsx", b"bukan excel"), "bukan .xlsx"),
        (SimpleUploadedFile("a.csv", b"\xff\xfe\x00"), "tidak dapat dibaca"),
    ],
)
def test_import_refuses_what_is_no_such_file(client, sign_in, rina, page_text, file, part):
    file.seek(0)
    assert part in page_text(upload(sign_in(client, rina), file))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_sign_that_no_database_takes_never_gets_there(client, sign_in, rina, page_text, ending):
    row = ["4" * 16, "\x00Ani", "Diterima", "", ""]
    if ending == "csv":
        lines = [";".join(HEADERS), ";".join(row)]
        file = SimpleUploadedFile("status.csv", "\n".join(lines).encode())
    else:
        file = workbook([row[0], "_x0000_Ani", *row[2:]])
    answer = upload(sign_in(client, rina), file)
    if ending == "csv":
        assert "tidak dapat dibaca" in page_text(answer)
    else:
        assert PassportStatus.objects.get().masked_name == "A***"


def test_template_is_taken_back_as_it_is_given(client, sign_in, rina):
    sign_in(client, rina)
    answer = client.get(f"{STATUSES}templat/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert [cell.value for cell in book.worksheets[0][1]] == HEADERS
    book.worksheets[0].append(["3" * 16, "Ani", "Diterima"])
    output = io.BytesIO()
    book.save(output)
    assert upload(client, SimpleUploadedFile("t.xlsx", output.getvalue())).status_code == 302
    assert PassportStatus.objects.get().step == "received"


# --- what is forgotten ------------------------------------------------------------------------------------------


def test_numbers_and_texts_go_with_the_window_ids_and_steps_in_their_own_time(ask, asked, settings):
    ask("MENU", phone="628111111111")
    PassportStatus.objects.create(number="1" * 16, step="ready")
    free = Conversation.objects.get(phone="628111111111")
    ages = itertools.chain([timedelta(hours=23), timedelta(hours=25), timedelta(days=8), timedelta(days=31)])

    def after(age):
        Conversation.objects.update(last_received_at=timezone.now() - age, created_at=timezone.now() - age)
        WhatsAppMessage.objects.update(created_at=timezone.now() - age)
        operations.forget_old()
        return [
            (bool(item.phone), item.messages.exclude(text="").exists())
            for item in Conversation.objects.order_by("pk")
        ]

    assert after(next(ages)) == [(True, True), (True, True)]
    assert after(next(ages)) == [(True, True), (False, False)]
    free.refresh_from_db()
    assert free.sender != "628111111111"
    assert after(next(ages)) == [(False, False), (False, False)]
    assert WhatsAppMessage.objects.exists()
    assert after(next(ages)) == []
    assert PassportStatus.objects.exists()
    PassportStatus.objects.update(updated_at=timezone.now() - timedelta(days=181))
    operations.forget_old()
    assert not PassportStatus.objects.exists()


def test_person_who_comes_back_after_being_forgotten_is_answered(ask, settings):
    ask("MENU")
    Conversation.objects.update(last_received_at=timezone.now() - timedelta(days=2))
    operations.forget_old()
    assert Conversation.objects.get().phone == ""
    assert "Biaya paspor" in ask("BIAYA")
    assert (Conversation.objects.count(), Conversation.objects.get().phone) == (1, PHONE)
