"""The verbs on one row while its request is being processed: propose, decide, type in, count."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from accounts.models import Agency, User
from core.catalogue.kinds import Lookups
from core.doors import clock
from core.holdings import statistics
from core.holdings.differencing import Days, Shown
from core.rules.models import Reason
from requests_app import matching, workflow
from requests_app.models import (
    Answer,
    Candidate,
    DataRequest,
    Outcome,
    RequestEvent,
    RequestRow,
    StatisticsItem,
    Status,
)
from requests_app.models.rows import REASON_LENGTH, REASONED_OUTCOMES, RowQuerySet
from requests_app.operations import conflict, lock_request
from requests_app.row_history import kind_of_decision, record_rows

#: Rows settled by a handful of statements; below the smallest limit of parameters.
_BATCH = 500


class RowConflict(ValidationError):
    """The row is no longer as the person saw it; the text says who changed it and when."""


def lock_processing(pk: uuid.UUID | str, by: User) -> DataRequest:
    """The request under a lock, for an officer who may process it, while it is being processed."""
    request = lock_request(pk, by)
    if not by.is_active or not by.is_staff or not by.has_perm(workflow.PROCESS):
        raise PermissionDenied
    standing = workflow.is_not_own_agency(request, by)
    if standing:
        raise ValidationError(standing)
    if request.status != Status.PROCESSING:
        raise conflict(request)
    return request


def lock_row(row_pk: int, by: User, *, version: int | None = None) -> RequestRow:
    """A row under its request's lock, when this officer may change it.

    ``version`` is what the grid was opened with; RowConflict when the row changed since.
    """
    request_id = RequestRow.objects.values_list("request_id", flat=True).get(pk=row_pk)
    request = lock_processing(request_id, by)
    row = (
        RequestRow.objects.select_for_update(of=("self",))
        .select_related("service", "assignee", "released_in")
        .get(pk=row_pk, request=request)
    )
    row.request = request
    if version is not None and version != row.version:
        raise RowConflict(changed_message(row))
    refusal = row.closed_reason or held_reason(row, by)
    if refusal:
        raise ValidationError(refusal)
    return row


def changed_message(row: RequestRow) -> str:
    """Who changed the row since it was shown."""
    last = row.events.select_related("actor").order_by("-id").first()
    if last is None or last.actor is None:
        return _("Baris %(number)d sudah berubah. Muat ulang sebelum melanjutkan") % {"number": row.position}
    return _(
        "Baris %(number)d sudah diubah oleh %(name)s pukul %(time)s (%(what)s). Muat ulang sebelum melanjutkan"
    ) % {
        "number": row.position,
        "name": last.actor.get_full_name(),
        "time": clock.time_wib(last.at),
        "what": last.get_kind_display(),
    }


def held_reason(row: RequestRow, by: User) -> str:
    """Why this officer may not change the row: a colleague keeps it."""
    if row.assignee is None or row.assignee_id == by.pk:
        return ""
    return _("Baris %(number)d dipegang %(name)s. Ambil alih baris itu sebelum mengubahnya") % {
        "number": row.position,
        "name": row.assignee.get_full_name(),
    }


def settle(row: RequestRow, by: User, outcome: str, reason: str = "") -> None:
    """Stores the outcome with who and when, and records it."""
    kind = kind_of_decision(row.outcome, outcome)
    row.outcome = outcome
    row.outcome_reason = reason
    row.decided_by = by
    row.decided_at = clock.now()
    row.version += 1
    row.save(update_fields=["outcome", "outcome_reason", "decided_by", "decided_at", "version"])
    record_rows([row], kind, by=by, note=reason)


def reason_text(reason: Reason | None, text: str) -> str:
    """The reason of an outcome as it is stored: what was chosen from the list, then what was written.

    Always in Indonesian, because it stands in the documents. ValidationError when it is too long.
    """
    written = " ".join(text.replace("\x00", " ").split())  # PostgreSQL stores no null character
    parts = [reason.text.rstrip(".") if reason else "", written]
    whole = ". ".join(part for part in parts if part)
    if len(whole) > REASON_LENGTH:
        raise ValidationError(
            _("Alasan paling banyak %(limit)d karakter. Anda menulis %(count)d")
            % {"limit": REASON_LENGTH, "count": len(whole)}
        )
    return whole


def check_outcome(outcome: str, reason: str) -> None:
    """ValidationError when the outcome is unknown or lacks the reason it needs."""
    if outcome not in Outcome.values:
        raise ValidationError(_("Pilih hasil yang tersedia"))
    if outcome in REASONED_OUTCOMES and len(reason) < 5:
        raise ValidationError(_("Tulis alasan, paling sedikit 5 karakter"))


@transaction.atomic
def propose_matches(pk: uuid.UUID | str, *, by: User) -> matching.MatchSummary:
    """Looks every open row up in the holdings and stores what is proposed; decides nothing."""
    request = lock_processing(pk, by)
    summary = matching.propose(request)
    RequestEvent.objects.create(request=request, actor=by, verb="match", note="")
    return summary


@transaction.atomic
def decide_candidate(candidate_pk: int, *, by: User, accepted: bool) -> Candidate:
    """The officer says whether a proposed record is the person; accepting copies its values as an answer."""
    row_id = Candidate.objects.values_list("row_id", flat=True).get(pk=candidate_pk)
    row = lock_row(row_id, by)
    candidate = (
        Candidate.objects.select_for_update(of=("self",)).select_related("record").get(pk=candidate_pk)
    )
    candidate.decision = Candidate.Decision.ACCEPTED if accepted else Candidate.Decision.DECLINED
    candidate.decided_by = by
    candidate.decided_at = clock.now()
    candidate.save(update_fields=["decision", "decided_by", "decided_at"])
    if accepted:
        answered = {item.key for item in row.request.schema_for(row.service).answered}
        values = {key: value for key, value in candidate.record.values.items() if key in answered}
        _answer, created = Answer.objects.get_or_create(
            row=row,
            record=candidate.record,
            defaults={"values": values, "source": Answer.Source.HOLDINGS, "by": by},
        )
        if created or row.outcome != Outcome.FOUND:
            settle(row, by, Outcome.FOUND)
    else:
        taken, _details = row.answers.filter(record=candidate.record).delete()
        after_removal(row, by, bool(taken))
    return candidate


def after_removal(row: RequestRow, by: User, is_changed: bool = True) -> None:
    """A row whose last answer was taken away is open again; one that keeps others has changed."""
    if not is_changed or row.outcome != Outcome.FOUND:
        return
    settle(row, by, Outcome.FOUND if row.answers.exists() else Outcome.PENDING)


@transaction.atomic
def accept_exact(pk: uuid.UUID | str, *, by: User, rows: RowQuerySet | None = None) -> int:
    """Confirms the exact proposals of every open row, or of those among ``rows``, that has no other open ones.

    Rows with any merely similar candidate beside are left for a closer look, rows of colleagues to them.
    Returns how many rows were settled.
    """
    request = lock_processing(pk, by)
    meant: RowQuerySet = RequestRow.objects.filter(request=request)
    if rows is not None:
        meant = meant.filter(pk__in=rows.order_by().values("pk"))
    keys = list(exact_rows(meant, by).order_by("position").values_list("pk", flat=True))
    for start in range(0, len(keys), _BATCH):
        _accept(request, keys[start : start + _BATCH], by)
    return len(keys)


def exact_rows(rows: RowQuerySet, by: User) -> RowQuerySet:
    """Those of ``rows`` that this officer may settle and whose open proposals are all exact, at least one."""
    proposed = Candidate.objects.filter(row=OuterRef("pk"), decision=Candidate.Decision.OPEN)
    exact = Exists(proposed.filter(grade=Candidate.Grade.EXACT))
    similar = Exists(proposed.exclude(grade=Candidate.Grade.EXACT))
    free: RowQuerySet = rows.filter(exact, ~similar, outcome=Outcome.PENDING).free_for(by)
    return free


def _accept(request: DataRequest, keys: list[int], by: User) -> None:
    at = clock.now()
    rows = {
        row.pk: row
        for row in RequestRow.objects.select_for_update(of=("self",))
        .filter(pk__in=keys)
        .select_related("service")
        .prefetch_related("service__fields")
        .order_by("position")
    }
    keeps = {
        service.pk: {item.key for item in request.schema_for(service).answered}
        for service in {row.service_id: row.service for row in rows.values()}.values()
    }
    open_ones = Candidate.objects.filter(row__in=keys, decision=Candidate.Decision.OPEN)
    known = set(Answer.objects.filter(row__in=keys).values_list("row_id", "record_id"))
    Answer.objects.bulk_create(
        [
            Answer(
                row_id=row,
                record_id=record,
                values={key: value for key, value in values.items() if key in keeps[rows[row].service_id]},
                source=Answer.Source.HOLDINGS,
                by=by,
            )
            for row, record, values in open_ones.order_by("id").values_list(
                "row_id", "record_id", "record__values"
            )
            if (row, record) not in known
        ]
    )
    open_ones.update(decision=Candidate.Decision.ACCEPTED, decided_by=by, decided_at=at)
    RequestRow.objects.filter(pk__in=keys).update(
        outcome=Outcome.FOUND, outcome_reason="", decided_by=by, decided_at=at, version=F("version") + 1
    )
    for row in rows.values():
        row.outcome = Outcome.FOUND
    record_rows(rows.values(), kind_of_decision(Outcome.PENDING, Outcome.FOUND), by=by)


@transaction.atomic
def set_outcome(
    row_pk: int, *, by: User, outcome: str, reason: str = "", version: int | None = None
) -> RequestRow:
    """Marks a row as not found, withheld (reason needed), out of scope (reason needed), to be reviewed, or open."""
    row = lock_row(row_pk, by, version=version)
    reason = reason.strip()[:REASON_LENGTH]
    check_outcome(outcome, reason)
    if outcome == Outcome.FOUND and not row.answers.exists():
        raise ValidationError(_("Pilih catatan yang cocok atau ketik jawaban sebelum menandai Ditemukan"))
    if outcome != Outcome.FOUND:
        row.answers.all().delete()
        row.candidates.filter(decision=Candidate.Decision.ACCEPTED).update(decision=Candidate.Decision.OPEN)
    settle(row, by, outcome, reason)
    return row


def clean_answer(row: RequestRow, values: Mapping[str, Any], lookups: Lookups | None = None) -> Any:
    """The values of an answer (texts by key) checked by the schema of the row's request; errors by key."""
    schema = row.request.schema_for(row.service)
    texts = {key: str(value) for key, value in values.items()}
    clean, errors = schema.clean_answered(texts, lookups or Lookups())
    if errors:
        raise ValidationError(errors)
    if not clean:
        raise ValidationError(_("Isi paling sedikit satu kolom jawaban"))
    return clean


