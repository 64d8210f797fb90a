"""What all pages of the entry share: who may enter, fetching one's own draft, the record, drawing."""

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.access_log.models import Action
from core.access_log.record import record_access
from core.holdings.models import Identified
from requests_app import workflow
from requests_app.admin.buttons import officer_of
from requests_app.models import DataRequest
from requests_app.operations import StateConflict

STEPS = (
    ("letter", gettext_lazy("Surat")),
    ("data", gettext_lazy("Data yang diminta")),
    ("review", gettext_lazy("Periksa dan kirim")),
)

View = Callable[..., HttpResponseBase]


def address(name: str, **values: Any) -> str:
    """The address of a page of the entry: ``address("data", pk=…)``; ``address("")`` is its first page."""
    full = "admin:requests_app_datarequest_entry" + (f"_{name}" if name else "")
    return reverse(full, kwargs=values)


def entry_page(view: View) -> View:
    """Officers with the right to enter; what is gone answers 404, what was sent meanwhile is said."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not workflow.may_enter(officer_of(request)):
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except StateConflict as conflict:
            messages.error(request, " ".join(conflict.messages))
            return HttpResponseRedirect(address(""))
        except ObjectDoesNotExist as gone:
            raise Http404 from gone

    return guarded


def fetch_entry(request: HttpRequest, pk: uuid.UUID) -> DataRequest:
    """What this officer entered, sent or not; 404 for everything else."""
    entries = DataRequest.objects.entered_by(officer_of(request))
    return get_object_or_404(entries.select_related("agency", "requester"), pk=pk)


def fetch_draft(request: HttpRequest, pk: uuid.UUID) -> DataRequest:
    """The draft this officer enters; StateConflict when it has been sent."""
    found = fetch_entry(request, pk)
    if not found.is_draft:
        raise StateConflict(
            _("Permohonan %(number)s sudah dikirim, sehingga tidak dapat diubah di sini.")
            % {"number": found.number}
        )
    return found


def record(
    request: HttpRequest,
    action: Action,
    found: DataRequest,
    *,
    persons: Iterable[Identified] = (),
    count: int | None = None,
) -> None:
    """Writes the access log before persons or files of the draft are shown."""
    record_access(
        action,
        actor=request.user,
        purpose=found.number or f"draf {found.pk}",
        object_type="DataRequest",
        object_id=found.pk,
        persons=persons,
        count=count,
        request=request,
    )


def attach_errors(form: Form, error: ValidationError) -> None:
    """Puts an operation's refusal at the named field or above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error.messages)
        return
    for name, texts in error.message_dict.items():
        form.add_error(name if name in form.fields else None, texts)


def draw(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    found: DataRequest | None = None,
    step: str = "",
    status: int = 200,
) -> HttpResponse:
    """A page of the entry inside the console; with ``found`` also its steps and for whom it is."""
    steps = []
    if found is not None and step:
        steps = [
            {"label": label, "link": address(name, pk=found.pk), "is_current": name == step}
            for name, label in STEPS
        ]
    values = {
        **admin.site.each_context(request),
        "title": _("Masukkan permohonan"),
        "found": found,
        "steps": steps,
        **context,
    }
    return TemplateResponse(request, f"admin/requests_app/entry/{template}.html", values, status=status)
