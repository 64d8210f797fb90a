"""The auditor's question: who received data about this person?"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.access_log.record import subject_keys
from core.catalogue.dates import parse_date
from core.holdings.models import Record
from core.holdings.names import name_key


def _text(
    label: Any, help_text: Any = "", *, required: bool = False, max_length: int = 60
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=max_length,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class SubjectForm(forms.Form):
    """The person by number, or by name and birth date; and why it is asked."""

    reason = _text(
        _("Dasar pencarian"),
        _("Nomor surat atau laporan, tanpa nama orang. Pencarian ini dicatat."),
        required=True,
        max_length=100,
    )
    national_id = _text(_("NIK"))
    passport_no = _text(_("No. Paspor"))
    niora = _text(_("NIORA"))
    document_no = _text(_("No. visa atau izin tinggal"))
    name = _text(_("Nama"), _("Untuk orang yang datanya tanpa nomor: bersama Tanggal Lahir."), max_length=100)
    birth_date = _text(_("Tanggal Lahir"), _("Misalnya 31-12-2000"))

    def clean(self) -> dict[str, Any]:
        """At least one number, or the name."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for field in ("national_id", "passport_no", "niora", "document_no"):
            data[field] = "".join((data.get(field) or "").split()).replace(".", "").upper()
        for field in ("national_id", "passport_no"):
            data[field] = data[field].replace("-", "")
        born = (data.get("birth_date") or "").strip()
        data["birth_date"] = parse_date(born) if born else None
        if born and data["birth_date"] is None:
            self.add_error("birth_date", _("Tulis tanggal-bulan-tahun, misalnya 31-12-2000"))
        if not any(
            data.get(field) for field in ("national_id", "passport_no", "niora", "document_no", "name")
        ):
            raise ValidationError(_("Isi paling sedikit satu nomor, atau Nama dan Tanggal Lahir"))
        return data

    def person(self) -> Record:
        """The person asked about, as far as given."""
        data = self.cleaned_data
        person = Record(
            **{field: data[field] for field in ("national_id", "passport_no", "niora", "document_no")}
        )
        person.name_key = name_key(data["name"])
        person.birth_date = data["birth_date"]
        return person

    def keys(self) -> set[str]:
        """The keyed hashes under which the log knows the person."""
        return subject_keys([self.person()])
