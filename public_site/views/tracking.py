"""Lacak: the coarse status of a request by its number, without sign-in; guessing is slowed down."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import throttle
from core.addresses import client_address
from core.doors.signing import keyed_hash
from public_site.forms.tracking import TrackForm
from public_site.kept import render_kept
from public_site.views import errors
from public_site.views.applicant import timeline_items
from requests_app import references, workflow

TEMPLATE = "public_site/tracking/track.html"


@require_safe
def track(request: HttpRequest) -> HttpResponse:
    """The form, and for ``?no=`` the phase with dates: no institution, subject, names or counts."""
    form = TrackForm(request.GET if "no" in request.GET else None)
    if not form.is_bound:
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    key = f"track:{keyed_hash('address', client_address(request))[:40]}"
    verdict = throttle.peek(key, limit=settings.TRACK_MISSES)
    if not verdict.allowed:
        return errors.too_many(request, verdict.until)
    number = form.cleaned_data["no"]
    tracked = references.track(number)
    if tracked is None:
        throttle.hit(key, limit=settings.TRACK_MISSES, window=settings.TRACK_MISSES_WINDOW)
        form.add_error(
            "no",
            _("No Permohonan %(number)s tidak ditemukan. Salin kembali dari email konfirmasi")
            % {"number": number},
        )
        return _page(request, form, status=422)
    return _page(request, form, tracked)


def _page(
    request: HttpRequest, form: TrackForm, tracked: references.Tracked | None = None, status: int = 200
) -> HttpResponse:
    live: dict[str, Any] = {"form": form}
    if tracked is None:
        return _drawn(request, "", live, status)
    found = tracked.request
    setattr(request, "content_version", tracked.content_version)  # noqa: B010  read by public_site.kept
    detail = reverse("public_site:request_detail", kwargs={"pk": found.pk})
    if not request.user.is_authenticated:
        detail = f"{reverse('public_site:sign_in')}?{urlencode({'next': detail})}"
    live |= {
        "found": found,
        "detail_url": detail,
        "timeline": timeline_items(found, tracked.events, is_signed_in=False),
    }
    return _drawn(request, workflow.public_phase(found.status).key, live, status)


def _drawn(request: HttpRequest, phase_key: str, live: dict[str, Any], status: int) -> HttpResponse:
    """What does not depend on the number comes from memory; a form with errors is drawn as a whole."""
    vary = {"nav": "track", "phase_key": phase_key}
    content: dict[str, Callable[[], Any]] = {
        "phase": lambda: workflow.PHASES.get(phase_key),
        "fresh_form": TrackForm,
    }
    if status != HTTPStatus.OK:
        return render(request, TEMPLATE, {**vary, **live}, status=status)
    return render_kept(request, TEMPLATE, vary=vary, content=content, live=live)
