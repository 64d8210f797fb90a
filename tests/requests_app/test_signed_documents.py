"""Signed answer documents: what is kept is signed, once; what cannot be signed waits and says why."""

import hashlib
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pypdf
import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ

from core.doors import pdf_signing
from core.doors.pdf_signing import SigningError
from core.problems import all_problems
from requests_app import documents, operations, tasks
from requests_app.models import ResultDocument, Status
from tests.requests_app.results import ANSWER, ASKED, AT, add_row, make_request
from tests.signing import make_certificate, pdfsig, pem, use_key
from tests.signing_service import running


@pytest.fixture(scope="module")
def seal():
    return make_certificate()


@pytest.fixture
def signing(settings, tmp_path, seal):
    """Documents are signed with our own key."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    use_key(settings, tmp_path / "segel.pem", pem(seal))


@pytest.fixture
def service(settings):
    """BSrE's service signs them."""
    with running(settings) as handler:
        yield handler


@pytest.fixture
def document(siti, ratna, catalogue, signing) -> ResultDocument:
    request = make_request(siti, ratna)
    add_row(request, catalogue["paspor"], ASKED, (ANSWER,))
    with transaction.atomic():
        return documents.draw_number(request, AT)


def read(field) -> bytes:
    with field.open("rb") as file:
        return file.read()


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def stored_files(settings) -> list[str]:
    return sorted(path.name for path in (settings.PRIVATE_ROOT / "results").rglob("*") if path.is_file())


def expire(settings, tmp_path) -> None:
    use_key(settings, tmp_path / "lama.pem", pem(make_certificate(ends=timedelta(minutes=-1))))


def test_kept_fingerprint_is_that_of_the_signed_pdf(document, seal, tmp_path):
    documents.make_files(document)
    pdf = read(document.pdf)
    assert document.pdf_sha256 == hashlib.sha256(pdf).hexdigest()
    assert document.pdf_size == len(pdf)
    told = pdfsig(pdf, tmp_path)
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "Signature is Valid" not in pdfsig(pdf.replace(b"/MediaBox", b"/MediaBux", 1), tmp_path)
    signature = document.electronic_signature
    assert signature is not None
    assert (signature.method, int(signature.serial, 16)) == ("local", seal[1].serial_number)
    sentence = "Dokumen ini ditandatangani secara elektronik dengan sertifikat Segel Uji."
    assert sentence in text_of(pdf)


def test_unsigned_document_says_nothing_of_a_signature(document, settings):
    settings.PDF_SIGNING = "none"
    documents.make_files(document)
    assert document.signature == {}
    assert document.electronic_signature is None
    assert "ditandatangani" not in text_of(read(document.pdf)).lower()


def test_hostile_values_stay_text_in_a_signed_document(siti, ratna, catalogue, signing, tmp_path):
    request = make_request(siti, ratna, subject="(a) Tj /Sig << >> %%EOF")
    add_row(request, catalogue["paspor"], {**ASKED, "nama": "<b>{{7*7}}</b> endobj"})
    document = documents.draw_number(request, AT)
    documents.make_files(document)
    pdf = read(document.pdf)
    assert "Signature is Valid" in pdfsig(pdf, tmp_path)
    text = text_of(pdf).replace(" ", "")
    assert "<b>{{7*7}}</b>endobj" in text
    assert "(a)Tj/Sig<<>>%%EOF" in text


@pytest.mark.slow
@override_settings(RESULT_PDF_MAX_ROWS=60)
def test_long_document_with_its_annex_is_signed_as_a_whole(siti, ratna, catalogue, signing, tmp_path):
    request = make_request(siti, ratna)
    for number in range(45):
        add_row(request, catalogue["paspor"], {**ASKED, "nama": f"Orang {number}"})
    document = documents.draw_number(request, AT)
    documents.make_files(document)
    pdf = read(document.pdf)
    assert "Total document signed" in pdfsig(pdf, tmp_path)
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert "LAMPIRAN" in text_of(pdf)
    for page in pages:
        assert "sertifikat Segel Uji" in re.sub(r"\s+", " ", page.extract_text())


# --- once ---------------------------------------------------------------------------------------


