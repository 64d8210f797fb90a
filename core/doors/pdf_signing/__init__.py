"""The door to electronic signatures on our PDFs (PAdES): by a key of our own, by BSrE's service, or none.

Nothing outside this package knows which. pyHanko and cryptography are imported where a PDF is signed or a certificate
read, never at start-up.
"""

import re
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from core.doors.pdf_signing.errors import SigningError

__all__ = ["METHODS", "Signature", "SigningError", "ends_soon", "is_on", "read_signature", "sentence", "sign"]

NONE, LOCAL, BSRE = "none", "local", "bsre"
METHODS = (NONE, LOCAL, BSRE)
#: So long before its end a certificate has to be renewed.
RENEWED_BEFORE = timedelta(days=30)
#: The words for documents whose certificate really comes from BSrE (PP 71/2019).
_BSRE_SENTENCE = (
    "Dokumen ini telah ditandatangani secara elektronik menggunakan sertifikat elektronik yang diterbitkan oleh "
    "BSrE, BSSN"
)


@dataclass(frozen=True)
class Signature:
    """What a signed PDF says about its signature; plain values, kept as JSON beside the file's fingerprint."""

    method: str
    subject: str
    issuer: str
    #: Serial number of the certificate as PDF readers show it: hexadecimal, upper case.
    serial: str
    #: SHA-256 of the certificate (DER), hexadecimal.
    fingerprint: str
    valid_from: str
    valid_until: str
    signed_at: str
    #: Whether a timestamp authority vouches for ``signed_at``; otherwise it is our own clock.
    is_timestamped: bool = False
    is_self_signed: bool = False

    def to_json(self) -> dict[str, Any]:
        """For a JSON column."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Signature | None":
        """From a JSON column; None of an unsigned document."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known}) if values else None

    def moment(self, name: str) -> datetime:
        """One of ``valid_from``, ``valid_until``, ``signed_at``, aware."""
        return datetime.fromisoformat(getattr(self, name))

    @property
    def shown_serial(self) -> str:
        """The serial number in pairs."""
        return " ".join(re.findall("..", self.serial.zfill(len(self.serial) + len(self.serial) % 2)))


def method() -> str:
    """The adapter in force; SigningError when the setting names none of ours."""
    chosen = settings.PDF_SIGNING or NONE
    if chosen not in METHODS:
        raise SigningError(_("PDF_SIGNING tidak dikenal; isi none, local, atau bsre."))
    return str(chosen)


def is_on() -> bool:
    """Whether documents are signed at all."""
    return method() != NONE


def sentence() -> str:
    """What a document about to be signed says of its signature; empty where none will be made.

    Documents are Indonesian. SigningError when the certificate cannot be used: better before the work than after it.
    """
    chosen = method()
    if chosen == LOCAL:
        from core.doors.pdf_signing.keys import load_key

        return f"Dokumen ini ditandatangani secara elektronik dengan sertifikat {load_key().issuer_name}"
    if chosen == BSRE:
        from core.doors.pdf_signing.bsre import check_settings

        check_settings()
        return _BSRE_SENTENCE
    return ""


def ends_soon() -> datetime | None:
    """The end of our own certificate when less than ``RENEWED_BEFORE`` is left; BSrE looks after its own."""
    if method() != LOCAL:
        return None
    from core.doors.pdf_signing.keys import load_key

    end = load_key().valid_until
    return end if end < datetime.now(UTC) + RENEWED_BEFORE else None


def sign(file: IO[bytes], *, reason: str) -> Signature | None:
    """Sign the PDF in ``file`` (readable, writable) in place; afterwards it stands at its beginning.

    Returns what the signature says, read back from the signed bytes and verified; None where signing is off. Raises
    SigningError, after which the content of ``file`` is of no use.
    """
    chosen = method()
    file.seek(0)
    if chosen == NONE:
        return None
    if chosen == LOCAL:
        from core.doors.pdf_signing import local

        local.sign_file(file, reason=reason)
    else:
        from core.doors.pdf_signing import bsre

        bsre.sign_file(file)
    signature = read_signature(file, method=chosen)
    if chosen == BSRE and not any(word.lower() in signature.issuer.lower() for word in settings.BSRE_ISSUERS):
        raise SigningError(
            _("Sertifikat dari layanan BSrE diterbitkan oleh pihak lain: %(issuer)s.")
            % {"issuer": signature.issuer[:80]}
        )
    return signature


def read_signature(file: IO[bytes], *, method: str = "") -> Signature:
    """The last signature of the PDF in ``file``, which must hold and cover the whole file; else SigningError.

    Whether anybody trusts the certificate's issuer is not asked. ``file`` stands at its beginning afterwards.
    """
    from core.doors.pdf_signing.reading import read

    file.seek(0)
    try:
        return Signature(method=method, **read(file))
    finally:
        file.seek(0)
