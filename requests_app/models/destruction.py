"""What was destroyed when its time was over: certificates with their lists; keys and counts, never a value."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.doors.pdf_signing import Signature
from core.doors.storage import private_path


class DestructionKind(models.TextChoices):
    """The classes of data with a time of their own (product.md §4)."""

    DRAFT = "draft", _("Draf permohonan")
    REGISTRATION = "registration", _("Pendaftaran yang ditolak")
    REQUEST = "request", _("Isi permohonan yang berakhir")
    WORKBOOK = "workbook", _("Berkas jawaban petugas")
    RESULT = "result", _("Dokumen jawaban")
    ACCESS = "access", _("Jejak akses")


class DestructionCertificate(models.Model):
    """One night's destruction; made with its first item, closed when nothing more was due."""

    class State(models.TextChoices):
        DONE = "done", _("Selesai")
        RUNNING = "running", _("Sedang berjalan")

    state = models.CharField(_("keadaan"), max_length=10, choices=State)
    started_at = models.DateTimeField(_("mulai"))
    finished_at = models.DateTimeField(_("selesai"), null=True, blank=True)
    #: {kind: {"items": number, what: number, …}}, written when it is closed.
    counts = models.JSONField(_("jumlah"), default=dict)
    #: Keyed hash over the items, written when it is closed.
    seal = models.CharField(_("segel"), max_length=64, blank=True)
    #: The signed PDF, made once by the queue where signing is on; otherwise the paper is drawn when it is asked for.
    pdf = models.FileField(_("PDF"), upload_to=private_path("destruction"), blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    #: What its electronic signature says (core.doors.pdf_signing.Signature); empty: it has none.
    signature = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("berita acara pemusnahan")
        verbose_name_plural = pgettext_lazy("jamak", "berita acara pemusnahan")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="one_destruction_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """How people call it: BA-00012."""
        return f"BA-{self.pk or 0:05}"

    @property
    def electronic_signature(self) -> Signature | None:
        """The signature of the kept PDF; None where there is none."""
        return Signature.from_json(self.signature)


class DestructionItem(models.Model):
    """One thing destroyed; append-only."""

    certificate = models.ForeignKey(DestructionCertificate, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(_("kelas"), max_length=12, choices=DestructionKind)
    #: Number of the request or document, or another name without anything personal.
    reference = models.CharField(_("rujukan"), max_length=120)
    #: When its time began to run.
    ended_at = models.DateTimeField(_("berakhir pada"), null=True, blank=True)
    at = models.DateTimeField(_("dimusnahkan pada"))
    #: {what: number}, for example {"rows": 12, "files": 2}.
    counts = models.JSONField(_("jumlah"), default=dict)
    #: Fingerprints of destroyed result files, so that a copy can still be recognised.
    fingerprints = models.JSONField(default=list)

    class Meta:
        verbose_name = _("yang dimusnahkan")
        verbose_name_plural = pgettext_lazy("jamak", "yang dimusnahkan")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.reference


class LegalHold(models.Model):
    """What a request keeps when it must not be destroyed, and when its content was."""

    hold_reason = models.CharField(_("alasan penahanan"), max_length=250, blank=True, editable=False)
    held_at = models.DateTimeField(_("ditahan pada"), null=True, blank=True, editable=False)
    #: When rows, answers and files were destroyed; None while they are there.
    erased_at = models.DateTimeField(_("isi dimusnahkan pada"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True
