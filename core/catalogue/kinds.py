"""Field kinds: one class for each, with everything the surfaces need of it (form, Excel, JSON, display)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.catalogue.dates import parse_date
from core.doors import clock
from core.reference.models import Checkpoint, Country, ImmigrationOffice, Region

if TYPE_CHECKING:
    from core.catalogue.schema import Field

Value = str | int
Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """How a column of the Excel template is set up."""

    width: int = 20
    #: Excel number format; "@" is text and keeps leading zeros.
    number_format: str = "@"
    #: Allowed entries for a drop-down list, None for free entry.
    options: tuple[str, ...] | None = None


class Lookups:
    """Reference lists for one run of validation: each is read once, when first needed."""

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def countries(self) -> Choices:
        return list(Country.objects.filter(active=True).order_by("name").values_list("alpha3", "name"))

    @cached_property
    def offices(self) -> Choices:
        return list(
            ImmigrationOffice.objects.filter(active=True)
            .order_by("full_name")
            .values_list("slug", "full_name")
        )

    @cached_property
    def checkpoints(self) -> Choices:
        return list(Checkpoint.objects.filter(active=True).order_by("name").values_list("key", "name"))

    @cached_property
    def regions(self) -> Choices:
        return list(Region.objects.filter(active=True, level=2).order_by("name").values_list("code", "name"))

    @cached_property
    def cleaned(self) -> dict[int, tuple["Field", dict[str, Value]]]:
        """What entries of a column have become already in this run, by the identity of its field."""
        return {}

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        return {}

    @cached_property
    def _folded(self) -> dict[str, dict[str, str]]:
        return {}

    def find(self, table: str, entry: str) -> str | None:
        """The key whose key or name is ``entry`` (case and spacing ignored)."""
        folded = self._folded.get(table)
        if folded is None:
            folded = {}
            for key, name in getattr(self, table):
                folded[fold(name)] = key
                folded[fold(key)] = key
            self._folded[table] = folded
        return folded.get(fold(entry))

    def name(self, table: str, key: str) -> str:
        """The name shown for ``key``; the key itself when the row is gone."""
        names = self._names.get(table)
        if names is None:
            names = self._names[table] = dict(getattr(self, table))
        return names.get(key, key)


def fold(text: str) -> str:
    """Upper case with single spaces, for forgiving comparison."""
    return " ".join(text.upper().split())


class Kind:
    """A kind of field. Subclasses override what differs; values are JSON-ready (text or whole numbers)."""

    name: ClassVar[str]
    label: ClassVar[Any]
    #: Whether the value is a calendar day, so that it can bound a period.
    is_day: ClassVar[bool] = False
    #: Whether ``check_with_others`` is more than nothing; told of each subclass by itself.
    looks_at_others: ClassVar[bool] = False
    #: Whether the same entries come again and again in a column, so that what became of them is worth keeping.
    repeats: ClassVar[bool] = False
    #: The typed column (models.Identifies) which the first column of this kind fills unless told otherwise.
    usually_identifies: ClassVar[str] = ""
    #: Order of a missing entry, with the field's label.
    empty_message: ClassVar[Any] = _("Isi %(label)s")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.looks_at_others = cls.check_with_others is not Kind.check_with_others

    def can_identify(self, column: str) -> bool:
        """Whether values of this kind fit the typed column: a birth date is a day, a nationality a country."""
        if column == "birth_date":
            return self.is_day
        return column != "nationality"

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        """The value of the entered text ``raw`` (not empty); ValidationError says what to mend."""
        return raw

    def from_cell(self, value: object) -> str:
        """The text a person would have typed for an Excel cell's value (None: empty)."""
        if type(value) is str:
            return value
        if value is None:
            return ""
        if isinstance(value, bool):
            return "YA" if value else "TIDAK"
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        if isinstance(value, datetime):
            return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
        if isinstance(value, date):
            return value.isoformat()
        return str(value)

    def display(self, value: Value, field: "Field", lookups: Lookups) -> str:
        """What people read."""
        return str(value)

    def initial(self, value: Value) -> str:
        """What stands in the form when a stored value is edited."""
        return str(value)

    def entry(self, value: Value, field: "Field", lookups: Lookups) -> str:
        """What a person would type for a stored value, in a grid or a workbook; ``clean`` reads it back."""
        return self.display(value, field, lookups)

    def check_with_others(self, values: Mapping[str, Value], field: "Field") -> None:
        """Rules that need other fields of the row; ValidationError belongs to ``field``."""

    def needs_others(self, field: "Field") -> bool:
        """Whether ``check_with_others`` has anything to say about this field at all."""
        return self.looks_at_others

    def widget(self, field: "Field", lookups: Lookups) -> forms.Widget:
        return forms.TextInput(attrs={"maxlength": field.max_length or 250, "autocomplete": "off"})

    def column(self, field: "Field", lookups: Lookups) -> Column:
        return Column(width=max(14, len(field.label) + 4))


