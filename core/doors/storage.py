"""Private files: where they lie, what they are called, and how they leave the system."""

import re
import unicodedata
import uuid
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.deconstruct import deconstructible
from django.utils.formats import number_format

NAME_LENGTH = 120
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: A download is inert even if a browser opens it.
_DOWNLOAD_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
#: Chromium's viewer shows the file under this policy, but only in a frame without ``sandbox`` attribute.
_PREVIEW_POLICY = "sandbox; default-src 'none'; frame-ancestors 'self'"


@deconstructible
class PrivateStorage(FileSystemStorage):
    """Files below ``PRIVATE_ROOT``, readable by the service alone and without an address of their own."""

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:
        """Return the root, read each time so that tests and commands may move it."""
        return str(settings.PRIVATE_ROOT)

    @property
    def location(self) -> str:
        """Return the absolute root."""
        return str(settings.PRIVATE_ROOT.resolve())

    def url(self, name: str | None) -> str:
        """Refuse: a private file leaves through ``send_file`` after a check of rights."""
        # An AttributeError makes Django's widgets and templates treat the file as one without a link.
        raise AttributeError("A private file has no URL")


@deconstructible
class PrivatePath:
    """An ``upload_to``: ``<folder>/<yyyy>/<mm>/<uuid4>.<ext>``; of the person's name only the ending."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, instance: object, filename: str) -> str:
        ending = PurePosixPath(filename).suffix.lower().lstrip(".")
        if not re.fullmatch(r"[a-z0-9]{1,5}", ending):
            ending = "bin"
        return f"{self.folder}/{timezone.localdate():%Y/%m}/{uuid.uuid4()}.{ending}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrivatePath) and other.folder == self.folder

    def __hash__(self) -> int:
        return hash(self.folder)


def private_path(folder: str) -> PrivatePath:
    """Return the ``upload_to`` of a FileField whose files belong in ``folder``."""
    return PrivatePath(folder)


def safe_name(original: str | None) -> str:
    """Return a person's file name as harmless text: last part, NFC, no control or direction marks, <= 120."""
    name = unicodedata.normalize("NFC", original or "")
    name = "".join(
        character
        for character in name
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    name = re.sub(r'[<>:"|?*%;]', "_", re.split(r"[/\\]", name)[-1])
    name = re.sub(r"\s+", " ", name).strip(" .")
    if len(name) > NAME_LENGTH:
        ending = PurePosixPath(name).suffix[:10]
        name = name[: NAME_LENGTH - len(ending)].rstrip(" .") + ending
    return name or "berkas"


def megabytes(size: int) -> str:
    """Return a size in bytes as people read it, rounded up: ``2 MB``, ``2,1 MB``."""
    tenths = -(-size * 10 // (1024 * 1024))
    return f"{number_format(tenths / 10, decimal_pos=0 if tenths % 10 == 0 else 1)} MB"


def file_size(size: int) -> str:
    """Return the size of a stored file in bytes as people read it: ``412 kB``, ``1,2 MB``; limits are ``megabytes``."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000)) if size else 0} kB"
    return f"{number_format(size / 1_000_000, decimal_pos=1)} MB"


def send_file(file: File, *, name: str, content_type: str, inline: bool = False) -> HttpResponseBase:
    """Return the response that hands out a private file; the caller has checked the person's right to it.

    ``inline`` is for the preview of a PDF in a frame of our own pages and is ignored for any other type.
    With ``PRIVATE_ACCEL_PREFIX`` set, nginx sends the bytes.
    """
    inline = inline and content_type == PDF
    name = safe_name(name)
    response: HttpResponseBase
    stored = isinstance(getattr(file, "storage", None), PrivateStorage)
    if settings.PRIVATE_ACCEL_PREFIX and stored:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = (
            settings.PRIVATE_ACCEL_PREFIX.rstrip("/") + "/" + quote(file.name or "")
        )
    else:
        response = FileResponse(file.open("rb"), content_type=content_type)
    for header, value in file_headers(name, inline=inline).items():
        response[header] = value
    return response


def send_made(file: IO[bytes], *, name: str, content_type: str) -> HttpResponseBase:
    """Return the response that hands out a temporary file just written, piece by piece, and closes it."""
    file.seek(0)
    response = FileResponse(file, content_type=content_type)
    for header, value in file_headers(safe_name(name), inline=False).items():
        response[header] = value
    return response


def file_headers(name: str, *, inline: bool) -> dict[str, str]:
    """Return the headers every file leaves with (S-46)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("\\", "_")
    kind = "inline" if inline else "attachment"
    headers: dict[str, Any] = {
        "Content-Disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _PREVIEW_POLICY if inline else _DOWNLOAD_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store, private",
    }
    if inline:
        headers["X-Frame-Options"] = "SAMEORIGIN"
    return headers
