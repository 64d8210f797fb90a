"""The console pages of the rules of work and of the lists of reasons."""

from typing import Any

from django.contrib import admin
from django.db.models import TimeField
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from admin_theme.base import OfficerModelAdmin
from admin_theme.filters import ChoicesDropdownFilter
from admin_theme.weighty import weighty
from core.rules.models import Reason, WorkRules


@admin.register(WorkRules)
class WorkRulesAdmin(OfficerModelAdmin):
    """One row: its list leads straight to the form, and the form creates the row when it is saved first."""

    # Hours of the day have no time zone: Django's clock would warn whoever sits in another one.
    formfield_overrides = {TimeField: {"widget": UnfoldAdminTextInputWidget(attrs={"type": "time"})}}
    fieldsets = (
        (
            _("Batas waktu"),
            {
                "fields": (
                    "answer_working_days",
                    "extension_working_days",
                    "due_reminder_days",
                    "registration_working_days",
                    "correction_working_days",
                    "correction_reminders",
                    ("work_starts", "work_ends"),
                )
            },
        ),
        (_("PKS"), {"fields": ("agreement_warnings", "agreement_grace_days")}),
        (
            _("Persetujuan kedua"),
            {"fields": ("second_approval_rows", "new_agency_days", "second_for_imports")},
        ),
        (_("Percakapan"), {"fields": ("message_days",)}),
        (
            _("Masa simpan"),
            {
                "fields": (
                    "draft_days",
                    "rejected_registration_days",
                    "data_days",
                    "result_years",
                    "log_years",
                )
            },
        ),
    )

    @weighty(_("Mengubah aturan kerja"), methods=("POST",))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The form; what it saves decides what is destroyed next night and what needs a second approval."""
        response: HttpResponseBase = super().changeform_view(request, *args, **kwargs)
        return response

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Straight to the one row."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        rules, _created = WorkRules.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:rules_workrules_change", args=[rules.pk]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is always one row."""
        return False


@admin.register(Reason)
class ReasonAdmin(OfficerModelAdmin):
    """Reasons by what they are used for; a used one is taken out of use, not deleted."""

    empty_text = _(
        "Tambahkan alasan agar petugas memilih kata yang sama; tanpa daftar, alasan ditulis sendiri."
    )
    list_display = ("text", "purpose", "position", "active")
    list_filter = (("purpose", ChoicesDropdownFilter), "active")
    search_fields = ("text", "text_en")
    fields = ("purpose", "text", "text_en", "position", "active")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Earlier decisions point at it."""
        return False
