"""The page of work on very many rows: how far it is, what came of it, and the way to stop it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import sessions
from requests_app import row_jobs, workflow
from requests_app.admin import pages
from requests_app.admin.buttons import officer_of
from requests_app.models import DataRequest, Outcome, RowJob
from requests_app.row_filter import RowFilter
from requests_app.row_work import Tally

Kind = RowJob.Kind


def address(job: RowJob, name: str = "row_job") -> str:
    """Where the job is shown, or stopped."""
    return reverse(f"admin:requests_app_datarequest_{name}", args=[job.request_id, job.pk])


def start(request: HttpRequest, found: DataRequest, kind: str, **options: Any) -> HttpResponse:
    """Leaves the rows to the queue and goes to where it can be followed; ValidationError when it cannot be."""
    job = row_jobs.start(found.pk, by=officer_of(request), kind=kind, **options)
    return HttpResponseRedirect(address(job))


def show(model_admin: Any, request: HttpRequest, found: DataRequest, job_pk: uuid.UUID) -> HttpResponse:
    """Asks again by itself while the job runs."""
    if not request.user.has_perm(workflow.PROCESS):
        raise PermissionDenied
    job = get_object_or_404(found.row_jobs.select_related("by"), pk=job_pk)
    job.request = found
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "job": job,
        "is_running": job.stage == RowJob.Stage.RUNNING,
        "title": _title(job),
        "words": RowFilter.read(job.options["narrowed"]).words(),
        "progress_text": _("%(done)s dari %(total)s baris")
        % {"done": _whole(job.done), "total": _whole(job.total)},
        "lines": _lines(job),
        "stop": address(job, "row_job_stop"),
    }
    return TemplateResponse(request, f"{pages.TEMPLATES}/row_job.html", context)


def _title(job: RowJob) -> str:
    title = str(Kind(job.kind).label)
    outcome = job.options.get("outcome", "")
    return f"{title}: {Outcome(outcome).label}" if outcome in Outcome.values else title


def _whole(number: int) -> str:
    return number_format(number, force_grouping=True)


def _lines(job: RowJob) -> list[str]:
    """What came of it so far, in sentences."""
    counts = job.counts
    if job.kind == Kind.MATCH:
        return [
            _(
                "%(rows)d baris diperiksa: %(exact)d cocok persis, %(candidates)d dengan calon, "
                "%(without)d tanpa calon."
            )
            % {name: counts.get(name, 0) for name in ("rows", "exact", "candidates", "without")}
        ]
    number = counts.get("done", 0)
    done = ngettext("%(count)s baris selesai.", "%(count)s baris selesai.", number) % {
        "count": _whole(number)
    }
    left = Tally(released=counts.get("released", 0), held=counts.get("held", {})).left
    return [done, *left]


def stop(request: HttpRequest, found: DataRequest, job_pk: uuid.UUID) -> HttpResponse:
    """Batalkan, by POST."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    job = get_object_or_404(found.row_jobs, pk=job_pk)
    return HttpResponseRedirect(address(row_jobs.cancel(job.pk, by=officer_of(request))))


def urls(own: Callable[[str, Any, str], URLPattern], model_admin: Any) -> list[URLPattern]:
    """The addresses of the job's page."""

    @sessions.polling
    def job_view(request: HttpRequest, pk: uuid.UUID, job_pk: uuid.UUID) -> HttpResponse:
        return show(model_admin, request, model_admin._found(request, pk), job_pk)

    def stop_view(request: HttpRequest, pk: uuid.UUID, job_pk: uuid.UUID) -> HttpResponse:
        return stop(request, model_admin._found(request, pk), job_pk)

    return [
        own("<uuid:pk>/jawaban/pekerjaan/<uuid:job_pk>/", job_view, "row_job"),
        own("<uuid:pk>/jawaban/pekerjaan/<uuid:job_pk>/hentikan/", stop_view, "row_job_stop"),
    ]
