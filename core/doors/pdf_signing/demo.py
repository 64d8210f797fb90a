"""The certificate of the demonstration: made on the spot, says DEMO of itself, vouches for nothing."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

_NAME = "DEMO - bukan sertifikat resmi"
_ORGANIZATION = "DEMO Layanan Data Keimigrasian"
_LASTS = timedelta(days=730)
#: A new one is made when less than this is left.
_RENEWED_BEFORE = timedelta(days=30)


def prepare_demo_key() -> bool:
    """Make the key file of demo mode unless one is there that lasts; whether one was made.

    Does nothing outside demo mode, and with a key of the operator's own.
    """
    path = Path(settings.PDF_SIGNING_KEY or "")
    if not settings.DEMO or settings.PDF_SIGNING != "local" or path != settings.DEMO_SIGNING_KEY:
        return False
    if _lasts(path):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123  with its mode
        file.write(_key_and_certificate())
    fresh.replace(path)
    return True


def _lasts(path: Path) -> bool:
    from cryptography import x509

    try:
        end: datetime = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return False
    return end > datetime.now(UTC) + _RENEWED_BEFORE


def _key_and_certificate() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, _NAME),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM) + private
