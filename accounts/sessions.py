"""Signed-in browsers: how long a session lives, which ones an account has, and ending them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.models import SignedInDevice, User
from core.addresses import client_address
from core.doors.signing import keyed_hash

STARTED = "started_at"
SEEN = "seen_at"
REMEMBER = "remember"
#: When the person last showed who it is: by signing in, or asked again before a weighty deed (accounts.identity).
CONFIRMED = "confirmed_at"
#: Left in the new, empty session for the sign-in page: why the old one ended.
ENDED = "session_ended"
#: In the address of the sign-in page: what the person has just sent was not stored.
UNSAVED = "belum-tersimpan"
KNOWN_COOKIE = "perangkat"
_KNOWN_SALT = "accounts.known-device"
_KNOWN_AGE = 365 * 86400
_KNOWN_LIMIT = 5

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def polling(view: View) -> View:
    """Marks a view that pages ask by themselves: it does not count as activity of the person."""
    view.is_polling = True  # type: ignore[attr-defined]  # the middleware reads it
    return view


def idle_seconds(request: HttpRequest) -> int:
    """Seconds without activity after which this session ends.

    "Ingat Saya" lifts an applicant's limit to the absolute one; never an officer's.
    """
    if getattr(request.user, "is_staff", False):
        return int(settings.SESSION_IDLE_OFFICER.total_seconds())
    if request.session.get(REMEMBER):
        return absolute_seconds(request)
    return int(settings.SESSION_IDLE.total_seconds())


def absolute_seconds(request: HttpRequest) -> int:
    """Seconds after signing in when this session ends whatever the person does."""
    is_officer = getattr(request.user, "is_staff", False)
    limit = settings.SESSION_ABSOLUTE_OFFICER if is_officer else settings.SESSION_ABSOLUTE
    return int(limit.total_seconds())


def begin(request: HttpRequest, *, remember: bool) -> None:
    """Start counting for the session that was just signed in, and list it among the account's devices."""
    now = timezone.now()
    request.session[STARTED] = request.session[SEEN] = request.session[CONFIRMED] = int(now.timestamp())
    request.session[REMEMBER] = remember
    # 0 = until the browser closes; the server's own limits hold in both cases.
    request.session.set_expiry(absolute_seconds(request) if remember else 0)
    request.session.save()
    remove_ended()
    SignedInDevice.objects.update_or_create(
        session_key=request.session.session_key or "",
        defaults={
            "user": cast("User", request.user),
            "browser": browser_name(request.headers.get("User-Agent", "")),
            "address": client_address(request)[:45],
            "started_at": now,
            "seen_at": now,
        },
    )


def renew_key(request: HttpRequest, old_key: str | None) -> None:
    """Keep the device's row after Django gave the session another key."""
    if old_key and request.session.session_key and request.session.session_key != old_key:
        SignedInDevice.objects.filter(session_key=old_key).update(session_key=request.session.session_key)


def touch(request: HttpRequest, now: int) -> None:
    """Note activity, at most once a minute so that reading pages does not write."""
    if now - int(request.session.get(SEEN, 0)) < min(60, idle_seconds(request) // 4):
        return
    request.session[SEEN] = now
    SignedInDevice.objects.filter(session_key=request.session.session_key).update(
        seen_at=datetime.fromtimestamp(now, tz=UTC)
    )


def end_all(user: User, *, keep: str | None = None) -> int:
    """End the account's sessions except ``keep``; returns how many devices were ended."""
    return _end(SignedInDevice.objects.filter(user=user).exclude(session_key=keep or ""))


def end_one(user: User, device_id: int) -> int:
    """End one of the account's own sessions; 0 when it is not theirs."""
    return _end(SignedInDevice.objects.filter(user=user, pk=device_id))


def forget(session_key: str | None) -> None:
    """Drop the list's row of a session that signs out."""
    SignedInDevice.objects.filter(session_key=session_key or "").delete()


def remove_ended() -> None:
    """Drop rows of sessions older than any session may become."""
    oldest = timezone.now() - max(settings.SESSION_ABSOLUTE, settings.SESSION_ABSOLUTE_OFFICER)
    SignedInDevice.objects.filter(started_at__lt=oldest).delete()


def _end(devices: "models.QuerySet[SignedInDevice]") -> int:
    with transaction.atomic():
        keys = list(devices.values_list("session_key", flat=True))
        for key in keys:
            SessionStore(key).delete(key)
        SignedInDevice.objects.filter(session_key__in=keys).delete()
    return len(keys)


def is_known_device(request: HttpRequest, user: User) -> bool:
    """Whether this browser has signed in to the account before, by its signed cookie."""
    return _mark(user) in _known(request)


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let the browser be recognised next time; the cookie holds keyed hashes, nothing personal."""
    marks = [_mark(user), *(mark for mark in _known(request) if mark != _mark(user))][:_KNOWN_LIMIT]
    response.set_cookie(
        KNOWN_COOKIE,
        signing.dumps(marks, salt=_KNOWN_SALT),
        max_age=_KNOWN_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> list[str]:
    try:
        marks = signing.loads(request.COOKIES.get(KNOWN_COOKIE, ""), salt=_KNOWN_SALT, max_age=_KNOWN_AGE)
    except signing.BadSignature:
        return []
    return [str(mark) for mark in marks] if isinstance(marks, list) else []


def _mark(user: User) -> str:
    return keyed_hash("known-device", str(user.pk))[:24]


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """``Chrome – Windows`` from a User-Agent header; the header's own first word when it is unknown."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    known = " – ".join(part for part in (browser, system) if part)
    return known or re.sub(r"[^\w./ -]", "", agent)[:40]
