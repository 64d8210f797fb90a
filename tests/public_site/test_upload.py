"""Unduh – Isi – Unggah over HTTP without JavaScript: from the template to saved rows, and every refusal."""

import io
import uuid
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from accounts.models import Agreement
from core.catalogue.models import Service
from core.doors.excel import read_workbook
from requests_app import tasks, uploads
from requests_app.excel import GoodRow, Slice
from requests_app.models import DataRequest, RowUpload
from tests import corpus
from tests.public_site.request_steps import address, fresh, keep_letter, new_draft
from tests.requests_app.workbooks import JOHN, as_upload, filled, paspor

pytestmark = pytest.mark.django_db
Stage = RowUpload.Stage


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


@pytest.fixture
def draft(browser) -> DataRequest:
    draft = new_draft(browser)
    keep_letter(draft)
    browser.post(address("request_data", pk=draft.pk), {"more_than_ten": "ya"})
    return fresh(draft)


def send(browser: Client, draft: DataRequest, content: bytes, name: str = "data.xlsx") -> Any:
    return browser.post(address("request_upload", pk=draft.pk), {"file": as_upload(content, name)})


def newest(draft: DataRequest) -> RowUpload:
    return RowUpload.objects.filter(request=draft).latest("created_at")


def page_of(name: str, upload: RowUpload) -> str:
    return address(name, pk=upload.request_id, upload=upload.pk)


def test_upload_follows_the_manual(browser, draft, page_text, drain_queue) -> None:
    answer = browser.get(address("row_add", pk=draft.pk))
    assert answer["Location"] == address("request_upload", pk=draft.pk)
    text = page_text(browser.get(answer["Location"]))
    assert "Unduh templat Excel (6 sheet)" in text
    assert "maksimal 20 MB, 100.000 baris" in text
    template = browser.get(address("request_template", pk=draft.pk))
    assert template["Content-Disposition"].startswith('attachment; filename="templat-data-detail.xlsx"')
    content = filled({"Paspor": [paspor(number) for number in range(12)]}, template=template.content)
    answer = send(browser, draft, content)
    upload = newest(draft)
    assert answer["Location"] == page_of("upload_status", upload)
    waiting = browser.get(answer["Location"])
    assert b'<noscript><meta http-equiv="refresh" content="3"></noscript>' in waiting.content
    assert "Membaca berkas…" in page_text(waiting)
    drain_queue()
    progress = browser.get(page_of("upload_progress", upload)).json()
    assert progress == {
        "done": 12,
        "total": 12,
        "text": "Memeriksa 12 dari 12 baris…",
        "finished": True,
        "url": page_of("upload_status", upload),
    }
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "12 baris siap disimpan: Paspor 12." in text
    assert "10 baris pertama" in text
    assert "31 Des 2000" in text
    answer = browser.post(page_of("upload_save", upload), follow=True)
    assert "12 data tersimpan. Jumlah: 12" in page_text(answer)
    assert "Data Detail (12)" in page_text(answer)
    rows = list(draft.rows.order_by("position"))
    assert [row.position for row in rows] == list(range(1, 13))
    assert (rows[3].name, rows[3].passport_no) == ("John Doe", "A000003")


def test_saved_upload_keeps_no_personal_values(browser, draft, drain_queue) -> None:
    send(browser, draft, filled({"Paspor": [JOHN]}))
    drain_queue()
    upload = newest(draft)
    browser.post(page_of("upload_save", upload))
    browser.post(page_of("upload_save", upload))
    upload.refresh_from_db()
    assert (upload.stage, upload.preview, upload.errors) == (Stage.SAVED, [], [])
    assert not upload.staged.exists()
    assert draft.rows.count() == 1
    assert browser.get(page_of("upload_status", upload)).status_code == 302


def test_discarded_upload_keeps_nothing(browser, draft, page_text, drain_queue) -> None:
    send(browser, draft, filled({"Paspor": [{**JOHN, "NIK": "123"}]}))
    drain_queue()
    upload = newest(draft)
    answer = browser.post(page_of("upload_discard", upload), follow=True)
    assert "Unggahan dibatalkan. Tidak ada data yang tersimpan." in page_text(answer)
    upload.refresh_from_db()
    assert (upload.stage, upload.errors) == (Stage.DISCARDED, [])
    assert not upload.staged.exists()
    assert not upload.faulty.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.xlsx", b"", "Berkas data.xlsx kosong (0 kB). Pilih berkas lain"),
        (
            "data.csv",
            b"a;b",
            "Berkas data.csv bukan .xlsx. Simpan sebagai “Excel Workbook (.xlsx)” lalu unggah lagi",
        ),
        (
            "foto.xlsx",
            b"\x89PNG....",
            "Berkas foto.xlsx bukan .xlsx. Simpan sebagai “Excel Workbook (.xlsx)” lalu unggah lagi",
        ),
        ("data.xlsm", b"PK\x03\x04", "Berkas memuat makro (.xlsm). Simpan ulang sebagai .xlsx"),
        (
            "data.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "Berkas dikunci kata sandi. Buka kuncinya lalu simpan ulang",
        ),
        (
            "data.xlsx",
            b"PK\x03\x04" + b"0" * int(2.1 * 1024 * 1024),
            "Berkas 2,2 MB. Paling besar 2 MB – bagi menjadi beberapa berkas",
        ),
    ],
)
def test_upload_refuses_at_once(browser, draft, page_text, settings, name, content, message) -> None:
    settings.XLSX_MAX_BYTES = 2 * 1024 * 1024
    answer = send(browser, draft, content, name)
    assert answer.status_code == 422
    assert message in page_text(answer)
    assert not RowUpload.objects.exists()


