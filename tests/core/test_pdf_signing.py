"""Electronic signatures: keys fit and unfit, PAdES by our own key, timestamps, judged by an independent program."""

import asyncio
import http.server
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.checks import run_checks
from pyhanko.sign.timestamps import DummyTimeStamper

from core.doors import pdf_signing
from core.doors.pdf_signing import SigningError
from core.doors.pdf_signing.demo import prepare_demo_key
from tests import signing
from tests.signing import PASSPHRASE, make_certificate, pdfsig, use_key
from tests.signing_service import one_page

WRONG = "kata-yang-keliru"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return one_page()


@pytest.fixture(scope="module")
def seal():
    return make_certificate()


def signed(pdf: bytes) -> bytes:
    file = io.BytesIO(pdf)
    assert pdf_signing.sign(file, reason="Penerbitan dokumen uji") is not None
    return file.getvalue()


def test_nothing_is_signed_where_nobody_asked_for_it(pdf, settings):
    for off in ("", "none"):
        settings.PDF_SIGNING = off
        file = io.BytesIO(pdf)
        assert pdf_signing.sign(file, reason="x") is None
        assert file.getvalue() == pdf
        assert pdf_signing.sentence() == ""
        assert not pdf_signing.is_on()


def test_misspelt_method_signs_nothing_and_refuses(pdf, settings):
    settings.PDF_SIGNING = "lokal"
    with pytest.raises(SigningError, match="PDF_SIGNING"):
        pdf_signing.sign(io.BytesIO(pdf), reason="x")
    assert "core.E006" in [found.id for found in run_checks(tags=["security"])]


def test_signature_is_appended_and_pdfsig_finds_it_valid(pdf, seal, settings, tmp_path):
    use_key(settings, tmp_path / "segel.pem", signing.pem(seal))
    file = io.BytesIO(pdf)
    signature = pdf_signing.sign(file, reason="Penerbitan dokumen uji")
    content = file.getvalue()
    assert content.startswith(pdf)
    told = pdfsig(content, tmp_path)
    for piece in (
        "Signature is Valid",
        "Total document signed",
        "ETSI.CAdES.detached",
        "Segel Uji",
        "SHA-256",
    ):
        assert piece in told
    assert signature.subject == "Segel Uji, Direktorat Jenderal Imigrasi"
    assert int(signature.serial, 16) == seal[1].serial_number
    assert signature.shown_serial.replace(" ", "").lstrip("0") == signature.serial
    assert signature.moment("valid_until") == seal[1].not_valid_after_utc
    assert signature.is_self_signed
    assert not signature.is_timestamped
    assert pdf_signing.Signature.from_json(signature.to_json()) == signature
    assert (
        pdf_signing.sentence() == "Dokumen ini ditandatangani secara elektronik dengan sertifikat Segel Uji"
    )


@pytest.mark.parametrize("place", ["content", "signature"])
def test_one_changed_byte_makes_the_signature_invalid(place, pdf, seal, settings, tmp_path):
    use_key(settings, tmp_path / "segel.pem", signing.pem(seal))
    content = bytearray(signed(pdf))
    if place == "content":
        at = content.index(b"/MediaBox") + 1
    else:  # the end of its hexadecimal text, before the zeros that fill the place
        begin = content.index(b"/Contents <")
        at = begin + len(content[begin : content.index(b">", begin)].rstrip(b"0")) - 8
    content[at] = ord("1") if content[at] != ord("1") else ord("2")
    assert "Signature is Valid" not in pdfsig(bytes(content), tmp_path)
    with pytest.raises(SigningError):
        pdf_signing.read_signature(io.BytesIO(bytes(content)))


def test_what_is_appended_after_the_signature_is_noticed(pdf, seal, settings, tmp_path):
    use_key(settings, tmp_path / "segel.pem", signing.pem(seal))
    with pytest.raises(SigningError, match="tidak sah"):
        pdf_signing.read_signature(io.BytesIO(signed(pdf) + b"\n% lagi\n"))
    with pytest.raises(SigningError, match="tidak memuat"):
        pdf_signing.read_signature(io.BytesIO(pdf))
    with pytest.raises(SigningError, match="tidak dapat dibaca"):
        pdf_signing.read_signature(io.BytesIO(b"bukan PDF"))


