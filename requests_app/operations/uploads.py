"""The applicant's workbook of rows: kept, checked in the queue, saved as a whole or not at all."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import throttle
from core.catalogue.models import Service
from core.doors import clock, queue
from core.doors.storage import safe_name
from requests_app import staging
from requests_app.corrections import Unlocked
from requests_app.models import DataRequest, RowUpload
from requests_app.operations.locking import lock_editable, touch
from requests_app.operations.rows import check_allowed, check_quota
from requests_app.uploads import overfull

#: So often the queue begins to save before it gives up.
MOST_ATTEMPTS = 3

Stage = RowUpload.Stage


@transaction.atomic
def start_upload(pk: uuid.UUID | str, *, by: User, uploaded: UploadedFile) -> RowUpload:
    """Keeps the workbook and queues its check; earlier unsaved uploads of the request are discarded."""
    request = lock_editable(pk, by)
    Unlocked.of(request).check_adding_rows()
    verdict = throttle.hit(f"upload:{by.pk}", limit=settings.UPLOADS_PER_HOUR, window=timedelta(hours=1))
    if not verdict.allowed:
        raise ValidationError(
            _("Terlalu banyak unggahan. Coba lagi pukul %(time)s") % {"time": clock.time_wib(verdict.until)}
        )
    # Under a lock: the slice that a worker is just storing is there to be forgotten too.
    for earlier in request.uploads.unsaved().select_for_update():
        if earlier.stage == Stage.SAVING:
            raise ValidationError(_being_saved(earlier))
        drop_upload(earlier)
    upload = RowUpload(request=request, by=by, file_name=safe_name(uploaded.name or "data.xlsx"))
    upload.file.save(uploaded.name or "data.xlsx", uploaded, save=False)
    upload.save()
    queue.enqueue("requests_app.tasks.check_upload", str(upload.pk))
    return upload


def drop_upload(upload: RowUpload) -> None:
    """Forgets the rows of a locked upload that will not be saved; the file goes with the nightly clean-up."""
    staging.forget(upload)
    upload.stage = Stage.DISCARDED
    upload.preview, upload.errors, upload.refusal = [], [], ""
    upload.save(update_fields=["stage", "preview", "errors", "refusal"])


def _being_saved(upload: RowUpload) -> str:
    return _("Data dari berkas %(name)s sedang disimpan. Tunggu sampai selesai, lalu coba lagi") % {
        "name": upload.file_name
    }


@transaction.atomic
def discard_upload(upload_pk: uuid.UUID | str, *, by: User) -> None:
    """The applicant does not want the rows: a check that is under way stops, pressing twice changes nothing."""
    request_id = RowUpload.objects.values_list("request_id", flat=True).get(pk=upload_pk)
    lock_editable(request_id, by)
    upload = RowUpload.objects.select_for_update().get(pk=upload_pk)
    if upload.stage == Stage.SAVING:
        raise ValidationError(_being_saved(upload))
    if upload.stage not in (Stage.SAVED, Stage.DISCARDED):
        drop_upload(upload)


@transaction.atomic
def save_upload(upload_pk: uuid.UUID | str, *, by: User) -> RowUpload:
    """Writes all rows of a clean upload, or none: at once when they are few, otherwise in the queue.

    A second press saves nothing again.
    """
    request_id = RowUpload.objects.values_list("request_id", flat=True).get(pk=upload_pk)
    request = lock_editable(request_id, by)
    upload = RowUpload.objects.select_for_update().get(pk=upload_pk)
    if upload.stage in (Stage.SAVING, Stage.SAVED):
        return upload
    if upload.stage != Stage.CLEAN:
        raise ValidationError(
            _(
                "Berkas belum selesai diperiksa atau masih memuat kesalahan. Unggah berkas yang sudah diperbaiki"
            )
        )
    _check_saving(request, upload)
    if upload.total > settings.AT_ONCE_ROWS:
        upload.stage, upload.refusal, upload.moved_at = Stage.SAVING, "", clock.now()
        upload.attempts = 0
        upload.save(update_fields=["stage", "refusal", "moved_at", "attempts"])
        queue.enqueue("requests_app.tasks.save_upload", str(upload.pk))
        return upload
    _write(request, upload)
    return upload


def finish_saving(upload_pk: uuid.UUID | str) -> None:
    """The queue's part of saving; what has come to stand against it meanwhile is told on the upload's page."""
    if _may_try(upload_pk):
        _save(upload_pk)


@transaction.atomic
def _may_try(upload_pk: uuid.UUID | str) -> bool:
    """Counts the attempt; a saving that breaks off again and again is given back to the applicant."""
    upload = RowUpload.objects.select_for_update().filter(pk=upload_pk, stage=Stage.SAVING).first()
    if upload is None:
        return False
    if upload.attempts >= MOST_ATTEMPTS:
        upload.stage = Stage.CLEAN
        upload.refusal = _("Penyimpanan terhenti berkali-kali. Coba simpan lagi nanti, atau hubungi kami")
        upload.save(update_fields=["stage", "refusal"])
        return False
    upload.attempts += 1
    upload.moved_at = clock.now()
    upload.save(update_fields=["attempts", "moved_at"])
    return True


@transaction.atomic
def _save(upload_pk: uuid.UUID | str) -> None:
    waiting = RowUpload.objects.select_related("by").filter(pk=upload_pk, stage=Stage.SAVING).first()
    if waiting is None:
        return
    try:
        request = lock_editable(waiting.request_id, waiting.by)
    except (ValidationError, PermissionDenied, DataRequest.DoesNotExist):
        upload = RowUpload.objects.select_for_update().get(pk=upload_pk)
        if upload.stage == Stage.SAVING:
            drop_upload(upload)
        return
    upload = RowUpload.objects.select_for_update().get(pk=upload_pk)
    if upload.stage != Stage.SAVING:
        return
    try:
        _check_saving(request, upload)
    except ValidationError as refusal:
        upload.stage, upload.refusal = Stage.CLEAN, " ".join(refusal.messages)
        upload.save(update_fields=["stage", "refusal"])
    else:
        _write(request, upload)


def _check_saving(request: DataRequest, upload: RowUpload) -> None:
    """ValidationError with all that stands against these rows now: corrections, agreement, quota."""
    Unlocked.of(request).check_adding_rows()
    standing = [text] if (text := overfull(request, sum(upload.counts.values()))) else []
    for service in Service.objects.filter(key__in=upload.counts):
        try:
            check_allowed(request, service)
            check_quota(request, service, upload.counts[service.key])
        except ValidationError as refusal:
            standing += refusal.messages
    if standing:
        raise ValidationError(standing)


def _write(request: DataRequest, upload: RowUpload) -> None:
    upload.total = staging.move_into(request, upload)
    staging.forget(upload)
    upload.stage, upload.preview, upload.refusal = Stage.SAVED, [], ""
    upload.save(update_fields=["stage", "preview", "refusal", "total"])
    touch(request)
