"""A part of the answer released while the rest goes on: approved rows, a numbered document, then closed rows."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.doors import clock, mail, queue
from requests_app import documents, risk, workflow
from requests_app.models import (
    DataRequest,
    Outcome,
    RequestEvent,
    RequestRow,
    ResultDocument,
    RowEvent,
    Status,
)
from requests_app.models.rows import RowQuerySet
from requests_app.operations.locking import conflict, lock_request, touch
from requests_app.row_history import record_all

State = ResultDocument.State


def ready_rows(request: DataRequest, user: User) -> RowQuerySet:
    """Answered rows in no document that this approver did not answer."""
    rows: RowQuerySet = RequestRow.objects.filter(request=request)
    ready = rows.answered().unreleased().exclude(decided_by=user).exclude(answers__by=user)
    return ready.exclude(outcome=Outcome.FOUND, answers__isnull=True)


def proposed_rows(request: DataRequest) -> RowQuerySet:
    """Rows whose release one of two approvers has agreed to."""
    rows: RowQuerySet = RequestRow.objects.filter(request=request)
    return rows.filter(released_by__isnull=False, released_in__isnull=True)


def part_reasons(request: DataRequest, user: User) -> list[str] | None:
    """None: not for this person or state. Empty: a part may be released now. Otherwise why not."""
    if request.status != Status.PROCESSING or not user.is_staff or not user.has_perm(workflow.APPROVE):
        return None
    if not request.rows.exists():
        return None
    reasons = [
        *workflow.is_not_own_agency(request, user),
        *workflow.is_uninvolved(request, user),
        *workflow.is_agreement_alive(request, user),
        *workflow.is_checked(request, user),
        *workflow.has_no_part_in_preparation(request, user),
    ]
    proposed = proposed_rows(request)
    first = proposed.select_related("released_by").first()
    if first is not None:
        return [*reasons, *_second_reasons(proposed, first, user)]
    if not workflow.is_answered(request, user):
        reasons.append(_("Semua baris sudah dijawab. Ajukan persetujuan untuk menerbitkan seluruhnya"))
    elif not ready_rows(request, user).exists():
        reasons.append(_("Belum ada baris terjawab yang dapat Anda terbitkan"))
    return reasons


def _second_reasons(proposed: RowQuerySet, first: RequestRow, user: User) -> list[str]:
    if first.released_by_id == user.pk:
        return [_("Anda sudah memberi persetujuan pertama. Persetujuan kedua harus dari petugas lain")]
    if proposed.filter(decided_by=user).exists() or proposed.filter(answers__by=user).exists():
        return [_("Menunggu persetujuan petugas lain: Anda yang mengisi jawaban permohonan ini")]
    return []


def withdraw_part_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Offered to approvers while rows wait for the second approval."""
    if request.status != Status.PROCESSING or not user.has_perm(workflow.APPROVE):
        return None
    return workflow.is_not_own_agency(request, user) if proposed_rows(request).exists() else None


def _lock(pk: uuid.UUID | str, by: User) -> DataRequest:
    request = lock_request(pk, by)
    if not by.is_active or not by.is_staff or not by.has_perm(workflow.APPROVE):
        raise PermissionDenied
    if request.status != Status.PROCESSING:
        raise conflict(request)
    return request


@transaction.atomic
def release_part(pk: uuid.UUID | str, *, by: User, note: str = "") -> ResultDocument | None:
    """Releases the answered rows before the rest: a numbered document with only these; the request goes on.

    Four eyes: rows that ``by`` answered stay behind. Where the request needs two approvals the first press only
    holds the rows fast (returns None) and the second, by another approver, draws the number.
    """
    request = _lock(pk, by)
    standing = part_reasons(request, by)
    if standing is None:
        raise conflict(request)  # statistics alone come out whole
    if standing:
        raise ValidationError(standing)
    risk.settle(request)
    proposed = proposed_rows(request)
    first = proposed.select_related("released_by").first()
    if request.risks and first is None:
        number = _mark(ready_rows(request, by), released_by=by)
        _record(request, by, "part_first", _rows_text(number), note)
        touch(request, "risks")
        return None
    rows = proposed if first is not None else ready_rows(request, by)
    number = rows.count()
    highest = request.documents.aggregate(highest=Max("part"))["highest"] or 0
    at = clock.now()
    document = documents.draw_number(request, at)
    document.part = highest + 1
    document.approved_by = first.released_by if first is not None else by
    document.second_approved_by = by if first is not None else None
    document.save(update_fields=["part", "approved_by", "second_approved_by"])
    record_all(rows, RowEvent.Kind.RELEASED, by=by, note=document.number)
    _mark(rows, released_in=document, released_at=at, released_by=document.approved_by)
    _record(request, by, "release_part", f"{document.name} ({document.number}): {_rows_text(number)}", note)
    touch(request, "risks")
    queue.enqueue("requests_app.tasks.issue_document", str(document.pk))
    return document


def _mark(rows: RowQuerySet, **values: object) -> int:
    """Changes all rows of the query in one statement and returns how many."""
    return int(rows.order_by().update(**values, version=F("version") + 1))


def _rows_text(number: int) -> str:
    return ngettext("%(count)d baris", "%(count)d baris", number) % {"count": number}


def _record(request: DataRequest, by: User | None, verb: str, text: str, note: str = "") -> None:
    whole = f"{text}. {note.strip()}" if note.strip() else text
    RequestEvent.objects.create(request=request, actor=by, verb=verb, note=whole)


@transaction.atomic
def withdraw_part(pk: uuid.UUID | str, *, by: User) -> int:
    """Gives rows that wait for the second approval back to the officers; returns how many."""
    request = _lock(pk, by)
    standing = withdraw_part_reasons(request, by)
    if standing is None:
        raise conflict(request)
    if standing:
        raise ValidationError(standing)
    number = _mark(proposed_rows(request), released_by=None)
    _record(request, by, "part_withdrawn", _rows_text(number))
    touch(request)
    return number


@transaction.atomic
def part_ready(document_pk: uuid.UUID | str) -> ResultDocument:
    """The worker has made a part's files: the applicant may have it. A repeated call changes nothing."""
    request_id = ResultDocument.objects.values_list("request_id", flat=True).get(pk=document_pk)
    request = lock_request(request_id, None)
    document = ResultDocument.objects.select_for_update().get(pk=document_pk)
    if document.state != State.PREPARING or document.part is None:
        return document
    document.state, document.issued_at = State.ISSUED, clock.now()
    document.save(update_fields=["state", "issued_at"])
    _record(request, None, "part_ready", f"{document.name} ({document.number})")
    touch(request)
    mail.post("requests.part", request.pk, event=document.number)
    return document


def close_rest(request: DataRequest, document: ResultDocument) -> None:
    """All rows in no document go into the one that ends the request; called with the last approval."""
    rest = request.rows.filter(released_in__isnull=True)
    rest.update(released_in=document, released_at=clock.now(), released_by=None, version=F("version") + 1)


def open_revoked(request: DataRequest, by: User | None) -> None:
    """Rows of revoked parts may be answered anew, once the request is processed; a later document carries them."""
    _open(request.rows.filter(released_in__state=State.REVOKED), by)


def open_all(request: DataRequest, by: User) -> None:
    """A reopened request: every row may be changed again; the next document carries them all anew."""
    _open(request.rows.filter(released_in__isnull=False), by)


def _open(rows: RowQuerySet, by: User | None) -> None:
    record_all(rows, RowEvent.Kind.REOPENED, by=by)
    _mark(rows, released_in=None, released_at=None, released_by=None)
