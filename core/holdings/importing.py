"""The verbs of an import of holdings: start, check, ask, save or send back, write, discard (architecture.md §4).

Four eyes (security.md S-25): whoever brings a file asks, and another officer has it written; the database holds it too.
An office with one officer may switch the second one off in the rules of work, which is recorded there, and at each
import saved alone.
"""

import contextlib
import hashlib
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from admin_theme.changes import record_change
from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.models import Service
from core.doors import clock, queue
from core.doors.excel import Cell, Row, WorkbookError, staff_limits
from core.doors.storage import safe_name
from core.holdings.loading import lock_holdings, refresh_plans
from core.holdings.models import ImportRun
from core.holdings.prepared import RowMaker, compare, key_of, rules_hash, write_lines
from core.holdings.resources import RecordResource, cell_text
from core.rules.models import WorkRules
from core.sheet_imports import find_columns, first_sheet

RIGHT = "holdings.add_importrun"
APPROVE = "holdings.approve_importrun"
ENDINGS = (".xlsx", ".csv")
#: Rows between two commits: fewer make the indexes be written more often, more keep others waiting.
BATCH = 5000
MOST_ERRORS = 300
PREVIEW_ROWS = 8

Stage = ImportRun.Stage
DISCARDABLE = (Stage.CHECKING, Stage.READY, Stage.ASKED, Stage.REFUSED)


# --- what the officer does --------------------------------------------------------------------------------


