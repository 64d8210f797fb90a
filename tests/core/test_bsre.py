"""The adapter of BSrE's signing service, against a real listener: what it is sent, what its answers do."""

import base64
import contextlib
import io
import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core.doors import pdf_signing
from core.doors.pdf_signing import SigningError, bsre
from tests import signing
from tests.signing import make_certificate, pdfsig
from tests.signing_service import NIK, PASSPHRASE, Service, one_page, running


@pytest.fixture
def service(settings) -> Iterator[type[Service]]:
    with running(settings) as handler:
        yield handler


def sign() -> tuple[bytes, Any]:
    file = io.BytesIO(one_page())
    signature = pdf_signing.sign(file, reason="Penerbitan dokumen uji")
    return file.getvalue(), signature


@pytest.mark.parametrize("mode", ["sign", "rewrite", "long-term"])
def test_service_gets_file_and_signer_and_its_pdf_is_taken(mode, service, tmp_path):
    service.mode = mode
    content, signature = sign()
    (path, access, form) = service.asked[0]
    assert path == "/esign/api/sign/pdf"
    assert base64.b64decode(access.removeprefix("Basic ")) == b"layanan:sandi-layanan"
    assert {name: form[name] for name in form if name != "file"} == {
        "nik": NIK.encode(),
        "passphrase": PASSPHRASE.encode(),
        "tampilan": b"invisible",
    }
    assert form["file"] == one_page()
    assert "Signature is Valid" in pdfsig(content, tmp_path)
    assert (signature.method, signature.issuer) == ("bsre", "BSrE Uji, Direktorat Jenderal Imigrasi")
    assert len(service.asked) == 1


def test_legal_sentence_is_said_of_bsre_only(service, settings, tmp_path):
    assert pdf_signing.sentence() == (
        "Dokumen ini telah ditandatangani secara elektronik menggunakan sertifikat elektronik yang diterbitkan "
        "oleh BSrE, BSSN"
    )
    signing.use_key(settings, tmp_path / "segel.pem", signing.pem(make_certificate()))
    assert "BSrE" not in pdf_signing.sentence()


def test_certificate_of_somebody_else_is_not_called_bsres(service):
    service.seal = make_certificate("Penerbit Lain")
    with pytest.raises(SigningError, match="pihak lain: Penerbit Lain"):
        sign()


def error(text: str, name: str = "error") -> bytes:
    return json.dumps({"status_code": 2031, name: text}).encode()


@pytest.mark.parametrize(
    ("mode", "words", "is_passing"),
    [
        ((400, error("Passphrase anda salah")), r"menolak \(400\): Passphrase anda salah\.", False),
        ((401, error("Unauthorized", "message")), r"menolak \(401\): Unauthorized", False),
        ((404, b"<html>bukan JSON"), r"menolak \(404\)\.", False),
        ((400, b"[1]"), r"menolak \(400\)\.", False),
        ((429, b""), r"menolak \(429\)", True),
        ((500, error("Internal Server Error")), r"menolak \(500\): Internal Server Error", True),
        ((503, b""), r"menolak \(503\)", True),
        ((200, b'{"id_dokumen": "1"}'), "bukan PDF", False),
        ((200, b""), "bukan PDF", False),
        ("redirect", r"menolak \(307\)", False),
        ("cut", r"tidak menjawab \(IncompleteRead\)", True),
        ("unsigned", "tidak memuat tanda tangan", False),
        ("altered", "tidak sah", False),
        ("another", "isinya berbeda", False),
        ("huge", "terlalu besar", False),
    ],
)
def test_answers_that_are_no_signed_document_of_ours(mode, words, is_passing, service):
    service.mode = mode
    with pytest.raises(SigningError, match=words) as refusal:
        sign()
    assert refusal.value.is_passing is is_passing
    assert [path for path, _access, _form in service.asked] == ["/esign/api/sign/pdf"]


def test_service_that_says_nothing_is_not_awaited_for_ever(service, settings):
    service.mode, settings.BSRE_TIMEOUT = "silent", 0.2
    with pytest.raises(SigningError, match=r"tidak menjawab \(TimeoutError\)") as refusal:
        sign()
    assert refusal.value.is_passing


def test_service_that_is_not_there(service, settings):
    settings.BSRE_URL = "http://127.0.0.1:9"
    with pytest.raises(SigningError, match="tidak menjawab") as refusal:
        sign()
    assert refusal.value.is_passing


def test_stranger_in_the_services_place_gets_nothing(service, settings, tmp_path):
    """A listener whose certificate no authority vouches for."""
    (tmp_path / "asing.pem").write_bytes(signing.pem(make_certificate("127.0.0.1")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "asing.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard = []

        def listen() -> None:
            plain, _address = listener.accept()
            with plain, contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
                heard.append(secure.recv(1))

        thread = threading.Thread(target=listen)
        thread.start()
        settings.BSRE_URL = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(SigningError, match="SSLCertVerificationError"):
            sign()
        thread.join()
    assert heard == []


def test_passphrase_and_nik_stand_in_no_error_and_no_log(service, caplog):
    """Even of a service that repeats what it was sent."""
    caplog.set_level(logging.DEBUG)
    service.mode = (400, error(f"passphrase {PASSPHRASE} untuk {NIK} dan sandi-layanan salah"))
    with pytest.raises(SigningError) as refusal:
        sign()
    told = f"{refusal.value!r} {refusal.value.__cause__!r} {caplog.text}"
    for secret in (PASSPHRASE, NIK, "sandi-layanan"):
        assert secret not in told
    assert "passphrase … untuk … dan … salah" in str(refusal.value)


@pytest.mark.parametrize(
    "name", ["BSRE_URL", "BSRE_USERNAME", "BSRE_PASSWORD", "BSRE_NIK", "BSRE_PASSPHRASE"]
)
def test_missing_setting_is_named_before_anything_is_sent(name, service, settings):
    setattr(settings, name, "")
    with pytest.raises(SigningError, match=name):
        pdf_signing.sentence()
    with pytest.raises(SigningError, match=name):
        sign()
    assert service.asked == []


@pytest.mark.parametrize("address", ["http://esign.example", "ftp://127.0.0.1/", "esign.example", "https://"])
def test_passphrase_never_travels_in_the_open(address, service, settings):
    settings.BSRE_URL = address
    with pytest.raises(SigningError, match="https"):
        bsre.check_settings()
