"""Data Detail typed one by one: each row has its own page, opened as a dialog where JavaScript runs."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.catalogue.models import Service
from public_site.forms.requests import RowForm
from public_site.views.applicant import (
    applicant_page,
    attach_errors,
    correction_address,
    fetch_editable,
    person,
)
from public_site.views.corrections import reasons_for
from public_site.views.requests import GET_POST
from requests_app import agreements, operations
from requests_app.corrections import Unlocked
from requests_app.models import DataRequest, RequestRow


def offered_services(found: DataRequest, *, statistics: bool = False) -> list[dict[str, Any]]:
    """Every published service with the reason why it may not be asked for (empty: it may) and its quota."""
    services = Service.objects.published().with_fields()
    if statistics:
        services = services.filter(has_statistics=True)
    return [
        {"service": offer.service, "refusal": offer.refusal, "quota": None if statistics else offer.quota}
        for offer in agreements.offers(found, services)
    ]


def chosen_service(request: HttpRequest, offered: list[dict[str, Any]]) -> Service | None:
    """The service named by ``layanan``, when it may be asked for; the only one when there is no choice."""
    key = request.POST.get("layanan") or request.GET.get("layanan") or ""
    free: list[Service] = [item["service"] for item in offered if not item["refusal"]]
    named = [service for service in free if service.key == key]
    if named or key:
        return named[0] if named else None  # never another one than was asked for
    return free[0] if len(free) == 1 else None


def data_address(pk: uuid.UUID, anchor: str = "data-detail") -> str:
    """Step 2, at the block that changed."""
    return f"{reverse('public_site:request_data', kwargs={'pk': pk})}#{anchor}"


def way_back(found: DataRequest, unlocked: Unlocked, anchor: str = "data-detail") -> str:
    """After a change: the checklist while only some places are open, else step 2."""
    return data_address(found.pk, anchor) if unlocked.everything else correction_address(found.pk)


@applicant_page
@GET_POST
def row_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """+ Data Detail: the service first, then its fields."""
    found = fetch_editable(request, pk)
    Unlocked.of(found).check_adding_rows()
    if request.method != "POST":
        if found.more_than_ten:
            return redirect("public_site:request_upload", pk=pk)
        if found.rows.count() >= settings.TYPED_ROWS_MAX:
            messages.warning(request, full_message())
            return redirect(data_address(pk))
    offered = offered_services(found)
    service = chosen_service(request, offered)
    address = reverse("public_site:row_add", kwargs={"pk": pk})
    if service is None:
        missing = request.method == "POST"
        return row_page(request, found, offered=offered, address=address, status=422 if missing else 200)
    form = RowForm(found.schema_for(service), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = operations.add_row(pk, by=person(request), service=service, values=form.values)
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(
                request,
                _("Data %(name)s ditambahkan. Jumlah: %(count)d")
                % {"name": row.name, "count": found.rows.count()},
            )
            if "_lagi" in request.POST:
                return redirect(f"{address}?layanan={service.key}")
            return redirect(data_address(pk))
    return row_page(request, found, form=form, service=service, offered=offered, address=address)


def full_message() -> str:
    """Why no eleventh row can be typed."""
    return _(
        "Anda sudah memasukkan %(limit)d data. Untuk menambah, ubah jawaban menjadi YA lalu unggah Excel."
    ) % {"limit": settings.TYPED_ROWS_MAX}


@applicant_page
@GET_POST
def row_edit(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Ubah: the row's fields; its service stays."""
    found = fetch_editable(request, pk)
    row = fetch_row(found, position)
    unlocked = Unlocked.of(found)
    unlocked.check_row_opening(row)
    form = RowForm(
        found.schema_for(row.service), request.POST if request.method == "POST" else None, values=row.values
    )
    reasons: dict[str, str] = {}
    if not unlocked.everything:
        form.sent = row.values
        reasons = reasons_for(found, row.pk)
        form.lock(unlocked.locked_columns(row), reasons)
    if request.method == "POST" and form.is_valid():
        try:
            changed = operations.change_row(
                pk, position, by=person(request), service=row.service, values=form.values
            )
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("Data %(name)s diperbarui.") % {"name": changed.name})
            return redirect(way_back(found, unlocked))
    return row_page(request, found, form=form, service=row.service, row=row, reason=reasons.get("", ""))


@applicant_page
@GET_POST
def row_delete(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Hapus: asks first."""
    found = fetch_editable(request, pk)
    row = fetch_row(found, position)
    unlocked = Unlocked.of(found)
    unlocked.check_row_removal(row)
    if request.method == "POST":
        name = operations.remove_row(pk, position, by=person(request))
        messages.success(
            request,
            _("Data %(name)s dihapus. Jumlah: %(count)d") % {"name": name, "count": found.rows.count()},
        )
        return redirect(way_back(found, unlocked))
    return render(request, "public_site/rows/delete.html", {"nav": "requests", "found": found, "row": row})


def fetch_row(found: DataRequest, position: int) -> RequestRow:
    """A row of the request by its number; 404 when there is none."""
    row: RequestRow = get_object_or_404(found.rows.select_related("service"), position=position)
    return row


def row_page(
    request: HttpRequest,
    found: DataRequest,
    *,
    form: RowForm | None = None,
    service: Service | None = None,
    row: RequestRow | None = None,
    offered: list[dict[str, Any]] | None = None,
    address: str = "",
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    """The row's form, or the choice of the service."""
    context = {
        "nav": "requests",
        "found": found,
        "form": form,
        "service": service,
        "row": row,
        "offered": offered or [],
        "address": address,
        "groups": [[item.shown_label for item in group] for group in either_or(form)] if form else [],
        "is_service_missing": status == 422,
        "row_reason": reason,
    }
    if form is not None and form.errors:
        status = 422
    return render(request, "public_site/rows/form.html", context, status=status)


def either_or(form: RowForm) -> list[list[Any]]:
    """Fields of which at least one must be filled, by group."""
    groups: dict[str, list[Any]] = {}
    for item in form.schema.asked:
        if item.group:
            groups.setdefault(item.group, []).append(item)
    return [members for members in groups.values() if len(members) > 1]
