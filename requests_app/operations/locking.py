"""Fetching a request under a lock, and what is said when somebody else was quicker."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock
from requests_app import workflow
from requests_app.models import DataRequest, Status


class StateConflict(ValidationError):
    """The request is no longer where the person saw it; the text says who moved it, when and where to."""


def lock_request(pk: uuid.UUID | str, by: User | None) -> DataRequest:
    """The request, locked until the transaction ends; DataRequest.DoesNotExist for those who must not know of it."""
    visible = DataRequest.objects.all() if by is None else DataRequest.objects.in_reach_of(by)
    return visible.select_for_update(of=("self",)).get(pk=pk)


def lock_editable(pk: uuid.UUID | str, by: User) -> DataRequest:
    """The applicant's own request in a state that may be changed, or the draft an officer enters on behalf."""
    request = lock_request(pk, by)
    if request.entered_by_id == by.pk and workflow.may_enter(by):
        is_editable = request.is_draft
    elif workflow.owns(request, by):
        is_editable = request.is_editable
    else:
        raise PermissionDenied
    if not is_editable:
        raise StateConflict(already_sent_message(request))
    return request


def already_sent_message(request: DataRequest) -> str:
    """Why a sent request cannot be changed."""
    at = request.submitted_at
    if at is None:
        return _("Permohonan ini tidak dapat diubah lagi.")
    return _("Permohonan ini sudah dikirim pada %(day)s, %(time)s, sehingga tidak dapat diubah.") % {
        "day": clock.long_date(at),
        "time": clock.time_wib(at),
    }


def touch(request: DataRequest, *fields: str) -> None:
    """Saves the named fields and raises the version."""
    request.version += 1
    request.save(update_fields=[*fields, "version", "updated_at"])


def conflict(request: DataRequest) -> StateConflict:
    """Says who moved the request meanwhile."""
    last = request.events.select_related("actor").order_by("-id").first()
    if last is None:
        return StateConflict(
            _("Tindakan ini tidak tersedia pada status sekarang. Muat ulang sebelum melanjutkan.")
        )
    return StateConflict(
        _(
            "Status sudah diubah oleh %(name)s pukul %(time)s menjadi %(state)s. Muat ulang sebelum melanjutkan."
        )
        % {
            "name": last.actor.get_full_name() if last.actor else _("sistem"),
            "time": clock.time_wib(last.at),
            "state": Status(request.status).label,
        }
    )
