"""The revocation of a document in the console: forms, buttons, the filter and the line on the approvers' desk."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from admin_theme.buttons import OperationButton
from admin_theme.filters import YesNoFilter
from core.doors import clock
from core.rules.models import Reason
from requests_app import operations, workflow
from requests_app.admin.buttons import InternalNoteForm, officer_of
from requests_app.models import ResultDocument
from requests_app.models.revocation import AWAITS_REVOCATION

State = ResultDocument.State


class RevocationForm(BaseDialogForm):
    """Why a document has to be revoked."""

    reason = forms.ModelChoiceField(
        label=_("Alasan"),
        queryset=Reason.objects.offered(Reason.Purpose.REVOCATION),
        empty_label=_("Pilih alasan"),
        error_messages={"required": _("Pilih alasan yang tersedia")},
        widget=UnfoldAdminSelectWidget(),
    )
    note = forms.CharField(
        label=_("Penjelasan untuk pemohon (boleh kosong)"),
        help_text=_("Dibaca pemohon setelah masuk, bersama alasannya. Jangan menulis data orang di sini."),
        max_length=1000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


def question(document: ResultDocument) -> str:
    """What is asked before a document is revoked."""
    asker = document.revocation_asked_by
    return "\n".join(
        [
            gettext("%(name)s meminta pencabutan dokumen %(number)s: %(reason)s.")
            % {
                "name": asker.get_full_name() if asker else "–",
                "number": document.number,
                "reason": document.shown_revocation.rstrip("."),
            },
            gettext(
                "Setelah dicabut, dokumen tidak dapat diunduh lagi, halaman verifikasi menyatakannya dicabut, dan "
                "pemohon diberi tahu lewat email. Pencabutan tidak dapat ditarik kembali."
            ),
            gettext("Untuk menerbitkan jawaban baru, buka kembali permohonan sesudahnya."),
        ]
    )


BUTTONS = (
    OperationButton(
        "revoke",
        label=_("Cabut dokumen"),
        operation=operations.revoke,
        permission=workflow.REVOKE,
        reasons=operations.revoke_reasons,
        icon="gpp_bad",
        is_weighty=True,
        variant="danger",
        confirm=question,
        success=_("Dokumen %(object)s dicabut. Pemohon diberi tahu."),
    ),
    OperationButton(
        "drop_revocation",
        label=_("Biarkan berlaku"),
        operation=operations.drop_revocation,
        permission=workflow.ASK_REVOCATION,
        reasons=operations.drop_revocation_reasons,
        icon="undo",
        form_class=InternalNoteForm,
        confirm=_("Permintaan pencabutan dibatalkan dan dokumen tetap berlaku."),
        success=_("Dokumen %(object)s tetap berlaku."),
    ),
    OperationButton(
        "ask_revocation",
        label=_("Minta pencabutan"),
        operation=operations.ask_revocation,
        permission=workflow.ASK_REVOCATION,
        reasons=operations.ask_revocation_reasons,
        icon="gpp_maybe",
        variant="warning",
        form_class=RevocationForm,
        confirm=_("Dokumen tetap berlaku sampai penyetuju lain mencabutnya."),
        success=_("Pencabutan %(object)s menunggu persetujuan petugas lain."),
    ),
)


def told(document: ResultDocument) -> str:
    """Who asked for the revocation, why, and what became of it; "–" when nobody did."""
    if document.revocation_asked_by is None or document.revocation_asked_at is None:
        return "–"
    lines = [
        gettext("Diminta %(name)s, %(time)s: %(reason)s")
        % {
            "name": document.revocation_asked_by.get_full_name(),
            "time": clock.short_datetime(document.revocation_asked_at),
            "reason": document.shown_revocation,
        }
    ]
    if document.revoked_by is not None and document.revoked_at is not None:
        lines.append(
            gettext("Dicabut %(name)s, %(time)s")
            % {
                "name": document.revoked_by.get_full_name(),
                "time": clock.short_datetime(document.revoked_at),
            }
        )
    else:
        lines.append(gettext("Menunggu keputusan penyetuju lain"))
    return "\n".join(lines)


class AwaitsRevocationFilter(YesNoFilter):
    """Documents whose revocation nobody has decided."""

    title = _("menunggu pencabutan")
    parameter_name = "pencabutan"

    def narrow(self, rows: QuerySet[Any], yes: bool) -> QuerySet[Any]:
        """By who asked and who decided."""
        return rows.filter(AWAITS_REVOCATION) if yes else rows.exclude(AWAITS_REVOCATION)


def dashboard_notices(request: HttpRequest) -> list[dict[str, Any]]:
    """The line on the desk of those who may revoke while others' wishes wait; one query."""
    officer = officer_of(request)
    if not officer.has_perm(workflow.REVOKE):
        return []
    waiting = ResultDocument.objects.filter(AWAITS_REVOCATION, state=State.ISSUED)
    number = waiting.exclude(revocation_asked_by=officer).count()
    if not number:
        return []
    text = ngettext(
        "%(count)d dokumen jawaban menunggu keputusan pencabutan.",
        "%(count)d dokumen jawaban menunggu keputusan pencabutan.",
        number,
    )
    link = reverse("admin:requests_app_resultdocument_changelist") + "?pencabutan=ya"
    return [{"tone": "red", "text": text % {"count": number}, "link": link}]