def test_pkcs12_with_chain_and_passphrase(pdf, settings, tmp_path):
    authority = make_certificate("Otoritas Uji", is_authority=True)
    seal = make_certificate(issuer=authority)
    use_key(settings, tmp_path / "segel.p12", signing.p12(seal, [authority[1]]), PASSPHRASE)
    signature = pdf_signing.read_signature(io.BytesIO(signed(pdf)))
    assert signature.issuer == "Otoritas Uji, Direktorat Jenderal Imigrasi"
    assert not signature.is_self_signed
    assert pdf_signing.sentence().endswith("sertifikat Otoritas Uji")


def test_locked_pem_key_with_its_certificate_elsewhere(pdf, settings, tmp_path):
    authority = make_certificate("Otoritas Uji", is_authority=True)
    seal = make_certificate(issuer=authority)
    use_key(settings, tmp_path / "segel.key", signing.key_pem(seal[0], PASSPHRASE), PASSPHRASE)
    settings.PDF_SIGNING_CERTIFICATE = str(tmp_path / "segel.crt")
    # The authority first: the certificate is found by its key, not by its place.
    chain = authority[1].public_bytes(Encoding.PEM) + seal[1].public_bytes(Encoding.PEM)
    (tmp_path / "segel.crt").write_bytes(chain)
    assert "Signature is Valid" in pdfsig(signed(pdf), tmp_path)


def altered(pair) -> bytes:
    """A certificate whose subject somebody changed."""
    der = pair[1].public_bytes(Encoding.DER).replace(b"Segel Uji", b"Segel Aku")
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) + signing.key_pem(pair[0])


@pytest.mark.parametrize(
    ("content", "passphrase", "words"),
    [
        (lambda: signing.p12(make_certificate(), []), WRONG, "PDF_SIGNING_PASSPHRASE salah"),
        (lambda: signing.p12(make_certificate(), []), "", "PDF_SIGNING_PASSPHRASE salah"),
        (lambda: signing.pem(make_certificate(), PASSPHRASE), WRONG, "PDF_SIGNING_PASSPHRASE salah"),
        (lambda: signing.pem(make_certificate(), PASSPHRASE), "", "PDF_SIGNING_PASSPHRASE salah"),
        (lambda: b"bukan kunci", "", "berkasnya rusak"),
        (lambda: signing.key_pem(make_certificate()[0]), "", "Sertifikat penanda tangan rusak"),
        (lambda: signing.pem((make_certificate()[0], make_certificate()[1])), "", "bukan milik kuncinya"),
        (lambda: altered(make_certificate()), "", "telah diubah"),
        (lambda: signing.pem(make_certificate(ends=timedelta(minutes=-1))), "", "kedaluwarsa sejak"),
        (lambda: signing.pem(make_certificate(begins=timedelta(days=1))), "", "belum mulai"),
        (lambda: signing.pem(make_certificate(may_sign=False)), "", "tidak diperuntukkan"),
    ],
)
def test_unfit_key_is_refused_in_plain_words(content, passphrase, words, pdf, settings, tmp_path):
    use_key(settings, tmp_path / "kunci", content(), passphrase)
    for use in (pdf_signing.sentence, lambda: pdf_signing.sign(io.BytesIO(pdf), reason="x")):
        with pytest.raises(SigningError, match=words) as refusal:
            use()
        assert not refusal.value.is_passing
        assert WRONG not in str(refusal.value)
    found = [check.id for check in run_checks(tags=["security"], include_deployment_checks=True)]
    assert "core.E007" in found


def test_missing_key_file_and_missing_setting_are_told(settings, tmp_path):
    use_key(settings, tmp_path / "kunci", b"")
    settings.PDF_SIGNING_KEY = str(tmp_path / "tidak-ada.p12")
    with pytest.raises(SigningError, match="tidak dapat dibaca"):
        pdf_signing.sentence()
    settings.PDF_SIGNING_KEY = ""
    with pytest.raises(SigningError, match="PDF_SIGNING_KEY"):
        pdf_signing.sentence()


def test_operator_hears_of_unsigned_documents_and_of_the_certificates_end(settings, tmp_path):
    def found() -> set[str]:
        checks = run_checks(tags=["security"], include_deployment_checks=True)
        return {
            check.id for check in checks if check.id in ("core.W002", "core.W003", "core.E006", "core.E007")
        }

    settings.PDF_SIGNING = ""
    assert found() == {"core.W002"}
    settings.PDF_SIGNING = "none"
    assert found() == set()
    use_key(settings, tmp_path / "a.pem", signing.pem(make_certificate()))
    assert found() == set()
    use_key(settings, tmp_path / "b.pem", signing.pem(make_certificate(ends=timedelta(days=29))))
    assert found() == {"core.W003"}


# --- timestamps -----------------------------------------------------------------------------------


