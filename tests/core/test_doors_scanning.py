"""Uploaded letters: what is taken, what is refused and in which words."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from core.doors.scanning import check_pdf
from tests import corpus

LABEL = "Surat Permohonan Resmi"


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/pdf")


@pytest.mark.parametrize("case", corpus.HOSTILE_PDFS)
def test_check_pdf_refuses_hostile_file(case: str) -> None:
    name, write, code = corpus.HOSTILE_PDFS[case]
    with pytest.raises(ValidationError) as caught:
        check_pdf(upload(name, write()), LABEL)
    assert caught.value.code == code, caught.value.messages


@pytest.mark.parametrize("case", corpus.CLEAN_PDFS)
def test_check_pdf_takes_clean_file_unchanged(case: str) -> None:
    data = corpus.CLEAN_PDFS[case]()
    uploaded = upload("surat.pdf", data)
    check_pdf(uploaded, LABEL)
    assert hashlib.sha256(uploaded.read()).digest() == hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("surat.docx", b"PK", "Berkas surat.docx bukan PDF. Simpan sebagai PDF lalu unggah"),
        ("surat.pdf", b"", "Berkas kosong"),
        (
            "surat.pdf",
            b"%PDF-" + b"\n" * 3_500_000,
            "Surat Permohonan Resmi berukuran 3,4 MB. Unggah PDF paling besar 2 MB",
        ),
        ("surat.pdf", b"%PDF-1.7", "PDF rusak dan tidak dapat dibuka. Simpan ulang lalu unggah"),
    ],
)
def test_check_pdf_explains_itself(name: str, data: bytes, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_pdf(upload(name, data), LABEL)
    assert caught.value.messages == [message]


def test_check_pdf_asks_for_a_missing_file() -> None:
    with pytest.raises(ValidationError, match="Unggah Surat Permohonan Resmi"):
        check_pdf(None, LABEL)


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[str]:
    """A scanner that speaks clamd's INSTREAM and knows one virus."""
    path = str(tmp_path / "clamd.sock")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                data = b""
                while size := int.from_bytes(stream.read(4), "big"):
                    data += stream.read(size)
                connection.sendall(b"stream: Eicar FOUND\0" if corpus.EICAR in data else b"stream: OK\0")

    thread = threading.Thread(target=serve)
    thread.start()
    yield path
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_check_pdf_refuses_a_virus(scanner: str, settings) -> None:
    settings.CLAMD_SOCKET = scanner
    infected = corpus.pdf().replace(b"startxref", b"%" + corpus.EICAR + b"\nstartxref")
    with pytest.raises(ValidationError, match="Berkas terdeteksi virus"):
        check_pdf(upload("surat.pdf", infected), LABEL)
    check_pdf(upload("surat.pdf", corpus.pdf()), LABEL)


def test_check_pdf_takes_nothing_while_the_scanner_is_down(tmp_path: Path, settings) -> None:
    settings.CLAMD_SOCKET = str(tmp_path / "none.sock")
    with pytest.raises(ValidationError, match="Berkas belum terunggah"):
        check_pdf(upload("surat.pdf", corpus.pdf()), LABEL)
