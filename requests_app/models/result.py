"""Result documents: number, files, fingerprints, life after issue."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.doors.pdf_signing import Signature
from core.doors.signing import random_token
from core.doors.storage import private_path
from requests_app.models.request import DataRequest
from requests_app.models.revocation import Revocation, revocation_constraints


class DocumentCounter(models.Model):
    """The last document number of a scope (a calendar year); its row is locked while a number is drawn."""

    scope = models.CharField(max_length=20, unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("pencacah nomor dokumen")
        verbose_name_plural = pgettext_lazy("jamak", "pencacah nomor dokumen")

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class ResultDocument(Revocation, models.Model):
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
    #: Since when a worker has been making the files; nobody else begins until it has ended or must have died.
    making_since = models.DateTimeField(null=True, blank=True)
    #: Why they could not be made, in plain words, and whether a person has to mend that before it is tried again.
    failure = models.CharField(max_length=300, blank=True)
    is_halted = models.BooleanField(default=False)
    #: What the PDF's electronic signature says (core.doors.pdf_signing.Signature); empty: it has none.
    signature = models.JSONField(default=dict, blank=True)
    #: 1, 2, … for a part released before the rest; None for the document that ends the request.
    part = models.PositiveSmallIntegerField(_("bagian"), null=True, blank=True)
    #: Who approved a part; the request itself names the approver of the last document.
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    #: Who agreed as the second, where the request needs two.
    second_approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("dokumen jawaban")
        verbose_name_plural = pgettext_lazy("jamak", "dokumen jawaban")
        ordering: ClassVar[list[str]] = ["-numbered_at"]
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("ask_revocation", _("Dapat meminta pencabutan dokumen jawaban")),
            ("revoke_resultdocument", _("Dapat mencabut dokumen jawaban")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["scope", "sequence"], name="document_sequence_once_per_scope"),
            models.UniqueConstraint(
                fields=["request"], condition=Q(state="preparing"), name="one_document_prepared_per_request"
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(state="issued", part__isnull=True),
                name="one_document_in_force_per_request",
            ),
            models.CheckConstraint(
                condition=Q(second_approved_by__isnull=True) | ~Q(second_approved_by=F("approved_by")),
                name="part_second_pair_of_eyes",
            ),
            models.UniqueConstraint(
                fields=["request", "part"], condition=Q(part__isnull=False), name="part_once_per_request"
            ),
            *revocation_constraints("revoked"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def name(self) -> str:
        """Which document of its request it is: "Bagian 2", or the one that ends the request."""
        return gettext("Bagian %(part)d") % {"part": self.part} if self.part else gettext("Dokumen jawaban")

    @property
    def electronic_signature(self) -> Signature | None:
        """The signature of the PDF; None of one without."""
        return Signature.from_json(self.signature)

    def carried_rows(self) -> Any:
        """The rows it carries; a document from before rows knew theirs carries all that are in no other."""
        if self.part is not None or self.rows.exists():
            return self.request.rows.filter(released_in=self)
        return self.request.rows.filter(released_in__isnull=True)
