"""The verbs that undo a saved import: what was added goes, what was replaced comes back, what is in use stays.

Only the newest import that touched a record can be undone; an older one after it. A record on which an answer rests
stays as the import left it, because the answer has to show what it was copied from.

One officer may undo what two have brought in (security.md S-25 asks for two at saving): undoing brings nothing new, and
wrong records about people must be able to leave at once. It asks again who is there, is recorded, and all
administrators, whoever brought the file and whoever approved it are told by mail.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from admin_theme.changes import record_change
from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock, queue
from core.holdings.emails import tell_undone
from core.holdings.importing import busy_reason, lock_run, locked_run
from core.holdings.loading import BATCH, Places, build_record, lock_holdings, save_records
from core.holdings.models import FormerRecord, ImportRun, Record
from core.holdings.queries import chunks

RIGHT = "holdings.undo_importrun"
MOST_NAMED = 5

Stage = ImportRun.Stage


@dataclass(frozen=True)
class Forecast:
    """What undoing a run would do, in records; ``numbers`` are requests whose answers rest on its records."""

    removed: int
    restored: int
    kept: int
    numbers: Sequence[str] = ()


def reasons_against_undoing(run: ImportRun) -> list[str] | None:
    """For the button: None hides, empty offers, texts say why not; a fixed number of queries."""
    if run.stage != Stage.DONE:
        return None
    if not _is_known(run):
        return [
            _("Isi lama catatan yang diganti hanya disimpan %(days)d hari setelah impor selesai")
            % {"days": settings.IMPORT_UNDO_DAYS}
        ]
    reasons = [
        _("Impor %(file)s yang lebih baru memuat catatan yang sama. Batalkan impor itu dahulu")
        % {"file": later.file_name or later.pk}
        for later in _later(run)
    ]
    busy = busy_reason(run, Stage.WRITING, Stage.UNDOING)
    return [*reasons, busy] if busy else reasons


def _is_known(run: ImportRun) -> bool:
    return run.keeps_former and run.finished_at is not None and run.finished_at > _forgotten_before()


def _forgotten_before() -> Any:
    return clock.now() - timedelta(days=settings.IMPORT_UNDO_DAYS)


def _later(run: ImportRun) -> QuerySet[ImportRun]:
    """Saved runs that replaced records of ``run``, or found records as they were that may be its own.

    A row that was in the holdings already is counted, not marked: its run confirms what an earlier one brought.
    """
    replaced = Exists(FormerRecord.objects.filter(former_run=run, run=OuterRef("pk")))
    confirmed = Q(finished_at__gte=run.finished_at, total__gt=F("created_count") + F("updated_count"))
    found = ImportRun.objects.filter(replaced | confirmed, service=run.service_id, stage=Stage.DONE)
    return found.exclude(pk=run.pk).order_by("-finished_at")[:MOST_NAMED]


def forecast(run: ImportRun) -> Forecast:
    """What undoing ``run`` would do now."""
    records = Record.objects.filter(import_run=run)
    touched = records.count()
    back = FormerRecord.objects.filter(run=run, record__import_run=run)
    restored = back.count()
    kept: set[int] = set()
    numbers: set[str] = set()
    for use in _uses(records, run):
        kept.update(use.values_list("record_id", flat=True).distinct())
        numbers.update(use.order_by("number").values_list("number", flat=True).distinct()[: MOST_NAMED + 1])
    kept_back = sum(back.filter(record__in=chunk).count() for chunk in chunks(sorted(kept)))
    return Forecast(
        removed=touched - restored - (len(kept) - kept_back),
        restored=restored - kept_back,
        kept=len(kept),
        numbers=sorted(numbers),
    )


def _uses(records: QuerySet[Record], run: ImportRun) -> Iterator[QuerySet[Any]]:
    """Where these records are in use; an answer from before the import rests on what they held before."""
    for path in settings.RECORD_USES:
        yield import_string(path)(records, run.created_at)


def question(run: ImportRun) -> str:
    """What is asked before a run is undone."""
    found = forecast(run)
    sentences = [
        ngettext(
            "%(count)d catatan yang ditambahkan impor ini akan dihapus.",
            "%(count)d catatan yang ditambahkan impor ini akan dihapus.",
            found.removed,
        )
        % {"count": found.removed},
        ngettext(
            "%(count)d catatan yang digantinya akan kembali ke isi lama.",
            "%(count)d catatan yang digantinya akan kembali ke isi lama.",
            found.restored,
        )
        % {"count": found.restored},
    ]
    if found.kept:
        sentences.append(
            ngettext(
                "%(count)d catatan tetap seperti sekarang, karena sudah dipakai untuk jawaban permohonan %(numbers)s."
                " Periksa jawaban itu.",
                "%(count)d catatan tetap seperti sekarang, karena sudah dipakai untuk jawaban permohonan %(numbers)s."
                " Periksa jawaban itu.",
                found.kept,
            )
            % {"count": found.kept, "numbers": _listed(found.numbers)}
        )
    sentences += [
        _("Statistik yang sudah dihitung tidak berubah dengan sendirinya: hitung ulang bila perlu."),
        _("Pembatalan ini tidak dapat ditarik kembali. Lanjutkan?"),
    ]
    return "\n".join(sentences)


def _listed(numbers: Sequence[str]) -> str:
    shown = ", ".join(numbers[:MOST_NAMED])
    return _("%(numbers)s, dan lainnya") % {"numbers": shown} if len(numbers) > MOST_NAMED else shown


# --- what the officer does --------------------------------------------------------------------------------


@transaction.atomic
def undo_import(pk: uuid.UUID | str, *, by: Any) -> ImportRun:
    """Sends a saved import to be undone; pressing twice gives the same."""
    run = lock_run(pk, by, RIGHT)
    if run.stage in (Stage.UNDOING, Stage.UNDONE):
        return run
    lock_holdings(run.service_id)
    reasons = reasons_against_undoing(run)
    if reasons is None:
        raise ValidationError(_("Impor ini sudah berstatus %(stage)s.") % {"stage": Stage(run.stage).label})
    if reasons:
        raise ValidationError(reasons)
    expected = forecast(run)
    record_access(
        Action.IMPORT,
        actor=by,
        purpose=f"Pembatalan impor {run.service.label}",
        object_type="importrun",
        object_id=run.pk,
        count=expected.removed + expected.restored,
    )
    run.stage, run.undone_by = Stage.UNDOING, by
    run.save(update_fields=["stage", "undone_by"])
    record_change(by, run, gettext_noop("Pembatalan impor dimulai"))
    queue.enqueue("core.holdings.undoing.write_undo", str(run.pk))
    return run


# --- what the worker does ---------------------------------------------------------------------------------


@queue.outlives_database_errors
def write_undo(run_id: str) -> None:
    """Undoes a thousand records at a time; what is left is found anew, so that it may be run again."""
    after = 0
    while after >= 0:
        after = _undo_batch(run_id, after)


@transaction.atomic
def _undo_batch(run_id: str, after: int) -> int:
    """The records after this key; returns the last key looked at, -1 when there is nothing left to do."""
    run = locked_run(run_id)
    if run.stage != Stage.UNDOING:
        return -1
    lock_holdings(run.service_id)
    page = Record.objects.filter(import_run=run, pk__gt=after).select_for_update(of=("self",))
    records = {record.pk: record for record in page.order_by("pk")[:BATCH]}
    if not records:
        _finish(run)
        return -1
    mine = Record.objects.filter(pk__in=list(records))
    used = {key for use in _uses(mine, run) for key in use.values_list("record_id", flat=True)}
    free = {key: record for key, record in records.items() if key not in used}
    former = {
        item.record_id: item
        for item in FormerRecord.objects.filter(run=run, record__in=list(free)).select_related("former_run")
    }
    _restore(run, [(free[key].source_key, item) for key, item in former.items()])
    Record.objects.filter(pk__in=[key for key in free if key not in former]).delete()
    run.restored_count += len(former)
    run.removed_count += len(free) - len(former)
    run.save(update_fields=["restored_count", "removed_count"])
    return max(records)


def _restore(run: ImportRun, items: Sequence[tuple[str, FormerRecord]]) -> None:
    """Writes the former values over the records; the typed columns follow by the service's present schema."""
    if not items:
        return
    schema, places = run.service.schema(), Places()
    save_records(
        [build_record(run.service, schema, key, item.values, places, item.former_run) for key, item in items]
    )
    keys = [item.record_id for _key, item in items]
    for path in settings.RECORD_CHANGED:
        import_string(path)(keys)
    FormerRecord.objects.filter(run=run, record__in=keys).delete()


