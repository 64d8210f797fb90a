"""Forms of a request: its letter, the declaration before sending, the reason for withdrawing."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.catalogue.forms import SchemaForm
from core.doors import clock
from core.doors.scanning import check_pdf
from public_site.forms.base import SiteForm
from requests_app.models import DataRequest, LegalBasis
from requests_app.operations import HEADER_FIELDS

OLDEST_LETTER = timedelta(days=366)


class BoundedText(forms.CharField):
    """A text whose length is judged in our own words; single-line text loses superfluous spaces."""

    def __init__(self, *, shortest: int, longest: int, short_message: Any = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shortest = shortest
        self.longest = longest
        self.short_message = short_message or _(
            "%(label)s terlalu singkat. Tulis paling sedikit %(limit)d karakter"
        )

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "").replace("\r\n", "\n")
        return text if isinstance(self.widget, forms.Textarea) else " ".join(text.split())

    def validate(self, value: str) -> None:
        super().validate(value)
        if not value:
            return
        if len(value) < self.shortest:
            raise ValidationError(self.short_message, params={"label": self.label, "limit": self.shortest})
        if len(value) > self.longest:
            raise ValidationError(
                _("%(label)s paling banyak %(limit)d karakter. Anda menulis %(count)d"),
                params={"label": self.label, "limit": self.longest, "count": len(value)},
            )


class LetterForm(SiteForm):
    """The letter's data (step 1). A draft keeps what is right even while something else is missing."""

    fieldsets = (
        (_("Surat"), ["letter_number", "letter_date", "subject", "unit", "phone", "letter"]),
        (_("Tujuan"), ["purpose", "legal_basis"]),
    )
    wide_fields = frozenset({"subject", "legal_basis"})

    letter_number = BoundedText(
        label=_("No. Surat"),
        shortest=1,
        longest=60,
        error_messages={"required": _("Isi No. Surat sesuai surat permohonan Anda")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    letter_date = forms.DateField(
        label=_("Tanggal Surat"),
        error_messages={"invalid": _("Tanggal Surat tidak ada di kalender. Tulis misalnya 31-12-2000")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-s"}),
    )
    subject = BoundedText(label=_("Perihal"), shortest=3, longest=150)
    unit = BoundedText(label=_("Satuan Kerja"), shortest=3, longest=150)
    phone = forms.CharField(
        label=_("No. Telp Pemohon"),
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "class": "w-m"}
        ),
    )
    letter = forms.FileField(
        label=_("Surat Permohonan Resmi"),
        help_text=_("hanya PDF (Maksimal 2 MB)"),
        error_messages={
            "empty": _("Berkas kosong"),
            "invalid": _("Berkas belum terunggah. Coba lagi"),
            "missing": _("Berkas belum terunggah. Coba lagi"),
        },
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )
    purpose = BoundedText(
        label=_("Tujuan Permintaan Data"),
        shortest=20,
        longest=1000,
        short_message=_("Jelaskan tujuan paling sedikit %(limit)d karakter"),
        widget=forms.Textarea(attrs={"data-count": "1000", "rows": 5}),
    )
    legal_basis = forms.ChoiceField(
        label=_("Dasar hukum"),
        help_text=_("UU Pelindungan Data Pribadi Pasal 15 ayat (1)"),
        choices=[("", "—"), *LegalBasis.choices],
    )

    def __init__(self, *args: Any, data_request: DataRequest, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(data_request, name) for name in HEADER_FIELDS}
        super().__init__(*args, **kwargs)
        self.data_request = data_request
        self.keep_letter(data_request)

    def keep_letter(self, data_request: DataRequest) -> None:
        """A stored letter need not be chosen again."""
        self.data_request = data_request
        self.fields["letter"].required = not data_request.letter

    def clean_letter_date(self) -> Any:
        day = self.cleaned_data["letter_date"]
        sent = self.data_request.submitted_at
        today = clock.today()
        if day > today:
            raise ValidationError(
                _("Tanggal Surat tidak boleh melewati hari ini, %(today)s"),
                params={"today": clock.long_date(today)},
            )
        if day < (clock.local_date(sent) if sent else today) - OLDEST_LETTER:
            raise ValidationError(
                _("Tanggal Surat %(day)s sudah lebih dari satu tahun. Pakai surat yang lebih baru"),
                params={"day": clock.long_date(day)},
            )
        return day

    def clean_phone(self) -> str:
        digits: str = self.cleaned_data["phone"]
        for sign in " -.()":
            digits = digits.replace(sign, "")
        bare = digits.removeprefix("+")
        if not (bare.isascii() and bare.isdigit()) or not digits.startswith(("0", "+62")):
            raise ValidationError(_("No. Telp Pemohon harus diawali 0 atau +62, misalnya 081234567890"))
        if not 9 <= len(bare) <= 15:
            raise ValidationError(
                _("No. Telp Pemohon terdiri dari 9 sampai 15 angka. Anda menulis %(count)d"),
                params={"count": len(bare)},
            )
        return digits

    def clean_letter(self) -> UploadedFile | None:
        uploaded: UploadedFile | None = self.cleaned_data.get("letter")
        if uploaded is not None:
            check_pdf(uploaded, gettext("Surat Permohonan Resmi"))
        return uploaded

    def storable(self) -> dict[str, Any]:
        """What may be stored now: every right value, and in a draft also what the person emptied."""
        values = {name: self.cleaned_data[name] for name in HEADER_FIELDS if name in self.cleaned_data}
        if self.data_request.is_draft:
            for name in HEADER_FIELDS:
                if name not in values and self.has_error(name, "required"):
                    values[name] = None if name == "letter_date" else ""
        return values

    def forget_missing(self) -> None:
        """For “Simpan draf”: what is still empty is no error yet."""
        for name in [name for name in self.errors if self.has_error(name, "required")]:
            del self.errors[name]


class RowForm(SiteForm, SchemaForm):
    """A typed row of Data Detail, drawn like every form of the site."""


class DeclarationForm(SiteForm):
    """The promise made before sending."""

    declaration = forms.BooleanField(
        label=_("Data akan dipakai hanya untuk tujuan di atas dan dijaga kerahasiaannya."),
        error_messages={"required": _("Centang pernyataan bahwa data sudah benar")},
    )


class ReasonForm(SiteForm):
    """Why a sent request is withdrawn; officers and the history show it."""

    note = BoundedText(
        label=_("Alasan pembatalan"),
        shortest=5,
        longest=500,
        widget=forms.Textarea(attrs={"data-count": "500", "rows": 4}),
    )
