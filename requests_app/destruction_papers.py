"""Certificates of destruction on paper: PDF and XLSX with every line; keys and counts only."""

import tempfile
from collections.abc import Iterator
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from core.doors import clock, pdf_signing
from core.doors.excel_writer import write_rows
from core.doors.pdf import render_pdf
from core.reference.models import Letterhead
from requests_app.documents import file_sha256
from requests_app.models import DestructionCertificate, DestructionKind
from requests_app.retention import seal_of, totals

#: Certificates signed in one task.
_MOST_SIGNED = 20
#: Lines of the PDF; the workbook holds all of them.
MOST_LINES = 1000


def what_words(counts: dict[str, int]) -> str:
    """Counts as people read them: "12 baris, 3 berkas"."""
    words = {
        "drafts": _("draf"),
        "registrations": _("pendaftaran"),
        "requests": _("permohonan"),
        "rows": _("baris"),
        "answers": _("jawaban"),
        "messages": _("pesan"),
        "files": _("berkas"),
        "uploads": _("unggahan"),
        "workbooks": _("berkas Excel"),
        "documents": _("dokumen"),
        "entries": _("catatan akses"),
        "subjects": _("subjek data"),
    }
    return ", ".join(
        f"{number} {words.get(what, what)}" for what, number in counts.items() if number and what != "items"
    )


def summary(certificate: DestructionCertificate) -> list[dict[str, Any]]:
    """By class, in the order of the classes; of an open certificate what there is so far."""
    is_open = (
        certificate.state == DestructionCertificate.State.RUNNING
    )  # at most one, hence one query more at most
    counts = totals(certificate) if is_open else certificate.counts
    return [
        {"kind": kind.label, "items": counts[kind.value]["items"], "what": what_words(counts[kind.value])}
        for kind in DestructionKind
        if kind.value in counts
    ]


def is_sound(certificate: DestructionCertificate) -> bool:
    """Whether the list is the one that was sealed."""
    return bool(certificate.seal) and certificate.seal == seal_of(certificate)


def _lines(certificate: DestructionCertificate) -> Iterator[list[Any]]:
    for item in certificate.items.order_by("id").iterator(chunk_size=2000):
        yield [
            str(DestructionKind(item.kind).label),
            item.reference,
            clock.short_datetime(item.ended_at) if item.ended_at else "",
            clock.short_datetime(item.at),
            what_words(item.counts),
            " ".join(item.fingerprints),
        ]


def certificate_xlsx(certificate: DestructionCertificate) -> bytes:
    """Two sheets: the summary and every line."""
    with translation.override("id"), tempfile.TemporaryFile() as file:
        head = [[row["kind"], row["items"], row["what"]] for row in summary(certificate)]
        head += [[_("Segel"), "", certificate.seal]]
        write_rows(
            file,
            [
                (_("Ringkasan"), [_("Kelas data"), _("Jumlah"), _("Rincian")], head),
                (
                    _("Daftar"),
                    [
                        _("Kelas data"),
                        _("Rujukan"),
                        _("Masa simpan sejak"),
                        _("Dimusnahkan"),
                        _("Rincian"),
                        _("Sidik jari SHA-256"),
                    ],
                    _lines(certificate),
                ),
            ],
        )
        file.seek(0)
        return file.read()


def sign_certificates() -> None:
    """Makes and keeps the signed PDFs of closed certificates that have none, oldest first; safe to repeat.

    SigningError ends it at the first that fails: a service may lock whoever repeats a wrong passphrase.
    """
    for certificate in _unsigned().order_by("pk")[:_MOST_SIGNED]:
        _sign(certificate)


def awaits_signature() -> bool:
    """Whether there are closed certificates to sign."""
    return _unsigned().exists()


def _unsigned() -> QuerySet[DestructionCertificate]:
    closed = DestructionCertificate.objects.filter(state=DestructionCertificate.State.DONE, pdf_sha256="")
    return closed if pdf_signing.is_on() else closed.none()


def _sign(certificate: DestructionCertificate) -> None:
    with translation.override("id"), tempfile.TemporaryFile() as paper:
        paper.write(certificate_pdf(certificate, signature=pdf_signing.sentence()))
        signature = pdf_signing.sign(paper, reason=f"Berita acara pemusnahan {certificate.number}")
        with transaction.atomic():
            kept = DestructionCertificate.objects.select_for_update().get(pk=certificate.pk)
            if kept.pdf_sha256 or signature is None:
                return
            # Its one possible name: what a killed worker left is replaced.
            name = f"destruction/{kept.number}.pdf"
            kept.pdf.storage.delete(name)
            kept.pdf = kept.pdf.storage.save(name, File(paper))
            kept.pdf_sha256, kept.signature = file_sha256(paper), signature.to_json()
            kept.save(update_fields=["pdf", "pdf_sha256", "signature"])


def certificate_pdf(certificate: DestructionCertificate, *, signature: str = "") -> bytes:
    """The certificate with the letterhead of its last day, and what it says of the signature that will be made."""
    ended = certificate.finished_at or certificate.started_at
    with translation.override("id"):
        lines: list[list[Any]] = []
        for line in _lines(certificate):
            if len(lines) == MOST_LINES:
                break
            lines.append(line)
        context = {
            "certificate": certificate,
            "started": clock.long_datetime(certificate.started_at),
            "ended": clock.long_datetime(ended),
            "summary": summary(certificate),
            "lines": lines,
            "more": certificate.items.count() - len(lines),
            "signature": signature,
            "letterhead": Letterhead.on(clock.local_date(ended)),
        }
        return render_pdf("requests_app/documents/destruction.html", context)
