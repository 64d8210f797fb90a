"""The check of an uploaded workbook in the queue: claimed, kept slice by slice, finished, given up after three tries."""

import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import IO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.doors import clock
from core.doors.storage import XLSX, send_file, send_made
from requests_app import agreements, staging
from requests_app.excel import PREVIEW_ROWS, ErrorTable, Mark, MergedError, Slice, check_slices, mark_errors
from requests_app.models import DataRequest, RowUpload

MOST_ATTEMPTS = 3
_STUCK_AFTER = timedelta(minutes=3)
#: Lines of the table of errors; the rest stands in the marked workbook.
SHOWN_ERRORS = 50
Stage = RowUpload.Stage
_TASKS: dict[str, str] = {
    Stage.CHECKING: "requests_app.tasks.check_upload",
    Stage.SAVING: "requests_app.tasks.save_upload",
}


class SupersededError(Exception):
    """The upload was discarded, or another worker has taken its check over."""


def template_services(request: DataRequest) -> list[tuple[Service, Schema]]:
    """Return the services of the template with the schemas of this request; 2 queries.

    All published services stand in it, as in the manual; what the agreement does not include is refused with
    its reason when it comes back.
    """
    services = Service.objects.published().with_fields()
    return [(service, request.schema_for(service)) for service in services]


def template_schemas(request: DataRequest) -> list[Schema]:
    """Return the schemas of the request's template in the order of its sheets."""
    return [schema for _service, schema in template_services(request)]


def overfull(request: DataRequest, more: int) -> str:
    """Return why the request cannot take ``more`` rows from workbooks, empty when it can; 1 query."""
    present = request.rows.count()
    if present + more <= settings.REQUEST_MAX_ROWS:
        return ""
    return _(
        "Satu permohonan memuat paling banyak %(limit)s baris. Permohonan ini sudah memuat %(present)s dan berkas "
        "ini menambah %(more)s. Kurangi isinya, atau ajukan sisanya sebagai permohonan lain"
    ) % {
        "limit": number_format(settings.REQUEST_MAX_ROWS, force_grouping=True),
        "present": number_format(present, force_grouping=True),
        "more": number_format(more, force_grouping=True),
    }


def check(upload_pk: uuid.UUID | str) -> None:
    """Check an upload and store the outcome; may run any number of times, also while another run is dying.

    Each slice is committed with how far it came, so that the next run goes on from there.
    """
    upload = _claim(upload_pk)
    if upload is None:
        return
    try:
        for part in _slices(upload):
            _keep(upload, part)
        marked = _drawn(upload)
        try:
            _finish(upload, marked)
        except BaseException:
            if marked:
                upload.marked.storage.delete(marked)
            raise
    except SupersededError:
        return


@transaction.atomic
def _claim(upload_pk: uuid.UUID | str) -> RowUpload | None:
    """Take the upload for this run, or return None when there is nothing (more) to do."""
    upload = RowUpload.objects.select_for_update().filter(pk=upload_pk).first()
    if upload is None or upload.stage not in (Stage.WAITING, Stage.CHECKING):
        return None
    if upload.attempts >= MOST_ATTEMPTS:
        message = _("Pemeriksaan berkas ini terhenti berkali-kali. Unggah lagi, atau hubungi kami")
        _start_anew(upload)
        upload.errors = [asdict(MergedError("", "", "", message))]
        upload.error_count, upload.stage = 1, Stage.FAULTY
        upload.save()
        return None
    if not upload.done:
        _start_anew(upload)
    upload.attempts += 1
    upload.stage = Stage.CHECKING
    upload.moved_at = clock.now()
    upload.save()
    return upload


def _start_anew(upload: RowUpload) -> None:
    """Forgets what a broken-off run found in the file as a whole, which the next run finds again."""
    staging.forget(upload)
    upload.total = upload.done = upload.error_count = 0
    upload.counts, upload.errors, upload.preview = {}, [], []


def _slices(upload: RowUpload) -> Iterator[Slice]:
    request = DataRequest.objects.select_related("agency").get(pk=upload.request_id)
    services = template_services(request)
    quotas = agreements.quotas(request, [service for service, _schema in services])
    existing = request.rows.values_list("position", "service__key", "values")
    with upload.file.open("rb") as file:
        yield from check_slices(
            file,
            schemas=[schema for _service, schema in services],
            name=upload.file_name,
            refusals={
                service.key: agreements.service_refusal(request, service) for service, _schema in services
            },
            too_many={quota.service.key: quota.refusal for quota in quotas.values()},
            existing=existing.iterator(chunk_size=2000),
            overfull=partial(overfull, request),
            done=upload.done,
            checked=staging.kept_rows(upload),
        )


