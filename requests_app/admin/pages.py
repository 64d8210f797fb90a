"""The page of one request in tabs; each tab asks only for what it shows and records the persons it shows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.kinds import Lookups
from core.catalogue.schema import Field
from core.doors import clock
from requests_app import workflow
from requests_app.admin.buttons import officer_of
from requests_app.models import Answer, DataRequest, LegalBasis, Outcome, RequestRow, Status
from requests_app.models.request import OPEN_STATES

ROWS_ON_A_PAGE = 25
TEMPLATES = "admin/requests_app/datarequest"

STATUS_COLOURS = {
    Status.SUBMITTED: "info",
    Status.VERIFYING: "warning",
    Status.NEEDS_CORRECTION: "danger",
    Status.PROCESSING: "warning",
    Status.AWAITING_APPROVAL: "primary",
    Status.ISSUING: "primary",
    Status.COMPLETED: "success",
    Status.REJECTED: "danger",
    Status.WITHDRAWN: "default",
    Status.LAPSED: "default",
}
OUTCOME_COLOURS = {
    Outcome.PENDING: "default",
    Outcome.FOUND: "success",
    Outcome.NOT_FOUND: "info",
    Outcome.NEEDS_REVIEW: "warning",
    Outcome.WITHHELD: "danger",
    Outcome.OUT_OF_SCOPE: "danger",
}
#: Events that are no state change.
EVENT_LABELS = {
    "assign": _("Ditugaskan"),
    "match": _("Kecocokan dicari"),
    "count": _("Statistik dihitung"),
    "remake_document": _("Pembuatan dokumen diulang"),
}

Pair = tuple[str, str]


@dataclass
class ShownAnswer:
    """An answer as texts."""

    answer: Answer
    pairs: list[Pair]


@dataclass
class ShownRow:
    """A row as texts, with its outcome."""

    row: RequestRow
    asked: list[Pair]
    outcome: str
    colour: str
    answers: list[ShownAnswer] = field(default_factory=list)
    candidates: list[Any] = field(default_factory=list)


class Reader:
    """Turns stored values into texts by the schema the request was submitted under; lists are read once."""

    def __init__(self, request: DataRequest) -> None:
        self.request = request
        self.lookups = Lookups()

    def asked(self, row: RequestRow) -> list[Pair]:
        """What the applicant filled in."""
        return self.pairs(self.request.schema_for(row.service).asked, row.values)

    def answered(self, row: RequestRow, values: Any) -> list[Pair]:
        """What is known about the person."""
        return self.pairs(self.request.schema_for(row.service).answered, values)

    def pairs(self, fields: Iterable[Field], values: Any) -> list[Pair]:
        """Label and text of each field that has a value."""
        shown = ((item.shown_label, item.display(values, self.lookups)) for item in fields)
        return [(label, text) for label, text in shown if text]


def tabs(found: DataRequest, current: str) -> list[dict[str, Any]]:
    """The tabs of the page; "cocok" is the workspace with an address of its own."""
    change = reverse("admin:requests_app_datarequest_change", args=[found.pk])
    workspace = reverse("admin:requests_app_datarequest_workspace", args=[found.pk])
    entries = [
        ("ringkasan", _("Ringkasan"), change, None),
        ("data", _("Data Detail"), f"{change}?tab=data", getattr(found, "row_count", None)),
        ("statistik", _("Statistik"), f"{change}?tab=statistik", getattr(found, "statistics_count", None)),
        ("cocok", _("Hasil pencocokan"), workspace, None),
        ("dokumen", _("Dokumen"), f"{change}?tab=dokumen", None),
        ("riwayat", _("Riwayat"), f"{change}?tab=riwayat", None),
    ]
    return [
        {"title": title, "link": link, "count": count, "is_current": key == current}
        for key, title, link, count in entries
    ]


def header(found: DataRequest) -> dict[str, Any]:
    """Status, deadline and officer, shown above the tabs."""
    today = clock.today()
    is_open = found.due_on is not None and found.status in OPEN_STATES
    days_late = (today - found.due_on).days if found.is_overdue and found.due_on else 0
    return {
        "status": Status(found.status).label,
        "colour": STATUS_COLOURS.get(Status(found.status), ""),
        "is_open": is_open,
        "due": clock.short_date(found.due_on) if is_open and found.due_on else "",
        "days_late": days_late,
        "assignee": found.assignee.get_full_name() if found.assignee else "",
        "submitted": clock.short_datetime(found.submitted_at) if found.submitted_at else "",
    }


def outcome_counts(found: DataRequest) -> list[dict[str, Any]]:
    """How many rows have which outcome, in the order of the choices, empty ones left out."""
    counted = dict(found.rows.order_by().values_list("outcome").annotate(number=Count("pk")))
    return [
        {"key": outcome.value, "label": outcome.label, "number": counted[outcome.value]}
        for outcome in Outcome
        if outcome.value in counted
    ]


def page_of(rows: Any, request: HttpRequest) -> Page[Any]:
    """The page the person turned to; a wrong number gives the nearest one."""
    return Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("halaman"))


def may_read_rows(request: HttpRequest) -> bool:
    """Whether the officer may read rows about persons."""
    return bool(request.user.has_perm("requests_app.view_requestrow"))


def record_rows(request: HttpRequest, found: DataRequest, rows: Iterable[RequestRow]) -> None:
    """Writes the access log before rows are shown; nothing is shown when it cannot be written."""
    record_access(
        Action.VIEW_ROWS,
        actor=request.user,
        purpose=found.number or "",
        object_type="DataRequest",
        object_id=found.pk,
        persons=rows,
        request=request,
    )


def tab_page(model_admin: Any, request: HttpRequest, found: DataRequest) -> HttpResponse:
    """Draws the tab named by ``?tab=``."""
    build = {
        "data": _rows_tab,
        "statistik": _statistics_tab,
        "dokumen": _documents_tab,
        "riwayat": _history_tab,
    }
    asked = request.GET.get("tab", "")
    tab = asked if asked in build else "ringkasan"
    context = {
        **model_admin.page_context(request, found),
        "header": header(found),
        "tabs": tabs(found, tab),
        **build.get(tab, _summary_tab)(request, found),
    }
    return TemplateResponse(request, f"{TEMPLATES}/{tab}.html", context)


def _summary_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    agreement = found.agreement
    validity = ""
    if agreement is not None:
        if agreement.valid_until:
            validity = clock.date_range(agreement.valid_from, agreement.valid_until)
        else:
            validity = str(_("sejak %(day)s") % {"day": clock.short_date(agreement.valid_from)})
    return {
        "counts": outcome_counts(found),
        "letter_date": clock.long_date(found.letter_date) if found.letter_date else "",
        "legal_basis": LegalBasis(found.legal_basis).label if found.legal_basis else "",
        "agreement_validity": validity,
        "agreement_in_force": agreement is not None and agreement.is_in_force(clock.today()),
        "services": [service.shown_label for service in workflow.requested_services(found)],
        "signers": [
            (label, person.get_full_name())
            for label, person in (
                (_("Diverifikasi oleh"), found.verified_by),
                (_("Diproses oleh"), found.processed_by),
                (_("Disetujui oleh"), found.approved_by),
            )
            if person is not None
        ],
    }


def _rows_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    if not may_read_rows(request):
        return {"may_read": False}
    page = page_of(found.rows.select_related("service").prefetch_related("service__fields"), request)
    rows = list(page.object_list)
    record_rows(request, found, rows)
    reader = Reader(found)
    return {
        "may_read": True,
        "page": page,
        "shown_rows": [
            ShownRow(
                row, reader.asked(row), str(Outcome(row.outcome).label), OUTCOME_COLOURS[Outcome(row.outcome)]
            )
            for row in rows
        ],
    }


def statistics_items(found: DataRequest) -> list[dict[str, Any]]:
    """The statistics questions with their filters in words and the counted tables."""
    items = found.statistics.select_related(
        "service", "regional_office", "office", "checkpoint", "answered_by"
    )
    shown = []
    for item in items:
        filters = [
            str(part)
            for part in (
                item.regional_office,
                item.office,
                item.checkpoint,
                item.get_citizenship_display() if item.citizenship else None,
                item.get_direction_display() if item.direction else None,
            )
            if part
        ]
        shown.append(
            {
                "item": item,
                "period": clock.date_range(item.period_from, item.period_until),
                "filters": filters,
                "answered": clock.short_datetime(item.answered_at) if item.answered_at else "",
            }
        )
    return shown


def _statistics_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    return {"questions": statistics_items(found), "may_process": may_process(request, found)}


def may_process(request: HttpRequest, found: DataRequest) -> bool:
    """Whether this officer may answer rows of this request now."""
    return bool(
        found.status == Status.PROCESSING
        and request.user.has_perm(workflow.PROCESS)
        and not workflow.is_not_own_agency(found, officer_of(request))
    )


def _documents_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    may_read = request.user.has_perm("requests_app.view_resultdocument")
    return {
        **_summary_tab(request, found),
        "documents": list(found.documents.all()) if may_read else [],
    }


def _history_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    lines = []
    for event in found.events.select_related("actor").order_by("-id"):
        verb = workflow.VERBS.get(event.verb)
        lines.append(
            {
                "event": event,
                "at": clock.short_datetime(event.at),
                "label": verb.label if verb else EVENT_LABELS.get(event.verb, event.verb),
                "actor": event.actor.get_full_name() if event.actor else _("Sistem"),
                "source": Status(event.source).label if event.source else "",
                "target": Status(event.target).label if event.target else "",
            }
        )
    return {"lines": lines}
