"""Reads a signature back from a PDF and verifies it against the bytes, whoever made it."""

from datetime import UTC, datetime
from typing import IO, Any

from asn1crypto.x509 import Certificate, Name
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from core.doors.pdf_signing.errors import SigningError

_PARTS = ("common_name", "organizational_unit_name", "organization_name")


def read(file: IO[bytes]) -> dict[str, Any]:
    """The values of ``pdf_signing.Signature`` but for its method; SigningError unless the last signature holds."""
    try:
        reader = PdfFileReader(file)
        found = reader.embedded_regular_signatures
        if not found:
            raise SigningError(_("PDF tidak memuat tanda tangan elektronik."))
        # Trust is a question for the reader of the document; none of the system's authorities is asked here.
        context = ValidationContext(trust_roots=[], allow_fetching=False)
        status = validate_pdf_signature(found[-1], context)
        is_whole = _is_whole(reader, found[-1].signed_revision, status)
    except (PdfError, SignatureValidationError, ValueError, TypeError, KeyError, IndexError) as error:
        raise SigningError(_("Tanda tangan elektronik pada PDF tidak dapat dibaca.")) from error
    stamp = status.timestamp_validity
    if not (
        status.intact and status.valid and is_whole and (stamp is None or (stamp.intact and stamp.valid))
    ):
        raise SigningError(_("Tanda tangan elektronik pada PDF tidak sah."))
    certificate: Certificate = found[-1].signer_cert
    moment: datetime = (stamp.timestamp if stamp else status.signer_reported_dt) or datetime.now(UTC)
    return {
        "subject": _shown(certificate.subject),
        "issuer": _shown(certificate.issuer),
        "serial": f"{certificate.serial_number:X}",
        "fingerprint": certificate.sha256.hex(),
        "valid_from": certificate.not_valid_before.isoformat(),
        "valid_until": certificate.not_valid_after.isoformat(),
        "signed_at": moment.isoformat(),
        "is_timestamped": stamp is not None,
        "is_self_signed": certificate.subject == certificate.issuer,
    }


def _is_whole(reader: PdfFileReader, revision: int, status: PdfSignatureStatus) -> bool:
    """Whether nothing follows the signature but what keeps it provable (PAdES B-LT: certificates, timestamps)."""
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return True
    level = status.modification_level
    is_followed = reader.xrefs.total_revisions > revision + 1
    return is_followed and level is not None and level <= ModificationLevel.LTA_UPDATES


def _shown(name: Name) -> str:
    """Common name, unit and organisation, what there is of them; otherwise the whole name."""
    values: list[str] = []
    for part in _PARTS:
        value = name.native.get(part)
        for text in value if isinstance(value, list) else [value]:
            if text and text not in values:
                values.append(str(text))
    return ", ".join(values)[:300] or str(name.human_friendly)[:300]
