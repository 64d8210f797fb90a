"""Very many rows of a request worked on by the queue: start, one slice after the other, cancel, take up again."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock, queue
from requests_app import answering, matching, row_work, workflow
from requests_app.models import DataRequest, Outcome, RequestEvent, RequestRow, RowJob
from requests_app.models.rows import RowQuerySet
from requests_app.operations import conflict
from requests_app.row_filter import RowFilter

Kind, Stage = RowJob.Kind, RowJob.Stage
TASK = "requests_app.tasks.run_row_job"
#: Matching goes through the holdings born on the same days: larger slices share more of them.
_MATCHED_TOGETHER = 5
_STUCK_AFTER = timedelta(minutes=3)


def is_large(number: int) -> bool:
    """Whether so many rows are left to the queue."""
    return number > settings.AT_ONCE_ROWS


def running(request: DataRequest) -> RowJob | None:
    """The job that works on rows of the request now."""
    return request.row_jobs.filter(stage=Stage.RUNNING).first()


@transaction.atomic
def start(
    pk: uuid.UUID | str,
    *,
    by: User,
    kind: str,
    narrowed: RowFilter | None = None,
    outcome: str = "",
    reason: str = "",
    expected: int | None = None,
) -> RowJob:
    """Leaves the rows that fit ``narrowed`` to the queue; ValidationError while another job is running.

    ``expected`` is the number the officer agreed to: ValidationError when it is another by now.
    """
    request = answering.lock_processing(pk, by)
    standing = workflow.has_no_running_job(request, by)
    if standing:
        raise ValidationError(standing)
    job = RowJob(request=request, by=by, kind=kind, moved_at=clock.now())
    job.options = {"narrowed": (narrowed or RowFilter()).parts}
    if kind == Kind.OUTCOME:
        row_work.check_common_outcome(outcome, reason)
        job.options |= {"outcome": outcome, "reason": reason.strip()}
    job.total = _meant(job).count()
    if expected is not None and job.total != expected:
        raise ValidationError(row_work.changed_number(job.total, expected))
    job.save()
    queue.enqueue(TASK, str(job.pk))
    return job


@transaction.atomic
def cancel(job_pk: uuid.UUID | str, *, by: User) -> RowJob:
    """Stops after the slice at work; the rows already done stay done. Pressing twice changes nothing."""
    if not by.is_active or not by.is_staff or not by.has_perm(workflow.PROCESS):
        raise PermissionDenied
    job = RowJob.objects.select_for_update(of=("self",)).get(pk=job_pk)
    if job.stage == Stage.RUNNING:
        job.stage = Stage.CANCELLED
        job.save(update_fields=["stage"])
    return job


# --- what the worker does ---


def run(job_pk: uuid.UUID | str) -> None:
    """Works on the job to its end; may run any number of times, also twice at once: each slice is done by one."""
    while _step(job_pk):
        pass


@transaction.atomic
def _step(job_pk: uuid.UUID | str) -> bool:
    """One slice; whether there may be more."""
    waiting = RowJob.objects.select_related("by").filter(pk=job_pk, stage=Stage.RUNNING).first()
    if waiting is None:
        return False
    try:
        request = answering.lock_processing(waiting.request_id, waiting.by)
        _refuse_return(request, waiting)
    except (ValidationError, PermissionDenied, DataRequest.DoesNotExist) as refusal:
        job = RowJob.objects.select_for_update(of=("self",)).get(pk=job_pk)
        if job.stage == Stage.RUNNING:
            texts = getattr(refusal, "messages", None) or [
                _("Anda tidak lagi berhak mengolah permohonan ini.")
            ]
            job.stage, job.message = Stage.STOPPED, " ".join(texts)
            job.save(update_fields=["stage", "message"])
        return False
    job = RowJob.objects.select_for_update(of=("self",)).select_related("by").get(pk=job_pk)
    if job.stage != Stage.RUNNING:
        return False
    size = settings.SLICE_ROWS * (_MATCHED_TOGETHER if job.kind == Kind.MATCH else 1)
    # By the rows' own numbers, whichever of them are meant: looking for the next meant ones would go through all
    # that are left with every slice.
    window: Any = RequestRow.objects.filter(request=request, position__gt=job.position)
    positions = list(window.order_by("position").values_list("position", flat=True)[:size])
    if positions:
        rows = _among(job, window.filter(position__lte=positions[-1]))
        job.done += rows.count()
        _work(job, request, rows)
        job.position = positions[-1]
    if len(positions) < size:
        job.stage = Stage.DONE
        if job.kind == Kind.MATCH:
            RequestEvent.objects.create(request=request, actor=job.by, verb="match", note="")
    job.moved_at = clock.now()
    job.save(update_fields=["position", "done", "counts", "stage", "moved_at"])
    return job.stage == Stage.RUNNING


def _refuse_return(request: DataRequest, job: RowJob) -> None:
    """StateConflict when the request went away and came back since: its rows may be others than were meant."""
    if request.events.filter(at__gt=job.created_at).exclude(target="").exists():
        raise conflict(request)


def _meant(job: RowJob) -> RowQuerySet:
    """The rows the job is about."""
    everything: Any = RequestRow.objects.filter(request=job.request_id)
    return _among(job, everything)


def _among(job: RowJob, rows: RowQuerySet) -> RowQuerySet:
    if job.kind == Kind.MATCH:
        rows = rows.filter(outcome=Outcome.PENDING)
    elif job.kind == Kind.ACCEPT:
        rows = answering.exact_rows(rows, job.by)
    return RowFilter.read(job.options["narrowed"]).apply(rows, job.by)


def _work(job: RowJob, request: DataRequest, rows: RowQuerySet) -> None:
    if job.kind == Kind.MATCH:
        summary = matching.propose(request, rows)
        # Matching takes a while, and whoever reads anything waits for the end of the log: it is locked last.
        _record(job, request, Action.MATCH, rows)
        _add(job, **vars(summary))
        return
    if job.kind == Kind.ACCEPT:
        _record(job, request, Action.ANSWER, rows)
        _add(job, done=answering.accept_exact(request.pk, by=job.by, rows=rows))
        return
    if job.kind == Kind.OUTCOME:
        options = {"outcome": job.options["outcome"], "reason": job.options["reason"]}
        tally = row_work.set_outcomes(request.pk, by=job.by, rows=rows, **options)
    elif job.kind == Kind.FREE:
        tally = row_work.free_rows(request.pk, by=job.by, rows=rows)
    else:
        take_over = job.kind == Kind.TAKE_OVER
        tally = row_work.claim_rows(request.pk, by=job.by, rows=rows, take_over=take_over)
    _add(job, done=tally.done, released=tally.released)
    held = job.counts.setdefault("held", {})
    for name, number in tally.held.items():
        held[name] = held.get(name, 0) + number


def _add(job: RowJob, **numbers: int) -> None:
    for name, number in numbers.items():
        job.counts[name] = job.counts.get(name, 0) + number


def _record(job: RowJob, request: DataRequest, action: Action, rows: RowQuerySet) -> None:
    # No entry, no data: nobody sees the slice before the commit that brings both.
    record_access(
        action,
        actor=job.by,
        purpose=request.number or "",
        object_type="DataRequest",
        object_id=request.pk,
        persons=rows,
    )


def stuck() -> QuerySet[RowJob]:
    """Jobs whose worker seems to have died: they have not come on for some minutes."""
    return RowJob.objects.filter(stage=Stage.RUNNING, moved_at__lt=clock.now() - _STUCK_AFTER)


@transaction.atomic
def take_up_stuck() -> list[uuid.UUID]:
    """The ids of what is stuck; it gets as long again before it is taken up once more."""
    found = list(stuck().values_list("pk", flat=True)[:100])
    RowJob.objects.filter(pk__in=found).update(moved_at=clock.now())
    return found
