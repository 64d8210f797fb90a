"""The conversation on a request: messages between applicant and officers, and, in a table apart, internal notes."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.doors import clock
from core.doors.storage import private_path
from requests_app.models.request import DataRequest

if TYPE_CHECKING:
    from accounts.models import User as UserType

#: Longest text of a message or note, in characters.
MESSAGE_LENGTH = 2000
#: So long the writer may take a message back.
RETRACT_WITHIN = timedelta(minutes=5)
#: What a saved reply may leave to be filled in: number of the request, day the answer is due.
PLACEHOLDERS = ("nomor", "tenggat")
_BRACES = re.compile(r"\{[^{}]*\}?|\}")


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages. Notes of officers are another table: no query here can bring one along."""

    def standing(self) -> "MessageQuerySet":
        """Messages nobody took back."""
        return self.filter(retraction__isnull=True)

    def unread_by_officers(self) -> "MessageQuerySet":
        """Applicants' messages which the officer in charge has not opened; without one: nobody has."""
        by_officers = MessageRead.objects.filter(message=OuterRef("pk"), reader__is_staff=True)
        by_assignee = by_officers.filter(reader=OuterRef("request__assignee"))
        return (
            self.standing()
            .filter(from_officer=False)
            .filter(
                Q(request__assignee__isnull=False) & ~Exists(by_assignee)
                | Q(request__assignee__isnull=True) & ~Exists(by_officers)
            )
        )

    def unread_by_applicant(self) -> "MessageQuerySet":
        """Officers' messages which the person who asked has not opened."""
        read = MessageRead.objects.filter(message=OuterRef("pk"), reader=OuterRef("request__requester"))
        return self.standing().filter(~Exists(read), from_officer=True)


class Message(models.Model):
    """What applicant and officers write to each other about one request; never changed, only taken back."""

    request = models.ForeignKey(
        DataRequest, verbose_name=_("permohonan"), on_delete=models.PROTECT, related_name="messages"
    )
    author = models.ForeignKey(User, verbose_name=_("penulis"), on_delete=models.PROTECT, related_name="+")
    #: Which side wrote it; kept, because people change sides.
    from_officer = models.BooleanField(_("dari petugas"))
    text = models.TextField(_("pesan"), max_length=MESSAGE_LENGTH)
    attachment = models.FileField(_("lampiran"), upload_to=private_path("messages"), blank=True)
    attachment_name = models.CharField(_("nama lampiran"), max_length=120, blank=True)
    attachment_size = models.PositiveIntegerField(default=0)
    #: Whether a mail went to the other side for this one; the next ones within minutes need none.
    announced = models.BooleanField(default=False, editable=False)
    written_at = models.DateTimeField(_("ditulis pada"), auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("permohonan", "pesan")
        verbose_name_plural = pgettext_lazy("permohonan jamak", "pesan")
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["request", "id"], name="message_of_request")
        ]

    def __str__(self) -> str:
        return f"{self.request_id} #{self.pk}"

    def may_be_retracted_by(self, user: "UserType") -> bool:
        """Own, not yet taken back, and written a moment ago."""
        return (
            self.author_id == user.pk
            and not hasattr(self, "retraction")
            and clock.now() - self.written_at <= RETRACT_WITHIN
        )


class MessageRetraction(models.Model):
    """The trace of a message that its writer took back: its text and attachment are shown to nobody any more."""

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="retraction")
    at = models.DateTimeField(_("ditarik pada"), auto_now_add=True)

    class Meta:
        verbose_name = _("penarikan pesan")
        verbose_name_plural = pgettext_lazy("jamak", "penarikan pesan")

    def __str__(self) -> str:
        return str(self.message_id)


class MessageRead(models.Model):
    """When a person opened a message of the other side for the first time."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="reads")
    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("dibaca pada"), auto_now_add=True)

    class Meta:
        verbose_name = _("tanda baca pesan")
        verbose_name_plural = pgettext_lazy("jamak", "tanda baca pesan")
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["message", "reader"], name="message_read_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.reader_id}"


class InternalNote(models.Model):
    """What officers write for officers about a request. No page, mail or file for applicants reads this table."""

    request = models.ForeignKey(
        DataRequest, verbose_name=_("permohonan"), on_delete=models.PROTECT, related_name="internal_notes"
    )
    author = models.ForeignKey(User, verbose_name=_("penulis"), on_delete=models.PROTECT, related_name="+")
    note = models.TextField(_("catatan internal"), max_length=MESSAGE_LENGTH)
    written_at = models.DateTimeField(_("ditulis pada"), auto_now_add=True)

    class Meta:
        verbose_name = _("catatan internal")
        verbose_name_plural = pgettext_lazy("jamak", "catatan internal")
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["request", "id"], name="note_of_request")
        ]

    def __str__(self) -> str:
        return f"{self.request_id} #{self.pk}"


class SavedReplyQuerySet(models.QuerySet["SavedReply"]):
    """Reads of saved replies."""

    def offered(self) -> "SavedReplyQuerySet":
        """The replies an officer may choose from now."""
        return self.filter(active=True)


class SavedReply(models.Model):
    """A text officers send often, kept by administrators; chosen, completed and edited before it is sent."""

    title = models.CharField(_("judul"), max_length=80, unique=True)
    text = models.TextField(
        _("teks"),
        max_length=MESSAGE_LENGTH,
        help_text=_("Boleh memuat {nomor} (No. Permohonan) dan {tenggat} (batas waktu jawaban)."),
    )
    text_en = models.TextField(
        _("teks dalam bahasa Inggris"),
        max_length=MESSAGE_LENGTH,
        help_text=_("Boleh memuat {nomor} dan {tenggat} juga."),
    )
    position = models.PositiveSmallIntegerField(_("urutan"), default=100)
    active = models.BooleanField(_("dipakai"), default=True)

    objects = SavedReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("balasan siap pakai")
        verbose_name_plural = pgettext_lazy("jamak", "balasan siap pakai")
        ordering: ClassVar[list[str]] = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Only placeholders that can be filled."""
        errors = {}
        for name, text in (("text", self.text), ("text_en", self.text_en)):
            unknown = sorted(set(_BRACES.findall(text)) - {f"{{{word}}}" for word in PLACEHOLDERS})
            if unknown:
                errors[name] = gettext(
                    "%(found)s tidak dikenal. Yang dapat diisi otomatis hanya {nomor} dan {tenggat}"
                ) % {"found": ", ".join(unknown)}
        if errors:
            raise ValidationError(errors)

    def filled(self, language: str, values: Mapping[str, str]) -> str:
        """The text in "en" or otherwise Indonesian, with ``values`` (by PLACEHOLDERS) in their places."""
        text = self.text_en if language == "en" else self.text
        for word in PLACEHOLDERS:
            text = text.replace(f"{{{word}}}", values[word])
        return text
