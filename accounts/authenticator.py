"""The authenticator app of officers (TOTP, RFC 6238) and its recovery codes: setting up, checking, taking off.

Secrets lie in django-otp's tables, which have no page in the console; recovery codes are kept as keyed hashes only.
"""

import base64
import enum
import secrets
from datetime import timedelta

import segno
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import otp, sessions
from accounts.models import User
from admin_theme.changes import record_change
from core import throttle
from core.doors import mail
from core.doors.signing import keyed_hash, random_token

#: How many recovery codes an officer gets, and of how many digits (33 bits; guesses are throttled).
RECOVERY_CODES = 10
RECOVERY_DIGITS = 10
_HOUR = timedelta(hours=1)


class Policy(enum.StrEnum):
    """What the setting ``OFFICER_TOTP`` asks of officers."""

    OFF = "off"  # nobody has one; codes come by e-mail
    OPTIONAL = "optional"  # whoever has set one up is asked for its code
    REQUIRED = "required"  # whoever has none is led to setting one up and can do nothing else


def policy() -> Policy:
    """The policy in force; ValueError for a word that is none (a system check refuses it at the start)."""
    return Policy(settings.OFFICER_TOTP)


def is_offered_to(user: User) -> bool:
    """Whether this person may set one up."""
    return user.is_staff and policy() is not Policy.OFF


def device_of(user: User) -> TOTPDevice | None:
    """The person's authenticator, once its first code was right."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def is_asked_of(user: User) -> bool:
    """Whether this person's second factor is the authenticator instead of a mailed code."""
    return is_offered_to(user) and TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def may_use_mail() -> bool:
    """Whether whoever has an authenticator may have a code mailed instead."""
    return bool(settings.OFFICER_TOTP_MAIL_FALLBACK)


def must_set_up(user: User) -> bool:
    """Whether this officer may do nothing else before setting one up.

    Whoever came in by an authenticator or a recovery code is known without a query.
    """
    if not user.is_staff or policy() is not Policy.REQUIRED:
        return False
    if isinstance(getattr(user, "otp_device", None), TOTPDevice | StaticDevice):
        return False
    return not is_asked_of(user)


# --- setting up and taking off --------------------------------------------------------------------


@transaction.atomic
def begin(user: User) -> TOTPDevice:
    """A new secret that waits for its first code; an earlier one that waited is dropped."""
    _lock(user)
    if not is_offered_to(user):
        raise PermissionDenied
    if is_asked_of(user):
        raise ValidationError(_("Aplikasi autentikator Anda sudah terpasang."))
    TOTPDevice.objects.filter(user=user).delete()
    return TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)


def waiting_device(user: User) -> TOTPDevice | None:
    """The secret that waits for its first code."""
    return TOTPDevice.objects.filter(user=user, confirmed=False).first()


def key_text(device: TOTPDevice) -> str:
    """The secret as people type it into an app: base32 in groups of four."""
    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def qr_image(device: TOTPDevice) -> str:
    """The secret as a QR code: an SVG in a ``data:`` address, made here without any network."""
    return segno.make(device.config_url, error="m", micro=False).svg_data_uri(
        border=4, dark="#000", light="#fff"
    )


def confirm(user: User, typed: str, *, keep_session: str | None) -> tuple[TOTPDevice, list[str]]:
    """Take the waiting secret into use if ``typed`` is its code; every other session of the account ends.

    Returns the device and the recovery codes, whose only readable copy this is. Raises ``ValidationError``.
    """
    if not throttle.hit(f"otp-setup:{user.pk}", limit=10, window=_HOUR).allowed:
        raise ValidationError(_("Terlalu banyak kode yang salah. Coba lagi satu jam lagi."))
    with transaction.atomic():
        _lock(user)
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is None:
            raise ValidationError(_("Tidak ada kunci yang menunggu. Pilih Mulai lagi."), code="gone")
        is_right = device.verify_token(typed)
        if is_right:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            codes = _new_codes(user)
            sessions.end_all(user, keep=keep_session)
            record_change(user, user, gettext_noop("Aplikasi autentikator dipasang"))
            mail.post("accounts.authenticator_added", user.pk, event=random_token())
    if not is_right:
        raise ValidationError(
            _(
                "Kode tidak cocok. Tulis kode terbaru dari aplikasi; bila tetap tidak cocok, "
                "atur jam ponsel menjadi otomatis."
            )
        )
    throttle.forget(f"otp-setup:{user.pk}")
    return device, codes


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """Ten new recovery codes; the former ones stop working."""
    _lock(user)
    if not is_asked_of(user):
        raise ValidationError(_("Aplikasi autentikator belum terpasang."))
    codes = _new_codes(user)
    record_change(user, user, gettext_noop("Kode pemulihan dibuat ulang"))
    mail.post("accounts.recovery_codes_renewed", user.pk, event=random_token())
    return codes


