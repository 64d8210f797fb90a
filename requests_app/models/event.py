"""The trail of a request: every verb, by whom, from where to where; append-only."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from requests_app.models.request import DataRequest, Status


class RequestEvent(models.Model):
    """One thing that happened to a request."""

    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("waktu"), auto_now_add=True)
    #: None for the system itself.
    actor = models.ForeignKey(
        User, verbose_name=_("oleh"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    verb = models.CharField(_("tindakan"), max_length=30)
    source = models.CharField(_("dari"), max_length=20, choices=Status, blank=True)
    target = models.CharField(_("menjadi"), max_length=20, choices=Status, blank=True)
    note = models.TextField(_("catatan"), blank=True)
    #: Whether the applicant may read the note.
    is_public = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("riwayat")
        verbose_name_plural = pgettext_lazy("jamak", "riwayat")
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["request", "id"], name="event_of_request"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.verb}"
