"""The tab of the conversation in the console: forms, rights, log, saved replies, badges, bounds."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from requests_app import conversation, operations
from requests_app.models import DataRequest, InternalNote, Message, SavedReply, Status
from tests import factories
from tests.requests_app import results

pytestmark = pytest.mark.slow

LIST = "/admin/requests_app/datarequest/"
TEXT = "Nomor paspor pada baris 2 tidak terbaca."
SECRET = "CATATAN-RAHASIA-42"


@pytest.fixture
def found(siti: User, rina: User, agreement: Any) -> DataRequest:
    """Siti's request with Rina."""
    return results.make_request(
        siti, status=Status.PROCESSING, agreement=agreement, approved_at=None, assignee=rina
    )


@pytest.fixture
def officer(client: Client, sign_in: Any, rina: User) -> Client:
    """Rina at the console."""
    return sign_in(client, rina)


def tab(found: DataRequest, **query: Any) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"{LIST}{found.pk}/change/?tab=percakapan{more}"


def verb(found: DataRequest, name: str) -> str:
    return reverse("admin:requests_app_datarequest_conversation", args=[found.pk, name])


def test_officer_writes_a_message_with_attachment_and_a_note(
    officer: Client, found: DataRequest, siti: User, page_text: Any
) -> None:
    page = officer.get(tab(found))
    assert "Belum ada pesan" in page_text(page)
    assert "Belum ada catatan" in page_text(page)
    sent = officer.post(
        verb(found, "pesan"), {"text": TEXT, "attachment": factories.pdf_file("daftar.pdf")}, follow=True
    )
    assert "Pesan terkirim kepada pemohon" in page_text(sent)
    officer.post(verb(found, "catatan"), {"note": SECRET})
    message, note = Message.objects.get(), InternalNote.objects.get()
    assert (message.text, message.from_officer, note.note) == (TEXT, True, SECRET)
    text = page_text(officer.get(tab(found)))
    assert "daftar.pdf" in text
    assert "Belum dibaca pemohon" in text
    assert SECRET in text
    operations.mark_read(found, conversation.messages_page(found, 1), by=siti)
    assert "Dibaca pemohon" in page_text(officer.get(tab(found)))
    officer.post(verb(found, "tarik"), {"pesan": message.pk})
    text = page_text(officer.get(tab(found)))
    assert TEXT not in text
    assert "Pesan ini ditarik" in text
    attachment = reverse("admin:requests_app_datarequest_attachment", args=[found.pk, message.pk])
    assert officer.get(attachment).status_code == 404


def test_what_is_wrong_is_said_and_what_was_typed_stays(
    officer: Client, found: DataRequest, page_text: Any
) -> None:
    empty = officer.post(verb(found, "pesan"), {"text": " "})
    assert empty.status_code == 422
    assert "Tulis pesan terlebih dahulu" in page_text(empty)
    exe = factories.pdf_file("gambar.pdf")
    exe.file.seek(0)
    exe.file.write(b"MZ")
    exe.file.seek(0)
    refused = officer.post(verb(found, "pesan"), {"text": TEXT, "attachment": exe})
    assert refused.status_code == 422
    assert "gambar.pdf bukan PDF" in page_text(refused)
    assert TEXT in page_text(refused)
    long = officer.post(verb(found, "catatan"), {"note": "a" * 2001})
    assert long.status_code == 422
    assert "paling banyak 2.000 karakter" in page_text(long)
    assert not Message.objects.exists()
    assert not InternalNote.objects.exists()
    assert officer.get(verb(found, "pesan")).status_code == 405
    assert officer.post(verb(found, "hapus")).status_code == 404
    assert officer.post(verb(found, "tarik"), {"pesan": "١"}).status_code == 404
    assert officer.post(verb(found, "tarik"), {"pesan": "99999"}).status_code == 404


def test_reading_is_recorded_and_attachments_too(
    officer: Client, found: DataRequest, siti: User, rina: User
) -> None:
    message = operations.write_message(found.pk, by=siti, text=TEXT, attachment=factories.pdf_file())
    officer.get(tab(found))
    answer = officer.get(reverse("admin:requests_app_datarequest_attachment", args=[found.pk, message.pk]))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    actions = AccessEntry.objects.filter(actor=rina).order_by("id").values_list("action", "purpose")
    assert list(actions) == [
        (Action.VIEW_CONVERSATION, found.number),
        (Action.DOWNLOAD_ATTACHMENT, found.number),
    ]


#: person -> status of the tab, sees messages, sees notes, may post a message, may post a note, gets the attachment
ROLES = {
    "budi": (200, True, True, 302, 302, 200),
    "rina": (200, True, True, 302, 302, 200),
    "ratna": (200, True, True, 302, 302, 200),
    "umar": (200, True, True, 403, 403, 200),
    "kartika": (403, False, False, 403, 403, 403),
    "dewi": (403, False, False, 403, 403, 403),
    "siti": (404, False, False, 404, 404, 404),
    "joko": (404, False, False, 404, 404, 404),
}


