"""Result documents: number, files, fingerprints, life after issue."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.doors.signing import random_token
from core.doors.storage import private_path
from requests_app.models.request import DataRequest


class DocumentCounter(models.Model):
    """The last document number of a scope (a calendar year); its row is locked while a number is drawn."""

    scope = models.CharField(max_length=20, unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("pencacah nomor dokumen")
        verbose_name_plural = pgettext_lazy("jamak", "pencacah nomor dokumen")

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class ResultDocument(models.Model):
    """An answer document: numbered at approval, its files made by a worker, verifiable by its token."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("Disiapkan")
        ISSUED = "issued", _("Berlaku")
        SUPERSEDED = "superseded", _("Digantikan")
        REVOKED = "revoked", _("Dicabut")

    #: So often a worker tries to make the files; then an officer has to ask for it again.
    MOST_ATTEMPTS = 3

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="documents")
    number = models.CharField(_("Nomor"), max_length=60, unique=True)
    scope = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    state = models.CharField(_("keadaan"), max_length=10, choices=State, default=State.PREPARING)
    token = models.CharField(max_length=40, unique=True, default=random_token)
    pdf = models.FileField(_("PDF"), upload_to=private_path("results"), blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_size = models.PositiveIntegerField(default=0)
    xlsx = models.FileField(_("XLSX"), upload_to=private_path("results"), blank=True)
    xlsx_sha256 = models.CharField(max_length=64, blank=True)
    xlsx_size = models.PositiveIntegerField(default=0)
    numbered_at = models.DateTimeField(_("dinomori pada"))
    issued_at = models.DateTimeField(_("terbit pada"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("dokumen jawaban")
        verbose_name_plural = pgettext_lazy("jamak", "dokumen jawaban")
        ordering: ClassVar[list[str]] = ["-numbered_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["scope", "sequence"], name="document_sequence_once_per_scope"),
            models.UniqueConstraint(
                fields=["request"], condition=Q(state="preparing"), name="one_document_prepared_per_request"
            ),
            models.UniqueConstraint(
                fields=["request"], condition=Q(state="issued"), name="one_document_in_force_per_request"
            ),
        ]

    def __str__(self) -> str:
        return self.number
