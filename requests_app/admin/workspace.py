"""The answering workspace: rows with candidates from the holdings, and the verbs pressed on them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Prefetch
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

from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock
from core.rules.models import Reason
from requests_app import answering, repeats, row_jobs, workflow
from requests_app.admin import pages, row_job_pages, row_pages
from requests_app.admin.buttons import officer_of
from requests_app.models import Answer, Candidate, DataRequest, Outcome, RequestRow, RowEvent, RowJob
from requests_app.models.rows import ANSWERED_OUTCOMES, REASONED_OUTCOMES
from requests_app.row_filter import HOLDERS, RowFilter

#: Outcomes an officer may set by hand on a row without a reason.
PLAIN_OUTCOMES = (Outcome.NOT_FOUND, Outcome.NEEDS_REVIEW, Outcome.PENDING)


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
        "job": row_jobs.running(found),
    }
    if context["may_read"]:
        context |= _rows(request, found, context["may_process"])
    return TemplateResponse(request, f"{pages.TEMPLATES}/workspace.html", context)


def _rows(request: HttpRequest, found: DataRequest, may_process: bool) -> dict[str, Any]:
    narrowed = RowFilter.read(request.GET)
    rows = found.rows.select_related("service", "decided_by", "assignee", "released_in").annotate(
        has_trail=Exists(RowEvent.objects.filter(row=OuterRef("pk")))
    )
    rows = rows.prefetch_related("service__fields")
    if request.user.has_perm("requests_app.view_answer"):
        rows = rows.prefetch_related("answers")
    if may_process:
        proposed = Candidate.objects.select_related("record").order_by("-score", "id")
        rows = rows.prefetch_related(Prefetch("candidates", queryset=proposed))
    page = pages.page_of(narrowed.apply(rows, officer_of(request)), request)
    members = list(page.object_list)
    opened = _opened(request, members) if may_process else []
    pages.record_rows(request, found, members)
    _record_opened(request, found, opened)
    reader = pages.Reader(found)
    is_open = {row.pk for row in opened}
    shown = [_shown(request, reader, row, row.pk in is_open, may_process) for row in members]
    earlier = repeats.asked_before(found, members)
    for item in shown:
        item.earlier = earlier.get(item.row.pk)
    counts = pages.outcome_counts(found)
    query = {**narrowed.parts, "halaman": str(page.number), "buka": request.GET.get("buka", "")}
    return {
        "page": page,
        "shown_rows": shown,
        "counts": counts,
        "total": sum(entry["number"] for entry in counts),
        "answered": sum(entry["number"] for entry in counts if entry["key"] in ANSWERED_OUTCOMES),
        "waiting": next((entry["number"] for entry in counts if entry["key"] == Outcome.PENDING), 0),
        "outcome": narrowed.outcome,
        "narrowed": {
            "parts": narrowed.parts,
            "query": narrowed.query,
            "without_outcome": narrowed.without("hasil"),
        },
        "chips": _chips(found, narrowed),
        "page_query": urlencode({key: value for key, value in query.items() if value}),
        "plain_outcomes": PLAIN_OUTCOMES,
        "reasoned_outcomes": REASONED_OUTCOMES,
        "reasons": list(Reason.objects.offered(Reason.Purpose.OUTCOME)) if may_process else [],
        "has_candidates": any(row.candidates for row in shown),
        "has_statistics": bool(getattr(found, "statistics_count", 0)),
    }


def _chips(found: DataRequest, narrowed: RowFilter) -> list[dict[str, Any]]:
    """Whose rows, and of which service where there is more than one; a chosen one is a way back."""
    chips = [
        {
            "label": label,
            "is_current": narrowed.holder == key,
            "query": narrowed.without("milik") + ("" if narrowed.holder == key else f"milik={key}"),
        }
        for key, label in HOLDERS.items()
    ]
    services = workflow.requested_services(found)
    if len(services) > 1:
        chips += [
            {
                "label": service.shown_label,
                "is_current": narrowed.service == service.key,
                "query": narrowed.without("layanan")
                + ("" if narrowed.service == service.key else f"layanan={service.key}"),
            }
            for service in services
        ]
    return chips


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
        decided=_decided(row),
        closed=row.is_closed,
        is_mine=may_process and not row.is_closed and row.assignee_id in (None, officer_of(request).pk),
        has_trail=getattr(row, "has_trail", False),
    )
    candidates = list(row.candidates.all()) if may_process else []
    grounds: dict[int | None, str] = {candidate.record_id: candidate.reason for candidate in candidates}
    if request.user.has_perm("requests_app.view_answer"):
        shown.answers = [
            pages.ShownAnswer(answer, reader.answered(row, answer.values), grounds.get(answer.record_id, ""))
            for answer in row.answers.all()
        ]
    if shown.is_mine:
        # A confirmed record stands there once, as an answer.
        answered = {item.answer.record_id for item in shown.answers}
        shown.candidates = [
            ShownCandidate(
                candidate,
                candidate.grade == Candidate.Grade.EXACT,
                is_open,
                reader.answered(row, candidate.record.values) if is_open else [],
            )
            for candidate in candidates
            if candidate.record_id not in answered
        ]
    return shown


def _decided(row: RequestRow) -> str:
    if row.decided_by is None or row.decided_at is None or row.outcome == Outcome.PENDING:
        return ""
    return _("Dijawab %(name)s, %(at)s") % {
        "name": row.decided_by.get_full_name(),
        "at": clock.short_datetime(row.decided_at),
    }


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
        told = handler(request, found)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    else:
        if isinstance(told, HttpResponse):
            return told
        if told:
            messages.success(request, told)
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
    query = {key: came[key] for key in ("hasil", "milik", "layanan", "halaman", "buka") if came.get(key)}
    row = request.POST.get("baris", "")
    anchor = f"#baris-{row}" if row.isascii() and row.isdigit() else ""
    return f"{url}?{urlencode(query)}{anchor}" if query else f"{url}{anchor}"


def _number(request: HttpRequest, name: str) -> int:
    """A positive whole number from the form; 404 for anything else."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)


