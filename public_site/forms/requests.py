"""Forms of a request as the site draws them: letter, row, message, declaration, reason for withdrawing."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.catalogue.forms import SchemaForm
from public_site.forms.base import SiteForm
from requests_app.forms.letter import LetterForm as SharedLetterForm
from requests_app.forms.message import MessageForm as SharedMessageForm
from requests_app.forms.texts import BoundedText


class Lockable(forms.Form):
    """A form of which some fields stay as they are while a request is under correction."""

    locked: frozenset[str] = frozenset()

    def lock(self, names: Iterable[str], reasons: Mapping[str, str]) -> None:
        """Shows the named fields without letting them change, and the officers' reasons at the others."""
        self.locked = frozenset(names) & frozenset(self.fields)
        for name in self.locked:
            self.fields[name].disabled = True
            self.fields[name].required = False
            setattr(self.fields[name], "is_demanded", False)  # noqa: B010  read by the templates
        for name, reason in reasons.items():
            if name in self.fields:
                self.fields[name].help_text = reason


class LetterForm(Lockable, SharedLetterForm, SiteForm):
    """The letter's data (step 1)."""

    def full_clean(self) -> None:
        """What stays as it was sent is not judged again."""
        super().full_clean()
        for name in self.locked & frozenset(self.errors):
            del self.errors[name]


class RowForm(Lockable, SiteForm, SchemaForm):
    """A typed row of Data Detail, drawn like every form of the site."""

    #: Values of the row as it was sent, for its locked columns.
    sent: Mapping[str, Any] = MappingProxyType({})

    def full_clean(self) -> None:
        """Locked columns keep what was sent; what only they are to blame for is not held against the person."""
        super().full_clean()
        if not self.locked or not self.is_bound:
            return
        _values, old_errors = self.schema.clean_asked(
            {key: str(value) for key, value in self.sent.items()}, self.lookups
        )
        for name in self.locked & frozenset(self.errors):
            texts = self.errors.pop(name)
            if name not in old_errors:
                # A rule over several columns is reported at the first of them, which may be locked.
                self.add_error(None, list(texts))
        self.values = {key: value for key, value in self.values.items() if key not in self.locked} | {
            key: self.sent[key] for key in self.locked if key in self.sent
        }


class ExplanationForm(SiteForm):
    """Why a pinned place stays as it is."""

    explanation = BoundedText(
        label=_("Tidak diubah karena"),
        shortest=5,
        longest=500,
        widget=forms.Textarea(attrs={"data-count": "500", "rows": 4}),
    )


class MessageForm(SharedMessageForm, SiteForm):
    """A message to the officers."""

    wide_fields: frozenset[str] | set[str] = frozenset({"text"})


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