#: What people put between the signs of a number.
_SEPARATORS = re.compile(r"[\s.\-]")
_DOTS = re.compile(r"[\s.]")
#: Unicode's category Cc.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
#: Nearly every name; what else a name may hold is told letter by letter.
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z .'’`\-,/()]+")


class TextKind(Kind):
    name = "text"
    label = _("Teks")
    default_length = 250

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        text = " ".join(raw.split())
        limit = field.max_length or self.default_length
        if len(text) > limit:
            raise ValidationError(
                _("%(label)s paling banyak %(limit)d karakter. Anda menulis %(count)d"),
                params={"label": field.label, "limit": limit, "count": len(text)},
            )
        if _CONTROL.search(text):
            raise ValidationError(
                _("%(label)s memuat karakter yang tidak terbaca. Tulis ulang"), params={"label": field.label}
            )
        return text


class PersonNameKind(TextKind):
    name = "person_name"
    label = _("Nama orang")
    usually_identifies = "name"
    default_length = 100

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        text = str(super().clean(raw, field, lookups))
        if _PLAIN_NAME.fullmatch(text):
            return text
        if any(character.isdigit() for character in text):
            raise ValidationError(
                _("%(label)s memuat angka. Tulis sesuai identitas"), params={"label": field.label}
            )
        if not all(
            character.isalpha() or character in " .'’‘`-,/()" or is_mark(character) for character in text
        ):
            raise ValidationError(
                _("%(label)s hanya huruf, spasi, dan tanda . ' - ,"), params={"label": field.label}
            )
        if not any(character.isalpha() for character in text):
            raise ValidationError(
                _("%(label)s belum memuat huruf. Tulis sesuai identitas"), params={"label": field.label}
            )
        return text

    def column(self, field: "Field", lookups: Lookups) -> Column:
        return Column(width=32)


class NumberKind(Kind):
    name = "number"
    repeats = True
    label = _("Angka")

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        text = raw.replace(" ", "")
        if not re.fullmatch(r"-?\d{1,12}", text, re.ASCII):
            raise ValidationError(
                _("%(label)s harus bilangan bulat, terbaca “%(raw)s”. Tulis hanya angka"),
                params={"label": field.label, "raw": shorten(raw)},
            )
        number = int(text)
        low, high = field.options.get("min"), field.options.get("max")
        if (low is not None and number < low) or (high is not None and number > high):
            raise ValidationError(
                _("%(label)s harus antara %(low)s dan %(high)s"),
                params={"label": field.label, "low": low, "high": high},
            )
        return number

    def widget(self, field: "Field", lookups: Lookups) -> forms.Widget:
        return forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 13, "class": "w-s"})


class DateKind(Kind):
    """A calendar day, stored as ISO text. Options: future, not_before (key), max_days (after it)."""

    name = "date"
    repeats = True
    label = _("Tanggal")
    is_day = True
    empty_message = _("%(label)s masih kosong. Isi tanggal-bulan-tahun")

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        day = parse_date(raw)
        if day is None:
            raise ValidationError(
                _("%(label)s: “%(raw)s” tidak ada di kalender. Tulis misalnya 31-12-2000"),
                params={"label": field.label, "raw": shorten(raw)},
            )
        if day.year < 1900:
            raise ValidationError(
                _("%(label)s %(day)s terlalu lama. Periksa tahunnya"),
                params={"label": field.label, "day": f"{day:%d-%m-%Y}"},
            )
        if day > lookups.today and not field.options.get("future"):
            raise ValidationError(
                _("%(label)s %(day)s melewati hari ini"),
                params={"label": field.label, "day": f"{day:%d-%m-%Y}"},
            )
        if day.year > 2200:
            raise ValidationError(
                _("%(label)s %(day)s terlalu jauh. Periksa tahunnya"),
                params={"label": field.label, "day": f"{day:%d-%m-%Y}"},
            )
        return day.isoformat()

    def needs_others(self, field: "Field") -> bool:
        return bool(field.options.get("not_before"))

    def check_with_others(self, values: Mapping[str, Value], field: "Field") -> None:
        start_key, end = field.options.get("not_before"), values.get(field.key)
        start = values.get(start_key) if start_key else None
        if not start or not end:
            return
        first, last = date.fromisoformat(str(start)), date.fromisoformat(str(end))
        if last < first:
            raise ValidationError(
                _("%(label)s lebih awal daripada tanggal mulai"), params={"label": field.label}
            )
        longest = field.options.get("max_days")
        if longest and (last - first).days > longest:
            raise ValidationError(
                _("%(label)s paling lama %(days)d hari sesudah tanggal mulai"),
                params={"label": field.label, "days": longest},
            )

    def display(self, value: Value, field: "Field", lookups: Lookups) -> str:
        return clock.short_date(date.fromisoformat(str(value)))

    def entry(self, value: Value, field: "Field", lookups: Lookups) -> str:
        return f"{date.fromisoformat(str(value)):%d-%m-%Y}"

    def widget(self, field: "Field", lookups: Lookups) -> forms.Widget:
        return forms.DateInput(attrs={"type": "date", "class": "w-s"}, format="%Y-%m-%d")

    def column(self, field: "Field", lookups: Lookups) -> Column:
        # Text: a spreadsheet set to another country would turn 05-06-2000 into the sixth of May.
        return Column(width=18)


