"""Writing the answers of a whole workbook: all rows together, each recorded."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from django.db.models import F

from accounts.models import User
from core.doors import clock
from requests_app.bench.resource import Plan
from requests_app.models import Answer, Candidate, Outcome, RequestRow, RowEvent
from requests_app.row_history import kind_of_decision, record_rows

BATCH = 500


def write_plans(plans: Sequence[Plan], *, by: User) -> int:
    """Writes what is new and returns how many rows changed.

    To be called in a transaction that holds the requests of the rows locked.
    """
    news = iter([plan for plan in plans if plan.is_news])
    written = 0
    while batch := list(islice(news, BATCH)):
        _write(batch, by)
        written += len(batch)
    return written


def _write(plans: Sequence[Plan], by: User) -> None:
    keys = [plan.row.pk for plan in plans]
    Answer.objects.filter(row__in=keys).delete()
    Candidate.objects.filter(row__in=keys, decision=Candidate.Decision.ACCEPTED).update(
        decision=Candidate.Decision.OPEN
    )
    Answer.objects.bulk_create(
        [
            Answer(row=plan.row, values=values, source=Answer.Source.TYPED, by=by)
            for plan in plans
            for values in plan.records
        ],
        batch_size=BATCH,
    )
    alike: dict[tuple[str, str, str], list[RequestRow]] = defaultdict(list)
    for plan in plans:
        reason = "" if plan.outcome == Outcome.FOUND else plan.reason
        kind = kind_of_decision(plan.row.outcome, plan.outcome)
        alike[plan.outcome, reason, kind].append(plan.row)
    for (outcome, reason, kind), rows in alike.items():
        RequestRow.objects.filter(pk__in=[row.pk for row in rows]).update(
            outcome=outcome,
            outcome_reason=reason,
            decided_by=by,
            decided_at=clock.now(),
            version=F("version") + 1,
        )
        for row in rows:
            row.outcome = outcome
        record_rows(rows, RowEvent.Kind(kind), by=by, note=reason)
