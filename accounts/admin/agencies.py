"""Agencies and their agreements (PKS) in the console."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from accounts import operations
from accounts.models import Agency, Agreement, User
from admin_theme.base import OfficerModelAdmin, OfficerTabularInline
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import RelatedDropdownFilter, YesNoFilter
from core.catalogue.models import Service
from core.doors import clock
from core.doors.scanning import check_pdf
from core.doors.storage import PDF, send_file

#: An agreement that ends within this time is announced as ending soon.
SOON = timedelta(days=60)
#: The five points of Pasal 15 ayat (1) UU PDP; a request starts with the agreement's one.
LEGAL_BASES = [
    ("", _("Tidak ditentukan")),
    *(
        (letter, format_lazy(_("UU PDP Pasal 15 ayat (1) huruf {letter}"), letter=letter))
        for letter in "abcde"
    ),
]


class AgreementInline(OfficerTabularInline):
    """The agreements of an agency, to look at and follow."""

    model = Agreement
    fields = ("number", "valid_from", "valid_until", "terminated_on")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Agreements are added on their own page."""
        return False


@admin.register(Agency)
class AgencyAdmin(OfficerModelAdmin):
    """Ministries and agencies."""

    list_display = ("name", "code", "is_active", "display_agreement", "display_users")
    list_filter = ("is_active",)
    search_fields = ("name", "code")
    fields = ("name", "code", "address", "is_active")
    inlines = (AgreementInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Agency | None = None) -> tuple[str, ...]:
        """The code is part of user ids: fixed once there are any."""
        return ("code",) if obj is not None and obj.last_user_number else ()

    def has_delete_permission(self, request: HttpRequest, obj: Agency | None = None) -> bool:
        """Only an agency nobody ever belonged to."""
        if obj is not None and (obj.users.exists() or obj.agreements.exists()):
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Agency, form: Any, change: bool) -> None:
        """Codes are upper case, as in BADANIT_005."""
        obj.code = obj.code.upper()
        super().save_model(request, obj, form, change)

    @display(description=_("PKS"), label={True: "success", False: "danger"})
    def display_agreement(self, agency: Agency) -> tuple[bool, str]:
        """Whether an agreement is in force."""
        found = agency.agreements.in_force(clock.today()).exists()
        return found, str(_("Berlaku") if found else _("Tidak ada"))

    @display(description=pgettext_lazy("jamak", "pengguna"))
    def display_users(self, agency: Agency) -> SafeString:
        """How many people, leading to them."""
        url = reverse("admin:accounts_user_changelist") + f"?agency__id__exact={agency.pk}"
        return format_html('<a href="{}">{}</a>', url, agency.users.count())


class AgreementForm(forms.ModelForm):
    """The agreement with its document checked like every upload."""

    services = forms.ModelMultipleChoiceField(
        label=_("Layanan yang diizinkan"),
        queryset=Service.objects.all(),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    legal_basis = forms.ChoiceField(
        label=_("Dasar hukum bawaan"), choices=LEGAL_BASES, required=False, widget=UnfoldAdminSelectWidget()
    )

    def clean_document(self) -> Any:
        """A harmless PDF."""
        document = self.cleaned_data.get("document")
        if isinstance(document, UploadedFile):
            check_pdf(document, str(_("dokumen PKS")))
        return document


class AgreementStateFilter(YesNoFilter):
    """Whether the agreement is in force today."""

    title = _("berlaku hari ini")
    parameter_name = "berlaku"

    def narrow(self, rows: Any, yes: bool) -> Any:
        """Rows in force, or the others."""
        in_force = Agreement.objects.in_force(clock.today()).values("pk")
        return rows.filter(pk__in=in_force) if yes else rows.exclude(pk__in=in_force)


class TerminationForm(BaseDialogForm):
    """The day an agreement ends early."""

    terminated_on = forms.DateField(label=_("diakhiri pada"), widget=UnfoldAdminSingleDateWidget())


def _termination_reasons(agreement: Agreement, user: User) -> list[str] | None:
    return None if agreement.terminated_on else []


@admin.register(Agreement)
class AgreementAdmin(OperationButtonsMixin, OfficerModelAdmin):
    """Which services an agency may ask for, and for how long."""

    form = AgreementForm
    list_display = ("number", "agency", "valid_from", "valid_until", "display_state")
    list_filter = (AgreementStateFilter, ("agency", RelatedDropdownFilter))
    search_fields = ("number", "title", "agency__name")
    list_select_related = ("agency",)
    autocomplete_fields = ("agency",)
    fieldsets = (
        (None, {"fields": ("agency", "number", "title", "services", "legal_basis")}),
        (_("Masa berlaku"), {"fields": ("valid_from", "valid_until", "state_text")}),
        (_("Dokumen"), {"fields": ("document", "display_document", "note")}),
    )
    readonly_fields = ("state_text", "display_document")
    operation_buttons = [
        OperationButton(
            "terminate",
            label=_("Akhiri PKS"),
            operation=operations.terminate_agreement,
            permission="accounts.change_agreement",
            reasons=_termination_reasons,
            form_class=TerminationForm,
            icon="event_busy",
            variant="danger",
            confirm=_("Sejak tanggal ini instansi tidak dapat mengajukan permohonan atas dasar PKS ini."),
            success=_("PKS %(object)s diakhiri."),
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        """The document's address before Django's catch-all."""
        document = path(
            "<int:pk>/document/",
            self.admin_site.admin_view(self.document),
            name="accounts_agreement_document",
        )
        return [document, *super().get_urls()]

    def document(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The signed agreement as a download."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        agreement = get_object_or_404(Agreement, pk=pk)
        if not agreement.document:
            raise Http404
        return send_file(agreement.document, name=f"PKS {agreement.number}.pdf", content_type=PDF)

    @display(
        description=_("keadaan"),
        label={"active": "success", "soon": "warning", "future": "info", "over": "danger"},
    )
    def display_state(self, agreement: Agreement) -> tuple[str, str]:
        """In force, ending soon, not yet begun or over."""
        today = clock.today()
        if agreement.pk is None:
            return "future", "–"
        if agreement.valid_from > today:
            return "future", str(_("Belum berlaku"))
        if not agreement.is_in_force(today):
            return "over", str(_("Berakhir"))
        if agreement.valid_until is not None and agreement.valid_until - today <= SOON:
            return "soon", str(_("Segera berakhir"))
        return "active", str(_("Berlaku"))

    @display(description=_("keadaan"))
    def state_text(self, agreement: Agreement) -> str:
        """The same word on the agreement's own page, which draws no coloured labels."""
        return self.display_state(agreement)[1]

    @display(description=_("Lihat Dokumen"))
    def display_document(self, agreement: Agreement) -> SafeString | str:
        """A link to the document."""
        if not agreement.pk or not agreement.document:
            return "–"
        url = reverse("admin:accounts_agreement_document", args=[agreement.pk])
        return format_html('<a href="{}">{}</a>', url, _("Unduh"))
