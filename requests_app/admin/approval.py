"""The second approval in the console: the panel on a request's page, the emergency dialog, the auditors' filter."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from admin_theme.filters import YesNoFilter
from core.doors import clock
from core.rules.models import Reason
from requests_app import risk
from requests_app.models import DataRequest, RequestEvent, Status


class OverrideForm(BaseDialogForm):
    """Why the second approval cannot be waited for."""

    reason = forms.ModelChoiceField(
        label=_("Keadaan mendesak"),
        queryset=Reason.objects.offered(Reason.Purpose.OVERRIDE),
        empty_label=_("Pilih alasan"),
        error_messages={"required": _("Pilih alasan yang tersedia")},
        widget=UnfoldAdminSelectWidget(),
    )
    note = forms.CharField(
        label=_("Penjelasan"),
        help_text=_("Siapa yang meminta, dan mengapa tidak dapat menunggu. Dibaca admin dan auditor."),
        min_length=5,
        max_length=1000,
        error_messages={
            "required": _("Tulis alasan atau catatan, paling sedikit 5 karakter"),
            "min_length": _("Tulis alasan atau catatan, paling sedikit 5 karakter"),
        },
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


@dataclass
class ApprovalPanel:
    """Why two have to approve, who has, and what was done in an emergency: texts only."""

    title: str
    risks: list[str]
    #: "Persetujuan 1 dari 2: Ratna Wulandari, 22 Nov 2026 10.41 WIB"
    steps: list[str] = field(default_factory=list)
    override: str = ""
    override_reason: str = ""


#: States in which somebody will still have to approve.
_BEFORE = (
    Status.SUBMITTED,
    Status.VERIFYING,
    Status.NEEDS_CORRECTION,
    Status.PROCESSING,
    Status.AWAITING_APPROVAL,
)


def panel(found: DataRequest) -> ApprovalPanel | None:
    """What the request's page says about approvals; None where one approval is enough."""
    if found.status == Status.AWAITING_APPROVAL:
        risk.settle(found)
    if not found.risks:
        return None
    is_before = found.status in _BEFORE
    shown = ApprovalPanel(
        title=gettext("Memerlukan dua persetujuan") if is_before else gettext("Persetujuan"),
        risks=risk.explained(found),
    )
    if found.approved_by and found.approved_at:
        shown.steps.append(
            gettext("Persetujuan 1 dari 2: %(name)s, %(time)s")
            % {"name": found.approved_by.get_full_name(), "time": clock.short_datetime(found.approved_at)}
        )
    elif is_before:
        shown.steps.append(gettext("Persetujuan 1 dari 2: belum ada"))
    if found.second_approved_by and found.second_approved_at:
        shown.steps.append(
            gettext("Persetujuan 2 dari 2: %(name)s, %(time)s")
            % {
                "name": found.second_approved_by.get_full_name(),
                "time": clock.short_datetime(found.second_approved_at),
            }
        )
    elif is_before and found.approved_by:
        shown.steps.append(gettext("Persetujuan 2 dari 2: menunggu petugas lain"))
    if found.override_by and found.override_at:
        shown.override = gettext("Diterbitkan mendesak tanpa persetujuan kedua: %(name)s, %(time)s") % {
            "name": found.override_by.get_full_name(),
            "time": clock.short_datetime(found.override_at),
        }
        shown.override_reason = f"{found.shown_override_reason}: {found.override_note}"
    return shown


class OverrideFilter(YesNoFilter):
    """Requests that were ever issued in an emergency; by the trail, which nobody can change."""

    title = _("terbit mendesak")
    parameter_name = "mendesak"

    def narrow(self, rows: QuerySet[Any], yes: bool) -> QuerySet[Any]:
        """Those with the event, or the others."""
        happened = Exists(RequestEvent.objects.filter(request=OuterRef("pk"), verb="override_approval"))
        return rows.filter(happened if yes else ~happened)


class SecondApprovalFilter(YesNoFilter):
    """Requests that need, or needed, two approvals."""

    title = _("dua persetujuan")
    parameter_name = "dua_persetujuan"

    def narrow(self, rows: QuerySet[Any], yes: bool) -> QuerySet[Any]:
        """By the stored risks."""
        return rows.exclude(risks="") if yes else rows.filter(risks="")