def test_upload_without_a_file_says_so(browser, draft, page_text) -> None:
    answer = browser.post(address("request_upload", pk=draft.pk))
    assert answer.status_code == 422
    assert "Pilih berkas Excel yang akan diunggah" in page_text(answer)


def test_faulty_upload_shows_cells_and_gives_the_workbook_back(
    browser, draft, page_text, drain_queue
) -> None:
    rows = [paspor(1), *({**paspor(number), "Tanggal Lahir": None} for number in range(2, 5))]
    send(browser, draft, filled({"Paspor": rows}), "data agen.xlsx")
    drain_queue()
    upload = newest(draft)
    page = browser.get(page_of("upload_status", upload))
    text = page_text(page)
    assert "Kesalahan: Berkas perlu diperbaiki" in text
    assert "3 baris belum dapat disimpan." in text
    assert "Baris lain (1) sudah benar. Belum ada data yang tersimpan." in text
    assert "Upload Detail Paspor , C3–C5 (3 sel)" in text.replace("Paspor,", "Paspor ,")
    assert "Tanggal Lahir masih kosong. Isi tanggal-bulan-tahun" in text
    assert draft.rows.count() == 0
    answer = browser.get(page_of("upload_marked", upload))
    assert answer["Content-Disposition"].startswith("attachment;")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))["Upload Detail Paspor"]
    assert sheet["A1"].value == "Kesalahan"
    assert "Tanggal Lahir masih kosong" in sheet["A3"].value
    # Nobody can save it by typing the address.
    browser.post(page_of("upload_save", upload))
    assert draft.rows.count() == 0


def test_table_of_errors_ends_after_fifty_lines(browser, draft, page_text, drain_queue) -> None:
    rows = [{**paspor(number), "NIK": str(number + 1)} for number in range(162)]
    send(browser, draft, filled({"Paspor": rows}))
    drain_queue()
    text = page_text(browser.get(page_of("upload_status", newest(draft))))
    assert "… dan 112 lainnya, lihat berkas bertanda" in text


@pytest.mark.parametrize("name", ["far_cell", "macro_part"])
def test_hostile_workbook_is_a_message(browser, draft, page_text, drain_queue, name) -> None:
    file_name, content, _code = corpus.HOSTILE_WORKBOOKS[name]
    send(browser, draft, content(), file_name)
    drain_queue()
    upload = newest(draft)
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "Berkas belum dapat diperiksa." in text
    assert "Berkas tidak dapat dibaca." in text or "Berkas memuat makro" in text
    assert browser.get(page_of("upload_marked", upload)).status_code == 404


def test_service_outside_the_agreement_is_refused_with_its_reason(
    browser, draft, agency, page_text, drain_queue
) -> None:
    Agreement.objects.get(agency=agency).services.set(Service.objects.filter(key="paspor"))
    visa = {
        "Nama": "Eleanor",
        "Tanggal Lahir": "12-04-1985",
        "Kewarganegaraan": "AUS",
        "No. Paspor": "PA123456",
    }
    send(browser, draft, filled({"Paspor": [JOHN], "Visa": [visa]}))
    drain_queue()
    text = page_text(browser.get(page_of("upload_status", newest(draft))))
    assert "Layanan Visa tidak termasuk dalam PKS instansi Anda." in text
    assert "1 baris belum dapat disimpan." in text


def test_upload_warns_of_rows_the_request_has(browser, draft, page_text, drain_queue) -> None:
    for _attempt in range(2):
        send(browser, draft, filled({"Paspor": [JOHN]}))
        drain_queue()
        browser.post(page_of("upload_save", newest(draft)))
    assert draft.rows.count() == 1
    text = page_text(browser.get(page_of("upload_status", newest(draft))))
    assert "Baris 2 sama dengan data nomor 1 pada permohonan ini" in text


def test_others_get_in_nowhere(browser, draft, sign_in, joko, sari, drain_queue) -> None:
    send(browser, draft, filled({"Paspor": [JOHN]}))
    drain_queue()
    upload = newest(draft)
    for stranger in (joko, sari):
        other = sign_in(Client(), stranger)
        for name in ("request_upload", "request_template"):
            assert other.get(address(name, pk=draft.pk)).status_code == 404
        for name in ("upload_status", "upload_progress", "upload_marked"):
            assert other.get(page_of(name, upload)).status_code == 404
        for name in ("upload_save", "upload_discard"):
            assert other.post(page_of(name, upload)).status_code == 404
    assert Client().get(page_of("upload_status", upload)).status_code == 302
    upload.refresh_from_db()
    assert upload.stage == Stage.CLEAN


