"""The clock of a request: the other verbs start, stop and renew it here, an officer extends it with a reason."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock, mail
from core.rules.models import Reason, WorkRules
from requests_app import ledger, terms, workflow
from requests_app.models import ClockEntry, DataRequest, RequestEvent, Status
from requests_app.operations.locking import conflict, lock_request, touch

Kind = ClockEntry.Kind
LONGEST_NOTE = 500


def start_clock(request: DataRequest, by: User | None, note: str = "") -> None:
    """The full term of the request's services from now on; sets ``due_on``, the caller saves."""
    days = terms.term_of(workflow.requested_services(request), WorkRules.current())
    _run(request, Kind.START, by, days, note)


def pause_clock(request: DataRequest, by: User | None) -> None:
    """The applicant's turn: the days left are kept, there is no due date meanwhile."""
    if request.due_on is None:
        return  # nothing was promised: a request older than the ledger
    days = ledger.days_left(request)
    request.due_on = None
    _write(request, Kind.PAUSE, by, days)


def resume_clock(request: DataRequest, by: User | None) -> None:
    """The officers' turn again, with the days that were left; lateness stays lateness."""
    last = ledger.last_entry(request)
    if last is None or last.kind == Kind.STOP:
        start_clock(request, by)
    else:
        _run(request, Kind.RESUME, by, ledger.days_left(request))


def stop_clock(request: DataRequest, by: User | None) -> None:
    """The request has ended; ``due_on`` stays as it was promised."""
    last = ledger.last_entry(request)
    if last is not None and last.kind != Kind.STOP:
        _write(request, Kind.STOP, by, ledger.days_left(request))


def _run(request: DataRequest, kind: str, by: User | None, days: int, note: str = "") -> None:
    calendar = terms.calendar_around(clock.today())
    counted_from = terms.received_on(clock.now(), WorkRules.current(), calendar)
    request.due_on = terms.due_after(counted_from, days, calendar)
    _write(request, kind, by, days, note=note, counted_from=counted_from)


def _write(
    request: DataRequest, kind: str, by: User | None, days: int, reason: Reason | None = None, **more: Any
) -> None:
    entry = ClockEntry(
        request=request, kind=kind, at=clock.now(), by=by, days=days, due_on=request.due_on, **more
    )
    entry.say(reason).save()


# --- extension ------------------------------------------------------------------------------------------------


#: Who may extend in which state: whose turn it is to work on the request.
EXTENDING_RIGHTS: dict[str, str] = {Status.VERIFYING: workflow.VERIFY, Status.PROCESSING: workflow.PROCESS}


def extension_left(request: DataRequest) -> int:
    """Working days by which the request may still be extended."""
    used = request.clock_entries.filter(kind=Kind.EXTENSION).aggregate(days=Sum("days"))["days"] or 0
    return max(WorkRules.current().extension_working_days - used, 0)


def reasons_against_extending(request: DataRequest, user: User) -> list[str] | None:
    """None: not for this person or state. Empty: may be done. Otherwise: why not, in words for the person."""
    right = EXTENDING_RIGHTS.get(request.status)
    if right is None or not user.is_active or not user.is_staff or not user.has_perm(right):
        return None
    standing = workflow.is_not_own_agency(request, user)
    if request.due_on is None:
        standing = [*standing, _("Permohonan ini tidak mempunyai batas waktu yang sedang berjalan")]
    elif not extension_left(request):
        standing = [*standing, _("Perpanjangan yang diperbolehkan untuk permohonan ini sudah habis")]
    return standing


@transaction.atomic
def extend(pk: uuid.UUID | str, *, by: User, days: int, reason: Reason, note: str) -> DataRequest:
    """Moves the due date ``days`` working days on; reason and note are read by the applicant, who gets a mail."""
    request = lock_request(pk, by)
    standing = reasons_against_extending(request, by)
    if standing is None:
        holds_some = by.is_active and by.is_staff and any(by.has_perm(r) for r in EXTENDING_RIGHTS.values())
        raise conflict(request) if holds_some else PermissionDenied
    note = note.strip()
    left = extension_left(request)
    if standing:
        raise ValidationError(standing)
    if not 1 <= days <= left:
        raise ValidationError(
            {
                "days": _("Isi 1 sampai %(left)d hari kerja; lebih dari itu tidak diperbolehkan")
                % {"left": left}
            }
        )
    if reason.purpose != Reason.Purpose.EXTENSION or not reason.active:
        raise ValidationError({"reason": _("Pilih alasan yang tersedia")})
    if not 5 <= len(note) <= LONGEST_NOTE:
        raise ValidationError(
            {"note": _("Tulis penjelasan untuk pemohon, 5 sampai %(most)d karakter") % {"most": LONGEST_NOTE}}
        )
    request.due_on = terms.due_after(
        request.due_on or clock.today(), days, terms.calendar_around(clock.today())
    )
    _write(request, Kind.EXTENSION, by, days, note=note, reason=reason)
    touch(request, "due_on")
    RequestEvent.objects.create(request=request, actor=by, verb="extend", note=note, is_public=True)
    mail.post("requests.extended", request.pk, event=str(request.version))
    return request


# --- the calendar changed ---------------------------------------------------------------------------------------


@transaction.atomic
def count_again(pk: uuid.UUID | str) -> bool:
    """Counts the due date of a running clock anew by today's calendar; returns whether it moved."""
    request = lock_request(pk, None)
    begun = ledger.begun(request)
    last = ledger.last_entry(request)
    if request.due_on is None or begun is None or begun.counted_from is None or last is None:
        return False
    if last.kind in (Kind.PAUSE, Kind.STOP):
        return False
    since = request.clock_entries.filter(pk__gt=begun.pk, kind=Kind.EXTENSION)
    added = since.aggregate(days=Sum("days"))["days"] or 0
    calendar = terms.calendar_around(clock.today())
    received = calendar.next_working_day(begun.counted_from)
    due = terms.due_after(received, begun.days + added, calendar)
    if due == request.due_on:
        return False
    request.due_on = due
    _write(request, Kind.CALENDAR, None, ledger.days_left(request))
    touch(request, "due_on")
    return True
