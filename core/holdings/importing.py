"""The verbs of an import of holdings: start, check, save, write, discard (architecture.md §4)."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.results import Result, RowResult

from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.models import Service
from core.doors import clock, queue
from core.doors.excel import Cell, Row, WorkbookError, read_csv, read_rows, staff_limits
from core.doors.excel_guard import column_letters
from core.doors.storage import safe_name
from core.holdings.loading import BATCH
from core.holdings.models import ImportRun
from core.holdings.resources import KEY_LABEL, RecordResource, cell_text, find_columns

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
    run = _locked(pk, by)
    if run.stage in (Stage.WRITING, Stage.DONE):
        return run
    _require(run, Stage.READY)
    record_access(
        Action.IMPORT,
        actor=by,
        purpose=f"Impor {run.service.label}",
        object_type="importrun",
        object_id=run.pk,
        count=run.total,
    )
    run.service.mark_used()
    run.stage = Stage.WRITING
    run.created_count, run.updated_count, run.preview = 0, 0, []
    run.save()
    queue.enqueue("core.holdings.importing.write_import", str(run.pk))
    return run


@transaction.atomic
def discard_import(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Drops a file that will not be written."""
    run = _locked(pk, by)
    _require(run, Stage.CHECKING, Stage.READY, Stage.REFUSED)
    _end(run, Stage.UNDONE)
    return run


def obstacles(run: ImportRun, *stages: str) -> list[str] | None:
    """For the buttons: None hides, an empty list offers."""
    return [] if run.stage in stages else None


def _locked(pk: uuid.UUID | str, by: Any) -> ImportRun:
    if not by.has_perm(RIGHT):
        raise PermissionDenied
    return ImportRun.objects.select_for_update(of=("self",)).select_related("service").get(pk=pk)


def _require(run: ImportRun, *stages: str) -> None:
    if run.stage not in stages:
        raise ValidationError(_("Impor ini sudah berstatus %(stage)s.") % {"stage": Stage(run.stage).label})


def _end(run: ImportRun, stage: str) -> None:
    # The file holds personal data and is not needed any more.
    name, storage = run.file.name, run.file.storage
    if name:
        transaction.on_commit(lambda: storage.delete(name))
    run.file = ""
    run.stage, run.preview, run.finished_at = stage, [], clock.now()
    if stage != Stage.REFUSED:
        run.errors = []
    run.save()


# --- what the worker does ---------------------------------------------------------------------------------


def check_import(run_id: str) -> None:
    """Reads the whole file without writing: counts, errors by cell, and whether it may be saved."""
    run = ImportRun.objects.select_related("service").get(pk=run_id)
    if run.stage != Stage.CHECKING:
        return
    findings = _Findings()
    resource = RecordResource(run.service, run)
    try:
        for rows in _slices(run, resource):
            if not run.preview:
                run.preview = [_texts(row, resource) for _number, row in rows[:PREVIEW_ROWS]]
            findings.add(rows, resource)
        if not findings.total:
            findings.note("", "", _("Berkas belum berisi data di bawah judul kolom"))
    except (WorkbookError, ValidationError) as error:
        for message in error.messages:
            findings.note("", "", message)
    run.total, run.errors, run.error_count = findings.total, findings.errors, findings.error_count
    run.created_count, run.updated_count = findings.created, findings.updated
    with transaction.atomic():
        fresh = ImportRun.objects.select_for_update().get(pk=run_id)
        if fresh.stage != Stage.CHECKING:  # discarded meanwhile
            return
        if findings.error_count:
            _end(run, Stage.REFUSED)
        else:
            run.stage = Stage.READY
            run.save()


def write_import(run_id: str) -> None:
    """Writes a thousand rows at a time; each commit carries how far it came, so that it may be run again."""
    run = ImportRun.objects.select_related("service").get(pk=run_id)
    if run.stage != Stage.WRITING:
        return
    resource = RecordResource(run.service, run)
    seen = 0
    for rows in _slices(run, resource):
        seen += len(rows)
        if seen <= run.done:
            continue
        with transaction.atomic():
            result = resource.import_data(resource.dataset(row for _number, row in rows), raise_errors=True)
            run.done = seen
            run.created_count += result.totals[RowResult.IMPORT_TYPE_NEW]
            run.updated_count += result.totals[RowResult.IMPORT_TYPE_UPDATE]
            run.save(update_fields=["done", "created_count", "updated_count"])
    with transaction.atomic():
        _end(run, Stage.DONE)


class _Findings:
    """What checking has found so far."""

    def __init__(self) -> None:
        self.total = self.created = self.updated = self.error_count = 0
        self.errors: list[dict[str, str]] = []
        self.rows_by_key: dict[str, int] = {}

    def note(self, cell: str, column: str, message: str) -> None:
        self.error_count += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"cell": cell, "column": column, "message": str(message)})

    def add(self, rows: "list[NumberedRow]", resource: RecordResource) -> None:
        result: Result = resource.import_data(resource.dataset(row for _number, row in rows), dry_run=True)
        self.total += len(rows)
        self.created += result.totals[RowResult.IMPORT_TYPE_NEW]
        self.updated += result.totals[RowResult.IMPORT_TYPE_UPDATE]
        for error in result.base_errors:
            raise error.error
        places = {"source_key": 0} | {item.key: place for place, item in enumerate(resource.columns, start=1)}
        for invalid in result.invalid_rows:
            number, cells = rows[invalid.number - 1]
            for key, messages in invalid.field_specific_errors.items():
                place = places[key]
                for message in messages:
                    cell = f"{column_letters(cells[place].column - 1)}{number}"
                    self.note(cell, resource.headers[place], message)
        for failed in result.error_rows:
            raise failed.errors[0].error
        for number, cells in rows:
            key = cells[0].text
            first = self.rows_by_key.setdefault(key, number)
            if key and first != number:
                cell = f"{column_letters(cells[0].column - 1)}{number}"
                self.note(cell, KEY_LABEL, _("Kunci sama dengan baris %(row)d") % {"row": first})


NumberedRow = tuple[int, list[Cell]]


def _slices(run: ImportRun, resource: RecordResource) -> Iterator[list[NumberedRow]]:
    """The data rows of the first sheet in the order of the resource's headings, a thousand at a time."""
    rows = _file_rows(run)
    header = next(rows, None)
    if header is None:
        return
    places = find_columns(header, resource)
    ordered = ((row.number, [row.cell(place) for place in places]) for row in rows)
    while batch := list(islice(ordered, BATCH)):
        yield batch


def _file_rows(run: ImportRun) -> Iterator[Row]:
    limits = staff_limits()
    with run.file.open("rb") as file:
        if PurePosixPath(run.file_name).suffix.lower() == ".csv":
            yield from read_csv(file, limits=limits, name=run.file_name).rows
            return
        first = ""
        for sheet, row in read_rows(file, limits=limits, name=run.file_name):
            first = first or sheet
            if sheet != first:
                return
            if row is not None:
                yield row


def _texts(cells: Sequence[Cell], resource: RecordResource) -> list[str]:
    shown = [cells[0].text]
    for cell, item in zip(cells[1:], resource.columns, strict=True):
        try:
            shown.append(cell_text(cell, item))
        except ValidationError:
            shown.append(cell.text)
    return shown