@transaction.atomic
def type_answer(
    row_pk: int,
    *,
    by: User,
    values: Mapping[str, Any],
    version: int | None = None,
    answer_pk: int | None = None,
    lookups: Lookups | None = None,
) -> Answer:
    """Adds an answer typed by the officer, or replaces the row's answer ``answer_pk``.

    ``values`` are texts by key, checked by the request's schema. What was copied from the holdings and is then
    typed over counts as typed.
    """
    row = lock_row(row_pk, by, version=version)
    clean = clean_answer(row, values, lookups)
    if answer_pk is None:
        answer = Answer(row=row)
    else:
        answer = Answer.objects.get(pk=answer_pk, row=row)
        if answer.values == clean:
            return answer
        if answer.record_id:
            row.candidates.filter(record_id=answer.record_id).update(decision=Candidate.Decision.OPEN)
    answer.values, answer.source, answer.record, answer.by = clean, Answer.Source.TYPED, None, by
    answer.save()
    settle(row, by, Outcome.FOUND)
    return answer


@transaction.atomic
def remove_answer(answer_pk: int, *, by: User) -> RequestRow:
    """Takes an answer away; the row is open again when it was the last."""
    row_id = Answer.objects.values_list("row_id", flat=True).get(pk=answer_pk)
    row = lock_row(row_id, by)
    answer = Answer.objects.get(pk=answer_pk)
    if answer.record_id:
        row.candidates.filter(record_id=answer.record_id).update(decision=Candidate.Decision.OPEN)
    answer.delete()
    after_removal(row, by)
    return row


