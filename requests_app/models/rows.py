"""What a request asks for: rows about persons (Data Detail) and statistics (Data Statistik)."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.catalogue.models import Service
from core.doors import clock
from core.holdings.models import Identified
from core.holdings.names import name_key
from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice
from requests_app.models.request import DataRequest
from requests_app.models.result import ResultDocument


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
#: Outcomes that an applicant must be told the reason of.
REASONED_OUTCOMES = (Outcome.WITHHELD, Outcome.OUT_OF_SCOPE)
REASON_LENGTH = 250


class RowQuerySet(models.QuerySet["RequestRow"]):
    """Reads of rows."""

    def answered(self) -> "RowQuerySet":
        """With an outcome that counts as an answer."""
        return self.filter(outcome__in=ANSWERED_OUTCOMES)

    def about(self, text: str) -> "RowQuerySet":
        """Whose name holds ``text`` as it is written or with these words, or whose number begins with it.

        A few digits are also the row's own number. For the rows of one request.
        """
        words = " ".join(text.split())
        number = "".join(words.upper().split())
        meant = Q(name__icontains=words)
        if key := name_key(words):
            meant |= Q(name_key__contains=key)
        for column in ("national_id", "passport_no", "document_no", "niora"):
            meant |= Q(**{f"{column}__startswith": number})
        if number.isascii() and number.isdigit() and len(number) <= 7:
            meant |= Q(position=int(number))
        return self.filter(meant)

    def unreleased(self) -> "RowQuerySet":
        """In no document yet and not waiting to go into one."""
        return self.filter(released_in__isnull=True, released_by__isnull=True)

    def free_for(self, user: User) -> "RowQuerySet":
        """Those this officer may change: kept by nobody else and in no document."""
        return self.unreleased().filter(Q(assignee__isnull=True) | Q(assignee=user))


class RequestRow(Identified):
    """One person asked for under one service."""

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField(pgettext_lazy("kolom", "No"))
    service = models.ForeignKey(
        Service, verbose_name=_("Layanan"), on_delete=models.PROTECT, related_name="+"
    )
    values = models.JSONField(_("isi"), default=dict)
    outcome = models.CharField(_("hasil"), max_length=14, choices=Outcome, default=Outcome.PENDING)
    outcome_reason = models.CharField(_("alasan"), max_length=REASON_LENGTH, blank=True)
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("dijawab oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("dijawab pada"), null=True, blank=True)
    #: The officer who keeps this row for himself; nobody: whoever may process the request.
    assignee = models.ForeignKey(
        User, verbose_name=_("petugas"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(_("diambil pada"), null=True, blank=True)
    #: Raised with every change of holder, outcome or answers, so that a grid opened earlier is noticed.
    version = models.PositiveIntegerField(default=1, editable=False)
    #: Keyed hashes of the person's numbers, kept when the values were destroyed (core.access_log.record).
    erased_keys = models.JSONField(null=True, blank=True, editable=False)
    #: The document that carries the answer; from then on the row is closed until the request is reopened.
    released_in = models.ForeignKey(
        ResultDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="rows", editable=False
    )
    released_at = models.DateTimeField(_("diterbitkan pada"), null=True, blank=True, editable=False)
    #: Who approved the release of this row before the rest of its request.
    released_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = _("data detail")
        verbose_name_plural = pgettext_lazy("jamak", "data detail")
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "position"], name="row_position_once_per_request"),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(released_by=models.F("decided_by")),
                name="row_four_eyes",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["service", "outcome", "assignee"], name="row_bench"),
            # Quotas count the rows of a service over many requests.
            models.Index(fields=["request", "service"], name="row_of_service"),
            # Who was asked for before (repeats.py); empty values would only swell them.
            models.Index(fields=["passport_no"], name="row_passport", condition=~Q(passport_no="")),
            models.Index(fields=["national_id"], name="row_national_id", condition=~Q(national_id="")),
            models.Index(
                fields=["birth_date", "sound_key"], name="row_birth_and_sound", condition=~Q(sound_key="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} #{self.position}"

    @property
    def is_closed(self) -> bool:
        """Whether it is in a document, or on the way into one."""
        return self.released_in_id is not None or self.released_by_id is not None

    @property
    def closed_reason(self) -> str:
        """Why nobody may change the row now; empty when it is open."""
        if self.released_in is not None:
            return gettext(
                "Baris %(number)d sudah diterbitkan dalam dokumen %(document)s. "
                "Baris itu dapat diubah setelah permohonan selesai dan dibuka kembali"
            ) % {"number": self.position, "document": self.released_in.number}
        if self.released_by_id is not None:
            return gettext("Baris %(number)d menunggu persetujuan kedua untuk diterbitkan") % {
                "number": self.position
            }
        return ""


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
                condition=Q(period_until__gte=models.F("period_from")),
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
