"""What the mails about registrations, accounts and sign-in say, as functions of named values; who gets them: emails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from core.doors import mail
from core.mail_texts import MailKind, Name, Texts, body_of

TEMPLATE = "account_notice"


@dataclass(frozen=True)
class Notice:
    """The parts of a mail in the frame of ``emails/account_notice``."""

    subject: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""
    link_label: str = ""
    closing: tuple[str, ...] = ()
    code: str = ""

    def context(self) -> dict[str, object]:
        """What the template reads."""
        return {
            "paragraphs": list(self.paragraphs),
            "facts": list(self.facts),
            "link": self.link,
            "link_label": self.link_label,
            "closing": list(self.closing),
            "code": self.code,
        }


Values = Mapping[str, str]
Text = Callable[[Values], Notice]

PERSON = Name(gettext_lazy("nama orang"), "Siti Aminah")
USERNAME = Name(gettext_lazy("Username"), "BADANIT_001")
DAYS = Name(gettext_lazy("batas waktu dalam hari kerja"), "2")
CONTACT = Name(gettext_lazy("alamat halaman kontak"), "https://layanan.example/hubungi-kami/")
NOTE = Name(gettext_lazy("catatan petugas"), "Surat belum ditandatangani", required=True)

_TEXTS: dict[str, Text] = {}
MAILS: list[MailKind] = []


def _mail(name: str, label: Any, **names: Name) -> Callable[[Text], Text]:
    """Declares a mail: what it is called in the console and which names its text may hold."""

    def declare(text: Text) -> Text:
        def default(values: Values) -> Texts:
            notice = text(values)
            return notice.subject, body_of(TEMPLATE, notice.subject, notice.context())

        _TEXTS[name] = text
        MAILS.append(MailKind(f"accounts.{name}", label, names, default))
        return text

    return declare


def write(name: str, to: str, language: str = "id", **values: object) -> EmailMessage:
    """The mail ``name`` to an address: the administrator's text, else the one below."""
    known = {key: str(value) for key, value in values.items()}
    edited = mail.edited_message(f"accounts.{name}", known, to=to, language=language)
    if edited is not None:
        return edited
    with override(language):
        notice = _TEXTS[name](known)
    return mail.compose(
        TEMPLATE, to=to, subject=notice.subject, context=notice.context(), language=language, kind=""
    )


def _in_halves(code: str) -> str:
    """Six digits as people read them aloud; the name in braces of the text to edit stays whole."""
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}" if code.isdigit() else code


def _link(label: Any, example: str = "https://layanan.example/…", *, required: bool = True) -> Name:
    return Name(label, example, required=required)


def _greeting(values: Values) -> str:
    return _("Yth. %(name)s,") % {"name": values["nama"]}


def _not_you(values: Values) -> tuple[str]:
    return (_("Bukan Anda? Hubungi kami lewat %(link)s") % {"link": values["kontak"]},)


# --- registration ---------------------------------------------------------------------------------


@_mail(
    "registration_received",
    gettext_lazy("Pendaftaran diterima"),
    nama=PERSON,
    hari=DAYS,
    berlaku=Name(gettext_lazy("berapa hari tautan berlaku"), "3"),
    tautan=_link(gettext_lazy("alamat untuk mengonfirmasi email")),
)
def _registration_received(values: Values) -> Notice:
    return Notice(
        _("Pendaftaran Berhasil"),
        (
            _greeting(values),
            _("Harap menunggu, akun Anda sedang dalam proses verifikasi."),
            _(
                "Kami akan segera menginformasikan setelah verifikasi selesai, "
                "paling lama %(days)s hari kerja."
            )
            % {"days": values["hari"]},
        ),
        link=values["tautan"],
        link_label=_("Klik untuk mengonfirmasi alamat email ini (berlaku %(days)s hari):")
        % {"days": values["berlaku"]},
        closing=(_("Tidak merasa mendaftar? Abaikan email ini."),),
    )


@_mail(
    "already_registered",
    gettext_lazy("Pendaftaran dengan email yang sudah punya akun"),
    tautan=_link(gettext_lazy("alamat halaman masuk")),
)
def _already_registered(values: Values) -> Notice:
    return Notice(
        _("Anda sudah memiliki akun"),
        (_("Ada pendaftaran baru dengan alamat ini. Jika itu Anda, silakan masuk; jika bukan, abaikan."),),
        link=values["tautan"],
        link_label=_("Masuk atau pilih Lupa kata sandi:"),
    )


