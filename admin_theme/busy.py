"""What an officer reads when the database took back a deed because other work changed the same rows at that moment."""

import logging
from collections.abc import Callable

from django.contrib import messages
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

#: Of PostgreSQL: deadlock, not serialisable, lock not to be had; a row that is referred to is gone meanwhile.
_BUSY = frozenset({"40P01", "40001", "55P03"})
_GONE = "23503"


def is_about_others(error: BaseException) -> bool:
    """Whether the same deed may well succeed in a moment, because only its timing was bad."""
    state = getattr(error.__cause__, "sqlstate", None)
    if isinstance(error, OperationalError):
        return state in _BUSY or str(error) == "database is locked"
    return isinstance(error, IntegrityError) and state == _GONE


class BusyDataMiddleware:
    """In the console a deed that lost against other work leads back to its page with a sentence, not to an error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        home = reverse("admin:index")
        if request.method != "POST" or not request.path.startswith(home) or not is_about_others(error):
            return None
        # Never its text: it quotes what was to be stored.
        logger.warning(
            "%s: %s", getattr(request.resolver_match, "view_name", ""), type(error.__cause__).__name__
        )
        messages.error(
            request,
            _(
                "Data sedang diubah oleh pekerjaan lain pada saat yang sama. Perubahan Anda belum "
                "disimpan; coba lagi sebentar."
            ),
        )
        back = request.headers.get("Referer", "")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
            back = home
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(headers={"HX-Redirect": back})
        return HttpResponseRedirect(back)