def test_repeated_work_signs_once_and_leaves_one_pair_of_files(document, settings, monkeypatch):
    late = ResultDocument.objects.get(pk=document.pk)
    calls = []
    sign = pdf_signing.sign
    monkeypatch.setattr(pdf_signing, "sign", lambda *args, **more: calls.append(1) or sign(*args, **more))
    tasks.issue_document(str(document.pk))
    tasks.issue_document(str(document.pk))
    documents.make_files(late)
    assert len(calls) == 1
    assert stored_files(settings) == [f"{document.pk}.pdf", f"{document.pk}.xlsx"]
    assert late.pdf_sha256 == hashlib.sha256(read(late.pdf)).hexdigest()


@pytest.mark.slow
def test_slower_of_two_workers_changes_nothing(document, settings, monkeypatch):
    """Its colleague ends while it is signing."""
    sign = pdf_signing.sign

    def slowly(*args, **more):
        monkeypatch.setattr(pdf_signing, "sign", sign)
        documents.make_files(ResultDocument.objects.get(pk=document.pk))
        return sign(*args, **more)

    monkeypatch.setattr(pdf_signing, "sign", slowly)
    documents.make_files(document)
    assert document.pdf_sha256 == hashlib.sha256(read(document.pdf)).hexdigest()
    assert len(stored_files(settings)) == 2


def test_left_overs_of_a_killed_worker_are_replaced(document, settings):
    folder = settings.PRIVATE_ROOT / "results" / "2024" / "10"
    folder.mkdir(parents=True)
    (folder / f"{document.pk}.pdf").write_bytes(b"half a file")
    documents.make_files(document)
    assert document.pdf_sha256 == hashlib.sha256(read(document.pdf)).hexdigest()
    assert len(stored_files(settings)) == 2


