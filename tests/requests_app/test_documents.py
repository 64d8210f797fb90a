"""Result documents: gapless numbers, the manual's layout, hostile values, XLSX, receipt, the task."""

import hashlib
import io
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import openpyxl
import pypdf
import pytest
from django.db import connection, transaction
from django.test import override_settings

from core.doors import clock
from requests_app import documents, tasks
from requests_app.models import DocumentCounter, Outcome, ResultDocument
from tests.requests_app.results import ANSWER, ASKED, AT, TABLE, add_row, add_statistics, make_request


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def read(field) -> bytes:
    with field.open("rb") as file:
        return file.read()


@pytest.fixture
def answered(siti, ratna, catalogue):
    """The manual's request: John Doe found, Martinus Laurentus not."""
    request = make_request(siti, ratna)
    add_row(request, catalogue["paspor"], ASKED, (ANSWER,))
    martinus = {"nama": "Martinus Laurentus", "no_paspor": "B123123", "tanggal_lahir": "2002-01-09"}
    add_row(request, catalogue["paspor"], martinus)
    add_statistics(request, catalogue["perlintasan"], TABLE)
    return request


def test_number_follows_the_template_and_counts_per_year(siti):
    first = documents.draw_number(make_request(siti), AT)
    second = documents.draw_number(make_request(siti), AT)
    assert first.number == "IMI-GR.03.07-11102024-0001"
    assert second.number == "IMI-GR.03.07-11102024-0002"
    assert documents.draw_number(make_request(siti), AT.replace(year=2025)).number.endswith("-11102025-0001")


def test_number_is_given_back_by_a_rollback(siti):
    documents.draw_number(make_request(siti), AT)
    with transaction.atomic():
        assert documents.draw_number(make_request(siti), AT).sequence == 2
        transaction.set_rollback(True)
    assert documents.draw_number(make_request(siti), AT).sequence == 2
    assert DocumentCounter.objects.get(scope="2024").last == 2


@pytest.mark.django_db(transaction=True)
def test_numbers_drawn_at_the_same_time_have_no_gap_and_no_double(siti):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite writes one transaction at a time anyway, and its test database lives in memory")
    waiting = [make_request(siti) for _number in range(8)]

    def draw(request):
        try:
            with transaction.atomic():
                return documents.draw_number(request, AT).sequence
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(draw, waiting)) == list(range(1, 9))


def test_number_of_a_document_in_preparation_is_kept(siti):
    request = make_request(siti)
    assert documents.draw_number(request, AT) == documents.draw_number(request, AT)


def test_day_of_the_number_is_the_day_in_jakarta(siti):
    late = datetime(2024, 12, 31, 18, 30, tzinfo=UTC)
    assert documents.draw_number(make_request(siti), late).number == "IMI-GR.03.07-01012025-0001"


def test_pdf_has_the_blocks_of_the_manual_in_order(answered):
    document = documents.draw_number(answered, AT)
    documents.make_files(document)
    text = text_of(read(document.pdf))
    expected = [
        "DIREKTORAT JENDERAL IMIGRASI",
        "LAYANAN DATA KEIMIGRASIAN",
        "Jalan H.R.Rasuna Said",
        "Laman: www.layanandata.imigrasi.go.id",
        f"Nomor : {document.number}",
        "PEMOHON",
        "INSTANSI/SATUAN KERJA BADAN IT NASIONAL / ANALISIS",
        "EMAIL siti@badan.go.id",
        "NO. HP 08123456789",
        f"NO. SURAT PERMOHONAN {answered.number}",
        "PERIHAL PERMOHONAN DATA",
        "TANGGAL PERMOHONAN 11 Oktober 2024",
        "PERMINTAAN DATA",
        "1234/11-10-2024/001",
        "DATA DETAIL",
        "John Doe",
        "Ditemukan",
        "14 Mar 2022",
        "Martinus Laurentus",
        "Data tidak ditemukan pada basis data per 11 Oktober 2024 09.12 WIB",
        "DATA STATISTIK",
        "1.200",
        "<5",
        "≥ 1.200",
        document.xlsx_sha256,
        "Jakarta, 11 Oktober 2024",
        "Ratna Wulandari",
    ]
    place = 0
    for piece in expected:
        found = text.find(piece, place)
        assert found >= 0, f"{piece!r} is missing after {text[max(0, place - 80) : place]!r}"
        place = found
    assert "BSrE" not in text
    assert "Halaman 1 dari" in text


def test_files_are_stored_with_their_fingerprints_and_not_made_twice(answered):
    document = documents.draw_number(answered, AT)
    documents.make_files(document)
    pdf = read(document.pdf)
    assert document.pdf_sha256 == hashlib.sha256(pdf).hexdigest()
    assert document.pdf_size == len(pdf)
    assert document.xlsx_sha256 == hashlib.sha256(read(document.xlsx)).hexdigest()
    name = document.pdf.name
    documents.make_files(document)
    assert document.pdf.name == name


def test_second_worker_keeps_the_files_of_the_first(answered):
    document = documents.draw_number(answered, AT)
    late = ResultDocument.objects.get(pk=document.pk)
    documents.make_files(document)
    documents.make_files(late)
    assert late.pdf.name == document.pdf.name
    assert late.pdf.storage.exists(late.pdf.name)


