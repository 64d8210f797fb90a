"""The answering workspace: rows with candidates from the holdings, and the verbs pressed on them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.forms import Select
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.forms import SchemaForm
from requests_app import answering, workflow
from requests_app.admin import pages
from requests_app.admin.buttons import officer_of
from requests_app.models import Answer, Candidate, DataRequest, Outcome, RequestRow

#: Outcomes an officer may set by hand on a row; the last two need a reason.
PLAIN_OUTCOMES = (Outcome.NOT_FOUND, Outcome.NEEDS_REVIEW, Outcome.PENDING)
REASONED_OUTCOMES = (Outcome.WITHHELD, Outcome.OUT_OF_SCOPE)


@dataclass
class ShownCandidate:
    """A proposed record; ``pairs`` only when the officer opened it."""

    candidate: Candidate
    is_exact: bool
    is_open: bool
    pairs: list[pages.Pair]


def show(model_admin: Any, request: HttpRequest, found: DataRequest) -> HttpResponse:
    """A page of rows; everybody shown is in the access log before."""
    context: dict[str, Any] = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "may_process": pages.may_process(request, found),
        "may_read": pages.may_read_rows(request),
    }
    if context["may_read"]:
        context |= _rows(request, found, context["may_process"])
    return TemplateResponse(request, f"{pages.TEMPLATES}/workspace.html", context)


def _rows(request: HttpRequest, found: DataRequest, may_process: bool) -> dict[str, Any]:
    asked_outcome = request.GET.get("hasil", "")
    outcome = asked_outcome if asked_outcome in Outcome.values else ""
    rows = found.rows.select_related("service", "decided_by").prefetch_related("service__fields")
    if request.user.has_perm("requests_app.view_answer"):
        rows = rows.prefetch_related("answers")
    if may_process:
        proposed = Candidate.objects.select_related("record").order_by("-score", "id")
        rows = rows.prefetch_related(Prefetch("candidates", queryset=proposed))
    page = pages.page_of(rows.filter(outcome=outcome) if outcome else rows, request)
    members = list(page.object_list)
    opened = _opened(request, members) if may_process else []
    pages.record_rows(request, found, members)
    _record_opened(request, found, opened)
    reader = pages.Reader(found)
    is_open = {row.pk for row in opened}
    shown = [_shown(request, reader, row, row.pk in is_open, may_process) for row in members]
    counts = pages.outcome_counts(found)
    query = {"hasil": outcome, "halaman": str(page.number), "buka": request.GET.get("buka", "")}
    return {
        "page": page,
        "shown_rows": shown,
        "counts": counts,
        "total": sum(entry["number"] for entry in counts),
        "waiting": next((entry["number"] for entry in counts if entry["key"] == Outcome.PENDING), 0),
        "outcome": outcome,
        "page_query": urlencode({key: value for key, value in query.items() if value}),
        "plain_outcomes": PLAIN_OUTCOMES,
        "reasoned_outcomes": REASONED_OUTCOMES,
        "has_candidates": any(row.candidates for row in shown),
        "has_statistics": bool(getattr(found, "statistics_count", 0)),
    }


def _opened(request: HttpRequest, rows: list[RequestRow]) -> list[RequestRow]:
    """The rows of the page whose records the officer asked to see: ``?buka=<row>`` or ``?buka=semua``."""
    asked = request.GET.get("buka", "")
    if asked == "semua":
        return [row for row in rows if row.candidates.all()]
    return [row for row in rows if str(row.pk) == asked]


def _record_opened(request: HttpRequest, found: DataRequest, rows: list[RequestRow]) -> None:
    records = [candidate.record for row in rows for candidate in row.candidates.all()]
    if records:
        record_access(
            Action.VIEW_RECORD,
            actor=request.user,
            purpose=found.number or "",
            object_type="DataRequest",
            object_id=found.pk,
            persons=records,
            request=request,
        )


def _shown(
    request: HttpRequest, reader: pages.Reader, row: RequestRow, is_open: bool, may_process: bool
) -> pages.ShownRow:
    shown = pages.ShownRow(
        row,
        reader.asked(row),
        str(Outcome(row.outcome).label),
        pages.OUTCOME_COLOURS[Outcome(row.outcome)],
    )
    if request.user.has_perm("requests_app.view_answer"):
        shown.answers = [
            pages.ShownAnswer(answer, reader.answered(row, answer.values)) for answer in row.answers.all()
        ]
    if may_process:
        shown.candidates = [
            ShownCandidate(
                candidate,
                candidate.grade == Candidate.Grade.EXACT,
                is_open,
                reader.answered(row, candidate.record.values) if is_open else [],
            )
            for candidate in row.candidates.all()
        ]
    return shown


# --- verbs, by POST only ---


def act(request: HttpRequest, found: DataRequest, verb: str) -> HttpResponse:
    """Runs one verb on the request's rows and returns to where the officer was."""
    handler = _VERBS.get(verb)
    if handler is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(workflow.PROCESS):
        raise PermissionDenied
    try:
        text = handler(request, found)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    else:
        if text:
            messages.success(request, text)
    return HttpResponseRedirect(back_to(request, found))


