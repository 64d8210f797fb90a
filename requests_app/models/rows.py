"""What a request asks for: rows about persons (Data Detail), statistics (Data Statistik), and Excel uploads."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.catalogue.models import Service
from core.doors import clock
from core.doors.storage import private_path
from core.holdings.models import Identified
from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice
from requests_app.models.request import DataRequest


class Outcome(models.TextChoices):
    """What became of a row."""

    PENDING = "pending", _("Belum dijawab")
    FOUND = "found", _("Ditemukan")
    NOT_FOUND = "not_found", _("Tidak Ditemukan")
    NEEDS_REVIEW = "needs_review", _("Perlu Pemeriksaan")
    WITHHELD = "withheld", _("Dikecualikan")
    OUT_OF_SCOPE = "out_of_scope", _("Di luar ruang lingkup")


#: Outcomes that count as an answer; the others keep a request from approval.
ANSWERED_OUTCOMES = (Outcome.FOUND, Outcome.NOT_FOUND, Outcome.WITHHELD, Outcome.OUT_OF_SCOPE)


class RequestRow(Identified):
    """One person asked for under one service."""

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField(pgettext_lazy("kolom", "No"))
    service = models.ForeignKey(
        Service, verbose_name=_("Layanan"), on_delete=models.PROTECT, related_name="+"
    )
    values = models.JSONField(_("isi"), default=dict)
    outcome = models.CharField(_("hasil"), max_length=14, choices=Outcome, default=Outcome.PENDING)
    outcome_reason = models.CharField(_("alasan"), max_length=250, blank=True)
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("dijawab oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("dijawab pada"), null=True, blank=True)

    class Meta:
        verbose_name = _("data detail")
        verbose_name_plural = pgettext_lazy("jamak", "data detail")
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "position"], name="row_position_once_per_request"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} #{self.position}"


class StatisticsItem(models.Model):
    """One statistics question: a service, a period and filters; answered by a table of counts."""

    class Citizenship(models.TextChoices):
        WNI = "WNI", _("WNI")
        WNA = "WNA", _("WNA")

    class Direction(models.TextChoices):
        IN = "MASUK", pgettext_lazy("arah", "Masuk")
        OUT = "KELUAR", pgettext_lazy("arah", "Keluar")

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="statistics")
    position = models.PositiveIntegerField(pgettext_lazy("kolom", "No"))
    service = models.ForeignKey(
        Service, verbose_name=_("Layanan"), on_delete=models.PROTECT, related_name="+"
    )
    period_from = models.DateField(_("Periode Data dari"))
    period_until = models.DateField(_("Periode Data sampai"))
    regional_office = models.ForeignKey(
        RegionalOffice,
        verbose_name=_("Kantor Wilayah (Kanwil)"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    office = models.ForeignKey(
        ImmigrationOffice,
        verbose_name=_("Kantor Imigrasi (Kanim)"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    checkpoint = models.ForeignKey(
        Checkpoint,
        verbose_name=_("Tempat Pemeriksaan Imigrasi (TPI)"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    citizenship = models.CharField(_("Warga Negara"), max_length=3, choices=Citizenship, blank=True)
    direction = models.CharField(_("Arah Perlintasan"), max_length=10, choices=Direction, blank=True)
    #: The table of counts, small cells already suppressed; None until counted (core.holdings.statistics).
    answer = models.JSONField(_("jawaban"), null=True, blank=True)
    answered_at = models.DateTimeField(_("dihitung pada"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User,
        verbose_name=_("dihitung oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("data statistik")
        verbose_name_plural = pgettext_lazy("jamak", "data statistik")
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["request", "position"], name="statistics_position_once_per_request"
            ),
            models.CheckConstraint(
                condition=models.Q(period_until__gte=models.F("period_from")),
                name="statistics_period_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} statistik #{self.position}"

    def clean(self) -> None:
        """Period in order, not in the future, bounded; offices inside their parent; filters of the service only."""
        errors: dict[str, str] = {}
        service = self.service
        if not service.has_statistics:
            errors["service"] = gettext("Layanan %(service)s tidak dapat diminta sebagai statistik") % {
                "service": service.shown_label
            }
        if self.period_until < self.period_from:
            errors["period_until"] = gettext("Tanggal akhir Periode Data lebih awal daripada tanggal mulai")
        elif self.period_until > clock.today():
            errors["period_until"] = gettext("Tanggal akhir Periode Data melewati hari ini")
        elif (self.period_until - self.period_from).days > settings.STATISTICS_MAX_YEARS * 366:
            errors["period_until"] = gettext("Periode Data paling lama %(years)d tahun") % {
                "years": settings.STATISTICS_MAX_YEARS
            }
        for name in ("regional_office", "office", "checkpoint", "citizenship", "direction"):
            if name not in service.statistics_dimensions and getattr(self, name):
                errors[name] = gettext("Saringan ini tidak berlaku untuk layanan %(service)s") % {
                    "service": service.shown_label
                }
        if self.office and self.regional_office and self.office.regional_office_id != self.regional_office_id:
            errors["office"] = gettext("Kantor Imigrasi tidak termasuk %(parent)s. Pilih ulang") % {
                "parent": self.regional_office.name
            }
        if self.checkpoint and self.office and self.checkpoint.immigration_office_id != self.office_id:
            errors["checkpoint"] = gettext("TPI tidak termasuk %(parent)s. Pilih ulang") % {
                "parent": self.office.full_name
            }
        if errors:
            raise ValidationError(errors)


class RowUpload(models.Model):
    """An Excel file with rows: checked in the queue, saved only as a whole."""

    class Stage(models.TextChoices):
        WAITING = "waiting", _("Menunggu diperiksa")
        CHECKING = "checking", _("Sedang diperiksa")
        CLEAN = "clean", _("Siap disimpan")
        FAULTY = "faulty", _("Perlu diperbaiki")
        SAVED = "saved", _("Tersimpan")
        DISCARDED = "discarded", _("Dibatalkan")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="uploads")
    file = models.FileField(_("berkas"), upload_to=private_path("uploads"))
    file_name = models.CharField(_("nama berkas"), max_length=120)
    stage = models.CharField(_("tahap"), max_length=10, choices=Stage, default=Stage.WAITING)
    total = models.PositiveIntegerField(_("baris"), default=0)
    done = models.PositiveIntegerField(_("diperiksa"), default=0)
    #: Good rows per service key.
    counts = models.JSONField(default=dict, blank=True)
    #: {"sheet", "cell", "value", "message"} each.
    errors = models.JSONField(default=list, blank=True)
    #: First good rows, for the preview: {"service", "name", "number", "birth_date"}.
    preview = models.JSONField(default=list, blank=True)
    #: Cleaned rows waiting to be saved: [{"service": key, "values": {…}}]; emptied once saved or discarded.
    rows = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("unggahan Excel")
        verbose_name_plural = pgettext_lazy("jamak", "unggahan Excel")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name