def test_two_workers_do_not_sign_at_the_same_time(document, settings):
    ResultDocument.objects.filter(pk=document.pk).update(making_since=timezone.now())
    tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    assert (document.state, document.attempts) == (ResultDocument.State.PREPARING, 0)
    # The other one must have died: the queue ends its tasks before.
    assert settings.Q_CLUSTER["timeout"] < tasks._LEASE.total_seconds() < settings.Q_CLUSTER["retry"]
    ResultDocument.objects.filter(pk=document.pk).update(making_since=timezone.now() - tasks._LEASE)
    tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    assert document.state == ResultDocument.State.ISSUED
    assert document.making_since is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_workers_told_at_once_sign_once(document, settings, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite writes one transaction at a time anyway, and its test database lives in memory")
    calls = []
    sign = pdf_signing.sign
    monkeypatch.setattr(pdf_signing, "sign", lambda *args, **more: calls.append(1) or sign(*args, **more))

    def work(_number):
        try:
            tasks.issue_document(str(document.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    document.refresh_from_db()
    assert (len(calls), document.state, document.attempts) == (1, ResultDocument.State.ISSUED, 1)
    assert len(stored_files(settings)) == 2


def test_worker_that_fails_otherwise_gives_the_document_back(document, monkeypatch):
    def fail(*args, **more):
        raise MemoryError

    monkeypatch.setattr(documents, "result_pdf", fail)
    with pytest.raises(MemoryError):
        tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    assert (document.attempts, document.making_since, document.failure) == (1, None, "")


# --- what cannot be signed -----------------------------------------------------------------------


def test_expired_certificate_keeps_the_request_waiting_and_says_why(
    document, settings, tmp_path, client, sign_in, page_text, ratna, kartika, drain_queue
):
    expire(settings, tmp_path)
    with pytest.raises(SigningError, match="kedaluwarsa"):
        tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    assert document.request.status == Status.ISSUING
    assert (document.attempts, document.is_halted, document.pdf.name) == (0, True, "")
    assert not (settings.PRIVATE_ROOT / "results").exists()
    # Told on the request, among the problems, and offered to be made once more.
    page = reverse("admin:requests_app_datarequest_change", args=[document.request_id])
    text = page_text(sign_in(client, ratna).get(f"{page}?tab=dokumen"))
    assert "Sertifikat penanda tangan kedaluwarsa sejak" in text
    assert "Setelah diperbaiki, penyetuju menekan Buat ulang dokumen" in text
    told = [problem for problem in all_problems() if document.request.number in problem.text]
    assert "kedaluwarsa" in told[0].text
    assert "Buat ulang dokumen" in told[0].advice
    # Nobody tries by himself: only a person knows when it is mended.
    tasks.retry_documents()
    assert not OrmQ.objects.exists()
    use_key(settings, tmp_path / "baru.pem", pem(make_certificate("Segel Baru")))
    operations.remake_document(document.request_id, by=ratna)
    drain_queue()
    document.refresh_from_db()
    assert (document.state, document.failure) == (ResultDocument.State.ISSUED, "")
    assert document.electronic_signature.subject.startswith("Segel Baru")


@pytest.mark.slow
def test_failed_work_in_the_console_says_it_in_plain_words_and_runs_again(
    document, settings, tmp_path, client, sign_in, page_text, kartika
):
    """As the queue keeps it: the error's words first."""
    expire(settings, tmp_path)
    try:
        tasks.issue_document(str(document.pk))
    except SigningError as error:
        result = f"{error} : Traceback (most recent call last) …"
    now = timezone.now()
    failure = Failure.objects.create(
        id="a" * 32, name="uji", func="requests_app.tasks.issue_document", args=(str(document.pk),),
        started=now, stopped=now, success=False, result=result,
    )  # fmt: skip
    text = page_text(sign_in(client, kartika).get(reverse("admin:django_q_failure_changelist")))
    assert "Membuat dokumen jawaban" in text
    assert "Sertifikat penanda tangan kedaluwarsa sejak" in text
    assert "Traceback" not in text
    use_key(settings, tmp_path / "baru.pem", pem(make_certificate("Segel Baru")))
    tasks.issue_document(*failure.args)
    document.refresh_from_db()
    assert document.state == ResultDocument.State.ISSUED


@pytest.mark.slow
def test_service_that_is_down_is_asked_again_until_it_answers(document, service, drain_queue):
    service.mode = (503, b"")
    with pytest.raises(SigningError, match="503"):
        tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    assert (document.attempts, document.is_halted) == (0, False)
    advice = [problem.advice for problem in all_problems() if document.request.number in problem.text]
    assert advice == ["Dicoba lagi setiap beberapa menit sampai layanannya menjawab."]
    # More often than attempts are allowed, and without one failed task after the other.
    for _time in range(ResultDocument.MOST_ATTEMPTS + 1):
        tasks.retry_documents()
        assert drain_queue() == 1
    assert document.request.status == Status.ISSUING
    service.mode = "sign"
    tasks.retry_documents()
    drain_queue()
    document.refresh_from_db()
    assert document.state == ResultDocument.State.ISSUED
    assert document.failure == ""
    assert document.electronic_signature.method == "bsre"
    assert "diterbitkan oleh BSrE, BSSN." in text_of(read(document.pdf))


def test_wrong_passphrase_is_not_repeated_by_itself(document, service, drain_queue):
    service.mode = (400, b'{"error": "Passphrase anda salah"}')
    with pytest.raises(SigningError, match="Passphrase anda salah"):
        tasks.issue_document(str(document.pk))
    tasks.retry_documents()
    drain_queue()
    assert len(service.asked) == 1


def test_problems_name_a_certificate_that_ends_or_cannot_be_used(db, signing, settings, tmp_path):
    def found() -> list[str]:
        return [problem.text for problem in all_problems() if "ertifikat" in problem.text]

    assert found() == []
    use_key(settings, tmp_path / "segera.pem", pem(make_certificate(ends=timedelta(days=20))))
    assert found()[0].startswith("Sertifikat penanda tangan berakhir pada")
    expire(settings, tmp_path)
    assert "tidak dapat ditandatangani: Sertifikat penanda tangan kedaluwarsa" in found()[0]


def test_download_gives_the_signed_bytes_every_time(document, client, sign_in, ratna):
    tasks.issue_document(str(document.pk))
    document.refresh_from_db()
    address = reverse("admin:requests_app_datarequest_result", args=[document.pk, "pdf"])
    sign_in(client, ratna)
    for _time in range(2):
        content = b"".join(client.get(address).streaming_content)
        assert hashlib.sha256(content).hexdigest() == document.pdf_sha256
