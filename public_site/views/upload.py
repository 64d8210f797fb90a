"""Data Detail from Excel (Unduh – Isi – Unggah): template, file, its check, and saving all rows at once."""

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import sessions
from core.catalogue.models import Service
from core.doors import clock
from core.doors.excel import WorkbookError
from core.doors.storage import XLSX, file_headers, megabytes
from public_site.forms.upload import UploadForm
from public_site.views.applicant import STEPS, applicant_page, attach_errors, fetch_editable, person
from public_site.views.requests import GET_POST
from public_site.views.rows import data_address
from requests_app import operations, uploads
from requests_app.excel import MergedError, build_template, mark_errors, merge_errors
from requests_app.models import DataRequest, RowUpload

#: Lines of the table of errors; the rest stands in the marked workbook.
SHOWN_ERRORS = 50
Stage = RowUpload.Stage
_RUNNING = (Stage.WAITING, Stage.CHECKING)


def whole(number: int) -> str:
    """Return a count as people read it: 1.000."""
    return number_format(number, force_grouping=True)


def fetch_upload(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> RowUpload:
    """Return an upload of the own editable request; 404 for all others."""
    found = fetch_editable(request, pk)
    fetched: RowUpload = get_object_or_404(found.uploads.select_related("request"), pk=upload)
    return fetched


def status_address(upload: RowUpload, name: str = "upload_status") -> str:
    """Return the address of a page of this upload."""
    return reverse(f"public_site:{name}", kwargs={"pk": upload.request_id, "upload": upload.pk})


# --- Unduh – Isi – Unggah -----------------------------------------------------------------------------------


@applicant_page
@GET_POST
def request_upload(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The three steps on one page; the file goes to the queue."""
    found = fetch_editable(request, pk)
    if not found.more_than_ten:
        messages.info(request, _("Jawab YA lebih dahulu untuk memasukkan Data Detail dengan Excel."))
        return redirect(data_address(pk, "pertanyaan"))
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        try:
            upload = operations.start_upload(pk, by=person(request), uploaded=form.cleaned_data["file"])
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            return redirect(status_address(upload))
    context = {
        "nav": "requests",
        "steps": STEPS,
        "found": found,
        "form": form,
        "sheet_count": Service.objects.published().count() + 1,
        "size_limit": megabytes(settings.XLSX_MAX_BYTES),
        "row_limit": whole(settings.XLSX_MAX_ROWS),
        "earlier": found.uploads.exclude(stage__in=[Stage.SAVED, Stage.DISCARDED]).only("file_name").first(),
    }
    return render(request, "public_site/upload/form.html", context, status=422 if form.errors else 200)


@applicant_page
@require_safe
def request_template(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Unduh: the empty template with the columns of this request."""
    found = fetch_editable(request, pk)
    return workbook(build_template(uploads.template_schemas(found)), "templat-data-detail.xlsx")


def workbook(content: bytes, name: str) -> HttpResponse:
    """Return a workbook as a download."""
    response = HttpResponse(content, content_type=XLSX)
    for header, value in file_headers(name, inline=False).items():
        response[header] = value
    return response


# --- the outcome --------------------------------------------------------------------------------------------


@applicant_page
@never_cache
@require_safe
def upload_status(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """Memeriksa, bersih or bermasalah."""
    fetched = fetch_upload(request, pk, upload)
    if fetched.stage == Stage.SAVED:
        return redirect(data_address(pk))
    if fetched.stage == Stage.DISCARDED:
        return redirect("public_site:request_upload", pk=pk)
    context: dict[str, Any] = {
        "nav": "requests",
        "steps": STEPS,
        "found": fetched.request,
        "upload": fetched,
    }
    if fetched.stage in _RUNNING:
        context |= {"progress_text": progress_text(fetched), "was_interrupted": fetched.attempts > 1}
        return render(request, "public_site/upload/checking.html", context)
    if fetched.stage == Stage.CLEAN:
        context |= {
            "count": whole(fetched.total),
            "per_service": per_service(fetched),
            "preview": preview(fetched),
        }
        return render(request, "public_site/upload/clean.html", context)
    context |= faulty_context(fetched)
    return render(request, "public_site/upload/faulty.html", context)


def preview(upload: RowUpload) -> list[dict[str, str]]:
    """Return the first rows as the page shows them."""
    shown: list[dict[str, str]] = []
    for row in upload.preview:
        born = row["birth_date"]
        shown.append({**row, "birth_date": clock.short_date(date.fromisoformat(born)) if born else ""})
    return shown


def per_service(upload: RowUpload) -> str:
    """Return ``Paspor 600, Visa 400``."""
    labels = {service.key: service.shown_label for service in Service.objects.filter(key__in=upload.counts)}
    return ", ".join(f"{labels.get(key, key)} {whole(count)}" for key, count in upload.counts.items())


def faulty_context(upload: RowUpload) -> dict[str, Any]:
    """Return what the page of errors shows: whole-file messages, the table, and how many rows are right."""
    lines: list[MergedError] = merge_errors(upload.errors)
    general = [line.message for line in lines if not line.sheet]
    table = [line for line in lines if line.sheet]
    good = sum(upload.counts.values())
    return {
        "form_has_errors": True,
        "general": general,
        "lines": table[:SHOWN_ERRORS],
        "more": whole(len(table) - SHOWN_ERRORS) if len(table) > SHOWN_ERRORS else "",
        "has_rows": uploads.faulty_cells(upload),
        "faulty": whole(upload.total - good),
        "good": whole(good),
        "good_rows": good,
    }


def progress_text(upload: RowUpload) -> str:
    """Return how far the check is."""
    if not upload.total:
        return _("Membaca berkas…")
    return _("Memeriksa %(done)s dari %(total)s baris…") % {
        "done": whole(upload.done),
        "total": whole(upload.total),
    }


@sessions.polling
@applicant_page
@never_cache
@require_safe
def upload_progress(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """How far the check is, for the page that waits."""
    fetched = fetch_upload(request, pk, upload)
    return JsonResponse(
        {
            "done": fetched.done,
            "total": fetched.total,
            "text": progress_text(fetched),
            "finished": fetched.stage not in _RUNNING,
            "url": status_address(fetched),
        }
    )


@applicant_page
@require_POST
def upload_save(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """Simpan: all rows."""
    fetched = fetch_upload(request, pk, upload)
    try:
        saved = operations.save_upload(fetched.pk, by=person(request))
    except operations.StateConflict:
        raise
    except ValidationError as refusal:
        for text in refusal.messages:
            messages.error(request, text)
        return redirect(status_address(fetched))
    total = DataRequest.objects.get(pk=pk).rows.count()
    messages.success(
        request,
        _("%(saved)s data tersimpan. Jumlah: %(total)s") % {"saved": whole(saved), "total": whole(total)},
    )
    return redirect(data_address(pk))


@applicant_page
@require_POST
def upload_discard(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """Batal: forgets the checked rows."""
    fetched = fetch_upload(request, pk, upload)
    if fetched.stage not in (Stage.SAVED, Stage.DISCARDED):
        operations.discard_upload(fetched.pk, by=person(request))
        messages.info(request, _("Unggahan dibatalkan. Tidak ada data yang tersimpan."))
    return redirect("public_site:request_upload", pk=pk)


@applicant_page
@require_safe
def upload_marked(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """Unduh Excel bertanda kesalahan: drawn when asked for, kept nowhere."""
    fetched = fetch_upload(request, pk, upload)
    if not uploads.faulty_cells(fetched):
        raise Http404
    try:
        with fetched.file.open("rb") as file:
            content = mark_errors(
                file,
                fetched.errors,
                schemas=uploads.template_schemas(fetched.request),
                name=fetched.file_name,
            )
    except (WorkbookError, FileNotFoundError) as error:
        raise Http404 from error
    day = clock.today()
    return workbook(content, f"data-detail-bertanda-{day:%d-%m-%Y}.xlsx")