class TimeKind(Kind):
    name = "time"
    repeats = True
    label = _("Jam")

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        match = re.fullmatch(r"([01]?\d|2[0-3])[.:]([0-5]\d)(?:[.:][0-5]\d)?", raw.strip(), re.ASCII)
        if not match:
            raise ValidationError(
                _("%(label)s: “%(raw)s” bukan jam. Tulis misalnya 14.05"),
                params={"label": field.label, "raw": shorten(raw)},
            )
        return f"{int(match[1]):02}:{match[2]}"

    def display(self, value: Value, field: "Field", lookups: Lookups) -> str:
        return str(value).replace(":", ".")


class ChoiceKind(Kind):
    """One of the field's own choices, entered as value or label."""

    name = "choice"
    repeats = True
    label = _("Pilihan")
    empty_message = _("Pilih %(label)s")

    def choices(self, field: "Field", lookups: Lookups) -> Choices:
        return list(field.choices)

    def find(self, raw: str, field: "Field", lookups: Lookups) -> str | None:
        entry = fold(raw)
        for value, label in field.choices:
            if entry in (fold(value), fold(label)):
                return value
        return None

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        value = self.find(raw, field, lookups)
        if value is None:
            raise ValidationError(self.unknown_message(raw, field, lookups))
        return value

    def unknown_message(self, raw: str, field: "Field", lookups: Lookups) -> str:
        labels = [label for _value, label in self.choices(field, lookups)]
        return _("“%(raw)s” bukan pilihan %(label)s. Pilih: %(options)s") % {
            "raw": shorten(raw),
            "label": field.label,
            "options": ", ".join(labels),
        }

    def display(self, value: Value, field: "Field", lookups: Lookups) -> str:
        return dict(field.choices).get(str(value), str(value))

    def widget(self, field: "Field", lookups: Lookups) -> forms.Widget:
        return forms.Select(choices=[("", "—"), *self.choices(field, lookups)], attrs={"class": "w-m"})

    def column(self, field: "Field", lookups: Lookups) -> Column:
        return Column(width=20, options=tuple(label for _value, label in self.choices(field, lookups)))


class LookupKind(ChoiceKind):
    """One row of a reference list."""

    table: ClassVar[str]
    hint: ClassVar[Any] = _("Salin dari daftar pilihan")

    def choices(self, field: "Field", lookups: Lookups) -> Choices:
        choices: Choices = getattr(lookups, self.table)
        return choices

    def find(self, raw: str, field: "Field", lookups: Lookups) -> str | None:
        return lookups.find(self.table, raw)

    def unknown_message(self, raw: str, field: "Field", lookups: Lookups) -> str:
        return _("“%(raw)s” bukan pilihan %(label)s. %(hint)s") % {
            "raw": shorten(raw),
            "label": field.label,
            "hint": self.hint,
        }

    def display(self, value: Value, field: "Field", lookups: Lookups) -> str:
        return lookups.name(self.table, str(value))


class CountryKind(LookupKind):
    name = "country"
    label = _("Negara")
    table = "countries"
    hint = _("Tulis nama negara atau kode tiga huruf, misalnya Indonesia atau IDN")

    def can_identify(self, column: str) -> bool:
        return column in ("", "nationality")

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        value = super().clean(raw, field, lookups)
        if value in field.options.get("except", ()):
            raise ValidationError(
                _("%(label)s %(country)s tidak berlaku untuk layanan ini"),
                params={"label": field.label, "country": lookups.name(self.table, str(value))},
            )
        return value


