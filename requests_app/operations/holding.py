"""Keeping a request from destruction (a dispute, an audit, an investigation), and letting it go again."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock
from requests_app.models import DataRequest, RequestEvent
from requests_app.operations.locking import lock_request

HOLD = "requests_app.hold_datarequest"
SHORTEST_REASON = 5


def hold_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Offered while nobody holds it and there is something to keep."""
    if request.held_at is not None or not user.has_perm(HOLD):
        return None
    return []


def release_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Offered while it is held."""
    return None if request.held_at is None or not user.has_perm(HOLD) else []


@transaction.atomic
def place_hold(pk: uuid.UUID | str, *, by: User, reason: str) -> DataRequest:
    """Nothing of the request is destroyed until the hold is released; PermissionDenied without the right."""
    request = _locked(pk, by)
    if request.held_at is not None:
        raise ValidationError(_("Permohonan ini sudah ditahan dari pemusnahan."))
    if len(reason.strip()) < SHORTEST_REASON:
        raise ValidationError({"reason": _("Tulis alasannya, paling sedikit 5 karakter")})
    # Not through save(): "updated_at" is when the time of an ended request began to run.
    request.held_at, request.hold_reason = clock.now(), reason.strip()
    DataRequest.objects.filter(pk=request.pk).update(held_at=request.held_at, hold_reason=request.hold_reason)
    RequestEvent.objects.create(request=request, actor=by, verb="hold", note=request.hold_reason)
    return request


@transaction.atomic
def release_hold(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """From the next night on it is destroyed if its time is over."""
    request = _locked(pk, by)
    if request.held_at is None:
        raise ValidationError(_("Permohonan ini tidak sedang ditahan."))
    request.held_at, request.hold_reason = None, ""
    DataRequest.objects.filter(pk=request.pk).update(held_at=None, hold_reason="")
    RequestEvent.objects.create(request=request, actor=by, verb="release_hold", note=note)
    return request


def _locked(pk: uuid.UUID | str, by: User) -> DataRequest:
    request = lock_request(pk, by)
    if not by.has_perm(HOLD):
        raise PermissionDenied
    return request
