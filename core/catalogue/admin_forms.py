"""The console's forms of the catalogue: structured settings are typed as plain lines, not as JSON."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from admin_theme.bounds import Between
from core.catalogue.kinds import KINDS
from core.catalogue.models import Identifies, Service, ServiceField
from core.reference.models import Country

#: What a column of numbers may be limited to: whatever a form, a workbook and both databases hold alike.
ANY_NUMBER = Between(-999_999_999, 999_999_999)

#: Keys that mean the same in every service; other columns are known by their kind.
USUAL_KEYS = {
    "tanggal_lahir": Identifies.BIRTH_DATE,
    "tempat_lahir": Identifies.BIRTH_PLACE,
    "kewarganegaraan": Identifies.NATIONALITY,
    "niora": Identifies.NIORA,
}
GRADES = {"pasti": "exact", "calon": "candidate"}
RULES_HELP = _(
    "Satu aturan per baris, yang paling kuat di atas: pasti atau calon, titik dua, kolom pengenal. "
    "Contoh: pasti: passport_no, birth_date. Kolom: %(columns)s"
)
#: Where errors about a model field show that the form spells in its own way.
SPELT = {"choices": "choice_lines", "match_rules": "rules", "statistics_dimensions": "dimensions"}
GRADE_WORDS = {grade: word for word, grade in GRADES.items()}
DIMENSIONS = [
    ("regional_office", _("Kantor Wilayah (Kanwil)")),
    ("office", _("Kantor Imigrasi (Kanim)")),
    ("checkpoint", _("Tempat Pemeriksaan Imigrasi (TPI)")),
    ("citizenship", _("Warga negara (WNI/WNA)")),
    ("direction", _("Arah perlintasan")),
]


def key_from(label: str) -> str:
    """The key made of a label: ``No. Paspor`` -> ``no_paspor``; letters first."""
    key = slugify(label).replace("-", "_")[:40]
    return key if key[:1].isalpha() else f"k_{key}"[:40]


class KeyedForm(forms.ModelForm):
    """A form whose key may be left empty: it is then made of the label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].help_text = _("Boleh dikosongkan: dibuat dari nama. Tetap setelah dipakai.")

    def add_error(self, field: str | None, error: Any) -> None:
        """Errors of model fields that are not here go to the field standing for them, or on top."""
        if field is None and hasattr(error, "error_dict"):
            for name, errors in error.error_dict.items():
                shown = SPELT.get(name, name)
                super().add_error(shown if shown in self.fields else None, errors)
            return
        super().add_error(field, error)

    def clean_key(self) -> str:
        """The typed key, or one made of the label."""
        return self.cleaned_data.get("key") or key_from(self.data.get(self.add_prefix("label"), ""))