def record(
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


def _propose(request: HttpRequest, found: DataRequest) -> str | HttpResponse:
    if row_jobs.is_large(found.rows.filter(outcome=Outcome.PENDING).count()):
        return row_job_pages.start(request, found, RowJob.Kind.MATCH)
    if pages.may_process(request, found):
        record(request, found, Action.MATCH, found.rows.filter(outcome=Outcome.PENDING))
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
        record(request, found, Action.ANSWER, [candidate.row])
    answering.decide_candidate(candidate.pk, by=officer_of(request), accepted=accepted)
    if accepted:
        return _("Baris %(number)d: dicatat cocok.") % {"number": candidate.row.position}
    return _("Baris %(number)d: dicatat bukan orang yang sama.") % {"number": candidate.row.position}


def _settle(request: HttpRequest, found: DataRequest) -> str:
    row = get_object_or_404(RequestRow, pk=_number(request, "baris_id"), request=found)
    outcome = request.POST.get("hasil_baris", "")
    listed = request.POST.get("alasan_id", "")
    reason = None
    if listed:
        offered = Reason.objects.offered(Reason.Purpose.OUTCOME)
        reason = get_object_or_404(offered, pk=_number(request, "alasan_id"))
    text = answering.reason_text(reason, request.POST.get("alasan", ""))
    answering.set_outcome(row.pk, by=officer_of(request), outcome=outcome, reason=text)
    return _("Baris %(number)d: %(outcome)s.") % {
        "number": row.position,
        "outcome": Outcome(outcome).label,
    }


def _hold(request: HttpRequest, found: DataRequest) -> str:
    how = request.POST.get("cara", "")
    if how not in ("ambil", "ambil-alih", "lepas"):
        raise Http404
    return row_pages.claim_one(
        request, found, request.POST.get("baris_id", ""), take_over=how == "ambil-alih", free=how == "lepas"
    )


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


_VERBS: dict[str, Callable[[HttpRequest, DataRequest], str | HttpResponse]] = {
    "cari": _propose,
    "putuskan": _decide,
    "hasil": _settle,
    "pegang": _hold,
    "hapus": _remove,
    "hitung": _count,
}
