"""The verbs on rows while a request is being processed: propose, decide, type in, count."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.catalogue.kinds import Lookups
from core.doors import clock
from core.holdings import statistics
from requests_app import matching, workflow
from requests_app.models import Answer, Candidate, DataRequest, Outcome, RequestEvent, RequestRow, Status
from requests_app.operations import conflict, lock_request


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


def lock_row(row_pk: int, by: User) -> RequestRow:
    """A row under its request's lock."""
    request_id = RequestRow.objects.values_list("request_id", flat=True).get(pk=row_pk)
    request = lock_processing(request_id, by)
    return (
        RequestRow.objects.select_for_update(of=("self",))
        .select_related("service")
        .get(pk=row_pk, request=request)
    )


def settle(row: RequestRow, by: User, outcome: str, reason: str = "") -> None:
    """Stores the outcome with who and when."""
    row.outcome = outcome
    row.outcome_reason = reason
    row.decided_by = by
    row.decided_at = clock.now()
    row.save(update_fields=["outcome", "outcome_reason", "decided_by", "decided_at"])


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
        Answer.objects.get_or_create(
            row=row,
            record=candidate.record,
            defaults={"values": values, "source": Answer.Source.HOLDINGS, "by": by},
        )
        settle(row, by, Outcome.FOUND)
    else:
        row.answers.filter(record=candidate.record).delete()
        if row.outcome == Outcome.FOUND and not row.answers.exists():
            settle(row, by, Outcome.PENDING)
    return candidate


@transaction.atomic
def accept_exact(pk: uuid.UUID | str, *, by: User) -> int:
    """Confirms, for every open row, the exact proposals when all of them point to exactly agreeing records.

    Rows with any merely similar candidate beside are left for a closer look. Returns how many rows were settled.
    """
    request = lock_processing(pk, by)
    settled = 0
    for row in request.rows.filter(outcome=Outcome.PENDING).prefetch_related("candidates"):
        open_ones = [item for item in row.candidates.all() if item.decision == Candidate.Decision.OPEN]
        if open_ones and all(item.grade == Candidate.Grade.EXACT for item in open_ones):
            for item in open_ones:
                decide_candidate(item.pk, by=by, accepted=True)
            settled += 1
    return settled


@transaction.atomic
def set_outcome(row_pk: int, *, by: User, outcome: str, reason: str = "") -> RequestRow:
    """Marks a row as not found, withheld (reason needed), out of scope (reason needed), to be reviewed, or open."""
    row = lock_row(row_pk, by)
    if outcome not in Outcome.values:
        raise ValidationError(_("Pilih hasil yang tersedia"))
    reason = reason.strip()[:250]
    if outcome in (Outcome.WITHHELD, Outcome.OUT_OF_SCOPE) and len(reason) < 5:
        raise ValidationError(_("Tulis alasan, paling sedikit 5 karakter"))
    if outcome == Outcome.FOUND and not row.answers.exists():
        raise ValidationError(_("Pilih catatan yang cocok atau ketik jawaban sebelum menandai Ditemukan"))
    if outcome != Outcome.FOUND:
        row.answers.all().delete()
        row.candidates.filter(decision=Candidate.Decision.ACCEPTED).update(decision=Candidate.Decision.OPEN)
    settle(row, by, outcome, reason)
    return row


@transaction.atomic
def type_answer(row_pk: int, *, by: User, values: Mapping[str, Any]) -> Answer:
    """Adds an answer typed by the officer; ``values`` are texts by key, checked by the request's schema."""
    row = lock_row(row_pk, by)
    schema = row.request.schema_for(row.service)
    clean, errors = schema.clean_answered({key: str(value) for key, value in values.items()}, Lookups())
    if errors:
        raise ValidationError(errors)
    if not clean:
        raise ValidationError(_("Isi paling sedikit satu kolom jawaban"))
    answer = Answer.objects.create(row=row, values=clean, source=Answer.Source.TYPED, by=by)
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
    if row.outcome == Outcome.FOUND and not row.answers.exists():
        settle(row, by, Outcome.PENDING)
    return row


@transaction.atomic
def count_statistics(pk: uuid.UUID | str, *, by: User) -> int:
    """Counts every statistics question of the request from the holdings; returns how many."""
    request = lock_processing(pk, by)
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
        )
        item.answered_at = clock.now()
        item.answered_by = by
        item.save(update_fields=["answer", "answered_at", "answered_by"])
    RequestEvent.objects.create(request=request, actor=by, verb="count", note="")
    return len(items)
