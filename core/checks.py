"""System checks of our own: what must never be true in production, and what the machine lacks."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from core import content_version, triggers


@register(Tags.security)
def check_demo_parts_only_in_demo(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """The demo mail backend shows one-time codes: outside demo mode it must be impossible."""
    if settings.DEMO or not settings.EMAIL_BACKEND.startswith("core.doors.mail.Demo"):
        return []
    return [Error("Surat demo hanya boleh dipakai pada mode demo.", hint="Isi EMAIL_URL.", id="core.E001")]


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """Demo mode and plain http do not belong on a server."""
    found: list[CheckMessage] = []
    if settings.DEMO:
        found.append(Error("Mode demo menyala.", hint="Hapus DEMO dari lingkungan.", id="core.E002"))
    if not settings.HTTPS:
        found.append(Error("HTTPS dimatikan.", hint="Hapus HTTPS=off dari lingkungan.", id="core.E003"))
    return found


@register(Tags.compatibility)
def check_pdf_library(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """Receipts and results are PDF files, and those need Pango from the operating system."""
    from core.doors.pdf import pango_is_missing

    if not pango_is_missing():
        return []
    hint = "Pasang libpango-1.0-0, libpangoft2-1.0-0, dan libharfbuzz-subset0."
    return [Warning("Pango tidak ditemukan; dokumen PDF tidak dapat dibuat.", hint=hint, id="core.W001")]


@register(Tags.security)
def check_secret_key(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """A short or demo key signs sessions, links and codes: outside demo mode the start is refused."""
    if settings.DEMO or (len(settings.SECRET_KEY) >= 50 and not settings.SECRET_KEY.startswith("demo-only-")):
        return []
    return [
        Error(
            "SECRET_KEY terlalu pendek atau kunci demo.",
            hint="Isi paling sedikit 50 karakter acak.",
            id="core.E004",
        )
    ]


@register(Tags.security)
def check_officer_totp(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """A misspelt policy must not pass for "off"."""
    if settings.OFFICER_TOTP in ("off", "optional", "required"):
        return []
    return [
        Error("OFFICER_TOTP tidak dikenal.", hint="Isi off, optional, atau required.", id="core.E005"),
    ]


@register(Tags.security)
def check_pdf_signing(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """A misspelt method must not pass for "none"."""
    from core.doors.pdf_signing import METHODS

    if settings.PDF_SIGNING in ("", *METHODS):
        return []
    return [Error("PDF_SIGNING tidak dikenal.", hint="Isi none, local, atau bsre.", id="core.E006")]


@register(Tags.security, deploy=True)
def check_pdf_signature(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """Whether answer documents can be signed now, and that somebody has decided when they are not to be."""
    from core.doors import pdf_signing

    if not settings.PDF_SIGNING:
        hint = "Isi PDF_SIGNING: local atau bsre; none bila memang tidak ditandatangani."
        return [Warning("Dokumen jawaban terbit tanpa tanda tangan elektronik.", hint=hint, id="core.W002")]
    try:
        pdf_signing.sentence()
        ends = pdf_signing.ends_soon()
    except pdf_signing.SigningError as error:
        return [Error(f"Dokumen jawaban tidak dapat ditandatangani: {error}", id="core.E007")]
    if ends is None:
        return []
    return [Warning(f"Sertifikat penanda tangan berakhir pada {ends:%d-%m-%Y}.", id="core.W003")]


@register(Tags.database)
def check_content_version(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """The triggers by which edited content reaches every process at once (``check --database default``)."""
    text = "Pemicu versi isi tidak lengkap pada basis data %s."
    return triggers.lost(databases, content_version.missing, text=text, identifier="core.W004")
