"""The check of an uploaded workbook in the queue: claimed, reported, finished, given up after three tries."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.entitlements import refusal_reason
from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.doors import clock
from requests_app.excel import CheckedWorkbook, CheckError, check_workbook
from requests_app.models import DataRequest, RowUpload

MOST_ATTEMPTS = 3
Stage = RowUpload.Stage


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


def check(upload_pk: uuid.UUID | str) -> None:
    """Check an upload and store the outcome; may run any number of times, also while another run is dying."""
    upload = _claim(upload_pk)
    if upload is None:
        return
    try:
        _finish(upload, _checked(upload))
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
        _store(upload, CheckedWorkbook(errors=[CheckError(sheet="", cell="", value="", message=message)]))
        return None
    upload.attempts += 1
    upload.stage = Stage.CHECKING
    upload.done = 0
    upload.save(update_fields=["attempts", "stage", "done"])
    return upload


def _checked(upload: RowUpload) -> CheckedWorkbook:
    request = DataRequest.objects.select_related("agency").get(pk=upload.request_id)
    services = template_services(request)
    today = clock.today()
    with upload.file.open("rb") as file:
        return check_workbook(
            file,
            schemas=[schema for _service, schema in services],
            name=upload.file_name,
            refusals={
                service.key: refusal_reason(request.agency, service, today) for service, _schema in services
            },
            existing=request.rows.values_list("position", "service__key", "values"),
            report=lambda done, total: _report(upload, done, total),
        )


def _report(upload: RowUpload, done: int, total: int) -> None:
    # The number of the attempt is the claim: who was overtaken stops here.
    mine = RowUpload.objects.filter(pk=upload.pk, stage=Stage.CHECKING, attempts=upload.attempts)
    if not mine.update(done=done, total=total):
        raise SupersededError


@transaction.atomic
def _finish(upload: RowUpload, outcome: CheckedWorkbook) -> None:
    mine = RowUpload.objects.select_for_update().filter(
        pk=upload.pk, stage=Stage.CHECKING, attempts=upload.attempts
    )
    found = mine.first()
    if found is None:
        raise SupersededError
    _store(found, outcome)


def _store(upload: RowUpload, outcome: CheckedWorkbook) -> None:
    values = asdict(outcome)
    for name, value in values.items():
        setattr(upload, name, value)
    upload.done = outcome.total
    upload.stage = Stage.FAULTY if outcome.errors else Stage.CLEAN
    upload.save(update_fields=["stage", "done", *values])


def faulty_cells(upload: RowUpload) -> bool:
    """Return whether the workbook can be given back with marks: some error belongs to one of its rows."""
    return upload.stage == Stage.FAULTY and upload.total > 0


def stuck_uploads(before_minutes: int = 3) -> Sequence[uuid.UUID]:
    """Return uploads whose worker seems to have died: still being checked long after their last attempt."""
    stuck = []
    for upload in RowUpload.objects.filter(stage=Stage.CHECKING).only("pk", "created_at", "attempts")[:100]:
        age = (clock.now() - upload.created_at).total_seconds() / 60
        if age > before_minutes * max(1, upload.attempts):
            stuck.append(upload.pk)
    return stuck


def forget_discarded() -> int:
    """Delete uploads that were discarded at least a day ago, with their files; return how many."""
    old = RowUpload.objects.filter(
        stage=Stage.DISCARDED, created_at__lt=clock.now() - timedelta(days=1)
    ).only("pk", "file")
    forgotten = 0
    for upload in old[:1000]:
        upload.file.delete(save=False)
        upload.delete()
        forgotten += 1
    return forgotten
