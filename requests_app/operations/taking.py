"""Who has charge of a request: take it, take the next one, hand it over, give it back; the state stays."""

import uuid
from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.doors import clock
from requests_app import queues, workflow
from requests_app.models import DataRequest, RequestEvent, RowEvent
from requests_app.operations.locking import conflict, lock_request, touch
from requests_app.row_history import record_all

SHORTEST_NOTE = 5


def _lock_chargeable(pk: uuid.UUID | str, by: User) -> DataRequest:
    """The request under a lock, in a state in which an officer may have charge of it."""
    request = lock_request(pk, by)
    if not workflow.may_work(by):
        raise PermissionDenied
    if request.status not in queues.STEP_RIGHTS:
        raise conflict(request)
    return request


def _give(request: DataRequest, assignee: User | None, *, by: User, verb: str, note: str = "") -> None:
    request.assignee = assignee
    touch(request, "assignee")
    RequestEvent.objects.create(request=request, actor=by, verb=verb, note=note)


@transaction.atomic
def assign(pk: uuid.UUID | str, *, by: User, assignee: User, note: str = "") -> DataRequest:
    """Gives an open request to an officer who may take its next step; hands it over when somebody has it."""
    request = _lock_chargeable(pk, by)
    standing = queues.reasons_against_charge(request, assignee)
    if standing:
        raise ValidationError(standing)
    text = f"{assignee.get_full_name()}: {note.strip()}" if note.strip() else assignee.get_full_name()
    _give(request, assignee, by=by, verb="assign", note=text)
    return request


@transaction.atomic
def take(pk: uuid.UUID | str, *, by: User) -> DataRequest:
    """Takes the request oneself; taking what one has already changes nothing."""
    request = _lock_chargeable(pk, by)
    standing = queues.reasons_against_charge(request, by)
    if standing:
        raise ValidationError(standing)
    if request.assignee_id != by.pk:
        _give(request, by, by=by, verb="take")
    return request


@transaction.atomic
def take_next(*, by: User) -> DataRequest | None:
    """Takes the free request with the oldest deadline whose next step is this officer's; None: nothing is left.

    Two officers at once get two requests: PostgreSQL skips rows that somebody is just taking (the database
    checks ``assignee IS NULL`` again under the lock), SQLite lets one transaction write at a time.
    """
    if not workflow.may_work(by):
        raise PermissionDenied
    skips = connection.features.has_select_for_update_skip_locked
    free = queues.pool_for(by).select_for_update(of=("self",), skip_locked=skips)
    request = free.first()
    if request is not None:
        _give(request, by, by=by, verb="take")
    return request


@transaction.atomic
def release(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """Gives the own request back to the pool; a colleague's only with the right to distribute work."""
    request = _lock_chargeable(pk, by)
    if request.assignee_id is None:
        raise ValidationError(_("Permohonan ini belum diambil siapa pun"))
    if request.assignee_id != by.pk and not by.has_perm(queues.DISTRIBUTE):
        raise ValidationError(
            _("Permohonan ini ditangani %(name)s. Hanya petugas itu atau pembagi pekerjaan yang melepasnya")
            % {"name": request.assignee.get_full_name() if request.assignee else ""}
        )
    _give(request, None, by=by, verb="release", note=note.strip())
    return request


@dataclass
class HandOver:
    """What moved to the colleague or the pool, and what could not, in sentences."""

    requests: int = 0
    rows: int = 0
    left: list[str] = field(default_factory=list)


@transaction.atomic
def hand_over_all(*, by: User, officer: User, to: User | None, note: str) -> HandOver:
    """Moves all open requests of ``officer`` and the rows kept in others' to a colleague, or to the pool (None).

    What the colleague may not have stays and is told. Own work may always be handed over, a colleague's only
    with the right to distribute.
    """
    if not workflow.may_work(by) or (by.pk != officer.pk and not by.has_perm(queues.DISTRIBUTE)):
        raise PermissionDenied
    note = note.strip()
    if len(note) < SHORTEST_NOTE:
        raise ValidationError({"note": _("Tulis alasan atau catatan, paling sedikit 5 karakter")})
    if to is not None and to.pk == officer.pk:
        raise ValidationError({"to": _("Pilih petugas lain daripada yang pekerjaannya diserahkan")})
    moved = HandOver()
    mine = (
        DataRequest.objects.visible_to(by)
        .filter(assignee=officer, status__in=list(queues.STEP_RIGHTS))
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    for request in mine:
        standing = [] if to is None else queues.reasons_against_charge(request, to)
        if standing:
            moved.left.append(f"{request.number}: {'; '.join(standing)}")
            continue
        if to is None:
            _give(request, None, by=by, verb="release", note=note)
        else:
            _give(request, to, by=by, verb="assign", note=f"{to.get_full_name()}: {note}")
        moved.requests += 1
    _hand_over_rows(moved, by=by, officer=officer, to=to, note=note)
    return moved


def _hand_over_rows(moved: HandOver, *, by: User, officer: User, to: User | None, note: str) -> None:
    """Rows kept one by one, also in requests that a colleague has."""
    kept = queues.rows_kept_by(officer)
    allowed = kept
    if to is not None:
        allowed = allowed.exclude(request__agency=to.agency_id) if to.agency_id is not None else allowed
        allowed = allowed if to.has_perm(workflow.PROCESS) else allowed.none()
    left = kept.count() - allowed.count()
    if left:
        moved.left.append(
            ngettext(
                "%(count)d baris tetap pada %(name)s: penerima tidak boleh menjawabnya",
                "%(count)d baris tetap pada %(name)s: penerima tidak boleh menjawabnya",
                left,
            )
            % {"count": left, "name": officer.get_full_name()}
        )
    # Locked, so that trail and change are about the same rows.
    moved.rows += len(allowed.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    kind = RowEvent.Kind.CLAIMED if to else RowEvent.Kind.FREED
    record_all(allowed, kind, by=by, note=f"{to.get_full_name()}: {note}" if to else note)
    allowed.order_by().update(assignee=to, claimed_at=clock.now() if to else None, version=F("version") + 1)
