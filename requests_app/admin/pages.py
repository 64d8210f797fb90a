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
from requests_app import agreements, ledger, workflow
from requests_app.admin import conversation, correcting, holding, timing
from requests_app.admin.buttons import officer_of
from requests_app.models import Answer, DataRequest, LegalBasis, Outcome, RequestRow, RowEvent, Status
from requests_app.models.request import OPEN_STATES
from requests_app.repeats import Earlier
from requests_app.row_history import sessions

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
    "take": _("Diambil"),
    "release": _("Dilepaskan ke antrean"),
    "match": _("Kecocokan dicari"),
    "count": _("Statistik dihitung"),
    "remake_document": _("Pembuatan dokumen diulang"),
    "extend": _("Batas waktu diperpanjang"),
    "change_requester": _("Pemohon diganti"),
    "spread": _("Baris dibagi kepada petugas"),
    "part_first": _("Bagian disetujui (1 dari 2)"),
    "release_part": _("Bagian disetujui"),
    "part_withdrawn": _("Bagian yang menunggu dibatalkan"),
    "part_ready": _("Dokumen bagian terbit"),
    "ask_revocation": _("Pencabutan dokumen diminta"),
    "revoke": _("Dokumen dicabut"),
    "drop_revocation": _("Dokumen tetap berlaku"),
    "hold": _("Ditahan dari pemusnahan"),
    "release_hold": _("Penahanan dilepas"),
    "erase": _("Isi dimusnahkan karena masa simpan berakhir"),
}
#: What officers did to rows, as the history of the request tells it: one line for a session.
SESSION_WORDS = {
    RowEvent.Kind.CLAIMED: _("%(count)d baris diambil"),
    RowEvent.Kind.FREED: _("%(count)d baris dilepas"),
    RowEvent.Kind.DECIDED: _("%(count)d baris dijawab"),
    RowEvent.Kind.CHANGED: _("Jawaban %(count)d baris diubah"),
    RowEvent.Kind.REOPENED: _("%(count)d baris dibuka kembali"),
    RowEvent.Kind.RELEASED: _("%(count)d baris diterbitkan"),
}

Pair = tuple[str, str]


@dataclass
class ShownAnswer:
    """An answer as texts; ``why``: on what grounds a record of the holdings was accepted."""

    answer: Answer
    pairs: list[Pair]
    why: str = ""


@dataclass
class ShownRow:
    """A row as texts, with its outcome."""

    row: RequestRow
    asked: list[Pair]
    outcome: str
    colour: str
    answers: list[ShownAnswer] = field(default_factory=list)
    candidates: list[Any] = field(default_factory=list)
    #: Columns with their pins and the pin of the whole row, on the tab "Data Detail" only.
    cells: list[Any] = field(default_factory=list)
    why: str = ""
    #: Who decided it and when, in a sentence.
    decided: str = ""
    #: In a document, or on the way into one.
    closed: bool = False
    #: Whether the reader may change it now.
    is_mine: bool = False
    has_trail: bool = False
    #: The agency's earlier request for the same person.
    earlier: Earlier | None = None


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
        ("percakapan", _("Percakapan"), f"{change}?tab=percakapan", None),
        ("perbaikan", _("Perbaikan"), f"{change}?tab=perbaikan", None),
        ("waktu", _("Waktu"), f"{change}?tab=waktu", None),
        ("riwayat", _("Riwayat"), f"{change}?tab=riwayat", None),
    ]
    return [
        {
            "title": title,
            "link": link,
            "count": count,
            "news": getattr(found, "unread_count", 0) if key == "percakapan" else 0,
            "is_current": key == current,
        }
        for key, title, link, count in entries
    ]


def header(found: DataRequest) -> dict[str, Any]:
    """Status, deadline and officer, shown above the tabs."""
    is_open = found.status in OPEN_STATES
    return {
        "status": Status(found.status).label,
        "colour": STATUS_COLOURS.get(Status(found.status), ""),
        "is_open": is_open,
        "due": clock.short_date(found.due_on) if is_open and found.due_on else "",
        "light": ledger.light(found),
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
        "percakapan": conversation.tab,
        "perbaikan": correcting.tab,
        "waktu": timing.tab,
        "riwayat": _history_tab,
    }
    asked = request.GET.get("tab", "")
    tab = asked if asked in build else "ringkasan"
    return draw_tab(model_admin, request, found, tab, build.get(tab, _summary_tab)(request, found))


