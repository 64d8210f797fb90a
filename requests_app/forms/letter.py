"""The form of a request's letter: its data, its PDF, purpose and legal basis."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.entitlements import allowed_bases
from accounts.models import Purpose
from core.doors import clock
from core.doors.scanning import check_pdf
from requests_app import agreements
from requests_app.forms.texts import BoundedText
from requests_app.models import DataRequest, LegalBasis
from requests_app.operations import HEADER_FIELDS

OLDEST_LETTER = timedelta(days=366)


class LetterForm(forms.Form):
    """The letter's data (step 1). A draft keeps what is right even while something else is missing."""

    fieldsets: tuple[tuple[Any, list[str]], ...] = (
        (_("Surat"), ["letter_number", "letter_date", "subject", "unit", "phone", "letter"]),
        (_("Tujuan"), ["purpose_code", "purpose", "legal_basis"]),
    )
    wide_fields: frozenset[str] | set[str] = frozenset({"subject", "purpose_code", "legal_basis"})

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
        error_messages={
            "invalid_choice": _("Dasar hukum ini tidak termasuk dalam PKS instansi Anda. Pilih yang lain")
        },
    )
    purpose_code = forms.ModelChoiceField(
        label=_("Jenis tujuan"),
        help_text=_("Tujuan yang tercantum dalam PKS instansi Anda"),
        queryset=Purpose.objects.none(),
        empty_label="—",
        error_messages={
            "required": _("Pilih Jenis tujuan"),
            "invalid_choice": _("Jenis tujuan ini tidak termasuk dalam PKS instansi Anda. Pilih yang lain"),
        },
    )

    def __init__(self, *args: Any, data_request: DataRequest, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(data_request, name) for name in HEADER_FIELDS}
        kwargs["initial"]["purpose_code"] = data_request.purpose_code_id
        super().__init__(*args, **kwargs)
        self.data_request = data_request
        self.keep_letter(data_request)
        self._offer_what_is_allowed(data_request)

    def _offer_what_is_allowed(self, data_request: DataRequest) -> None:
        """Only the grounds and purposes of the agreements; the purpose is not asked where none is limited.

        Where only some are, it may stay empty: which agreement counts is known once services are chosen.
        """
        found = agreements.candidates(data_request)
        letters = allowed_bases(found)
        basis, purpose = self.fields["legal_basis"], self.fields["purpose_code"]
        if isinstance(basis, forms.ChoiceField):
            basis.choices = [("", "—"), *(pair for pair in LegalBasis.choices if pair[0] in letters)]
        offered = agreements.offered_purposes(found)
        if not offered:
            del self.fields["purpose_code"]
        elif isinstance(purpose, forms.ModelChoiceField):
            purpose.required = agreements.demand_purpose(found)
            kept = [] if data_request.is_draft else [data_request.purpose_code_id]
            purpose.queryset = Purpose.objects.filter(pk__in=[*(item.pk for item in offered), *kept])

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
        if "purpose_code" in self.cleaned_data:
            values["purpose_code"] = self.cleaned_data["purpose_code"]
        if self.data_request.is_draft:
            for name in HEADER_FIELDS:
                if name not in values and self.has_error(name, "required"):
                    values[name] = None if name == "letter_date" else ""
        return values

    def forget_missing(self) -> None:
        """For “Simpan draf”: what is still empty is no error yet."""
        for name in [name for name in self.errors if self.has_error(name, "required")]:
            del self.errors[name]
