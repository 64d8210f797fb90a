"""The console's list of outgoing mail: what was to be said, whether it left, and another try."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from admin_theme.base import ReadOnlyAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter
from core.doors import mail
from core.models import OutgoingMail

#: What a message is about, in words; kinds without words are shown by their name.
KIND_LABELS = {
    "accounts.registration_received": _("Pendaftaran diterima"),
    "accounts.registration_resubmitted": _("Pendaftaran dikirim ulang"),
    "accounts.registration_correction": _("Pendaftaran perlu diperbaiki"),
    "accounts.registration_rejected": _("Pendaftaran ditolak"),
    "accounts.already_registered": _("Pendaftaran dengan email yang sudah punya akun"),
    "accounts.already_waiting": _("Pendaftaran dengan email yang masih menunggu"),
    "accounts.account_opened": _("Akun dibuka dan kata sandi sementara"),
    "accounts.password_reset": _("Atur ulang kata sandi"),
    "accounts.password_changed": _("Kata sandi diganti"),
    "accounts.new_device": _("Masuk dari perangkat baru"),
    "accounts.codes_failed": _("Kode verifikasi salah berulang kali"),
    "accounts.roles_changed": _("Peran berubah"),
    "accounts.sign_in_code": _("Kode verifikasi"),
    "requests.submitted": _("Permohonan diterima"),
    "requests.resubmitted": _("Perbaikan permohonan diterima"),
    "requests.correction": _("Permohonan perlu diperbaiki"),
    "requests.processing": _("Permohonan diproses"),
    "requests.completed": _("Jawaban permohonan tersedia"),
    "requests.rejected": _("Permohonan ditolak"),
}
STATUS_COLOURS = {
    OutgoingMail.Status.WAITING: "warning",
    OutgoingMail.Status.SENT: "success",
    OutgoingMail.Status.FAILED: "danger",
}


def send_again_reasons(message: OutgoingMail, user: Any) -> list[str] | None:
    """Offered for what has not left yet."""
    return None if message.status == OutgoingMail.Status.SENT else []


@admin.register(OutgoingMail)
class OutgoingMailAdmin(OperationButtonsMixin, ReadOnlyAdmin):
    """The outbox; addresses and texts are not stored, so none can be read here."""

    list_display = ("display_kind", "display_status", "attempts", "created_at", "sent_at", "display_error")
    list_filter = (("status", ChoicesDropdownFilter), ("created_at", RangeDateFilter))
    search_fields = ("reference__exact", "kind")
    search_help_text = _("Cari menurut rujukan atau jenis")
    fields = (
        "display_kind",
        "reference",
        "display_status",
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
            confirm=_("Surel ini dicoba dikirim lagi sekarang."),
            success=_("Surel masuk antrean kirim."),
        ),
    )

    @display(description=_("surel"), ordering="kind")
    def display_kind(self, message: OutgoingMail) -> str:
        """What it says, in words."""
        return str(KIND_LABELS.get(message.kind, message.kind))

    @display(description=_("status"), label=STATUS_COLOURS, ordering="status")
    def display_status(self, message: OutgoingMail) -> tuple[str, str]:
        """Coloured word."""
        return message.status, str(OutgoingMail.Status(message.status).label)

    @display(description=_("kendala terakhir"))
    def display_error(self, message: OutgoingMail) -> str:
        """Why it has not left; the error's technical name for the administrator."""
        if not message.last_error:
            return "–"
        return str(_("Tidak terkirim (%(error)s)") % {"error": message.last_error})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reading is a right of its own; changing is only the right to try again."""
        return bool(request.user.has_perm("core.view_outgoingmail"))
