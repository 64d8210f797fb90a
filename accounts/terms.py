"""What an agreement grants in detail: purposes kept by administrators, and the terms of each service."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from admin_theme.bounds import Between
from core.catalogue.models import Service

#: Rows a quota may grant per period; "without limit" is an empty field.
MOST_QUOTA = 10_000_000


class Purpose(models.Model):
    """A purpose data may be asked for, such as investigation; an agreement may be limited to some of them."""

    code = models.SlugField(_("kode"), max_length=30, unique=True)
    label = models.CharField(_("tujuan"), max_length=120, unique=True)
    label_en = models.CharField(_("tujuan dalam bahasa Inggris"), max_length=120)
    position = models.PositiveSmallIntegerField(_("urutan"), default=100)
    active = models.BooleanField(_("dipakai"), default=True)

    class Meta:
        verbose_name = pgettext_lazy("tunggal", "tujuan")
        verbose_name_plural = pgettext_lazy("jamak", "tujuan")
        ordering: ClassVar[list[str]] = ["position", "label"]

    def __str__(self) -> str:
        return self.shown_label

    @property
    def shown_label(self) -> str:
        """The purpose in the reader's language."""
        return self.label_en if (get_language() or "id").startswith("en") else self.label


class AgreementService(models.Model):
    """One service inside an agreement: which answer columns, and how many rows in which period."""

    class Period(models.TextChoices):
        MONTH = "month", _("tiap bulan")
        YEAR = "year", _("tiap tahun")
        AGREEMENT = "agreement", _("selama PKS")

    agreement = models.ForeignKey("accounts.Agreement", on_delete=models.CASCADE, related_name="terms")
    service = models.ForeignKey(
        Service, verbose_name=_("layanan"), on_delete=models.PROTECT, related_name="terms"
    )
    #: Keys of the answered fields that may be given; empty: all of them, also those added later.
    columns = models.JSONField(_("kolom jawaban"), default=list, blank=True)
    quota_rows = models.PositiveIntegerField(
        _("kuota baris"), null=True, blank=True, validators=[Between(1, MOST_QUOTA)]
    )
    quota_period = models.CharField(_("periode kuota"), max_length=10, choices=Period, default=Period.MONTH)

    class Meta:
        verbose_name = _("layanan dalam PKS")
        verbose_name_plural = pgettext_lazy("jamak", "layanan dalam PKS")
        ordering: ClassVar[list[str]] = ["agreement", "service"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agreement", "service"], name="service_once_per_agreement"),
            models.CheckConstraint(
                condition=models.Q(quota_rows__isnull=True) | models.Q(quota_rows__gte=1),
                name="quota_of_at_least_one_row",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} – {self.service}"

    def clean(self) -> None:
        """Only answer columns of the service."""
        known = set(self.service.fields.filter(answered=True).values_list("key", flat=True))
        unknown = sorted(set(self.columns) - known)
        if unknown:
            raise ValidationError(
                {
                    "columns": gettext("Bukan kolom jawaban layanan ini: %(names)s")
                    % {"names": ", ".join(unknown)}
                }
            )
