"""Perbaikan: the applicant's checklist of pinned places, their addresses, and the explanation of an unchanged one."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.doors import clock
from public_site.forms.requests import ExplanationForm
from public_site.views.applicant import (
    applicant_page,
    attach_errors,
    correction_address,
    fetch_editable,
    person,
)
from requests_app import corrections, operations
from requests_app.models import Correction, DataRequest, Status

Kind = Correction.Kind


@dataclass(frozen=True)
class ListedTask:
    """A line of the checklist with the address where it is done; ``in_dialog``: a form of its own."""

    task: corrections.Task
    address: str
    in_dialog: bool


def address_of(found: DataRequest, pin: Correction) -> tuple[str, bool]:
    """Where a pinned place is put right, and whether that page opens as a dialog."""
    letter = reverse("public_site:request_letter", kwargs={"pk": found.pk})
    if pin.kind in (Kind.HEADER, Kind.LETTER):
        return f"{letter}#id_{pin.field_key or 'letter'}", False
    if pin.kind in (Kind.ROW, Kind.CELL) and pin.row_id:
        where = {"pk": found.pk, "position": pin.position}
        return reverse("public_site:row_edit", kwargs=where), True
    if pin.kind == Kind.STATISTICS and pin.statistics_id:
        where = {"pk": found.pk, "position": pin.position}
        return reverse("public_site:statistics_edit", kwargs=where), True
    if pin.kind == Kind.ROWS_MISSING:
        return reverse("public_site:request_data", kwargs={"pk": found.pk}) + "#data-detail", False
    return (letter, False) if pin.kind == Kind.WHOLE else ("", False)


def correction_context(found: DataRequest, *, is_own: bool = True) -> dict[str, Any]:
    """Checklist and unlocked places for every page of a request under correction; costs nothing otherwise."""
    unlocked = corrections.Unlocked.of(found)
    if found.status != Status.NEEDS_CORRECTION or not is_own:
        return {"unlocked": unlocked, "checklist": None}
    checklist = corrections.checklist(found)
    tasks = [ListedTask(task, *address_of(found, task.pin)) for task in checklist.tasks]
    return {
        "unlocked": unlocked,
        "checklist": checklist if tasks else None,
        "tasks": tasks,
        "correct_until": clock.long_date(corrections.correct_until(found)) if tasks else "",
    }


def reasons_for(found: DataRequest, row_id: int | None) -> dict[str, str]:
    """What officers wrote about the letter's fields (None) or about the columns of a row, by key."""
    kinds = (Kind.HEADER, Kind.LETTER) if row_id is None else (Kind.ROW, Kind.CELL)
    pins = corrections.pins_of(found).asked().filter(row=row_id, kind__in=kinds)
    return {
        pin.field_key or ("letter" if pin.kind == Kind.LETTER else ""): _("Petugas: %(reason)s")
        % {"reason": corrections.reason_text(pin)}
        for pin in pins
        if corrections.reason_text(pin)
    }


@applicant_page
@require_http_methods(["GET", "HEAD", "POST"])
def correction_explain(request: HttpRequest, pk: uuid.UUID, correction: int) -> HttpResponse:
    """Tidak diubah karena …: the place stays as it is, and the officer reads why."""
    found = fetch_editable(request, pk)
    pin = corrections.pins_of(found).asked().filter(pk=correction).first()
    if pin is None:
        raise Http404
    place = corrections.Words(found).place(pin)
    initial = {"explanation": pin.explanation}
    form = ExplanationForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        text = "" if "_hapus" in request.POST else form.cleaned_data["explanation"]
        try:
            operations.explain(pk, by=person(request), correction_pk=pin.pk, text=text)
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("Penjelasan untuk %(place)s disimpan.") % {"place": place})
            return redirect(correction_address(found.pk))
    context = {
        "nav": "requests",
        "found": found,
        "form": form,
        "place": place,
        "reason": corrections.reason_text(pin),
    }
    return render(request, "public_site/requests/explain.html", context, status=422 if form.errors else 200)
