"""Pages for when something is refused or broken: drawn without database, session or context processors.

The one exception are officers at work: what the console refuses them is told in the console (admin_theme.refusals).
"""

import logging
import sys
from datetime import datetime, timedelta

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _

from admin_theme import refusals
from core.doors import clock
from public_site.models import SiteContact

logger = logging.getLogger(__name__)

#: From here on it is our fault, and nothing that might be broken is asked again.
BROKEN = 500


def _answer(
    request: HttpRequest,
    status: int,
    heading: str,
    text: str,
    *,
    retry: bool = False,
    until: datetime | None = None,
    to_officers: tuple[str, str] | None = None,
) -> HttpResponse:
    """The error page (in the console the console's own), or a bare one when even its template cannot be drawn."""
    code = str(getattr(request, "request_id", ""))
    context = {
        "heading": heading,
        "text": text,
        "code": code,
        "retry": retry,
        "contact": SiteContact.without_database(),
        "label": _("Kesalahan %(status)d") % {"status": status},
    }
    try:
        body = None if status >= BROKEN else refusals.page(request, status, *(to_officers or (heading, text)))
        body = body or render_to_string("public_site/errors/error.html", context)
    except Exception:  # the last page a visitor can see must not fail as well
        logger.exception("error page cannot be drawn")
        body = format_html(
            "<!doctype html><title>{}</title><h1>{}</h1><p>{}</p><p>{}</p>", heading, heading, text, code
        )
    response = HttpResponse(body, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    if until is not None:
        seconds = max(1, int((until - clock.now()) / timedelta(seconds=1)))
        response.headers["Retry-After"] = str(seconds)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; a body over the limit gets the page that tells the limit."""
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        return payload_too_large(request, exception)
    return _answer(
        request,
        400,
        _("Permintaan tidak dapat dibaca."),
        _("Periksa alamatnya, lalu mulai kembali dari Beranda."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not allowed."""
    return _answer(
        request,
        403,
        _("Anda tidak memiliki akses ke halaman ini."),
        _("Jika menurut Anda keliru, hubungi admin instansi Anda."),
        to_officers=(
            _("Anda tidak memiliki akses ke halaman ini."),
            _(
                "Peran Anda tidak memuat hak yang diperlukan. Bila tugas Anda memerlukannya, minta admin menambahkannya."
            ),
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose protection token is missing or old; the reason is for the log only."""
    logger.warning("form refused: %s", reason)
    return _answer(
        request,
        403,
        _("Halaman ini sudah terlalu lama terbuka."),
        _("Muat ulang lalu kirim kembali. Draf Anda tersimpan."),
        retry=True,
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such page, or one whose existence is not the visitor's business."""
    return _answer(
        request,
        404,
        _("Halaman tidak ditemukan."),
        _("Periksa alamatnya. Jika dari tautan email, tautan itu mungkin sudah tidak berlaku."),
        to_officers=(
            _("Halaman ini tidak ada."),
            _(
                "Alamatnya mungkin salah ketik, atau datanya sudah dihapus. Kembali ke daftar, lalu cari lagi."
            ),
        ),
    )


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """405 for a person who opens the address of a button as if it were a page."""
    return _answer(
        request,
        405,
        _("Alamat ini bukan halaman."),
        _(
            "Alamat ini hanya menerima isian dari tombol. Kembali ke halaman sebelumnya, lalu tekan tombolnya."
        ),
    )


def payload_too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """413: more bytes than any form takes."""
    return _answer(
        request,
        413,
        _("Berkas terlalu besar."),
        _("Paling besar 2 MB. Kembali, kecilkan berkas, lalu unggah lagi."),
    )


def too_many(request: HttpRequest, until: datetime | None = None) -> HttpResponse:
    """429: throttled until a moment, told in Jakarta time."""
    text = (
        _("Coba lagi pukul %(time)s.") % {"time": clock.time_wib(until)}
        if until
        else _("Coba lagi beberapa menit lagi.")
    )
    return _answer(request, 429, _("Terlalu banyak permintaan."), text, until=until)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; when the database is away, the page of ``unavailable`` with status 503."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return _answer(
        request,
        500,
        _("Terjadi masalah pada layanan kami."),
        _("Isian yang sudah disimpan aman. Coba lagi beberapa menit lagi."),
        retry=True,
    )


def unavailable(request: HttpRequest, until: datetime | None = None) -> HttpResponse:
    """503: closed for planned work until a moment, or the database cannot be reached when there is none."""
    if until is None:
        return _answer(
            request,
            503,
            _("Layanan belum dapat diakses."),
            _(
                "Kami sudah mengetahuinya. Isian yang baru saja Anda kirim belum tersimpan. "
                "Coba lagi 5 menit lagi."
            ),
            retry=True,
            until=clock.now() + timedelta(minutes=5),
        )
    local = clock.local_date(until)
    return _answer(
        request,
        503,
        _("Layanan tutup sementara."),
        _("Buka kembali %(day)s pukul %(time)s. Draf Anda tersimpan.")
        % {"day": clock.long_date(local), "time": clock.time_wib(until)},
        until=until,
    )
