"""The applicant's requests: list, new draft, letter (step 1), data (step 2), detail, discard, withdraw."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core import throttle
from core.doors import clock
from public_site.forms.base import ErrorItem
from public_site.forms.requests import LetterForm, ReasonForm
from public_site.views.applicant import (
    PAGE_SIZE,
    STEPS,
    applicant_page,
    attach_errors,
    fetch_editable,
    fetch_visible,
    moment_text,
    person,
    timeline_items,
)
from public_site.views.errors import too_many
from requests_app import operations, workflow
from requests_app.models import DataRequest, RequestRow, ResultDocument, StatisticsItem, Status

GET_POST = require_http_methods(["GET", "HEAD", "POST"])


# --- list ----------


def phase_tabs(requests: QuerySet[DataRequest], chosen: str, query: str) -> list[dict[str, Any]]:
    """The status filters that lead somewhere, with counts, in the order of the flow; one query."""
    counts: dict[str, int] = {}
    for status, count in requests.order_by().values_list("status").annotate(Count("pk")):
        key = workflow.public_phase(status).key
        counts[key] = counts.get(key, 0) + count
    order = ["draf", "perbaikan", *(key for key in workflow.PHASES if key not in ("draf", "perbaikan"))]
    tabs = [{"key": "", "label": _("Semua"), "count": sum(counts.values())}]
    tabs += [
        {"key": key, "label": workflow.PHASES[key].label, "count": counts.get(key, 0)}
        for key in order
        if counts.get(key) or key == chosen
    ]
    return tabs


@applicant_page
@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """Daftar Permohonan: search, status filters, drafts first."""
    query = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:100]
    chosen = request.GET.get("status", "")
    if chosen not in workflow.PHASES:
        chosen = ""
    visible = DataRequest.objects.visible_to(person(request))
    found = visible.matching(query)
    shown = found
    if chosen:
        states = [status for status in Status if workflow.public_phase(status).key == chosen]
        shown = shown.filter(status__in=states)
    shown = shown.order_by(
        Case(When(status=Status.DRAFT, then=Value(0)), default=Value(1)),
        F("submitted_at").desc(nulls_last=True),
        "-updated_at",
    )
    page = paginate(request, shown)
    for item in page.object_list:
        item.phase = workflow.public_phase(item.status)
    context = {
        "nav": "requests",
        "query": query,
        "chosen": chosen,
        "tabs": phase_tabs(found, chosen, query),
        "page": page,
        "page_range": page.paginator.get_elided_page_range(page.number),
        "corrections": visible.filter(status=Status.NEEDS_CORRECTION, requester=person(request))[:5],
    }
    return render(request, "public_site/requests/list.html", context)


def paginate(request: HttpRequest, queryset: QuerySet[Any], parameter: str = "page") -> Page[Any]:
    """The asked page; a senseless number gives the nearest one."""
    return Paginator(queryset, PAGE_SIZE).get_page(request.GET.get(parameter))


@applicant_page
@require_POST
def request_new(request: HttpRequest) -> HttpResponse:
    """+ Permohonan Data: creates the draft, or says why not."""
    try:
        draft = operations.create_draft(by=person(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("public_site:request_list")
    return redirect("public_site:request_letter", pk=draft.pk)


# --- step 1: letter ----------


@applicant_page
@GET_POST
def request_letter(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Surat permohonan: keeps everything that is right, goes on when nothing is wrong or missing."""
    found = fetch_editable(request, pk)
    if request.method != "POST":
        return letter_page(request, found, LetterForm(data_request=found))
    if request.FILES:
        verdict = throttle.hit(
            f"upload:{person(request).pk}", limit=settings.UPLOADS_PER_HOUR, window=timedelta(hours=1)
        )
        if not verdict.allowed:
            return too_many(request, verdict.until)
    form = LetterForm(request.POST, request.FILES, data_request=found)
    is_complete = form.is_valid()
    try:
        found = operations.save_header(
            pk,
            by=person(request),
            values=form.storable(),
            letter=form.cleaned_data.get("letter"),
            version=sent_version(request),
        )
    except operations.StateConflict as conflict:
        if not fetch_visible(request, pk).is_editable:
            raise
        form.add_error(None, conflict)
        # The version stays what it was: only a reload may overwrite what the other device wrote.
        return letter_page(request, found, form, version=sent_version(request), status=409)
    form.keep_letter(found)
    if "_draf" in request.POST:
        form.forget_missing()
        if not form.errors:
            messages.success(request, _("Draf tersimpan. Anda dapat melanjutkannya kapan saja."))
            return redirect("public_site:request_list")
    elif is_complete:
        warn_of_same_letter(request, found)
        return redirect("public_site:request_data", pk=pk)
    return letter_page(request, found, form, status=422)


