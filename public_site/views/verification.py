"""Keaslian dokumen: whether a result document, or a file somebody holds, really comes from us."""

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from core import throttle
from core.addresses import client_address
from core.doors import clock
from core.doors.storage import megabytes
from public_site.views import errors
from requests_app.models import ResultDocument

#: Larger than any result we issue.
MOST_BYTES = 20 * 1024 * 1024
_SHOWN = (ResultDocument.State.ISSUED, ResultDocument.State.SUPERSEDED, ResultDocument.State.REVOKED)
_TONES = {ResultDocument.State.ISSUED: "green", ResultDocument.State.SUPERSEDED: "amber"}


class Digested(InMemoryUploadedFile):
    """An upload of which only the SHA-256 was kept."""

    sha256 = ""


class DigestHandler(FileUploadHandler):
    """Takes an upload's SHA-256 as it streams in and forgets the bytes: nothing is ever stored."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        self.sha256 = hashlib.sha256()
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Counts and digests a piece."""
        self.received += len(raw_data)
        if self.received > MOST_BYTES:
            raise StopUpload(connection_reset=False)
        self.sha256.update(raw_data)

    def file_complete(self, file_size: int) -> Digested:
        """The digest under the file's name, without its content."""
        file = Digested(
            BytesIO(), self.field_name, self.file_name, self.content_type, file_size, self.charset
        )
        file.sha256 = self.sha256.hexdigest()
        return file


# The handler has to be in place before anything reads the form, the check of the protection token included.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify_home(request: HttpRequest) -> HttpResponse:
    """Compares a file with every document we issued."""
    return _with_digest(request, _verify_home)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """The document of the QR code, and a comparison of a file with it; an unknown token is told as such, with 404."""
    return _with_digest(request, _verify, token)


def _with_digest(request: HttpRequest, view: Any, *args: str) -> HttpResponse:
    handler = DigestHandler(request)
    request.upload_handlers = [handler]
    response: HttpResponse = csrf_protect(view)(request, *args)
    return response


def _verify_home(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {"most": megabytes(MOST_BYTES)}
    if request.method == "POST":
        verdict = _count_upload(request)
        if not verdict.allowed:
            return errors.too_many(request, verdict.until)
        digest, context["problem"] = _digest(request)
        if digest:
            document = _documents().filter(Q(pdf_sha256=digest) | Q(xlsx_sha256=digest)).first()
            context.update(compared=True, same=document is not None)
            if document is not None:
                context.update(_facts(document))
    return render(request, "public_site/verification/home.html", context)


def _verify(request: HttpRequest, token: str) -> HttpResponse:
    misses = f"verify-miss:{client_address(request)}"
    verdict = throttle.peek(misses, limit=settings.TRACK_MISSES)
    if not verdict.allowed:
        return errors.too_many(request, verdict.until)
    document = _documents().filter(token=token).first()
    if document is None:
        throttle.hit(misses, limit=settings.TRACK_MISSES, window=settings.TRACK_MISSES_WINDOW)
        unknown = {"is_unknown": True, "most": megabytes(MOST_BYTES)}
        return render(request, "public_site/verification/home.html", unknown, status=404)
    context: dict[str, Any] = {**_facts(document), "most": megabytes(MOST_BYTES)}
    if request.method == "POST":
        verdict = _count_upload(request)
        if not verdict.allowed:
            return errors.too_many(request, verdict.until)
        digest, context["problem"] = _digest(request)
        if digest:
            context.update(compared=True, same=digest in (document.pdf_sha256, document.xlsx_sha256))
    return render(request, "public_site/verification/document.html", context)


def _documents() -> Any:
    return (
        ResultDocument.objects.filter(state__in=_SHOWN)
        .exclude(pdf_sha256="")
        .select_related("request__agency")
    )


def _count_upload(request: HttpRequest) -> throttle.Verdict:
    return throttle.hit(
        f"verify-upload:{client_address(request)}", limit=settings.UPLOADS_PER_HOUR, window=timedelta(hours=1)
    )


def _digest(request: HttpRequest) -> tuple[str, str]:
    """The SHA-256 of the uploaded file and no problem, or nothing and what the person should do."""
    file = request.FILES.get("file")
    handler = request.upload_handlers[0]
    if getattr(handler, "received", 0) > MOST_BYTES:
        return "", _("Berkas lebih dari %(most)s. Dokumen kami tidak pernah sebesar itu") % {
            "most": megabytes(MOST_BYTES)
        }
    if file is None:
        return "", _("Pilih berkas PDF atau XLSX yang akan diperiksa")
    if not file.size:
        return "", _("Berkas kosong (0 kB). Pilih berkas lain")
    return (file.sha256 if isinstance(file, Digested) else ""), ""


def _facts(document: ResultDocument) -> dict[str, Any]:
    state = ResultDocument.State(document.state)
    return {
        "document": document,
        "date": clock.long_date(document.numbered_at),
        "agency": document.request.agency.name,
        "state": state.label,
        "tone": _TONES.get(state, "red"),
        "is_valid": state == ResultDocument.State.ISSUED,
        "revoked_on": clock.long_date(document.revoked_at) if document.revoked_at else "",
        "is_superseded": state == ResultDocument.State.SUPERSEDED,
        "signature": _signature(document),
        "address": reverse("public_site:verify", args=[document.token]),
    }


def _signature(document: ResultDocument) -> dict[str, Any] | None:
    """The electronic signature of the PDF as the page tells it; None of an unsigned one."""
    signature = document.electronic_signature
    if signature is None:
        return None
    return {
        "subject": signature.subject,
        "issuer": signature.issuer,
        "serial": signature.shown_serial,
        "fingerprint": signature.fingerprint,
        "from": clock.long_date(clock.local_date(signature.moment("valid_from"))),
        "until": clock.long_date(clock.local_date(signature.moment("valid_until"))),
        "signed": clock.long_datetime(signature.moment("signed_at")),
        "is_timestamped": signature.is_timestamped,
        "is_self_signed": signature.is_self_signed,
    }
