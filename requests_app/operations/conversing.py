"""Writing on a request: messages to the other side, internal notes, taking back, marking as read."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import throttle
from core.doors import clock, mail
from core.doors.storage import safe_name
from requests_app import conversation
from requests_app.models import DataRequest, InternalNote, Message, MessageRead, MessageRetraction
from requests_app.models.message import MESSAGE_LENGTH
from requests_app.operations.locking import lock_request


def _checked_text(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError(_("Tulis pesan terlebih dahulu"))
    if len(text) > MESSAGE_LENGTH:
        raise ValidationError(
            _("Pesan paling banyak %(limit)d karakter. Anda menulis %(count)d")
            % {"limit": MESSAGE_LENGTH, "count": len(text)}
        )
    return text


def _spend_budget(by: User) -> None:
    limit = settings.MESSAGES_PER_HOUR * (5 if by.is_staff else 1)
    verdict = throttle.hit(f"message:{by.pk}", limit=limit, window=timedelta(hours=1))
    if not verdict.allowed:
        raise ValidationError(
            _("Terlalu banyak pesan. Coba lagi pukul %(time)s") % {"time": clock.time_wib(verdict.until)}
        )


def write_message(
    pk: uuid.UUID | str, *, by: User, text: str, attachment: UploadedFile | None = None
) -> Message:
    """Sends a message to the other side, with a PDF that ``check_pdf`` has passed.

    PermissionDenied for those who may not write here, ValidationError with the reason when the conversation is
    closed, too long or too frequent. A mail tells the other side, without the text; one for several messages.
    """
    text = _checked_text(text)
    _spend_budget(by)  # outside the transaction: a refused message counts as well
    with transaction.atomic():
        request = lock_request(pk, by)
        standing = conversation.writing_reasons(request, by)
        if standing is None:
            raise PermissionDenied
        if standing:
            raise ValidationError(standing)
        told = None if by.is_staff else conversation.officer_told(request)
        announced = conversation.needs_mail(request, from_officer=by.is_staff) and (
            by.is_staff or told is not None
        )
        message = Message(
            request=request, author=by, from_officer=by.is_staff, text=text, announced=announced
        )
        if attachment is not None:
            message.attachment_name = safe_name(attachment.name or "lampiran.pdf")
            message.attachment_size = attachment.size or 0
            message.attachment.save(attachment.name or "lampiran.pdf", attachment, save=False)
        message.save(force_insert=True)
        if announced:
            kind = "message_to_applicant" if by.is_staff else "message_to_officer"
            mail.post(f"requests.{kind}", message.pk)
    return message


@transaction.atomic
def write_note(pk: uuid.UUID | str, *, by: User, note: str) -> InternalNote:
    """Leaves a note for colleagues; it stays for good and reaches no applicant."""
    note = _checked_text(note)
    request = lock_request(pk, by)
    if not conversation.may_note(request, by):
        raise PermissionDenied
    return InternalNote.objects.create(request=request, author=by, note=note)


@transaction.atomic
def retract_message(pk: uuid.UUID | str, message_pk: int, *, by: User) -> Message:
    """Takes an own message back within minutes; a trace stays. Taking back twice changes nothing."""
    request = lock_request(pk, by)
    message = Message.objects.select_related("retraction").get(pk=message_pk, request=request)
    if message.author_id != by.pk:
        raise PermissionDenied
    if hasattr(message, "retraction"):
        return message
    if not message.may_be_retracted_by(by):
        raise ValidationError(_("Pesan hanya dapat ditarik dalam 5 menit sesudah dikirim"))
    MessageRetraction.objects.create(message=message)
    return message


def mark_read(request: DataRequest, messages: Iterable[Message], *, by: User) -> None:
    """Notes that ``by`` has opened the messages written to this person; their reads must be prefetched."""
    fresh = [
        MessageRead(message=message, reader=by)
        for message in messages
        if conversation.is_for(message, request, by)
        and not hasattr(message, "retraction")
        and not any(read.reader_id == by.pk for read in message.reads.all())
    ]
    if fresh:
        MessageRead.objects.bulk_create(fresh, ignore_conflicts=True)
