"""The adapter for BSrE's signing service (``POST /api/sign/pdf``); nothing else speaks to it.

The service signs with the certificate behind ``BSRE_NIK``. Its passphrase comes from the environment, goes into this
one request and stays nowhere: not in the database, the queue, a log or an error. Only the configured host is reached;
redirects and proxies are not followed.
"""

import base64
import http.client
import json
import re
import secrets
import ssl
import tempfile
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from core.doors.pdf_signing.errors import SigningError

_CHUNK = 64 * 1024
_MOST_ERROR_BYTES = 16 * 1024
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
#: States of HTTP that pass by themselves.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_NAMES = ("BSRE_URL", "BSRE_USERNAME", "BSRE_PASSWORD", "BSRE_NIK", "BSRE_PASSPHRASE")


def sign_file(file: IO[bytes]) -> None:
    """Replace the PDF in ``file`` by the one the service has signed; SigningError otherwise."""
    check_settings()
    with tempfile.TemporaryFile() as answer:
        _fetch(file, answer)
        if not _is_same_document(file, answer):
            raise SigningError(_("Layanan BSrE mengembalikan dokumen yang isinya berbeda."))
        answer.seek(0)
        file.seek(0)
        while piece := answer.read(_CHUNK):
            file.write(piece)
        file.truncate()
    file.seek(0)


def check_settings() -> None:
    """SigningError unless everything is set and the passphrase would travel encrypted."""
    missing = [name for name in _NAMES if not getattr(settings, name)]
    if missing:
        raise SigningError(
            _("Pengaturan layanan BSrE belum lengkap: %(names)s.") % {"names": ", ".join(missing)}
        )
    parts = urlsplit(settings.BSRE_URL)
    if not parts.hostname or not (parts.scheme == "https" or _is_local(parts.scheme, parts.hostname)):
        raise SigningError(_("BSRE_URL harus beralamat https."))


def _is_local(scheme: str, host: str) -> bool:
    return scheme == "http" and host in _LOCAL_HOSTS


def _fetch(file: IO[bytes], answer: IO[bytes]) -> None:
    """Write the service's PDF into ``answer``."""
    parts = urlsplit(settings.BSRE_URL)
    host, port, seconds = parts.hostname or "", parts.port, settings.BSRE_TIMEOUT
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        trust = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=trust)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    until = time.monotonic() + settings.BSRE_TIMEOUT
    size = file.seek(0, 2)
    boundary = secrets.token_hex(16)
    head, tail = _form(boundary)
    access = f"{settings.BSRE_USERNAME}:{settings.BSRE_PASSWORD}".encode()
    headers = {
        "Authorization": "Basic " + base64.b64encode(access).decode(),
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head) + size + len(tail)),
        "Accept": "application/pdf",
    }
    try:
        connection.request(
            "POST", parts.path.rstrip("/") + "/api/sign/pdf", body=_body(head, file, tail), headers=headers
        )
        with connection.getresponse() as response:
            if response.status != HTTPStatus.OK:
                raise _refusal(response.status, response.read(_MOST_ERROR_BYTES))
            _receive(response, answer, most=3 * size + 4 * 1024 * 1024, until=until)
    except (OSError, http.client.HTTPException) as error:
        # Of the error only its kind: http.client may quote what was sent.
        raise SigningError(
            _("Layanan BSrE tidak menjawab (%(kind)s).") % {"kind": type(error).__name__}, is_passing=True
        ) from None
    finally:
        connection.close()


def _form(boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after the file in the multipart form."""
    values = {"nik": settings.BSRE_NIK, "passphrase": settings.BSRE_PASSPHRASE, "tampilan": "invisible"}
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    ]
    lines.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="dokumen.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return "".join(lines).encode(), f"\r\n--{boundary}--\r\n".encode()


def _body(head: bytes, file: IO[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    file.seek(0)
    while piece := file.read(_CHUNK):
        yield piece
    yield tail


def _receive(response: http.client.HTTPResponse, answer: IO[bytes], *, most: int, until: float) -> None:
    received = 0
    while piece := response.read1(_CHUNK):
        received += len(piece)
        if received > most:
            raise SigningError(_("Jawaban layanan BSrE terlalu besar."))
        if time.monotonic() > until:
            raise TimeoutError
        answer.write(piece)
    if response.length:  # still outstanding when the connection ended
        raise http.client.IncompleteRead(b"")
    answer.seek(0)
    if answer.read(5) != b"%PDF-":
        raise SigningError(_("Jawaban layanan BSrE bukan PDF."))


def _refusal(status: int, body: bytes) -> SigningError:
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
    try:
        answer: Any = json.loads(body)
        said = str(answer.get("error") or answer.get("message") or "")
    except (ValueError, AttributeError):
        said = ""
    # The service may repeat what it was sent.
    for secret in (settings.BSRE_PASSPHRASE, settings.BSRE_PASSWORD):
        said = said.replace(secret, "…")
    said = re.sub(r"\d{6,}", "…", said)[:120]
    text = _("Layanan BSrE menolak (%(status)s)%(said)s.") % {
        "status": status,
        "said": f": {said.rstrip('.')}" if said else "",
    }
    return SigningError(text, is_passing=passing)


def _is_same_document(sent: IO[bytes], signed: IO[bytes]) -> bool:
    """Whether the signed PDF has the pages that were sent: another agency's document must never come back to us.

    The service may append to the file or write it anew, so the pages' content is compared, page by page.
    """
    import pikepdf

    sent.seek(0)
    signed.seek(0)
    try:
        with pikepdf.open(cast(BinaryIO, sent)) as ours, pikepdf.open(cast(BinaryIO, signed)) as theirs:
            if len(ours.pages) != len(theirs.pages):
                return False
            return all(
                _content(one) == _content(other) for one, other in zip(ours.pages, theirs.pages, strict=True)
            )
    except pikepdf.PdfError:
        return False


def _content(page: Any) -> bytes:
    import pikepdf

    contents = page.obj.get("/Contents")
    if contents is None:
        return b""
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return b"\n".join(stream.read_bytes().strip() for stream in streams)
