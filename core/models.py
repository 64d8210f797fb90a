"""Rows the platform keeps for itself: limits and outgoing mail."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Limit(models.Model):
    """How often something happened in a window of time; shared by all workers (core.throttle)."""

    key = models.CharField(max_length=160, unique=True)
    count = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class ContentVersion(models.Model):
    """The one row that changes with everything public pages show; written by triggers (core.content_version)."""

    word = models.CharField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.word


class LoadedSource(models.Model):
    """What a loader last brought into this database, so that the next start need not compare it row by row."""

    subject = models.CharField(max_length=40, primary_key=True)
    #: SHA-256 of where it came from: version of the package and the rules of reading it.
    fingerprint = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.subject


class OutgoingMail(models.Model):
    """One message to be sent by a worker: its kind and the ids it is built from, never its text (core.doors.mail)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Menunggu")
        SENT = "sent", _("Terkirim")
        FAILED = "failed", _("Gagal")

    kind = models.CharField(_("jenis"), max_length=80)
    reference = models.CharField(_("rujukan"), max_length=64)
    #: One message per event however often the task runs.
    dedupe_key = models.CharField(max_length=160, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("percobaan"), default=0)
    last_error = models.CharField(_("galat terakhir"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("dibuat pada"), auto_now_add=True)
    next_attempt_at = models.DateTimeField(_("percobaan berikut"))
    sent_at = models.DateTimeField(_("terkirim pada"), null=True, blank=True)

    class Meta:
        verbose_name = _("surel keluar")
        verbose_name_plural = pgettext_lazy("jamak", "surel keluar")
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "next_attempt_at"], name="mail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"

    def mark_sent(self, at: datetime) -> None:
        self.status = self.Status.SENT
        self.sent_at = at
        self.last_error = ""


class MailText(models.Model):
    """What an administrator wrote instead of an app's own mail text (core.mail_texts); empty = the app's own."""

    kind = models.CharField(_("jenis"), max_length=80, unique=True, editable=False)
    subject = models.CharField(_("perihal"), max_length=150, blank=True)
    body = models.TextField(_("isi"), max_length=5000, blank=True)
    subject_en = models.CharField(_("perihal (Inggris)"), max_length=150, blank=True)
    body_en = models.TextField(_("isi (Inggris)"), max_length=5000, blank=True)

    class Meta:
        verbose_name = _("teks surel")
        verbose_name_plural = pgettext_lazy("jamak", "teks surel")
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        from core.mail_texts import kinds  # declared by the apps, which are built upon this module

        found = kinds().get(self.kind)
        return str(found.label) if found else self.kind

    def texts(self, language: str) -> tuple[str, str]:
        """Subject and body in a language; empty where the app's own text holds."""
        return (self.subject_en, self.body_en) if language == "en" else (self.subject, self.body)