def sent_version(request: HttpRequest) -> int | None:
    """The version the form was opened with; 0 (never right) when it was tampered with."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def letter_page(
    request: HttpRequest,
    found: DataRequest,
    form: LetterForm,
    *,
    version: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """Step 1 drawn."""
    context = {
        "nav": "requests",
        "steps": STEPS,
        "found": found,
        "form": form,
        "version": found.version if version is None else version,
        "letter_size": letter_size(found),
        "today": clock.today(),
        "is_partly_saved": status == 422,
    }
    return render(request, "public_site/requests/letter.html", context, status=status)


def letter_size(found: DataRequest) -> int:
    """Bytes of the stored letter; 0 when there is none (any more)."""
    try:
        return found.letter.size if found.letter else 0
    except OSError:
        return 0


def warn_of_same_letter(request: HttpRequest, found: DataRequest) -> None:
    """One letter usually belongs to one request: say so, but let the person go on."""
    twin = (
        DataRequest.objects.visible_to(person(request))
        .filter(letter_number__iexact=found.letter_number, number__isnull=False)
        .exclude(pk=found.pk)
        .first()
    )
    if twin is not None:
        messages.warning(
            request,
            _("No. Surat ini sudah dipakai pada permohonan %(number)s. Lanjutkan hanya jika suratnya sama.")
            % {"number": twin.number},
        )


# --- step 2: data ----------


@applicant_page
@GET_POST
def request_data(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Data yang diminta: the manual's question, Data Detail and Data Statistik."""
    found = fetch_editable(request, pk)
    errors: list[ErrorItem] = []
    if request.method == "POST":
        if "_draf" in request.POST:
            messages.success(request, _("Draf tersimpan. Anda dapat melanjutkannya kapan saja."))
            return redirect("public_site:request_list")
        answer = {"ya": True, "tidak": False}.get(request.POST.get("more_than_ten", ""))
        if answer is None:
            errors.append(ErrorItem(_("Pilih YA atau TIDAK lebih dahulu"), "pertanyaan"))
        else:
            try:
                operations.answer_more_than_ten(pk, by=person(request), value=answer)
            except operations.StateConflict:
                raise
            except ValidationError as refusal:
                errors += [ErrorItem(text, "pertanyaan") for text in refusal.messages]
            else:
                return redirect(reverse("public_site:request_data", kwargs={"pk": pk}) + "#data-detail")
    context = {
        "nav": "requests",
        "steps": STEPS,
        "found": found,
        "errors": errors,
        "form_has_errors": bool(errors),
        "typed_rows_max": settings.TYPED_ROWS_MAX,
        **asked_data(request, found),
    }
    return render(request, "public_site/requests/data.html", context, status=422 if errors else 200)


def asked_data(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    """Rows (a page of them) and statistics questions, for every page that shows them."""
    rows: QuerySet[RequestRow] = found.rows.select_related("service")
    page = paginate(request, rows)
    questions: list[StatisticsItem] = list(
        found.statistics.select_related("service", "regional_office", "office", "checkpoint")
    )
    for question in questions:
        question.filters = statistics_filters(question)  # type: ignore[attr-defined]  # for the table
    return {
        "row_page": page,
        "row_page_range": page.paginator.get_elided_page_range(page.number),
        "row_count": page.paginator.count,
        "questions": questions,
    }


def statistics_filters(question: StatisticsItem) -> list[str]:
    """What narrows the count, in words."""
    parts = [question.regional_office, question.office, question.checkpoint]
    words = [str(part.label) for part in parts if part is not None]
    if question.citizenship:
        words.append(str(question.get_citizenship_display()))
    if question.direction:
        words.append(str(question.get_direction_display()))
    return words


# --- detail ----------


@applicant_page
@require_safe
def request_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Detail Permohonan; a draft leads to its first step. Reading is not logged here, downloads are."""
    found = fetch_visible(request, pk)
    if found.is_draft:
        return redirect("public_site:request_letter", pk=pk)
    user = person(request)
    events = list(found.events.select_related("actor"))
    context = {
        "nav": "requests",
        "found": found,
        "phase": workflow.public_phase(found.status),
        "timeline": timeline_items(found, events),
        "updated": moment_text(events[-1].at if events else found.updated_at),
        "notes": [event for event in events if event.is_public and event.note],
        "document": living_document(found),
        "letter_size": letter_size(found),
        "is_own": found.requester_id == user.pk,
        "may_withdraw": workflow.reasons("withdraw", found, user) == [],
        "shows_outcome": found.status == Status.COMPLETED,
        **asked_data(request, found),
    }
    return render(request, "public_site/requests/detail.html", context)


def living_document(found: DataRequest) -> ResultDocument | None:
    """The answer document that may be downloaded now."""
    if found.status != Status.COMPLETED:
        return None
    document: ResultDocument | None = found.documents.filter(state=ResultDocument.State.ISSUED).first()
    return document


# --- ending ----------


@applicant_page
@GET_POST
def request_discard(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks, then deletes the own draft."""
    found = fetch_editable(request, pk)
    if not found.is_draft:
        raise operations.StateConflict(operations.already_sent_message(found))
    if request.method == "POST":
        operations.discard(pk, by=person(request))
        messages.success(request, _("Draf dihapus."))
        return redirect("public_site:request_list")
    return render(request, "public_site/requests/discard.html", {"nav": "requests", "found": found})


@applicant_page
@GET_POST
def request_withdraw(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Batalkan permohonan, with the reason."""
    found = fetch_visible(request, pk)
    refuse_withdrawing(found, person(request))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.withdraw(pk, by=person(request), note=form.cleaned_data["note"])
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("Permohonan %(number)s dibatalkan.") % {"number": found.number})
            return redirect("public_site:request_detail", pk=pk)
    context = {"nav": "requests", "found": found, "form": form}
    return render(request, "public_site/requests/withdraw.html", context, status=422 if form.errors else 200)


def refuse_withdrawing(found: DataRequest, user: User) -> None:
    """PermissionDenied for a colleague's request, StateConflict when it is too late."""
    if found.requester_id != user.pk:
        raise PermissionDenied
    if workflow.reasons("withdraw", found, user) is None:
        raise operations.conflict(found)
