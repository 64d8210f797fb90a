"""The registration form with the manual's fields, also used to mend a returned registration."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import EmailValidator
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Registration
from core.catalogue.kinds import is_mark
from core.doors.scanning import check_pdf
from core.reference.models import ImmigrationOffice, Region
from public_site.forms.base import SiteForm

#: Each level of regions with the one above it.
REGION_CHAIN = (("regency", "province"), ("district", "regency"), ("village", "district"))
_SOURCE = reverse_lazy("public_site:region_options")
_LETTER = _("Dokumen Tambahan")


class SizedCharField(forms.CharField):
    """A text with the messages of ux.md §7: what is missing, or how long it is and may be."""

    def __init__(self, *, label: Any, minimum: int, maximum: int, short: Any = "", **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": _("Isi %(label)s") % {"label": label}})
        super().__init__(label=label, **kwargs)
        self.minimum, self.maximum, self.short = minimum, maximum, short

    def to_python(self, value: Any) -> str:
        """A single-line text loses superfluous spaces."""
        text = str(super().to_python(value) or "")
        return text if isinstance(self.widget, forms.Textarea) else " ".join(text.split())

    def validate(self, value: str) -> None:
        """Raises ``ValidationError`` naming the length that was typed."""
        super().validate(value)
        if not value:
            return
        values = {"label": self.label, "minimum": self.minimum, "maximum": self.maximum, "length": len(value)}
        if len(value) > self.maximum:
            text = _("%(label)s paling banyak %(maximum)s karakter. Anda menulis %(length)s")
            raise ValidationError(text, params=values)
        if len(value) < self.minimum:
            text = self.short or _("%(label)s paling sedikit %(minimum)s karakter. Anda menulis %(length)s")
            raise ValidationError(text, params=values)


def _chained(label: Any, child: str) -> forms.ModelChoiceField:
    attributes = {"data-child": f"id_{child}", "data-source": _SOURCE_WITH_QUERY} if child else {}
    return forms.ModelChoiceField(
        label=label,
        queryset=Region.objects.none(),
        required=False,
        empty_label=_("Pilih"),
        widget=forms.Select(attrs=attributes),
    )


class _Source:
    """The address of the choices, resolved when drawn: forms are read before the addresses are."""

    def __str__(self) -> str:
        return f"{_SOURCE}?induk="


_SOURCE_WITH_QUERY = _Source()


class RegistrationForm(SiteForm):
    """Daftar User Pemohon."""

    fieldsets = (
        (_("Instansi"), ["agency_name", "unit"]),
        (_("Penanggung jawab"), ["full_name", "employee_number", "phone", "email"]),
        (
            _("Alamat kantor"),
            [
                "address",
                "province",
                "regency",
                "district",
                "village",
                "postal_code",
                "immigration_office",
            ],
        ),
        (_("Surat"), ["letter"]),
    )
    wide_fields = frozenset({"address", "immigration_office"})

    agency_name = SizedCharField(
        label=_("Nama Instansi"),
        minimum=3,
        maximum=150,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    unit = SizedCharField(
        label=_("Unit Kerja"),
        minimum=3,
        maximum=150,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    full_name = SizedCharField(
        label=_("Nama"),
        minimum=2,
        maximum=100,
        error_messages={"required": _("Isi Nama penanggung jawab")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    employee_number = forms.CharField(
        label=_("NIP/NRP"),
        max_length=40,
        help_text=_("NIP 18 angka, atau NRP untuk TNI/Polri"),
        error_messages={"required": _("Isi NIP/NRP")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    phone = forms.CharField(
        label=_("No. Telp"),
        max_length=40,
        help_text=_("Contoh 081234567890"),
        error_messages={"required": _("Isi No. Telp")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.CharField(
        label=_("Email"),
        max_length=254,
        help_text=_("Username, password, dan kode OTP dikirim ke alamat ini. Utamakan email dinas."),
        error_messages={"required": _("Isi Email")},
        validators=[EmailValidator(_("Email belum lengkap. Tulis seperti nama@instansi.go.id"))],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    address = SizedCharField(
        label=_("Alamat Kantor"),
        minimum=10,
        maximum=300,
        short=_("Alamat Kantor terlalu singkat. Tulis jalan, nomor, dan kota"),
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "street-address"}),
    )
    province = _chained(_("Provinsi"), "regency")
    regency = _chained(_("Kota"), "district")
    district = _chained(_("Kecamatan"), "village")
    village = _chained(_("Desa"), "")
    postal_code = forms.CharField(
        label=_("Kode Pos"),
        max_length=20,
        error_messages={"required": _("Isi Kode Pos")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code", "class": "w-s"}),
    )
    immigration_office = forms.ModelChoiceField(
        label=_("Kantor Imigrasi"),
        queryset=ImmigrationOffice.objects.filter(kind=ImmigrationOffice.Kind.KANIM, active=True),
        required=False,
        empty_label=_("Pilih"),
    )
    letter = forms.FileField(
        label=_("Unggah Dokumen Tambahan"),
        help_text=_("Surat permohonan resmi berkop sesuai templat, hanya PDF (Maksimal 2 MB)"),
        required=True,
        allow_empty_file=True,
        error_messages={"required": _("Unggah Dokumen Tambahan")},
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )
    declaration = forms.BooleanField(
        label=_("Saya menyatakan data di atas benar dan saya berwenang mewakili instansi."),
        error_messages={"required": _("Centang pernyataan bahwa data sudah benar")},
    )

    def __init__(self, *args: Any, has_letter: bool = False, **kwargs: Any) -> None:
        """``has_letter``: a letter was uploaded before, so a new one is not needed."""
        super().__init__(*args, **kwargs)
        if has_letter:
            self.fields["letter"].required = False
        self.fields["province"].queryset = Region.objects.provinces()  # type: ignore[attr-defined]
        for child, parent in REGION_CHAIN:
            code = self._chosen(parent)
            field = self.fields[child]
            field.queryset = Region.objects.children_of(code) if code else Region.objects.none()  # type: ignore[attr-defined]
            above = Region.objects.filter(pk=code).first() if self.is_bound and code else None
            field.error_messages["invalid_choice"] = _(
                "%(label)s tidak termasuk %(parent_label)s %(parent)s. Pilih ulang"
            ) % {
                "label": field.label,
                "parent_label": self.fields[parent].label,
                "parent": above or "",
            }

    def _chosen(self, name: str) -> str:
        value = (
            self.data.get(self.add_prefix(name), "")
            if self.is_bound
            else self.get_initial_for_field(self.fields[name], name)
        )
        code = str(getattr(value, "pk", value) or "")
        return code if re.fullmatch(r"[0-9.]{2,13}", code) else ""

    def clean_full_name(self) -> str:
        """Letters and . ' - , only."""
        name = " ".join(self.cleaned_data["full_name"].split())
        if any(sign.isdigit() for sign in name):
            raise ValidationError(_("Nama memuat angka. Tulis sesuai identitas"))
        if not name[0].isalpha() or not all(
            sign.isalpha() or sign in " .,'’‘`/-()" or is_mark(sign) for sign in name
        ):
            raise ValidationError(_("Nama memuat tanda yang tidak dikenal. Tulis sesuai identitas"))
        return name

    def clean_employee_number(self) -> str:
        """5 to 18 digits; spaces and dots are ignored."""
        number = re.sub(r"[\s.\-/]", "", self.cleaned_data["employee_number"])
        if not re.fullmatch(r"[0-9]+", number):
            raise ValidationError(_("NIP/NRP hanya berisi angka"))
        if len(number) > 18 or 12 < len(number) < 18:
            raise ValidationError(
                _("NIP terdiri dari 18 angka. Anda menulis %(length)s"), params={"length": len(number)}
            )
        if len(number) < 5:
            raise ValidationError(
                _("NIP/NRP paling sedikit 5 angka. Anda menulis %(length)s"), params={"length": len(number)}
            )
        return number

    def clean_phone(self) -> str:
        """9 to 15 digits that begin with 0 or +62."""
        number = re.sub(r"[\s.\-()]", "", self.cleaned_data["phone"])
        if not re.fullmatch(r"(?:0|\+62)[0-9]+", number):
            raise ValidationError(_("No. Telp harus diawali 0 atau +62, misalnya 081234567890"))
        digits = number.lstrip("+")
        if not 9 <= len(digits) <= 15:
            raise ValidationError(
                _("No. Telp terdiri dari 9 sampai 15 angka. Anda menulis %(length)s"),
                params={"length": len(digits)},
            )
        return number

    def clean_email(self) -> str:
        """Lower case: addresses that differ only in case are one person."""
        return str(self.cleaned_data["email"]).lower()

    def clean_postal_code(self) -> str:
        """Five digits."""
        code = self.cleaned_data["postal_code"].replace(" ", "")
        if not re.fullmatch(r"[0-9]{5}", code):
            raise ValidationError(_("Kode Pos terdiri dari 5 angka"))
        return str(code)

    def clean_letter(self) -> UploadedFile | None:
        """A harmless PDF within the limit; None when the earlier one is kept."""
        letter = self.cleaned_data.get("letter")
        if not isinstance(letter, UploadedFile):
            return None
        check_pdf(letter, str(_LETTER))
        return letter

    def registration_data(self) -> dict[str, Any]:
        """The cleaned values by the model's field names, without letter and declaration."""
        return {name: self.cleaned_data[name] for name in REGISTRATION_FIELDS}


REGISTRATION_FIELDS = (
    "agency_name",
    "unit",
    "full_name",
    "employee_number",
    "phone",
    "email",
    "address",
    "postal_code",
    "province",
    "regency",
    "district",
    "village",
    "immigration_office",
)


def initial_of(registration: Registration) -> dict[str, Any]:
    """What a returned registration's form starts with."""
    return {name: getattr(registration, name) for name in REGISTRATION_FIELDS}