@transaction.atomic
def remove(user: User, *, keep_session: str | None) -> None:
    """Take one's own authenticator off; every other session of the account ends."""
    _lock(user)
    if not _delete_devices(user):
        raise ValidationError(_("Aplikasi autentikator belum terpasang."))
    sessions.end_all(user, keep=keep_session)
    record_change(user, user, gettext_noop("Aplikasi autentikator dilepas"))
    mail.post("accounts.authenticator_removed", user.pk, event=random_token())


@transaction.atomic
def reset(user_id: int, *, by: User) -> None:
    """Take a colleague's authenticator off (phone lost): all sessions end, the next sign-in is by mailed code."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    if not by.has_perm("accounts.change_user") or (user.is_superuser and not by.is_superuser):
        raise PermissionDenied
    if user.pk == by.pk:
        raise ValidationError(_("Untuk akun Anda sendiri, buka halaman Aplikasi autentikator."))
    if not _delete_devices(user):
        raise ValidationError(_("Pengguna ini tidak memakai aplikasi autentikator."))
    sessions.end_all(user)
    record_change(by, user, gettext_noop("Aplikasi autentikator diatur ulang"))
    mail.post("accounts.authenticator_removed", user.pk, event=random_token())


def recovery_codes_left(user: User) -> int:
    """How many recovery codes still work."""
    return StaticToken.objects.filter(device__user=user).count()


# --- checking -------------------------------------------------------------------------------------


def check(user: User, attempt: str, typed: str) -> tuple[otp.Checked, Device | None]:
    """Whether ``typed`` (digits only) is the app's code of now, or an unused recovery code.

    Each call costs one try, counted before it is judged: ``OTP_TRIES`` an attempt and ``OTP_VOID_LIMIT`` times
    as many an account and hour; then the step is locked as for mailed codes (S-04). A code counts once.
    """
    tries_key, account_key = f"otp-app:{attempt}", f"otp-app-account:{user.pk}"
    if not attempt or otp.locked_until(user) is not None:
        return otp.Checked(otp.Outcome.VOID), None
    tries = throttle.hit(tries_key, limit=settings.OTP_TRIES, window=_HOUR)
    most = settings.OTP_TRIES * settings.OTP_VOID_LIMIT
    account = throttle.hit(account_key, limit=most, window=_HOUR)
    if not account.allowed:
        # Also for whoever stops before the last try of each attempt: the owner learns that the password is known.
        otp.count_void(user, event=f"account-{int(timezone.now().timestamp())}")
        otp.lock(user)
        throttle.forget(account_key)
    if not tries.allowed or not account.allowed:
        return otp.Checked(otp.Outcome.VOID), None
    with transaction.atomic():
        _lock(user)  # two requests with the same code queue up here, so that only one of them is let in
        device = _verified(user, typed)
        if isinstance(device, StaticDevice):
            record_change(user, user, gettext_noop("Kode pemulihan dipakai"))
            mail.post("accounts.recovery_code_used", user.pk, event=random_token())
    if device is not None:
        throttle.forget(tries_key)
        throttle.forget(account_key)
        otp.forget_void(user)
        return otp.Checked(otp.Outcome.RIGHT), device
    left = max(0, settings.OTP_TRIES - tries.count)
    if left == 0:
        otp.count_void(user, event=f"{attempt[:16]}-{int(timezone.now().timestamp())}")
        return otp.Checked(otp.Outcome.VOID), None
    return otp.Checked(otp.Outcome.WRONG, left), None


def _verified(user: User, typed: str) -> Device | None:
    if len(typed) == RECOVERY_DIGITS:
        kept = StaticDevice.objects.filter(user=user).first()
        return kept if kept is not None and kept.verify_token(_hash(user, typed)) else None
    device = device_of(user)
    return device if device is not None and device.verify_token(typed) else None


def _new_codes(user: User) -> list[str]:
    device, _created = StaticDevice.objects.get_or_create(user=user, defaults={"name": "recovery"})
    device.token_set.all().delete()
    numbers: set[str] = set()
    while len(numbers) < RECOVERY_CODES:
        numbers.add(f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}}")
    codes = sorted(numbers)
    StaticToken.objects.bulk_create(
        [StaticToken(device=device, token=_hash(user, code)) for code in codes], batch_size=RECOVERY_CODES
    )
    half = RECOVERY_DIGITS // 2
    return [f"{code[:half]} {code[half:]}" for code in codes]


def _delete_devices(user: User) -> bool:
    StaticDevice.objects.filter(user=user).delete()
    removed, _models = TOTPDevice.objects.filter(user=user).delete()
    return bool(removed)


def _hash(user: User, code: str) -> str:
    return keyed_hash("recovery-code", f"{user.pk}:{code}")[:16]


def _lock(user: User) -> None:
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
