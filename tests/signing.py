"""Keys and certificates for the tests of electronic signatures, and what an independent program says of a PDF."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

PASSPHRASE = "tiga kata acak"


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Direktorat Jenderal Imigrasi"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def make_certificate(
    common: str = "Segel Uji",
    *,
    issuer: tuple[Any, Any] | None = None,
    begins: timedelta = timedelta(minutes=-5),
    ends: timedelta = timedelta(days=365),
    may_sign: bool = True,
    is_authority: bool = False,
    key: Any = None,
) -> tuple[Any, Any]:
    """A private key and its certificate: issued by ``issuer`` (such a pair) or by itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    above = issuer or (key, None)
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("data_encipherment", "key_agreement", "encipher_only", "decipher_only", "crl_sign"), False
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(above[1].subject if above[1] else _name(common))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=may_sign,
                content_commitment=may_sign,
                key_encipherment=not may_sign,
                key_cert_sign=is_authority,
                **usage,
            ),
            critical=True,
        )
        .sign(above[0], hashes.SHA256())
    )
    return key, certificate


def _encryption(passphrase: str) -> KeySerializationEncryption:
    return BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()


def pem(pair: tuple[Any, Any], passphrase: str = "") -> bytes:
    """Certificate and key in one PEM text."""
    return pair[1].public_bytes(Encoding.PEM) + key_pem(pair[0], passphrase)


def key_pem(key: Any, passphrase: str = "") -> bytes:
    """A private key alone."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(passphrase))


def p12(pair: tuple[Any, Any], chain: list[Any], passphrase: str = PASSPHRASE) -> bytes:
    """PKCS#12 with the chain in it."""
    return pkcs12.serialize_key_and_certificates(b"segel", *pair, chain, _encryption(passphrase))


def use_key(settings: Any, path: Path, content: bytes, passphrase: str = "") -> None:
    """From now on documents are signed with this key file."""
    path.write_bytes(content)
    settings.PDF_SIGNING = "local"
    settings.PDF_SIGNING_KEY = str(path)
    settings.PDF_SIGNING_CERTIFICATE = ""
    settings.PDF_SIGNING_PASSPHRASE = passphrase
    settings.PDF_SIGNING_TSA = ""


def pdfsig(pdf: bytes, folder: Path) -> str:
    """What Poppler's pdfsig says of the signatures of a PDF."""
    path = folder / "dokumen.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