@transaction.atomic
def count_statistics(pk: uuid.UUID | str, *, by: User) -> int:
    """Counts every statistics question of the request from the holdings; returns how many.

    What the agency's other questions were told is kept in mind, so that no small number follows by subtraction.
    """
    request = lock_processing(pk, by)
    # Two requests of one agency are counted one after the other: each must know what the other was told.
    Agency.objects.select_for_update(no_key=True).get(pk=request.agency_id)
    items = list(request.statistics.select_related("service", "regional_office", "office", "checkpoint"))
    for item in items:
        item.answer = statistics.count(
            item.service,
            period_from=item.period_from,
            period_until=item.period_until,
            regional_office=item.regional_office,
            office=item.office,
            checkpoint=item.checkpoint,
            citizenship=item.citizenship,
            direction=item.direction,
            earlier=_told_before(item, request),
        )
        item.answered_at = clock.now()
        item.answered_by = by
        item.save(update_fields=["answer", "answered_at", "answered_by"])
    RequestEvent.objects.create(request=request, actor=by, verb="count", note="")
    return len(items)


def _told_before(item: StatisticsItem, request: DataRequest) -> Iterator[Shown]:
    """The tables that the agency got, or is about to get, for the same service in the months of ``item``."""
    months = Days(item.period_from, item.period_until).whole_months()
    told = (
        StatisticsItem.objects.filter(
            request__agency_id=request.agency_id,
            service_id=item.service_id,
            answer__isnull=False,
            period_from__lte=months.last,
            period_until__gte=months.first,
        )
        .exclude(request__status__in=(Status.REJECTED, Status.WITHDRAWN, Status.LAPSED))
        .exclude(pk=item.pk)
    )
    for other in told.iterator(chunk_size=50):
        if other.answer:
            period = Days(other.period_from, other.period_until)
            yield Shown(period, bool(other.citizenship), other.answer["rows"])
