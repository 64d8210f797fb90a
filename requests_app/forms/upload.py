"""The form that takes a filled workbook; what can be seen from outside is refused at once."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.doors.excel import refuse_at_once
from core.doors.storage import megabytes


class UploadForm(forms.Form):
    """One .xlsx file; its cells are checked in the queue."""

    file = forms.FileField(
        label=_("Berkas Excel"),
        allow_empty_file=True,
        error_messages={
            "required": _("Pilih berkas Excel yang akan diunggah"),
            "invalid": _("Pilih berkas Excel yang akan diunggah"),
            "missing": _("Pilih berkas Excel yang akan diunggah"),
        },
        widget=forms.FileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _("hanya .xlsx, maksimal %(size)s dan %(rows)s baris") % {
            "size": megabytes(settings.XLSX_MAX_BYTES),
            "rows": number_format(settings.XLSX_MAX_ROWS, force_grouping=True),
        }

    def clean_file(self) -> UploadedFile:
        uploaded: UploadedFile = self.cleaned_data["file"]
        refuse_at_once(uploaded)
        return uploaded
