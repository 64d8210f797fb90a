"""Meja jawab: a grid over the open rows of one service across requests; each line is saved by itself."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field
from core.doors import clock
from core.rules.models import Reason
from requests_app import answering, workflow
from requests_app.admin.buttons import officer_of
from requests_app.bench import book, reading
from requests_app.bench.reading import DUES, HOLDERS, STAGES, BenchFilter, Schemas
from requests_app.bench.saving import Line, save_line
from requests_app.models import Answer, Outcome, RequestRow
from requests_app.models.rows import REASONED_OUTCOMES, RowQuerySet

LINES_ON_A_PAGE = 50
TEMPLATE = "admin/requests_app/datarequest/bench.html"
OUTCOMES = (
    Outcome.FOUND,
    Outcome.NOT_FOUND,
    Outcome.NEEDS_REVIEW,
    *REASONED_OUTCOMES,
)
_PREFIX = "isi-"


@dataclass
class ShownCell:
    """One answer cell: its text, whether the request has the column at all, what is wrong with it."""

    column: Field
    text: str
    is_open: bool
    errors: list[str] = field(default_factory=list)


@dataclass
class ShownLine:
    """One line: a row with one of its answers, or a blank one."""

    row: RequestRow
    answer: Answer | None
    cells: list[ShownCell]
    asked: list[tuple[str, str]] = field(default_factory=list)
    due: str = ""
    is_late: bool = False
    is_first: bool = True
    holder: str = ""
    outcome: str = ""
    reason: str = ""
    text: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The line's name within the page."""
        return f"{self.row.pk}-{self.answer.pk if self.answer else 'baru'}"


def require_right(request: HttpRequest) -> None:
    """PermissionDenied unless the officer answers rows and may read them."""
    if not (
        request.user.has_perm(workflow.PROCESS)
        and request.user.has_perm("requests_app.view_requestrow")
        and request.user.has_perm("requests_app.view_answer")
    ):
        raise PermissionDenied


