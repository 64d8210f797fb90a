"""Whose request it is on the agency's side: a colleague takes over when the applicant's account was shut."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import mail
from requests_app import workflow
from requests_app.models import DataRequest, RequestEvent
from requests_app.models.request import OPEN_STATES
from requests_app.operations.locking import conflict, lock_request, touch


def colleagues(request: DataRequest) -> QuerySet[User]:
    """Who may take the request over: active applicants of the same agency, who see it already."""
    found = User.objects.filter(agency=request.agency_id, is_active=True, is_staff=False)
    return found.exclude(pk=request.requester_id).order_by("full_name", "username")


def reasons_against_change(request: DataRequest, user: User) -> list[str] | None:
    """None: not needed or not for this person. Empty: may be done. Otherwise: why not, in words for the person."""
    if request.status not in OPEN_STATES or request.requester.is_active or not workflow.may_work(user):
        return None
    standing = workflow.is_not_own_agency(request, user)
    if not colleagues(request).exists():
        standing = [
            *standing,
            _(
                "Instansi ini tidak mempunyai pemohon lain yang aktif. Minta instansi mendaftarkan penggantinya"
            ),
        ]
    return standing


@transaction.atomic
def change_requester(pk: uuid.UUID | str, *, by: User, requester: User) -> DataRequest:
    """Gives an open request whose applicant's account was shut to a colleague, who gets a mail."""
    request = lock_request(pk, by)
    standing = reasons_against_change(request, by)
    if standing is None:
        raise conflict(request) if workflow.may_work(by) else PermissionDenied
    if standing:
        raise ValidationError(standing)
    if not colleagues(request).filter(pk=requester.pk).exists():
        raise ValidationError({"requester": _("Pilih pemohon aktif dari instansi yang sama")})
    former, request.requester = request.requester, requester
    touch(request, "requester")
    note = f"{former.get_full_name()} → {requester.get_full_name()}"
    RequestEvent.objects.create(request=request, actor=by, verb="change_requester", note=note)
    mail.post("requests.requester_changed", request.pk, event=str(request.version))
    return request
