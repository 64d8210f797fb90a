"""Deeds of weight: the console asks again who is there when the last confirmation is too old (security.md S-12).

Who asks, and how, is ``settings.IDENTITY_CHECK``; a deed is marked weighty where it is declared
(``OperationButton``, ``BulkOperation``) or by :func:`weighty` where it is a page of its own.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string


def ask_again(request: HttpRequest, deed: Any) -> HttpResponse | None:
    """None when the person has confirmed a moment ago or just now; else the page or dialog that asks.

    Call it on GET, before anything is typed, and again on POST: the page that asks carries along what was sent.
    """
    check: Callable[[HttpRequest, Any], HttpResponse | None] = import_string(settings.IDENTITY_CHECK)
    return check(request, deed)


def weighty(deed: Any, *, methods: tuple[str, ...] = ("GET", "POST")) -> Callable[..., Any]:
    """For views and methods of admin pages: asks before ``deed`` (its label) when called by one of ``methods``."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def asked(*args: Any, **kwargs: Any) -> HttpResponse:
            request = next(arg for arg in args if isinstance(arg, HttpRequest))
            page = ask_again(request, deed) if request.method in methods else None
            return view(*args, **kwargs) if page is None else page

        return asked

    return decorate
