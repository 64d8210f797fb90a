"""Files of a request: authorised, logged, then sent; foreign and unknown requests look the same."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors.storage import PDF, XLSX, file_headers, send_file
from public_site.views.applicant import applicant_page, fetch_visible, person
from public_site.views.requests import living_document
from requests_app import documents
from requests_app.models import DataRequest, ResultDocument


def log(request: HttpRequest, action: Action, found: DataRequest, *, with_rows: bool = False) -> None:
    """One entry of the access log; a result also names everybody whose data it carries."""
    record_access(
        action,
        actor=person(request),
        purpose=found.number or f"draf {found.pk}",
        object_type="request",
        object_id=found.pk,
        persons=found.rows.order_by("position") if with_rows else (),
        request=request,
    )


def result_of(found: DataRequest) -> ResultDocument:
    """The document in force; 404 while there is none."""
    document = living_document(found)
    if document is None:
        raise Http404
    return document


@applicant_page
@require_safe
def request_letter_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Lihat Dokumen: the letter as it was uploaded."""
    found = fetch_visible(request, pk)
    if not found.letter:
        raise Http404
    log(request, Action.DOWNLOAD_LETTER, found)
    return send_file(found.letter, name=found.letter_name or "surat.pdf", content_type=PDF)


@applicant_page
@require_safe
def request_pdf(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Download: the answer document."""
    found = fetch_visible(request, pk)
    document = result_of(found)
    if not document.pdf:
        raise Http404
    log(request, Action.DOWNLOAD_PDF, found, with_rows=True)
    return send_file(document.pdf, name=f"{document.number}.pdf", content_type=PDF)


@applicant_page
@require_safe
def request_xlsx(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The full answer as a workbook."""
    found = fetch_visible(request, pk)
    document = result_of(found)
    if not document.xlsx:
        raise Http404
    log(request, Action.DOWNLOAD_XLSX, found, with_rows=True)
    return send_file(document.xlsx, name=f"{document.number}.xlsx", content_type=XLSX)


@applicant_page
@require_safe
def request_receipt(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Tanda terima: made when asked for, always the same content."""
    found = fetch_visible(request, pk)
    if found.is_draft:
        raise Http404
    log(request, Action.DOWNLOAD_RECEIPT, found)
    response = HttpResponse(documents.receipt_pdf(found), content_type=PDF)
    for header, value in file_headers(f"tanda-terima-{found.number}.pdf", inline=False).items():
        response[header] = value
    return response
