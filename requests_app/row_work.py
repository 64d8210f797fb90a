"""The verbs on many rows at once: claim, free, spread over officers, one outcome with its reason."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock
from requests_app import workflow
from requests_app.answering import check_outcome, lock_processing
from requests_app.models import Answer, Candidate, DataRequest, Outcome, RequestEvent, RequestRow, RowEvent
from requests_app.models.rows import REASON_LENGTH, RowQuerySet
from requests_app.operations.locking import touch
from requests_app.row_history import record_all, record_rows

Kind = RowEvent.Kind
BATCH = 500


@dataclass
class Tally:
    """What became of the rows asked for, in numbers; ``held`` names the colleagues who keep some of them."""

    done: int = 0
    released: int = 0
    held: dict[str, int] = field(default_factory=dict)

    @property
    def left(self) -> list[str]:
        """What was left out, in sentences."""
        lines = [
            _("%(count)d baris dipegang %(name)s, tidak diubah.") % {"count": number, "name": name}
            for name, number in self.held.items()
        ]
        if self.released:
            lines.append(_("%(count)d baris sudah diterbitkan, tidak diubah.") % {"count": self.released})
        return lines


def _batches(rows: RowQuerySet) -> Iterator[list[RequestRow]]:
    """The rows under a lock, some hundred at a time; who they are is decided before the first is changed."""
    keys = list(rows.order_by("position").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        chunk = RequestRow.objects.filter(pk__in=keys[start : start + BATCH])
        yield list(chunk.select_for_update(of=("self",)).select_related("assignee").order_by("position"))


def _sort_out(rows: Sequence[RequestRow], by: User, tally: Tally, *, take_over: bool) -> list[RequestRow]:
    """Those that may be changed; the others are counted."""
    free = []
    for row in rows:
        if row.is_closed:
            tally.released += 1
        elif row.assignee is not None and row.assignee_id != by.pk and not take_over:
            name = row.assignee.get_full_name()
            tally.held[name] = tally.held.get(name, 0) + 1
        else:
            free.append(row)
    return free


@transaction.atomic
def claim_rows(
    pk: uuid.UUID | str, *, by: User, rows: RowQuerySet | None = None, take_over: bool = False
) -> Tally:
    """Keeps rows of the request (all when None) for oneself; those of colleagues only with ``take_over``."""
    request = lock_processing(pk, by)
    tally = Tally()
    for batch in _batches(_of(request, rows)):
        fresh = [row for row in _sort_out(batch, by, tally, take_over=take_over) if row.assignee_id != by.pk]
        _give(fresh, by)
        record_rows(fresh, Kind.CLAIMED, by=by)
        tally.done += len(fresh)
    return tally


@transaction.atomic
def free_rows(pk: uuid.UUID | str, *, by: User, rows: RowQuerySet | None = None) -> Tally:
    """Gives own rows of the request back, so that any officer may answer them."""
    request = lock_processing(pk, by)
    tally = Tally()
    for batch in _batches(_of(request, rows).filter(assignee__isnull=False)):
        mine = _sort_out(batch, by, tally, take_over=False)
        _give(mine, None)
        record_rows(mine, Kind.FREED, by=by)
        tally.done += len(mine)
    return tally


@transaction.atomic
def spread_rows(
    pk: uuid.UUID | str, *, by: User, officers: Collection[User], again: bool = False
) -> dict[User, int]:
    """Shares the open rows of a request out among officers in even, connected blocks; returns how many each got.

    Rows that somebody keeps already stay with them unless ``again``. ValidationError for an officer who may not
    answer this request.
    """
    request = lock_processing(pk, by)
    members = list({officer.pk: officer for officer in officers}.values())
    if not members:
        raise ValidationError(_("Pilih paling sedikit satu petugas"))
    for officer in members:
        if not officer.is_active or not officer.is_staff or not officer.has_perm(workflow.PROCESS):
            raise ValidationError(_("%(name)s bukan petugas pengolah") % {"name": officer.get_full_name()})
        if workflow.is_not_own_agency(request, officer):
            raise ValidationError(
                _("%(name)s terdaftar pada instansi pemohon. Pilih petugas lain")
                % {"name": officer.get_full_name()}
            )
    waiting = request.rows.filter(outcome__in=[Outcome.PENDING, Outcome.NEEDS_REVIEW]).unreleased()
    if not again:
        waiting = waiting.filter(assignee__isnull=True)
    positions = list(waiting.order_by("position").values_list("position", flat=True))
    if not positions:
        raise ValidationError(_("Tidak ada baris terbuka yang dapat dibagi"))
    shares: dict[User, int] = {}
    start = 0
    for number, officer in enumerate(members):
        end = start + len(positions) // len(members) + (number < len(positions) % len(members))
        shares[officer] = end - start
        if start < end:
            share = waiting.filter(position__gte=positions[start], position__lte=positions[end - 1])
            fresh = share.exclude(assignee=officer)
            record_all(fresh, Kind.CLAIMED, by=by, note=officer.get_full_name())
            fresh.update(assignee=officer, claimed_at=clock.now(), version=F("version") + 1)
        start = end
    note = ", ".join(f"{officer.get_full_name()} {number}" for officer, number in shares.items())
    RequestEvent.objects.create(request=request, actor=by, verb="spread", note=note)
    touch(request)
    return shares


@transaction.atomic
def set_outcomes(
    pk: uuid.UUID | str,
    *,
    by: User,
    rows: RowQuerySet,
    outcome: str,
    reason: str = "",
    expected: int | None = None,
) -> Tally:
    """Gives many rows of the request the same outcome; each is recorded with the reason.

    Not for "found", which needs an answer of its own. ``expected`` is the number the officer agreed to:
    ValidationError when it is another by now. Answers that the rows had are taken away, as with one row.
    """
    request = lock_processing(pk, by)
    reason = reason.strip()[:REASON_LENGTH]
    check_common_outcome(outcome, reason)
    chosen = _of(request, rows)
    number = chosen.count()
    if expected is not None and number != expected:
        raise ValidationError(changed_number(number, expected))
    tally = Tally()
    for batch in _batches(chosen):
        free = _sort_out(batch, by, tally, take_over=False)
        keys = [row.pk for row in free]
        Answer.objects.filter(row__in=keys).delete()
        Candidate.objects.filter(row__in=keys, decision=Candidate.Decision.ACCEPTED).update(
            decision=Candidate.Decision.OPEN
        )
        RequestRow.objects.filter(pk__in=keys).update(
            outcome=outcome,
            outcome_reason=reason,
            decided_by=by,
            decided_at=clock.now(),
            version=F("version") + 1,
        )
        for row in free:
            row.outcome = outcome
        record_rows(free, Kind.REOPENED if outcome == Outcome.PENDING else Kind.DECIDED, by=by, note=reason)
        tally.done += len(free)
    return tally


def check_common_outcome(outcome: str, reason: str) -> None:
    """ValidationError when many rows cannot be given this outcome at once."""
    check_outcome(outcome, reason.strip())
    if outcome == Outcome.FOUND:
        raise ValidationError(_("Ditemukan memerlukan jawaban pada setiap baris. Pilih hasil lain"))


def changed_number(now: int, before: int) -> str:
    """Says that other rows are meant by now than the officer agreed to."""
    return _("Baris yang terpilih sekarang %(now)d, sebelumnya %(before)d. Periksa lalu konfirmasi lagi") % {
        "now": now,
        "before": before,
    }


def _of(request: DataRequest, rows: RowQuerySet | None) -> RowQuerySet:
    """``rows`` within the request, whatever they were filtered from."""
    everything: RowQuerySet = RequestRow.objects.filter(request=request)
    return everything if rows is None else everything.filter(pk__in=rows.order_by().values("pk"))


def _give(rows: Sequence[RequestRow], officer: User | None) -> None:
    RequestRow.objects.filter(pk__in=[row.pk for row in rows]).update(
        assignee=officer, claimed_at=clock.now() if officer else None, version=F("version") + 1
    )
