"""Mails about registrations, accounts and sign-in; builders take an id from the outbox and write the text.

A builder returns None when the mail has lapsed (nobody to send it to, or done meanwhile).
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts import otp
from accounts.links import confirmation_token, correction_token, site_link
from accounts.models import Registration, SignedInDevice, User
from accounts.passwords import give_temporary_password, temporary_password_hours
from core.doors import clock, mail


def _notice(
    to: str,
    subject: str,
    paragraphs: Sequence[str],
    *,
    facts: Sequence[tuple[str, str]] = (),
    link: str = "",
    link_label: str = "",
    closing: Sequence[str] = (),
    code: str = "",
) -> EmailMessage:
    context: dict[str, object] = {
        "paragraphs": list(paragraphs),
        "facts": list(facts),
        "link": link,
        "link_label": link_label,
        "closing": list(closing),
        "code": code,
    }
    return mail.compose("account_notice", to=to, subject=subject, context=context)


def _greeting(name: str) -> str:
    return _("Yth. %(name)s,") % {"name": name}


def _registration(reference: str) -> Registration | None:
    return Registration.objects.filter(pk=uuid.UUID(reference)).first()


def _active_user(reference: str) -> User | None:
    return User.objects.filter(pk=int(reference), is_active=True).first()


def _not_you() -> str:
    return _("Bukan Anda? Hubungi kami lewat %(link)s") % {"link": site_link("public_site:contact")}


# --- registration ---------------------------------------------------------------------------------


def registration_received(reference: str) -> EmailMessage | None:
    """The registration arrived; asks to confirm the address."""
    registration = _registration(reference)
    if registration is None:
        return None
    days = settings.EMAIL_CONFIRM_TTL // timedelta(days=1)
    return _notice(
        registration.email,
        _("Pendaftaran Berhasil"),
        [
            _greeting(registration.full_name),
            _("Harap menunggu, akun Anda sedang dalam proses verifikasi."),
            _(
                "Kami akan segera menginformasikan setelah verifikasi selesai, "
                "paling lama %(days)s hari kerja."
            )
            % {"days": settings.REGISTRATION_WORKING_DAYS},
        ],
        link=site_link("public_site:register_confirm", confirmation_token(registration)),
        link_label=_("Klik untuk mengonfirmasi alamat email ini (berlaku %(days)s hari):") % {"days": days},
        closing=[_("Tidak merasa mendaftar? Abaikan email ini.")],
    )


def already_registered(reference: str) -> EmailMessage | None:
    """Somebody registered with the address of an account."""
    user = _active_user(reference)
    if user is None:
        return None
    return _has_account(user.email)


def already_waiting(reference: str) -> EmailMessage | None:
    """Somebody registered with the address of a registration that is still being worked on."""
    registration = _registration(reference)
    if registration is None:
        return None
    if registration.status == Registration.Status.NEEDS_CORRECTION:
        return registration_correction(reference)
    return _notice(
        registration.email,
        _("Pendaftaran Anda sudah kami terima"),
        [
            _greeting(registration.full_name),
            _("Ada pendaftaran baru dengan alamat ini, padahal pendaftaran sebelumnya masih kami periksa."),
            _("Anda tidak perlu mendaftar lagi. Jika bukan Anda yang mendaftar, abaikan email ini."),
        ],
        link=(
            ""
            if registration.email_confirmed_at
            else site_link("public_site:register_confirm", confirmation_token(registration))
        ),
        link_label=_("Alamat email ini belum dikonfirmasi. Klik untuk mengonfirmasi:"),
    )


def _has_account(address: str) -> EmailMessage:
    return _notice(
        address,
        _("Anda sudah memiliki akun"),
        [_("Ada pendaftaran baru dengan alamat ini. Jika itu Anda, silakan masuk; jika bukan, abaikan.")],
        link=site_link("public_site:sign_in"),
        link_label=_("Masuk atau pilih Lupa kata sandi:"),
    )


def registration_correction(reference: str) -> EmailMessage | None:
    """An officer asks to mend the registration; carries the signed link to the pre-filled form."""
    registration = _registration(reference)
    if registration is None or registration.status != Registration.Status.NEEDS_CORRECTION:
        return None
    return _notice(
        registration.email,
        _("Pendaftaran perlu diperbaiki"),
        [
            _greeting(registration.full_name),
            _("Petugas memeriksa pendaftaran Anda dan meminta perbaikan."),
            _("Catatan petugas: %(note)s") % {"note": registration.note},
        ],
        link=site_link("public_site:register_correct", correction_token(registration)),
        link_label=_("Perbaiki dan kirim ulang pendaftaran Anda:"),
    )


def registration_resubmitted(reference: str) -> EmailMessage | None:
    """The mended registration arrived."""
    registration = _registration(reference)
    if registration is None:
        return None
    return _notice(
        registration.email,
        _("Perbaikan pendaftaran diterima"),
        [
            _greeting(registration.full_name),
            _(
                "Perbaikan pendaftaran Anda sudah kami terima. "
                "Kami memeriksanya paling lama %(days)s hari kerja."
            )
            % {"days": settings.REGISTRATION_WORKING_DAYS},
        ],
        link=(
            ""
            if registration.email_confirmed_at
            else site_link("public_site:register_confirm", confirmation_token(registration))
        ),
        link_label=_("Klik untuk mengonfirmasi alamat email ini:"),
    )


def registration_rejected(reference: str) -> EmailMessage | None:
    """No account is opened, with the officer's reason."""
    registration = _registration(reference)
    if registration is None:
        return None
    return _notice(
        registration.email,
        _("Pendaftaran belum dapat disetujui"),
        [
            _greeting(registration.full_name),
            _("Pendaftaran Anda untuk %(agency)s belum dapat disetujui.")
            % {"agency": registration.agency_name},
            _("Alasan: %(note)s") % {"note": registration.note},
        ],
        link=site_link("public_site:contact"),
        link_label=_("Ada pertanyaan? Hubungi kami:"),
    )