def _finish(run: ImportRun) -> None:
    run.former.all().delete()
    run.stage, run.undone_at, run.keeps_former = Stage.UNDONE, clock.now(), False
    run.kept_count = Record.objects.filter(import_run=run).count()
    run.save(update_fields=["stage", "undone_at", "keeps_former", "kept_count"])
    values = [
        (gettext_noop("dihapus"), "", str(run.removed_count)),
        (gettext_noop("dikembalikan"), "", str(run.restored_count)),
        (gettext_noop("dipertahankan"), "", str(run.kept_count)),
    ]
    record_change(run.undone_by, run, gettext_noop("Impor dibatalkan"), values)
    tell_undone(run)


def forget_former() -> None:
    """Removes former values that are kept no longer, a thousand a commit; runs daily, goes on where it stopped."""
    held = Q(keeps_former=True) | Exists(FormerRecord.objects.filter(run=OuterRef("pk")))
    old = ImportRun.objects.filter(held, stage=Stage.DONE, finished_at__lte=_forgotten_before())
    for pk in list(old.values_list("pk", flat=True)):
        # From here on nobody can begin to undo it.
        if not ImportRun.objects.filter(pk=pk, stage=Stage.DONE).update(keeps_former=False):
            continue
        former = FormerRecord.objects.filter(run=pk)
        while keys := list(former.order_by("record_id").values_list("pk", flat=True)[:BATCH]):
            FormerRecord.objects.filter(pk__in=keys).delete()
