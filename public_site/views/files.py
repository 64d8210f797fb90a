"""Files of a request: authorised, logged, then sent; foreign and unknown requests look the same."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import calendars
from core.doors.storage import PDF, XLSX, file_headers, send_file
from public_site.views.applicant import applicant_page, fetch_visible, person
from public_site.views.requests import living_document, released_parts, revoked_advice, revoked_documents
from requests_app import documents, ledger
from requests_app.models import DataRequest, ResultDocument


def log(
    request: HttpRequest, action: Action, found: DataRequest, document: ResultDocument | None = None
) -> None:
    """One entry of the access log; a result also names everybody whose data it carries."""
    record_access(
        action,
        actor=person(request),
        purpose=found.number or f"draf {found.pk}",
        object_type="request",
        object_id=found.pk,
        persons=document.carried_rows() if document is not None else (),
        request=request,
    )


def gone(request: HttpRequest, found: DataRequest, part: int | None = None) -> HttpResponse:
    """410: the document was revoked, why and what to do now; 404 when there never was one."""
    document = revoked_documents(found).filter(part=part).first()
    if document is None:
        raise Http404
    advice = revoked_advice(found, document, living_document(found))
    context = {"nav": "requests", "found": found, "document": document, "advice": advice}
    return render(request, "public_site/requests/revoked.html", context, status=410)


def held_back(request: HttpRequest, found: DataRequest) -> HttpResponse | None:
    """No answer leaves for an agency that is shut, however long ago it was issued: back to the request, with why."""
    if found.agency.is_active:
        return None
    messages.error(
        request,
        _(
            "Instansi Anda sedang dinonaktifkan, sehingga dokumen jawaban tidak dapat diunduh. "
            "Hubungi kami untuk keterangan."
        ),
    )
    return redirect("public_site:request_detail", pk=found.pk)


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
    if refusal := held_back(request, found):
        return refusal
    document = living_document(found)
    if document is None:
        return gone(request, found)
    if not document.pdf:
        raise Http404
    log(request, Action.DOWNLOAD_PDF, found, document)
    return send_file(document.pdf, name=f"{document.number}.pdf", content_type=PDF)


@applicant_page
@require_safe
def request_xlsx(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The full answer as a workbook."""
    found = fetch_visible(request, pk)
    if refusal := held_back(request, found):
        return refusal
    document = living_document(found)
    if document is None:
        return gone(request, found)
    if not document.xlsx:
        raise Http404
    log(request, Action.DOWNLOAD_XLSX, found, document)
    return send_file(document.xlsx, name=f"{document.number}.xlsx", content_type=XLSX)


@applicant_page
@require_safe
def request_part(request: HttpRequest, pk: uuid.UUID, part: int, kind: str) -> HttpResponseBase:
    """A part released before the rest: its PDF or its workbook."""
    found = fetch_visible(request, pk)
    if refusal := held_back(request, found):
        return refusal
    document = released_parts(found).filter(part=part).first()
    if kind not in ("pdf", "xlsx"):
        raise Http404
    if document is None:
        return gone(request, found, part)
    file = document.pdf if kind == "pdf" else document.xlsx
    if not file:
        raise Http404
    log(request, Action.DOWNLOAD_PDF if kind == "pdf" else Action.DOWNLOAD_XLSX, found, document)
    return send_file(file, name=f"{document.number}.{kind}", content_type=PDF if kind == "pdf" else XLSX)


@applicant_page
@require_safe
def request_receipt(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Tanda terima: made when asked for, always the same content."""
    found = fetch_visible(request, pk)
    if found.is_draft or found.erased_at is not None:
        raise Http404
    log(request, Action.DOWNLOAD_RECEIPT, found)
    response = HttpResponse(documents.receipt_pdf(found), content_type=PDF)
    for header, value in file_headers(f"tanda-terima-{found.number}.pdf", inline=False).items():
        response[header] = value
    return response


@applicant_page
@require_safe
def request_due(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Simpan ke kalender: the due date as a calendar file; 404 while no clock runs."""
    found = fetch_visible(request, pk)
    if found.due_on is None or ledger.light(found) is None:
        raise Http404
    content = calendars.one_day(
        uid=f"{found.pk}@layanan-data",
        day=found.due_on,
        title=_("Batas waktu jawaban permohonan %(number)s") % {"number": found.number},
        url=settings.SITE_URL + reverse("public_site:request_detail", kwargs={"pk": found.pk}),
    )
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    for header, value in file_headers(f"{found.number}.ics", inline=False).items():
        response[header] = value
    return response
