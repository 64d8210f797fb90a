"""The ledger of a request's clock: when it ran, stopped and was extended, by whom, why, and the days left then."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.rules.said import HAS_WORDS, SaidReason
from requests_app.models.request import DataRequest


class ClockEntry(SaidReason):
    """One thing that happened to the clock; only ever added, read by officer and applicant alike."""

    class Kind(models.TextChoices):
        START = "start", _("Waktu mulai berjalan")
        PAUSE = "pause", _("Waktu berhenti: menunggu perbaikan pemohon")
        RESUME = "resume", _("Waktu berjalan lagi")
        EXTENSION = "extension", _("Batas waktu diperpanjang")
        CALENDAR = "calendar", _("Batas waktu dihitung ulang: kalender hari libur berubah")
        STOP = "stop", _("Waktu selesai dihitung")

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="clock_entries")
    kind = models.CharField(_("kejadian"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("waktu"))
    #: None for the system itself.
    by = models.ForeignKey(
        User, verbose_name=_("oleh"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Working days: the whole term (start), added (extension), left otherwise; below zero it is late by so many.
    days = models.SmallIntegerField(_("hari kerja"))
    #: The due date from this entry on; None while the clock stands.
    due_on = models.DateField(_("batas waktu"), null=True, blank=True)
    #: The working day counted as day 0 of ``days``: after hours and on free days the next one.
    counted_from = models.DateField(_("dihitung sejak"), null=True, blank=True)
    #: Read by the applicant too.
    note = models.CharField(_("catatan"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("catatan waktu")
        verbose_name_plural = pgettext_lazy("jamak", "catatan waktu")
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["request", "id"], name="clock_of_request")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=HAS_WORDS, name="clock_entry_keeps_its_words"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind} {self.days}"
