"""Step 2 of the entry: rows typed one by one and statistics questions; the workbook is next door."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from core.access_log.models import Action
from core.catalogue.forms import SchemaForm
from core.catalogue.models import Service
from requests_app import agreements, operations
from requests_app.admin import pages
from requests_app.admin.buttons import officer_of
from requests_app.admin.dress import dress, name_what_is_missing
from requests_app.admin.entry.base import address, attach_errors, draw, entry_page, fetch_draft, record
from requests_app.admin.entry.workbook import upload_form
from requests_app.forms.statistics import StatisticsForm
from requests_app.models import DataRequest, RequestRow, StatisticsItem


def offered(found: DataRequest, *, statistics: bool = False) -> list[agreements.Offer]:
    """The services the agency's agreement allows this draft, in the catalogue's order, with what is left of quotas."""
    services = Service.objects.published().with_fields()
    if statistics:
        services = services.filter(has_statistics=True)
    return [offer for offer in agreements.offers(found, services) if not offer.refusal]


def chosen(request: HttpRequest, offers: list[agreements.Offer]) -> Service | None:
    """The service named by ``layanan``; the only one when there is no choice."""
    key = request.POST.get("layanan") or request.GET.get("layanan") or ""
    named = [offer.service for offer in offers if offer.service.key == key]
    return named[0] if named else offers[0].service if len(offers) == 1 else None


def asked_data(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    """A page of rows as texts, recorded before it is shown, and the statistics questions."""
    rows = found.rows.select_related("service").prefetch_related("service__fields")
    page = Paginator(rows, pages.ROWS_ON_A_PAGE).get_page(request.GET.get("halaman"))
    shown = list(page.object_list)
    if shown:
        record(request, Action.VIEW_ROWS, found, persons=shown)
    reader = pages.Reader(found)
    return {
        "page": page,
        "row_count": page.paginator.count,
        "shown_rows": [{"row": row, "asked": reader.asked(row)} for row in shown],
        "questions": pages.statistics_items(found),
    }


@entry_page
def data(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Rows, workbook and statistics on one page."""
    found = fetch_draft(request, pk)
    context = {
        **asked_data(request, found),
        "upload_form": upload_form(),
        "typed_rows_max": settings.TYPED_ROWS_MAX,
        "earlier": found.uploads.unsaved().only("file_name", "stage", "request_id").first(),
    }
    return draw(request, "data", context, found=found, step="data")


# --- rows -------------------------------------------------------------------------------------------------------


