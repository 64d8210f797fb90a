"""Public pages kept in memory: all of a page but its ``{% live %}`` parts is drawn once and given again until it changes.

What is kept is the same for everybody who is not signed in. It is kept under the content version
(core.content_version), the day, the language, the address and the values that the view names; so it never has to
grow old: an edit in the console is on the next page of every process.

Nothing of a visitor can get into what is kept: while it is drawn, the request, the visitor and the values that the
view calls live are not there. Whoever forgets ``{% live %}`` around such a value sees a hole, not another's data.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Node, engines
from django.template.context import make_context
from django.utils.translation import get_language

from core import content_version
from core.doors import clock

#: Live parts of templates by their number; templates are read once in a process and stay.
live_parts: WeakValueDictionary[int, Node] = WeakValueDictionary()
#: Whether a page is being drawn to be kept: live parts then leave their mark instead.
is_drawing: ContextVar[bool] = ContextVar("is_drawing", default=False)
_SECRET = secrets.token_hex(8)
_MARK = re.compile(f"<live {_SECRET} ([0-9]+)>")


def mark_of(number: int) -> str:
    """What stands for a live part while a page is drawn; nobody outside can know it."""
    return f"<live {_SECRET} {number}>"


def page_version(request: HttpRequest) -> str:
    """What pieces are kept under: content, day (a letterhead begins on one) and mode; "" means that nothing is kept.

    A view that has read the content version with its own query says so in ``request.content_version``.
    """
    word = getattr(request, "content_version", None) or content_version.current()
    return f"{word} {clock.today()} {settings.DEMO}" if word else ""


def piece(place: object, version: str, values: object, draw: Callable[[], Any]) -> Any:
    """What ``draw`` gave in this process under the same place, version, language and values, else what it gives now."""
    if not version:
        return draw()
    told = repr((place, version, get_language(), values))
    key = hashlib.blake2b(told.encode(), digest_size=20).hexdigest()
    pieces = caches["pieces"]
    found = pieces.get(key)
    if found is None:
        found = draw()
        pieces.set(key, found)
    return found


def render_kept(
    request: HttpRequest,
    template_name: str,
    *,
    vary: Mapping[str, str],
    content: Mapping[str, Callable[[], Any]] | None = None,
    live: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Like ``render``, from memory for those who bring no session.

    ``vary``: short values of few kinds on which the kept part depends. ``content``: names of the template and how to
    read them, from ``settings.CONTENT_MODELS`` only; not read while the page is in memory. ``live``: values for the
    template's ``{% live %}`` parts, there and nowhere else.
    """
    content, live = content or {}, live or {}
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return render(
            request, template_name, {**vary, **{name: read() for name, read in content.items()}, **live}
        )
    template = engines["django"].get_template(template_name).template  # type: ignore[attr-defined]  # Django's own
    place = (template_name, request.path)

    def draw() -> list[str | int]:
        return _drawn(request, template, vary, content)

    parts: list[str | int] = piece(place, page_version(request), sorted(vary.items()), draw)
    if not all(isinstance(part, str) or part in live_parts for part in parts):
        parts = draw()  # the template was read again since, as happens while somebody works on it
    context = make_context(dict(live), request)
    with context.bind_template(template):
        drawn = [part if isinstance(part, str) else live_parts[part].render(context) for part in parts]
    return HttpResponse("".join(drawn))


def _drawn(
    request: HttpRequest,
    template: Any,
    vary: Mapping[str, str],
    content: Mapping[str, Callable[[], Any]],
) -> list[str | int]:
    """The page as texts and numbers of live parts, in order."""
    context = make_context({**vary, **{name: read() for name, read in content.items()}}, request)
    nobody = AnonymousUser()
    hidden = {
        "request": SimpleNamespace(path=request.path, user=nobody),
        "user": nobody,
        "csrf_token": "",
        "messages": (),
    }
    token = is_drawing.set(True)
    try:
        with (
            context.render_context.push_state(template),
            context.bind_template(template),
            context.push(**hidden),
        ):
            text = template._render(context)
    finally:
        is_drawing.reset(token)
    pieces = _MARK.split(text)
    return [int(part) if at % 2 else str(part) for at, part in enumerate(pieces)]
