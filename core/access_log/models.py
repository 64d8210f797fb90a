"""The access log: who read whose data, when, why, from where. Append-only and chained (security.md S-28)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.doors import clock


class Action(models.TextChoices):
    """What was done with a person's data."""

    VIEW_ROWS = "view_rows", _("Melihat baris permohonan")
    VIEW_RECORD = "view_record", _("Membuka catatan")
    SEARCH = "search", _("Mencari di basis data")
    MATCH = "match", _("Mencocokkan")
    ANSWER = "answer", _("Mengisi jawaban")
    DOWNLOAD_PDF = "download_pdf", _("Mengunduh dokumen jawaban")
    DOWNLOAD_XLSX = "download_xlsx", _("Mengunduh data jawaban")
    DOWNLOAD_LETTER = "download_letter", _("Membuka surat")
    DOWNLOAD_ATTACHMENT = "download_attachment", _("Membuka lampiran pesan")
    DOWNLOAD_UPLOAD = "download_upload", _("Mengunduh berkas Excel")
    DOWNLOAD_RECEIPT = "download_receipt", _("Mengunduh tanda terima")
    EXPORT = "export", _("Mengekspor")
    IMPORT = "import", _("Mengimpor")
    VIEW_REGISTRATION = "view_registration", _("Melihat pendaftaran")
    VIEW_CONVERSATION = "view_conversation", _("Membaca percakapan")
    VIEW_PASSPORT_STATUS = "view_passport_status", _("Melihat status paspor")


class AccessEntry(models.Model):
    """One reading of personal data. Rows are only ever added; triggers refuse change and removal."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("waktu"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("pelaku"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    actor_name = models.CharField(_("nama pelaku"), max_length=150)
    action = models.CharField(_("tindakan"), max_length=20, choices=Action)
    #: Why: the number of the request, or another stated reason.
    purpose = models.CharField(_("keperluan"), max_length=120)
    object_type = models.CharField(_("jenis objek"), max_length=40)
    object_id = models.CharField(_("objek"), max_length=40)
    count = models.PositiveIntegerField(_("jumlah orang"), default=0)
    address = models.CharField(_("alamat jaringan"), max_length=45, blank=True)
    previous_hash = models.CharField(max_length=64, editable=False)
    hash = models.CharField(max_length=64, editable=False, unique=True)

    class Meta:
        verbose_name = _("jejak akses")
        verbose_name_plural = pgettext_lazy("jamak", "jejak akses")
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["actor", "at"], name="access_actor"),
            models.Index(fields=["purpose"], name="access_purpose"),
            models.Index(fields=["object_type", "object_id"], name="access_object"),
        ]

    def __str__(self) -> str:
        return f"{clock.short_datetime(self.at)} {self.actor_name} {self.action} {self.purpose}"


class AccessSubject(models.Model):
    """A person whose data an entry concerns, as keyed hashes of the numbers."""

    entry = models.ForeignKey(AccessEntry, on_delete=models.PROTECT, related_name="subjects")
    key = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("subjek data")
        verbose_name_plural = pgettext_lazy("jamak", "subjek data")
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["key"], name="access_subject")]

    def __str__(self) -> str:
        return str(self.entry_id)


class ChainHead(models.Model):
    """The last hash of the chain: its row is locked while an entry is added, so the chain cannot fork."""

    last_hash = models.CharField(max_length=64, default="0" * 64)
    entries = models.PositiveBigIntegerField(default=0)
    #: What left the log when its time was over (core.access_log.cutting): the last hash of it, how many, and a seal.
    cut_hash = models.CharField(max_length=64, default="0" * 64)
    cut_entries = models.PositiveBigIntegerField(default=0)
    cut_seal = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("kepala rantai")
        verbose_name_plural = pgettext_lazy("jamak", "kepala rantai")

    def __str__(self) -> str:
        return str(self.entries)
