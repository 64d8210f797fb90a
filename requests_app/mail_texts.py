"""Which mails about requests administrators may rewrite, and the names their texts may hold."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.mail_texts import MailKind, Name, Texts, body_of, templated

NAMES: Mapping[str, Name] = {
    "nama": Name(_("nama orang"), "Siti Aminah", path="name"),
    "nomor": Name(_("No. Permohonan"), "PD-20260105-0001", path="request.number"),
    "tautan": Name(
        _("alamat halaman masuk"), "https://layanan.example/masuk/", required=True, path="sign_in_url"
    ),
}
CORRECTION = {
    "jumlah": Name(_("banyaknya bagian yang perlu diperbaiki"), "2 bagian", path="points"),
    "bagian": Name(_("bagian yang perlu diperbaiki"), "No. Surat; Baris 1, No. Paspor", path="places"),
    "tanggal": Name(_("batas waktu perbaikan"), "12 Januari 2026", path="correct_until"),
}
DUE_ON = {"tanggal": Name(_("batas waktu jawaban"), "12 Januari 2026", path="due_on")}


def _mail(name: str, label: Any, template: str, subject: Any, names: Mapping[str, Name] = NAMES) -> MailKind:
    return templated(f"requests.{name}", label, template, subject, names)


def digest_subject(day: str) -> str:
    """The app's own subject of the daily list of terms."""
    return gettext("Batas waktu permohonan, %(day)s") % {"day": day}


def digest_opening(name: str) -> list[str]:
    """Its first paragraphs."""
    return [
        gettext("Yth. %(name)s,") % {"name": name},
        gettext("Ringkasan batas waktu pagi ini. Data orang tidak dimuat dalam email."),
    ]


def _digest(values: Mapping[str, str]) -> Texts:
    subject = digest_subject(values["tanggal"])
    context = {
        "paragraphs": [*digest_opening(values["nama"]), values["daftar"]],
        "link": values["tautan"],
        "link_label": gettext("Buka daftar yang terlambat"),
    }
    return subject, body_of("account_notice", subject, context)


MAILS = [
    _mail(
        "submitted",
        _("Permohonan diterima"),
        "request_submitted",
        _("Permohonan %(number)s diterima"),
    ),
    _mail(
        "resubmitted",
        _("Perbaikan permohonan diterima"),
        "request_resubmitted",
        _("Perbaikan permohonan %(number)s diterima"),
    ),
    _mail(
        "entered",
        _("Surat dimasukkan petugas sebagai permohonan"),
        "request_entered",
        _("Surat Anda menjadi permohonan %(number)s"),
    ),
    _mail(
        "correction",
        _("Permohonan perlu diperbaiki"),
        "request_correction",
        _("Permohonan %(number)s perlu diperbaiki"),
        {**NAMES, **CORRECTION},
    ),
    _mail(
        "reminder",
        _("Pengingat perbaikan permohonan"),
        "request_reminder",
        _("Permohonan %(number)s menunggu perbaikan Anda"),
        {**NAMES, **CORRECTION},
    ),
    _mail(
        "lapsed",
        _("Permohonan kedaluwarsa"),
        "request_lapsed",
        _("Permohonan %(number)s kedaluwarsa"),
    ),
    _mail(
        "requester_changed",
        _("Permohonan diteruskan rekan pemohon"),
        "request_requester",
        _("Permohonan %(number)s kini Anda teruskan"),
    ),
    _mail(
        "processing",
        _("Permohonan diproses"),
        "request_processing",
        _("Permohonan %(number)s diproses"),
        {**NAMES, **DUE_ON},
    ),
    _mail(
        "extended",
        _("Batas waktu jawaban diperpanjang"),
        "request_extended",
        _("Batas waktu jawaban permohonan %(number)s diperpanjang"),
        {**NAMES, **DUE_ON},
    ),
    _mail(
        "completed",
        _("Jawaban permohonan tersedia"),
        "request_completed",
        _("Permohonan %(number)s selesai"),
    ),
    _mail(
        "part",
        _("Sebagian jawaban tersedia"),
        "request_part",
        _("Sebagian jawaban permohonan %(number)s tersedia"),
    ),
    _mail(
        "revoked",
        _("Dokumen jawaban dicabut"),
        "request_revoked",
        _("Dokumen jawaban permohonan %(number)s dicabut"),
    ),
    _mail(
        "rejected",
        _("Permohonan ditolak"),
        "request_rejected",
        _("Permohonan %(number)s tidak dapat dipenuhi"),
    ),
    _mail(
        "message_to_applicant",
        _("Pesan baru untuk pemohon"),
        "request_message",
        _("Pesan baru pada permohonan %(number)s"),
    ),
    _mail(
        "message_to_officer",
        _("Pesan baru untuk petugas"),
        "request_message",
        _("Pesan baru pada permohonan %(number)s"),
    ),
    _mail(
        "override_alert",
        _("Permohonan diterbitkan mendesak"),
        "request_override",
        _("Permohonan %(number)s diterbitkan mendesak"),
        {
            "nama": Name(_("nama orang"), "Umar Hakim", path="name"),
            "nomor": Name(_("No. Permohonan"), "PD-20260105-0001", required=True, path="number"),
            "petugas": Name(_("nama petugas"), "Ratna Wulandari", required=True, path="officer"),
            "waktu": Name(_("waktu"), "Senin, 5 Januari 2026 pukul 09.15 WIB", path="time"),
            "alasan": Name(_("alasan"), "Permintaan pengadilan", path="reason"),
            "tautan": Name(
                _("alamat permohonan di ruang kerja"),
                "https://layanan.example/admin/…",
                required=True,
                path="link",
            ),
        },
    ),
    MailKind(
        "requests.digest",
        _("Ringkasan batas waktu setiap pagi"),
        {
            "nama": Name(_("nama orang"), "Rina Lestari", path="name"),
            "tanggal": Name(_("tanggal"), "5 Januari 2026", path="day"),
            "daftar": Name(_("daftar"), "Terlambat pada Anda: 2 permohonan", required=True, path="facts"),
            "tautan": Name(
                _("alamat daftar permohonan"), "https://layanan.example/admin/…", required=True, path="link"
            ),
        },
        _digest,
    ),
]
