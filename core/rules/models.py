"""Rules of work kept as data: one row of terms and thresholds, and the reasons officers choose from."""

import re
from datetime import time
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from admin_theme.bounds import Between

#: A second approval from more rows on than this would in fact never be asked for.
HIGHEST_THRESHOLD = 10_000

#: Characters of a reason.
LONGEST_REASON = 150

_DAYS = (Between(1, 366),)


def check_day_list(text: str) -> None:
    """ValidationError unless ``text`` is a falling list of at most six whole numbers, such as "90, 60, 30, 7"."""
    if not re.fullmatch(r"\s*\d{1,3}(\s*,\s*\d{1,3}){0,5}\s*", text, re.ASCII):
        raise ValidationError(gettext("Tulis angka hari dipisah koma, misalnya 90, 60, 30, 7"))
    days = day_list(text)
    if days != sorted(set(days), reverse=True):
        raise ValidationError(
            gettext("Urutkan dari yang terbanyak tanpa angka yang sama, misalnya 90, 60, 30, 7")
        )


def day_list(text: str) -> list[int]:
    """The numbers of a list such as "90, 60, 30, 7"."""
    return [int(part) for part in text.split(",")]


class WorkRules(models.Model):
    """The one row of terms and thresholds; a change counts from the next thing that happens (source: product.md §4)."""

    answer_working_days = models.PositiveSmallIntegerField(
        _("Batas waktu jawaban"),
        default=5,
        validators=_DAYS,
        help_text=_("Hari kerja sejak permohonan diterima, bila layanan tidak menetapkan sendiri."),
    )
    extension_working_days = models.PositiveSmallIntegerField(
        _("Perpanjangan paling banyak"),
        default=7,
        validators=[Between(0, 366)],
        help_text=_("Hari kerja untuk satu permohonan, seluruh perpanjangan bersama; 0 berarti tidak boleh."),
    )
    due_reminder_days = models.PositiveSmallIntegerField(
        _("Ingatkan petugas"),
        default=2,
        validators=[Between(0, 30)],
        help_text=_("Hari kerja sebelum batas waktu jawaban; sejak itu lampunya kuning."),
    )
    registration_working_days = models.PositiveSmallIntegerField(
        _("Batas waktu pemeriksaan pendaftaran"), default=2, validators=_DAYS, help_text=_("Hari kerja.")
    )
    correction_working_days = models.PositiveSmallIntegerField(
        _("Batas waktu perbaikan"),
        default=10,
        validators=_DAYS,
        help_text=_("Hari kerja; sesudahnya permohonan kedaluwarsa."),
    )
    correction_reminders = models.CharField(
        _("Pengingat perbaikan"),
        max_length=40,
        default="5, 2",
        validators=[check_day_list],
        help_text=_("Hari kerja sebelum batas waktu perbaikan, misalnya 5, 2."),
    )
    work_starts = models.TimeField(_("Jam kerja mulai"), default=time(8))
    work_ends = models.TimeField(
        _("Jam kerja selesai"),
        default=time(16),
        help_text=_("Permohonan yang masuk sesudahnya dihitung mulai hari kerja berikutnya."),
    )
    agreement_warnings = models.CharField(
        _("Peringatan PKS berakhir"),
        max_length=40,
        default="90, 60, 30, 7",
        validators=[check_day_list],
        help_text=_("Hari sebelum PKS berakhir, dikirim kepada instansi dan admin."),
    )
    agreement_grace_days = models.PositiveSmallIntegerField(
        _("Masa tenggang PKS"),
        default=30,
        validators=[Between(0, 366)],
        help_text=_("Hari sesudah PKS berakhir; permohonan yang sudah dikirim masih boleh disetujui."),
    )
    second_approval_rows = models.PositiveIntegerField(
        _("Persetujuan kedua mulai dari"),
        default=100,
        validators=[Between(1, HIGHEST_THRESHOLD)],
        help_text=_("Banyaknya baris dalam satu permohonan."),
    )
    new_agency_days = models.PositiveSmallIntegerField(
        _("Instansi baru selama"),
        default=90,
        validators=[Between(0, 1000)],
        help_text=_("Hari sejak PKS pertama berlaku; permohonannya memerlukan persetujuan kedua."),
    )
    second_for_imports = models.BooleanField(
        _("Impor disetujui petugas lain"),
        default=True,
        help_text=_(
            "Berkas impor basis data disimpan oleh petugas lain daripada yang mengunggahnya. "
            "Matikan hanya bila kantor memiliki satu petugas."
        ),
    )
    message_days = models.PositiveSmallIntegerField(
        _("Percakapan sesudah selesai"),
        default=14,
        validators=[Between(0, 366)],
        help_text=_("Hari sesudah permohonan selesai atau ditolak; pemohon masih dapat menulis pesan."),
    )

    draft_days = models.PositiveSmallIntegerField(
        _("Draf disimpan"),
        default=90,
        validators=[Between(7, 366)],
        help_text=_("Hari sejak terakhir diubah; sesudahnya draf dihapus."),
    )
    rejected_registration_days = models.PositiveSmallIntegerField(
        _("Pendaftaran yang ditolak disimpan"),
        default=365,
        validators=[Between(30, 3660)],
        help_text=_("Hari sejak ditolak; sesudahnya data orang dan suratnya dimusnahkan."),
    )
    data_days = models.PositiveSmallIntegerField(
        _("Isi permohonan disimpan"),
        default=365,
        validators=[Between(30, 3660)],
        help_text=_("Hari sejak permohonan berakhir; sesudahnya baris, jawaban, dan berkasnya dimusnahkan."),
    )
    result_years = models.PositiveSmallIntegerField(
        _("Dokumen jawaban disimpan"),
        default=5,
        validators=[Between(5, 50)],
        help_text=_("Tahun sejak dinomori; nomor dan sidik jarinya tetap ada."),
    )
    log_years = models.PositiveSmallIntegerField(
        _("Jejak akses disimpan"),
        default=5,
        validators=[Between(5, 50)],
        help_text=_("Tahun; paling sedikit lima."),
    )

    class Meta:
        verbose_name = _("aturan kerja")
        verbose_name_plural = pgettext_lazy("jamak", "aturan kerja")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_rules"),
        ]

    def __str__(self) -> str:
        return str(_("Aturan kerja"))

    def clean(self) -> None:
        """The day must have hours; a reminder comes after the request to correct, not with it."""
        if self.work_starts and self.work_ends and self.work_starts >= self.work_ends:
            raise ValidationError({"work_ends": gettext("Jam selesai harus sesudah jam mulai")})
        if self.correction_working_days and self.correction_reminders:
            try:
                first = max(day_list(self.correction_reminders))
            except ValueError:
                return  # told at the field itself
            if first >= self.correction_working_days:
                raise ValidationError(
                    {
                        "correction_reminders": gettext(
                            "Pengingat harus lebih kecil daripada batas waktu perbaikan, %(days)d hari kerja"
                        )
                        % {"days": self.correction_working_days}
                    }
                )

    @classmethod
    def current(cls) -> "WorkRules":
        """The rules in force: one query; the defaults above while nobody has decided otherwise."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


def in_readers_language(text: str, english: str) -> str:
    """One of two wordings; the Indonesian one stands in for an empty English one."""
    return english if english and (get_language() or "id").startswith("en") else text


class ReasonQuerySet(models.QuerySet["Reason"]):
    """Reads of reasons."""

    def offered(self, purpose: str) -> "ReasonQuerySet":
        """The reasons an officer may choose for ``purpose`` now."""
        return self.filter(purpose=purpose, active=True)


class Reason(models.Model):
    """A reason officers choose from a list, so that everybody says the same thing in the same words."""

    class Purpose(models.TextChoices):
        CORRECTION = "correction", _("Minta perbaikan")
        REJECTION = "rejection", _("Menolak permohonan")
        OUTCOME = "outcome", _("Hasil baris")
        EXTENSION = "extension", _("Perpanjangan waktu")
        OVERRIDE = "override", _("Keadaan mendesak")
        REVOCATION = "revocation", _("Mencabut dokumen jawaban")

    purpose = models.CharField(_("dipakai untuk"), max_length=12, choices=Purpose)
    text = models.CharField(_("alasan"), max_length=LONGEST_REASON)
    text_en = models.CharField(_("alasan dalam bahasa Inggris"), max_length=LONGEST_REASON)
    position = models.PositiveSmallIntegerField(_("urutan"), default=100)
    active = models.BooleanField(_("dipakai"), default=True)

    objects = ReasonQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("tunggal", "alasan")
        verbose_name_plural = pgettext_lazy("jamak", "alasan")
        ordering: ClassVar[list[str]] = ["purpose", "position", "text"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["purpose", "text"], name="reason_once_per_purpose"),
        ]

    def __str__(self) -> str:
        return self.shown_text

    @property
    def shown_text(self) -> str:
        """The reason in the reader's language."""
        return in_readers_language(self.text, self.text_en)
