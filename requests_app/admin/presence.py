"""The line "Rina sedang membuka permohonan ini" on the pages of a request, and the address its script asks."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sessions import polling
from core.doors import clock
from requests_app import operations
from requests_app.admin.buttons import VIEW, officer_of
from requests_app.models import DataRequest


def panel(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    """Notes that the reader is here and says who else is; for the page and without JavaScript."""
    officer = officer_of(request)
    operations.come(found.pk, by=officer)
    return {
        "lines": _lines(found.pk, officer),
        "url": reverse("admin:requests_app_datarequest_presence", args=[found.pk]),
    }


@polling
def beat(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The same by POST, for the script of an open page; it does not count as activity of the person."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    officer = officer_of(request)
    if not DataRequest.objects.visible_to(officer).filter(pk=pk).exists():
        raise Http404
    operations.come(pk, by=officer)
    return JsonResponse({"lines": _lines(pk, officer)})


def _lines(pk: uuid.UUID, officer: User) -> list[str]:
    return [
        _("%(name)s sedang membuka permohonan ini sejak %(time)s")
        % {"name": present.user.get_full_name(), "time": clock.time_wib(present.since)}
        for present in operations.others_at(pk, by=officer)
    ]
