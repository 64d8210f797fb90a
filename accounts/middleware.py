"""What every request of a signed-in person must satisfy: code entered, time limits, own password chosen."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import sessions

logger = logging.getLogger(__name__)

#: Where somebody with a temporary password may go before choosing an own one.
FREE_WITH_TEMPORARY_PASSWORD = frozenset(
    {
        "public_site:password_change",
        "public_site:sign_out",
        "public_site:session_extend",
        "set_language",
        "health_live",
        "health_ready",
    }
)


class SessionGuardMiddleware:
    """Signs out whoever has no verified code or outstayed a limit; holds temporary passwords to one page.

    Requests without a session cookie are left alone, so public pages stay free of cookies and queries.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._end_if_due(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Note activity and lead people with a temporary password to the page where they choose their own."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        if not getattr(view, "is_polling", False):
            sessions.touch(request, int(timezone.now().timestamp()))
        match = request.resolver_match
        name = match.view_name if match is not None else ""
        if getattr(request.user, "must_change_password", False) and name not in FREE_WITH_TEMPORARY_PASSWORD:
            return redirect("public_site:password_change")
        return None

    def _end_if_due(self, request: HttpRequest) -> None:
        if getattr(request.user, "otp_device", None) is None:
            # Signed in by some path without a code: there is no such path, so fail closed.
            logger.warning("session without a verified code ended")
            logout(request)
            return
        now = int(timezone.now().timestamp())
        idle = now - int(request.session.get(sessions.SEEN, 0)) > sessions.idle_seconds(request)
        over = now - int(request.session.get(sessions.STARTED, 0)) > sessions.absolute_seconds(request)
        if idle or over:
            sessions.forget(request.session.session_key)
            logout(request)
            request.session[sessions.ENDED] = "idle" if idle and not over else "absolute"
