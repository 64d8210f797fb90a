"""Registrations in the console: the data beside the letter, the checklist, and the decision as buttons."""

import re
import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts import operations
from accounts.models import Agency, Agreement, Registration, User
from accounts.resources import RegistrationResource
from admin_theme.base import ReadOnlyAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter, YesNoFilter
from core.access_log.exporting import RecordedExportAdmin
from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock
from core.doors.storage import PDF, send_file

VERIFY = "accounts.verify_registration"
STATUS_COLOURS = {
    Registration.Status.SUBMITTED: "info",
    Registration.Status.VERIFYING: "warning",
    Registration.Status.NEEDS_CORRECTION: "danger",
    Registration.Status.APPROVED: "success",
    Registration.Status.REJECTED: "danger",
}
VERBS = {
    "register": _("Pendaftaran diterima"),
    "confirm_email": _("Email dikonfirmasi pemohon"),
    "start_verification": _("Mulai diperiksa"),
    "ask_correction": _("Diminta perbaikan"),
    "resubmit": _("Perbaikan dikirim pemohon"),
    "approve": _("Disetujui"),
    "reject": _("Ditolak"),
}


class MailPreviewForm(BaseDialogForm):
    """A dialog that shows beneath its fields which mail will be sent."""

    form_after_template = "admin/accounts/registration/mail_preview.html"
    mail_subject: Any = ""
    mail_text: Any = ""

    def get_after_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """Receiver, subject and gist of the mail."""
        registration = _registration_of(object_id)
        return {
            "mail_to": registration.email if registration else "",
            "mail_subject": self.mail_subject,
            "mail_text": self.mail_text,
        }


