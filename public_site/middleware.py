"""What the public site adds to every response: a page where Django would answer with nothing."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from public_site.views.errors import method_not_allowed


class NotAllowedPageMiddleware:
    """A page instead of a blank window for the address of a button: opened by hand, from a bookmark, after a sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method not in ("GET", "HEAD"):
            return response
        page = method_not_allowed(request)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page