def test_upload_of_another_request_is_not_found(browser, draft, drain_queue) -> None:
    send(browser, draft, filled({"Paspor": [JOHN]}))
    second = new_draft(browser)
    wrong = address("upload_status", pk=second.pk, upload=newest(draft).pk)
    assert browser.get(wrong).status_code == 404


def test_question_comes_before_the_upload(browser, page_text) -> None:
    draft = new_draft(browser)
    answer = browser.get(address("request_upload", pk=draft.pk), follow=True)
    assert "Jawab YA lebih dahulu" in page_text(answer)


def test_interrupted_check_is_taken_up_and_given_up_after_three(
    browser, draft, page_text, drain_queue
) -> None:
    send(browser, draft, filled({"Paspor": [JOHN]}))
    upload = newest(draft)
    RowUpload.objects.filter(pk=upload.pk).update(stage=Stage.CHECKING, attempts=2)
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "Pemeriksaan terhenti karena sistem dimulai ulang. Berkas Anda aman;" in text
    tasks.check_upload(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.stage, upload.attempts) == (Stage.CLEAN, 3)
    RowUpload.objects.filter(pk=upload.pk).update(stage=Stage.CHECKING)
    tasks.check_upload(str(upload.pk))
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "Pemeriksaan berkas ini terhenti berkali-kali." in text


def test_stuck_checks_are_queued_again(browser, draft, drain_queue) -> None:
    send(browser, draft, filled({"Paspor": [JOHN]}))
    upload = newest(draft)
    drain_queue()
    RowUpload.objects.filter(pk=upload.pk).update(stage=Stage.CHECKING)
    assert not uploads.stuck().exists()
    RowUpload.objects.filter(pk=upload.pk).update(moved_at=timezone.now() - timedelta(minutes=10))
    assert uploads.stuck().get() == upload
    tasks.retry_uploads()
    tasks.retry_uploads()
    assert drain_queue() == 1
    upload.refresh_from_db()
    assert upload.stage == Stage.CLEAN


def test_several_workbooks_together_fill_no_request_beyond_its_size(
    browser, draft, page_text, drain_queue, settings
) -> None:
    settings.REQUEST_MAX_ROWS = 12
    send(browser, draft, filled({"Paspor": [paspor(number) for number in range(10)]}))
    drain_queue()
    browser.post(page_of("upload_save", newest(draft)))
    send(browser, draft, filled({"Paspor": [paspor(number) for number in range(10, 13)]}))
    drain_queue()
    refused = "paling banyak 12 baris. Permohonan ini sudah memuat 10 dan berkas ini menambah 3."
    assert refused in page_text(browser.get(page_of("upload_status", newest(draft))))
    send(browser, draft, filled({"Paspor": [paspor(number) for number in range(10, 12)]}))
    drain_queue()
    settings.REQUEST_MAX_ROWS = 11  # a setting made smaller between the check and Simpan
    answer = browser.post(page_of("upload_save", newest(draft)), follow=True)
    assert "paling banyak 11 baris" in page_text(answer)
    assert draft.rows.count() == 10


def test_check_overtaken_by_another_stores_nothing(browser, draft) -> None:
    send(browser, draft, filled({"Paspor": [JOHN]}))
    upload = newest(draft)
    first = uploads._claim(upload.pk)
    assert first is not None
    tasks.check_upload(str(upload.pk))
    kept = upload.staged.count()
    with pytest.raises(uploads.SupersededError):
        uploads._keep(first, Slice(total=1, done=1, rows=[GoodRow("paspor", 9, {"nama": "X"})]))
    assert upload.staged.count() == kept == 1


def test_template_address_gives_a_workbook_our_door_reads(browser, draft) -> None:
    content = browser.get(address("request_template", pk=draft.pk)).content
    assert len(read_workbook(SimpleUploadedFile("templat.xlsx", content), sheets=[])) == 7


def test_discarded_workbooks_are_removed_after_a_day(browser, draft) -> None:
    for _attempt in range(2):
        send(browser, draft, filled({"Paspor": [JOHN]}))
    kept = newest(draft)
    discarded = RowUpload.objects.get(stage=Stage.DISCARDED)
    storage, name = discarded.file.storage, discarded.file.name
    tasks.forget_uploads()
    assert storage.exists(name)
    RowUpload.objects.update(created_at=timezone.now() - timedelta(days=2))
    tasks.forget_uploads()
    assert not storage.exists(name)
    assert list(RowUpload.objects.all()) == [kept]
    assert kept.file.storage.exists(kept.file.name)


def test_waiting_for_the_check_does_not_keep_the_session_alive() -> None:
    assert resolve("/permohonan/{0}/unggah/{0}/kemajuan/".format(uuid.uuid4())).func.is_polling
    assert not hasattr(resolve("/permohonan/").func, "is_polling")
