"""Step 2 of the entry by Excel: the same template, check, table of errors and all-or-nothing as the applicant's."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts import sessions
from core.access_log.models import Action
from core.doors.excel import WorkbookError
from core.doors.storage import XLSX, file_headers
from requests_app import operations, upload_report, uploads
from requests_app.admin.buttons import officer_of
from requests_app.admin.dress import dress
from requests_app.admin.entry.base import address, attach_errors, draw, entry_page, fetch_draft, record
from requests_app.excel import build_template
from requests_app.forms.upload import UploadForm
from requests_app.models import RowUpload

Stage = RowUpload.Stage


def upload_form() -> UploadForm:
    """The empty form in the look of the console."""
    form = UploadForm(label_suffix="")
    dress(form)
    return form


def fetch_upload(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> RowUpload:
    """An upload of the officer's own draft; 404 for all others."""
    found = fetch_draft(request, pk)
    fetched: RowUpload = get_object_or_404(found.uploads.select_related("request"), pk=upload)
    return fetched


@entry_page
def template(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The empty template with the columns of this request."""
    found = fetch_draft(request, pk)
    return workbook(build_template(uploads.template_schemas(found)), "templat-data-detail.xlsx")


def workbook(content: bytes, name: str) -> HttpResponse:
    """A workbook as a download."""
    response = HttpResponse(content, content_type=XLSX)
    for header, value in file_headers(name, inline=False).items():
        response[header] = value
    return response


@entry_page
def upload(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Takes the file; its cells are checked in the queue."""
    found = fetch_draft(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(address("data", pk=pk) + "#excel")
    form = UploadForm(request.POST, request.FILES, label_suffix="")
    if form.is_valid():
        try:
            kept = operations.start_upload(pk, by=officer_of(request), uploaded=form.cleaned_data["file"])
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            return HttpResponseRedirect(address("status", pk=pk, upload=kept.pk))
    dress(form)
    return draw(request, "upload", {"form": form}, found=found, step="data", status=422)


@sessions.polling
@entry_page
def status(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """Memeriksa, bersih or bermasalah; the page asks again by itself while the check runs."""
    fetched = fetch_upload(request, pk, upload)
    if fetched.stage in (Stage.SAVED, Stage.DISCARDED):
        return HttpResponseRedirect(address("data", pk=pk))
    context: dict[str, object] = {"upload": fetched}
    if fetched.is_running:
        context |= {
            "progress_text": upload_report.progress_text(fetched),
            "was_interrupted": fetched.attempts > 1,
            "is_saving": fetched.stage == Stage.SAVING,
        }
        return draw(request, "checking", context, found=fetched.request, step="data")
    if fetched.stage == Stage.CLEAN:
        # The first rows are shown with their names: whoever asks who read about a person finds the officer.
        shown = fetched.staged.filter(number__lte=len(fetched.preview))
        record(request, Action.VIEW_ROWS, fetched.request, persons=shown)
        context |= {
            "count": upload_report.whole(fetched.total),
            "per_service": upload_report.per_service(fetched),
            "preview": upload_report.preview(fetched),
        }
        return draw(request, "clean", context, found=fetched.request, step="data")
    record(request, Action.VIEW_ROWS, fetched.request, count=len(fetched.errors))
    context |= upload_report.faulty_context(fetched)
    return draw(request, "faulty", context, found=fetched.request, step="data")


@entry_page
def settle(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID, verb: str) -> HttpResponse:
    """Simpan: all rows; batal: none. By POST."""
    if verb not in ("simpan", "batal"):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    fetched = fetch_upload(request, pk, upload)
    if verb == "batal":
        try:
            operations.discard_upload(fetched.pk, by=officer_of(request))
        except operations.StateConflict:
            raise
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return HttpResponseRedirect(address("status", pk=pk, upload=fetched.pk))
        messages.info(request, _("Unggahan dibatalkan. Tidak ada data yang tersimpan."))
        return HttpResponseRedirect(address("data", pk=pk))
    try:
        kept = operations.save_upload(fetched.pk, by=officer_of(request))
    except operations.StateConflict:
        raise
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(address("status", pk=pk, upload=fetched.pk))
    if kept.is_running:
        return HttpResponseRedirect(address("status", pk=pk, upload=kept.pk))
    total = kept.request.rows.count()
    messages.success(
        request,
        _("%(saved)s data tersimpan. Jumlah: %(total)s")
        % {"saved": upload_report.whole(kept.total), "total": upload_report.whole(total)},
    )
    return HttpResponseRedirect(address("data", pk=pk) + "#data-detail")


@entry_page
def marked(request: HttpRequest, pk: uuid.UUID, upload: uuid.UUID) -> HttpResponseBase:
    """The workbook with its errors marked: drawn when asked for, kept nowhere."""
    fetched = fetch_upload(request, pk, upload)
    if not uploads.faulty_cells(fetched):
        raise Http404
    record(request, Action.DOWNLOAD_UPLOAD, fetched.request, count=fetched.total)
    try:
        return uploads.send_marked(fetched)
    except (WorkbookError, FileNotFoundError) as error:
        raise Http404 from error
