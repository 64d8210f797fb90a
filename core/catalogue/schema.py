"""The frozen description of a service that every surface reads: form, Excel, officer's rows, PDF, XLSX."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.catalogue.kinds import KINDS, Kind, Lookups, Value
from core.plain_text import visible_text

#: Entries of one column that are remembered during a run; a calendar has fewer days in a century.
_MOST_KEPT = 40_000

Values = dict[str, Value]
Errors = dict[str, list[str]]


@dataclass(frozen=True)
class Field:
    """One column of a service. ``identifies`` and ``measures`` name the typed column it fills."""

    key: str
    label: str
    kind_name: str
    label_en: str = ""
    asked: bool = False
    required: bool = False
    answered: bool = False
    identifies: str = ""
    measures: str = ""
    #: Fields of one group: at least one must be filled.
    group: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    example: str = ""
    max_length: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    help_en: str = ""

    @cached_property
    def kind(self) -> Kind:
        return KINDS[self.kind_name]

    @property
    def shown_label(self) -> str:
        """The label in the person's language."""
        return self.label_en if self.label_en and get_language() == "en" else self.label

    @property
    def shown_help(self) -> str:
        """How to fill the column, in the person's language."""
        return self.help_en if self.help_en and get_language() == "en" else self.help

    def display(self, values: Mapping[str, Any], lookups: Lookups) -> str:
        """What people read in this column of a row; empty text when there is no value."""
        value = values.get(self.key)
        return "" if value in (None, "") else self.kind.display(value, self, lookups)


@dataclass(frozen=True)
class Schema:
    """A service as it stood when it was read; a request keeps a copy (architecture.md §5)."""

    service_key: str
    service_label: str
    fields: tuple[Field, ...]
    service_label_en: str = ""

    @cached_property
    def asked(self) -> tuple[Field, ...]:
        """Columns that the applicant fills."""
        return tuple(item for item in self.fields if item.asked)

    @cached_property
    def answered(self) -> tuple[Field, ...]:
        """Columns that the answer gives; also the columns of the holdings."""
        return tuple(item for item in self.fields if item.answered)

    @property
    def shown_label(self) -> str:
        return (
            self.service_label_en if self.service_label_en and get_language() == "en" else self.service_label
        )

    def field(self, key: str) -> Field:
        """The column ``key``; KeyError when there is none."""
        for item in self.fields:
            if item.key == key:
                return item
        raise KeyError(key)

    def answering_only(self, keys: Collection[str]) -> "Schema":
        """The same schema with no other answer columns than ``keys``; columns that were only answered are left out."""
        fields = (item if item.key in keys else replace(item, answered=False) for item in self.fields)
        return replace(self, fields=tuple(item for item in fields if item.asked or item.answered))

    def clean_asked(self, raw: Mapping[str, str], lookups: Lookups) -> tuple[Values, Errors]:
        """Validates what an applicant entered (texts by key). Errors are texts by key, none when good."""
        return self._clean(self.asked, raw, lookups, demand=True)

    def clean_answered(self, raw: Mapping[str, str], lookups: Lookups) -> tuple[Values, Errors]:
        """Validates an answer or a holding: same rules, but a missing value is allowed."""
        return self._clean(self.answered, raw, lookups, demand=False)

    def _clean(
        self, fields: tuple[Field, ...], raw: Mapping[str, str], lookups: Lookups, *, demand: bool
    ) -> tuple[Values, Errors]:
        values: Values = {}
        errors: Errors = {}
        for item in fields:
            text = raw.get(item.key, "")
            text = visible_text(text).strip() if isinstance(text, str) else str(text)
            if not text:
                if demand and item.required:
                    errors[item.key] = [str(item.kind.empty_message % {"label": item.shown_label})]
                continue
            try:
                values[item.key] = _cleaned(text, item, lookups)
            except ValidationError as error:
                errors[item.key] = error.messages
        for item in fields:
            if item.kind.looks_at_others and item.key in values:
                try:
                    item.kind.check_with_others(values, item)
                except ValidationError as error:
                    errors.setdefault(item.key, []).extend(error.messages)
        if demand:
            self._check_groups(fields, values, errors)
        return values, errors

    def _check_groups(self, fields: tuple[Field, ...], values: Values, errors: Errors) -> None:
        groups: dict[str, list[Field]] = {}
        for item in fields:
            if item.group:
                groups.setdefault(item.group, []).append(item)
        for members in groups.values():
            if any(item.key in values or item.key in errors for item in members):
                continue
            labels = [item.shown_label for item in members]
            listed = ", ".join(labels[:-1])
            message = _("isi salah satu, %(first)s atau %(last)s") % {"first": listed, "last": labels[-1]}
            errors.setdefault(members[0].key, []).append(message[:1].upper() + message[1:])

    def identifying(self, values: Mapping[str, Any]) -> dict[str, str]:
        """The identifying values by typed column (name, birth_date, national_id …), empty ones left out."""
        return {
            item.identifies: str(values[item.key])
            for item in self.fields
            if item.identifies and values.get(item.key) not in (None, "")
        }

    def measuring(self, values: Mapping[str, Any]) -> dict[str, str]:
        """The statistics dimensions by column name (event_on, office, checkpoint, direction)."""
        return {
            item.measures: str(values[item.key])
            for item in self.fields
            if item.measures and values.get(item.key) not in (None, "")
        }

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready copy, read back by ``from_json``."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Schema":
        """The schema stored in ``data`` by ``to_json``."""
        fields = tuple(
            Field(**{**item, "choices": tuple((value, label) for value, label in item.get("choices", ()))})
            for item in data["fields"]
        )
        return cls(
            service_key=data["service_key"],
            service_label=data["service_label"],
            service_label_en=data.get("service_label_en", ""),
            fields=fields,
        )


def _cleaned(text: str, item: Field, lookups: Lookups) -> Value:
    """The value of an entry; of columns whose entries repeat it is worked out once in a run."""
    kind = item.kind
    if not kind.repeats:
        return kind.clean(text, item, lookups)
    kept = lookups.cleaned.get(id(item))
    if kept is None or kept[0] is not item:
        kept = lookups.cleaned[id(item)] = (item, {})
    known = kept[1]
    value = known.get(text)
    if value is None:
        if len(known) >= _MOST_KEPT:
            known.clear()
        value = known[text] = kind.clean(text, item, lookups)
    return value