@_mail(
    "already_waiting",
    gettext_lazy("Pendaftaran dengan email yang masih menunggu"),
    nama=PERSON,
    tautan=_link(gettext_lazy("alamat untuk mengonfirmasi email; kosong bila sudah dikonfirmasi")),
)
def _already_waiting(values: Values) -> Notice:
    return Notice(
        _("Pendaftaran Anda sudah kami terima"),
        (
            _greeting(values),
            _("Ada pendaftaran baru dengan alamat ini, padahal pendaftaran sebelumnya masih kami periksa."),
            _("Anda tidak perlu mendaftar lagi. Jika bukan Anda yang mendaftar, abaikan email ini."),
        ),
        link=values["tautan"],
        link_label=_("Alamat email ini belum dikonfirmasi. Klik untuk mengonfirmasi:"),
    )


@_mail(
    "registration_correction",
    gettext_lazy("Pendaftaran perlu diperbaiki"),
    nama=PERSON,
    catatan=NOTE,
    tautan=_link(gettext_lazy("alamat formulir perbaikan")),
)
def _registration_correction(values: Values) -> Notice:
    return Notice(
        _("Pendaftaran perlu diperbaiki"),
        (
            _greeting(values),
            _("Petugas memeriksa pendaftaran Anda dan meminta perbaikan."),
            _("Catatan petugas: %(note)s") % {"note": values["catatan"]},
        ),
        link=values["tautan"],
        link_label=_("Perbaiki dan kirim ulang pendaftaran Anda:"),
    )


@_mail(
    "registration_resubmitted",
    gettext_lazy("Pendaftaran dikirim ulang"),
    nama=PERSON,
    hari=DAYS,
    tautan=_link(gettext_lazy("alamat untuk mengonfirmasi email; kosong bila sudah dikonfirmasi")),
)
def _registration_resubmitted(values: Values) -> Notice:
    return Notice(
        _("Perbaikan pendaftaran diterima"),
        (
            _greeting(values),
            _(
                "Perbaikan pendaftaran Anda sudah kami terima. "
                "Kami memeriksanya paling lama %(days)s hari kerja."
            )
            % {"days": values["hari"]},
        ),
        link=values["tautan"],
        link_label=_("Klik untuk mengonfirmasi alamat email ini:"),
    )


@_mail(
    "registration_rejected",
    gettext_lazy("Pendaftaran ditolak"),
    nama=PERSON,
    instansi=Name(gettext_lazy("nama instansi"), "BADAN IT NASIONAL"),
    catatan=NOTE,
    kontak=CONTACT,
)
def _registration_rejected(values: Values) -> Notice:
    return Notice(
        _("Pendaftaran belum dapat disetujui"),
        (
            _greeting(values),
            _("Pendaftaran Anda untuk %(agency)s belum dapat disetujui.") % {"agency": values["instansi"]},
            _("Alasan: %(note)s") % {"note": values["catatan"]},
        ),
        link=values["kontak"],
        link_label=_("Ada pertanyaan? Hubungi kami:"),
    )


# --- account --------------------------------------------------------------------------------------


@_mail(
    "account_opened",
    gettext_lazy("Akun dibuka dan kata sandi sementara"),
    nama=PERSON,
    username=Name(gettext_lazy("Username"), "BADANIT_001", required=True),
    sandi=Name(gettext_lazy("kata sandi sementara"), "contoh-kata-sandi", required=True),
    berlaku=Name(gettext_lazy("lama berlaku kata sandi sementara"), "3 hari"),
    tautan=_link(gettext_lazy("alamat halaman masuk")),
)
def _account_opened(values: Values) -> Notice:
    return Notice(
        _("Akun Anda sudah aktif"),
        (_greeting(values), _("Akun Anda pada Layanan Data Keimigrasian sudah dapat dipakai.")),
        facts=((_("Username"), values["username"]), (_("Password sementara"), values["sandi"])),
        link=values["tautan"],
        link_label=_(
            "Password sementara berlaku %(lifetime)s dan wajib diganti saat pertama masuk. Masuk di:"
        )
        % {"lifetime": values["berlaku"]},
        closing=(_("Jangan memberikan password ini kepada siapa pun, termasuk petugas."),),
    )


@_mail(
    "password_reset",
    gettext_lazy("Atur ulang kata sandi"),
    nama=PERSON,
    username=USERNAME,
    menit=Name(gettext_lazy("berapa menit tautan berlaku"), "30"),
    tautan=_link(gettext_lazy("alamat untuk membuat kata sandi")),
)
def _password_reset(values: Values) -> Notice:
    return Notice(
        _("Buat kata sandi baru"),
        (
            _greeting(values),
            _("Kami menerima permintaan untuk membuat kata sandi baru bagi akun %(username)s.")
            % {"username": values["username"]},
        ),
        link=values["tautan"],
        link_label=_("Buat kata sandi baru (berlaku %(minutes)s menit, sekali pakai):")
        % {"minutes": values["menit"]},
        closing=(_("Tidak merasa meminta? Abaikan email ini; kata sandi Anda tidak berubah."),),
    )


