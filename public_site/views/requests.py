"""The applicant's requests: list, new draft, letter (step 1), data (step 2), detail, discard, withdraw."""

import uuid
from datetime import date, timedelta
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

from accounts.entitlements import ending_soon
from accounts.models import User
from core import throttle
from core.doors import clock
from core.rules.models import WorkRules
from public_site.forms.base import ErrorItem
from public_site.forms.requests import LetterForm, ReasonForm
from public_site.views import row_search
from public_site.views.applicant import (
    PAGE_SIZE,
    STEPS,
    applicant_page,
    attach_errors,
    correction_address,
    fetch_editable,
    fetch_visible,
    moment_text,
    person,
    timeline_items,
)
from public_site.views.corrections import correction_context, reasons_for
from public_site.views.errors import too_many
from requests_app import agreements, conversation, ledger, operations, repeats, workflow
from requests_app.corrections import Unlocked
from requests_app.models import DataRequest, ResultDocument, StatisticsItem, Status
from requests_app.models.request import OPEN_STATES
from requests_app.models.rows import RowQuerySet

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
    page = paginate(request, shown.annotate(unread_count=conversation.unread_by_applicant()))
    for item in page.object_list:
        item.phase = workflow.public_phase(item.status)
    context = {
        "nav": "requests",
        "query": query,
        "chosen": chosen,
        "tabs": phase_tabs(found, chosen, query),
        "page": page,
        "page_range": page.paginator.get_elided_page_range(page.number),
        "ending_agreements": ending_soon(person(request).agency_id or 0, clock.today()),
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
        return letter_page(request, found, locked(LetterForm(data_request=found), found))
    if request.FILES:
        verdict = throttle.hit(
            f"upload:{person(request).pk}", limit=settings.UPLOADS_PER_HOUR, window=timedelta(hours=1)
        )
        if not verdict.allowed:
            return too_many(request, verdict.until)
    form = locked(LetterForm(request.POST, request.FILES, data_request=found), found)
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
    if form.locked:
        # One place after the other: back to the list of what is left.
        if is_complete:
            messages.success(request, _("Perbaikan surat permohonan disimpan."))
            return redirect(correction_address(pk))
        return letter_page(request, found, form, status=422)
    if "_draf" in request.POST:
        form.forget_missing()
        if not form.errors:
            messages.success(request, _("Draf tersimpan. Anda dapat melanjutkannya kapan saja."))
            return redirect("public_site:request_list")
    elif is_complete:
        warn_of_same_letter(request, found)
        return redirect("public_site:request_data", pk=pk)
    return letter_page(request, found, form, status=422)


def locked(form: LetterForm, found: DataRequest) -> LetterForm:
    """The letter's form with only the pinned fields open while the request is under correction."""
    names = Unlocked.of(found).header_locked
    if names:
        form.lock(names, reasons_for(found, None))
    return form


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
        **correction_context(found),
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
        "quotas": agreements.all_quotas(found),
        **correction_context(found),
        **asked_data(request, found),
    }
    return render(request, "public_site/requests/data.html", context, status=422 if errors else 200)


