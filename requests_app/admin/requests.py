"""The officers' list of data requests and the addresses of their pages (``pages``, ``workspace``)."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter, RelatedDropdownFilter
from admin_theme.several import BulkOperationsMixin
from core.access_log.exporting import RecordedExportAdmin
from core.doors import clock
from requests_app import agreements, operations, workflow
from requests_app.admin import (
    answer_pages,
    approval,
    bench,
    bench_files,
    columns,
    conversation,
    correcting,
    entry,
    files,
    holding,
    pages,
    presence,
    row_job_pages,
    row_pages,
    taking,
    timing,
    workload,
    workspace,
)
from requests_app.admin.buttons import BULK_OPERATIONS, OPERATION_BUTTONS, officer_of
from requests_app.admin.filters import AssigneeFilter, MineFilter, OverdueFilter, ServiceFilter, TurnFilter
from requests_app.conversation import unread_by_officers
from requests_app.models import DataRequest, RequestRow, StatisticsItem, Status
from requests_app.models.request import OPEN_STATES
from requests_app.models.rows import ANSWERED_OUTCOMES
from requests_app.queues import BY_DEADLINE
from requests_app.resources import DataRequestResource


@admin.register(DataRequest)
class DataRequestAdmin(columns.MoreColumns, BulkOperationsMixin, OperationButtonsMixin, RecordedExportAdmin):
    """Requests as officers see them: nothing is typed over, everything happens by verbs."""

    logs_values = is_setting = False

    list_display = (
        "number",
        "display_agency",
        "display_status",
        "display_rows",
        "display_assignee",
        "display_due",
        "display_messages",
    )
    list_display_links = ("number",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("agency", RelatedDropdownFilter),
        ServiceFilter,
        AssigneeFilter,
        MineFilter,
        TurnFilter,
        OverdueFilter,
        conversation.UnreadFilter,
        approval.SecondApprovalFilter,
        approval.OverrideFilter,
        ("submitted_at", RangeDateFilter),
    )
    search_fields = ("number__startswith", "letter_number", "agency__name")
    search_help_text = _("Cari menurut No. Permohonan, No. Surat, atau instansi")
    list_select_related = ("agency", "assignee", "requester", "verified_by", "processed_by", "approved_by")
    #: What the head of the list shows as sorted; see ``get_ordering``.
    ordering = ("due_on",)
    operation_buttons = [*OPERATION_BUTTONS, *timing.BUTTONS, *holding.BUTTONS]
    bulk_operations = BULK_OPERATIONS
    resource_classes = [DataRequestResource]
    actions = ()

    list_before_template = "admin/requests_app/datarequest/take_next.html"

    # --- the list ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with the button that takes the next request."""
        context = {**(extra_context or {}), "take_next": taking.offer(request)}
        return super().changelist_view(request, context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataRequest]:
        """What this officer may see (never a draft), with the number of rows asked for."""
        visible = DataRequest.objects.visible_to(officer_of(request))
        return visible.select_related("agency", "assignee").annotate(
            row_count=_count_of(RequestRow),
            statistics_count=_count_of(StatisticsItem),
            unread_count=unread_by_officers(),
            answered_count=_count_of(RequestRow, outcome__in=ANSWERED_OUTCOMES),
        )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What is still open first, by deadline."""
        ended = Case(When(status__in=OPEN_STATES, then=Value(0)), default=Value(1))
        return [ended, *BY_DEADLINE]

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
    def display_rows(self, request: Any) -> SafeString | str:
        """Rows about persons, and statistics questions when there are any; how far it is while being answered."""
        text = str(request.row_count)
        if request.statistics_count:
            text = str(
                _("%(rows)d + %(statistics)d statistik")
                % {"rows": request.row_count, "statistics": request.statistics_count}
            )
        if request.status != Status.PROCESSING or not request.row_count:
            return text
        return format_html(
            '<span class="whitespace-nowrap">{}</span><progress class="queue-progress" max="{}" value="{}" '
            'aria-label="{}"></progress>',
            _("%(answered)d dari %(rows)s") % {"answered": request.answered_count, "rows": text},
            request.row_count,
            request.answered_count,
            _("Kemajuan jawaban"),
        )

    @display(description=pgettext_lazy("permohonan jamak", "pesan"))
    def display_messages(self, request: Any) -> SafeString | str:
        """How many of the applicant's messages nobody in charge has read."""
        if not request.unread_count:
            return "–"
        text = _("%(count)d baru") % {"count": request.unread_count}
        return format_html('<span class="console-news">{}</span>', text)

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
            *entry.urls(own),
            own("dokumen/<uuid:pk>/<slug:kind>/", files.result, "result"),
            *correcting.urls(own, self),
            own("<uuid:pk>/hadir/", presence.beat, "presence"),
            own("beban/", self.workload_view, "workload"),
            own("beban/<int:officer_pk>/serahkan/", self.hand_over_view, "hand_over"),
            own("ambil-berikutnya/", taking.take_next, "take_next"),
            own("<uuid:pk>/surat/", files.letter, "letter"),
            own("<uuid:pk>/percakapan/<slug:verb>/", self.conversation_view, "conversation"),
            own("<uuid:pk>/lampiran/<int:message_pk>/", conversation.attachment, "attachment"),
            own("<uuid:pk>/jawaban/", self.workspace_view, "workspace"),
            own("meja-jawab/", self.bench_view, "bench"),
            own("meja-jawab/buku-kerja/", bench_files.export, "bench_export"),
            own("meja-jawab/unggah/", self.bench_import_view, "bench_import"),
            own("meja-jawab/unggah/<uuid:pk>/", self.bench_run_view, "bench_run"),
            own("<uuid:pk>/jawaban/baris-terpilih/", self.many_rows_view, "many_rows"),
            own("<uuid:pk>/jawaban/bagi-baris/", self.spread_view, "spread"),
            own("<uuid:pk>/jawaban/baris/<int:row_pk>/riwayat/", self.row_trail_view, "row_trail"),
            own("<uuid:pk>/jawaban/terima-persis/", self.accept_exact_view, "accept_exact"),
            own("<uuid:pk>/jawaban/baris/<int:row_pk>/ketik/", self.type_answer_view, "type_answer"),
            *row_job_pages.urls(own, self),
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

    def conversation_view(self, request: HttpRequest, pk: Any, verb: str) -> HttpResponseBase:
        """One verb of the conversation, by POST."""
        found = self._found(request, pk)
        redraw = partial(pages.draw_tab, self, request, found, "percakapan")
        return conversation.act(request, found, verb, redraw)

    def workspace_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Rows with candidates and answers."""
        return workspace.show(self, request, self._found(request, pk))

    def workload_view(self, request: HttpRequest) -> HttpResponse:
        """Who has how much to do."""
        return workload.show(self, request)

    def hand_over_view(self, request: HttpRequest, officer_pk: int) -> HttpResponse:
        """All open work of an officer to a colleague or the pool."""
        return workload.hand_over(self, request, officer_pk)

    def accept_exact_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Asks before, then confirms every exact proposal."""
        return answer_pages.accept_exact(self, request, self._found(request, pk))

    def type_answer_view(self, request: HttpRequest, pk: Any, row_pk: int) -> HttpResponse:
        """The form of a typed answer."""
        return answer_pages.type_answer(self, request, self._found(request, pk), row_pk)

    def bench_view(self, request: HttpRequest) -> HttpResponse:
        """Open rows of one service across requests."""
        return bench.bench(self, request)

    def bench_import_view(self, request: HttpRequest) -> HttpResponse:
        """The upload of a filled workbook."""
        return bench_files.upload(self, request)

    def bench_run_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """What an uploaded workbook would write, and the button that writes it."""
        return bench_files.run_page(self, request, pk)

    def many_rows_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """One action for the chosen rows."""
        return row_pages.many_rows(self, request, self._found(request, pk))

    def spread_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Sharing open rows out among officers."""
        return row_pages.spread(self, request, self._found(request, pk))

    def row_trail_view(self, request: HttpRequest, pk: Any, row_pk: int) -> HttpResponse:
        """What happened to one row."""
        return row_pages.row_trail(self, request, self._found(request, pk), row_pk)

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
                    "purpose_code",
                    "requester",
                    "assignee",
                    "entered_by",
                    "verified_by",
                    "processed_by",
                    "approved_by",
                    "second_approved_by",
                    "override_by",
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
            "presence": presence.panel(request, found),
            "approval": approval.panel(found),
            "agreement_notice": agreements.end_notice(found) if found.status in OPEN_STATES else "",
            "page_actions": self._get_actions_navigation(
                list(self.actions_detail), self.get_actions_detail(request, key), key
            ),
            "operation_obstacles": [
                {"button": button, "reasons": verdicts[button.verb]}
                for button in self.operation_buttons
                if verdicts.get(button.verb)
            ],
        }

    def misplaced_text(self, request: HttpRequest, obj: Any, button: OperationButton) -> str:
        """A missing right is refused; a page opened before a colleague's press learns who pressed."""
        verb = workflow.VERBS.get(button.verb)
        if verb is None:
            return super().misplaced_text(request, obj, button)
        if not workflow.has_right(verb, obj, officer_of(request)):
            raise PermissionDenied
        if request.method == "POST":
            return str(operations.conflict(obj).messages[0])
        return super().misplaced_text(request, obj, button)


def _count_of(model: Any, **narrowed: Any) -> Coalesce:
    """How many rows of ``model`` a request has: counted only for the lines shown, not for the whole table."""
    counted = (
        model.objects.filter(request=OuterRef("pk"), **narrowed)
        .order_by()
        .values("request")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