@_mail(
    "password_changed",
    gettext_lazy("Kata sandi diganti"),
    nama=PERSON,
    username=USERNAME,
    waktu=Name(gettext_lazy("waktu"), "Senin, 5 Januari 2026 pukul 09.15 WIB"),
    kontak=CONTACT,
)
def _password_changed(values: Values) -> Notice:
    return Notice(
        _("Kata sandi diganti"),
        (
            _greeting(values),
            _("Kata sandi akun %(username)s diganti pada %(time)s. Semua perangkat lain sudah dikeluarkan.")
            % {"username": values["username"], "time": values["waktu"]},
        ),
        closing=_not_you(values),
    )


@_mail(
    "new_device",
    gettext_lazy("Masuk dari perangkat baru"),
    nama=PERSON,
    waktu=Name(gettext_lazy("waktu"), "Senin, 5 Januari 2026 pukul 09.15 WIB", required=True),
    peramban=Name(gettext_lazy("peramban"), "Firefox – Windows"),
    alamat=Name(gettext_lazy("alamat jaringan"), "203.0.113.7"),
    kontak=CONTACT,
)
def _new_device(values: Values) -> Notice:
    return Notice(
        _("Masuk dari perangkat baru"),
        (_greeting(values), _("Akun Anda dipakai masuk dari perangkat yang belum kami kenal.")),
        facts=(
            (_("Waktu"), values["waktu"]),
            (_("Peramban"), values["peramban"]),
            (_("Alamat jaringan"), values["alamat"]),
        ),
        closing=_not_you(values),
    )


@_mail(
    "codes_failed",
    gettext_lazy("Kode verifikasi salah berulang kali"),
    nama=PERSON,
    username=USERNAME,
    kali=Name(gettext_lazy("berapa kali kode salah"), "5"),
    tautan=_link(gettext_lazy("alamat Lupa kata sandi")),
    kontak=CONTACT,
)
def _codes_failed(values: Values) -> Notice:
    return Notice(
        _("%(tries)s kali kode salah") % {"tries": values["kali"]},
        (
            _greeting(values),
            _("Seseorang memasukkan password akun %(username)s dengan benar, lalu salah menulis kode OTP.")
            % {"username": values["username"]},
            _("Jika itu bukan Anda, segera ganti kata sandi lewat Lupa kata sandi."),
        ),
        link=values["tautan"],
        link_label=_("Lupa kata sandi:"),
        closing=_not_you(values),
    )


@_mail(
    "email_changed",
    gettext_lazy("Alamat email akun diganti"),
    nama=PERSON,
    username=USERNAME,
    kontak=CONTACT,
)
def _email_changed(values: Values) -> Notice:
    return Notice(
        _("Alamat email akun Anda diganti"),
        (
            _greeting(values),
            _("Alamat email akun %(username)s diganti oleh admin. Kode OTP tidak lagi dikirim ke alamat ini.")
            % {"username": values["username"]},
        ),
        closing=_not_you(values),
    )


@_mail("roles_changed", gettext_lazy("Peran berubah"), nama=PERSON, username=USERNAME, kontak=CONTACT)
def _roles_changed(values: Values) -> Notice:
    return Notice(
        _("Hak akun Anda diubah"),
        (
            _greeting(values),
            _("Peran atau instansi akun %(username)s diubah oleh admin. Silakan masuk kembali.")
            % {"username": values["username"]},
        ),
        closing=_not_you(values),
    )


WHEN = Name(gettext_lazy("waktu"), "Senin, 5 Januari 2026 pukul 09.15 WIB")


@_mail(
    "authenticator_added",
    gettext_lazy("Aplikasi autentikator dipasang"),
    nama=PERSON,
    username=USERNAME,
    waktu=WHEN,
    kontak=CONTACT,
)
def _authenticator_added(values: Values) -> Notice:
    return Notice(
        _("Aplikasi autentikator dipasang"),
        (
            _greeting(values),
            _(
                "Aplikasi autentikator dipasang pada akun %(username)s, %(time)s. Mulai sekarang masuk memakai kodenya."
            )
            % {"username": values["username"], "time": values["waktu"]},
        ),
        closing=_not_you(values),
    )


@_mail(
    "authenticator_removed",
    gettext_lazy("Aplikasi autentikator dilepas"),
    nama=PERSON,
    username=USERNAME,
    waktu=WHEN,
    kontak=CONTACT,
)
def _authenticator_removed(values: Values) -> Notice:
    return Notice(
        _("Aplikasi autentikator dilepas"),
        (
            _greeting(values),
            _("Aplikasi autentikator dan kode pemulihan akun %(username)s tidak berlaku lagi sejak %(time)s.")
            % {"username": values["username"], "time": values["waktu"]},
        ),
        closing=_not_you(values),
    )


