"""The console's list of outgoing mail: what was to be said, whether it left, and another try."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from admin_theme.base import ReadOnlyAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter
from admin_theme.several import BulkOperation, BulkOperationsMixin
from core import mail_admin, mail_texts, problems
from core.doors import mail
from core.models import OutgoingMail

__all__ = ["mail_admin"]

STATUS_COLOURS = {
    OutgoingMail.Status.WAITING: "warning",
    OutgoingMail.Status.SENT: "success",
    OutgoingMail.Status.FAILED: "danger",
}


def send_again_reasons(message: OutgoingMail, user: Any) -> list[str] | None:
    """Offered for everything but secrets that have left."""
    if message.status != OutgoingMail.Status.SENT:
        return []
    if message.kind not in settings.MAILS_NEVER_AGAIN:
        return []
    text = _("Surel dengan kode atau kata sandi tidak dikirim ulang dari sini. Kirim dari halaman pengguna.")
    return [str(text)]


@admin.register(OutgoingMail)
class OutgoingMailAdmin(BulkOperationsMixin, OperationButtonsMixin, ReadOnlyAdmin):
    """The outbox; addresses and texts are not stored, so none can be read here."""

    empty_text = _("Setiap surel yang dikirim aplikasi dicatat di sini, tanpa isinya.")
    list_display = ("display_kind", "display_status", "attempts", "created_at", "sent_at", "display_error")
    list_filter = (("status", ChoicesDropdownFilter), ("created_at", RangeDateFilter))
    search_fields = ("reference__exact", "kind")
    search_help_text = _("Cari menurut rujukan atau jenis")
    fields = (
        "display_kind",
        "reference",
        "status_text",
        "attempts",
        "created_at",
        "next_attempt_at",
        "sent_at",
        "display_error",
    )
    readonly_fields = fields
    operation_buttons = (
        OperationButton(
            "send_again",
            label=_("Kirim lagi"),
            operation=mail.send_again,
            permission="core.change_outgoingmail",
            reasons=send_again_reasons,
            icon="forward_to_inbox",
            variant="primary",
            confirm=_(
                "Surel ini dikirim lagi sekarang. Penerima menerimanya sekali lagi bila sudah terkirim."
            ),
            success=_("Surel masuk antrean kirim."),
        ),
    )
    bulk_operations = (
        BulkOperation(
            "send_again",
            label=_("Kirim lagi yang dipilih"),
            operation=mail.send_again,
            permission="core.change_outgoingmail",
            confirm=_("Surel berikut dikirim lagi sekarang."),
        ),
    )

    def get_urls(self) -> list[Any]:
        """With the page of today's problems."""
        view = self.admin_site.admin_view(self.problems_view)
        return [path("masalah/", view, name="problems"), *super().get_urls()]

    def problems_view(self, request: HttpRequest) -> HttpResponse:
        """What needs an administrator's eye now, with the pages where it is mended."""
        if not request.user.has_perm(problems.SEE):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Masalah hari ini"),
            "problems": [
                {"text": found.text, "advice": found.advice, "link": found.link_for(request.user)}
                for found in problems.all_problems()
            ],
        }
        return TemplateResponse(request, "admin/core/problems.html", context)

    @display(description=_("surel"), ordering="kind")
    def display_kind(self, message: OutgoingMail) -> str:
        """What it says, in words."""
        declared = mail_texts.kinds().get(message.kind)
        return str(declared.label) if declared else message.kind

    @display(description=_("status"), label=STATUS_COLOURS, ordering="status")
    def display_status(self, message: OutgoingMail) -> tuple[str, str]:
        """Coloured word."""
        return message.status, str(OutgoingMail.Status(message.status).label)

    @admin.display(description=_("status"))
    def status_text(self, message: OutgoingMail) -> str:
        """The word alone: a page draws no colours."""
        return self.display_status(message)[1]

    @display(description=_("kendala terakhir"))
    def display_error(self, message: OutgoingMail) -> str:
        """Why it has not left; the error's technical name for the administrator."""
        if not message.last_error:
            return "–"
        return str(_("Tidak terkirim (%(error)s)") % {"error": message.last_error})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reading is a right of its own; changing is only the right to try again."""
        return bool(request.user.has_perm("core.view_outgoingmail"))
