"""Forms of signing in: password, one-time code, forgotten and new password."""

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import authenticator, otp
from accounts.models import User
from core import throttle
from core.addresses import client_address
from core.doors import clock
from core.doors.signing import keyed_hash
from public_site.forms.base import SiteForm

_HOUR = timedelta(hours=1)


class SignInForm(SiteForm):
    """Username and password, throttled by account and by network address; unknown names read the same."""

    wide_fields = frozenset({"username", "password"})
    username = forms.CharField(
        label=_("Username"),
        max_length=254,
        error_messages={"required": _("Isi Username")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        # The context keeps Django's own translation ("Sandi") off the manual's label.
        label=pgettext_lazy("sign-in", "Password"),
        strip=False,
        max_length=512,
        error_messages={"required": _("Isi Password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "data-reveal": ""}),
    )
    remember = forms.BooleanField(
        label=_("Ingat Saya"),
        required=False,
        help_text=_(
            "Tetap masuk di perangkat ini sampai 12 jam. Jangan dipakai di komputer bersama. "
            "Kode OTP tetap diminta."
        ),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user_cache: User | None = None
        #: The answer's status: 429 when throttled.
        self.status = 422

    def clean(self) -> dict[str, Any]:
        """Finds the account; every refusal of a name or password reads the same."""
        cleaned = super().clean() or {}
        login, password = cleaned.get("username"), cleaned.get("password")
        if not login or not password:
            return cleaned
        known = User.objects.by_login(login)
        # One counter an account, whether typed as username or as e-mail.
        name = f"u:{known.pk}" if known else f"n:{keyed_hash('login', login.strip().casefold())[:40]}"
        account, address = f"login:{name}", f"login:a:{client_address(self.request)}"
        for key, limit, window in (
            (address, settings.LOGIN_FAILS_PER_ADDRESS, _HOUR),
            (account, settings.LOGIN_FAILS, settings.LOGIN_FAILS_WINDOW),
        ):
            # Counted before the check, so that parallel guesses share the budget; given back on success.
            verdict = throttle.hit(key, limit=limit, window=window)
            if not verdict.allowed:
                self.status = 429
                raise ValidationError(
                    _("Terlalu banyak percobaan. Coba lagi pukul %(time)s, atau pilih Lupa kata sandi"),
                    code="throttled",
                    params={"time": clock.time_wib(verdict.until)},
                )
        user = authenticate(self.request, username=login, password=password)
        if not isinstance(user, User):
            raise ValidationError(
                _(
                    "Username atau Password tidak cocok. Periksa huruf besar-kecil, "
                    "atau pilih Lupa kata sandi"
                ),
                code="invalid_login",
            )
        throttle.forget(account)
        throttle.give_back(address)
        if user.temporary_password_until is not None and user.temporary_password_until <= timezone.now():
            raise ValidationError(
                _(
                    "Password sementara sudah lewat %(days)s hari. "
                    "Pilih Lupa kata sandi untuk membuat yang baru"
                ),
                code="temporary_expired",
                params={"days": settings.TEMP_PASSWORD_TTL // timedelta(days=1)},
            )
        self.user_cache = user
        return cleaned

    def get_user(self) -> User | None:
        """The account the form found."""
        return self.user_cache


class CodeForm(SiteForm):
    """The one-time code; spaces and dashes are ignored."""

    #: two_factor: the code is checked once and never again when the wizard ends.
    idempotent = False
    wide_fields = frozenset({"otp_token"})
    otp_token = forms.CharField(
        label=_("Kode OTP"),
        max_length=40,
        error_messages={"required": _("Isi Kode OTP 6 angka dari email")},
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "maxlength": "12",
                "class": "otp",
                "autofocus": "",
            }
        ),
    )

    def __init__(self, *args: Any, user: User, attempt: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.attempt = attempt
        self.is_void = False

    def clean_otp_token(self) -> str:
        """Checks the code against the attempt's newest one; a wrongly written code costs no try."""
        typed = digits_of(self.cleaned_data["otp_token"], settings.OTP_DIGITS)
        checked = otp.check_code(self.user, self.attempt, typed)
        if checked.outcome is otp.Outcome.RIGHT:
            self.user.otp_device = otp.device_of(self.user)  # type: ignore[attr-defined]  # read by django-otp
            return ""
        self.is_void = checked.outcome is otp.Outcome.VOID
        raise refusal(checked)


class AuthenticatorForm(CodeForm):
    """The code of the authenticator app, or one of the recovery codes."""

    otp_token = forms.CharField(
        label=_("Kode autentikator"),
        max_length=40,
        error_messages={"required": _("Isi kode 6 angka dari aplikasi autentikator")},
        help_text=_("Ponsel tidak ada? Tulis satu kode pemulihan, 10 angka."),
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "maxlength": "16",
                "class": "otp",
                "autofocus": "",
            }
        ),
    )

    def clean_otp_token(self) -> str:
        """Checks it by the authenticator's own rules; which device it was decides what the session is called."""
        typed = digits_of(self.cleaned_data["otp_token"], settings.OTP_DIGITS, authenticator.RECOVERY_DIGITS)
        checked, device = authenticator.check(self.user, self.attempt, typed)
        if device is not None:
            self.user.otp_device = device  # type: ignore[attr-defined]  # read by django-otp
            return ""
        self.is_void = checked.outcome is otp.Outcome.VOID
        raise refusal(checked)


def digits_of(typed: str, *lengths: int) -> str:
    """The typed code without spaces and dashes; ``ValidationError`` unless it has one of these lengths."""
    code = re.sub(r"[\s.\-–]", "", typed)
    if not re.fullmatch(r"[0-9]+", code):
        raise ValidationError(_("Kode OTP terdiri dari %(digits)s angka"), params={"digits": lengths[0]})
    if len(code) not in lengths:
        raise ValidationError(
            _("Kode OTP terdiri dari %(digits)s angka. Anda menulis %(length)s angka"),
            params={"digits": lengths[0], "length": len(code)},
        )
    return code


def refusal(checked: otp.Checked) -> ValidationError:
    """What is said about a code that was not right."""
    if checked.outcome is otp.Outcome.VOID:
        return ValidationError(void_text(), code="void")
    if checked.outcome is otp.Outcome.EXPIRED:
        return ValidationError(_("Kode OTP sudah kedaluwarsa. Pilih Kirim ulang kode"), code="expired")
    if checked.outcome is otp.Outcome.SUPERSEDED and checked.newest_sent_at is not None:
        return ValidationError(
            _("Kode itu sudah diganti. Pakai kode terbaru yang dikirim pukul %(time)s"),
            code="superseded",
            params={"time": clock.time_wib(checked.newest_sent_at)},
        )
    return ValidationError(
        _("Kode OTP tidak cocok. Sisa percobaan: %(left)s"),
        code="wrong",
        params={"left": checked.tries_left},
    )


def void_text() -> str:
    """What is said when no try is left."""
    return str(
        _("Kode OTP salah %(tries)s kali sehingga tidak berlaku lagi. Silakan masuk kembali dari awal")
    ) % {"tries": settings.OTP_TRIES}


class ForgotForm(SiteForm):
    """The address a reset link goes to."""

    wide_fields = frozenset({"email"})
    email = forms.CharField(
        label=_("Email"),
        max_length=254,
        error_messages={"required": _("Isi Email")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        validators=[EmailValidator(_("Email belum lengkap. Tulis seperti nama@instansi.go.id"))],
        help_text=_("Masukkan email terdaftar"),
    )


class NewPasswordForm(SiteForm):
    """A password of one's own, typed twice; ``current`` is asked of people who have one already."""

    wide_fields = frozenset({"current", "password", "repeat"})
    current = forms.CharField(
        label=_("Kata sandi sekarang"),
        strip=False,
        max_length=512,
        error_messages={"required": _("Isi Kata sandi sekarang")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "data-reveal": ""}),
    )
    password = forms.CharField(
        label=_("Kata sandi baru"),
        strip=False,
        error_messages={"required": _("Isi Kata sandi baru")},
        help_text=_("Paling sedikit 12 karakter. Boleh berupa kalimat, misalnya tiga atau empat kata acak."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-reveal": ""}),
    )
    repeat = forms.CharField(
        label=_("Ulangi kata sandi baru"),
        strip=False,
        error_messages={"required": _("Ulangi kata sandi baru")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-reveal": ""}),
    )

    def __init__(self, *args: Any, user: User, ask_current: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not ask_current:
            del self.fields["current"]

    def clean_current(self) -> str:
        """The present password; guesses count like those of the sign-in page."""
        typed: str = self.cleaned_data["current"]
        key = f"password-check:{self.user.pk}"
        verdict = throttle.hit(key, limit=settings.LOGIN_FAILS, window=settings.LOGIN_FAILS_WINDOW)
        if not verdict.allowed:
            raise ValidationError(
                _("Terlalu banyak percobaan. Coba lagi pukul %(time)s"),
                params={"time": clock.time_wib(verdict.until)},
            )
        if not self.user.check_password(typed):
            raise ValidationError(_("Kata sandi sekarang tidak cocok. Periksa huruf besar-kecil"))
        throttle.forget(key)
        return typed

    def clean(self) -> dict[str, Any]:
        """The rules for the new password, and that both fields agree."""
        cleaned = super().clean() or {}
        password, repeat = cleaned.get("password"), cleaned.get("repeat")
        if password:
            try:
                validate_password(password, self.user)
            except ValidationError as error:
                self.add_error("password", error)
            if self.user.check_password(password):
                self.add_error("password", _("Kata sandi baru sama dengan yang lama. Buat yang lain"))
        if password and repeat and password != repeat:
            self.add_error("repeat", _("Kedua kata sandi belum sama"))
        return cleaned