class NoteForm(MailPreviewForm):
    """The note the registrant reads."""

    note = forms.CharField(
        label=_("Catatan untuk pemohon"),
        help_text=_("Dibaca pemohon di email. Tulis apa yang kurang dan cara memperbaikinya."),
        min_length=5,
        max_length=1000,
        error_messages={"required": _("Isi Catatan untuk pemohon")},
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


class CorrectionForm(NoteForm):
    """Sending back."""

    mail_subject = _("Pendaftaran perlu diperbaiki")
    mail_text = _(
        "Petugas memeriksa pendaftaran Anda dan meminta perbaikan. Catatan petugas: … + tautan formulir"
    )


class RejectionForm(NoteForm):
    """Refusing."""

    mail_subject = _("Pendaftaran belum dapat disetujui")
    mail_text = _("Pendaftaran Anda belum dapat disetujui. Alasan: … + halaman Hubungi Kami")


class ApprovalForm(MailPreviewForm):
    """The checklist, and which agency the new account belongs to."""

    mail_subject = _("Akun Anda sudah aktif")
    mail_text = _(
        "Username dan password sementara. Password dibuat saat email dikirim; petugas tidak melihatnya."
    )

    letterhead = forms.BooleanField(
        label=operations.CHECKLIST["letterhead"], required=False, widget=UnfoldBooleanWidget()
    )
    employee_number = forms.BooleanField(
        label=operations.CHECKLIST["employee_number"], required=False, widget=UnfoldBooleanWidget()
    )
    agreement = forms.BooleanField(
        label=operations.CHECKLIST["agreement"], required=False, widget=UnfoldBooleanWidget()
    )
    email = forms.BooleanField(
        label=operations.CHECKLIST["email"], required=False, widget=UnfoldBooleanWidget()
    )
    agency = forms.ModelChoiceField(
        label=_("Instansi terdaftar"),
        queryset=Agency.objects.filter(is_active=True),
        required=False,
        empty_label=_("Instansi baru"),
        widget=UnfoldAdminSelectWidget(),
    )
    agency_name = forms.CharField(
        label=_("Nama instansi baru"),
        required=False,
        max_length=150,
        widget=UnfoldAdminTextInputWidget(),
    )
    agency_code = forms.CharField(
        label=_("Kode instansi baru"),
        help_text=_("Awalan username, misalnya BADANIT untuk BADANIT_001."),
        required=False,
        max_length=20,
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        registration = _registration_of(self.object_id)
        if registration is None:
            return
        known = Agency.objects.filter(name__iexact=registration.agency_name, is_active=True).first()
        in_force = (
            known is not None and Agreement.objects.in_force(clock.today()).filter(agency=known).exists()
        )
        self.fields["agreement"].help_text = (
            _("Ada PKS yang berlaku untuk instansi ini.")
            if in_force
            else _("Belum ada PKS yang berlaku untuk instansi ini di sistem.")
        )
        self.initial.setdefault("email", registration.email_confirmed_at is not None)
        self.initial.setdefault("agreement", in_force)
        if known is not None:
            self.initial.setdefault("agency", known.pk)
        else:
            self.initial.setdefault("agency_name", registration.agency_name)
            self.initial.setdefault("agency_code", suggested_code(registration.agency_name))

    def clean(self) -> dict[str, Any]:
        """Gather the checklist as the operation wants it; a new agency is ignored when one was chosen."""
        cleaned = super().clean() or {}
        cleaned["checklist"] = {key: bool(cleaned.pop(key, False)) for key in operations.CHECKLIST}
        return cleaned


class EmailConfirmedFilter(YesNoFilter):
    """Whether the mailbox was confirmed."""

    title = _("email terkonfirmasi")
    parameter_name = "email"

    def narrow(self, rows: Any, yes: bool) -> Any:
        """Rows with or without a confirmation."""
        return rows.filter(email_confirmed_at__isnull=not yes)


def _button(verb: str, label: Any, operation: Any, **options: Any) -> OperationButton:
    def reasons(registration: Registration, user: User) -> list[str] | None:
        return operations.decision_obstacles(registration, user, verb)

    return OperationButton(
        verb, label=label, operation=operation, permission=VERIFY, reasons=reasons, **options
    )


@admin.register(Registration)
class RegistrationAdmin(OperationButtonsMixin, RecordedExportAdmin, ReadOnlyAdmin):
    """What registrants wrote is read here, never typed over; everything happens by verbs."""

    change_form_template = "admin/accounts/registration/change_form.html"
    list_display = ("agency_name", "full_name", "display_status", "display_confirmed", "display_created")
    list_display_links = ("agency_name",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        EmailConfirmedFilter,
        ("created_at", RangeDateFilter),
    )
    search_fields = ("agency_name", "full_name", "email__iexact")
    search_help_text = _("Cari menurut instansi, nama, atau email lengkap")
    resource_classes = [RegistrationResource]
    more_columns = ("unit", "email", "phone", "decided_at")
    empty_text = _("Pendaftaran muncul di sini begitu sebuah instansi mengisi formulir Daftar di situs.")
    actions = None
    fieldsets = (
        (_("Instansi"), {"fields": ("agency_name", "unit")}),
        (_("Penanggung jawab"), {"fields": ("full_name", "employee_number", "phone", "email")}),
        (
            _("Alamat kantor"),
            {
                "fields": (
                    "address",
                    "province",
                    "regency",
                    "district",
                    "village",
                    "postal_code",
                    "immigration_office",
                )
            },
        ),
        (
            _("Pemeriksaan"),
            {"fields": ("status", "display_confirmed", "display_decision", "note", "user")},
        ),
    )
    readonly_fields = ("status", "display_confirmed", "display_decision", "note", "user")
    operation_buttons = [
        _button(
            "start_verification",
            _("Mulai periksa"),
            operations.start_verification,
            icon="play_arrow",
            confirm=_("Petugas lain akan melihat bahwa Anda memeriksa pendaftaran ini."),
            success=_("Pendaftaran %(object)s sedang Anda periksa."),
        ),
        _button(
            "approve",
            _("Setujui"),
            operations.approve_registration,
            is_weighty=True,
            icon="check",
            variant="primary",
            form_class=ApprovalForm,
            success=_("Akun untuk %(object)s dibuka. Username dan password sementara dikirim lewat email."),
        ),
        _button(
            "ask_correction",
            _("Minta perbaikan"),
            operations.ask_correction,
            icon="undo",
            form_class=CorrectionForm,
            success=_("Permintaan perbaikan untuk %(object)s dikirim lewat email."),
        ),
        _button(
            "reject",
            _("Tolak"),
            operations.reject_registration,
            icon="block",
            variant="danger",
            form_class=RejectionForm,
            success=_("Pendaftaran %(object)s ditolak dan pemohon diberi tahu."),
        ),
    ]

    class Media:
        css = {"all": ["accounts/registration.css"]}

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """The oldest that waits first; new and being verified stand before the rest by their date."""
        return ["decided_at", "created_at"]

    def get_urls(self) -> list[URLPattern]:
        """The letter's address before Django's catch-all."""
        letter = path(
            "<uuid:pk>/letter/", self.admin_site.admin_view(self.letter), name="accounts_registration_letter"
        )
        return [letter, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Record that the officer opened it, then show it with its history."""
        registration = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if registration is not None and self.has_view_permission(request, registration):
            if request.method == "GET":
                _record(request, Action.VIEW_REGISTRATION, registration)
            context["registration"] = registration
            context["history"] = [
                {
                    "title": VERBS.get(event.verb, event.verb),
                    "at": clock.short_datetime(event.at),
                    "actor": event.actor.get_full_name() if event.actor else _("Pemohon"),
                    "note": event.note,
                }
                for event in registration.events.select_related("actor").order_by("-id")
            ]
            context["checklist"] = [
                (label, registration.checklist.get(key)) for key, label in operations.CHECKLIST.items()
            ]
        return super().change_view(request, object_id, form_url, context)

    def letter(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The official letter, inline for the frame beside the data (``?unduh=1``: as a download)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        registration = get_object_or_404(Registration, pk=pk)
        if not registration.letter:
            raise Http404
        _record(request, Action.DOWNLOAD_LETTER, registration)
        inline = request.GET.get("unduh") != "1"
        return send_file(registration.letter, name=registration.letter_name, content_type=PDF, inline=inline)

    @display(description=_("status"), label=STATUS_COLOURS, ordering="status")
    def display_status(self, registration: Registration) -> tuple[str, str]:
        """Coloured word."""
        return registration.status, registration.get_status_display()

    @display(description=_("email terkonfirmasi"), ordering="email_confirmed_at")
    def display_confirmed(self, registration: Registration) -> str:
        """When the mailbox was confirmed."""
        at = registration.email_confirmed_at
        return clock.short_datetime(at) if at else str(_("Belum"))

    @display(description=_("didaftarkan pada"), ordering="created_at")
    def display_created(self, registration: Registration) -> str:
        """When it came in."""
        return clock.short_datetime(registration.created_at)

    @display(description=_("keputusan"))
    def display_decision(self, registration: Registration) -> str:
        """Who decided, and when."""
        if registration.decided_by is None or registration.decided_at is None:
            return "–"
        return f"{registration.decided_by.get_full_name()}, {clock.short_datetime(registration.decided_at)}"


def suggested_code(name: str) -> str:
    """``BADANIT`` for "BADAN IT NASIONAL": whole words up to eight letters, at least the first one."""
    code = ""
    for word in re.findall(r"[A-Za-z0-9]+", name.upper()):
        if code and len(code) + len(word) > 8:
            break
        code += word
    return code[:12]


def _registration_of(object_id: int | str | None) -> Registration | None:
    try:
        return Registration.objects.filter(pk=uuid.UUID(str(object_id))).first()
    except ValueError:
        return None


def _record(request: HttpRequest, action: Action, registration: Registration) -> None:
    record_access(
        action,
        actor=request.user,
        purpose=str(_("Pemeriksaan pendaftaran")),
        object_type="Registration",
        object_id=registration.pk,
        count=1,
        request=request,
    )
