"""What all pages of an applicant's requests share: who may enter, authorised fetching, conflicts."""

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.doors import clock
from requests_app.corrections import PlaceLocked
from requests_app.models import DataRequest, RequestEvent
from requests_app.operations import StateConflict, already_sent_message
from requests_app.workflow import timeline

STEPS = (_("Surat permohonan"), _("Data yang diminta"), _("Periksa"), _("Kirim"))
PAGE_SIZE = 25

View = Callable[..., HttpResponseBase]


def person(request: HttpRequest) -> User:
    """The signed-in applicant; only for views under ``applicant_page``."""
    return cast(User, request.user)


def applicant_page(view: View) -> View:
    """Signed-in applicants only (officers read in the console, where it is logged); conflicts become 409."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if person(request).is_staff or person(request).agency_id is None:
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except StateConflict as conflict:
            return conflict_page(request, conflict, kwargs.get("pk"))
        except PlaceLocked as locked:
            messages.error(request, " ".join(locked.messages))
            return redirect(correction_address(kwargs["pk"]))
        except ObjectDoesNotExist as gone:
            # Fetched by the view, removed by a twin press before the operation had its lock.
            raise Http404 from gone

    return guarded


def correction_address(pk: uuid.UUID) -> str:
    """The checklist of a request under correction."""
    return reverse("public_site:request_detail", kwargs={"pk": pk}) + "#perbaikan"


def fetch_visible(request: HttpRequest, pk: uuid.UUID) -> DataRequest:
    """A request of the own agency (drafts: the own); 404 for all others, known or not."""
    visible = DataRequest.objects.visible_to(person(request)).select_related(
        "agency", "requester", "entered_by"
    )
    return get_object_or_404(visible, pk=pk)


def fetch_editable(request: HttpRequest, pk: uuid.UUID) -> DataRequest:
    """The own request while it may be changed; PermissionDenied for a colleague's, StateConflict if sent."""
    found = fetch_visible(request, pk)
    if found.requester_id != person(request).pk:
        raise PermissionDenied
    if not found.is_editable:
        raise StateConflict(already_sent_message(found))
    return found


def conflict_page(request: HttpRequest, conflict: StateConflict, pk: uuid.UUID | None) -> HttpResponse:
    """409: what the person saw is no longer so; says what happened and leads to the present state."""
    context = {"nav": "requests", "texts": conflict.messages, "pk": pk, "form_has_errors": True}
    return render(request, "public_site/requests/conflict.html", context, status=409)


def attach_errors(form: Form, error: ValidationError) -> None:
    """Puts an operation's refusal where the person reads it: at the named field or above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, texts in error.message_dict.items():
        form.add_error(name if name in form.fields else None, texts)


def moment_text(moment: Any) -> str:
    """``11 Okt 2024, 10.40 WIB``."""
    return f"{clock.short_date(moment)}, {clock.time_wib(moment)}"


#: Phases whose explanation says that the rest can be read after signing in.
READ_AFTER_SIGN_IN = frozenset({"selesai", "ditolak"})


def timeline_items(
    found: DataRequest, events: Iterable[RequestEvent], *, is_signed_in: bool = True
) -> list[dict[str, Any]]:
    """The coarse steps for ``parts/timeline.html``: title, note with time or explanation, state.

    Where to read the end of it is told only to those who have not signed in.
    """
    items = []
    for step in timeline(found, events):
        notes = [moment_text(step.at)] if step.at and (step.is_done or step.is_current) else []
        if step.is_current and not (is_signed_in and step.phase.key in READ_AFTER_SIGN_IN):
            notes.append(str(step.phase.explanation))
        items.append(
            {
                "title": step.phase.label,
                "note": " · ".join(notes),
                "state": "done" if step.is_done else "current" if step.is_current else "",
            }
        )
    return items
