"""The form of a service's row: fields from its schema, validation by the schema, nothing of its own."""

from collections.abc import Mapping
from typing import Any

from django import forms

from core.catalogue.kinds import Lookups
from core.catalogue.schema import Field, Schema, Values


class SchemaForm(forms.Form):
    """A typed row. The same ``Schema`` validates an Excel row, so both speak with the same words.

    ``surface`` is "asked" (an applicant's row) or "answered" (an officer's answer, nothing required).
    """

    def __init__(
        self,
        schema: Schema,
        *args: Any,
        surface: str = "asked",
        values: Mapping[str, Any] | None = None,
        lookups: Lookups | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.schema = schema
        self.surface = surface
        self.lookups = lookups or Lookups()
        self.values: Values = {}
        for item in self.columns:
            self.fields[item.key] = self.build_field(item)
            if values and values.get(item.key) not in (None, ""):
                self.initial[item.key] = item.kind.initial(values[item.key])

    @property
    def columns(self) -> tuple[Field, ...]:
        return self.schema.asked if self.surface == "asked" else self.schema.answered

    def build_field(self, item: Field) -> forms.Field:
        """A plain field: the schema validates, so that form and Excel cannot differ."""
        field = forms.CharField(
            label=item.shown_label,
            help_text=item.shown_help,
            required=False,
            strip=False,
            widget=item.kind.widget(item, self.lookups),
        )
        setattr(field, "is_demanded", self.surface == "asked" and item.required)  # noqa: B010  read by the templates
        return field

    def clean(self) -> dict[str, Any]:
        """Runs the schema; ``self.values`` are the JSON-ready values when there is no error."""
        data = self.cleaned_data
        check = self.schema.clean_asked if self.surface == "asked" else self.schema.clean_answered
        values, errors = check({key: data.get(key, "") for key in self.fields}, self.lookups)
        for key, messages in errors.items():
            for message in messages:
                self.add_error(key, message)
        self.values = values
        return data
