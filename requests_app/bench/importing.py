"""The verbs of a workbook of answers: start, check, save, discard; small files at once, large ones in the queue."""

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.doors import clock, queue
from core.doors.excel import Row, WorkbookError
from core.doors.storage import safe_name
from core.holdings.importing import check_upload
from core.sheet_imports import first_sheet
from requests_app import workflow
from requests_app.answering import lock_processing
from requests_app.bench.lines import Layout, find_layout
from requests_app.bench.resource import AnswerResource
from requests_app.bench.writing import write_plans
from requests_app.excel.check import veiled
from requests_app.models import AnswerImport, DataRequest, Outcome

logger = logging.getLogger(__name__)

Stage = AnswerImport.Stage
BATCH = 500
#: More lines than this are checked and written in the queue.
AT_ONCE = settings.AT_ONCE_ROWS
MOST_LINES = 20_000
MOST_ERRORS = 300
PREVIEW_LINES = 10
MOST_ATTEMPTS = 3


class TooManyError(Exception):
    """The file has more lines than are checked at once."""


# --- what the officer does ---


def start_import(service: Service, uploaded: UploadedFile, *, by: User) -> AnswerImport:
    """Keeps the file and checks it: at once when it is small, otherwise in the queue."""
    _require_right(by)
    check_upload(uploaded)
    name = safe_name(uploaded.name)
    with transaction.atomic():
        run = AnswerImport(service=service, by=by, file_name=name)
        run.file.save(name, uploaded, save=False)
        run.save()
    if (uploaded.size or 0) <= settings.AT_ONCE_BYTES:
        try:
            _check(run, most=AT_ONCE)
        except TooManyError:
            pass
        else:
            run.refresh_from_db()
            return run
    queue.enqueue("requests_app.tasks.check_answers", str(run.pk))
    run.refresh_from_db()
    return run


def save_import(pk: uuid.UUID | str, *, by: User) -> AnswerImport:
    """Writes a checked file, all of it or nothing; pressing twice writes once."""
    with transaction.atomic():
        run = _locked(pk, by)
        if run.stage in (Stage.WRITING, Stage.DONE):
            return run
        _require(run, Stage.READY)
        run.stage, run.attempts = Stage.WRITING, 0
        run.save(update_fields=["stage", "attempts"])
        if run.total > AT_ONCE:
            queue.enqueue("requests_app.tasks.write_answers", str(run.pk))
            return run
    write_import(str(run.pk))
    run.refresh_from_db()
    return run


@transaction.atomic
def discard_import(pk: uuid.UUID | str, *, by: User) -> AnswerImport:
    """Drops a file that will not be written."""
    run = _locked(pk, by)
    if run.stage == Stage.DISCARDED:
        return run
    _require(run, Stage.CHECKING, Stage.READY, Stage.REFUSED)
    _end(run, Stage.DISCARDED)
    return run


def _require_right(by: User) -> None:
    if not by.is_active or not by.is_staff or not by.has_perm(workflow.PROCESS):
        raise PermissionDenied


def _locked(pk: uuid.UUID | str, by: User) -> AnswerImport:
    """One's own import: nobody writes in another's name."""
    _require_right(by)
    return (
        AnswerImport.objects.select_for_update(of=("self",)).select_related("service", "by").get(pk=pk, by=by)
    )


def _require(run: AnswerImport, *stages: str) -> None:
    if run.stage not in stages:
        raise ValidationError(
            _("Unggahan ini sudah berstatus %(stage)s.") % {"stage": Stage(run.stage).label}
        )


def _end(run: AnswerImport, stage: str) -> None:
    # The file holds personal data and is not needed any more.
    name, storage = run.file.name, run.file.storage
    if name:
        transaction.on_commit(lambda: storage.delete(name))
    run.file, run.stage, run.preview, run.finished_at = "", stage, [], clock.now()
    if stage != Stage.REFUSED:
        run.errors = []
    run.save()


# --- reading ---


@dataclass
class Findings:
    """What reading a file has found."""

    total: int = 0
    errors: list[dict[str, str]] = field(default_factory=list)
    error_count: int = 0
    layout: Layout | None = None
    resource: AnswerResource | None = None

    def note(self, message: str, cell: str = "", column: str = "", value: str = "") -> None:
        """One thing to mend."""
        self.error_count += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"cell": cell, "column": column, "value": value, "message": str(message)})


