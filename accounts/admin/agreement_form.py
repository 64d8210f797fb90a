"""The form of an agreement (PKS): for every service whether, which answer columns and how many rows."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.entitlements import LEGAL_BASES
from accounts.models import Agreement, AgreementService, Purpose
from accounts.terms import MOST_QUOTA
from admin_theme.bounds import Between
from core.catalogue.models import Service
from core.doors.scanning import check_pdf

#: The five points of Pasal 15 ayat (1) UU PDP.
BASES = [
    (letter, format_lazy(_("UU PDP Pasal 15 ayat (1) huruf {letter}"), letter=letter))
    for letter in LEGAL_BASES
]


def fields_of_services(services: Iterable[Service]) -> dict[str, forms.Field]:
    """The form fields for the terms of each service, by names that carry its key in the database."""
    fields: dict[str, forms.Field] = {}
    for service in services:
        fields[f"on_{service.pk}"] = forms.BooleanField(
            label=_("Diizinkan"), required=False, widget=UnfoldBooleanSwitchWidget()
        )
        fields[f"quota_{service.pk}"] = forms.IntegerField(
            label=_("Kuota baris (kosong: tanpa batas)"),
            required=False,
            validators=[Between(1, MOST_QUOTA)],
            widget=UnfoldAdminIntegerFieldWidget(),
        )
        fields[f"period_{service.pk}"] = forms.ChoiceField(
            label=_("Periode kuota"),
            required=False,
            choices=AgreementService.Period.choices,
            widget=UnfoldAdminSelectWidget(),
        )
        fields[f"columns_{service.pk}"] = forms.MultipleChoiceField(
            label=_("Kolom jawaban"),
            required=False,
            choices=[(item.key, item.shown_label) for item in service.schema().answered],
            help_text=_("Semua dicentang atau semua kosong: semua kolom, juga yang ditambahkan kelak."),
            widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        )
    return fields


class AgreementForm(forms.ModelForm):
    """The agreement with its document checked like every upload, and the terms of its services."""

    #: Set by the page: the services the form has fields for; none on the page of closed terms.
    services: tuple[Service, ...] | list[Service] = ()

    #: The version this one amends.
    amended = forms.ModelChoiceField(
        queryset=Agreement.objects.filter(amended_by__isnull=True, terminated_on__isnull=True),
        required=False,
        widget=forms.HiddenInput(),
        error_messages={"invalid_choice": _("Versi itu sudah diubah oleh adendum lain. Muat ulang halaman.")},
    )
    change_note = forms.CharField(
        label=_("Yang berubah"),
        required=False,
        max_length=500,
        help_text=_("Ringkas, misalnya: kuota paspor naik menjadi 500 baris tiap bulan."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    legal_bases = forms.MultipleChoiceField(
        label=_("Dasar hukum yang diizinkan"),
        required=False,
        choices=BASES,
        help_text=_("Semua dicentang atau semua kosong: semua dasar hukum."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    legal_basis = forms.ChoiceField(
        label=_("Dasar hukum bawaan"),
        choices=[("", _("Tidak ditentukan")), *BASES],
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    purposes = forms.ModelMultipleChoiceField(
        label=_("Tujuan yang diizinkan"),
        required=False,
        queryset=Purpose.objects.filter(active=True),
        help_text=_("Kosong berarti semua tujuan; bila dicentang, pemohon wajib memilih salah satunya."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source = self.instance if self.instance.pk else self.initial.get("source")
        self._offer_purposes(source)
        if source is None:
            return
        self.initial["legal_bases"] = list(source.legal_bases or LEGAL_BASES)
        terms = {term.service_id: term for term in source.terms.all()}
        for service in self.services:
            term = terms.get(service.pk)
            if term is not None:
                answered = [item.key for item in service.schema().answered]
                self.initial[f"on_{service.pk}"] = True
                self.initial[f"columns_{service.pk}"] = term.columns or answered
                self.initial[f"quota_{service.pk}"] = term.quota_rows
                self.initial[f"period_{service.pk}"] = term.quota_period

    def _offer_purposes(self, source: Agreement | None) -> None:
        """Purposes in use, and those the agreement has: without its only one it would silently allow them all."""
        offered = self.fields.get("purposes")
        if not isinstance(offered, forms.ModelMultipleChoiceField):
            return  # only read: the terms are closed
        holder = str(source.pk if source is not None else self.data.get("amended", ""))
        wanted = Q(active=True)
        if holder.isascii() and holder.isdigit() and len(holder) < 10:
            wanted |= Q(agreements=int(holder))
        offered.queryset = Purpose.objects.filter(wanted).distinct()

    def clean_document(self) -> Any:
        """A harmless PDF."""
        document = self.cleaned_data.get("document")
        if isinstance(document, UploadedFile):
            check_pdf(document, str(_("dokumen PKS")))
        return document

    def clean_legal_bases(self) -> str:
        """The letters in order; all five are kept as none: no limit."""
        letters = "".join(sorted(self.cleaned_data["legal_bases"]))
        return "" if letters == LEGAL_BASES else letters

    def clean(self) -> dict[str, Any]:
        """At least one service; the default ground among the allowed ones; an amendment that follows its version."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.services and not any(data.get(f"on_{service.pk}") for service in self.services):
            raise ValidationError(gettext("Izinkan paling sedikit satu layanan"))
        basis, allowed = data.get("legal_basis", ""), data.get("legal_bases", "")
        if basis and allowed and basis not in allowed:
            self.add_error("legal_basis", gettext("Dasar hukum bawaan tidak termasuk yang diizinkan"))
        source = data.get("amended")
        if source is not None and not self.instance.pk:
            self._check_amendment(source, data)
        self._refuse_taken_number(data)
        return data

    def _refuse_taken_number(self, data: dict[str, Any]) -> None:
        """Asked here: on the page of an amendment the agency is only read, and Django leaves the constraint unasked."""
        agency = data.get("agency") or (self.instance.agency if self.instance.pk else None)
        if agency is None or not data.get("number"):
            return
        others = Agreement.objects.filter(agency=agency, number=data["number"]).exclude(pk=self.instance.pk)
        if others.exists():
            self.add_error("number", gettext("Nomor ini sudah dipakai PKS lain dari instansi yang sama"))

    def _check_amendment(self, source: Agreement, data: dict[str, Any]) -> None:
        if data.get("agency") and data["agency"] != source.agency:
            self.add_error(
                "agency",
                gettext("Adendum berlaku untuk instansi yang sama, %(name)s") % {"name": source.agency},
            )
        begins = data.get("valid_from")
        if begins and begins <= source.valid_from:
            self.add_error("valid_from", gettext("Adendum harus mulai sesudah versi yang diubahnya"))
        if len(data.get("change_note", "").strip()) < 5:
            self.add_error("change_note", gettext("Tulis apa yang berubah, paling sedikit 5 karakter"))

    def save_terms(self) -> None:
        """Writes the rows of terms; does nothing on the page of closed terms."""
        for service in self.services:
            if not self.cleaned_data.get(f"on_{service.pk}"):
                AgreementService.objects.filter(agreement=self.instance, service=service).delete()
                continue
            chosen = self.cleaned_data.get(f"columns_{service.pk}") or []
            answered = [item.key for item in service.schema().answered]
            AgreementService.objects.update_or_create(
                agreement=self.instance,
                service=service,
                defaults={
                    "columns": [] if len(chosen) == len(answered) else chosen,
                    "quota_rows": self.cleaned_data.get(f"quota_{service.pk}"),
                    "quota_period": self.cleaned_data.get(f"period_{service.pk}")
                    or AgreementService.Period.MONTH,
                },
            )
