"""Filters of the list of requests."""

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from admin_theme.filters import YesNoFilter
from core.catalogue.models import Service
from requests_app import queues
from requests_app.models import DataRequest, RequestRow, StatisticsItem, Status
from requests_app.models.request import OPEN_STATES


class OverdueFilter(YesNoFilter):
    """Beyond the due date while it is the officers' turn."""

    title = _("terlambat")
    parameter_name = "terlambat"

    def narrow(self, rows: QuerySet[Any], yes: bool) -> QuerySet[Any]:
        """Late ones, or all others."""
        late = DataRequest.objects.overdue().values("pk")
        return rows.filter(pk__in=late) if yes else rows.exclude(pk__in=late)


class TurnFilter(DropdownFilter):
    """Whose turn it is: the officers', the applicant's, the worker's, nobody's any more."""

    title = _("giliran")
    parameter_name = "giliran"
    STATES: ClassVar[dict[str, tuple[Status, ...]]] = {
        "petugas": queues.TURN_STATES,
        "pemohon": (Status.NEEDS_CORRECTION,),
        "sistem": (Status.ISSUING,),
        "selesai": tuple(state for state in Status if state not in (*OPEN_STATES, Status.DRAFT)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Open requests first."""
        return [
            ("petugas", _("Petugas")),
            ("pemohon", _("Pemohon")),
            ("sistem", _("Dokumen Disiapkan")),
            ("selesai", _("Sudah berakhir")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the group of states."""
        states = self.STATES.get(self.value() or "")
        return queryset if states is None else queryset.filter(status__in=states)


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
        colleagues = [(str(user.pk), user.get_full_name()) for user in queues.working_officers()]
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


class MineFilter(DropdownFilter):
    """What concerns the person who looks: waiting for the next step, free to be taken, or returned by them."""

    title = _("giliran saya")
    parameter_name = "menunggu"

    QUEUES: ClassVar[dict[str, Any]] = {
        "saya": queues.waiting_for,
        "bebas": queues.pool_for,
        "dikembalikan": queues.returned_by,
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The three questions of the desk."""
        return [
            ("saya", _("Menunggu saya")),
            ("bebas", _("Bebas diambil")),
            ("dikembalikan", _("Saya kembalikan")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Requests of that queue of this person."""
        queue = self.QUEUES.get(self.value() or "")
        return (
            queryset if queue is None else queryset.filter(pk__in=queue(request.user).order_by().values("pk"))
        )
