"""Keaslian dokumen: what the public page tells, comparing files, states, unknown tokens, limits."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.doors import clock
from public_site.views import verification
from requests_app import documents
from requests_app.models import ResultDocument
from tests.requests_app.results import ASKED, AT, add_row, make_request
from tests.signing import make_certificate, pem, use_key


@pytest.fixture
def document(siti, ratna, catalogue) -> ResultDocument:
    request = make_request(siti, ratna)
    add_row(request, catalogue["paspor"], ASKED)
    made = documents.draw_number(request, AT)
    documents.make_files(made)
    ResultDocument.objects.filter(pk=made.pk).update(
        state=ResultDocument.State.ISSUED, issued_at=timezone.now()
    )
    made.refresh_from_db()
    return made


@pytest.fixture
def address(document) -> str:
    return reverse("public_site:verify", args=[document.token])


def upload(client, address, content: bytes, name: str = "jawaban.pdf"):
    return client.post(address, {"file": SimpleUploadedFile(name, content, "application/pdf")})


def pdf_of(document) -> bytes:
    with document.pdf.open("rb") as file:
        return file.read()


def test_page_tells_number_date_institution_state_and_fingerprint(client, document, address, page_text):
    text = page_text(client.get(address))
    for piece in (document.number, "11 Oktober 2024", "BADAN IT NASIONAL", "Berlaku", document.pdf_sha256):
        assert piece in text
    assert "John Doe" not in text
    assert "Siti" not in text


def test_same_file_is_told_to_be_the_same(client, document, address, page_text):
    assert "Sama persis" in page_text(upload(client, address, pdf_of(document)))


def test_changed_file_is_told_to_be_different(client, document, address, page_text):
    changed = pdf_of(document)[:-1] + b" "
    text = page_text(upload(client, address, changed))
    assert "Berbeda dari dokumen yang kami terbitkan. Jangan dipakai; hubungi kami." in text
    assert "Sama persis" not in text


def test_workbook_is_compared_too(client, document, address, page_text):
    with document.xlsx.open("rb") as file:
        content = file.read()
    assert "Sama persis" in page_text(upload(client, address, content, "jawaban.xlsx"))


@pytest.mark.parametrize(
    ("state", "word"), [("superseded", "Dokumen yang lebih baru"), ("revoked", "tidak boleh dipakai lagi")]
)
def test_state_of_an_old_document_is_told(client, document, address, page_text, state, word, rina, ratna):
    at = timezone.now()
    two = {"revocation_asked_by": rina, "revoked_by": ratna, "revoked_at": at} if state == "revoked" else {}
    ResultDocument.objects.filter(pk=document.pk).update(state=state, **two)
    text = page_text(client.get(address))
    assert word in text
    assert "Perhatikan keadaan dokumen" in page_text(upload(client, address, pdf_of(document)))


def test_code_of_a_forged_document_is_told_to_be_none_of_ours(client, db, page_text):
    answer = client.get(reverse("public_site:verify", args=["tidak-ada"]))
    assert answer.status_code == 404
    assert "Kode ini bukan kode dokumen kami" in page_text(answer)
    assert "jangan memakai dokumen itu" in page_text(answer)
    assert f'action="{reverse("public_site:verify_home")}"' in answer.content.decode()
    assert upload(client, reverse("public_site:verify", args=["tidak-ada"]), b"x").status_code == 404


def test_document_in_preparation_is_not_found(client, document, address):
    ResultDocument.objects.filter(pk=document.pk).update(state="preparing")
    assert client.get(address).status_code == 404


def test_guessing_tokens_is_slowed_down(client, document, address, settings):
    for number in range(settings.TRACK_MISSES):
        assert client.get(reverse("public_site:verify", args=[f"tebakan-{number}"])).status_code == 404
    assert client.get(reverse("public_site:verify", args=["tebakan"])).status_code == 429
    assert client.get(address).status_code == 429


def test_uploads_are_limited(client, document, address, settings):
    settings.UPLOADS_PER_HOUR = 2
    for _number in range(2):
        assert upload(client, address, b"x").status_code == 200
    assert upload(client, address, b"x").status_code == 429


def test_home_finds_the_document_of_a_file(client, document, page_text):
    address = reverse("public_site:verify_home")
    text = page_text(upload(client, address, pdf_of(document)))
    assert "Sama persis" in text
    assert document.number in text
    assert "Berbeda" in page_text(upload(client, address, b"lain"))


def test_missing_empty_and_huge_files_are_refused(client, document, address, page_text, monkeypatch):
    assert "Pilih berkas PDF atau XLSX" in page_text(client.post(address))
    assert "kosong (0 kB)" in page_text(upload(client, address, b""))
    monkeypatch.setattr(verification, "MOST_BYTES", 1024 * 1024)
    assert "Berkas lebih dari 1 MB" in page_text(upload(client, address, b"x" * 1024 * 1200))


def test_nothing_of_an_upload_reaches_the_disk(client, document, address, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.PRIVATE_ROOT = tmp_path / "private"
    upload(client, address, b"x" * 3 * 1024 * 1024)
    assert list(tmp_path.rglob("*")) == []


def test_form_needs_its_token(document, address):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, {}).status_code == 403
    page = strict.get(address)
    token = page.context["csrf_token"]
    file = SimpleUploadedFile("a.pdf", b"x")
    assert strict.post(address, {"csrfmiddlewaretoken": str(token), "file": file}).status_code == 200


@pytest.fixture
def signed(siti, ratna, catalogue, settings, tmp_path) -> ResultDocument:
    """A document signed with our own key."""
    use_key(settings, tmp_path / "segel.pem", pem(make_certificate("Segel <b>Uji</b>")))
    request = make_request(siti, ratna)
    add_row(request, catalogue["paspor"], ASKED)
    made = documents.draw_number(request, AT)
    documents.make_files(made)
    ResultDocument.objects.filter(pk=made.pk).update(
        state=ResultDocument.State.ISSUED, issued_at=timezone.now()
    )
    made.refresh_from_db()
    return made


def test_signature_is_told_with_its_certificate_and_how_to_check_it(client, signed, page_text):
    answer = client.get(reverse("public_site:verify", args=[signed.token]))
    text = page_text(answer)
    signature = signed.electronic_signature
    assert signature is not None
    for piece in (
        "Tanda tangan elektronik",
        "Direktorat Jenderal Imigrasi (diterbitkan sendiri)",
        signature.shown_serial,
        signature.fingerprint,
        clock.long_date(clock.local_date(signature.moment("valid_until"))),
        "Cara memeriksa dengan pembaca PDF",
    ):
        assert piece in text
    assert "Segel &lt;b&gt;Uji&lt;/b&gt;" in answer.content.decode()
    assert "penanda waktu" not in text


def test_file_of_a_signed_document_is_compared_with_its_signature(client, signed, page_text):
    address = reverse("public_site:verify_home")
    content = pdf_of(signed)
    text = page_text(upload(client, address, content))
    assert "Sama persis" in text
    assert "termasuk tanda tangan elektroniknya" in text
    assert "Nomor seri" in text
    # Whatever came before the signature is still a valid PDF, but not the document.
    unsigned = content[: content.index(b"%%EOF") + 6]
    assert "Berbeda" in page_text(upload(client, address, unsigned))


def test_page_of_an_unsigned_document_says_nothing_of_a_signature(client, document, address, page_text):
    text = page_text(client.get(address)) + page_text(upload(client, address, pdf_of(document)))
    assert "Sama persis" in text
    assert "tanda tangan" not in text.lower()
