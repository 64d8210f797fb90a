"""Judges files people send us before anything keeps them: PDF content and, where set, the virus scanner."""

import io
import logging
import re
import socket
import struct
import tempfile
import zipfile
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.doors.bounded import run_bounded
from core.doors.storage import megabytes, safe_name

logger = logging.getLogger(__name__)

_SECONDS = 30
_SCANNER_SECONDS = 20
_CHUNK = 64 * 1024
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|body|iframe|\?php)", re.IGNORECASE)

_NOT_PDF = _("Berkas %(name)s bukan PDF. Simpan sebagai PDF lalu unggah")
_ACTIVE = _("PDF memuat skrip atau lampiran tersembunyi. Cetak ulang ke PDF lalu unggah")
_BROKEN = _("PDF rusak dan tidak dapat dibuka. Simpan ulang lalu unggah")


def check_pdf(uploaded: File | None, label: str) -> None:
    """Raise ``ValidationError`` for the person unless ``uploaded`` is a harmless PDF within the limits.

    ``label`` is the field as the person sees it. The bytes are only read, so electronic signatures stay
    valid; the file is rewound at the end.
    """
    if uploaded is None:
        raise ValidationError(_("Unggah %(label)s"), code="required", params={"label": label})
    name = safe_name(uploaded.name)
    data = _read_limited(uploaded, label)
    if not data:
        raise ValidationError(_("Berkas kosong"), code="empty")
    if PurePosixPath(name).suffix.lower() != ".pdf" or not data.startswith(b"%PDF-"):
        raise ValidationError(_NOT_PDF, code="type", params={"name": name})
    if b"%%EOF" not in data[-1024:]:
        raise ValidationError(_BROKEN, code="broken")
    if is_second_format(data):
        raise ValidationError(_ACTIVE, code="active")
    _raise_for(judge_pdf(data), label)
    scan_for_virus(io.BytesIO(data))


def _read_limited(uploaded: File, label: str) -> bytes:
    # Counted while reading: the declared size is the sender's word.
    limit: int = settings.PDF_MAX_BYTES
    pieces, size = [], 0
    uploaded.seek(0)
    while piece := uploaded.read(_CHUNK):
        size += len(piece)
        if size > limit:
            raise ValidationError(
                _("%(label)s berukuran %(size)s. Unggah PDF paling besar %(limit)s"),
                code="size",
                params={
                    "label": label,
                    "size": megabytes(max(size, uploaded.size)),
                    "limit": megabytes(limit),
                },
            )
        pieces.append(piece)
    uploaded.seek(0)
    return b"".join(pieces)


def is_second_format(data: bytes) -> bool:
    """Tell whether PDF bytes can also be opened as a web page or a zip archive."""
    tail = data[data.rindex(b"%%EOF") + 5 :]
    if tail.strip(b"\r\n\t \x00\x1a") or _MARKUP.search(data[:1024]):
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return bool(archive.infolist())
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OSError):
        return False


def judge_pdf(data: bytes) -> str:
    """Return the word of ``core.doors.pdf_worker`` for these bytes; ``broken`` when the child died."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as output:
        source.write(data)
        if not run_bounded(
            "core.doors.pdf_worker", source, output, arguments=[str(settings.PDF_MAX_PAGES)], seconds=_SECONDS
        ):
            return "broken"
        output.seek(0)
        return output.read(100).decode()


def _raise_for(word: str, label: str) -> None:
    if word == "ok":
        return
    if word == "password":
        raise ValidationError(_("PDF dikunci kata sandi. Unggah tanpa kunci"), code="password")
    if word == "active":
        raise ValidationError(_ACTIVE, code="active")
    if word.startswith("pages "):
        raise ValidationError(
            _("%(label)s berisi %(pages)s halaman. Unggah PDF paling banyak %(limit)s halaman"),
            code="pages",
            params={
                "label": label,
                "pages": number_format(int(word.removeprefix("pages ")), force_grouping=True),
                "limit": settings.PDF_MAX_PAGES,
            },
        )
    raise ValidationError(_BROKEN, code="broken")


def scan_for_virus(source: IO[bytes]) -> None:
    """Send the bytes to clamd (``CLAMD_SOCKET``: a path or ``host:port``; empty means no scanner here).

    Raises ``ValidationError`` when a virus was found, and also when the scanner does not answer: nothing
    unscanned comes in where a scanner is configured.
    """
    address: str = settings.CLAMD_SOCKET
    if not address:
        return
    source.seek(0)
    try:
        answer = _ask_scanner(address, source)
    except OSError:
        logger.exception("The virus scanner does not answer")
        answer = b""
    finally:
        source.seek(0)
    if answer.endswith(b"FOUND"):
        logger.warning("The virus scanner refused an upload")
        raise ValidationError(_("Berkas terdeteksi virus. Unggah berkas lain"), code="virus")
    if not answer.endswith(b"OK"):
        raise ValidationError(_("Berkas belum terunggah. Coba lagi"), code="scanner")


def _ask_scanner(address: str, source: IO[bytes]) -> bytes:
    # clamd's INSTREAM command: length-prefixed pieces, a zero length ends the file.
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        target: str | tuple[str, int] = address
    else:
        host, _colon, port = address.rpartition(":")
        connection, target = socket.socket(socket.AF_INET, socket.SOCK_STREAM), (host, int(port))
    with connection:
        connection.settimeout(_SCANNER_SECONDS)
        connection.connect(target)
        connection.sendall(b"zINSTREAM\0")
        while piece := source.read(_CHUNK):
            connection.sendall(struct.pack(">I", len(piece)) + piece)
        connection.sendall(struct.pack(">I", 0))
        answer = b""
        while not answer.endswith(b"\0") and (piece := connection.recv(4096)):
            answer += piece
    return answer.strip(b"\0 \r\n")
