"""Work on very many rows of a request that the queue does slice by slice while the officer goes on."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from requests_app.models.request import DataRequest


class RowJob(models.Model):
    """One press of a button for many rows; each slice is committed with how far it came, so that it may be resumed."""

    class Kind(models.TextChoices):
        MATCH = "match", _("Mencari kecocokan")
        ACCEPT = "accept", _("Menerima semua yang persis")
        OUTCOME = "outcome", _("Memberi hasil")
        CLAIM = "claim", _("Mengambil baris")
        TAKE_OVER = "take_over", _("Mengambil alih baris")
        FREE = "free", _("Melepas baris")

    class Stage(models.TextChoices):
        RUNNING = "running", _("Sedang dikerjakan")
        DONE = "done", _("Selesai")
        STOPPED = "stopped", _("Terhenti")
        CANCELLED = "cancelled", _("Dibatalkan")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="row_jobs")
    kind = models.CharField(_("tindakan"), max_length=10, choices=Kind)
    by = models.ForeignKey(User, verbose_name=_("oleh"), on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(_("tahap"), max_length=10, choices=Stage, default=Stage.RUNNING)
    #: ``narrowed`` (the parts of a row_filter.RowFilter), ``outcome`` and ``reason`` of the outcome given.
    options = models.JSONField(default=dict, blank=True)
    #: Rows meant when it began, and rows met so far.
    total = models.PositiveIntegerField(_("baris"), default=0)
    done = models.PositiveIntegerField(_("dikerjakan"), default=0)
    #: Number of the last row met; the next slice begins behind it.
    position = models.PositiveIntegerField(default=0)
    #: What became of the rows, in numbers.
    counts = models.JSONField(default=dict, blank=True)
    #: Why it stopped before its end.
    message = models.TextField(_("keterangan"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("pekerjaan banyak baris")
        verbose_name_plural = pgettext_lazy("jamak", "pekerjaan banyak baris")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(stage="running"), name="one_running_row_job"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind}"
