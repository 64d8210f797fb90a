"""The service catalogue: what may be asked and answered, as rows that an officer edits (low-code)."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from admin_theme.bounds import Between
from core.catalogue.kinds import KINDS
from core.catalogue.schema import Field, Schema
from core.doors import clock

KEY = RegexValidator(
    r"^[a-z][a-z0-9_]*\Z", _("Kunci hanya huruf kecil, angka, dan garis bawah, diawali huruf.")
)

STATISTICS_DIMENSIONS: tuple[str, ...] = (
    "regional_office",
    "office",
    "checkpoint",
    "citizenship",
    "direction",
)


class Identifies(models.TextChoices):
    """The typed, indexed column that a field fills (core.holdings.models.Identified)."""

    NAME = "name", _("Nama")
    BIRTH_DATE = "birth_date", _("Tanggal lahir")
    BIRTH_PLACE = "birth_place", _("Tempat lahir")
    NATIONAL_ID = "national_id", _("NIK")
    PASSPORT_NO = "passport_no", _("Nomor paspor")
    DOCUMENT_NO = "document_no", _("Nomor dokumen lain")
    NIORA = "niora", _("NIORA")
    NATIONALITY = "nationality", _("Kewarganegaraan")


class Measures(models.TextChoices):
    """The statistics dimension that a field of the holdings fills."""

    EVENT_ON = "event_on", _("Tanggal kejadian")
    OFFICE = "office", _("Kantor Imigrasi")
    CHECKPOINT = "checkpoint", _("TPI")
    DIRECTION = "direction", _("Arah")


class ServiceQuerySet(models.QuerySet["Service"]):
    """Reads of services."""

    def published(self) -> "ServiceQuerySet":
        """Services that applicants may choose."""
        return self.filter(is_published=True)

    def with_fields(self) -> "ServiceQuerySet":
        """With their fields, so that ``schema()`` costs no further query."""
        return self.prefetch_related("fields")


class ServiceManager(models.Manager.from_queryset(ServiceQuerySet)):  # type: ignore[misc]  # made by a call
    """Services as they are in force: prepared changes are left out."""

    def get_queryset(self) -> ServiceQuerySet:
        """Without drafts."""
        found: ServiceQuerySet = super().get_queryset().filter(draft_of__isnull=True)
        return found


class Service(models.Model):
    """A kind of data that may be asked for, such as Paspor."""

    key = models.CharField(_("kunci"), max_length=40, validators=[KEY])
    label = models.CharField(_("nama layanan"), max_length=60)
    label_en = models.CharField(_("nama (Inggris)"), max_length=60, blank=True)
    description = models.CharField(_("keterangan"), max_length=250, blank=True)
    description_en = models.CharField(_("keterangan (Inggris)"), max_length=250, blank=True)
    position = models.PositiveSmallIntegerField(_("urutan"), default=100)
    is_published = models.BooleanField(_("diterbitkan"), default=False)
    has_statistics = models.BooleanField(_("dapat diminta sebagai statistik"), default=False)
    statistics_dimensions = models.JSONField(_("saringan statistik"), default=list, blank=True)
    #: Ordered list of {"keys": [columns], "grade": "exact" | "candidate"}; empty = the default order.
    match_rules = models.JSONField(_("urutan pencocokan"), default=list, blank=True)
    #: Deportation and the like: always a second officer (later: thresholds).
    is_sensitive = models.BooleanField(_("sangat peka"), default=False)
    answer_working_days = models.PositiveSmallIntegerField(
        _("batas waktu jawaban"),
        null=True,
        blank=True,
        validators=[Between(1, 366)],
        help_text=_("Hari kerja; kosong berarti mengikuti aturan kerja."),
    )
    #: First use in a request or a holding; from then on keys and kinds are frozen.
    used_at = models.DateTimeField(_("mulai dipakai pada"), null=True, blank=True, editable=False)

    #: A copy on which changes of the published service are prepared (core.catalogue.operations).
    draft_of = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, editable=False, related_name="draft"
    )

    objects = ServiceManager()
    #: Drafts of changes as well; for the console only.
    with_drafts = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("layanan")
        verbose_name_plural = pgettext_lazy("jamak", "layanan")
        ordering: ClassVar[list[str]] = ["position", "label"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(draft_of__isnull=True),
                name="service_key_once",
                violation_error_message=_("Kunci ini sudah dipakai layanan lain."),
            ),
            models.UniqueConstraint(
                fields=["label"],
                condition=models.Q(draft_of__isnull=True),
                name="service_label_once",
                violation_error_message=_("Nama layanan ini sudah dipakai."),
            ),
        ]

    def __str__(self) -> str:
        return (
            _("%(service)s (draf)") % {"service": self.shown_label} if self.draft_of_id else self.shown_label
        )

    @property
    def is_draft(self) -> bool:
        """Whether this is a copy on which changes are prepared."""
        return self.draft_of_id is not None

    @property
    def is_in_force(self) -> bool:
        """Whether applicants see this very row: it is then changed by publishing a draft only."""
        return self.is_published and not self.is_draft

    @cached_property
    def frozen_keys(self) -> frozenset[str]:
        """Keys of the columns whose key and kind may not change any more: stored data is read with them."""
        owner = self.draft_of or self
        if owner.used_at is None:
            return frozenset()
        return frozenset(ServiceField.objects.filter(service_id=owner.pk).values_list("key", flat=True))

    @property
    def shown_label(self) -> str:
        """The label in the person's language."""
        return self.label_en if self.label_en and get_language() == "en" else self.label

    @property
    def shown_description(self) -> str:
        """The description in the person's language."""
        return self.description_en if self.description_en and get_language() == "en" else self.description

    def clean(self) -> None:
        """Refuses a changed key once used, unknown dimensions and malformed match rules."""
        owner = self.draft_of or self
        if self.pk and owner.used_at and Service.objects.get(pk=owner.pk).key != self.key:
            raise ValidationError({"key": _("Kunci layanan yang sudah dipakai tidak dapat diubah.")})
        unknown = set(self.statistics_dimensions or []) - set(STATISTICS_DIMENSIONS)
        if unknown:
            raise ValidationError(
                {
                    "statistics_dimensions": _("Saringan tidak dikenal: %(names)s")
                    % {"names": ", ".join(sorted(unknown))}
                }
            )
        for rule in self.match_rules or []:
            if (
                not isinstance(rule, dict)
                or rule.get("grade") not in ("exact", "candidate")
                or not rule.get("keys")
                or not set(rule["keys"]) <= set(Identifies.values)
            ):
                raise ValidationError(
                    {
                        "match_rules": _(
                            "Setiap aturan berisi keys (kolom pengenal) dan grade (exact atau candidate)."
                        )
                    }
                )

    def schema(self) -> Schema:
        """The service as a frozen schema; two queries at most, one when fields are prefetched."""
        return Schema(
            service_key=self.key,
            service_label=self.label,
            service_label_en=self.label_en,
            fields=tuple(field.to_field() for field in self.fields.all() if not field.is_retired),
        )

    def mark_used(self) -> None:
        """Freezes keys and kinds from now on."""
        if self.used_at is None:
            self.used_at = clock.now()
            self.save(update_fields=["used_at"])


