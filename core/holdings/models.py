"""The directorate's own records that requests are answered from, and the runs that loaded them."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.doors.storage import private_path
from core.holdings.names import name_key, sound_of_key
from core.reference.models import Checkpoint, ImmigrationOffice

#: A service made in the console may let a column of longer texts identify.
_LONGEST = {"national_id": 16, "passport_no": 15, "document_no": 30, "niora": 30, "nationality": 3}


def identified(column: str, text: str) -> tuple[str, ...]:
    """What stands in the typed column(s) of a value that identifies: of a name itself and its two keys."""
    if column == "name":
        name = text[:150]
        key = name_key(name)
        return name, key[:150], sound_of_key(key)[:150]
    if column == "birth_place":
        return (text.upper()[:100],)
    return (text[: _LONGEST.get(column)],)


class Identified(models.Model):
    """The typed, indexed columns by which a person is recognised; shared by holdings and asked rows."""

    name = models.CharField(_("Nama"), max_length=150, blank=True)
    name_key = models.CharField(max_length=150, blank=True, editable=False)
    sound_key = models.CharField(max_length=150, blank=True, editable=False)
    birth_date = models.DateField(_("Tanggal Lahir"), null=True, blank=True)
    birth_place = models.CharField(_("Tempat Lahir"), max_length=100, blank=True)
    national_id = models.CharField(_("NIK"), max_length=16, blank=True)
    passport_no = models.CharField(_("No. Paspor"), max_length=15, blank=True)
    document_no = models.CharField(_("No. Dokumen"), max_length=30, blank=True)
    niora = models.CharField(_("NIORA"), max_length=30, blank=True)
    nationality = models.CharField(_("Kewarganegaraan"), max_length=3, blank=True)

    class Meta:
        abstract = True

    def identify(self, schema: Schema, values: Mapping[str, Any]) -> None:
        """Fills the typed columns from ``values``."""
        found = schema.identifying(values)
        self.name, self.name_key, self.sound_key = identified("name", found.get("name", ""))
        self.birth_date = date.fromisoformat(found["birth_date"]) if "birth_date" in found else None
        for column in ("birth_place", "national_id", "passport_no", "document_no", "niora", "nationality"):
            setattr(self, column, identified(column, found.get(column, ""))[0])

    @property
    def identity_number(self) -> str:
        """The number shown in lists under NIK/No. Paspor."""
        return self.national_id or self.passport_no or self.document_no or self.niora


class ImportRun(models.Model):
    """One load of holdings by a member of staff (or the demo data), so that it can be shown and undone."""

    class Stage(models.TextChoices):
        CHECKING = "checking", _("Diperiksa")
        READY = "ready", _("Siap disimpan")
        ASKED = "asked", _("Menunggu persetujuan")
        WRITING = "writing", _("Disimpan")
        DONE = "done", _("Selesai")
        REFUSED = "refused", _("Ditolak")
        UNDOING = "undoing", _("Sedang dibatalkan")
        UNDONE = "undone", _("Dibatalkan")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(
        Service, verbose_name=_("layanan"), on_delete=models.PROTECT, related_name="+"
    )
    file = models.FileField(_("berkas"), upload_to=private_path("imports"), blank=True)
    file_name = models.CharField(_("nama berkas"), max_length=120, blank=True)
    #: SHA-256 of the file as it was uploaded; stays when the file is gone.
    sha256 = models.CharField(_("SHA-256 berkas"), max_length=64, blank=True, editable=False)
    #: The checked rows as the database takes them (``prepared``); goes with the file.
    prepared = models.FileField(upload_to=private_path("imports"), blank=True, editable=False)
    #: SHA-256 of that file, and of the rules that were in force when it was made.
    prepared_hash = models.CharField(max_length=64, blank=True, editable=False)
    rules_hash = models.CharField(max_length=64, blank=True, editable=False)
    stage = models.CharField(_("tahap"), max_length=10, choices=Stage, default=Stage.CHECKING)
    total = models.PositiveIntegerField(_("baris"), default=0)
    #: Rows written so far, in the same commit as the rows: a worker that died goes on from here.
    done = models.PositiveIntegerField(_("selesai disimpan"), default=0)
    created_count = models.PositiveIntegerField(_("baru"), default=0)
    updated_count = models.PositiveIntegerField(_("diperbarui"), default=0)
    error_count = models.PositiveIntegerField(_("jumlah kesalahan"), default=0)
    #: {"cell", "column", "message"} each, the first few hundred; emptied when the run ends.
    errors = models.JSONField(_("kesalahan"), default=list, blank=True)
    #: The first rows as texts in column order; emptied when the run ends.
    preview = models.JSONField(default=list, blank=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("oleh"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("dimulai pada"), auto_now_add=True)
    asked_at = models.DateTimeField(_("persetujuan diminta pada"), null=True, blank=True)
    #: Who had it written: never who brought it, unless ``is_alone``.
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("disetujui oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("disetujui pada"), null=True, blank=True)
    #: Saved by whoever brought it, while the rules of work asked for nobody else.
    is_alone = models.BooleanField(_("tanpa petugas kedua"), default=False, editable=False)
    #: Why it was sent back to whoever brought it.
    note = models.CharField(_("alasan pengembalian"), max_length=250, blank=True)
    finished_at = models.DateTimeField(_("selesai pada"), null=True, blank=True)
    #: Whether what it replaced is still known (``FormerRecord``): without it nothing can be undone.
    keeps_former = models.BooleanField(default=False, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("dibatalkan oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    undone_at = models.DateTimeField(_("dibatalkan pada"), null=True, blank=True)
    #: Records so far, in the same commit as the records.
    removed_count = models.PositiveIntegerField(_("dihapus"), default=0)
    restored_count = models.PositiveIntegerField(_("dikembalikan"), default=0)
    #: Records that stayed because an answer rests on them; counted at the end.
    kept_count = models.PositiveIntegerField(_("dipertahankan"), default=0)

    class Meta:
        verbose_name = _("impor basis data")
        verbose_name_plural = pgettext_lazy("jamak", "impor basis data")
        ordering: ClassVar[list[str]] = ["-created_at"]
        permissions: ClassVar = [
            ("approve_importrun", _("Menyetujui penyimpanan impor basis data")),
            ("undo_importrun", _("Membatalkan impor basis data yang sudah disimpan")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Four eyes (security.md S-25). A load by no person, such as the demo's, has no second one either.
            models.CheckConstraint(
                name="import_approved_by_another",
                condition=models.Q(approved_by__isnull=True)
                | models.Q(by__isnull=True)
                | models.Q(is_alone=True)
                | ~models.Q(approved_by=models.F("by")),
            ),
            models.CheckConstraint(
                name="import_written_once_approved",
                condition=~models.Q(stage="writing")
                | models.Q(by__isnull=True)
                | models.Q(approved_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name or str(self.id)


class Record(Identified):
    """One record of the holdings: a passport, a visa, a crossing, a permit, a deportation …"""

    service = models.ForeignKey(
        Service, verbose_name=_("layanan"), on_delete=models.PROTECT, related_name="records"
    )
    #: The source system's own key: a second import of the same key replaces the record.
    source_key = models.CharField(_("kunci sumber"), max_length=64)
    values = models.JSONField(_("isi"), default=dict)
    event_on = models.DateField(_("tanggal kejadian"), null=True, blank=True)
    office = models.ForeignKey(
        ImmigrationOffice,
        verbose_name=_("Kantor Imigrasi"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    checkpoint = models.ForeignKey(
        Checkpoint, verbose_name=_("TPI"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    direction = models.CharField(_("arah"), max_length=10, blank=True)
    import_run = models.ForeignKey(
        ImportRun,
        verbose_name=_("impor"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="records",
        # The index below serves it too.
        db_index=False,
    )
    updated_at = models.DateTimeField(_("diperbarui pada"), auto_now=True)

    class Meta:
        verbose_name = _("catatan keimigrasian")
        verbose_name_plural = pgettext_lazy("jamak", "basis data keimigrasian")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["service", "source_key"], name="record_once_per_source_key"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["service", "national_id"],
                name="record_national_id",
                condition=~models.Q(national_id=""),
            ),
            models.Index(
                fields=["service", "passport_no"],
                name="record_passport_no",
                condition=~models.Q(passport_no=""),
            ),
            models.Index(
                fields=["service", "document_no"],
                name="record_document_no",
                condition=~models.Q(document_no=""),
            ),
            models.Index(fields=["service", "niora"], name="record_niora", condition=~models.Q(niora="")),
            # Everything that comparing the names of a day's persons reads: the table itself is asked for hits only.
            models.Index(
                fields=["service", "birth_date", "sound_key", "name_key", "id"], name="record_born_named"
            ),
            models.Index(fields=["service", "event_on", "direction"], name="record_event"),
            # The records of a run page by page.
            models.Index(fields=["import_run", "id"], name="record_import_run"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id}:{self.source_key}"

    @property
    def citizenship(self) -> str:
        """WNI or WNA by nationality, empty when unknown."""
        if not self.nationality:
            return ""
        return "WNI" if self.nationality == "IDN" else "WNA"


class MonthCount(models.Model):
    """How many records of a service fall into a month, by place and direction; written by triggers (counts.py)."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    #: Its first day.
    month = models.DateField()
    office = models.ForeignKey(ImmigrationOffice, on_delete=models.PROTECT, null=True, related_name="+")
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, null=True, related_name="+")
    direction = models.CharField(max_length=10, blank=True)
    number = models.IntegerField()
    #: Of them citizens and foreigners; the others have no nationality.
    wni = models.IntegerField()
    wna = models.IntegerField()

    class Meta:
        verbose_name = _("jumlah catatan per bulan")
        verbose_name_plural = pgettext_lazy("jamak", "jumlah catatan per bulan")
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                models.F("service"),
                models.F("month"),
                models.F("direction"),
                Coalesce("office", 0, output_field=models.BigIntegerField()),
                Coalesce("checkpoint", 0, output_field=models.BigIntegerField()),
                name="count_once_per_cell",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.month:%Y-%m}"


class FormerRecord(models.Model):
    """What a record held before a run replaced it; the typed columns follow from the values.

    Personal data that nobody looks up: only undoing the run reads it, and it is forgotten after
    ``settings.IMPORT_UNDO_DAYS``.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="former", db_index=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField()
    #: The run the record came from before.
    former_run = models.ForeignKey(
        ImportRun, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("isi lama catatan")
        verbose_name_plural = pgettext_lazy("jamak", "isi lama catatan")
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "record"], name="former_once_per_run"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Whether a later run replaced anything of a run.
            models.Index(fields=["former_run", "run"], name="former_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.record_id}"