@transaction.atomic
def start_import(service: Service, uploaded: UploadedFile, *, by: Any) -> ImportRun:
    """Keeps the file and queues its check; PermissionDenied without the right."""
    if not by.has_perm(RIGHT):
        raise PermissionDenied
    check_upload(uploaded)
    name = safe_name(uploaded.name)
    run = ImportRun(service=service, by=by, file_name=name, sha256=_hash_of(uploaded))
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
def ask_to_save(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Lays a checked file before another officer; pressing twice gives the same."""
    run = lock_run(pk, by)
    if run.stage == Stage.ASKED:
        return run
    _require(run, Stage.READY)
    if reasons := reasons_against_asking(run, by):
        raise ValidationError(reasons)
    run.stage, run.asked_at, run.note = Stage.ASKED, clock.now(), ""
    run.save(update_fields=["stage", "asked_at", "note"])
    record_change(by, run, gettext_noop("Persetujuan impor diminta"))
    return run


@transaction.atomic
def send_back(pk: uuid.UUID | str, *, by: Any, note: str) -> ImportRun:
    """Gives a file back to whoever brought it, with the reason."""
    run = lock_run(pk, by, APPROVE)
    _require(run, Stage.ASKED)
    run.stage, run.note = Stage.READY, note
    run.save(update_fields=["stage", "note"])
    record_change(by, run, gettext_noop("Impor dikembalikan"), [(gettext_noop("alasan"), "", note)])
    return run


@transaction.atomic
def save_import(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Another officer sends a file to be written that was laid before them; pressing twice gives the same."""
    run = lock_run(pk, by, APPROVE)
    if run.stage in (Stage.WRITING, Stage.DONE):
        return run
    _require(run, Stage.ASKED)
    if run.by_id == by.pk:
        raise ValidationError(_own_text())
    _begin_writing(run, by)
    return run


@transaction.atomic
def save_alone(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Sends a checked file to be written without another officer, where the rules of work allow it."""
    run = lock_run(pk, by)
    if run.stage in (Stage.WRITING, Stage.DONE):
        return run
    _require(run, Stage.READY, Stage.ASKED)
    if needs_second_officer():
        raise ValidationError(_own_text())
    run.is_alone = run.by_id == by.pk
    _begin_writing(run, by)
    return run


def needs_second_officer() -> bool:
    """Whether an import is saved by another officer than the one who brought it (rules of work)."""
    return WorkRules.current().second_for_imports


def _own_text() -> str:
    return _("Anda mengunggah berkas ini. Penyimpanannya disetujui petugas lain")


def _begin_writing(run: ImportRun, by: Any) -> None:
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
    run.approved_by, run.approved_at = by, clock.now()
    run.stage, run.keeps_former = Stage.WRITING, True
    run.created_count, run.updated_count, run.preview = 0, 0, []
    run.save()
    deed = (
        gettext_noop("Impor disimpan tanpa petugas kedua")
        if run.is_alone
        else gettext_noop("Impor disetujui")
    )
    record_change(by, run, deed)
    queue.enqueue("core.holdings.importing.write_import", str(run.pk))


@transaction.atomic
def discard_import(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Drops a file that will not be written."""
    run = lock_run(pk, by)
    _require(run, *DISCARDABLE)
    _end(run, Stage.UNDONE)
    return run


def obstacles(run: ImportRun, *stages: str) -> list[str] | None:
    """For the buttons: None hides, an empty list offers."""
    return [] if run.stage in stages else None


def reasons_against_asking(run: ImportRun, by: Any) -> list[str] | None:
    """For the button: None hides, empty offers, a text says who may."""
    if run.stage != Stage.READY or not needs_second_officer():
        return None
    return [] if run.by_id == by.pk else [_("Hanya yang mengunggah berkas ini yang meminta persetujuan")]


def reasons_against_saving(run: ImportRun, by: Any) -> list[str] | None:
    """For the second officer's button: None hides, empty offers, texts say why not or what to wait for."""
    if run.stage != Stage.ASKED:
        return None
    own = [_own_text()] if run.by_id == by.pk else []
    refusal = busy_reason(run, Stage.UNDOING)
    return [*own, refusal] if refusal else own


def reasons_against_saving_alone(run: ImportRun) -> list[str] | None:
    """For the button of an office with one officer; as above."""
    if run.stage not in (Stage.READY, Stage.ASKED) or needs_second_officer():
        return None
    refusal = busy_reason(run, Stage.UNDOING)
    return [refusal] if refusal else []


def waiting_for(user: Any) -> QuerySet[ImportRun]:
    """Imports that this officer may have written now."""
    if not user.has_perm(APPROVE):
        return ImportRun.objects.none()
    return ImportRun.objects.filter(stage=Stage.ASKED).exclude(by=user.pk)


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
    # The files hold personal data and are not needed any more.
    _forget_file(run.file)
    _forget_file(run.prepared)
    run.file = run.prepared = run.prepared_hash = run.rules_hash = ""
    run.stage, run.preview, run.finished_at = stage, [], clock.now()
    if errors is not None:
        run.errors, run.error_count = errors, len(errors)
    elif stage != Stage.REFUSED:
        run.errors = []
    run.save()


def _forget_file(file: Any) -> None:
    if name := file.name:
        storage = file.storage
        transaction.on_commit(lambda: storage.delete(name))


def _hash_of(file: Any) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


# --- what the worker does ---------------------------------------------------------------------------------


@queue.outlives_database_errors
def check_import(run_id: str) -> None:
    """Reads the whole file without writing: counts, errors by cell, and whether it may be saved.

    Keeps the good rows as the database takes them, so that nobody reads and judges them a second time.
    """
    run = ImportRun.objects.select_related("service").get(pk=run_id)
    if run.stage != Stage.CHECKING:
        return
    with tempfile.TemporaryFile() as kept:
        findings = _look_through(run, kept)
        run.total, run.errors, run.error_count = findings.total, findings.errors, findings.error_count
        run.created_count, run.updated_count = findings.created, findings.updated
        run.preview = findings.preview
        if not findings.error_count:
            _keep(run, findings, kept)
    with _without_orphans(run), transaction.atomic():
        if locked_run(run_id).stage != Stage.CHECKING:  # discarded meanwhile
            _forget_file(run.prepared)
            return
        if findings.error_count:
            _end(run, Stage.REFUSED)
        else:
            run.stage = Stage.READY
            run.save()


@queue.outlives_database_errors
def write_import(run_id: str) -> None:
    """Writes ``BATCH`` rows at a time; each commit carries how far it came, so that it may be run again.

    May also run twice at once: a batch that the other has written is left alone. A file that cannot be read just now
    raises WorkbookError: it was readable when it was checked, so the machine is busy, and the work may be run again.
    """
    run = ImportRun.objects.select_related("service").get(pk=run_id)
    if run.stage != Stage.WRITING:
        return
    seen = 0
    try:
        with _prepared_lines(run) as lines:
            while batch := list(islice(lines, BATCH)):
                seen += len(batch)
                if seen > run.done and not _write_batch(run_id, batch, seen):
                    return
    except WorkbookError:
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
def _write_batch(run_id: str, lines: list[str], seen: int) -> bool:
    """Writes the rows that end with row ``seen`` of the file; whether the run goes on."""
    run = locked_run(run_id)
    if run.stage != Stage.WRITING:
        return False
    if seen <= run.done:
        return True
    lock_holdings(run.service_id)
    changes = write_lines(run, {key_of(line): line for line in lines})
    run.done = seen
    run.created_count += len(changes.added)
    run.updated_count += len(changes.replaced)
    run.save(update_fields=["done", "created_count", "updated_count"])
    return True


@contextlib.contextmanager
def _prepared_lines(run: ImportRun) -> Iterator[Iterator[str]]:
    """The lines that the check has kept. Where they are damaged, or the catalogue or the places have changed since,
    the file is gone through again; ValidationError when its rows are right no longer.
    """
    if _still_holds(run):
        with run.prepared.open("rb") as file:
            # Not by Django's own way through lines, which takes ten times as long.
            yield (line[:-1].decode() for line in file.file)
        return
    with tempfile.TemporaryFile() as kept:
        findings = _look_through(run, kept, is_again=True)
        if findings.error_count:
            raise ValidationError([error["message"] for error in findings.errors])
        kept.seek(0)
        yield (line[:-1].decode() for line in kept)


def _still_holds(run: ImportRun) -> bool:
    """Whether what the check has kept is whole, and made by the rules of today."""
    if not run.prepared_hash or run.rules_hash != rules_hash(RecordResource(run.service)):
        return False
    try:
        with run.prepared.open("rb") as file:
            return _hash_of(file) == run.prepared_hash
    except FileNotFoundError:
        return False


def _look_through(run: ImportRun, kept: IO[bytes], *, is_again: bool = False) -> "_Findings":
    """Judges every row of the file; the lines of the good ones go into ``kept``.

    WorkbookError comes through only where the file was readable before (``is_again``).
    """
    resource = RecordResource(run.service)
    findings = _Findings(resource, kept)
    try:
        for rows, places in _slices(run, resource):
            findings.add(rows, places)
        if not findings.total:
            findings.note("", "", _("Berkas belum berisi data di bawah judul kolom"))
    except WorkbookError as error:
        if is_again:
            raise
        findings.note("", "", error.messages[0])
    except ValidationError as error:
        for message in error.messages:
            findings.note("", "", message)
    return findings


def _keep(run: ImportRun, findings: "_Findings", kept: IO[bytes]) -> None:
    run.rules_hash, run.prepared_hash = rules_hash(findings.resource), _hash_of(kept)
    run.prepared.save("rows.copy", File(kept), save=False)


@contextlib.contextmanager
def _without_orphans(run: ImportRun) -> Iterator[None]:
    """What was kept goes again when the run could not be marked as checked."""
    try:
        yield
    except BaseException:
        if name := run.prepared.name:
            run.prepared.storage.delete(name)
        raise


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
    waiting = (Stage.CHECKING, Stage.READY, Stage.ASKED)
    old = ImportRun.objects.filter(stage__in=waiting, created_at__lt=before)
    for pk in list(old.values_list("pk", flat=True)):
        with transaction.atomic():
            run = locked_run(pk)
            if run.stage in waiting:
                _end(run, Stage.UNDONE)
    ended = ImportRun.objects.filter(stage__in=(Stage.REFUSED, Stage.DONE), finished_at__lt=before)
    ended.exclude(errors=[]).update(errors=[])


class _Findings:
    """What checking has found so far; the lines of good rows are kept as long as there is nothing wrong."""

    def __init__(self, resource: RecordResource, kept: IO[bytes]) -> None:
        self.resource, self.kept = resource, kept
        self.maker = RowMaker(resource)
        self.rows_by_key: dict[str, int] = {}
        self.total = self.created = self.updated = self.error_count = 0
        self.errors: list[dict[str, str]] = []
        self.preview: list[list[str]] = []

    def note(self, cell: str, column: str, message: str) -> None:
        self.error_count += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"cell": cell, "column": column, "message": str(message)})

    def add(self, rows: list[Row], places: Sequence[int]) -> None:
        if not self.preview:
            for row in rows[:PREVIEW_ROWS]:
                self.preview.append(_texts([row.cell(place) for place in places], self.resource))
        found = self.maker.prepare(rows, places)
        self.total += len(rows)
        headers = self.resource.headers
        for row, messages in found.wrong:
            cells = {header: row.cell(place) for header, place in zip(headers, places, strict=True)}
            for header, texts in messages.items():
                for text in texts:
                    self.note(cells[header].reference, header, text)
        for key, row in found.keys:
            first = self.rows_by_key.setdefault(key, row.number)
            if first != row.number:
                text = _("%(label)s sama dengan baris %(row)d") % {"label": headers[0], "row": first}
                self.note(row.cell(places[0]).reference, headers[0], text)
        changes = compare(self.resource.service.pk, found.lines)
        self.created += len(changes.added)
        self.updated += len(changes.replaced)
        if not self.error_count:
            self.kept.write("".join([f"{line}\n" for line in found.lines.values()]).encode())


def _slices(run: ImportRun, resource: RecordResource) -> Iterator[tuple[list[Row], list[int]]]:
    """The data rows of the first sheet ``BATCH`` at a time, and where in them the resource's headings stand."""
    with run.file.open("rb") as file:
        rows = first_sheet(file, run.file_name)
        header = next(rows, None)
        if header is None:
            return
        remedy = _("Unduh templat impor layanan %(service)s lalu salin data ke sana") % {
            "service": resource.service.label
        }
        places = find_columns(header, resource.headers, remedy=remedy)
        while batch := list(islice(rows, BATCH)):
            yield batch, places


def _texts(cells: Sequence[Cell], resource: RecordResource) -> list[str]:
    shown = [cells[0].text]
    for cell, item in zip(cells[1:], resource.columns, strict=True):
        try:
            shown.append(cell_text(cell, item))
        except ValidationError:
            shown.append(cell.text)
    return shown