def bench(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET shows the lines, POST saves one of them: a page without script, a short answer for the script.

    The script's GET brings the token its forms need after signing in again in another tab.
    """
    require_right(request)
    if request.method == "POST":
        return _save(model_admin, request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if _is_script(request):
        # The script asks after a refused save: somebody who signed in again has another token, somebody else another
        # key, and what one officer typed is not saved under another's name (four eyes).
        return JsonResponse({"token": get_token(request), "officer": str(officer_of(request).pk)})
    return _page(model_admin, request)


def _page(
    model_admin: Any, request: HttpRequest, failed: "tuple[str, Line, dict[str, list[str]]] | None" = None
) -> HttpResponse:
    user, asked = officer_of(request), BenchFilter.read(request.GET)
    services = reading.services_with_counts(user, asked)
    service = next((found for found, _number in services if found.key == asked.service), None)
    if service is None and not asked.service and services:
        service = services[0][0]
    if service is None and asked.service:
        # Nothing left of it in this view: the grid stays, empty.
        service = Service.objects.filter(key=asked.service).first()
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": _("Meja jawab"),
        "service": service,
        "services": [
            {
                "label": found.shown_label,
                "number": number,
                "query": asked.query(layanan=found.key),
                "is_current": service is not None and found.pk == service.pk,
            }
            for found, number in services
        ],
        "chips": _chips(asked, service),
        "asked_filter": asked,
    }
    if service is not None:
        asked = BenchFilter(service.key, asked.holder, asked.stage, asked.due)
        rows = reading.bench_rows(user, asked).filter(service=service)
        context |= _lines(request, service, rows, failed)
        context |= {"query": asked.query(), "here": f"{request.path}?{asked.query()}"}
    status = 422 if failed else 200
    return TemplateResponse(request, TEMPLATE, context, status=status)


def _chips(asked: BenchFilter, service: Service | None) -> list[list[dict[str, Any]]]:
    key = service.key if service else asked.service
    return [
        [
            {
                "label": label,
                "query": asked.query(**{name: value, "layanan": key}),
                "is_current": value == current,
            }
            for value, label in choices.items()
        ]
        for name, choices, current in (
            ("milik", HOLDERS, asked.holder),
            ("tampil", STAGES, asked.stage),
            ("batas", DUES, asked.due),
        )
    ]


def _lines(request: HttpRequest, service: Service, rows: RowQuerySet, failed: Any) -> dict[str, Any]:
    ordered = reading.in_order(rows).select_related("request", "assignee").prefetch_related("answers")
    page = Paginator(ordered, LINES_ON_A_PAGE).get_page(request.GET.get("halaman"))
    members = list(page.object_list)
    record_access(
        Action.VIEW_ROWS,
        actor=request.user,
        purpose=_("Meja jawab: %(service)s") % {"service": service.label},
        object_type="Service",
        object_id=service.key,
        persons=members,
        request=request,
    )
    schemas, lookups = Schemas(service), Lookups()
    columns = schemas.answered(members)
    lines: list[ShownLine] = []
    extra = request.GET.get("catatan", "")
    for row in members:
        answers: list[Answer | None] = list(row.answers.all()) or [None]
        if str(row.pk) == extra and answers != [None]:
            answers.append(None)
        for number, answer in enumerate(answers):
            line = _line(row, answer, columns, schemas, lookups)
            line.is_first = number == 0
            lines.append(line)
    if failed:
        key, entered, errors = failed
        for line in lines:
            if line.key == key:
                _put_back(line, entered, errors)
    return {
        "page": page,
        "book_is_cut": page.paginator.count > book.MOST_ROWS,
        "book_rows": number_format(book.MOST_ROWS, force_grouping=True),
        "columns": columns,
        "lines": lines,
        "lists": [
            (column.key, options)
            for column in columns
            if (options := column.kind.column(column, lookups).options)
        ],
        "outcomes": OUTCOMES,
        "reasons": list(Reason.objects.offered(Reason.Purpose.OUTCOME)),
    }


def _line(
    row: RequestRow, answer: Answer | None, columns: list[Field], schemas: Schemas, lookups: Lookups
) -> ShownLine:
    schema = schemas.of(row)
    own = {item.key for item in schema.answered}
    values = answer.values if answer else {}
    shown = ((item.shown_label, item.display(row.values, lookups)) for item in schema.asked)
    due = row.request.due_on
    return ShownLine(
        row,
        answer,
        [ShownCell(column, reading.entry(column, values, lookups), column.key in own) for column in columns],
        asked=[(label, text) for label, text in shown if text and text != row.name],
        due=clock.short_date(due) if due else "–",
        is_late=due is not None and due < clock.today(),
        holder=row.assignee.get_full_name() if row.assignee else "",
        outcome="" if row.outcome == Outcome.PENDING else row.outcome,
        text=row.outcome_reason,
    )


def _put_back(line: ShownLine, entered: Line, errors: dict[str, list[str]]) -> None:
    """What was typed and could not be saved, with what is wrong beside it."""
    for cell in line.cells:
        cell.text = entered.values.get(cell.column.key, cell.text)
        cell.errors = errors.get(cell.column.key, [])
    line.outcome, line.text = entered.outcome, entered.text
    line.reason = str(entered.reason.pk) if entered.reason else ""
    line.errors = errors.get(NON_FIELD_ERRORS, [])


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Bench") == "1"


# --- saving a line ---


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)


def _read_line(request: HttpRequest) -> Line:
    reason = None
    if request.POST.get("alasan_id"):
        offered = Reason.objects.offered(Reason.Purpose.OUTCOME)
        reason = get_object_or_404(offered, pk=_number(request, "alasan_id"))
    return Line(
        {
            key.removeprefix(_PREFIX): str(text)[:2000]
            for key, text in request.POST.items()
            if key.startswith(_PREFIX)
        },
        request.POST.get("hasil", "")[:20],
        reason,
        request.POST.get("alasan", "")[:500],
        _number(request, "jawaban") if request.POST.get("jawaban") else None,
    )


def _save(model_admin: Any, request: HttpRequest) -> HttpResponse:
    user = officer_of(request)
    row = get_object_or_404(
        reading.workable_rows(user).select_related("request"), pk=_number(request, "baris")
    )
    line, version = _read_line(request), _number(request, "versi")
    by_script = _is_script(request)
    try:
        with transaction.atomic():
            record_access(
                Action.ANSWER,
                actor=user,
                purpose=row.request.number or "",
                object_type="DataRequest",
                object_id=row.request_id,
                persons=[row],
                request=request,
            )
            saved, answer = save_line(row.pk, by=user, line=line, version=version)
    except answering.RowConflict as conflict:
        return _refuse(model_admin, request, row, line, {NON_FIELD_ERRORS: conflict.messages}, 409)
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        errors = {str(key) or NON_FIELD_ERRORS: texts for key, texts in found.items()}
        return _refuse(model_admin, request, row, line, errors, 422)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    text = _("%(number)s baris %(position)d: %(outcome)s, disimpan.") % {
        "number": row.request.number,
        "position": row.position,
        "outcome": Outcome(saved.outcome).label,
    }
    if by_script:
        return JsonResponse(
            {"version": saved.version, "answer": answer.pk if answer else "", "message": text}
        )
    messages.success(request, text)
    return HttpResponseRedirect(request.get_full_path())


def _refuse(
    model_admin: Any,
    request: HttpRequest,
    row: RequestRow,
    line: Line,
    errors: dict[str, list[str]],
    status: int,
) -> HttpResponse:
    if _is_script(request):
        texts = {("" if key == NON_FIELD_ERRORS else key): found for key, found in errors.items()}
        return JsonResponse({"errors": texts}, status=status)
    response = _page(model_admin, request, (f"{row.pk}-{line.answer_pk or 'baru'}", line, errors))
    for text in errors.get(NON_FIELD_ERRORS, []):
        messages.error(request, text)
    response.status_code = status
    return response
