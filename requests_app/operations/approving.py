"""The verbs of approvers: one or two approvals by the risk, the emergency way round, and giving work back."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock, mail, queue
from core.rules.models import Reason
from requests_app import documents
from requests_app.models import DataRequest, ResultDocument
from requests_app.operations.moving import forget_approvals, move, still_able
from requests_app.operations.parts import close_rest, open_revoked

#: Who is told of an emergency: administrators who make the rules, and auditors.
ALERTED = ("rules.change_workrules", "access_log.view_accessentry")


@transaction.atomic
def send_back(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """The approver wants something done again; an earlier first approval no longer counts."""

    def give_back(moved: DataRequest) -> None:
        moved.assignee = still_able(moved, "send_for_approval", moved.processed_by)
        forget_approvals(moved)
        open_revoked(moved, by)

    return move(pk, "send_back", by=by, note=note, change=give_back)


@transaction.atomic
def approve_first(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """The first of two approvals: the request goes on waiting, now for another approver."""

    def sign(moved: DataRequest) -> None:
        moved.approved_by = by
        moved.approved_at = clock.now()
        moved.assignee = None

    return move(pk, "approve_first", by=by, note=note, change=sign)


@transaction.atomic
def approve(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """The only or the second approval: a number is drawn and a worker makes the document."""
    drawn: list[ResultDocument] = []

    def sign(moved: DataRequest) -> None:
        if moved.risks:
            moved.second_approved_by = by
            moved.second_approved_at = clock.now()
        else:
            moved.approved_by = by
            moved.approved_at = clock.now()
        drawn.append(_number(moved))

    request = move(pk, "approve", by=by, note=note, change=sign)
    queue.enqueue("requests_app.tasks.issue_document", str(drawn[0].pk))
    return request


@transaction.atomic
def override_approval(pk: uuid.UUID | str, *, by: User, reason: Reason, note: str) -> DataRequest:
    """Issues without the second approval in an emergency; administrators and auditors are told at once.

    Four eyes stay: who verified, answered or processed the request cannot do it.
    """
    if reason.purpose != Reason.Purpose.OVERRIDE or not reason.active:
        raise ValidationError({"reason": _("Pilih alasan yang tersedia")})
    note = note.strip()
    if len(note) < 5:
        raise ValidationError({"note": _("Tulis alasan atau catatan, paling sedikit 5 karakter")})
    drawn: list[ResultDocument] = []

    def sign(moved: DataRequest) -> None:
        if moved.approved_by is None:
            moved.approved_by = by
            moved.approved_at = clock.now()
        moved.override_by = by
        moved.override_at = clock.now()
        moved.override_with(reason, note)
        drawn.append(_number(moved))

    request = move(pk, "override_approval", by=by, note=f"{reason.text}: {note}", change=sign)
    queue.enqueue("requests_app.tasks.issue_document", str(drawn[0].pk))
    event = request.events.latest("id")
    for person in User.objects.officers_holding(*ALERTED):
        mail.post("requests.override_alert", f"{event.pk}:{person.pk}")
    return request


def _number(request: DataRequest) -> ResultDocument:
    request.assignee = None
    document = documents.draw_number(request, clock.now())
    close_rest(request, document)
    return document
