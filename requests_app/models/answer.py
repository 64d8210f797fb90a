"""Answers: what was found for a row, and the holdings proposed for it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.holdings.models import Record
from requests_app.models.rows import RequestRow


class Candidate(models.Model):
    """A record of the holdings proposed for a row, with the reason; an officer decides."""

    class Grade(models.TextChoices):
        EXACT = "exact", _("Cocok persis")
        CANDIDATE = "candidate", _("Calon")

    class Decision(models.TextChoices):
        OPEN = "open", _("Belum diputuskan")
        ACCEPTED = "accepted", _("Cocok")
        DECLINED = "declined", _("Bukan")

    row = models.ForeignKey(RequestRow, on_delete=models.CASCADE, related_name="candidates")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    grade = models.CharField(_("tingkat"), max_length=10, choices=Grade)
    #: Columns that agreed, in the order of the rule: "national_id" or "name,birth_date".
    rule = models.CharField(_("aturan"), max_length=120)
    #: 0–100; 100 for equal numbers, name similarity otherwise. Below 85 a slip in name or birth date is assumed.
    score = models.PositiveSmallIntegerField(_("skor"), default=100)
    reason = models.CharField(_("alasan"), max_length=200)
    decision = models.CharField(_("keputusan"), max_length=10, choices=Decision, default=Decision.OPEN)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("calon kecocokan")
        verbose_name_plural = pgettext_lazy("jamak", "calon kecocokan")
        ordering: ClassVar[list[str]] = ["row", "-score", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["row", "record"], name="candidate_once_per_row"),
        ]

    def __str__(self) -> str:
        return f"{self.row_id} ~ {self.record_id}"


class Answer(models.Model):
    """One answered record for a row (a person may have many, such as crossings)."""

    class Source(models.TextChoices):
        HOLDINGS = "holdings", _("Basis data")
        TYPED = "typed", _("Diketik petugas")

    row = models.ForeignKey(RequestRow, on_delete=models.CASCADE, related_name="answers")
    #: The record it was copied from; the values stay when the holdings change later.
    record = models.ForeignKey(Record, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    values = models.JSONField(_("isi"), default=dict)
    source = models.CharField(_("sumber"), max_length=10, choices=Source)
    by = models.ForeignKey(User, verbose_name=_("oleh"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("pada"), auto_now_add=True)

    class Meta:
        verbose_name = _("jawaban")
        verbose_name_plural = pgettext_lazy("jamak", "jawaban")
        ordering: ClassVar[list[str]] = ["row", "id"]

    def __str__(self) -> str:
        return f"{self.row_id}: {self.source}"