@pytest.mark.parametrize("name", ROLES)
def test_each_role_sees_and_does_what_the_table_says(
    name: str, request: pytest.FixtureRequest, found: DataRequest, siti: User, rina: User, sign_in: Any
) -> None:
    message = operations.write_message(found.pk, by=siti, text=TEXT, attachment=factories.pdf_file())
    operations.write_note(found.pk, by=rina, note=SECRET)
    person = sign_in(Client(), request.getfixturevalue(name))
    page = person.get(tab(found))
    body = page.content.decode()
    file = person.get(reverse("admin:requests_app_datarequest_attachment", args=[found.pk, message.pk]))
    b"".join(file)  # reads and closes it
    really = (
        page.status_code,
        TEXT in body,
        SECRET in body,
        person.post(verb(found, "pesan"), {"text": "Halo"}).status_code,
        person.post(verb(found, "catatan"), {"note": "Halo"}).status_code,
        file.status_code,
    )
    assert really == ROLES[name]


def test_saved_reply_is_picked_completed_and_edited_before_sending(
    officer: Client, found: DataRequest, page_text: Any
) -> None:
    reply = SavedReply.objects.create(title="Uji", text="No. {nomor} ({tenggat})", text_en="Request {nomor}")
    SavedReply.objects.create(title="Tidak dipakai", text="a", text_en="a", active=False)
    assert "Tidak dipakai" not in page_text(officer.get(tab(found)))
    for picked, text in (
        (f"{reply.pk}-id", f"No. {found.number} (–)"),
        (f"{reply.pk}-en", f"Request {found.number}"),
    ):
        page = officer.get(tab(found, balasan=picked))
        assert page.context["message_form"]["text"].value() == text
    for senseless in ("0-id", "x-id", f"{reply.pk}-fr", f"{reply.pk}", "9" * 40 + "-id"):
        assert officer.get(tab(found, balasan=senseless)).context["message_form"]["text"].value() == ""
    assert not Message.objects.exists()


def test_a_saved_reply_joins_what_was_typed(officer: Client, found: DataRequest) -> None:
    reply = SavedReply.objects.create(title="Uji", text="No. {nomor}", text_en="Request {nomor}")
    picked = {"text": "Yth. Ibu Siti,", "balasan": f"{reply.pk}-id", "_pakai": "1"}
    page = officer.post(verb(found, "pesan"), picked)
    assert page.status_code == 200
    assert page.context["message_form"]["text"].value() == f"Yth. Ibu Siti,\n\nNo. {found.number}"
    assert f'value="{reply.pk}-id" selected' in page.text
    assert not Message.objects.exists()


@pytest.mark.parametrize("blank", ["(tulis yang diperlukan)", "(Write what is needed)"])
def test_a_saved_reply_is_not_sent_with_a_blank_left_in_it(
    officer: Client, found: DataRequest, page_text: Any, blank: str
) -> None:
    page = officer.post(verb(found, "pesan"), {"text": f"Kami memerlukan: {blank} segera."})
    assert page.status_code == 422
    assert f"Ganti bagian {blank} dengan keterangan yang sebenarnya" in page_text(page)
    assert not Message.objects.exists()
    assert officer.post(verb(found, "pesan"), {"text": "Kami memerlukan surat (asli)."}).status_code == 302


def test_saved_replies_are_kept_by_administrators(
    client: Client, sign_in: Any, kartika: User, page_text: Any
) -> None:
    sign_in(client, kartika)
    add = "/admin/requests_app/savedreply/add/"
    values = {"title": "Baru", "text": "Kepada {nama}", "text_en": "To", "position": 5, "active": "on"}
    refused = client.post(add, values)
    assert "{nama} tidak dikenal" in page_text(refused)
    assert client.post(add, {**values, "text": "No. {nomor}"}).status_code == 302
    assert SavedReply.objects.get(title="Baru").text == "No. {nomor}"


def test_waiting_message_shows_on_desk_list_and_tab(
    officer: Client, found: DataRequest, siti: User, page_text: Any
) -> None:
    desk = "1 permohonan memuat pesan pemohon yang belum dibaca"
    operations.write_message(found.pk, by=siti, text=TEXT)
    assert desk in page_text(officer.get("/admin/"))
    for query in ("saya", "semua"):
        listed = page_text(officer.get(f"{LIST}?pesan={query}"))
        assert str(found.number) in listed
        assert "1 baru" in listed
    assert "1 baru" in page_text(officer.get(f"{LIST}{found.pk}/change/"))
    officer.get(tab(found))
    assert desk not in page_text(officer.get("/admin/"))
    assert str(found.number) not in page_text(officer.get(f"{LIST}?pesan=saya"))


def test_tab_asks_as_often_for_sixty_messages_as_for_two(
    officer: Client, found: DataRequest, siti: User, rina: User, settings: Any
) -> None:
    settings.MESSAGES_PER_HOUR = 1000

    def asked(messages: int) -> int:
        for number in range(messages):
            operations.write_message(found.pk, by=siti if number % 2 else rina, text=f"Pesan {number}")
            operations.write_note(found.pk, by=rina, note=f"Catatan {number}")
        officer.get(tab(found))
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(tab(found)).status_code == 200
        return len(queries)

    assert asked(2) == asked(58)


def test_long_conversations_are_read_page_by_page(
    officer: Client, found: DataRequest, siti: User, page_text: Any, settings: Any
) -> None:
    settings.MESSAGES_PER_HOUR = 1000
    for number in range(30):
        operations.write_message(found.pk, by=siti, text=f"Pesan ke-{number:02}")
    newest = page_text(officer.get(tab(found)))
    assert "Pesan ke-29" in newest
    assert "Pesan ke-04" not in newest
    assert newest.index("Pesan ke-28") < newest.index("Pesan ke-29")
    assert "Pesan ke-04" in page_text(officer.get(tab(found, halaman=2)))