class OfficeKind(LookupKind):
    name = "office"
    label = _("Kantor Imigrasi")
    table = "offices"


class CheckpointKind(LookupKind):
    name = "checkpoint"
    label = _("Tempat Pemeriksaan Imigrasi (TPI)")
    table = "checkpoints"


class RegionKind(LookupKind):
    name = "region"
    label = _("Kabupaten/Kota")
    table = "regions"


class NationalIdKind(Kind):
    """NIK: PPKKCC DDMMYY SSSS, women's day + 40 (domain.md §3.1)."""

    name = "national_id"
    label = _("NIK")
    usually_identifies = "national_id"

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        digits = _SEPARATORS.sub("", raw)
        if not (digits.isascii() and digits.isdecimal()):
            raise ValidationError(
                _("%(label)s hanya berisi angka. Format kolom sebagai Teks agar angka tidak berubah"),
                params={"label": field.label},
            )
        if len(digits) != 16:
            raise ValidationError(
                _(
                    "%(label)s harus 16 angka, terbaca %(count)d. "
                    "Format kolom sebagai Teks agar angka 0 di depan tidak hilang"
                ),
                params={"label": field.label, "count": len(digits)},
            )
        day, month = int(digits[6:8]) % 40, int(digits[8:10])
        if not 1 <= day <= 31 or int(digits[6:8]) > 71 or not 1 <= month <= 12 or digits[12:] == "0000":
            raise ValidationError(
                _("%(label)s tidak tersusun seperti NIK: periksa angka ke-7 sampai ke-16"),
                params={"label": field.label},
            )
        return digits

    def widget(self, field: "Field", lookups: Lookups) -> forms.Widget:
        return forms.TextInput(
            attrs={"inputmode": "numeric", "maxlength": 24, "autocomplete": "off", "class": "w-m"}
        )

    def column(self, field: "Field", lookups: Lookups) -> Column:
        return Column(width=22)


class DocumentNumberKind(Kind):
    """The number of a document: letters and digits, separators dropped, upper case."""

    name = "document_no"
    label = _("Nomor dokumen")
    pattern = re.compile(r"[A-Z0-9][A-Z0-9/-]{3,29}", re.ASCII)
    message = _("%(label)s hanya huruf dan angka, 4 sampai 30 karakter")

    def normalise(self, raw: str) -> str:
        return _DOTS.sub("", raw).upper()

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        number = self.normalise(raw)
        if not self.pattern.fullmatch(number):
            raise ValidationError(self.message, params={"label": field.label})
        return number

    def widget(self, field: "Field", lookups: Lookups) -> forms.Widget:
        return forms.TextInput(
            attrs={
                "maxlength": 34,
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "w-m",
            }
        )

    def column(self, field: "Field", lookups: Lookups) -> Column:
        return Column(width=20)


class PassportNumberKind(DocumentNumberKind):
    """A passport number of any country: the client's own example A123123 must pass (domain.md §0.4)."""

    name = "passport_no"
    label = _("Nomor paspor")
    usually_identifies = "passport_no"
    pattern = re.compile(r"[A-Z0-9]{5,15}", re.ASCII)
    message = _("%(label)s hanya huruf dan angka, misalnya A1234567")

    def normalise(self, raw: str) -> str:
        return _SEPARATORS.sub("", raw).upper()


class PhoneKind(Kind):
    name = "phone"
    label = _("Nomor telepon")

    def clean(self, raw: str, field: "Field", lookups: Lookups) -> Value:
        digits = re.sub(r"[\s().\-]", "", raw)
        if not re.fullmatch(r"(\+62|62|0)\d{7,13}", digits, re.ASCII):
            raise ValidationError(
                _("%(label)s harus diawali 0 atau +62, misalnya 081234567890"), params={"label": field.label}
            )
        return digits


def shorten(raw: str, limit: int = 40) -> str:
    """A quotation of what was entered, short enough for a message."""
    text = " ".join(str(raw).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_mark(character: str) -> bool:
    """Combining marks are part of names in many scripts."""
    return unicodedata.category(character).startswith("M")


def registry(kinds: Iterable[type[Kind]]) -> dict[str, Kind]:
    return {kind.name: kind() for kind in kinds}


KINDS: dict[str, Kind] = registry(
    [
        TextKind,
        PersonNameKind,
        NumberKind,
        DateKind,
        TimeKind,
        ChoiceKind,
        CountryKind,
        OfficeKind,
        CheckpointKind,
        RegionKind,
        NationalIdKind,
        PassportNumberKind,
        DocumentNumberKind,
        PhoneKind,
    ]
)
