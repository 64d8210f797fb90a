"""Lacak: the coarse status of a request by its number, without sign-in; guessing is slowed down."""

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
from public_site.views import errors
from public_site.views.applicant import timeline_items
from requests_app import workflow
from requests_app.references import find_by_number


@require_safe
def track(request: HttpRequest) -> HttpResponse:
    """The form, and for ``?no=`` the phase with dates: no institution, subject, names or counts."""
    form = TrackForm(request.GET if "no" in request.GET else None)
    context = {"nav": "track", "form": form}
    if not form.is_bound or not form.is_valid():
        return render(
            request, "public_site/tracking/track.html", context, status=422 if form.is_bound else 200
        )
    key = f"track:{keyed_hash('address', client_address(request))[:40]}"
    verdict = throttle.peek(key, limit=settings.TRACK_MISSES)
    if not verdict.allowed:
        return errors.too_many(request, verdict.until)
    number = form.cleaned_data["no"]
    found = find_by_number(number)
    if found is None:
        throttle.hit(key, limit=settings.TRACK_MISSES, window=settings.TRACK_MISSES_WINDOW)
        form.add_error(
            "no",
            _("No Permohonan %(number)s tidak ditemukan. Salin kembali dari email konfirmasi")
            % {"number": number},
        )
        return render(request, "public_site/tracking/track.html", context, status=422)
    detail = reverse("public_site:request_detail", kwargs={"pk": found.pk})
    if request.user.is_authenticated:
        context["detail_url"] = detail
    else:
        context["detail_url"] = f"{reverse('public_site:sign_in')}?{urlencode({'next': detail})}"
    context |= {
        "found": found,
        "phase": workflow.public_phase(found.status),
        "timeline": timeline_items(found, found.events.all(), is_signed_in=False),
    }
    return render(request, "public_site/tracking/track.html", context)
