"""Filters of the list of requests."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from admin_theme.filters import YesNoFilter
from core.catalogue.models import Service
from requests_app.admin.buttons import working_officers
from requests_app.dashboard import waiting_for
from requests_app.models import DataRequest, RequestRow, StatisticsItem


class OverdueFilter(YesNoFilter):
    """Beyond the due date while it is the officers' turn."""

    title = _("terlambat")
    parameter_name = "terlambat"

    def narrow(self, rows: QuerySet[Any], yes: bool) -> QuerySet[Any]:
        """Late ones, or all others."""
        late = DataRequest.objects.overdue().values("pk")
        return rows.filter(pk__in=late) if yes else rows.exclude(pk__in=late)


class ServiceFilter(DropdownFilter):
    """Requests asking for a service, by rows or statistics."""

    title = _("layanan")
    parameter_name = "layanan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every service of the catalogue."""
        return [(service.key, service.shown_label) for service in Service.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the service's key."""
        key = self.value()
        if not key:
            return queryset
        return queryset.filter(
            Exists(RequestRow.objects.filter(request=OuterRef("pk"), service__key=key))
            | Exists(StatisticsItem.objects.filter(request=OuterRef("pk"), service__key=key))
        )


class AssigneeFilter(DropdownFilter):
    """Mine, nobody's, or a colleague's."""

    title = _("petugas")
    parameter_name = "petugas"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Oneself first, then the requests free to be taken, then the colleagues."""
        colleagues = [(str(user.pk), user.get_full_name()) for user in working_officers()]
        return [("saya", _("Saya")), ("kosong", _("Belum diambil")), *colleagues]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the officer in charge."""
        value = self.value() or ""
        if value == "saya":
            return queryset.filter(assignee=request.user.pk)
        if value == "kosong":
            return queryset.filter(assignee__isnull=True)
        if value.isascii() and value.isdigit():
            return queryset.filter(assignee_id=int(value))
        return queryset


class WaitingFilter(SimpleListFilter):
    """Only what the person who looks could do next (requests_app.dashboard.waiting_for)."""

    title = _("menunggu saya")
    parameter_name = "menunggu"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One answer: the others are the whole list."""
        return [("saya", _("Ya"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Requests in states that wait for this person's rights."""
        if self.value() != "saya":
            return queryset
        return queryset.filter(pk__in=waiting_for(request.user).values("pk"))