# --- account --------------------------------------------------------------------------------------


def account_opened(reference: str) -> EmailMessage | None:
    """Username and a temporary password made here and now; each sending makes a new one."""
    made = give_temporary_password(reference)
    if made is None:
        return None
    user, password = made
    hours = temporary_password_hours()
    lifetime = (
        _("%(days)s hari") % {"days": hours // 24}
        if hours % 24 == 0
        else _("%(hours)s jam") % {"hours": hours}
    )
    return _notice(
        user.email,
        _("Akun Anda sudah aktif"),
        [
            _greeting(user.get_full_name()),
            _("Akun Anda pada Layanan Data Keimigrasian sudah dapat dipakai."),
        ],
        facts=[(_("Username"), user.username), (_("Password sementara"), password)],
        link=site_link("public_site:sign_in"),
        link_label=_(
            "Password sementara berlaku %(lifetime)s dan wajib diganti saat pertama masuk. Masuk di:"
        )
        % {"lifetime": lifetime},
        closing=[_("Jangan memberikan password ini kepada siapa pun, termasuk petugas.")],
    )


def password_reset(reference: str) -> EmailMessage | None:
    """A link to choose a new password; single use, made at sending time."""
    user = _active_user(reference)
    if user is None:
        return None
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return _notice(
        user.email,
        _("Buat kata sandi baru"),
        [
            _greeting(user.get_full_name()),
            _("Kami menerima permintaan untuk membuat kata sandi baru bagi akun %(username)s.")
            % {"username": user.username},
        ],
        link=site_link("public_site:reset_confirm", uid, default_token_generator.make_token(user)),
        link_label=_("Buat kata sandi baru (berlaku %(minutes)s menit, sekali pakai):")
        % {"minutes": minutes},
        closing=[_("Tidak merasa meminta? Abaikan email ini; kata sandi Anda tidak berubah.")],
    )


def password_changed(reference: str) -> EmailMessage | None:
    """Tells the owner that the password is another one now."""
    user = _active_user(reference)
    if user is None:
        return None
    changed_at = user.password_changed_at or clock.now()
    return _notice(
        user.email,
        _("Kata sandi diganti"),
        [
            _greeting(user.get_full_name()),
            _("Kata sandi akun %(username)s diganti pada %(time)s. Semua perangkat lain sudah dikeluarkan.")
            % {"username": user.username, "time": clock.long_datetime(changed_at)},
        ],
        closing=[_not_you()],
    )


def new_device(reference: str) -> EmailMessage | None:
    """Tells the owner about a sign-in from a browser not seen before."""
    device = SignedInDevice.objects.select_related("user").filter(pk=int(reference)).first()
    if device is None:
        return None
    return _notice(
        device.user.email,
        _("Masuk dari perangkat baru"),
        [
            _greeting(device.user.get_full_name()),
            _("Akun Anda dipakai masuk dari perangkat yang belum kami kenal."),
        ],
        facts=[
            (_("Waktu"), clock.long_datetime(device.started_at)),
            (_("Peramban"), device.browser or "–"),
            (_("Alamat jaringan"), device.address or "–"),
        ],
        closing=[_not_you()],
    )


def codes_failed(reference: str) -> EmailMessage | None:
    """Tells the owner that somebody who knows the password typed wrong codes."""
    user = _active_user(reference)
    if user is None:
        return None
    return _notice(
        user.email,
        _("%(tries)s kali kode salah") % {"tries": settings.OTP_TRIES},
        [
            _greeting(user.get_full_name()),
            _("Seseorang memasukkan password akun %(username)s dengan benar, lalu salah menulis kode OTP.")
            % {"username": user.username},
            _("Jika itu bukan Anda, segera ganti kata sandi lewat Lupa kata sandi."),
        ],
        link=site_link("public_site:forgot"),
        link_label=_("Lupa kata sandi:"),
        closing=[_not_you()],
    )


def email_changed_notice(user: User, before: str) -> EmailMessage:
    """Tells the old address that codes and notices go elsewhere from now on."""
    return _notice(
        before,
        _("Alamat email akun Anda diganti"),
        [
            _greeting(user.get_full_name()),
            _("Alamat email akun %(username)s diganti oleh admin. Kode OTP tidak lagi dikirim ke alamat ini.")
            % {"username": user.username},
        ],
        closing=[_not_you()],
    )


def roles_changed(reference: str) -> EmailMessage | None:
    """Tells the owner that an administrator changed the account's rights."""
    user = _active_user(reference)
    if user is None:
        return None
    return _notice(
        user.email,
        _("Hak akun Anda diubah"),
        [
            _greeting(user.get_full_name()),
            _("Peran atau instansi akun %(username)s diubah oleh admin. Silakan masuk kembali.")
            % {"username": user.username},
        ],
        closing=[_not_you()],
    )


def sign_in_code(reference: str) -> EmailMessage | None:
    """The one-time code, made here and kept only as a hash."""
    issued = otp.issue_code(reference)
    if issued is None:
        return None
    row, code = issued
    half = len(code) // 2
    minutes = settings.OTP_TTL // timedelta(minutes=1)
    return _notice(
        row.user.email,
        _("%(code)s adalah kode OTP Anda") % {"code": f"{code[:half]} {code[half:]}"},
        [
            _("Berlaku %(minutes)s menit, sampai %(time)s. Petugas tidak pernah meminta kode ini.")
            % {"minutes": minutes, "time": clock.time_wib(row.expires_at)},
            _not_you(),
        ],
        code=code,
    )
