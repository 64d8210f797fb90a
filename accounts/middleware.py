"""What every request of a signed-in person must satisfy: code entered, time limits, own password chosen."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import authenticator, sessions
from accounts.models import User

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

#: Where an officer without an authenticator app may go while the setting requires one.
FREE_WITHOUT_AUTHENTICATOR = frozenset(
    {
        "admin:accounts_user_authenticator",
        "admin:logout",
        "public_site:sign_out",
        "public_site:session_extend",
        "set_language",
        "health_live",
        "health_ready",
    }
)


def lead_to_the_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Whoever was signed out while filling in a form comes back, after signing in, to the page with the form.

    What the form was sent to may be no page at all; and the person is told that nothing was stored.
    """
    wanted = parse_qs(urlsplit(response.headers["Location"]).query).get("next")
    if wanted != [request.get_full_path()] or request.user.is_authenticated:
        return response
    form = request.headers.get("Referer", "")
    own = {request.get_host()}
    if url_has_allowed_host_and_scheme(form, allowed_hosts=own, require_https=request.is_secure()):
        parts = urlsplit(form)
        wanted = [f"{parts.path}?{parts.query}" if parts.query else parts.path]
    query = urlencode({"next": wanted[0], sessions.UNSAVED: "1"})
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")


class SessionGuardMiddleware:
    """Signs out whoever has no verified code or outstayed a limit; holds temporary passwords to one page.

    Requests without a session cookie are left alone, so public pages stay free of cookies and queries.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._end_if_due(request)
        response = self.get_response(request)
        if request.method == "POST" and "Location" in response.headers:
            return lead_to_the_form(request, response)
        return response

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
        if getattr(request.user, "must_change_password", False):
            free = name in FREE_WITH_TEMPORARY_PASSWORD
            return None if free else redirect("public_site:password_change")
        if (
            name not in FREE_WITHOUT_AUTHENTICATOR
            and isinstance(request.user, User)
            and authenticator.must_set_up(request.user)
        ):
            return redirect("admin:accounts_user_authenticator")
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
