"""Verbs of the answering workspace with a page of their own: confirming all exact proposals, typing an answer."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Select
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from core.access_log.models import Action
from core.catalogue.forms import SchemaForm
from requests_app import answering, row_jobs, workflow
from requests_app.admin import pages, row_job_pages
from requests_app.admin.buttons import officer_of
from requests_app.admin.workspace import back_to, record
from requests_app.models import DataRequest, RowJob


def accept_exact(model_admin: Any, request: HttpRequest, found: DataRequest) -> HttpResponse:
    """GET asks with the number of rows, POST confirms them."""
    if not request.user.has_perm(workflow.PROCESS):
        raise PermissionDenied
    exact = answering.exact_rows(found.rows.all(), officer_of(request))
    if request.method == "POST":
        try:
            if row_jobs.is_large(exact.count()):
                return row_job_pages.start(request, found, RowJob.Kind.ACCEPT)
            if pages.may_process(request, found):
                record(request, found, Action.ANSWER, exact)
            settled = answering.accept_exact(found.pk, by=officer_of(request))
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
        else:
            messages.success(request, _("%(count)d baris diterima sebagai cocok.") % {"count": settled})
        return HttpResponseRedirect(back_to(request, found))
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "may_process": pages.may_process(request, found),
        "number": exact.count(),
    }
    return TemplateResponse(request, f"{pages.TEMPLATES}/accept_exact.html", context)


def type_answer(model_admin: Any, request: HttpRequest, found: DataRequest, row_pk: int) -> HttpResponse:
    """The answer of one row, typed by the officer into the fields of its service."""
    if not request.user.has_perm(workflow.PROCESS) or not pages.may_read_rows(request):
        raise PermissionDenied
    row = get_object_or_404(found.rows.select_related("service"), pk=row_pk)
    reader = pages.Reader(found)
    form = SchemaForm(
        found.schema_for(row.service),
        request.POST if request.method == "POST" else None,
        surface="answered",
        values=row.values,
        lookups=reader.lookups,
        label_suffix="",
    )
    for item in form.fields.values():
        classes = SELECT_CLASSES if isinstance(item.widget, Select) else INPUT_CLASSES
        item.widget.attrs["class"] = " ".join(classes)
    status = 200
    pages.record_rows(request, found, [row])
    if request.method == "POST":
        if form.is_valid():
            try:
                record(request, found, Action.ANSWER, [row])
                answering.type_answer(row.pk, by=officer_of(request), values=form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(
                    request, _("Jawaban baris %(number)d sudah disimpan.") % {"number": row.position}
                )
                return HttpResponseRedirect(back_to(request, found))
        status = 422
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "may_process": pages.may_process(request, found),
        "form": form,
        "row": row,
        "asked": reader.asked(row),
        "came_from": request.GET.urlencode() if request.method == "GET" else request.POST.get("kembali", ""),
    }
    return TemplateResponse(request, f"{pages.TEMPLATES}/type_answer.html", context, status=status)
