"""The last steps of a request: Periksa (3), Kirim (4), Terkirim; also sending a corrected request again."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.doors import clock
from core.reference.working_days import add_working_days
from core.rules.models import WorkRules
from public_site.forms.base import ErrorItem
from public_site.forms.requests import DeclarationForm
from public_site.views.applicant import STEPS, applicant_page, fetch_editable, fetch_visible, person
from public_site.views.corrections import correction_context
from public_site.views.requests import GET_POST, asked_data, letter_size
from requests_app import operations, workflow
from requests_app.models import DataRequest, Status

#: In the session: which version of which request the person declared to be right.
DECLARED = "declared"


def verb_of(found: DataRequest) -> workflow.Verb:
    """Sending for the first time, or again after a correction."""
    return workflow.VERBS["submit" if found.is_draft else "resubmit"]


@applicant_page
@GET_POST
def request_review(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Periksa: everything on one page, what is still missing, and the declaration."""
    found = fetch_editable(request, pk)
    form = DeclarationForm(request.POST if request.method == "POST" else None)
    missing = workflow.guard_reasons(verb_of(found), found, person(request))
    if request.method == "POST" and form.is_valid() and not missing:
        request.session[DECLARED] = {str(pk): found.version}
        return redirect("public_site:request_submit", pk=pk)
    return review_page(request, found, form, missing)


def review_page(
    request: HttpRequest, found: DataRequest, form: DeclarationForm, missing: list[str]
) -> HttpResponse:
    """Step 3 drawn; on a sent form everything that stands against sending is listed on top."""
    items = form.error_items + ([ErrorItem(text, "") for text in missing] if form.is_bound else [])
    context: dict[str, Any] = {
        "nav": "requests",
        "steps": STEPS,
        "found": found,
        "form": form,
        "errors": items,
        "missing": missing,
        "form_has_errors": bool(items),
        "letter_size": letter_size(found),
        **asked_data(request, found),
        **correction_context(found),
    }
    return render(request, "public_site/requests/review.html", context, status=422 if items else 200)


def is_declared(request: HttpRequest, found: DataRequest) -> bool:
    """Whether the person declared exactly this version to be right."""
    declared = request.session.get(DECLARED)
    return isinstance(declared, dict) and declared.get(str(found.pk)) == found.version


@applicant_page
@GET_POST
def request_submit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Kirim: the manual's question, then the number. A second press of the same form gets the same answer."""
    if request.method == "POST":
        return send(request, pk)
    found = fetch_editable(request, pk)
    if not is_declared(request, found):
        return redirect("public_site:request_review", pk=pk)
    context = {"nav": "requests", "steps": STEPS, "found": found, "submit_key": uuid.uuid4()}
    return render(request, "public_site/requests/submit.html", context)


def send(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Sends or sends again; what stands against it is shown on the review page."""
    found = fetch_visible(request, pk)
    if found.requester_id != person(request).pk:
        raise PermissionDenied
    if found.is_editable and not is_declared(request, found):
        return redirect("public_site:request_review", pk=pk)
    again = "ulang" in request.POST
    try:
        if again:
            operations.resubmit(pk, by=person(request))
        else:
            operations.submit(pk, by=person(request), submit_key=sent_key(request))
    except operations.StateConflict:
        raise
    except ValidationError as refusal:
        return review_page(request, found, DeclarationForm({"declaration": "on"}), refusal.messages)
    return redirect("public_site:request_sent", pk=pk)


def sent_key(request: HttpRequest) -> uuid.UUID:
    """The key of the form; a fresh one when it was tampered with."""
    try:
        return uuid.UUID(request.POST.get("submit_key", ""))
    except ValueError:
        return uuid.uuid4()


@applicant_page
@require_safe
def request_sent(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Terkirim: the number and what happens next; the same whenever it is opened."""
    found = fetch_visible(request, pk)
    if found.is_draft:
        return redirect("public_site:request_letter", pk=pk)
    sent_on = clock.local_date(found.submitted_at) if found.submitted_at else clock.today()
    context = {
        "nav": "requests",
        "found": found,
        "phase": workflow.public_phase(found.status),
        "verification_on": add_working_days(sent_on, 1),
        "answer_days": WorkRules.current().answer_working_days,
        "is_waiting": found.status in (Status.SUBMITTED, Status.VERIFYING),
    }
    return render(request, "public_site/requests/sent.html", context)