class ServiceForm(KeyedForm):
    """A service with its statistics filters as boxes and its order of matching as lines."""

    dimensions = forms.MultipleChoiceField(
        label=_("Saringan statistik"),
        choices=DIMENSIONS,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Saringan yang dapat dipilih pemohon pada Data Statistik layanan ini."),
    )
    rules = forms.CharField(
        label=_("Urutan pencocokan"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )

    class Meta:
        model = Service
        fields = (
            "label",
            "label_en",
            "key",
            "description",
            "description_en",
            "position",
            "is_sensitive",
            "has_statistics",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "dimensions" in self.fields:
            self.initial.setdefault("dimensions", self.instance.statistics_dimensions)
            self.initial.setdefault("rules", rules_as_lines(self.instance.match_rules))
            self.fields["rules"].help_text = RULES_HELP % {"columns": ", ".join(Identifies.values)}
        if (self.instance.used_at or self.instance.is_draft) and "key" in self.fields:
            self.fields["key"].disabled = True

    def clean_rules(self) -> list[dict[str, Any]]:
        """The rules as the model keeps them."""
        return rules_from_lines(self.cleaned_data["rules"])

    def clean(self) -> dict[str, Any]:
        """Puts the structured values on the instance."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "rules" in data:
            self.instance.match_rules = data["rules"]
        if "dimensions" in data:
            self.instance.statistics_dimensions = data["dimensions"]
        self.refuse_taken(data)
        return data

    def refuse_taken(self, data: dict[str, Any]) -> None:
        """Name and key belong to one service, its draft included; sheets of a workbook know no upper case.

        Django leaves constraints unasked whose condition names a field that is not in the form.
        """
        own = [pk for pk in (self.instance.pk, self.instance.draft_of_id) if pk]
        others = Service.with_drafts.filter(draft_of__isnull=True).exclude(pk__in=own)
        if data.get("label") and others.filter(label__iexact=data["label"]).exists():
            self.add_error("label", _("Nama layanan ini sudah dipakai."))
        elif data.get("key") and "key" in self.fields and others.filter(key=data["key"]).exists():
            self.add_error("key", _("Kunci ini sudah dipakai layanan lain."))


def rules_as_lines(rules: list[dict[str, Any]] | None) -> str:
    """Match rules the way an officer types them."""
    return "\n".join(
        f"{GRADE_WORDS.get(rule['grade'], '')}: {', '.join(rule['keys'])}" for rule in rules or []
    )


def rules_from_lines(text: str) -> list[dict[str, Any]]:
    """The reverse of ``rules_as_lines``; ValidationError names the line that is not understood."""
    rules: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        word, colon, columns = line.partition(":")
        keys = [key for key in columns.replace(",", " ").split() if key]
        grade = GRADES.get(word.strip().lower())
        if not colon or grade is None or not keys:
            raise ValidationError(
                _("Baris %(number)d tidak terbaca. Tulis misalnya pasti: passport_no, birth_date"),
                params={"number": number},
            )
        unknown = [key for key in keys if key not in Identifies.values]
        if unknown:
            raise ValidationError(
                _("Baris %(number)d: kolom pengenal %(names)s tidak dikenal"),
                params={"number": number, "names": ", ".join(unknown)},
            )
        rules.append({"keys": keys, "grade": grade})
    return rules


class ServiceFieldForm(KeyedForm):
    """A column with its choices and rules typed plainly."""

    choice_lines = forms.CharField(
        label=_("Pilihan"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text=_("Untuk jenis Pilihan: satu per baris, NILAI | Label. Label boleh dikosongkan."),
    )
    future = forms.BooleanField(
        label=_("Boleh sesudah hari ini"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Untuk jenis Tanggal, misalnya masa berlaku."),
    )
    not_before = forms.CharField(
        label=_("Tidak lebih awal daripada"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Untuk jenis Tanggal: kunci kolom tanggal mulai."),
    )
    max_days = forms.IntegerField(
        label=_("Paling lama (hari)"),
        required=False,
        validators=[Between(1, 36_600)],
        widget=UnfoldAdminIntegerFieldWidget,
    )
    minimum = forms.IntegerField(
        label=_("Paling kecil"),
        required=False,
        validators=[ANY_NUMBER],
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Untuk jenis Angka."),
    )
    maximum = forms.IntegerField(
        label=_("Paling besar"),
        required=False,
        validators=[ANY_NUMBER],
        widget=UnfoldAdminIntegerFieldWidget,
    )
    excluded = forms.CharField(
        label=_("Negara yang tidak berlaku"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Untuk jenis Negara: kode tiga huruf, dipisah koma. Misalnya IDN."),
    )

    #: Form field -> key in ``options``.
    OPTIONS = {
        "future": "future",
        "not_before": "not_before",
        "max_days": "max_days",
        "minimum": "min",
        "maximum": "max",
        "excluded": "except",
    }

    class Meta:
        model = ServiceField
        fields = (
            "service",
            "label",
            "label_en",
            "key",
            "kind",
            "position",
            "asked",
            "required",
            "answered",
            "group",
            "identifies",
            "measures",
            "help",
            "help_en",
            "example",
            "max_length",
            "is_retired",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["choice_lines"] = "\n".join(
            value if value == label else f"{value} | {label}" for value, label in self.instance.choices or []
        )
        options = self.instance.options if isinstance(self.instance.options, dict) else {}
        for name, key in self.OPTIONS.items():
            value = options.get(key)
            self.initial[name] = ", ".join(value) if isinstance(value, list) else value
        freeze(self)

    def clean_choice_lines(self) -> list[list[str]]:
        """The choices as pairs of value and label."""
        pairs = []
        for line in self.cleaned_data["choice_lines"].splitlines():
            value, _bar, label = (part.strip() for part in line.partition("|"))
            if value:
                pairs.append([value, label or value])
        if len({value for value, _label in pairs}) < len(pairs):
            raise ValidationError(_("Ada nilai yang ditulis dua kali."))
        return pairs

    def clean_excluded(self) -> list[str]:
        """Country codes that exist."""
        codes = self.cleaned_data["excluded"].upper().replace(",", " ").split()
        unknown = set(codes) - set(Country.objects.filter(pk__in=codes).values_list("pk", flat=True))
        if unknown:
            raise ValidationError(
                _("Kode negara tidak dikenal: %(names)s"), params={"names": ", ".join(sorted(unknown))}
            )
        return codes

    def clean(self) -> dict[str, Any]:
        """Puts choices and options on the instance, keeping options this form does not know."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "choice_lines" in data:
            self.instance.choices = data["choice_lines"]
        low, high = data.get("minimum"), data.get("maximum")
        if low is not None and high is not None and low > high:
            self.add_error("maximum", _("Paling besar tidak boleh lebih kecil daripada Paling kecil"))
        options = dict(self.instance.options or {})
        for name, key in self.OPTIONS.items():
            if name not in data:
                continue
            if data[name] in (None, "", False, []):
                options.pop(key, None)
            else:
                options[key] = data[name]
        self.instance.options = options
        service = data.get("service") or (self.instance.service if self.instance.service_id else None)
        start = data.get("not_before")
        if start and service and not service.fields.filter(key=start, kind="date").exists():
            self.add_error("not_before", _("Tidak ada kolom tanggal dengan kunci %(key)s") % {"key": start})
        return data


class ServiceFieldLineForm(KeyedForm):
    """A column as one line of its service's page."""

    class Meta:
        model = ServiceField
        fields = ("label", "key", "kind", "position", "asked", "required", "answered", "group", "is_retired")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].help_text = ""
        freeze(self)

    def clean(self) -> dict[str, Any]:
        """A new column identifies what its key or kind usually does, unless another column does already."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            kind = KINDS.get(data.get("kind", ""))
            usual = USUAL_KEYS.get(data.get("key", "")) or (kind.usually_identifies if kind else "")
            self.instance.identifies = usual if kind and kind.can_identify(usual) else ""
        return data

    def save(self, commit: bool = True) -> ServiceField:
        """Only the first of several alike columns identifies; the lines before this one are saved by now."""
        column: ServiceField = self.instance
        if column.pk is None and column.service.fields.filter(identifies=column.identifies).exists():
            column.identifies = ""
        saved: ServiceField = super().save(commit=commit)
        return saved


def freeze(form: forms.ModelForm) -> None:
    """Key and kind of a column in use cannot be changed, whatever the browser sends."""
    column = form.instance
    if not column.pk:
        return
    if "service" in form.fields:
        form.fields["service"].disabled = True
    if column.key in column.service.frozen_keys:
        # Who may only look gets a form without fields.
        for name in {"key", "kind"} & set(form.fields):
            form.fields[name].disabled = True
