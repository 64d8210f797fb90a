"""Middleware for every response: request number, security headers, language by cookie, no null characters."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from core import logs

GetResponse = Callable[[HttpRequest], HttpResponse]

PUBLIC_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-src 'self'; frame-ancestors 'none'; object-src 'none'"
)
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
CONSOLE_PREFIX = "/admin/"


class RequestIdMiddleware:
    """Gives each request a short number that the person can quote and that stands in our log lines."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = "K-" + secrets.token_hex(3).upper()
        setattr(request, "request_id", request_id)  # noqa: B010  an attribute of our own
        token = logs.current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            logs.current_request_id.reset(token)
        response.headers.setdefault("X-Request-Id", request_id)
        return response


class SecurityHeadersMiddleware:
    """Sets what a view has not set itself: CSP, permissions policy, and no caching of dynamic pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        setattr(request, "csp_nonce", nonce)  # noqa: B010  an attribute of our own, read by the console's templates
        response = self.get_response(request)
        headers = response.headers
        is_console = request.path.startswith(CONSOLE_PREFIX)
        policy = CONSOLE_POLICY.format(nonce=nonce) if is_console else PUBLIC_POLICY
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store, private")
        return response


class LanguageCookieMiddleware:
    """Indonesian unless the person chose English: the browser's own language would give half-translated consoles."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        # A page that any cache may keep chooses its language by its address, never by the cookie.
        if "public" not in response.headers.get("Cache-Control", ""):
            patch_vary_headers(response, ("Cookie",))
        response.headers.setdefault("Content-Language", language)
        return response


class NullCharacterMiddleware:
    """Answers 400 to addresses with a null character: PostgreSQL fails on it.

    Queries of the public site reach forms that say what is wrong; the console's lists hand theirs to the database.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "") if request.path.startswith(CONSOLE_PREFIX) else ""
        if "\0" in request.path or "%00" in query or "\0" in query:
            raise BadRequest("Null character in the address")
        return self.get_response(request)
