"""Step 1 of the entry: the letter's data and its PDF, by the same form as the applicant's."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from core import throttle
from core.access_log.models import Action
from core.doors import clock
from core.doors.storage import PDF, send_file
from requests_app import operations
from requests_app.admin.buttons import officer_of
from requests_app.admin.dress import dress, name_what_is_missing
from requests_app.admin.entry.base import address, draw, entry_page, fetch_draft, record
from requests_app.forms.letter import LetterForm
from requests_app.models import DataRequest


@entry_page
def letter(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The form; keeps everything that is right, goes on when nothing is wrong or missing."""
    found = fetch_draft(request, pk)
    if request.method != "POST":
        return letter_page(request, found, letter_form(found), found.version)
    form = letter_form(found, request.POST, request.FILES)
    version = sent_version(request)
    if request.FILES and not may_upload(request, form):
        return letter_page(request, found, form, version, status=429)
    is_complete = form.is_valid()
    try:
        found = operations.save_header(
            pk,
            by=officer_of(request),
            values=form.storable(),
            letter=form.cleaned_data.get("letter"),
            version=version,
        )
    except operations.StateConflict as conflict:
        if not fetch_draft(request, pk).is_draft:
            raise
        form.add_error(None, conflict)
        return letter_page(request, found, form, version, status=409)
    form.keep_letter(found)
    if "_draf" in request.POST:
        form.forget_missing()
        if not form.errors:
            messages.success(request, _("Draf tersimpan. Anda dapat melanjutkannya kapan saja."))
            return HttpResponseRedirect(address(""))
    elif is_complete:
        warn_of_same_letter(request, found)
        return HttpResponseRedirect(address("data", pk=pk))
    return letter_page(request, found, form, found.version, status=422)


def letter_form(found: DataRequest, *sent: Any) -> LetterForm:
    """The applicant's form, in words for the officer who reads somebody else's letter."""
    form = LetterForm(*sent, data_request=found, label_suffix="")
    form.fields["letter_number"].error_messages["required"] = _("Isi No. Surat sesuai surat pemohon")
    name_what_is_missing(form)
    return form


def may_upload(request: HttpRequest, form: LetterForm) -> bool:
    """Counts the upload; says when the next one is possible if there were too many."""
    officer = officer_of(request)
    verdict = throttle.hit(f"upload:{officer.pk}", limit=settings.UPLOADS_PER_HOUR, window=timedelta(hours=1))
    if not verdict.allowed:
        form.errors.clear()
        form.add_error(
            None,
            _("Terlalu banyak unggahan. Coba lagi pukul %(time)s") % {"time": clock.time_wib(verdict.until)},
        )
    return verdict.allowed


def sent_version(request: HttpRequest) -> int:
    """The version the form was opened with; 0 (never right) when it was tampered with."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def letter_page(
    request: HttpRequest, found: DataRequest, form: LetterForm, version: int, status: int = 200
) -> HttpResponse:
    """Step 1 drawn, the stored letter beside the form."""
    dress(form)
    context = {"form": form, "version": version, "is_partly_saved": status == 422}
    return draw(request, "letter", context, found=found, step="letter", status=status)


def warn_of_same_letter(request: HttpRequest, found: DataRequest) -> None:
    """One letter usually belongs to one request: perhaps the applicant has sent it online already."""
    twin = (
        DataRequest.objects.filter(
            agency=found.agency, letter_number__iexact=found.letter_number, number__isnull=False
        )
        .exclude(pk=found.pk)
        .first()
    )
    if twin is not None:
        messages.warning(
            request,
            _(
                "No. Surat ini sudah dipakai instansi itu pada permohonan %(number)s. "
                "Lanjutkan hanya jika suratnya memang berbeda."
            )
            % {"number": twin.number},
        )


@entry_page
def letter_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The stored letter, inline for the frame beside the form; recorded first."""
    found = fetch_draft(request, pk)
    if not found.letter:
        raise Http404
    record(request, Action.DOWNLOAD_LETTER, found)
    return send_file(found.letter, name=found.letter_name or "surat.pdf", content_type=PDF, inline=True)
