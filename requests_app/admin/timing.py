"""The tab "Waktu" of a request and the button that extends its due date."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from admin_theme.buttons import OperationButton
from core.rules.models import Reason, WorkRules
from requests_app import ledger, operations
from requests_app.admin.buttons import VIEW
from requests_app.models import DataRequest
from requests_app.operations.timing import LONGEST_NOTE, extension_left, reasons_against_extending


class ReasonField(forms.ModelChoiceField):
    """A reason of the administrators' list, in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        """The reason's words."""
        return str(obj.shown_text)


class ExtendForm(BaseDialogForm):
    """How long, why, and what the applicant reads about it."""

    days = forms.IntegerField(
        label=_("Tambah berapa hari kerja"),
        min_value=1,
        max_value=366,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    reason = ReasonField(
        label=_("Alasan"),
        empty_label=_("Pilih alasan"),
        queryset=Reason.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )
    note = forms.CharField(
        label=_("Penjelasan untuk pemohon"),
        help_text=_("Dibaca pemohon di halaman permohonan. Jangan menulis data orang di sini."),
        min_length=5,
        max_length=LONGEST_NOTE,
        error_messages={"min_length": _("Tulis penjelasan, paling sedikit 5 karakter")},
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Reason.objects.offered(Reason.Purpose.EXTENSION)


BUTTONS = [
    OperationButton(
        "extend",
        label=_("Perpanjang waktu"),
        operation=operations.extend,
        permission=VIEW,
        reasons=reasons_against_extending,
        icon="more_time",
        form_class=ExtendForm,
        confirm=_("Batas waktu jawaban mundur dan pemohon diberi tahu lewat email."),
        success=_("Batas waktu permohonan %(object)s sudah diperpanjang."),
    )
]


def tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    """The ledger as the applicant reads it too, and how many days may still be added."""
    return {
        "ledger": ledger.lines(found),
        "extension_left": extension_left(found),
        "extension_most": WorkRules.current().extension_working_days,
    }
