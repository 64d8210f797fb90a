"""The key and certificate of the local adapter: read from a file, and judged before anything is signed with them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core.doors.pdf_signing.demo import prepare_demo_key
from core.doors.pdf_signing.errors import SigningError


@dataclass(frozen=True)
class Key:
    """A private key with its certificate and the certificates above it (objects of cryptography)."""

    private: Any
    certificate: Any
    chain: tuple[Any, ...]

    @property
    def issuer_name(self) -> str:
        """Who issued the certificate, in short."""
        return short_name(self.certificate.issuer)

    @property
    def valid_until(self) -> datetime:
        """The certificate's end, aware."""
        end: datetime = self.certificate.not_valid_after_utc
        return end


def short_name(name: Any) -> str:
    """The common name of an X.509 name, otherwise its organisation, otherwise all of it."""
    from cryptography.x509.oid import NameOID

    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            return str(attribute.value)
    return str(name.rfc4514_string())


def load_key() -> Key:
    """The key of ``PDF_SIGNING_KEY``, fit for signing now; otherwise SigningError says what is wrong with it."""
    if not settings.PDF_SIGNING_KEY:
        raise SigningError(_("Kunci penanda tangan belum ditetapkan; isi PDF_SIGNING_KEY."))
    prepare_demo_key()
    data = _read(settings.PDF_SIGNING_KEY)
    key = _from_pem(data) if b"-----BEGIN" in data else _from_pkcs12(data)
    _judge(key)
    return key


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SigningError(_("Berkas kunci atau sertifikat penanda tangan tidak dapat dibaca.")) from error


def _passphrase() -> bytes | None:
    return settings.PDF_SIGNING_PASSPHRASE.encode() or None


def _from_pkcs12(data: bytes) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        private, certificate, others = pkcs12.load_key_and_certificates(data, _passphrase())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _wrong_passphrase() from error
    if private is None or certificate is None:
        raise SigningError(_("Berkas kunci penanda tangan tidak memuat kunci beserta sertifikatnya."))
    return Key(private, certificate, tuple(others))


def _from_pem(data: bytes) -> Key:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    passphrase = _passphrase() if b"ENCRYPTED" in data else None
    try:
        private = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _wrong_passphrase() from error
    if settings.PDF_SIGNING_CERTIFICATE:
        data = _read(settings.PDF_SIGNING_CERTIFICATE)
    try:
        certificates = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise SigningError(_("Sertifikat penanda tangan rusak atau tidak ada dalam berkasnya.")) from error
    own = next((one for one in certificates if _belongs(one, private)), certificates[0])
    return Key(private, own, tuple(one for one in certificates if one is not own))


def _wrong_passphrase() -> SigningError:
    return SigningError(
        _("Kunci penanda tangan tidak dapat dibuka: PDF_SIGNING_PASSPHRASE salah atau berkasnya rusak.")
    )


def _belongs(certificate: Any, private: Any) -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    kinds = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return bool(certificate.public_key().public_bytes(*kinds) == private.public_key().public_bytes(*kinds))


def _is_issued_by(certificate: Any, issuer: Any) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _judge(key: Key) -> None:
    """Refuse what a reader would refuse later: a foreign key, an altered certificate, one outside its time or use."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    certificate, now = key.certificate, datetime.now(UTC)
    if not isinstance(key.private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningError(_("Jenis kunci penanda tangan tidak didukung; gunakan RSA atau ECDSA."))
    if not _belongs(certificate, key.private):
        raise SigningError(_("Sertifikat penanda tangan bukan milik kuncinya."))
    issuers = [one for one in (certificate, *key.chain) if one.subject == certificate.issuer]
    if issuers and not any(_is_issued_by(certificate, issuer) for issuer in issuers):
        raise SigningError(_("Sertifikat penanda tangan telah diubah: tanda tangan penerbitnya tidak sah."))
    if now < certificate.not_valid_before_utc:
        raise SigningError(_("Masa berlaku sertifikat penanda tangan belum mulai."))
    if now > certificate.not_valid_after_utc:
        raise SigningError(
            _("Sertifikat penanda tangan kedaluwarsa sejak %(date)s.")
            % {"date": f"{certificate.not_valid_after_utc:%d-%m-%Y}"}
        )
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise SigningError(_("Sertifikat penanda tangan tidak diperuntukkan bagi tanda tangan."))
