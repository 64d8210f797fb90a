"""The verbs that move a request from state to state; each locks, moves, records, announces after commit."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import entitlements
from accounts.models import User
from core.catalogue.models import Service
from core.doors import clock, mail, queue
from requests_app import agreements, risk, workflow
from requests_app.models import DataRequest, RequestEvent, ResultDocument, Status
from requests_app.operations import correcting, parts, timing
from requests_app.operations.locking import (
    StateConflict,
    already_sent_message,
    conflict,
    lock_request,
)
from requests_app.operations.rows import close_gaps
from requests_app.references import give_number

Change = Callable[[DataRequest], None]


def move(
    pk: uuid.UUID | str, name: str, *, by: User | None, note: str = "", change: Change | None = None
) -> DataRequest:
    """The one way a request changes state; must run inside a transaction."""
    verb = workflow.VERBS[name]
    request = lock_request(pk, by)
    if not workflow.has_right(verb, request, by):
        if workflow.has_some_right(verb, by):
            raise conflict(request)  # the right belongs to the state that somebody has just left
        raise PermissionDenied
    if not workflow.fits_state(verb, request):
        raise conflict(request)
    standing = workflow.guard_reasons(verb, request, by)
    note = note.strip()
    if verb.note_required and len(note) < 5:
        standing = [*standing, _("Tulis alasan atau catatan, paling sedikit 5 karakter")]
    if standing:
        raise ValidationError(standing)
    source = request.status
    getattr(request, name)()
    if change is not None:
        change(request)
    if verb.weighs_risk:
        risk.settle(request)
    if verb.note_public:
        request.officer_note = note
    request.version += 1
    request.save()
    RequestEvent.objects.create(
        request=request,
        actor=by,
        verb=name,
        source=source,
        target=request.status,
        note=note,
        is_public=verb.note_public,
    )
    return request


def granted_schema(request: DataRequest, service: Service) -> dict[str, Any]:
    """The service's schema for keeping: with those answer columns only that the request's agreement grants."""
    schema = service.schema()
    if request.agreement is not None:
        schema = entitlements.narrowed(schema, request.agreement, service)
    return schema.to_json()


def forget_approvals(request: DataRequest) -> None:
    """Nobody has approved the answers as they will be; the trail keeps who once did, the risks stay."""
    request.approved_by = request.second_approved_by = request.override_by = None
    request.approved_at = request.second_approved_at = request.override_at = None
    request.override_with(None, "")


def announce(request: DataRequest, kind: str) -> None:
    """Posts a mail about the request's present version; sent after commit, once."""
    mail.post(f"requests.{kind}", request.pk, event=str(request.version))


@transaction.atomic
def submit(pk: uuid.UUID | str, *, by: User, submit_key: uuid.UUID) -> DataRequest:
    """Sends the draft: number, schema copies, due date, mail. Pressing twice gives the same request."""
    own = Q(requester=by, entered_by__isnull=True) | Q(entered_by=by)
    sent = DataRequest.objects.in_reach_of(by).filter(own, pk=pk, submit_key=submit_key).first()
    if sent is not None:
        return sent
    request = lock_request(pk, by)
    sender = request.entered_by_id or request.requester_id
    if request.submit_key == submit_key and sender == by.pk:
        return request  # the twin press waited for the lock
    if sender == by.pk and not request.is_draft:
        raise StateConflict(already_sent_message(request))

    def fill(moved: DataRequest) -> None:
        close_gaps(moved.rows.all())
        close_gaps(moved.statistics.all())
        services = workflow.requested_services(moved)
        for service in services:
            service.mark_used()
        moved.agreement = agreements.judged_under(moved, services)
        if moved.agreement is not None:
            moved.agreement.mark_used()
        moved.schemas = {service.key: granted_schema(moved, service) for service in services}
        moved.submit_key = submit_key
        if moved.entered_by_id:
            moved.more_than_ten = moved.rows.count() > settings.TYPED_ROWS_MAX
        moved.submitted_at = clock.now()
        timing.start_clock(moved, by)
        give_number(moved)

    agreements.lock(request)
    request = move(pk, "submit", by=by, change=fill)
    announce(request, "entered" if request.entered_by_id else "submitted")
    return request


@transaction.atomic
def resubmit(pk: uuid.UUID | str, *, by: User) -> DataRequest:
    """Sends the corrected request back to the same officer; the clock runs on. Pressing twice changes nothing."""
    present = lock_request(pk, by)
    last = present.events.order_by("-id").first()
    if (
        last is not None
        and last.verb == "resubmit"
        and last.actor_id == by.pk
        and present.status == last.target
    ):
        return present

    def renew(moved: DataRequest) -> None:
        for service in workflow.requested_services(moved):
            if service.key not in moved.schemas:
                service.mark_used()
                moved.schemas[service.key] = granted_schema(moved, service)
        correcting.answer_pins(moved)
        timing.resume_clock(moved, by)
        moved.assignee = still_able(moved, "accept", moved.assignee)

    agreements.lock(present)
    request = move(pk, "resubmit", by=by, change=renew)
    announce(request, "resubmitted")
    return request


