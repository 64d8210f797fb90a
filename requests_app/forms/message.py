"""The form of a message on a request: text and, where wanted, a PDF that the scanning door has passed."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.doors.scanning import check_pdf
from requests_app.forms.texts import BoundedText
from requests_app.models.message import MESSAGE_LENGTH


class MessageForm(forms.Form):
    """A message to the other side."""

    text = BoundedText(
        label=pgettext_lazy("satu pesan", "Pesan"),
        shortest=2,
        longest=MESSAGE_LENGTH,
        error_messages={"required": _("Tulis pesan terlebih dahulu")},
        widget=forms.Textarea(attrs={"data-count": str(MESSAGE_LENGTH), "rows": 5}),
    )
    attachment = forms.FileField(
        label=_("Lampiran"),
        required=False,
        help_text=_("hanya PDF (Maksimal 2 MB)"),
        error_messages={
            "empty": _("Berkas kosong"),
            "invalid": _("Berkas belum terunggah. Coba lagi"),
            "missing": _("Berkas belum terunggah. Coba lagi"),
        },
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )

    def clean_attachment(self) -> UploadedFile | None:
        uploaded: UploadedFile | None = self.cleaned_data.get("attachment")
        if uploaded is not None:
            check_pdf(uploaded, gettext("Lampiran"))
        return uploaded

    def arguments(self) -> dict[str, Any]:
        """What ``operations.write_message`` takes; only after ``is_valid()``."""
        return {"text": self.cleaned_data["text"], "attachment": self.cleaned_data.get("attachment")}
