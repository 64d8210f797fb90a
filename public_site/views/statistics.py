"""Data Statistik: adding, changing and removing a statistics question, and the lists of dependent boxes."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.catalogue.models import Service
from core.reference.offices import checkpoints_for, kanim_for
from public_site.forms.statistics import StatisticsForm
from public_site.views.applicant import applicant_page, attach_errors, fetch_editable, person
from public_site.views.requests import GET_POST
from public_site.views.rows import chosen_service, data_address, offered_services, way_back
from requests_app import operations
from requests_app.corrections import Unlocked
from requests_app.models import DataRequest, StatisticsItem


@applicant_page
@GET_POST
def statistics_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """+ Data Statistik: the service first, then period and filters."""
    found = fetch_editable(request, pk)
    Unlocked.of(found).check_statistics(None)
    offered = offered_services(found, statistics=True)
    service = chosen_service(request, offered)
    address = reverse("public_site:statistics_add", kwargs={"pk": pk})
    if service is None:
        missing = request.method == "POST"
        return statistics_page(
            request, found, offered=offered, address=address, status=422 if missing else 200
        )
    form = sent_form(request, service, {})
    if form.is_bound and form.is_valid():
        try:
            operations.add_statistics(pk, by=person(request), values=form.values())
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(
                request,
                _("Data statistik %(service)s ditambahkan. Jumlah: %(count)d")
                % {"service": service.shown_label, "count": found.statistics.count()},
            )
            return redirect(data_address(pk, "data-statistik"))
    return statistics_page(request, found, form=form, service=service, offered=offered, address=address)


@applicant_page
@GET_POST
def statistics_edit(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Ubah: period and filters; the service stays."""
    found = fetch_editable(request, pk)
    item = fetch_item(found, position)
    unlocked = Unlocked.of(found)
    unlocked.check_statistics(item)
    form = sent_form(request, item.service, StatisticsForm.initial_of(item))
    if form.is_bound and form.is_valid():
        try:
            operations.change_statistics(pk, position, by=person(request), values=form.values())
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(
                request, _("Data statistik %(service)s diperbarui.") % {"service": item.service.shown_label}
            )
            return redirect(way_back(found, unlocked, "data-statistik"))
    return statistics_page(request, found, form=form, service=item.service, item=item)


@applicant_page
@GET_POST
def statistics_delete(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Hapus: asks first."""
    found = fetch_editable(request, pk)
    item = fetch_item(found, position)
    unlocked = Unlocked.of(found)
    unlocked.check_statistics(item)
    if request.method == "POST":
        operations.remove_statistics(pk, position, by=person(request))
        messages.success(
            request, _("Data statistik %(service)s dihapus.") % {"service": item.service.shown_label}
        )
        return redirect(way_back(found, unlocked, "data-statistik"))
    return render(
        request, "public_site/statistics/delete.html", {"nav": "requests", "found": found, "item": item}
    )


def sent_form(request: HttpRequest, service: Service, initial: dict[str, Any]) -> StatisticsForm:
    """The form as sent; as it stands with new choices loaded when “Tampilkan pilihan” was pressed."""
    if request.method != "POST":
        return StatisticsForm(service=service, initial=initial)
    if "_muat" in request.POST:
        return StatisticsForm(service=service, initial={**initial, **request.POST.dict()})
    return StatisticsForm(request.POST, service=service, initial=initial)


def fetch_item(found: DataRequest, position: int) -> StatisticsItem:
    """A statistics question of the request by its number; 404 when there is none."""
    items = found.statistics.select_related("service", "regional_office", "office", "checkpoint")
    item: StatisticsItem = get_object_or_404(items, position=position)
    return item


def statistics_page(
    request: HttpRequest,
    found: DataRequest,
    *,
    form: StatisticsForm | None = None,
    service: Service | None = None,
    item: StatisticsItem | None = None,
    offered: list[dict[str, Any]] | None = None,
    address: str = "",
    status: int = 200,
) -> HttpResponse:
    """The question's form, or the choice of the service."""
    context = {
        "nav": "requests",
        "found": found,
        "form": form,
        "service": service,
        "item": item,
        "offered": offered or [],
        "address": address,
        "is_service_missing": status == 422,
    }
    if form is not None and form.errors:
        status = 422
    return render(request, "public_site/statistics/form.html", context, status=status)


@require_safe
def kanim_options(request: HttpRequest, slug: str) -> JsonResponse:
    """Immigration offices under a regional office, for ``js/select.js``; public reference data."""
    return JsonResponse({"items": kanim_for(slug)})


@require_safe
def checkpoint_options(request: HttpRequest, slug: str) -> JsonResponse:
    """Checkpoints of an immigration office, for ``js/select.js``; public reference data."""
    return JsonResponse({"items": checkpoints_for(slug)})