class ServiceField(models.Model):
    """A column of a service: asked from the applicant, given in the answer, or both."""

    service = models.ForeignKey(
        Service, verbose_name=_("layanan"), on_delete=models.PROTECT, related_name="fields"
    )
    key = models.CharField(_("kunci"), max_length=40, validators=[KEY])
    label = models.CharField(_("label"), max_length=60)
    label_en = models.CharField(_("label (Inggris)"), max_length=60, blank=True)
    kind = models.CharField(
        _("jenis"), max_length=20, choices=[(kind.name, kind.label) for kind in KINDS.values()]
    )
    position = models.PositiveSmallIntegerField(_("urutan"), default=100)
    asked = models.BooleanField(_("diminta"), default=False, help_text=_("Diisi pemohon."))
    required = models.BooleanField(_("wajib"), default=False)
    answered = models.BooleanField(_("dijawab"), default=False, help_text=_("Ada di basis data dan jawaban."))
    group = models.CharField(
        _("kelompok"),
        max_length=20,
        blank=True,
        help_text=_("Dari satu kelompok, paling sedikit satu harus diisi."),
    )
    identifies = models.CharField(_("mengenali"), max_length=20, choices=Identifies, blank=True)
    measures = models.CharField(_("dimensi statistik"), max_length=20, choices=Measures, blank=True)
    choices = models.JSONField(
        _("pilihan"), default=list, blank=True, help_text=_('Daftar pasangan: [["NILAI", "Label"], …]')
    )
    help = models.CharField(_("petunjuk"), max_length=200, blank=True)
    help_en = models.CharField(_("petunjuk (Inggris)"), max_length=200, blank=True)
    example = models.CharField(_("contoh"), max_length=100, blank=True)
    max_length = models.PositiveSmallIntegerField(
        _("panjang maksimum"),
        null=True,
        blank=True,
        validators=[Between(1, 2000)],
    )
    options = models.JSONField(_("opsi"), default=dict, blank=True)
    is_retired = models.BooleanField(_("dihentikan"), default=False)

    class Meta:
        verbose_name = _("kolom layanan")
        verbose_name_plural = pgettext_lazy("jamak", "kolom layanan")
        ordering: ClassVar[list[str]] = ["service", "position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["service", "key"],
                name="field_key_once_per_service",
                violation_error_message=_("Kunci ini sudah dipakai pada layanan yang sama."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Refuses what would change the meaning of stored data."""
        self._check_choices()
        # Labels are the headings of templates and import files.
        twins = ServiceField.objects.filter(
            service_id=self.service_id, label__iexact=self.label.strip(), is_retired=False
        )
        if not self.is_retired and twins.exclude(pk=self.pk).exists():
            raise ValidationError({"label": _("Label ini sudah dipakai pada layanan yang sama.")})
        if self.kind in KINDS and not KINDS[self.kind].can_identify(self.identifies):
            raise ValidationError(
                {
                    "identifies": _("Tidak dapat dikenali dari kolom berjenis %(kind)s.")
                    % {"kind": KINDS[self.kind].label}
                }
            )
        if not isinstance(self.options, dict):
            raise ValidationError({"options": _("Opsi harus berupa objek, misalnya {}.")})
        if self.required and not self.asked:
            raise ValidationError({"required": _("Kolom yang tidak diminta tidak dapat diwajibkan.")})
        if self.required and self.group:
            raise ValidationError({"group": _("Kolom wajib tidak perlu kelompok. Kosongkan salah satunya.")})
        if not self.pk:
            return
        stored = ServiceField.objects.get(pk=self.pk)
        if stored.key not in self.service.frozen_keys:
            return
        # A draft is measured against what is in force, so that its own new choices may go again.
        owner_id = self.service.draft_of_id or self.service_id
        before = ServiceField.objects.get(service_id=owner_id, key=stored.key)
        if before.key != self.key or before.kind != self.kind:
            raise ValidationError(
                _(
                    "Kunci dan jenis kolom yang sudah dipakai tidak dapat diubah. "
                    "Hentikan kolom ini dan buat yang baru."
                )
            )
        gone = {value for value, _label in before.choices} - {value for value, _label in self.choices}
        if gone:
            raise ValidationError(
                {
                    "choices": _("Pilihan yang sudah dipakai tidak dapat dihapus: %(names)s")
                    % {"names": ", ".join(sorted(gone))}
                }
            )

    def _check_choices(self) -> None:
        good = isinstance(self.choices, list) and all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) and part for part in pair)
            for pair in self.choices
        )
        if not good:
            raise ValidationError(
                {"choices": _('Tulis daftar pasangan nilai dan label: [["YA", "Ya"], ["TIDAK", "Tidak"]].')}
            )
        if self.kind == "choice" and not self.choices:
            raise ValidationError({"choices": _("Isi pilihan untuk jenis Pilihan.")})

    def to_field(self) -> Field:
        """The frozen description of this column."""
        options: dict[str, Any] = dict(self.options or {})
        return Field(
            key=self.key,
            label=self.label,
            label_en=self.label_en,
            kind_name=self.kind,
            asked=self.asked,
            required=self.required,
            answered=self.answered,
            identifies=self.identifies,
            measures=self.measures,
            group=self.group,
            choices=tuple((value, label) for value, label in self.choices),
            help=self.help,
            help_en=self.help_en,
            example=self.example,
            max_length=self.max_length,
            options=options,
        )


class ServiceVersion(models.Model):
    """A service as it was published: number, who, when, why; written by the verbs and never changed."""

    service = models.ForeignKey(
        Service, verbose_name=_("layanan"), on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField(_("versi"))
    #: {"service": {column: value}, "fields": [{column: value}, …]} of core.catalogue.versions.
    snapshot = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("oleh"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    at = models.DateTimeField(_("diterbitkan pada"), auto_now_add=True)
    note = models.CharField(_("catatan"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("versi layanan")
        verbose_name_plural = pgettext_lazy("jamak", "versi layanan")
        ordering: ClassVar[list[str]] = ["service", "-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["service", "number"], name="service_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service} v{self.number}"
