"""The form of a statistics question: period and the filters that the service knows."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.catalogue.models import STATISTICS_DIMENSIONS, Service
from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice
from core.reference.offices import checkpoints_for, kanim_for, regional_offices
from requests_app.models import StatisticsItem

#: Said openly instead of an empty answer: the count covers all of them.
ALL = "SEMUA"


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        error_messages={"invalid": _("Tanggal tidak ada di kalender. Tulis misalnya 31-12-2000")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-s"}),
    )


class StatisticsForm(forms.Form):
    """Period, offices from the whole to the part, citizenship and direction."""

    fieldsets: tuple[tuple[Any, list[str]], ...] = (
        (_("Periode Data"), ["period_from", "period_until"]),
        (_("Saringan"), ["regional_office", "office", "checkpoint", "citizenship", "direction"]),
    )
    wide_fields: frozenset[str] | set[str] = frozenset({"regional_office", "office", "checkpoint"})

    period_from = _day(_("Periode Data dari"))
    period_until = _day(_("Periode Data sampai"))
    regional_office = forms.ChoiceField(label=_("Kantor Wilayah (Kanwil)"), required=False)
    office = forms.ChoiceField(label=_("Kantor Imigrasi (Kanim)"), required=False)
    checkpoint = forms.ChoiceField(label=_("Tempat Pemeriksaan Imigrasi (TPI)"), required=False)
    citizenship = forms.ChoiceField(
        label=_("Warga Negara"),
        widget=forms.RadioSelect,
        choices=[*StatisticsItem.Citizenship.choices, (ALL, _("WNI dan WNA"))],
    )
    direction = forms.ChoiceField(
        label=_("Arah Perlintasan"),
        widget=forms.RadioSelect,
        choices=[*StatisticsItem.Direction.choices, (ALL, _("Masuk dan keluar"))],
    )

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service = service
        for name in STATISTICS_DIMENSIONS:
            if name not in service.statistics_dimensions:
                del self.fields[name]
        self._offer("regional_office", _("Semua Kanwil"), regional_offices())
        self._offer("office", _("Semua Kanim"), self._offices())
        self._offer("checkpoint", _("Semua TPI"), checkpoints_for(self.chosen("office")))
        self._chain("regional_office", "office", "/pilihan/kanim/")
        self._chain("office", "checkpoint", "/pilihan/tpi/")

    @property
    def has_chain(self) -> bool:
        """Whether a choice leads to further ones: without JavaScript a button must load them."""
        return "office" in self.fields

    def chosen(self, name: str) -> str:
        """What is selected now in a box, sent or stored."""
        value = self.data.get(self.add_prefix(name)) if self.is_bound else self.initial.get(name)
        return str(value or "").replace("\x00", "")[:80]

    def _offices(self) -> list[tuple[str, str]]:
        if "regional_office" in self.fields:
            return kanim_for(self.chosen("regional_office"))
        offices = ImmigrationOffice.objects.filter(kind=ImmigrationOffice.Kind.KANIM, active=True)
        return sorted(((row.slug, row.label) for row in offices), key=lambda pair: pair[1])

    def _offer(self, name: str, everything: Any, options: list[tuple[str, str]]) -> None:
        field = self.fields.get(name)
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", everything), *options]
            field.error_messages["invalid_choice"] = _(
                "%(label)s tidak termasuk pilihan di atasnya. Pilih ulang"
            ) % {"label": field.label}

    def _chain(self, parent: str, child: str, source: str) -> None:
        if parent in self.fields and child in self.fields:
            self.fields[parent].widget.attrs |= {"data-child": f"id_{child}", "data-source": source}

    def values(self) -> dict[str, Any]:
        """The fields of ``StatisticsItem``, ready for the operation; only after ``is_valid()``."""
        data = self.cleaned_data
        regional, office, checkpoint = data.get("regional_office"), data.get("office"), data.get("checkpoint")
        return {
            "service": self.service,
            "period_from": data["period_from"],
            "period_until": data["period_until"],
            "regional_office": RegionalOffice.objects.get(slug=regional) if regional else None,
            "office": ImmigrationOffice.objects.get(slug=office) if office else None,
            "checkpoint": Checkpoint.objects.get(key=checkpoint) if checkpoint else None,
            "citizenship": _one(data.get("citizenship", "")),
            "direction": _one(data.get("direction", "")),
        }

    @staticmethod
    def initial_of(item: StatisticsItem) -> dict[str, Any]:
        """What stands in the form when a stored question is edited."""
        return {
            "period_from": item.period_from,
            "period_until": item.period_until,
            "regional_office": item.regional_office.slug if item.regional_office else "",
            "office": item.office.slug if item.office else "",
            "checkpoint": item.checkpoint.key if item.checkpoint else "",
            "citizenship": item.citizenship or ALL,
            "direction": item.direction or ALL,
        }


def _one(value: str) -> str:
    return "" if value == ALL else value
