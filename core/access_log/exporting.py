"""Exports of lists that hold personal data: written in the access log before anything leaves."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.import_export.forms import ExportForm

from admin_theme.base import ExportOfficerAdmin
from admin_theme.weighty import weighty
from core.access_log.models import Action
from core.access_log.record import record_access

#: Lines of one file; more is refused with a word.
MOST_LINES = 20_000


class RecordedExportAdmin(ExportOfficerAdmin):
    """Like ``ExportOfficerAdmin``; no entry, no file, and never a whole large table at once."""

    export_form_class = ExportForm

    @weighty(gettext_lazy("Ekspor daftar"))
    def export_action(self, request: HttpRequest) -> HttpResponse:
        """The form, or the file; too many lines ask for narrower filters."""
        if request.method == "POST" and self.has_export_permission(request):
            lines = self.get_export_queryset(request).order_by()[: MOST_LINES + 1].count()
            if lines > MOST_LINES:
                messages.error(
                    request,
                    _("Daftar ini lebih dari %(most)d baris. Persempit dengan saringan, lalu ekspor lagi.")
                    % {"most": MOST_LINES},
                )
                site = self.admin_site.name
                return redirect(f"{site}:{self.opts.app_label}_{self.opts.model_name}_changelist")
        response: HttpResponse = super().export_action(request)
        return response

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        """Records who takes which list and how many lines, then exports."""
        record_access(
            Action.EXPORT,
            actor=request.user,
            purpose=f"Daftar {capfirst(str(self.opts.verbose_name))}",
            object_type=str(self.opts.object_name),
            object_id="daftar",
            count=queryset.count(),
            request=request,
        )
        return super().get_export_data(file_format, request, queryset, **kwargs)