class Authority(http.server.BaseHTTPRequestHandler):
    """A real RFC 3161 listener; ``answer`` says how it behaves."""

    stamper: DummyTimeStamper
    answer = "stamp"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.answer == "broken":
            self.send_error(503)
            return
        request = tsp.TimeStampReq.load(body)
        if self.answer == "refusal":
            response = tsp.TimeStampResp({"status": {"status": "rejection"}})
        elif self.answer == "replay":
            response = asyncio.run(self.stamper.async_request_tsa_response(request))
            response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed["nonce"] = 7
        else:
            response = asyncio.run(self.stamper.async_request_tsa_response(request))
        data = b"bukan jawaban" if self.answer == "rubbish" else response.dump(force=True)
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def authority() -> Iterator[tuple[type[Authority], str]]:
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)  # the stamper knows no other kind
    key, certificate = make_certificate("Penanda Waktu Uji", key=pair)
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        fixed_dt=datetime.now(UTC),
    )
    handler = type("Handler", (Authority,), {"stamper": stamper})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_address[1]}/tsa"
        server.shutdown()
        thread.join()


def test_timestamp_of_an_authority_is_in_the_signature(authority, pdf, seal, settings, tmp_path):
    use_key(settings, tmp_path / "segel.pem", signing.pem(seal))
    settings.PDF_SIGNING_TSA = authority[1]
    content = signed(pdf)
    assert pdf_signing.read_signature(io.BytesIO(content)).is_timestamped
    assert "Signature is Valid" in pdfsig(content, tmp_path)


@pytest.mark.parametrize("answer", ["broken", "refusal", "rubbish", "replay"])
def test_no_timestamp_no_signature_and_the_queue_may_try_again(
    answer, authority, pdf, seal, settings, tmp_path
):
    use_key(settings, tmp_path / "segel.pem", signing.pem(seal))
    authority[0].answer, settings.PDF_SIGNING_TSA = answer, authority[1]
    with pytest.raises(SigningError, match="penanda waktu") as refusal:
        signed(pdf)
    assert refusal.value.is_passing


def test_timestamp_authority_that_is_not_there(pdf, seal, settings, tmp_path):
    use_key(settings, tmp_path / "segel.pem", signing.pem(seal))
    for address in ("http://127.0.0.1:9/tsa", "file:///etc/passwd"):
        settings.PDF_SIGNING_TSA = address
        with pytest.raises(SigningError, match="penanda waktu"):
            signed(pdf)


# --- demonstration and start-up -------------------------------------------------------------------


@pytest.mark.slow
def test_demo_key_says_demo_and_is_made_once(settings, tmp_path):
    path = tmp_path / "baru" / "demo-signing.pem"
    settings.PDF_SIGNING, settings.DEMO_SIGNING_KEY = "local", path
    settings.PDF_SIGNING_KEY, settings.PDF_SIGNING_PASSPHRASE = str(path), ""
    assert prepare_demo_key()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    first = path.read_bytes()
    assert "DEMO" in pdf_signing.sentence()
    signature = pdf_signing.sign(io.BytesIO(one_page()), reason="x")
    assert "DEMO - bukan sertifikat resmi" in signature.subject
    assert not prepare_demo_key()
    assert path.read_bytes() == first
    path.unlink()
    assert "DEMO" in pdf_signing.sentence()  # a worker started without ``prepare`` makes one too
    path.write_bytes(signing.pem(make_certificate("Lama", ends=timedelta(days=29))))
    assert prepare_demo_key()
    assert b"BEGIN CERTIFICATE" in path.read_bytes()
    assert "DEMO" in pdf_signing.sentence()


@pytest.mark.parametrize("case", ["not demo", "another method", "a key of the operator"])
def test_demo_key_is_made_in_demo_mode_only(case, settings, tmp_path):
    path = tmp_path / "demo-signing.pem"
    settings.DEMO = case != "not demo"
    settings.PDF_SIGNING = "none" if case == "another method" else "local"
    settings.DEMO_SIGNING_KEY = path
    settings.PDF_SIGNING_KEY = str(tmp_path / "own.pem" if case.startswith("a key") else path)
    assert not prepare_demo_key()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_start_of_web_and_commands_loads_no_signing_library(tmp_path):
    look = (
        "import sys, django; django.setup(); from django.core.checks import run_checks; run_checks();"
        "import core.urls, requests_app.tasks, public_site.views.verification;"
        "print([name for name in ('pyhanko', 'asn1crypto', 'aiohttp') if name in sys.modules])"
    )
    environment = {
        **os.environ,
        "DEMO": "1",
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "core.settings.base",
    }
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
