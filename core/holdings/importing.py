"""The verbs of an import of holdings: start, check, save, write, discard (architecture.md §4)."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.results import RowResult

from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.models import Service
from core.doors import clock, queue
from core.doors.excel import Cell, WorkbookError, staff_limits
from core.doors.storage import safe_name
from core.holdings.loading import BATCH, lock_holdings, refresh_plans
from core.holdings.models import ImportRun
from core.holdings.resources import RecordResource, cell_text
from core.sheet_imports import SheetCheck, find_columns, first_sheet

RIGHT = "holdings.add_importrun"
ENDINGS = (".xlsx", ".csv")
MOST_ERRORS = 300
PREVIEW_ROWS = 8

Stage = ImportRun.Stage


# --- what the officer does --------------------------------------------------------------------------------


@transaction.atomic
def start_import(service: Service, uploaded: UploadedFile, *, by: Any) -> ImportRun:
    """Keeps the file and queues its check; PermissionDenied without the right."""
    if not by.has_perm(RIGHT):
        raise PermissionDenied
    check_upload(uploaded)
    name = safe_name(uploaded.name)
    run = ImportRun(service=service, by=by, file_name=name)
    run.file.save(name, uploaded, save=False)
    run.save()
    queue.enqueue("core.holdings.importing.check_import", str(run.pk))
    return run


def check_upload(uploaded: UploadedFile) -> None:
    """ValidationError when the file cannot be an import: told on the form already."""
    name = safe_name(uploaded.name)
    if PurePosixPath(name).suffix.lower() not in ENDINGS:
        raise ValidationError(
            _("Berkas %(name)s bukan .xlsx atau .csv. Simpan ulang lalu unggah lagi") % {"name": name}
        )
    if (uploaded.size or 0) > staff_limits().bytes:
        raise ValidationError(_("Berkas terlalu besar. Bagi menjadi beberapa berkas"))


@transaction.atomic
def save_import(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Sends a checked file to be written; pressing twice gives the same."""
    run = lock_run(pk, by)
    if run.stage in (Stage.WRITING, Stage.DONE):
        return run
    _require(run, Stage.READY)
    lock_holdings(run.service_id)
    if refusal := busy_reason(run, Stage.UNDOING):
        raise ValidationError(refusal)
    record_access(
        Action.IMPORT,
        actor=by,
        purpose=f"Impor {run.service.label}",
        object_type="importrun",
        object_id=run.pk,
        count=run.total,
    )
    run.service.mark_used()
    run.stage, run.keeps_former = Stage.WRITING, True
    run.created_count, run.updated_count, run.preview = 0, 0, []
    run.save()
    queue.enqueue("core.holdings.importing.write_import", str(run.pk))
    return run