@entry_page
def add_row(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """+ Data Detail: the service first, then its fields."""
    found = fetch_draft(request, pk)
    offers = offered(found)
    service = chosen(request, offers)
    if service is None:
        return choice_page(request, found, offers, "row_add")
    form = row_form(request, found, service)
    if form.is_bound and form.is_valid():
        try:
            row = operations.add_row(pk, by=officer_of(request), service=service, values=form.values)
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
                return HttpResponseRedirect(f"{address('row_add', pk=pk)}?layanan={service.key}")
            return HttpResponseRedirect(address("data", pk=pk) + "#data-detail")
    return form_page(request, found, form, service)


@entry_page
def change_row(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Ubah: the row's fields; its service stays."""
    found = fetch_draft(request, pk)
    row: RequestRow = get_object_or_404(found.rows.select_related("service"), position=position)
    form = row_form(request, found, row.service, values=row.values)
    if form.is_bound and form.is_valid():
        try:
            changed = operations.change_row(
                pk, position, by=officer_of(request), service=row.service, values=form.values
            )
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("Data %(name)s diperbarui.") % {"name": changed.name})
            return HttpResponseRedirect(address("data", pk=pk) + "#data-detail")
    record(request, Action.VIEW_ROWS, found, persons=[row])
    return form_page(request, found, form, row.service, position=position)


@entry_page
def remove_row(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Hapus, by POST."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = fetch_draft(request, pk)
    name = operations.remove_row(pk, position, by=officer_of(request))
    messages.success(
        request, _("Data %(name)s dihapus. Jumlah: %(count)d") % {"name": name, "count": found.rows.count()}
    )
    return HttpResponseRedirect(address("data", pk=pk) + "#data-detail")


def row_form(
    request: HttpRequest, found: DataRequest, service: Service, values: dict[str, Any] | None = None
) -> SchemaForm:
    """The service's fields as the applicant would fill them in."""
    sent = request.POST if request.method == "POST" else None
    return SchemaForm(found.schema_for(service), sent, values=values, label_suffix="")


# --- statistics -------------------------------------------------------------------------------------------------


@entry_page
def add_statistics(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """+ Data Statistik: the service first, then period and filters."""
    found = fetch_draft(request, pk)
    offers = offered(found, statistics=True)
    service = chosen(request, offers)
    if service is None:
        return choice_page(request, found, offers, "statistics_add")
    form = statistics_form(request, service, {})
    if form.is_bound and form.is_valid():
        try:
            operations.add_statistics(pk, by=officer_of(request), values=form.values())
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            return statistics_saved(request, found, service)
    return form_page(request, found, form, service, is_statistics=True)


@entry_page
def change_statistics(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Ubah: period and filters; the service stays."""
    found = fetch_draft(request, pk)
    items = found.statistics.select_related("service", "regional_office", "office", "checkpoint")
    item: StatisticsItem = get_object_or_404(items, position=position)
    form = statistics_form(request, item.service, StatisticsForm.initial_of(item))
    if form.is_bound and form.is_valid():
        try:
            operations.change_statistics(pk, position, by=officer_of(request), values=form.values())
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            return statistics_saved(request, found, item.service)
    return form_page(request, found, form, item.service, position=position, is_statistics=True)


@entry_page
def remove_statistics(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """Hapus, by POST."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    fetch_draft(request, pk)
    operations.remove_statistics(pk, position, by=officer_of(request))
    messages.success(request, _("Data statistik dihapus."))
    return HttpResponseRedirect(address("data", pk=pk) + "#data-statistik")


def statistics_form(request: HttpRequest, service: Service, initial: dict[str, Any]) -> StatisticsForm:
    """The form as sent; as it stands with new choices when “Tampilkan pilihan” was pressed."""
    if request.method != "POST":
        return named(StatisticsForm(service=service, initial=initial, label_suffix=""))
    if "_muat" in request.POST:
        return named(
            StatisticsForm(service=service, initial={**initial, **request.POST.dict()}, label_suffix="")
        )
    return named(StatisticsForm(request.POST, service=service, initial=initial, label_suffix=""))


def named(form: StatisticsForm) -> StatisticsForm:
    """The form whose empty fields say their names."""
    name_what_is_missing(form)
    return form


def statistics_saved(request: HttpRequest, found: DataRequest, service: Service) -> HttpResponse:
    """Back to the data, with a word."""
    messages.success(
        request,
        _("Data statistik %(service)s tersimpan. Jumlah: %(count)d")
        % {"service": service.shown_label, "count": found.statistics.count()},
    )
    return HttpResponseRedirect(address("data", pk=found.pk) + "#data-statistik")


# --- drawing ----------------------------------------------------------------------------------------------------


def choice_page(
    request: HttpRequest, found: DataRequest, offers: list[agreements.Offer], name: str
) -> HttpResponse:
    """Which service; 422 when the form came without one."""
    context = {"offers": offers, "link": address(name, pk=found.pk), "is_statistics": name != "row_add"}
    status = 422 if request.method == "POST" else 200
    return draw(request, "choice", context, found=found, step="data", status=status)


def form_page(
    request: HttpRequest,
    found: DataRequest,
    form: Any,
    service: Service,
    *,
    position: int | None = None,
    is_statistics: bool = False,
) -> HttpResponse:
    """The form of a row or a statistics question."""
    dress(form)
    context = {
        "form": form,
        "service": service,
        "position": position,
        "is_statistics": is_statistics,
        "has_chain": getattr(form, "has_chain", False),
    }
    status = 422 if form.errors else 200
    return draw(request, "form", context, found=found, step="data", status=status)