def back_to(request: HttpRequest, found: DataRequest) -> str:
    """The workspace at the same page, filter and row; the statistics tab for its own button."""
    if request.POST.get("kembali") == "statistik":
        return reverse("admin:requests_app_datarequest_change", args=[found.pk]) + "?tab=statistik"
    url = reverse("admin:requests_app_datarequest_workspace", args=[found.pk])
    try:
        came = QueryDict(request.POST.get("kembali", "")[:200])
    except (UnicodeDecodeError, ValueError):
        came = QueryDict()
    query = {key: came[key] for key in ("hasil", "halaman", "buka") if came.get(key)}
    row = request.POST.get("baris", "")
    anchor = f"#baris-{row}" if row.isascii() and row.isdigit() else ""
    return f"{url}?{urlencode(query)}{anchor}" if query else f"{url}{anchor}"


def _number(request: HttpRequest, name: str) -> int:
    """A positive whole number from the form; 404 for anything else."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)


def _record(
    request: HttpRequest, found: DataRequest, action: Action, persons: Any, count: int | None = None
) -> None:
    record_access(
        action,
        actor=request.user,
        purpose=found.number or "",
        object_type="DataRequest",
        object_id=found.pk,
        persons=persons,
        count=count,
        request=request,
    )


def _propose(request: HttpRequest, found: DataRequest) -> str:
    if pages.may_process(request, found):
        _record(request, found, Action.MATCH, found.rows.filter(outcome=Outcome.PENDING))
    summary = answering.propose_matches(found.pk, by=officer_of(request))
    return _(
        "%(rows)d baris diperiksa: %(exact)d cocok persis, %(candidates)d dengan calon, "
        "%(without)d tanpa calon."
    ) % {
        "rows": summary.rows,
        "exact": summary.exact,
        "candidates": summary.candidates,
        "without": summary.without,
    }


def _decide(request: HttpRequest, found: DataRequest) -> str:
    candidate = get_object_or_404(
        Candidate.objects.select_related("row"), pk=_number(request, "calon"), row__request=found
    )
    accepted = request.POST.get("keputusan") == "cocok"
    if not accepted and request.POST.get("keputusan") != "bukan":
        raise Http404
    if accepted:
        _record(request, found, Action.ANSWER, [candidate.row])
    answering.decide_candidate(candidate.pk, by=officer_of(request), accepted=accepted)
    if accepted:
        return _("Baris %(number)d: dicatat cocok.") % {"number": candidate.row.position}
    return _("Baris %(number)d: dicatat bukan orang yang sama.") % {"number": candidate.row.position}


def _settle(request: HttpRequest, found: DataRequest) -> str:
    row = get_object_or_404(RequestRow, pk=_number(request, "baris_id"), request=found)
    outcome = request.POST.get("hasil_baris", "")
    answering.set_outcome(
        row.pk, by=officer_of(request), outcome=outcome, reason=request.POST.get("alasan", "")
    )
    return _("Baris %(number)d: %(outcome)s.") % {
        "number": row.position,
        "outcome": Outcome(outcome).label,
    }


def _remove(request: HttpRequest, found: DataRequest) -> str:
    answer = get_object_or_404(
        Answer.objects.select_related("row"), pk=_number(request, "jawaban"), row__request=found
    )
    answering.remove_answer(answer.pk, by=officer_of(request))
    return _("Satu jawaban pada baris %(number)d dihapus.") % {"number": answer.row.position}


def _count(request: HttpRequest, found: DataRequest) -> str:
    number = answering.count_statistics(found.pk, by=officer_of(request))
    return ngettext(
        "%(count)d permintaan statistik sudah dihitung.",
        "%(count)d permintaan statistik sudah dihitung.",
        number,
    ) % {"count": number}


_VERBS: dict[str, Callable[[HttpRequest, DataRequest], str]] = {
    "cari": _propose,
    "putuskan": _decide,
    "hasil": _settle,
    "hapus": _remove,
    "hitung": _count,
}


# --- two verbs with a page of their own ---


def accept_exact(model_admin: Any, request: HttpRequest, found: DataRequest) -> HttpResponse:
    """GET asks with the number of rows, POST confirms them."""
    if not request.user.has_perm(workflow.PROCESS):
        raise PermissionDenied
    exact = (
        found.rows.filter(outcome=Outcome.PENDING, candidates__grade=Candidate.Grade.EXACT)
        .exclude(candidates__grade=Candidate.Grade.CANDIDATE, candidates__decision=Candidate.Decision.OPEN)
        .distinct()
    )
    if request.method == "POST":
        try:
            if pages.may_process(request, found):
                _record(request, found, Action.ANSWER, exact)
            settled = answering.accept_exact(found.pk, by=officer_of(request))
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
        else:
            messages.success(request, _("%(count)d baris diterima sebagai cocok.") % {"count": settled})
        return HttpResponseRedirect(back_to(request, found))
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "may_process": pages.may_process(request, found),
        "number": exact.count(),
    }
    return TemplateResponse(request, f"{pages.TEMPLATES}/accept_exact.html", context)


def type_answer(model_admin: Any, request: HttpRequest, found: DataRequest, row_pk: int) -> HttpResponse:
    """The answer of one row, typed by the officer into the fields of its service."""
    if not request.user.has_perm(workflow.PROCESS) or not pages.may_read_rows(request):
        raise PermissionDenied
    row = get_object_or_404(found.rows.select_related("service"), pk=row_pk)
    reader = pages.Reader(found)
    form = SchemaForm(
        found.schema_for(row.service),
        request.POST if request.method == "POST" else None,
        surface="answered",
        values=row.values,
        lookups=reader.lookups,
        label_suffix="",
    )
    for item in form.fields.values():
        classes = SELECT_CLASSES if isinstance(item.widget, Select) else INPUT_CLASSES
        item.widget.attrs["class"] = " ".join(classes)
    status = 200
    pages.record_rows(request, found, [row])
    if request.method == "POST":
        if form.is_valid():
            try:
                _record(request, found, Action.ANSWER, [row])
                answering.type_answer(row.pk, by=officer_of(request), values=form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(
                    request, _("Jawaban baris %(number)d sudah disimpan.") % {"number": row.position}
                )
                return HttpResponseRedirect(back_to(request, found))
        status = 422
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "may_process": pages.may_process(request, found),
        "form": form,
        "row": row,
        "asked": reader.asked(row),
        "came_from": request.GET.urlencode() if request.method == "GET" else request.POST.get("kembali", ""),
    }
    return TemplateResponse(request, f"{pages.TEMPLATES}/type_answer.html", context, status=status)
