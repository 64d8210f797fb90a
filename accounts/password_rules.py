"""Rules for passwords people choose: long enough, not their own name, not a common one; nothing else."""

import re
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator as DjangoCommonPasswords
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Words of this service and its users: nothing is left of a password made only of these, figures and signs.
OWN_WORDS = (
    "imigrasi",
    "keimigrasian",
    "layanan",
    "data",
    "layanandata",
    "indonesia",
    "jakarta",
    "paspor",
    "pemohon",
    "petugas",
    "admin",
    "password",
    "katasandi",
    "sandi",
    "rahasia",
    "kementerian",
    "lembaga",
    "instansi",
    "ditjen",
    "direktorat",
    "jenderal",
    "merdeka",
    "pancasila",
    "bismillah",
    "selamat",
    "sayang",
    "qwerty",
    "qwertyuiop",
)
_OWN = re.compile("|".join(sorted(map(re.escape, OWN_WORDS), key=len, reverse=True)))


class LengthValidator:
    """Between PASSWORD_MIN_LENGTH and PASSWORD_MAX_LENGTH characters."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` naming the length that was typed."""
        minimum, maximum, length = settings.PASSWORD_MIN_LENGTH, settings.PASSWORD_MAX_LENGTH, len(password)
        values = {"minimum": minimum, "maximum": maximum, "length": length}
        if length < minimum:
            text = _("Kata sandi paling sedikit %(minimum)s karakter. Anda menulis %(length)s")
            raise ValidationError(text, code="short", params=values)
        if length > maximum:
            text = _("Kata sandi paling banyak %(maximum)s karakter. Anda menulis %(length)s")
            raise ValidationError(text, code="long", params=values)

    def get_help_text(self) -> str:
        """The hint beside the field."""
        return _(
            "Paling sedikit %(minimum)s karakter. Boleh berupa kalimat, misalnya tiga atau empat kata acak."
        ) % {"minimum": settings.PASSWORD_MIN_LENGTH}


class OwnNameValidator:
    """Holds neither the username, nor the e-mail's first part, nor a name of the person."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` when a part of at least four letters of the person's names is inside."""
        if user is None:
            return
        typed = password.casefold()
        sources = [user.get_username(), str(user.email or "").partition("@")[0], user.full_name or ""]
        parts = {
            part for source in sources for part in re.split(r"[\W_]+", source.casefold()) if len(part) >= 4
        }
        parts.add(user.get_username().casefold())
        if any(part and part in typed for part in parts):
            text = _("Kata sandi memuat nama atau username Anda. Buat yang lain")
            raise ValidationError(text, code="own_name")

    def get_help_text(self) -> str:
        """The hint beside the field."""
        return _("Jangan memuat nama atau username Anda.")


class CommonPasswordValidator(DjangoCommonPasswords):
    """Not among Django's 20 000 common passwords, not made of this service's words, not one sign repeated."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` for a password that guessers try first."""
        typed = password.casefold().strip()
        words = list(OWN_WORDS)
        agency = getattr(user, "agency", None)
        if agency is not None:
            words += [
                part.casefold() for part in re.split(r"\W+", f"{agency.name} {agency.code}") if len(part) > 2
            ]
        rest = re.sub("|".join(sorted(map(re.escape, words), key=len, reverse=True)), "", typed)
        letters = re.sub(r"[\W\d_]+", "", rest)
        is_own = len(letters) < 3 and bool(_OWN.search(typed) or rest != typed)
        doubled = re.fullmatch(r"(.{1,4}?)\1+.{0,3}", typed) is not None
        trimmed = re.sub(r"[\d\W_]+$", "", typed)
        is_common = typed in self.passwords or (trimmed != typed and trimmed in self.passwords)
        if is_own or doubled or is_common or typed.isdigit():
            raise ValidationError(self.get_error_message(), code="common")

    def get_error_message(self) -> str:
        """The words of the refusal."""
        return _("Kata sandi ini terlalu umum. Buat yang lain")

    def get_help_text(self) -> str:
        """The hint beside the field."""
        return _("Jangan memakai kata sandi yang umum.")
