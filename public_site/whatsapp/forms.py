"""The console's forms of WhatsApp."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from public_site.hub.guides import unknown_facts
from public_site.whatsapp.models import ConversationRule

#: Words in braces that are no figures of the list.
OWN_WORDS = frozenset({"situs", "jam"})


class RuleForm(forms.ModelForm):
    """A rule whose texts quote only figures that exist."""

    class Meta:
        model = ConversationRule
        fields = "__all__"  # noqa: DJ007  the admin class names them

    def clean_reply(self) -> str:
        """The Indonesian text."""
        return self._checked("reply")

    def clean_reply_en(self) -> str:
        """The English text."""
        return self._checked("reply_en")

    def _checked(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        unknown = [key for key in unknown_facts(text) if key not in OWN_WORDS]
        if unknown:
            raise forms.ValidationError(
                _("Tidak ada biaya atau tanggal dengan kunci: %(keys)s"), params={"keys": ", ".join(unknown)}
            )
        return text


class ReplyForm(BaseDialogForm):
    """What an officer answers."""

    text = forms.CharField(
        label=_("Balasan"),
        max_length=3000,
        error_messages={"required": _("Isi Balasan")},
        help_text=_("Dikirim ke WhatsApp orang itu. Jangan menulis data pribadi."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )


class StatusImportForm(forms.Form):
    """The workbook with passport steps."""

    file = forms.FileField(
        label=_("Berkas Excel"),
        error_messages={"required": _("Pilih berkas Excel yang akan diunggah")},
        help_text=_("Berkas .xlsx atau .csv menurut templat, paling banyak 5.000 baris."),
        widget=UnfoldAdminFileFieldWidget,
    )


class SimulatorForm(forms.Form):
    """One message as a person would write it."""

    text = forms.CharField(
        label=_("Pesan"),
        max_length=1000,
        error_messages={"required": _("Isi Pesan")},
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "autofocus": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = _("Misalnya MENU, 1, atau STATUS diikuti nomor.")
