"""Who has a request open now: one line for each officer and request, renewed while the page is open."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.doors import clock
from requests_app.models.request import DataRequest

#: Somebody who has not been heard of for so long has gone.
FORGOTTEN_AFTER = timedelta(minutes=2)


class PresenceQuerySet(models.QuerySet["RequestPresence"]):
    """Reads of presence."""

    def here(self) -> "PresenceQuerySet":
        """Those heard of lately."""
        return self.filter(seen_at__gte=clock.now() - FORGOTTEN_AFTER)

    def gone(self) -> "PresenceQuerySet":
        """Those to be forgotten."""
        return self.filter(seen_at__lt=clock.now() - FORGOTTEN_AFTER)


class RequestPresence(models.Model):
    """An officer has a request open; nothing but courtesy hangs on it, so it may be lost."""

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    #: Since when without a gap.
    since = models.DateTimeField(_("sejak"))
    seen_at = models.DateTimeField(_("terakhir terlihat"), db_index=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("kehadiran")
        verbose_name_plural = pgettext_lazy("jamak", "kehadiran")
        ordering: ClassVar[list[str]] = ["since", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "user"], name="present_once_per_request"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.user_id}"