@transaction.atomic
def discard_import(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Drops a file that will not be written."""
    run = lock_run(pk, by)
    _require(run, Stage.CHECKING, Stage.READY, Stage.REFUSED)
    _end(run, Stage.UNDONE)
    return run


def obstacles(run: ImportRun, *stages: str) -> list[str] | None:
    """For the buttons: None hides, an empty list offers."""
    return [] if run.stage in stages else None


def reasons_against_saving(run: ImportRun) -> list[str] | None:
    """For the button: None hides, empty offers, a text says what to wait for."""
    if run.stage != Stage.READY:
        return None
    refusal = busy_reason(run, Stage.UNDOING)
    return [refusal] if refusal else []


def busy_reason(run: ImportRun, *stages: str) -> str:
    """Why nothing may begin now: another import of the service is in one of ``stages``; empty when none is."""
    other = ImportRun.objects.filter(service=run.service_id, stage__in=stages).exclude(pk=run.pk).first()
    if other is None:
        return ""
    return _("Impor %(file)s sedang dalam tahap “%(stage)s”. Tunggu sampai selesai, lalu coba lagi") % {
        "file": other,
        "stage": Stage(other.stage).label,
    }


def lock_run(pk: uuid.UUID | str, by: Any, right: str = RIGHT) -> ImportRun:
    """The run, locked until the transaction ends; PermissionDenied without the right."""
    if not by.is_active or not by.has_perm(right):
        raise PermissionDenied
    return locked_run(pk)


def locked_run(pk: uuid.UUID | str) -> ImportRun:
    """The run under a lock; before that of the holdings, never after it.

    Who only refers to the run does not wait: an import that replaces records of an older run would otherwise wait
    for whoever is about to undo that run, and that person for the import.
    """
    runs = ImportRun.objects.select_for_update(of=("self",), no_key=True)
    return runs.select_related("service").get(pk=pk)


def _require(run: ImportRun, *stages: str) -> None:
    if run.stage not in stages:
        raise ValidationError(_("Impor ini sudah berstatus %(stage)s.") % {"stage": Stage(run.stage).label})


def _end(run: ImportRun, stage: str, errors: list[dict[str, str]] | None = None) -> None:
    # The file holds personal data and is not needed any more.
    name, storage = run.file.name, run.file.storage
    if name:
        transaction.on_commit(lambda: storage.delete(name))
    run.file = ""
    run.stage, run.preview, run.finished_at = stage, [], clock.now()
    if errors is not None:
        run.errors, run.error_count = errors, len(errors)
    elif stage != Stage.REFUSED:
        run.errors = []
    run.save()


# --- what the worker does ---------------------------------------------------------------------------------


def check_import(run_id: str) -> None:
    """Reads the whole file without writing: counts, errors by cell, and whether it may be saved."""
    run = ImportRun.objects.select_related("service").get(pk=run_id)
    if run.stage != Stage.CHECKING:
        return
    resource = RecordResource(run.service, run)
    findings = _Findings(resource)
    try:
        for rows in _slices(run, resource):
            if not run.preview:
                run.preview = [_texts(row, resource) for row in rows[:PREVIEW_ROWS]]
            findings.add(rows)
        if not findings.total:
            findings.note("", "", _("Berkas belum berisi data di bawah judul kolom"))
    except (WorkbookError, ValidationError) as error:
        for message in error.messages:
            findings.note("", "", message)
    run.total, run.errors, run.error_count = findings.total, findings.errors, findings.error_count
    run.created_count, run.updated_count = findings.created, findings.updated
    with transaction.atomic():
        if locked_run(run_id).stage != Stage.CHECKING:  # discarded meanwhile
            return
        if findings.error_count:
            _end(run, Stage.REFUSED)
        else:
            run.stage = Stage.READY
            run.save()


def write_import(run_id: str) -> None:
    """Writes a thousand rows at a time; each commit carries how far it came, so that it may be run again.

    May also run twice at once: a batch that the other has written is left alone.
    """
    run = ImportRun.objects.select_related("service").get(pk=run_id)
    if run.stage != Stage.WRITING:
        return
    resource = RecordResource(run.service, run)
    seen = 0
    try:
        for rows in _slices(run, resource):
            seen += len(rows)
            if seen > run.done and not _write_batch(run_id, resource, rows, seen):
                return
    except WorkbookError:
        # It was readable when it was checked: the machine is busy. The work may be run again and goes on from here.
        raise
    except ValidationError as error:
        _break_off(run_id, error)
    else:
        with transaction.atomic():
            run = locked_run(run_id)
            if run.stage != Stage.WRITING:
                return
            _end(run, Stage.DONE)
    refresh_plans()


@transaction.atomic
def _write_batch(run_id: str, resource: RecordResource, rows: list[list[Cell]], seen: int) -> bool:
    """Writes the rows that end with row ``seen`` of the file; whether the run goes on."""
    run = locked_run(run_id)
    if run.stage != Stage.WRITING:
        return False
    if seen <= run.done:
        return True
    lock_holdings(run.service_id)
    result = resource.import_data(resource.dataset(rows), raise_errors=True)
    run.done = seen
    run.created_count += result.totals[RowResult.IMPORT_TYPE_NEW]
    run.updated_count += result.totals[RowResult.IMPORT_TYPE_UPDATE]
    run.save(update_fields=["done", "created_count", "updated_count"])
    return True


@transaction.atomic
def _break_off(run_id: str, error: ValidationError) -> None:
    """What was right when it was checked is so no longer: the catalogue or the places have changed since."""
    run = locked_run(run_id)
    if run.stage != Stage.WRITING:
        return
    messages = list(error.messages)
    if run.done:
        text = _("Impor terhenti setelah %(done)d dari %(total)d baris. Urungkan impor ini, lalu unggah lagi")
        messages.insert(0, text % {"done": run.done, "total": run.total})
    errors = [{"cell": "", "column": "", "message": message} for message in messages]
    # What has been written can only be undone when the run counts as saved.
    _end(run, Stage.DONE if run.done else Stage.REFUSED, errors)


def forget_abandoned() -> None:
    """Drops files that nobody has saved in as many days as an import can be undone; what errors quote goes too.

    Runs daily.
    """
    before = clock.now() - timedelta(days=settings.IMPORT_UNDO_DAYS)
    waiting = (Stage.CHECKING, Stage.READY)
    old = ImportRun.objects.filter(stage__in=waiting, created_at__lt=before)
    for pk in list(old.values_list("pk", flat=True)):
        with transaction.atomic():
            run = locked_run(pk)
            if run.stage in waiting:
                _end(run, Stage.UNDONE)
    ended = ImportRun.objects.filter(stage__in=(Stage.REFUSED, Stage.DONE), finished_at__lt=before)
    ended.exclude(errors=[]).update(errors=[])


class _Findings:
    """What checking has found so far."""

    def __init__(self, resource: RecordResource) -> None:
        self.checker = SheetCheck(resource)
        self.total = self.created = self.updated = self.error_count = 0
        self.errors: list[dict[str, str]] = []

    def note(self, cell: str, column: str, message: str) -> None:
        self.error_count += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"cell": cell, "column": column, "message": str(message)})

    def add(self, rows: list[list[Cell]]) -> None:
        result, errors = self.checker.check(rows)
        self.total += len(rows)
        self.created += result.totals[RowResult.IMPORT_TYPE_NEW]
        self.updated += result.totals[RowResult.IMPORT_TYPE_UPDATE]
        for error in errors:
            self.note(error.cell, error.header, error.message)


def _slices(run: ImportRun, resource: RecordResource) -> Iterator[list[list[Cell]]]:
    """The data rows of the first sheet in the order of the resource's headings, a thousand at a time."""
    with run.file.open("rb") as file:
        rows = first_sheet(file, run.file_name)
        header = next(rows, None)
        if header is None:
            return
        remedy = _("Unduh templat impor layanan %(service)s lalu salin data ke sana") % {
            "service": resource.service.label
        }
        places = find_columns(header, resource.headers, remedy=remedy)
        ordered = ([row.cell(place) for place in places] for row in rows)
        while batch := list(islice(ordered, BATCH)):
            yield batch


def _texts(cells: Sequence[Cell], resource: RecordResource) -> list[str]:
    shown = [cells[0].text]
    for cell, item in zip(cells[1:], resource.columns, strict=True):
        try:
            shown.append(cell_text(cell, item))
        except ValidationError:
            shown.append(cell.text)
    return shown
