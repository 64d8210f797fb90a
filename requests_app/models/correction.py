"""Corrections pinned to places of a request: what is wrong, what it held, what became of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.rules.said import HAS_WORDS, SaidReason
from requests_app.models.request import DataRequest
from requests_app.models.rows import RequestRow, StatisticsItem


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Reads of pins."""

    def marked(self) -> "CorrectionQuerySet":
        """Collected by officers, not yet sent."""
        return self.filter(state=Correction.State.MARKED)

    def asked(self) -> "CorrectionQuerySet":
        """With the applicant now."""
        return self.filter(state=Correction.State.OPEN)

    def answered(self) -> "CorrectionQuerySet":
        """Back from the applicant, waiting for an officer's tick."""
        return self.filter(state__in=ANSWERED_STATES)


class Correction(SaidReason):
    """One pin: a place of the request that must be put right, or explained."""

    class Kind(models.TextChoices):
        HEADER = "header", _("Isian surat")
        LETTER = "letter", _("Surat Permohonan Resmi")
        ROW = "row", _("Baris Data Detail")
        CELL = "cell", _("Isian Data Detail")
        STATISTICS = "statistics", _("Data Statistik")
        ROWS_MISSING = "rows_missing", _("Data Detail belum lengkap")
        WHOLE = "whole", _("Seluruh permohonan")

    class State(models.TextChoices):
        MARKED = "marked", _("Ditandai, belum dikirim")
        OPEN = "open", _("Menunggu pemohon")
        CHANGED = "changed", _("Diperbaiki pemohon")
        EXPLAINED = "explained", _("Dijelaskan pemohon")
        TICKED = "ticked", _("Sudah benar")
        REOPENED = "reopened", _("Diminta lagi")

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="corrections")
    #: Which return it was sent with, from 1; 0 while it is only marked.
    round = models.PositiveSmallIntegerField(_("putaran"), default=0)
    kind = models.CharField(_("jenis"), max_length=12, choices=Kind)
    #: A header field, or a column of the row's schema; empty for everything else.
    field_key = models.CharField(_("isian"), max_length=60, blank=True)
    #: None once the applicant has removed the row.
    row = models.ForeignKey(RequestRow, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    #: None once the applicant has removed the question.
    statistics = models.ForeignKey(
        StatisticsItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: The number of the row or question, kept when it is gone; 0 for other places.
    position = models.PositiveIntegerField(default=0)
    service_key = models.CharField(max_length=40, blank=True)
    #: What the place held when it was sent back, and when it came again (requests_app.corrections.value_at).
    old = models.JSONField(_("semula"), null=True, blank=True)
    new = models.JSONField(_("menjadi"), null=True, blank=True)
    text = models.CharField(_("penjelasan"), max_length=500, blank=True)
    #: Why the applicant left the place as it was.
    explanation = models.CharField(_("penjelasan pemohon"), max_length=500, blank=True)
    state = models.CharField(_("keadaan"), max_length=10, choices=State, default=State.MARKED)
    by = models.ForeignKey(User, verbose_name=_("oleh"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("pada"), auto_now_add=True)
    answered_at = models.DateTimeField(_("dijawab pada"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        User,
        verbose_name=_("diperiksa oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    resolved_at = models.DateTimeField(_("diperiksa pada"), null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("perbaikan")
        verbose_name_plural = pgettext_lazy("jamak", "perbaikan")
        ordering: ClassVar[list[str]] = ["request", "id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["request", "state"], name="correction_of_request")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=HAS_WORDS, name="correction_keeps_its_words"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind} {self.field_key} {self.position}".strip()


ANSWERED_STATES = (Correction.State.CHANGED, Correction.State.EXPLAINED)