def asked_data(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    """Rows (a page of them) and statistics questions, for every page that shows them."""
    rows: RowQuerySet = found.rows.select_related("service", "released_in")
    sought = row_search.sought(request, found)
    page = paginate(request, rows.about(sought) if sought else rows)
    unlocked = Unlocked.of(found)
    before = repeats.asked_before(found, page.object_list) if found.is_draft else {}
    for row in page.object_list:
        row.asked_before = before.get(row.pk)
        row.may_open = unlocked.may_open_row(row)
        row.may_remove = unlocked.is_whole_row(row)
    questions: list[StatisticsItem] = list(
        found.statistics.select_related("service", "regional_office", "office", "checkpoint")
    )
    for question in questions:
        question.filters = statistics_filters(question)  # type: ignore[attr-defined]  # for the table
        question.may_open = unlocked.may_change_statistics(question)  # type: ignore[attr-defined]  # for the table
    return {
        "row_page": page,
        "row_page_range": page.paginator.get_elided_page_range(page.number),
        "row_count": rows.count() if sought else page.paginator.count,
        "sought": sought,
        "found_count": page.paginator.count,
        "offers_search": bool(sought) or page.paginator.num_pages > 1,
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
    living, revoked = living_document(found), list(revoked_documents(found))
    # Nothing of the last document is shown while it is revoked and no other in force.
    is_revoked = living is None and any(document.part is None for document in revoked)
    context = {
        "nav": "requests",
        "found": found,
        "phase": workflow.public_phase(found.status),
        "timeline": timeline_items(found, events),
        "light": ledger.light(found),
        "ledger": ledger.lines(found),
        "updated": moment_text(events[-1].at if events else found.updated_at),
        "notes": [event for event in events if event.is_public and event.note],
        "document": living,
        "erased_on": clock.long_date(clock.local_date(found.erased_at)) if found.erased_at else "",
        "files_until": clock.long_date(files_until(living)) if living and found.erased_at else "",
        "parts": released_parts(found).annotate(row_count=Count("rows")),
        "revoked": revoked,
        "revoked_advice": revoked_advice(found, revoked[0] if revoked else None, living),
        "released_count": found.rows.filter(released_in__state=ResultDocument.State.ISSUED).count(),
        "letter_size": letter_size(found),
        "is_own": found.requester_id == user.pk,
        "agreement_notice": agreements.end_notice(found) if found.status in OPEN_STATES else "",
        "unread_count": unread_messages(found, user),
        "may_withdraw": workflow.reasons("withdraw", found, user) == [],
        "shows_outcome": found.status == Status.COMPLETED and not is_revoked and found.agency.is_active,
        # An agency that is shut reads no answer here either, as it downloads none.
        "is_held_back": not found.agency.is_active,
        **correction_context(found, is_own=found.requester_id == user.pk),
        **asked_data(request, found),
    }
    return render(request, "public_site/requests/detail.html", context)


def files_until(document: ResultDocument) -> date:
    """The last day on which the files of an answer are kept."""
    numbered = clock.local_date(document.numbered_at)
    year = numbered.year + WorkRules.current().result_years
    is_leap_day = (numbered.month, numbered.day) == (2, 29)
    return numbered.replace(year=year, day=28 if is_leap_day else numbered.day)


def unread_messages(found: DataRequest, user: User) -> int:
    """How many messages of officers wait for this person."""
    if found.requester_id != user.pk:
        return 0
    return found.messages.unread_by_applicant().count()


def living_document(found: DataRequest) -> ResultDocument | None:
    """The answer document that may be downloaded now."""
    if found.status != Status.COMPLETED:
        return None
    document: ResultDocument | None = found.documents.filter(
        state=ResultDocument.State.ISSUED, part__isnull=True
    ).first()
    return document


def released_parts(found: DataRequest) -> QuerySet[ResultDocument]:
    """Parts of the answer that may be downloaded while the rest is still worked on, and afterwards."""
    parts: QuerySet[ResultDocument] = found.documents.filter(
        state=ResultDocument.State.ISSUED, part__isnull=False
    )
    return parts.order_by("part")


def revoked_documents(found: DataRequest) -> QuerySet[ResultDocument]:
    """Documents of the answer that must not be used any more, the newest first."""
    revoked: QuerySet[ResultDocument] = found.documents.filter(state=ResultDocument.State.REVOKED)
    return revoked.order_by("-revoked_at")


def revoked_advice(found: DataRequest, revoked: ResultDocument | None, living: ResultDocument | None) -> str:
    """What an applicant does after the revocation: take the new answer, wait for it, or ask for one."""
    if revoked is None or revoked.revoked_at is None:
        return ""
    if living is not None and living.numbered_at > revoked.revoked_at:
        return _("Jawaban penggantinya tersedia di bawah.")
    if found.status in OPEN_STATES:
        return _("Jawaban baru sedang kami siapkan.")
    return _("Bila jawaban masih Anda perlukan, tulis kepada petugas lewat Percakapan pada permohonan ini.")


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
