"""The trail of a row: who held it, decided it, took its answer back or released it; append-only."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from requests_app.models.request import DataRequest
from requests_app.models.rows import Outcome, RequestRow


class RowEvent(models.Model):
    """One thing that happened to a row; never a value about the person."""

    class Kind(models.TextChoices):
        CLAIMED = "claimed", _("Diambil")
        FREED = "freed", _("Dilepas")
        DECIDED = "decided", _("Dijawab")
        CHANGED = "changed", _("Jawaban diubah")
        REOPENED = "reopened", _("Dibuka kembali")
        RELEASED = "released", _("Diterbitkan")

    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="row_events")
    #: Without a constraint: an applicant may take a row away while correcting, its trail stays.
    row = models.ForeignKey(
        RequestRow, on_delete=models.DO_NOTHING, db_constraint=False, related_name="events"
    )
    position = models.PositiveIntegerField(pgettext_lazy("kolom", "No"))
    at = models.DateTimeField(_("waktu"))
    actor = models.ForeignKey(
        User, verbose_name=_("oleh"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    kind = models.CharField(_("tindakan"), max_length=10, choices=Kind)
    outcome = models.CharField(_("hasil"), max_length=14, choices=Outcome, blank=True)
    #: The reason of an outcome, the officer a row went to, or the number of the document.
    note = models.CharField(_("catatan"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("riwayat baris")
        verbose_name_plural = pgettext_lazy("jamak", "riwayat baris")
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["request", "at"], name="row_event_of_request"),
        ]

    def __str__(self) -> str:
        return f"{self.row_id} {self.kind}"
