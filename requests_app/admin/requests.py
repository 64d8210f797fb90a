"""The officers' list of data requests and the addresses of their pages (``pages``, ``workspace``)."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import display

from admin_theme.base import ExportOfficerAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter, RelatedDropdownFilter
from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock
from requests_app import operations, workflow
from requests_app.admin import files, pages, workspace
from requests_app.admin.buttons import OPERATION_BUTTONS, officer_of
from requests_app.admin.filters import AssigneeFilter, OverdueFilter, ServiceFilter, WaitingFilter
from requests_app.models import DataRequest, RequestRow, StatisticsItem, Status
from requests_app.models.request import OPEN_STATES
from requests_app.resources import DataRequestResource


@admin.register(DataRequest)
class DataRequestAdmin(OperationButtonsMixin, ExportOfficerAdmin):
    """Requests as officers see them: nothing is typed over, everything happens by verbs."""

    list_display = (
        "number",
        "display_agency",
        "display_status",
        "display_rows",
        "display_assignee",
        "display_due",
        "display_submitted",
    )
    list_display_links = ("number",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("agency", RelatedDropdownFilter),
        ServiceFilter,
        AssigneeFilter,
        OverdueFilter,
        WaitingFilter,
        ("submitted_at", RangeDateFilter),
    )
    search_fields = ("number__startswith", "letter_number", "agency__name")
    search_help_text = _("Cari menurut No. Permohonan, No. Surat, atau instansi")
    list_select_related = ("agency", "assignee")
    #: What the head of the list shows as sorted; see ``get_ordering``.
    ordering = ("due_on",)
    operation_buttons = OPERATION_BUTTONS
    resource_classes = [DataRequestResource]
    export_form_class = ExportForm
    actions = None

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataRequest]:
        """What this officer may see (never a draft), with the number of rows asked for."""
        visible = DataRequest.objects.visible_to(officer_of(request))
        return visible.select_related("agency", "assignee").annotate(
            row_count=_count_of(RequestRow), statistics_count=_count_of(StatisticsItem)
        )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What is still open first, by deadline."""
        ended = Case(When(status__in=OPEN_STATES, then=Value(0)), default=Value(1))
        return [ended, "due_on"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[DataRequest], search_term: str
    ) -> tuple[QuerySet[DataRequest], bool]:
        """A request number is found however it was typed: "abcde-12345" or with spaces."""
        compact = "".join(search_term.split()).replace("-", "").upper()
        if len(compact) == 10 and compact.isalnum() and compact.isascii():
            by_number = queryset.filter(number=compact)
            if by_number.exists():
                return by_number, False
        return super().get_search_results(request, queryset, search_term)

    @display(description=_("instansi dan perihal"), ordering="agency__name", header=True)
    def display_agency(self, request: DataRequest) -> list[str]:
        """Who asks, and below it what for."""
        return [request.agency.name, request.subject]

    @display(description=_("status"), label=pages.STATUS_COLOURS, ordering="status")
    def display_status(self, request: DataRequest) -> tuple[str, str]:
        """Coloured word."""
        return request.status, str(Status(request.status).label)

    @display(description=_("baris"))
    def display_rows(self, request: Any) -> str:
        """Rows about persons, and statistics questions when there are any."""
        if request.statistics_count:
            return str(
                _("%(rows)d + %(statistics)d statistik")
                % {"rows": request.row_count, "statistics": request.statistics_count}
            )
        return str(request.row_count)

    @display(description=_("petugas"), ordering="assignee__full_name", empty_value="–")
    def display_assignee(self, request: DataRequest) -> str | None:
        """The officer in charge."""
        return request.assignee.get_full_name() if request.assignee else None

    @display(description=_("batas waktu"), ordering="due_on")
    def display_due(self, request: DataRequest) -> SafeString | str:
        """The due date; late ones say so in a word."""
        if request.due_on is None or request.status not in OPEN_STATES:
            return "–"
        day = clock.short_date(request.due_on)
        if request.is_overdue:
            return format_html(
                '<span class="whitespace-nowrap">{}</span> <span class="queue-late">{}</span>',
                day,
                _("Terlambat"),
            )
        return format_html('<span class="whitespace-nowrap">{}</span>', day)

    @display(description=_("Tgl Permohonan"), ordering="submitted_at")
    def display_submitted(self, request: DataRequest) -> SafeString | str:
        """The day it was sent."""
        if request.submitted_at is None:
            return "–"
        return format_html(
            '<span class="whitespace-nowrap">{}</span>', clock.short_date(request.submitted_at)
        )

    # --- rights: officers neither add, change nor delete a request ---

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Applicants ask."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Verbs change it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A request stays."""
        return False

    # --- the page ---

    def get_urls(self) -> list[URLPattern]:
        """The page's own addresses before Django's catch-all."""

        def own(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"requests_app_datarequest_{name}")

        return [
            own("dokumen/<uuid:pk>/<slug:kind>/", files.result, "result"),
            own("<uuid:pk>/surat/", files.letter, "letter"),
            own("<uuid:pk>/jawaban/", self.workspace_view, "workspace"),
            own("<uuid:pk>/jawaban/terima-persis/", self.accept_exact_view, "accept_exact"),
            own("<uuid:pk>/jawaban/baris/<int:row_pk>/ketik/", self.type_answer_view, "type_answer"),
            own("<uuid:pk>/jawaban/<slug:verb>/", self.answering_view, "answering"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The request in tabs, to be read; a POST has nothing to save."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        return pages.tab_page(self, request, self._found(request, unquote(object_id)))

    def workspace_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Rows with candidates and answers."""
        return workspace.show(self, request, self._found(request, pk))

    def accept_exact_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Asks before, then confirms every exact proposal."""
        return workspace.accept_exact(self, request, self._found(request, pk))

    def type_answer_view(self, request: HttpRequest, pk: Any, row_pk: int) -> HttpResponse:
        """The form of a typed answer."""
        return workspace.type_answer(self, request, self._found(request, pk), row_pk)

    def answering_view(self, request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
        """One verb on rows, by POST."""
        return workspace.act(request, self._found(request, pk), verb)

    def _found(self, request: HttpRequest, pk: Any) -> DataRequest:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return (
                self.get_queryset(request)
                .select_related(
                    "agency",
                    "agreement",
                    "requester",
                    "assignee",
                    "verified_by",
                    "processed_by",
                    "approved_by",
                )
                .get(pk=pk)
            )
        except (DataRequest.DoesNotExist, ValidationError, ValueError) as error:
            raise Http404 from error

    def page_context(self, request: HttpRequest, found: DataRequest) -> dict[str, Any]:
        """What every page about one request shows: title, the verbs offered and those greyed with reasons."""
        key = str(found.pk)
        verdicts = self._verdicts(request, key)
        return {
            **self.admin_site.each_context(request),
            "title": str(found),
            "opts": self.opts,
            "found": found,
            "object": found,
            "page_actions": self._get_actions_navigation(
                list(self.actions_detail), self.get_actions_detail(request, key), key
            ),
            "operation_obstacles": [
                {"button": button, "reasons": verdicts[button.verb]}
                for button in self.operation_buttons
                if verdicts.get(button.verb)
            ],
        }

    def _operation_view(self, request: HttpRequest, object_id: str, button: OperationButton) -> HttpResponse:
        """A missing right is refused; a page opened before a colleague's press learns who pressed."""
        verb = workflow.VERBS.get(button.verb)
        found = self.get_object(request, unquote(object_id))
        if verb is not None and found is not None:
            if not workflow.has_right(verb, found, officer_of(request)):
                raise PermissionDenied
            if request.method == "POST" and not workflow.fits_state(verb, found):
                messages.error(request, operations.conflict(found).messages[0])
                return self._leave(request, object_id)
        return super()._operation_view(request, object_id, button)

    # --- export ---

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        """Records the export before anything is written."""
        record_access(
            Action.EXPORT,
            actor=request.user,
            purpose=str(_("Daftar permohonan")),
            object_type="DataRequest",
            object_id="daftar",
            count=queryset.count(),
            request=request,
        )
        return super().get_export_data(file_format, request, queryset, **kwargs)


def _count_of(model: Any) -> Coalesce:
    """How many rows of ``model`` a request has: counted only for the lines shown, not for the whole table."""
    counted = (
        model.objects.filter(request=OuterRef("pk"))
        .order_by()
        .values("request")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
