"""An officer's workbook of answers on its way in: checked as a whole, then written as a whole."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.catalogue.models import Service
from core.doors.storage import private_path


class AnswerImport(models.Model):
    """One uploaded workbook of the answer bench."""

    class Stage(models.TextChoices):
        CHECKING = "checking", _("Sedang diperiksa")
        READY = "ready", _("Siap disimpan")
        REFUSED = "refused", _("Perlu diperbaiki")
        WRITING = "writing", _("Sedang disimpan")
        DONE = "done", _("Tersimpan")
        DISCARDED = "discarded", _("Dibatalkan")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(
        Service, verbose_name=_("Layanan"), on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(User, verbose_name=_("oleh"), on_delete=models.PROTECT, related_name="+")
    file = models.FileField(_("berkas"), upload_to=private_path("imports"), blank=True)
    file_name = models.CharField(_("nama berkas"), max_length=120)
    stage = models.CharField(_("tahap"), max_length=10, choices=Stage, default=Stage.CHECKING)
    total = models.PositiveIntegerField(_("baris"), default=0)
    done = models.PositiveIntegerField(_("diperiksa"), default=0)
    #: Numbers by kind: rows, records, outcomes, blank, unmatched, ambiguous, stale, errors.
    counts = models.JSONField(default=dict, blank=True)
    #: {"cell", "column", "message"} each: what stands against writing the file.
    errors = models.JSONField(default=list, blank=True)
    #: {"line", "key", "message"} each: lines that met no row, or several; they are left out.
    unmatched = models.JSONField(default=list, blank=True)
    #: The first lines as they would be written: texts.
    preview = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("dibuat pada"), auto_now_add=True)
    finished_at = models.DateTimeField(_("selesai pada"), null=True, blank=True)

    class Meta:
        verbose_name = _("impor jawaban")
        verbose_name_plural = pgettext_lazy("jamak", "impor jawaban")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name
