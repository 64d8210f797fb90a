"""Agencies in the console."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from accounts.models import Agency, Agreement, User
from accounts.resources import AgencyResource
from admin_theme.base import OfficerTabularInline
from core.access_log.exporting import RecordedExportAdmin
from core.doors import clock


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
class AgencyAdmin(RecordedExportAdmin):
    """Ministries and agencies."""

    list_display = ("name", "code", "is_active", "display_agreement", "display_users")
    list_filter = ("is_active",)
    search_fields = ("name", "code")
    resource_classes = [AgencyResource]
    more_columns = ("address", "created_at")
    empty_text = _(
        "Instansi lahir dari pendaftaran yang disetujui, atau ditambahkan di sini bersama PKS-nya."
    )
    fields = ("name", "code", "address", "is_active")
    inlines = (AgreementInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agency]:
        """With what the list shows of each agency, so that a long list asks no more than a short one."""
        valid = Agreement.objects.in_force(clock.today()).filter(agency=OuterRef("pk"))
        people = (
            User.objects.filter(agency=OuterRef("pk"))
            .order_by()
            .values("agency")
            .annotate(number=Count("pk"))
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                has_agreement=Exists(valid),
                user_count=Coalesce(Subquery(people.values("number"), output_field=IntegerField()), 0),
            )
        )

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
    def display_agreement(self, agency: Any) -> tuple[bool, str]:
        """Whether an agreement is in force."""
        found = agency.has_agreement
        return found, str(_("Berlaku") if found else _("Tidak ada"))

    @display(description=pgettext_lazy("jamak", "pengguna"))
    def display_users(self, agency: Any) -> SafeString:
        """How many people, leading to them."""
        url = reverse("admin:accounts_user_changelist") + f"?agency__id__exact={agency.pk}"
        return format_html('<a href="{}">{}</a>', url, agency.user_count)