@_mail(
    "recovery_codes_renewed",
    gettext_lazy("Kode pemulihan dibuat ulang"),
    nama=PERSON,
    username=USERNAME,
    waktu=WHEN,
    kontak=CONTACT,
)
def _recovery_codes_renewed(values: Values) -> Notice:
    return Notice(
        _("Kode pemulihan dibuat ulang"),
        (
            _greeting(values),
            _(
                "Kode pemulihan akun %(username)s dibuat ulang pada %(time)s. Kode yang lama tidak berlaku lagi."
            )
            % {"username": values["username"], "time": values["waktu"]},
        ),
        closing=_not_you(values),
    )


@_mail(
    "recovery_code_used",
    gettext_lazy("Kode pemulihan dipakai"),
    nama=PERSON,
    username=USERNAME,
    waktu=WHEN,
    sisa=Name(gettext_lazy("sisa kode pemulihan"), "9"),
    kontak=CONTACT,
)
def _recovery_code_used(values: Values) -> Notice:
    return Notice(
        _("Kode pemulihan dipakai"),
        (
            _greeting(values),
            _("Sebuah kode pemulihan akun %(username)s dipakai pada %(time)s. Sisa kode: %(left)s.")
            % {"username": values["username"], "time": values["waktu"], "left": values["sisa"]},
        ),
        closing=_not_you(values),
    )


@_mail(
    "sign_in_code",
    gettext_lazy("Kode verifikasi"),
    kode=Name(gettext_lazy("kode OTP"), "123456", required=True),
    menit=Name(gettext_lazy("berapa menit kode berlaku"), "10"),
    waktu=Name(gettext_lazy("berlaku sampai pukul"), "09.25 WIB"),
    kontak=CONTACT,
)
def _sign_in_code(values: Values) -> Notice:
    return Notice(
        _("%(code)s adalah kode OTP Anda") % {"code": _in_halves(values["kode"])},
        (
            _("Berlaku %(minutes)s menit, sampai %(time)s. Petugas tidak pernah meminta kode ini.")
            % {"minutes": values["menit"], "time": values["waktu"]},
            *_not_you(values),
        ),
        code=values["kode"],
    )


# --- agreements -----------------------------------------------------------------------------------


@_mail(
    "agreement_ending",
    gettext_lazy("PKS akan berakhir"),
    nama=PERSON,
    nomor=Name(gettext_lazy("nomor PKS"), "PKS-01/IMI/2024"),
    instansi=Name(gettext_lazy("nama instansi"), "BADAN IT NASIONAL"),
    tanggal=Name(gettext_lazy("hari terakhir PKS berlaku"), "31 Desember 2026"),
    hari=Name(gettext_lazy("berapa hari lagi"), "30"),
    tautan=_link(gettext_lazy("alamat untuk membuka PKS atau daftar permohonan"), required=False),
)
def _agreement_ending(values: Values) -> Notice:
    return Notice(
        _("PKS %(number)s berakhir %(days)s hari lagi") % {"number": values["nomor"], "days": values["hari"]},
        (
            _greeting(values),
            _("PKS %(number)s dengan %(agency)s berakhir pada %(day)s, %(days)s hari lagi.")
            % {
                "number": values["nomor"],
                "agency": values["instansi"],
                "day": values["tanggal"],
                "days": values["hari"],
            },
            _("Sesudah itu permohonan baru tidak dapat diajukan sampai PKS diperpanjang."),
        ),
        link=values["tautan"],
        link_label=_("Buka:"),
    )


@_mail(
    "agreement_terminated",
    gettext_lazy("PKS diakhiri"),
    nama=PERSON,
    nomor=Name(gettext_lazy("nomor PKS"), "PKS-01/IMI/2024"),
    instansi=Name(gettext_lazy("nama instansi"), "BADAN IT NASIONAL"),
    tanggal=Name(gettext_lazy("hari sejak PKS tidak berlaku"), "28 November 2026"),
    tautan=_link(gettext_lazy("alamat untuk membuka PKS atau daftar permohonan"), required=False),
)
def _agreement_terminated(values: Values) -> Notice:
    return Notice(
        _("PKS %(number)s diakhiri") % {"number": values["nomor"]},
        (
            _greeting(values),
            _("PKS %(number)s dengan %(agency)s diakhiri sejak %(day)s.")
            % {"number": values["nomor"], "agency": values["instansi"], "day": values["tanggal"]},
            _(
                "Atas dasar PKS ini permohonan baru tidak dapat diajukan, dan permohonan yang sudah dikirim tidak "
                "dapat disetujui lagi."
            ),
        ),
        link=values["tautan"],
        link_label=_("Buka:"),
    )
