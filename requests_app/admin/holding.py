"""The buttons that keep a request from destruction, and what its page says about its time."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from admin_theme.buttons import OperationButton
from core.doors import clock
from requests_app import operations
from requests_app.models import DataRequest
from requests_app.operations.holding import HOLD, SHORTEST_REASON, hold_reasons, release_reasons


class HoldForm(BaseDialogForm):
    """Why it must be kept."""

    reason = forms.CharField(
        label=_("Alasan"),
        help_text=_("Misalnya: sengketa, pemeriksaan, atau penyidikan. Jangan menulis data orang di sini."),
        min_length=SHORTEST_REASON,
        max_length=250,
        error_messages={
            "required": _("Tulis alasannya, paling sedikit 5 karakter"),
            "min_length": _("Tulis alasannya, paling sedikit 5 karakter"),
        },
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


BUTTONS = [
    OperationButton(
        "place_hold",
        label=_("Tahan dari pemusnahan"),
        operation=operations.place_hold,
        permission=HOLD,
        reasons=hold_reasons,
        is_weighty=True,
        icon="lock",
        form_class=HoldForm,
        confirm=_("Isi, berkas, dan dokumen permohonan ini tidak dimusnahkan sampai penahanannya dilepas."),
        success=_("Permohonan %(object)s ditahan dari pemusnahan."),
    ),
    OperationButton(
        "release_hold",
        label=_("Lepas penahanan"),
        operation=operations.release_hold,
        permission=HOLD,
        reasons=release_reasons,
        is_weighty=True,
        icon="lock_open",
        confirm=_("Bila masa simpannya sudah lewat, isi permohonan ini dimusnahkan pada malam berikutnya."),
        success=_("Penahanan permohonan %(object)s dilepas."),
    ),
]


def notices(found: DataRequest) -> list[str]:
    """Sentences above the tabs: held, or emptied."""
    lines = []
    if found.erased_at is not None:
        lines.append(
            gettext(
                "Isi permohonan ini (baris, jawaban, surat, dan percakapan) dimusnahkan pada %(day)s karena masa "
                "simpannya berakhir. Nomor, tanggal, status, dan dokumennya tetap ada."
            )
            % {"day": clock.long_date(clock.local_date(found.erased_at))}
        )
    if found.held_at is not None:
        lines.append(
            gettext("Ditahan dari pemusnahan sejak %(day)s: %(reason)s")
            % {"day": clock.long_date(clock.local_date(found.held_at)), "reason": found.hold_reason}
        )
    return lines
