"""Destroying what has outlived its time (security.md P-01): what is due, class by class, and the nightly run.

Each thing goes in a transaction of its own together with its line on the certificate, files first: a killed worker
leaves nothing half told, and whoever comes next goes on with the same certificate. A preview asks the same questions
as the run.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.retention import due_registrations, empty_registration
from core.access_log.cutting import cut_entries, due_entries
from core.access_log.record import subject_keys
from core.append_only import opened
from core.doors import clock
from core.doors.signing import keyed_hash
from core.rules.models import WorkRules
from requests_app.models import (
    Answer,
    AnswerImport,
    Candidate,
    DataRequest,
    DestructionCertificate,
    DestructionItem,
    DestructionKind,
    InternalNote,
    Message,
    RequestEvent,
    RequestRow,
    ResultDocument,
    RowEvent,
    Status,
)

logger = logging.getLogger(__name__)

Kind = DestructionKind
State = DestructionCertificate.State
#: States in which nothing more happens to a request, besides "completed".
ENDED = (Status.REJECTED, Status.WITHDRAWN, Status.LAPSED)
#: Rows emptied in one go; entries of the access log cut in one go.
SLICE = 500
#: Things one task destroys; short, because the queue takes a task up again that runs for ten minutes.
BATCH = 50
ENTRIES = 2000
#: Nothing but this stands where a text was that may not be empty.
GONE = "–"
_HEADER = ("subject", "phone", "letter", "letter_name", "purpose", "officer_note", "override_note")
_ROW_VALUES: dict[str, Any] = {
    "values": {}, "name": "", "name_key": "", "sound_key": "", "birth_date": None, "birth_place": "",
    "national_id": "", "passport_no": "", "document_no": "", "niora": "", "nationality": "", "outcome_reason": "",
}  # fmt: skip


def boundaries(rules: WorkRules, now: datetime) -> dict[str, datetime]:
    """For each class: what began its time before this moment is due."""
    return {
        Kind.DRAFT: now - timedelta(days=rules.draft_days),
        Kind.REGISTRATION: now - timedelta(days=rules.rejected_registration_days),
        Kind.REQUEST: now - timedelta(days=rules.data_days),
        Kind.WORKBOOK: now - timedelta(days=rules.data_days),
        Kind.RESULT: _years_before(now, rules.result_years),
        Kind.ACCESS: _years_before(now, rules.log_years),
    }


def due_drafts(before: datetime) -> QuerySet[DataRequest]:
    """Drafts nobody changed since."""
    return DataRequest.objects.filter(status=Status.DRAFT, updated_at__lt=before).order_by("updated_at")


def ended_requests(before: datetime) -> QuerySet[DataRequest]:
    """Requests that ended before and still have their content, held ones too."""
    ended = Q(status=Status.COMPLETED, completed_at__lt=before) | Q(status__in=ENDED, updated_at__lt=before)
    return DataRequest.objects.filter(ended, erased_at__isnull=True).order_by("updated_at")


def due_requests(before: datetime) -> QuerySet[DataRequest]:
    """Those of them that nobody holds."""
    return ended_requests(before).filter(held_at__isnull=True)


def due_workbooks(before: datetime) -> QuerySet[AnswerImport]:
    """Uploads of the answer bench: file, quoted lines and all."""
    running = [AnswerImport.Stage.CHECKING, AnswerImport.Stage.WRITING]
    return (
        AnswerImport.objects.filter(created_at__lt=before).exclude(stage__in=running).order_by("created_at")
    )


def due_results(before: datetime) -> QuerySet[ResultDocument]:
    """Answer documents that still have files, of requests that nobody holds."""
    found = ResultDocument.objects.exclude(pdf="", xlsx="").exclude(state=ResultDocument.State.PREPARING)
    return found.filter(numbered_at__lt=before, request__held_at__isnull=True).order_by("numbered_at")


def due(now: datetime | None = None) -> dict[str, QuerySet[Any]]:
    """What a run would destroy now, by class."""
    limits = boundaries(WorkRules.current(), now or clock.now())
    return {
        Kind.DRAFT: due_drafts(limits[Kind.DRAFT]),
        Kind.REGISTRATION: due_registrations(limits[Kind.REGISTRATION]),
        Kind.REQUEST: due_requests(limits[Kind.REQUEST]),
        Kind.WORKBOOK: due_workbooks(limits[Kind.WORKBOOK]),
        Kind.RESULT: due_results(limits[Kind.RESULT]),
        Kind.ACCESS: due_entries(limits[Kind.ACCESS]),
    }


# --- the run --------------------------------------------------------------------------------------


@dataclass
class Run:
    """What one call did: how many things, whether more is due, and what could not be destroyed."""

    done: int = 0
    is_over: bool = False
    failed: list[str] = field(default_factory=list)


def destroy(most: int) -> Run:
    """Destroy at most ``most`` things that are due; closes the certificate when nothing more is.

    One thing that cannot be destroyed keeps no other from it; it stays due and is named in the log by its key.
    """
    run = Run()
    for kind, found in due().items():
        if kind == Kind.ACCESS:
            continue
        # More than may be done: what fails again every night must not stand before everything younger.
        for pk in list(found.values_list("pk", flat=True)[: most + SLICE]):
            _try(run, kind, pk)
            if run.done >= most:
                return run
    before = boundaries(WorkRules.current(), clock.now())[Kind.ACCESS]
    while run.done < most and due_entries(before).exists():
        if not _try(run, Kind.ACCESS, before):
            break
    if run.done >= most:
        return run
    close_certificate()
    run.is_over = True
    return run


def _try(run: Run, kind: str, what: Any) -> bool:
    try:
        done = _destroy_entries(what) if kind == Kind.ACCESS else _destroy_one(kind, what)
    except Exception as error:
        logger.exception("%s %s was not destroyed: %s", kind, what, type(error).__name__)
        run.failed.append(f"{kind} {what}")
        return False
    run.done += int(done)
    return done


@transaction.atomic
def _destroy_one(kind: str, pk: Any) -> bool:
    """Destroy it if it is still due, and write its line; False when it is not due any more."""
    certificate = _certificate()
    row = due()[kind].filter(pk=pk).select_for_update(of=("self",)).first()
    if row is None:
        return False
    reference, ended_at, fingerprints = _described(kind, row)
    counts = _DESTROYERS[kind](row)
    DestructionItem.objects.create(
        certificate=certificate,
        kind=kind,
        reference=reference,
        ended_at=ended_at,
        at=clock.now(),
        counts=counts,
        fingerprints=fingerprints,
    )
    return True


@transaction.atomic
def _destroy_entries(before: datetime) -> bool:
    certificate = _certificate()
    cut = cut_entries(before, ENTRIES)
    if cut is None:
        return False
    DestructionItem.objects.create(
        certificate=certificate,
        kind=Kind.ACCESS,
        reference=f"{cut.first}–{cut.last}",
        ended_at=cut.newest,
        at=clock.now(),
        counts={"entries": cut.entries, "subjects": cut.subjects},
    )
    return True


def _certificate() -> DestructionCertificate:
    """The open certificate, locked: two workers destroy one after the other."""
    found, _created = DestructionCertificate.objects.get_or_create(
        state=State.RUNNING, defaults={"started_at": clock.now()}
    )
    return DestructionCertificate.objects.select_for_update().get(pk=found.pk)


@transaction.atomic
def close_certificate() -> DestructionCertificate | None:
    """Count and seal the open certificate; None when nothing was destroyed since the last one."""
    certificate = DestructionCertificate.objects.select_for_update().filter(state=State.RUNNING).first()
    if certificate is None:
        return None
    certificate.counts = totals(certificate)
    certificate.seal = seal_of(certificate)
    certificate.finished_at = clock.now()
    certificate.state = State.DONE
    certificate.save(update_fields=["counts", "seal", "finished_at", "state"])
    return certificate


def totals(certificate: DestructionCertificate) -> dict[str, dict[str, int]]:
    """By class: how many things, and how many of what."""
    found: dict[str, dict[str, int]] = {}
    for kind, counts in certificate.items.order_by().values_list("kind", "counts").iterator(chunk_size=2000):
        line = found.setdefault(kind, {"items": 0})
        line["items"] += 1
        for what, number in counts.items():
            line[what] = line.get(what, 0) + number
    return found


def seal_of(certificate: DestructionCertificate) -> str:
    """A keyed hash over every line: a list that was changed afterwards no longer matches."""
    seal = ""
    for item in certificate.items.order_by("id").iterator(chunk_size=2000):
        line = (
            f"{seal}|{item.pk}|{item.kind}|{item.reference}|{sorted(item.counts.items())}|{item.fingerprints}"
        )
        seal = keyed_hash("destruction", line)
    return seal


# --- one thing ------------------------------------------------------------------------------------


def _described(kind: str, row: Any) -> tuple[str, datetime | None, list[str]]:
    """Reference, beginning of its time and fingerprints, read before it is destroyed."""
    if kind == Kind.DRAFT:
        return f"{row.agency.code} {row.pk}", row.updated_at, []
    if kind == Kind.REGISTRATION:
        return f"{row.agency_name[:60]} {row.pk}", row.decided_at, []
    if kind == Kind.REQUEST:
        return row.number or str(row.pk), row.completed_at or row.updated_at, []
    if kind == Kind.WORKBOOK:
        return str(row.pk), row.created_at, []
    return row.number, row.numbered_at, [mark for mark in (row.pdf_sha256, row.xlsx_sha256) if mark]


def _destroy_draft(request: DataRequest) -> dict[str, int]:
    uploads = [file for upload in request.uploads.only("file", "marked") for file in upload.files]
    files = _delete_files([request.letter, *uploads])
    counts = {"drafts": 1, "rows": request.rows.count(), "files": files}
    request.delete()
    return counts


def _empty_request(request: DataRequest) -> dict[str, int]:
    """Rows keep place, service and outcome; numbers, dates, states and documents stay as they are."""
    uploads = list(request.uploads.only("file", "marked"))
    messages = list(request.messages.exclude(attachment=""))
    files = _delete_files(
        [
            request.letter,
            *(file for upload in uploads for file in upload.files),
            *(message.attachment for message in messages),
        ]
    )
    answers = Answer.objects.filter(row__request=request)
    counts = {
        "requests": 1,
        "rows": request.rows.count(),
        "answers": answers.count(),
        "messages": request.messages.count(),
        "uploads": len(uploads),
        "files": files,
    }
    answers.delete()
    Candidate.objects.filter(row__request=request).delete()
    request.corrections.update(old=None, new=None, text="", explanation="")
    request.uploads.all().delete()
    request.row_jobs.all().delete()  # their filters may quote a person
    _empty_rows(request)
    with opened(Message, InternalNote, RequestEvent, RowEvent):
        request.messages.update(text=GONE, attachment="", attachment_name="", attachment_size=0)
        request.internal_notes.update(note=GONE)
        request.events.exclude(note="").update(note="")
        request.row_events.exclude(kind=RowEvent.Kind.RELEASED).update(note="")
    # Not through save(): "updated_at" keeps saying when the request itself last moved.
    DataRequest.objects.filter(pk=request.pk).update(**dict.fromkeys(_HEADER, ""), erased_at=clock.now())
    RequestEvent.objects.create(request=request, actor=None, verb="erase")
    return counts


def _empty_rows(request: DataRequest) -> None:
    """In slices, so that a workbook of 100 000 rows needs no memory; keys stay where a document carries the row."""
    last = 0
    keeps_keys = request.documents.exclude(pdf="", xlsx="").exists()
    while rows := list(request.rows.filter(position__gt=last).order_by("position")[:SLICE]):
        last = rows[-1].position
        for row in rows:
            row.erased_keys = sorted(subject_keys([row])) if keeps_keys else None
            for column, value in _ROW_VALUES.items():
                setattr(row, column, value)
        RequestRow.objects.bulk_update(rows, ["erased_keys"], batch_size=SLICE)
        RequestRow.objects.filter(pk__in=[row.pk for row in rows]).update(**_ROW_VALUES)


def _destroy_workbook(run: AnswerImport) -> dict[str, int]:
    files = _delete_files([run.file])
    run.delete()
    return {"workbooks": 1, "files": files}


def _destroy_result(document: ResultDocument) -> dict[str, int]:
    """Number, state, sizes and fingerprints stay: a copy can still be verified."""
    files = _delete_files([document.pdf, document.xlsx])
    document.pdf = document.xlsx = ""
    document.save(update_fields=["pdf", "xlsx"])
    document.carried_rows().update(erased_keys=None)
    return {"documents": 1, "files": files}


def _delete_files(files: list[Any]) -> int:
    """Delete what is there, before the rows forget the names: a run that dies here finds them again."""
    deleted = 0
    for file in files:
        if file:
            file.storage.delete(file.name)
            deleted += 1
    return deleted


_DESTROYERS: dict[str, Callable[[Any], dict[str, int]]] = {
    Kind.DRAFT: _destroy_draft,
    Kind.REGISTRATION: empty_registration,
    Kind.REQUEST: _empty_request,
    Kind.WORKBOOK: _destroy_workbook,
    Kind.RESULT: _destroy_result,
}


def _years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year - years, day=28)
