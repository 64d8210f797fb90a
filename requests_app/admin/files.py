"""Private files for officers: the letter and the result documents; each opening is recorded first."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors.storage import PDF, XLSX, send_file
from requests_app.admin.buttons import officer_of
from requests_app.models import DataRequest, ResultDocument


def letter(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The official letter, inline for the frame beside the data (``?unduh=1``: as a download)."""
    found = get_object_or_404(DataRequest.objects.visible_to(officer_of(request)), pk=pk)
    if not found.letter:
        raise Http404
    record_access(
        Action.DOWNLOAD_LETTER,
        actor=request.user,
        purpose=found.number or "",
        object_type="DataRequest",
        object_id=found.pk,
        request=request,
    )
    name = found.letter_name or "surat.pdf"
    return send_file(found.letter, name=name, content_type=PDF, inline=request.GET.get("unduh") != "1")


def result(request: HttpRequest, pk: uuid.UUID, kind: str) -> HttpResponseBase:
    """A result document's PDF or XLSX as a download; a revoked one goes to nobody."""
    if not request.user.has_perm("requests_app.view_resultdocument"):
        raise PermissionDenied
    visible = DataRequest.objects.visible_to(officer_of(request))
    document = get_object_or_404(ResultDocument.objects.select_related("request"), pk=pk, request__in=visible)
    file = document.pdf if kind == "pdf" else document.xlsx
    if not file or document.state == ResultDocument.State.REVOKED:
        raise Http404
    record_access(
        Action.DOWNLOAD_PDF if kind == "pdf" else Action.DOWNLOAD_XLSX,
        actor=request.user,
        purpose=document.request.number or "",
        object_type="ResultDocument",
        object_id=document.pk,
        persons=document.carried_rows(),
        request=request,
    )
    stem = "".join(character if character.isalnum() else "-" for character in document.number)
    return send_file(file, name=f"{stem}.{kind}", content_type=PDF if kind == "pdf" else XLSX)