def draw_tab(
    model_admin: Any,
    request: HttpRequest,
    found: DataRequest,
    tab: str,
    shown: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """The page around a tab's own context."""
    context = {
        **model_admin.page_context(request, found),
        "header": header(found),
        "retention_notices": holding.notices(found),
        "tabs": tabs(found, tab),
        **shown,
    }
    return TemplateResponse(request, f"{TEMPLATES}/{tab}.html", context, status=status)


def _summary_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    agreement = found.agreement
    validity = ""
    if agreement is not None:
        if agreement.valid_until:
            validity = clock.date_range(agreement.valid_from, agreement.valid_until)
        else:
            validity = str(_("sejak %(day)s") % {"day": clock.short_date(agreement.valid_from)})
    return {
        **correcting.pinned_header(request, found),
        "counts": outcome_counts(found),
        "letter_date": clock.long_date(found.letter_date) if found.letter_date else "",
        "legal_basis": LegalBasis(found.legal_basis).label if found.legal_basis else "",
        "agreement_validity": validity,
        "agreement_terms": agreement_terms(found),
        "agreement_link": agreement_link(request, found),
        "agreement_in_force": agreement is not None and agreement.is_in_force(clock.today()),
        "services": [service.shown_label for service in workflow.requested_services(found)],
        "signers": [
            (label, person.get_full_name())
            for label, person in (
                (_("Diverifikasi oleh"), found.verified_by),
                (_("Diproses oleh"), found.processed_by),
                (_("Disetujui oleh"), found.approved_by),
                (_("Disetujui kedua oleh"), found.second_approved_by),
                (_("Diterbitkan mendesak oleh"), found.override_by),
            )
            if person is not None
        ],
    }


def agreement_terms(found: DataRequest) -> list[dict[str, str]]:
    """For each service asked for: the answer columns granted, and how far the quota is used."""
    if found.agreement is None:
        return []
    lines = []
    for service in workflow.requested_services(found):
        granted = found.schema_for(service).answered
        is_all = len(granted) == len(service.schema().answered)
        quota = agreements.quota_of(found, service, found.agreement)
        lines.append(
            {
                "service": service.shown_label,
                "columns": str(
                    _("Semua kolom jawaban") if is_all else ", ".join(item.shown_label for item in granted)
                ),
                "quota": ""
                if quota is None
                else str(
                    _("Kuota %(limit)d baris: %(used)d terpakai, permohonan ini %(own)d")
                    % {"limit": quota.limit, "used": quota.used, "own": quota.own}
                ),
            }
        )
    return lines


def agreement_link(request: HttpRequest, found: DataRequest) -> str:
    """The page of the very version, for those who may read agreements."""
    if found.agreement_id is None or not request.user.has_perm("accounts.view_agreement"):
        return ""
    return reverse("admin:accounts_agreement_change", args=[found.agreement_id])


def _rows_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    if not may_read_rows(request):
        return {"may_read": False}
    page = page_of(found.rows.select_related("service").prefetch_related("service__fields"), request)
    rows = list(page.object_list)
    record_rows(request, found, rows)
    shown_rows = [
        ShownRow(row, [], str(Outcome(row.outcome).label), OUTCOME_COLOURS[Outcome(row.outcome)])
        for row in rows
    ]
    return {
        "may_read": True,
        "page": page,
        "shown_rows": shown_rows,
        **correcting.pinned_rows(request, found, shown_rows),
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
    return {
        "questions": statistics_items(found),
        "may_process": may_process(request, found),
        "may_mark": correcting.may_mark(request, found),
    }


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
        "documents": list(found.documents.annotate(row_count=Count("rows"))) if may_read else [],
    }


def _history_tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    lines: list[tuple[Any, dict[str, Any]]] = []
    for event in found.events.select_related("actor"):
        verb = workflow.VERBS.get(event.verb)
        lines.append(
            (
                event.at,
                {
                    "event": event,
                    "at": clock.short_datetime(event.at),
                    "label": verb.label if verb else EVENT_LABELS.get(event.verb, event.verb),
                    "actor": event.actor.get_full_name() if event.actor else _("Sistem"),
                    "source": Status(event.source).label if event.source else "",
                    "target": Status(event.target).label if event.target else "",
                },
            )
        )
    for session in sessions(found):
        lines.append(
            (
                session.last,
                {
                    "label": SESSION_WORDS[RowEvent.Kind(session.kind)] % {"count": session.rows},
                    "at": session.span,
                    "actor": session.actor or _("Sistem"),
                },
            )
        )
    # Newest first; of things at the same moment the one written later stands above.
    lines.reverse()
    lines.sort(key=lambda pair: pair[0], reverse=True)
    return {"lines": [line for _at, line in lines]}