@transaction.atomic
def _keep(upload: RowUpload, part: Slice) -> None:
    found = _held(upload)
    services = {service.key: (service, schema) for service, schema in template_services(found.request)}
    staging.keep_rows(found, part.rows, services, after=sum(found.counts.values()))
    staging.keep_errors(found, part.errors)
    table = ErrorTable(SHOWN_ERRORS, found.errors)
    for error in part.errors:
        table.add(error)
    for row in part.rows:
        found.counts[row.service] = found.counts.get(row.service, 0) + 1
    found.errors = [asdict(line) for line in table.lines()]
    found.error_count += len(part.errors)
    found.preview += part.shown[: PREVIEW_ROWS - len(found.preview)]
    found.total, found.done, found.moved_at = part.total, part.done, clock.now()
    found.save()


def _drawn(upload: RowUpload) -> str:
    """The name of the stored marked workbook of a large faulty file: too much work for a web request."""
    # Not its attempts: they are this run's claim.
    upload.refresh_from_db(fields=["error_count", "total"])
    if not upload.error_count or upload.total <= settings.AT_ONCE_ROWS:
        return ""
    with marked_workbook(upload) as drawn:
        upload.marked.save("bertanda.xlsx", File(drawn), save=False)
    return str(upload.marked.name)


@transaction.atomic
def _finish(upload: RowUpload, marked: str) -> None:
    found = _held(upload)
    found.stage = Stage.CLEAN
    if found.error_count:
        found.stage, found.preview, found.marked = Stage.FAULTY, [], marked
        found.staged.all().delete()
    found.save(update_fields=["stage", "preview", "marked"])


def _held(upload: RowUpload) -> RowUpload:
    """The upload under a lock. The number of the attempt is the claim: who was overtaken stops here."""
    mine = RowUpload.objects.select_for_update(of=("self",)).select_related("request")
    found = mine.filter(pk=upload.pk, stage=Stage.CHECKING, attempts=upload.attempts).first()
    if found is None:
        raise SupersededError
    return found


def marked_workbook(upload: RowUpload) -> IO[bytes]:
    """Return an open temporary file with the workbook and its errors marked, whatever its size.

    WorkbookError or FileNotFoundError when the upload's file cannot be read.
    """

    def marks(sheet: str) -> Iterator[Mark]:
        rows = upload.faulty.filter(sheet=sheet).order_by("row", "pk").values_list("row", "errors")
        return (Mark(row, errors) for row, errors in rows.iterator(chunk_size=2000))

    target = tempfile.TemporaryFile()  # noqa: SIM115  closed by the response
    try:
        with upload.file.open("rb") as file:
            mark_errors(file, target, marks, schemas=template_schemas(upload.request), name=upload.file_name)
    except BaseException:
        target.close()
        raise
    return target


def send_marked(upload: RowUpload) -> HttpResponseBase:
    """The response with the marked workbook, stored or drawn now; errors as of ``marked_workbook``."""
    name = f"data-detail-bertanda-{clock.today():%d-%m-%Y}.xlsx"
    if upload.marked:
        return send_file(upload.marked, name=name, content_type=XLSX)
    return send_made(marked_workbook(upload), name=name, content_type=XLSX)


def faulty_cells(upload: RowUpload) -> bool:
    """Return whether the workbook can be given back with marks: some error belongs to one of its rows."""
    return upload.stage == Stage.FAULTY and upload.total > 0


def stuck() -> QuerySet[RowUpload]:
    """Return uploads whose worker seems to have died: it has not come on for some minutes."""
    before = clock.now() - _STUCK_AFTER
    quiet = Q(moved_at__lt=before) | Q(moved_at__isnull=True, created_at__lt=before)
    return RowUpload.objects.filter(quiet, stage__in=[Stage.CHECKING, Stage.SAVING])


@transaction.atomic
def take_up_stuck() -> list[tuple[str, uuid.UUID]]:
    """Return task and id of what is stuck; it gets as long again before it is taken up once more."""
    found = list(stuck().values_list("stage", "pk")[:100])
    RowUpload.objects.filter(pk__in=[pk for _stage, pk in found]).update(moved_at=clock.now())
    return [(_TASKS[stage], pk) for stage, pk in found]


def forget_discarded() -> int:
    """Delete uploads that were discarded at least a day ago, with their files; return how many."""
    old = RowUpload.objects.filter(
        stage=Stage.DISCARDED, created_at__lt=clock.now() - timedelta(days=1)
    ).only("pk", "file", "marked")
    forgotten = 0
    for upload in old[:1000]:
        for file in upload.files:
            file.delete(save=False)
        upload.delete()
        forgotten += 1
    return forgotten