def read(run: AnswerImport, *, most: int = MOST_LINES, report: Any = None) -> Findings:
    """Reads and checks the whole file without writing; TooManyError when it has more than ``most`` lines."""
    findings = Findings()
    try:
        with run.file.open("rb") as file:
            rows = first_sheet(file, run.file_name)
            layout = find_layout(next(rows, None), run.service)
            findings.layout = layout
            lookups = Lookups()
            resource = AnswerResource(run.service, run.by, layout, lookups)
            findings.resource = resource
            for lines in _slices(rows):
                findings.total += len(lines)
                if findings.total > most:
                    if most < MOST_LINES:
                        raise TooManyError
                    raise WorkbookError("rows_more", rows=MOST_LINES, limit=MOST_LINES)
                _import_lines(resource, lines, findings)
                if report:
                    report(findings.total)
    except (WorkbookError, ValidationError) as error:
        for message in error.messages:
            findings.note(message)
        return findings
    if not findings.total:
        findings.note(_("Berkas belum berisi data di bawah judul kolom"))
    elif not findings.error_count and not resource.plans:
        findings.note(_("Tidak ada jawaban baru dalam berkas ini"))
    return findings


def _slices(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _import_lines(resource: AnswerResource, lines: list[Row], findings: Findings) -> None:
    resource.take(lines)
    cells = [resource.cells(line) for line in lines]
    result = resource.import_data(resource.dataset(cells), dry_run=True)
    for failed in (*result.base_errors, *(row.errors[0] for row in result.error_rows)):
        raise failed.error
    for invalid in result.invalid_rows:
        by_title = dict(zip(resource.headers, cells[invalid.number - 1], strict=True))
        for problem in resource.problems(by_title, invalid.field_specific_errors):
            findings.note(problem["message"], problem["cell"], problem["column"], problem["value"])


def _summary(findings: Findings) -> dict[str, Any]:
    resource = findings.resource
    counts: dict[str, Any] = {"errors": findings.error_count}
    if resource is None:
        return counts
    news = [plan for plan in resource.plans.values() if plan.is_news]
    counts |= {
        "rows": len(news),
        "records": sum(len(plan.records) for plan in news),
        "unchanged": len(resource.plans) - len(news),
        "blank": resource.blank,
        "left": len(resource.missed),
        "requests": sorted({str(plan.row.request_id) for plan in news}),
        "ignored": findings.layout.ignored[:20] if findings.layout else [],
        "stamp": findings.layout.stamp.at if findings.layout and findings.layout.stamp else "",
        "stamp_by": findings.layout.stamp.officer if findings.layout and findings.layout.stamp else None,
    }
    for value in Outcome.values:
        counts[value] = sum(plan.outcome == value for plan in news)
    for kind in ("unmatched", "ambiguous", "stale", "held"):
        counts[kind] = sum(missed.kind == kind for _line, missed in resource.missed)
    return counts


def _left_out(resource: AnswerResource) -> list[dict[str, Any]]:
    """The lines that met no row, with a veiled number to find them by."""
    shown = []
    for line, missed in resource.missed[:MOST_ERRORS]:
        numbers = (line.cell(place).text for place, _item in resource.layout.numbers)
        key = next((veiled(text) for text in numbers if text), "")
        shown.append({"line": line.number, "key": key[:40], "kind": missed.kind, "message": missed.message})
    return shown


def _preview(resource: AnswerResource) -> list[list[str]]:
    """The first rows as they would be written: request, row, outcome, answers."""
    shown = []
    for plan in islice((plan for plan in resource.plans.values() if plan.is_news), PREVIEW_LINES):
        fields = resource.schemas.of(plan.row).answered
        answers = [
            ", ".join(
                f"{item.shown_label}: {text}"
                for item in fields
                if (text := item.display(values, resource.lookups))
            )
            for values in plan.records
        ]
        shown.append(
            [
                plan.row.request.number or "",
                str(plan.row.position),
                str(Outcome(plan.outcome).label),
                " | ".join(answers) or plan.reason,
            ]
        )
    return shown


# --- checking and writing ---


def check_import(run_id: str) -> None:
    """Checks a large file in the queue; may run any number of times."""
    run = _claim(run_id, Stage.CHECKING)
    if run is None:
        return

    def report(done: int) -> None:
        AnswerImport.objects.filter(pk=run.pk, stage=Stage.CHECKING).update(done=done)

    _check(run, most=MOST_LINES, report=report)


@transaction.atomic
def _claim(run_id: str, stage: str) -> AnswerImport | None:
    """The import for one more try; None when there is nothing (more) to do."""
    run = _fetch(run_id)
    if run.stage != stage:
        return None
    if run.attempts >= MOST_ATTEMPTS:
        text = _("Pengerjaan berkas ini terhenti berkali-kali. Unggah lagi, atau hubungi admin")
        run.errors = [{"cell": "", "column": "", "value": "", "message": text}]
        _end(run, Stage.REFUSED)
        return None
    run.attempts += 1
    run.save(update_fields=["attempts"])
    return run


def _fetch(run_id: str) -> AnswerImport:
    runs = AnswerImport.objects.select_for_update(of=("self",)).select_related("service", "by")
    return runs.get(pk=run_id)


def _check(run: AnswerImport, *, most: int, report: Any = None) -> None:
    findings = read(run, most=most, report=report)
    with transaction.atomic():
        fresh = AnswerImport.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if fresh.stage != Stage.CHECKING:  # discarded meanwhile
            return
        fresh.total = fresh.done = findings.total
        fresh.counts, fresh.errors = _summary(findings), findings.errors
        fresh.unmatched = _left_out(findings.resource) if findings.resource else []
        if findings.error_count:
            _end(fresh, Stage.REFUSED)
            return
        fresh.preview = _preview(findings.resource) if findings.resource else []
        fresh.stage = Stage.READY
        fresh.save()


def write_import(run_id: str) -> None:
    """Writes a file that an officer agreed to, all of it in one transaction; a repeated call changes nothing.

    What changed since the check, so that fewer rows would be written than the officer saw, refuses the file.
    """
    if _claim(run_id, Stage.WRITING) is None:
        return
    with transaction.atomic():
        run = _fetch(run_id)
        if run.stage != Stage.WRITING:
            return
        for request_id in run.counts["requests"]:
            try:
                lock_processing(request_id, run.by)
            except (ValidationError, PermissionDenied, DataRequest.DoesNotExist):
                # The rows of this request will not be met below.
                logger.info("Answer import %s: request %s is closed", run.pk, request_id)
        findings = read(run)
        summary = _summary(findings)
        if findings.error_count or findings.resource is None or summary["rows"] != run.counts["rows"]:
            run.errors = findings.errors or [
                {
                    "cell": "",
                    "column": "",
                    "value": "",
                    "message": _(
                        "Sebagian baris berubah sesudah berkas diperiksa: sekarang %(now)d baris, "
                        "sebelumnya %(before)d. Tidak ada yang disimpan. Unggah lagi"
                    )
                    % {"now": summary.get("rows", 0), "before": run.counts["rows"]},
                }
            ]
            _end(run, Stage.REFUSED)
            return
        plans = list(findings.resource.plans.values())
        record_access(
            Action.IMPORT,
            actor=run.by,
            purpose=_("Meja jawab: %(service)s") % {"service": run.service.label},
            object_type="answerimport",
            object_id=run.pk,
            persons=[plan.row for plan in plans],
        )
        write_plans(plans, by=run.by)
        run.counts = summary
        _end(run, Stage.DONE)


def stuck_imports(after: timedelta = timedelta(minutes=12)) -> list[tuple[str, str]]:
    """Task and id of imports whose worker seems to have died."""
    old = AnswerImport.objects.filter(
        stage__in=[Stage.CHECKING, Stage.WRITING], created_at__lt=clock.now() - after
    )
    tasks = {
        Stage.CHECKING: "requests_app.tasks.check_answers",
        Stage.WRITING: "requests_app.tasks.write_answers",
    }
    return [(tasks[Stage(run.stage)], str(run.pk)) for run in old.only("pk", "stage")[:50]]


def forget_old(after: timedelta = timedelta(days=7)) -> int:
    """Drops checked files nobody confirmed, with what they quote; returns how many."""
    old = AnswerImport.objects.filter(stage=Stage.READY, created_at__lt=clock.now() - after)
    forgotten = 0
    for run in old[:500]:
        with transaction.atomic():
            _end(run, Stage.DISCARDED)
        forgotten += 1
    return forgotten