def test_hostile_values_stay_text_and_nothing_is_fetched(siti, catalogue):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        values = {
            "nama": f"<img src=http://127.0.0.1:{port}/x>",
            "catatan": "{{7*7}} {% now 'Y' %}",
            "tempat_lahir": "=1+1",
            "no_paspor": "A123123",
        }
        request = make_request(siti, subject="<script>alert(1)</script>", purpose="=cmd|' /C calc'!A0")
        add_row(request, catalogue["paspor"], values, (values,))
        document = documents.draw_number(request, AT)
        documents.make_files(document)
        with pytest.raises(TimeoutError):
            listener.accept()
    text = text_of(read(document.pdf)).replace(" ", "")
    assert f"<imgsrc=http://127.0.0.1:{port}/x>" in text
    assert "{{7*7}}{%now'Y'%}" in text
    assert "<script>alert(1)</script>" in text
    book = openpyxl.load_workbook(io.BytesIO(read(document.xlsx)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=1+1" in [cell.value for cell in cells]


def test_workbook_has_a_sheet_for_each_service_and_table(answered):
    document = documents.draw_number(answered, AT)
    documents.make_files(document)
    book = openpyxl.load_workbook(io.BytesIO(read(document.xlsx)), read_only=True)
    assert book.sheetnames == ["Ringkasan", "Paspor", "Statistik 1"]
    rows = list(book["Paspor"].iter_rows(values_only=True))
    header = list(rows[0])
    assert header[:2] == ["No", "Diminta: Nama"]
    assert rows[1][header.index("Jawaban: Status Paspor")] == "Aktif"
    assert rows[2][header.index("Hasil")] == "Tidak Ditemukan"
    book.close()


def test_answers_of_a_withheld_row_are_not_given_out(siti, catalogue, rina):
    request = make_request(siti)
    secret = {**ANSWER, "catatan": "RAHASIA SEKALI"}
    add_row(request, catalogue["paspor"], ASKED, (secret,), rina, Outcome.WITHHELD, "Dikecualikan UU")
    document = documents.draw_number(request, AT)
    documents.make_files(document)
    text = text_of(read(document.pdf))
    assert "RAHASIA" not in text
    assert "Dikecualikan: Dikecualikan UU" in text
    book = openpyxl.load_workbook(io.BytesIO(read(document.xlsx)))
    assert "RAHASIA SEKALI" not in [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]


def test_document_uses_the_schema_of_the_submission(siti, catalogue):
    service = catalogue["paspor"]
    request = make_request(siti, schemas={"paspor": service.schema().to_json()})
    add_row(request, service, ASKED, (ANSWER,))
    service.fields.filter(key="status_paspor").update(label="Label Baru")
    document = documents.draw_number(request, AT)
    documents.make_files(document)
    text = text_of(read(document.pdf))
    assert "Status Paspor" in text
    assert "Label Baru" not in text


@override_settings(RESULT_PDF_MAX_ROWS=50)
def test_long_list_goes_to_an_annex_and_is_cut_there(siti, catalogue):
    request = make_request(siti)
    for number in range(60):
        add_row(request, catalogue["paspor"], {**ASKED, "nama": f"Orang Nomor{number:03}X"})
    document = documents.draw_number(request, AT)
    documents.make_files(document)
    text = text_of(read(document.pdf))
    assert "LAMPIRAN" in text
    assert "Nomor049X" in text
    assert "Nomor050X" not in text
    assert "memuat 50 dari 60 baris" in text
    book = openpyxl.load_workbook(io.BytesIO(read(document.xlsx)), read_only=True)
    assert len(list(book["Paspor"].iter_rows())) == 61
    book.close()


def test_task_completes_the_request_once(answered, drain_queue):
    document = documents.draw_number(answered, AT)
    tasks.issue_document(str(document.pk))
    tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    assert document.state == ResultDocument.State.ISSUED
    assert document.attempts == 1
    assert type(answered).objects.get(pk=answered.pk).status == "completed"


def test_task_gives_up_after_three_attempts(answered):
    document = documents.draw_number(answered, AT)
    ResultDocument.objects.filter(pk=document.pk).update(attempts=3)
    tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    assert document.state == ResultDocument.State.PREPARING
    assert not document.pdf


def test_stuck_document_is_queued_again(answered, drain_queue):
    document = documents.draw_number(answered, AT)  # long ago
    tasks.retry_documents()
    assert drain_queue() >= 1
    document.refresh_from_db()
    assert document.state == ResultDocument.State.ISSUED


@pytest.mark.parametrize("state", [ResultDocument.State.ISSUED, ResultDocument.State.REVOKED])
def test_old_document_of_a_reopened_request_does_not_issue_the_new_one_without_files(
    state, answered, rina, puti, drain_queue
):
    """The queue looks after stuck documents every few minutes, and may deliver a task twice."""
    old = documents.draw_number(answered, AT)
    documents.make_files(old)
    old.state, old.revocation_asked_by, old.revoked_by, old.revoked_at = state, rina, puti, AT
    if state == ResultDocument.State.ISSUED:
        old.revocation_asked_by = old.revoked_by = old.revoked_at = None
    old.save()
    new = documents.draw_number(answered, clock.now())
    tasks.retry_documents()
    tasks.issue_document(str(old.pk))
    drain_queue()
    new.refresh_from_db()
    assert (new.state, type(answered).objects.get(pk=answered.pk).status) == ("preparing", "issuing")
    tasks.issue_document(str(new.pk))
    new.refresh_from_db()
    assert new.state == ResultDocument.State.ISSUED
    assert new.pdf
    assert new.xlsx


def test_receipt_tells_number_moment_counts_and_fingerprint(answered):
    text = text_of(documents.receipt_pdf(answered))
    with answered.letter.open("rb") as letter:
        fingerprint = hashlib.sha256(letter.read()).hexdigest()
    for piece in (
        "TANDA TERIMA PERMOHONAN DATA",
        answered.number,
        "11 Oktober 2024 09.12.33 WIB",
        "BADAN IT NASIONAL / ANALISIS",
        "Paspor 2",
        "Data Statistik 1",
        fingerprint,
    ):
        assert piece in text
