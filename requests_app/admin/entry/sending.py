"""Step 3 of the entry: everything beside the letter, what is still missing, and sending on behalf."""

import uuid

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from core.doors import clock
from requests_app import operations, workflow
from requests_app.admin.buttons import officer_of
from requests_app.admin.entry.base import address, draw, entry_page, fetch_draft, fetch_entry
from requests_app.admin.entry.rows import asked_data
from requests_app.models import DataRequest, LegalBasis, Status

DECLARED = "sesuai_surat"


@entry_page
def review(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Periksa; Kirim sends once, however often it is pressed."""
    if request.method != "POST":
        return review_page(request, fetch_draft(request, pk))
    if DECLARED not in request.POST:
        undeclared = _("Centang pernyataan bahwa isian sesuai dengan surat")
        return review_page(request, fetch_draft(request, pk), [undeclared])
    try:
        operations.submit(pk, by=officer_of(request), submit_key=sent_key(request))
    except operations.StateConflict:
        raise
    except ValidationError as refusal:
        return review_page(request, fetch_draft(request, pk), refusal.messages)
    return HttpResponseRedirect(address("sent", pk=pk))


def sent_key(request: HttpRequest) -> uuid.UUID:
    """The key of the form; a fresh one when it was tampered with."""
    try:
        return uuid.UUID(request.POST.get("submit_key", ""))
    except ValueError:
        return uuid.uuid4()


def review_page(request: HttpRequest, found: DataRequest, refused: list[str] | None = None) -> HttpResponse:
    """Step 3 drawn."""
    context = {
        **asked_data(request, found),
        "refused": refused or [],
        "missing": workflow.guard_reasons(workflow.VERBS["submit"], found, officer_of(request)),
        "letter_date": clock.long_date(found.letter_date) if found.letter_date else "",
        "legal_basis": LegalBasis(found.legal_basis).label if found.legal_basis else "",
        "services": [service.shown_label for service in workflow.requested_services(found)],
        "submit_key": uuid.uuid4(),
        "declared": DECLARED,
    }
    return draw(request, "review", context, found=found, step="review", status=422 if refused else 200)


@entry_page
def sent(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Terkirim: number, due date and what happens next; the same whenever it is opened."""
    found = fetch_entry(request, pk)
    if found.is_draft:
        return HttpResponseRedirect(address("review", pk=pk))
    context = {
        "status": Status(found.status).label,
        "due": clock.long_date(found.due_on) if found.due_on else "",
        "may_open": officer_of(request).has_perm("requests_app.view_datarequest"),
    }
    return draw(request, "sent", context, found=found)
