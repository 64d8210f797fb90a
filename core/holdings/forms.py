"""The console's forms of the holdings: search with a stated purpose, and the start of an import."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from core.catalogue.dates import parse_date
from core.catalogue.models import Service
from core.holdings.importing import check_upload
from core.holdings.models import ImportRun, Record
from core.holdings.names import sound_key
from core.holdings.purposes import clean_purpose, purpose_refusal
from core.holdings.queries import numbered

MOST_RESULTS = 50
#: Of 100, for names of persons born on the same day (performance.md §3).
LEAST_LIKENESS = 75


class RecordSearchForm(forms.Form):
    """Who is looked for, and for which request."""

    purpose = forms.CharField(
        label=_("No. Permohonan"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Keperluan: permohonan yang sedang Anda proses. Pencarian ini dicatat."),
        error_messages={"required": _("Isi No. Permohonan")},
    )
    service = forms.ModelChoiceField(
        label=_("Layanan"),
        queryset=Service.objects.all(),
        required=False,
        empty_label=_("Semua layanan"),
        widget=UnfoldAdminSelectWidget,
    )
    number = forms.CharField(
        label=_("Nomor identitas"),
        max_length=34,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("NIK, No. Paspor, No. dokumen, atau NIORA, lengkap."),
    )
    name = forms.CharField(
        label=_("Nama"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("Bersama Tanggal Lahir. Ejaan lama dan gelar diabaikan."),
    )
    birth_date = forms.CharField(
        label=_("Tanggal Lahir"),
        max_length=20,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("Misalnya 31-12-2000"),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_purpose(self) -> str:
        """The number of a request this officer is processing."""
        number = clean_purpose(self.cleaned_data["purpose"])
        refusal = purpose_refusal(number, self.user)
        if refusal:
            raise ValidationError(refusal)
        return number

    def clean_number(self) -> str:
        """Upper case without separators."""
        return re.sub(r"[\s.]", "", self.cleaned_data["number"]).upper()

    def clean_birth_date(self) -> Any:
        """The day, None when empty."""
        text = self.cleaned_data["birth_date"].strip()
        if not text:
            return None
        day = parse_date(text)
        if day is None:
            raise ValidationError(
                _("Tanggal Lahir “%(raw)s” tidak ada di kalender. Tulis misalnya 31-12-2000"),
                params={"raw": text},
            )
        return day

    def clean(self) -> dict[str, Any]:
        """A number, or name and birth date: nobody browses."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not data["number"] and not (data["name"].strip() and data["birth_date"]):
            raise ValidationError(_("Isi Nomor identitas, atau Nama dan Tanggal Lahir"))
        return data

    def found(self) -> QuerySet[Record]:
        """Matching records, at most ``MOST_RESULTS``; call after ``is_valid``."""
        data = self.cleaned_data
        records = Record.objects.select_related("service", "office")
        # Naming every service lets the database use the indexes, which begin with it.
        services = [data["service"]] if data["service"] else list(Service.objects.all())
        records = records.filter(service__in=services)
        if data["number"]:
            number = data["number"]
            plain = number.replace("-", "")
            records = records.filter(
                numbered("national_id", [plain])
                | numbered("passport_no", [plain])
                | numbered("document_no", [number])
                | numbered("niora", [number])
            )
        if data["birth_date"]:
            records = records.filter(birth_date=data["birth_date"])
        if data["name"].strip():
            records = records.filter(pk__in=self._alike(records, sound_key(data["name"])))
        return records.order_by("service__position", "-event_on", "pk")[:MOST_RESULTS]

    @staticmethod
    def _alike(records: QuerySet[Record], wanted: str) -> list[int]:
        """Those born that day whose name sounds alike; a day has a few hundred persons."""
        scored = [(fuzz.ratio(wanted, known), pk) for pk, known in records.values_list("pk", "sound_key")]
        return [pk for score, pk in sorted(scored, reverse=True)[:MOST_RESULTS] if score >= LEAST_LIKENESS]


class SendBackForm(BaseDialogForm):
    """What whoever brought the file has to mend or explain."""

    note = forms.CharField(
        label=_("Alasan"),
        min_length=5,
        max_length=250,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class ImportForm(forms.ModelForm):
    """The service and the file."""

    class Meta:
        model = ImportRun
        fields = ("service", "file")

    def clean_file(self) -> Any:
        """A file of a kind and size that can be read."""
        check_upload(self.cleaned_data["file"])
        return self.cleaned_data["file"]
