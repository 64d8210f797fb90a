"""The applicant's journey of the manual, chapters 4–6, over HTTP without JavaScript."""

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.access_log.models import AccessEntry
from requests_app import operations
from requests_app.models import DataRequest, Status
from tests.public_site.request_steps import (
    PASPOR_JOHN,
    PASPOR_MARTINUS,
    add_row,
    address,
    declare,
    fill_letter,
    fresh,
    new_draft,
    ready_draft,
    send,
    sent_request,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


def test_journey_follows_the_manual(browser, page_text, drain_queue) -> None:
    assert "Belum ada permohonan." in page_text(browser.get(address("request_list")))
    draft = new_draft(browser)
    page = page_text(browser.get(address("request_letter", pk=draft.pk)))
    for label in (
        "Permohonan Data",
        "No. Surat",
        "Tanggal Surat",
        "Perihal",
        "Satuan Kerja",
        "No. Telp Pemohon",
        "Surat Permohonan Resmi",
        "hanya PDF (Maksimal 2 MB)",
        "Tujuan Permintaan Data",
        "Simpan draf",
    ):
        assert label in page
    answer = fill_letter(browser, draft)
    assert answer["Location"] == address("request_data", pk=draft.pk)
    page = page_text(browser.get(answer["Location"]))
    assert "Apakah Data yang anda ingin mohonkan berjumlah lebih dari 10 Data Detail?" in page
    assert "Data detail anda masih kosong." in page
    assert "Dokumen anda masih kosong." in page
    browser.post(address("request_data", pk=draft.pk), {"more_than_ten": "tidak"})
    chooser = browser.get(address("row_add", pk=draft.pk))
    assert f"{address('row_add', pk=draft.pk)}?layanan=paspor" in chooser.content.decode()
    answer = browser.post(
        address("row_add", pk=draft.pk), {"layanan": "paspor", "_lagi": "1", **PASPOR_JOHN}, follow=True
    )
    assert "Data John Doe ditambahkan. Jumlah: 1" in page_text(answer)
    assert answer.request["QUERY_STRING"] == "layanan=paspor"
    answer = add_row(browser, draft, PASPOR_MARTINUS)
    page = page_text(browser.get(address("request_data", pk=draft.pk)))
    for text in (
        "Data Detail (2)",
        "John Doe",
        "A123123",
        "31 Des 2000",
        "Martinus Laurentus",
        "B123123",
        "09 Jan 2002",
    ):
        assert text in page
    review = browser.get(address("request_review", pk=draft.pk))
    assert "1234/11-10-2024/001" in page_text(review)
    assert browser.get(address("request_submit", pk=draft.pk))["Location"] == address(
        "request_review", pk=draft.pk
    )
    assert declare(browser, draft)["Location"] == address("request_submit", pk=draft.pk)
    page = page_text(browser.get(address("request_submit", pk=draft.pk)))
    assert "Apakah anda yakin data yang dimasukkan sudah benar ?" in page
    answer = send(browser, draft)
    assert answer["Location"] == address("request_sent", pk=draft.pk)
    draft = fresh(draft)
    sent = page_text(browser.get(answer["Location"]))
    assert draft.number
    assert draft.number in sent
    assert "Permohonan terkirim" in sent
    assert page_text(browser.get(answer["Location"])) == sent
    listed = page_text(browser.get(address("request_list")))
    for text in (
        draft.number,
        "BARU",
        "Tgl Permohonan",
        f"{timezone.localtime(draft.submitted_at):%d/%m/%Y}",
        "No.Telp",
        "08123456789",
        "ANALISIS",
    ):
        assert text in listed
    detail = page_text(browser.get(address("request_detail", pk=draft.pk)))
    for text in (
        "Detail Permohonan",
        draft.number,
        "NIK/No. Paspor",
        "John Doe",
        "Kembali",
        "Batalkan permohonan",
    ):
        assert text in detail
    drain_queue()
    assert any(draft.number in message.subject for message in mail.outbox)


def test_submit_twice_gives_one_number_and_one_mail(browser, drain_queue) -> None:
    draft = ready_draft(browser)
    declare(browser, draft)
    key = browser.get(address("request_submit", pk=draft.pk)).context["submit_key"]
    first = browser.post(address("request_submit", pk=draft.pk), {"submit_key": key})
    draft = fresh(draft)
    number = draft.number
    second = browser.post(address("request_submit", pk=draft.pk), {"submit_key": key})
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    draft = fresh(draft)
    assert draft.number == number
    assert draft.events.filter(verb="submit").count() == 1


def test_submit_with_another_key_tells_when_it_was_sent(browser, page_text) -> None:
    draft = sent_request(browser)
    answer = browser.post(
        address("request_submit", pk=draft.pk), {"submit_key": "00000000-0000-4000-8000-000000000000"}
    )
    assert answer.status_code == 409
    assert "Permohonan ini sudah dikirim pada" in page_text(answer)
    assert "Lihat Detail Permohonan" in page_text(answer)


def test_submit_needs_a_declaration_of_the_present_content(browser, page_text) -> None:
    draft = ready_draft(browser)
    answer = browser.post(address("request_review", pk=draft.pk), {})
    assert answer.status_code == 422
    assert "Centang pernyataan bahwa data sudah benar" in page_text(answer)
    declare(browser, draft)
    add_row(browser, draft, PASPOR_MARTINUS)
    answer = browser.post(
        address("request_submit", pk=draft.pk), {"submit_key": "00000000-0000-4000-8000-000000000000"}
    )
    assert answer["Location"] == address("request_review", pk=draft.pk)
    draft = fresh(draft)
    assert draft.is_draft


def test_review_names_everything_that_is_missing(browser, page_text) -> None:
    draft = new_draft(browser)
    answer = declare(browser, draft)
    assert answer.status_code == 422
    page = page_text(answer)
    for text in (
        "Isi No. Surat sesuai surat permohonan Anda",
        "Unggah Surat Permohonan Resmi",
        "Tambahkan paling sedikit satu Data Detail atau Data Statistik sebelum mengirim",
    ):
        assert text in page


def test_sent_request_answers_edits_with_409(browser) -> None:
    draft = sent_request(browser)
    for path in (
        "request_letter",
        "request_data",
        "request_review",
        "row_add",
        "statistics_add",
        "request_discard",
    ):
        assert browser.post(address(path, pk=draft.pk), {"layanan": "paspor"}).status_code == 409, path
        assert fresh(draft).rows.count() == 1, path


PAGES = [
    "request_detail",
    "request_letter",
    "request_data",
    "request_review",
    "request_submit",
    "request_sent",
    "request_discard",
    "request_withdraw",
    "row_add",
    "statistics_add",
    "request_letter_file",
    "request_pdf",
    "request_xlsx",
    "request_receipt",
]


def test_request_of_another_agency_is_not_found(browser, sign_in, joko) -> None:
    draft = sent_request(browser)
    foreign = sign_in(Client(), joko)
    for path in PAGES:
        for ask in (foreign.get, foreign.post):
            answer = ask(address(path, pk=draft.pk))
            unknown = ask(address(path, pk="00000000-0000-4000-8000-000000000000"))
            assert answer.status_code == unknown.status_code, path
            assert answer.status_code in (404, 405), path
    assert not AccessEntry.objects.filter(actor=joko).exists()


def test_draft_is_seen_by_its_owner_only(browser, sign_in, sari, page_text) -> None:
    draft = ready_draft(browser)
    colleague = sign_in(Client(), sari)
    assert colleague.get(address("request_letter", pk=draft.pk)).status_code == 404
    assert "Belum ada permohonan." in page_text(colleague.get(address("request_list")))


def test_colleague_reads_but_does_not_change(browser, sign_in, sari, page_text) -> None:
    draft = sent_request(browser)
    colleague = sign_in(Client(), sari)
    page = page_text(colleague.get(address("request_detail", pk=draft.pk)))
    assert draft.number in page
    assert "Batalkan permohonan" not in page
    for path in ("request_letter", "request_withdraw", "row_add"):
        assert colleague.post(address(path, pk=draft.pk)).status_code == 403


def test_officer_is_kept_to_the_console(browser, sign_in, budi) -> None:
    draft = sent_request(browser)
    officer = sign_in(Client(), budi)
    assert officer.get(address("request_detail", pk=draft.pk)).status_code == 403


def test_visitor_is_sent_to_sign_in_and_back(client, db) -> None:
    answer = client.get(address("request_list"))
    assert answer.status_code == 302
    assert answer["Location"].endswith("?next=/permohonan/")


def test_correction_is_shown_and_sent_again(browser, budi, page_text) -> None:
    draft = sent_request(browser)
    operations.start_verification(draft.pk, by=budi)
    operations.ask_correction(draft.pk, by=budi, note="Nomor surat tidak sesuai lampiran", whole=True)
    assert "Petugas meminta perbaikan pada permohonan" in page_text(browser.get(address("request_list")))
    page = page_text(browser.get(address("request_detail", pk=draft.pk)))
    assert "Nomor surat tidak sesuai lampiran" in page
    assert "Perbaiki dan kirim ulang" in page
    assert fill_letter(browser, draft, letter_number="1234/002").status_code == 302
    declare(browser, draft)
    assert "Kirim ulang" in page_text(browser.get(address("request_submit", pk=draft.pk)))
    first = browser.post(address("request_submit", pk=draft.pk), {"ulang": "1"})
    second = browser.post(address("request_submit", pk=draft.pk), {"ulang": "1"})
    assert first.status_code == second.status_code == 302
    draft = fresh(draft)
    assert draft.status == Status.VERIFYING
    assert draft.letter_number == "1234/002"
    assert draft.events.filter(verb="resubmit").count() == 1


def test_withdraw_asks_for_a_reason(browser, page_text) -> None:
    draft = sent_request(browser)
    answer = browser.post(address("request_withdraw", pk=draft.pk), {"note": ""})
    assert answer.status_code == 422
    assert "Isi Alasan pembatalan" in page_text(answer)
    answer = browser.post(
        address("request_withdraw", pk=draft.pk), {"note": "Surat akan diganti"}, follow=True
    )
    assert "DIBATALKAN" in page_text(answer)
    assert "Surat akan diganti" in page_text(answer)
    assert browser.post(address("request_withdraw", pk=draft.pk), {"note": "lagi lagi"}).status_code == 409


def test_discard_asks_and_deletes_the_draft(browser, page_text) -> None:
    draft = ready_draft(browser)
    assert "Hapus draf" in page_text(browser.get(address("request_discard", pk=draft.pk)))
    assert DataRequest.objects.filter(pk=draft.pk).exists()
    browser.post(address("request_discard", pk=draft.pk))
    assert not DataRequest.objects.filter(pk=draft.pk).exists()


def test_new_request_is_refused_without_agreement(client, sign_in, siti, page_text) -> None:
    sign_in(client, siti)
    answer = client.post(address("request_new"), follow=True)
    assert "Instansi Anda belum memiliki PKS yang berlaku." in page_text(answer)
    assert not DataRequest.objects.exists()


def test_files_are_logged_before_they_leave(browser, siti) -> None:
    draft = sent_request(browser)
    answer = browser.get(address("request_letter_file", pk=draft.pk))
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert answer["Cache-Control"] == "no-store, private"
    entry = AccessEntry.objects.get(actor=siti)
    assert entry.action == "download_letter"
    assert entry.purpose == draft.number
    assert browser.get(address("request_pdf", pk=draft.pk)).status_code == 404
    answer = browser.get(address("request_receipt", pk=draft.pk))
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")


def test_pressing_new_twice_gives_the_draft_that_is_still_blank(browser, siti, budi, agency) -> None:
    first = browser.post(address("request_new"))["Location"]
    assert browser.post(address("request_new"))["Location"] == first
    draft = DataRequest.objects.get()
    fill_letter(browser, draft, letter=None)
    assert browser.post(address("request_new"))["Location"] != first
    assert DataRequest.objects.count() == 2
    entered = operations.create_draft(by=budi, on_behalf_of=siti)
    assert DataRequest.objects.count() == 3, "an officer's entry is another draft"
    assert operations.create_draft(by=budi, on_behalf_of=siti) == entered


def test_list_costs_the_same_for_two_and_for_twenty(browser, siti, agency, django_assert_num_queries) -> None:
    def make(count: int) -> None:
        for number in range(count):
            draft = operations.create_draft(by=siti)
            operations.save_header(draft.pk, by=siti, values={"subject": f"Permohonan {number}"})

    make(2)
    browser.get(address("request_list"))
    with CaptureQueriesContext(connection) as few:
        browser.get(address("request_list"))
    assert len(few) <= 10
    make(20)
    with django_assert_num_queries(len(few)):
        browser.get(address("request_list"))


def test_list_searches_and_filters(browser, page_text) -> None:
    first = sent_request(browser)
    second = new_draft(browser)
    fill_letter(browser, second, subject="DATA KEPOLISIAN", letter_number="9/XI")
    page = page_text(browser.get(address("request_list"), {"q": "kepolisian"}))
    assert "DATA KEPOLISIAN" in page
    assert first.number not in page
    page = page_text(browser.get(address("request_list"), {"status": "baru"}))
    assert first.number in page
    assert "DATA KEPOLISIAN" not in page
    page = page_text(browser.get(address("request_list")))
    assert page.index("DATA KEPOLISIAN") < page.index(first.number)
    assert "Semua 2" in page
    assert "Draf 1" in page
    page = page_text(browser.get(address("request_list"), {"q": "<script>x"}))
    assert "Tidak ada permohonan yang cocok dengan “<script>x”." in page
    assert (
        browser.get(address("request_list"), {"q": "a\x00b", "page": "zzz", "status": "'"}).status_code == 200
    )


def test_second_request_brings_what_was_written_last_time(browser) -> None:
    first = new_draft(browser)
    fill_letter(browser, first, unit="PUSAT DATA", phone="081300000000")
    second = new_draft(browser)
    assert (second.unit, second.phone) == ("PUSAT DATA", "081300000000")


def test_same_letter_number_is_a_warning_only(browser, page_text) -> None:
    first = sent_request(browser)
    second = new_draft(browser)
    answer = fill_letter(browser, second)
    assert answer.status_code == 302
    assert f"No. Surat ini sudah dipakai pada permohonan {first.number}." in page_text(
        browser.get(answer["Location"])
    )


def test_pdf_that_is_none_is_refused_and_the_rest_is_kept(browser, page_text) -> None:
    draft = new_draft(browser)
    document = SimpleUploadedFile("surat.docx", b"PK\x03\x04", content_type="application/pdf")
    answer = fill_letter(browser, draft, letter=document)
    assert answer.status_code == 422
    assert "Berkas surat.docx bukan PDF. Simpan sebagai PDF lalu unggah" in page_text(answer)
    draft = fresh(draft)
    assert draft.subject == "PERMOHONAN DATA"
    assert not draft.letter
