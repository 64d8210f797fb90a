"""An applicant's workbook of rows on its way in: its check, the rows that wait for Simpan, the errors by row."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.catalogue.models import Service
from core.doors.storage import private_path
from core.holdings.models import Identified
from requests_app.models.request import DataRequest


class UploadQuerySet(models.QuerySet["RowUpload"]):
    """Reads of uploads."""

    def running(self) -> "UploadQuerySet":
        """Those the queue still works on."""
        return self.filter(stage__in=RUNNING)

    def unsaved(self) -> "UploadQuerySet":
        """Those that may still be saved, mended or dropped."""
        return self.exclude(stage__in=[RowUpload.Stage.SAVED, RowUpload.Stage.DISCARDED])


class RowUpload(models.Model):
    """An Excel file with rows: checked in the queue, saved only as a whole."""

    class Stage(models.TextChoices):
        WAITING = "waiting", _("Menunggu diperiksa")
        CHECKING = "checking", _("Sedang diperiksa")
        CLEAN = "clean", _("Siap disimpan")
        FAULTY = "faulty", _("Perlu diperbaiki")
        SAVING = "saving", _("Sedang disimpan")
        SAVED = "saved", _("Tersimpan")
        DISCARDED = "discarded", _("Dibatalkan")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="uploads")
    file = models.FileField(_("berkas"), upload_to=private_path("uploads"))
    file_name = models.CharField(_("nama berkas"), max_length=120)
    #: The workbook with its errors marked, of large files only; small ones are drawn when asked for.
    marked = models.FileField(_("berkas bertanda"), upload_to=private_path("uploads"), blank=True)
    stage = models.CharField(_("tahap"), max_length=10, choices=Stage, default=Stage.WAITING)
    total = models.PositiveIntegerField(_("baris"), default=0)
    done = models.PositiveIntegerField(_("diperiksa"), default=0)
    #: Good rows per service key.
    counts = models.JSONField(default=dict, blank=True)
    #: The first lines of the table of errors (excel.merging.MergedError); all of them by row are ``faulty``.
    errors = models.JSONField(default=list, blank=True)
    error_count = models.PositiveIntegerField(_("kesalahan"), default=0)
    #: First good rows, for the preview: {"service", "name", "number", "birth_date"}.
    preview = models.JSONField(default=list, blank=True)
    #: Why a checked file could not be saved after all; empty when nothing stood against it.
    refusal = models.TextField(_("alasan"), blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: When a worker last came on; long ago while checking or saving: it has died.
    moved_at = models.DateTimeField(null=True, blank=True, editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("unggahan Excel")
        verbose_name_plural = pgettext_lazy("jamak", "unggahan Excel")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def files(self) -> list[FieldFile]:
        """What is stored of it outside the database."""
        return [file for file in (self.file, self.marked) if file]

    @property
    def is_running(self) -> bool:
        """Whether the queue still works on it."""
        return self.stage in RUNNING


RUNNING = (RowUpload.Stage.WAITING, RowUpload.Stage.CHECKING, RowUpload.Stage.SAVING)


class StagedRow(Identified):
    """A good row of an upload that waits until the whole workbook is saved; gone once it is, or is dropped."""

    upload = models.ForeignKey(RowUpload, on_delete=models.CASCADE, related_name="staged")
    #: Its place among the good rows, from 1.
    number = models.PositiveIntegerField()
    #: Its number in the sheet of its service.
    row = models.PositiveIntegerField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    values = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("baris menunggu disimpan")
        verbose_name_plural = pgettext_lazy("jamak", "baris menunggu disimpan")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["upload", "number"], name="staged_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} #{self.number}"


class FaultyRow(models.Model):
    """The errors of one row of an upload, for the workbook that is given back with marks."""

    upload = models.ForeignKey(RowUpload, on_delete=models.CASCADE, related_name="faulty")
    sheet = models.CharField(max_length=31)
    #: Its number in the sheet; 0: the errors are about the sheet as a whole.
    row = models.PositiveIntegerField()
    #: [column letters, message] each.
    errors = models.JSONField(default=list)

    class Meta:
        verbose_name = _("baris bermasalah")
        verbose_name_plural = pgettext_lazy("jamak", "baris bermasalah")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["upload", "sheet", "row"], name="faulty_row_place")
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.sheet} #{self.row}"
