"""The local adapter: PAdES B-B with a key of our own, B-T where a timestamp authority is set (ETSI EN 319 142-1)."""

import http.client
import urllib.error
import urllib.request
from typing import IO, Any

from asn1crypto import keys, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError as PyHankoSigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from core.doors.pdf_signing.errors import SigningError
from core.doors.pdf_signing.keys import Key, load_key

FIELD = "TandaTanganElektronik"
_MOST_BYTES = 64 * 1024


def sign_file(file: IO[bytes], *, reason: str) -> None:
    """Append the signature to the PDF in ``file``: an incremental update, so nothing of the document is rewritten.

    A certification signature that allows no later change, without a field on the page.
    """
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    timestamper = Timestamper(settings.PDF_SIGNING_TSA) if settings.PDF_SIGNING_TSA else None
    signer = PdfSigner(metadata, _signer(load_key()), timestamper=timestamper)
    try:
        signer.sign_pdf(IncrementalPdfFileWriter(file), in_place=True)
    except TimestampError as error:
        raise SigningError(
            _("Layanan penanda waktu tidak menjawab sebagaimana mestinya."), is_passing=True
        ) from error
    except (PdfError, PyHankoSigningError, ValueError) as error:
        raise SigningError(_("PDF tidak dapat ditandatangani.")) from error


def _signer(key: Key) -> SimpleSigner:
    others = SimpleCertificateStore()
    others.register_multiple(_certificate(one) for one in key.chain)
    return SimpleSigner(
        signing_cert=_certificate(key.certificate),
        signing_key=keys.PrivateKeyInfo.load(
            key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ),
        cert_registry=others,
    )


def _certificate(certificate: Any) -> x509.Certificate:
    return x509.Certificate.load(certificate.public_bytes(Encoding.DER))


class TimestampError(OSError):
    """The timestamp authority gave no timestamp."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Only the configured authority is asked."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Timestamper(TimeStamper):
    """Asks an RFC 3161 authority over http(s); it gets a digest and a number, nothing of the document."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The answer to one query; TimestampError without one. Blocks: nothing else runs in this loop."""
        if not self.url.startswith(("https://", "http://")):
            raise TimestampError("address")
        query = urllib.request.Request(  # noqa: S310  the scheme was checked above
            self.url, data=req.dump(), headers={"Content-Type": "application/timestamp-query"}, method="POST"
        )
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(query, timeout=settings.PDF_SIGNING_TIMEOUT) as answer:
                body = answer.read(_MOST_BYTES)
            response = tsp.TimeStampResp.load(body, strict=True)
            granted = response["status"]["status"].native == "granted"
            # Before pyHanko looks: its own complaint of a wrong number fails.
            token = response["time_stamp_token"]["content"]["encap_content_info"] if granted else None
            is_ours = token is not None and token["content"].parsed["nonce"].native == req["nonce"].native
        except urllib.error.HTTPError as error:
            error.close()
            raise TimestampError(str(error.code)) from None
        except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError) as error:
            raise TimestampError(type(error).__name__) from error
        if not is_ours:
            raise TimestampError("refused")
        return response
