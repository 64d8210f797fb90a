"""Data Detail from Excel (Unduh – Isi – Unggah): template, file, its check, and saving all rows at once."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import sessions
from core.catalogue.models import Service
from core.doors.excel import WorkbookError
from core.doors.storage import XLSX, file_headers, megabytes
from public_site.forms.upload import UploadForm
from public_site.views.applicant import STEPS, applicant_page, attach_errors, fetch_editable, person
from public_site.views.requests import GET_POST
from public_site.views.rows import data_address
from requests_app import operations, uploads
from requests_app.corrections import Unlocked
from requests_app.excel import build_template
from requests_app.models import RowUpload
from requests_app.upload_report import faulty_context, per_service, preview, progress_text, whole

Stage = RowUpload.Stage


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
    Unlocked.of(found).check_adding_rows()
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
        "earlier": found.uploads.unsaved().only("file_name", "stage").first(),
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
    if fetched.is_running:
        context |= {
            "progress_text": progress_text(fetched),
            "was_interrupted": fetched.attempts > 1,
            "is_saving": fetched.stage == Stage.SAVING,
        }
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
            # Saving is one step: no share of it can be told.
            "total": 0 if fetched.stage == Stage.SAVING else fetched.total,
            "text": progress_text(fetched),
            "finished": not fetched.is_running,
            "url": status_address(fetched),
        }
    )


@applicant_page
@require_POST
def upload_save(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """Simpan: all rows."""
    fetched = fetch_upload(request, pk, upload)
    try:
        kept = operations.save_upload(fetched.pk, by=person(request))
    except operations.StateConflict:
        raise
    except ValidationError as refusal:
        for text in refusal.messages:
            messages.error(request, text)
        return redirect(status_address(fetched))
    if kept.is_running:
        return redirect(status_address(kept))
    total = kept.request.rows.count()
    messages.success(
        request,
        _("%(saved)s data tersimpan. Jumlah: %(total)s")
        % {"saved": whole(kept.total), "total": whole(total)},
    )
    return redirect(data_address(pk))


@applicant_page
@require_POST
def upload_discard(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """Batal: forgets the checked rows."""
    fetched = fetch_upload(request, pk, upload)
    if fetched.stage not in (Stage.SAVED, Stage.DISCARDED):
        try:
            operations.discard_upload(fetched.pk, by=person(request))
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(status_address(fetched))
        messages.info(request, _("Unggahan dibatalkan. Tidak ada data yang tersimpan."))
    return redirect("public_site:request_upload", pk=pk)


@applicant_page
@require_safe
def upload_marked(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponseBase:
    """Unduh Excel bertanda kesalahan: drawn when asked for, kept nowhere."""
    fetched = fetch_upload(request, pk, upload)
    if not uploads.faulty_cells(fetched):
        raise Http404
    try:
        return uploads.send_marked(fetched)
    except (WorkbookError, FileNotFoundError) as error:
        raise Http404 from error