def still_able(request: DataRequest, verb: str, officer: User | None) -> User | None:
    """The officer, unless the account was shut or the role taken away meanwhile: then anybody of the role may take it."""
    able = officer is not None and workflow.has_right(workflow.VERBS[verb], request, officer)
    return officer if able else None


@transaction.atomic
def withdraw(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """The applicant no longer wants it."""
    return move(pk, "withdraw", by=by, note=note, change=lambda moved: timing.stop_clock(moved, by))


@transaction.atomic
def lapse(pk: uuid.UUID | str) -> DataRequest:
    """Closes a request that was not corrected in time; called by the daily task."""
    request = move(pk, "lapse", by=None, change=lambda moved: timing.stop_clock(moved, None))
    announce(request, "lapsed")
    return request


@transaction.atomic
def start_verification(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """A verifier takes the request up."""

    def take_over(moved: DataRequest) -> None:
        moved.assignee = by

    return move(pk, "start_verification", by=by, note=note, change=take_over)


@transaction.atomic
def accept(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """Letter and rows are in order: on to processing, free for any officer.

    What was returned while it was processed goes on with the officer who asked; who verified it first stays so.
    """

    def sign(moved: DataRequest) -> None:
        goes_on = correcting.is_returned_from_processing(moved)
        if not (goes_on and moved.assignee is not None and moved.assignee.has_perm(workflow.PROCESS)):
            moved.assignee = None
        if moved.verified_by is None or by.has_perm(workflow.VERIFY):
            moved.verified_by = by
        moved.correction_from = ""
        parts.open_revoked(moved, by)

    request = move(pk, "accept", by=by, note=note, change=sign)
    announce(request, "processing")
    return request


@transaction.atomic
def ask_correction(pk: uuid.UUID | str, *, by: User, note: str, whole: bool = False) -> DataRequest:
    """Returns the request to the applicant with a note and all collected pins.

    Only pinned places are unlocked; ``whole`` unlocks everything instead and must be said when nothing is pinned.
    """
    asked_in = lock_request(pk, by).status

    def keep_officer(moved: DataRequest) -> None:
        if moved.correction_from != Status.PROCESSING:
            moved.correction_from = asked_in
        correcting.send_pins(moved, by, whole=whole)
        moved.assignee = by
        timing.pause_clock(moved, by)

    request = move(pk, "ask_correction", by=by, note=note, change=keep_officer)
    announce(request, "correction")
    return request


@transaction.atomic
def reject(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """Ends the request without an answer; the reason goes to the applicant."""
    request = move(pk, "reject", by=by, note=note, change=lambda moved: timing.stop_clock(moved, by))
    announce(request, "rejected")
    return request


@transaction.atomic
def send_for_approval(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """All rows are answered: on to another pair of eyes."""

    def sign(moved: DataRequest) -> None:
        moved.processed_by = by
        moved.assignee = None
        forget_approvals(moved)

    return move(pk, "send_for_approval", by=by, note=note, change=sign)


@transaction.atomic
def document_ready(pk: uuid.UUID | str) -> DataRequest:
    """The worker has made the files: the request is complete. A repeated call changes nothing."""
    request = lock_request(pk, None)
    if request.status == Status.COMPLETED:
        return request

    def complete(moved: DataRequest) -> None:
        moved.completed_at = clock.now()
        timing.stop_clock(moved, None)
        # Parts that rows still point to stay in force; what was issued before a reopening does not.
        moved.documents.filter(state=ResultDocument.State.ISSUED, rows__isnull=True).update(
            state=ResultDocument.State.SUPERSEDED
        )
        moved.documents.filter(state=ResultDocument.State.PREPARING).update(
            state=ResultDocument.State.ISSUED, issued_at=clock.now()
        )

    request = move(pk, "document_ready", by=None, change=complete)
    announce(request, "completed")
    return request


@transaction.atomic
def remake_document(pk: uuid.UUID | str, *, by: User) -> ResultDocument:
    """Tries once more to make a document that was given up; the number stays."""
    request = lock_request(pk, by)
    if not by.is_active or not by.has_perm(workflow.APPROVE):
        raise PermissionDenied
    document = request.documents.filter(state=ResultDocument.State.PREPARING).select_for_update().first()
    if document is None or (document.part is None and request.status != Status.ISSUING):
        raise conflict(request)
    if document.attempts < ResultDocument.MOST_ATTEMPTS and not document.is_halted:
        raise ValidationError(_("Dokumen masih disiapkan. Tunggu beberapa menit"))
    document.attempts, document.is_halted, document.failure = 0, False, ""
    document.save(update_fields=["attempts", "is_halted", "failure"])
    RequestEvent.objects.create(request=request, actor=by, verb="remake_document")
    queue.enqueue("requests_app.tasks.issue_document", str(document.pk))
    return document


@transaction.atomic
def reopen(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """A completed request is worked on again; the next document supersedes the present one."""

    def clear(moved: DataRequest) -> None:
        forget_approvals(moved)
        moved.completed_at = None
        parts.open_all(moved, by)
        timing.start_clock(moved, by)

    return move(pk, "reopen", by=by, note=note, change=clear)
