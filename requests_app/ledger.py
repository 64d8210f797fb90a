"""What the clock of a request says, in the same words for officer and applicant: days left, light, ledger."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.doors import clock
from core.rules.models import WorkRules
from requests_app import terms
from requests_app.models import ClockEntry, DataRequest, Status
from requests_app.models.request import OPEN_STATES

Kind = ClockEntry.Kind


def last_entry(request: DataRequest) -> ClockEntry | None:
    """What happened to the clock last."""
    return request.clock_entries.order_by("-id").first()


def begun(request: DataRequest) -> ClockEntry | None:
    """The entry since which the clock runs without a stop."""
    return request.clock_entries.filter(kind__in=(Kind.START, Kind.RESUME)).order_by("-id").first()


def days_left(request: DataRequest) -> int:
    """Working days left now; below zero it is late by so many. While the clock stands, what was kept."""
    if request.due_on is None:
        last = last_entry(request)
        return last.days if last is not None and last.kind == Kind.PAUSE else 0
    today = clock.today()
    since = begun(request)
    # What came after hours has not used up the days before it counted as received.
    day = max(today, since.counted_from) if since and since.counted_from else today
    return terms.days_left(day, request.due_on, terms.calendar_around(today))


@dataclass(frozen=True)
class Light:
    """How a request stands with its time: a tone and the words that say the same without colour."""

    #: "green", "amber", "red" or "grey".
    tone: str
    text: str


def light(request: DataRequest) -> Light | None:
    """The traffic light of an open request; None for one that has ended or was promised nothing."""
    if request.status not in OPEN_STATES:
        return None
    if request.status == Status.NEEDS_CORRECTION:
        if request.due_on is None and last_entry(request) is None:
            return None
        return Light(
            "grey",
            _("Waktu berhenti, menunggu perbaikan. %(left)s") % {"left": left_text(days_left(request))},
        )
    if request.due_on is None:
        return None
    left = days_left(request)
    if request.due_on < clock.today():
        # On the free days after the due date no working day has been lost yet, but the promise is broken.
        return Light("red", left_text(left) if left < 0 else _("Batas waktu sudah lewat"))
    return Light("amber" if left <= WorkRules.current().due_reminder_days else "green", left_text(left))


def left_text(days: int) -> str:
    """``Sisa 3 hari kerja``, ``Batas waktunya hari ini``, ``Terlambat 2 hari kerja``."""
    if days < 0:
        return ngettext("Terlambat %(days)d hari kerja", "Terlambat %(days)d hari kerja", -days) % {
            "days": -days
        }
    if days == 0:
        return _("Batas waktunya hari ini")
    return ngettext("Sisa %(days)d hari kerja", "Sisa %(days)d hari kerja", days) % {"days": days}


@dataclass(frozen=True)
class LedgerLine:
    """One line of the ledger as both sides read it; names of officers stand in the history only."""

    at: str
    title: Any
    text: str
    who: str
    reason: str
    note: str


def lines(request: DataRequest) -> list[LedgerLine]:
    """The ledger, oldest first: one query."""
    entries = request.clock_entries.select_related("by")
    return [
        LedgerLine(
            at=clock.short_datetime(entry.at),
            title=Kind(entry.kind).label,
            text=_said(entry),
            who=_side(entry),
            reason=entry.shown_reason,
            note=entry.note,
        )
        for entry in entries
    ]


def _side(entry: ClockEntry) -> str:
    if entry.by is None:
        return _("Sistem")
    return _("Petugas") if entry.by.is_staff else _("Pemohon")


def _said(entry: ClockEntry) -> str:
    due = clock.long_date(entry.due_on) if entry.due_on else "–"
    until = _("Batas waktu %(due)s.") % {"due": due}
    if entry.kind in (Kind.START, Kind.RESUME):
        counted = clock.long_date(entry.counted_from) if entry.counted_from else ""
        since = _("Dihitung sejak %(day)s.") % {"day": counted} if counted else ""
        return " ".join(part for part in (f"{_length(entry.days)}.", since, until) if part)
    if entry.kind == Kind.EXTENSION:
        added = ngettext("Ditambah %(days)d hari kerja.", "Ditambah %(days)d hari kerja.", entry.days)
        return f"{added % {'days': entry.days}} {until}"
    if entry.kind == Kind.CALENDAR:
        return until
    return f"{left_text(entry.days)}."


def _length(days: int) -> str:
    """How many working days the entry is about; below zero how late it was."""
    if days < 0:
        return left_text(days)
    return ngettext("%(days)d hari kerja", "%(days)d hari kerja", days) % {"days": days}
