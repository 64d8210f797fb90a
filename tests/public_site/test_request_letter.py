"""Step 1, the letter: every message of the field catalogue, drafts that keep what is right, two devices."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core.doors import clock
from tests import factories
from tests.public_site.request_steps import address, fill_letter, fresh, letter_values, new_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


def days_ago(days: int) -> str:
    return (timezone.localdate() - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"letter_number": ""}, "Isi No. Surat sesuai surat permohonan Anda"),
        ({"letter_number": "9" * 61}, "No. Surat paling banyak 60 karakter. Anda menulis 61"),
        ({"letter_date": ""}, "Isi Tanggal Surat"),
        ({"letter_date": "31-31-2024"}, "Tanggal Surat tidak ada di kalender. Tulis misalnya 31-12-2000"),
        ({"letter_date": days_ago(-2)}, "Tanggal Surat tidak boleh melewati hari ini, "),
        ({"letter_date": days_ago(500)}, "sudah lebih dari satu tahun. Pakai surat yang lebih baru"),
        ({"subject": "ab"}, "Perihal terlalu singkat. Tulis paling sedikit 3 karakter"),
        ({"unit": "x" * 163}, "Satuan Kerja paling banyak 150 karakter. Anda menulis 163"),
        ({"phone": "12345678901"}, "No. Telp Pemohon harus diawali 0 atau +62, misalnya 081234567890"),
        ({"phone": "081234"}, "No. Telp Pemohon terdiri dari 9 sampai 15 angka. Anda menulis 6"),
        ({"phone": "٠٨١٢٣٤٥٦٧٨٩"}, "No. Telp Pemohon harus diawali 0 atau +62"),
        ({"purpose": "singkat"}, "Jelaskan tujuan paling sedikit 20 karakter"),
        ({"legal_basis": ""}, "Pilih Dasar hukum"),
        ({"letter": ""}, "Unggah Surat Permohonan Resmi"),
        ({"letter": SimpleUploadedFile("a.pdf", b"")}, "Berkas kosong"),
        ({"letter": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n%%EOF")}, "PDF rusak dan tidak dapat dibuka."),
    ],
)
def test_wrong_entry_is_told_in_summary_and_field(browser, page_text, changes, message) -> None:
    draft = new_draft(browser)
    answer = fill_letter(browser, draft, **changes)
    assert answer.status_code == 422
    assert page_text(answer).count(message) == 2
    assert "<title>Kesalahan: Permohonan Data" in answer.content.decode()
    kept = fresh(draft)
    if "subject" not in changes:
        assert kept.subject == "PERMOHONAN DATA"


def test_draft_is_saved_with_what_is_there(browser, page_text) -> None:
    draft = new_draft(browser)
    values = letter_values(letter_date="", purpose="", version=draft.version, _draf="1")
    answer = browser.post(address("request_letter", pk=draft.pk), values, follow=True)
    assert "Draf tersimpan." in page_text(answer)
    kept = fresh(draft)
    assert (kept.subject, kept.letter_date, kept.purpose) == ("PERMOHONAN DATA", None, "")


def test_draft_with_a_wrong_entry_tells_only_that(browser, page_text) -> None:
    draft = new_draft(browser)
    values = letter_values(letter_date=days_ago(-3), purpose="", version=draft.version, _draf="1")
    answer = browser.post(address("request_letter", pk=draft.pk), values)
    assert answer.status_code == 422
    assert "Ada 1 isian yang perlu diperbaiki" in page_text(answer)
    again = browser.post(
        address("request_letter", pk=draft.pk),
        letter_values(version=answer.context["version"], letter=factories.pdf_file()),
    )
    assert again.status_code == 302


def test_letter_is_kept_and_can_be_opened(browser, page_text) -> None:
    draft = new_draft(browser)
    fill_letter(browser, draft, subject="")
    page = page_text(browser.get(address("request_letter", pk=draft.pk)))
    assert "surat.pdf · 1 kB · Lihat Dokumen" in page
    answer = fill_letter(browser, draft, letter="")
    assert answer.status_code == 302


def test_second_device_is_noticed_and_nothing_overwritten(browser, page_text) -> None:
    draft = new_draft(browser)
    opened = draft.version
    fill_letter(browser, draft, subject="DARI KANTOR")
    late = letter_values(subject="DARI TELEPON", version=opened, letter=factories.pdf_file())
    for _press in range(2):
        answer = browser.post(address("request_letter", pk=draft.pk), late)
        assert answer.status_code == 409
        assert "Draf ini juga terbuka di perangkat lain dan sudah berubah pukul" in page_text(answer)
        assert "DARI TELEPON" in answer.content.decode()
    assert fresh(draft).subject == "DARI KANTOR"


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 40])
def test_senseless_version_saves_nothing(browser, version) -> None:
    draft = new_draft(browser)
    assert fill_letter(browser, draft, version=version).status_code == 409
    assert fresh(draft).subject == ""


def test_unasked_fields_cannot_be_set(browser) -> None:
    draft = new_draft(browser)
    fill_letter(browser, draft, status="completed", number="AAAAAAAAAA", agency="1", more_than_ten="1")
    kept = fresh(draft)
    assert (kept.status, kept.number, kept.more_than_ten) == ("draft", None, None)


def test_application_date_is_shown_as_in_the_manual(browser, page_text) -> None:
    draft = new_draft(browser)
    page = page_text(browser.get(address("request_letter", pk=draft.pk)))
    assert f"Tanggal Permohonan {clock.grid_date(clock.today())}" in page


def test_replaced_letter_of_a_draft_is_deleted(browser, django_capture_on_commit_callbacks) -> None:
    draft = new_draft(browser)
    fill_letter(browser, draft)
    first = fresh(draft).letter
    with django_capture_on_commit_callbacks(execute=True):
        fill_letter(browser, draft)
    second = fresh(draft).letter
    assert first.name != second.name
    assert second.storage.exists(second.name)
    assert not first.storage.exists(first.name)


def test_thirty_first_upload_of_an_hour_is_refused(browser, settings) -> None:
    settings.UPLOADS_PER_HOUR = 2
    draft = new_draft(browser)
    assert [fill_letter(browser, draft).status_code for _press in range(3)] == [302, 302, 429]
    assert fill_letter(browser, draft, letter="").status_code == 302
