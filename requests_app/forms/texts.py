"""What forms say in our own words: how long a text may be, which field is still empty."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.plain_text import visible_text


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
        text = super().to_python(visible_text(value) if isinstance(value, str) else value)
        text = str(text or "").replace("\r\n", "\n")
        return text if isinstance(self.widget, forms.Textarea) else " ".join(text.split())

    def validate(self, value: str) -> None:
        super().validate(value)
        if not value:
            return
        if len(value) < self.shortest:
            raise ValidationError(self.short_message, params={"label": self.label, "limit": self.shortest})
        if len(value) > self.longest:
            raise ValidationError(
                _("%(label)s paling banyak %(limit)s karakter. Anda menulis %(count)s"),
                params={"label": self.label, "limit": grouped(self.longest), "count": grouped(len(value))},
            )


def grouped(number: int) -> str:
    """A whole number as people here write it: ``1.250``."""
    return number_format(number, force_grouping=True)


def say_what_is_missing(field: forms.Field) -> None:
    """Turn Django's general "required" into an order naming the field, unless the form words it itself."""
    if field.error_messages.get("required") != forms.Field.default_error_messages["required"]:
        return
    label = str(field.label or "")
    if isinstance(field, forms.BooleanField):
        words = gettext("Centang “%(label)s”")
    elif label.endswith("?"):
        words = gettext("Pilih jawaban: %(label)s")
    elif isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        words = gettext("Pilih %(label)s")
    elif not isinstance(field, forms.FileField):
        words = gettext("Isi %(label)s")
    else:
        # "Unggah Dokumen Tambahan" is already the order it would become.
        words = "%(label)s" if label.startswith(gettext("Unggah")) else gettext("Unggah %(label)s")
    field.error_messages["required"] = words % {"label": label}
