"""The door to e-mail: post a message by kind and id, let a worker build and send it, retry, see what failed.

The text is built at sending time from the ids (``settings.MAIL_BUILDERS``), so no personal value and no
secret waits in a table or a task argument.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core import mail_texts
from core.doors import queue
from core.models import OutgoingMail

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
BACKOFF = timedelta(minutes=1)
#: The kind that is being built, for ``compose``.
_building: ContextVar[str] = ContextVar("building", default="")


def post(kind: str, reference: int | str | uuid.UUID, *, event: str = "") -> OutgoingMail:
    """Queues the message ``kind`` ("accounts.registration_received") about the object ``reference``.

    ``event`` tells repeated messages about one object apart; the same kind, reference and event is sent once.
    Call it inside the transaction of the verb: the row is the outbox.
    """
    key = f"{kind}:{reference}:{event}"
    mail, created = OutgoingMail.objects.get_or_create(
        dedupe_key=key,
        defaults={"kind": kind, "reference": str(reference), "next_attempt_at": timezone.now()},
    )
    if created:
        queue.enqueue("core.tasks.send_mail", mail.pk)
    return mail


def send_waiting(mail_id: int) -> bool:
    """Builds and sends one waiting message; True when it left. Called by workers, safe to repeat."""
    with transaction.atomic():
        mail = OutgoingMail.objects.select_for_update().filter(pk=mail_id).first()
        if mail is None or mail.status == OutgoingMail.Status.SENT:
            return False
        if mail.attempts and mail.next_attempt_at > timezone.now():
            return False  # another worker holds the lease
        mail.attempts += 1
        # The lease: a worker that dies here leaves the row waiting and due again later.
        mail.next_attempt_at = timezone.now() + BACKOFF * 2**mail.attempts
        mail.save(update_fields=["attempts", "next_attempt_at"])
    try:
        message = build(mail.kind, mail.reference)
        if message is not None:
            message.send()
    except Exception as error:  # noqa: BLE001  any failure of building or sending is kept and retried
        logger.warning("mail %s (%s) not sent: %s", mail.pk, mail.kind, type(error).__name__)
        mail.last_error = type(error).__name__[:200]
        if mail.attempts >= MAX_ATTEMPTS:
            mail.status = OutgoingMail.Status.FAILED
        mail.save(update_fields=["status", "last_error"])
        return False
    mail.mark_sent(timezone.now())
    mail.save(update_fields=["status", "sent_at", "last_error"])
    return True


def send_again(mail_id: int, *, by: Any) -> OutgoingMail:
    """An officer has a message sent at once, with a fresh number of attempts, also one that left already.

    Mails with codes and passwords make a new secret each time; they are sent again by the verbs they belong to.
    """
    if not by.is_active or not by.has_perm("core.change_outgoingmail"):
        raise PermissionDenied
    with transaction.atomic():
        mail = OutgoingMail.objects.select_for_update().get(pk=mail_id)
        if mail.status == OutgoingMail.Status.SENT and mail.kind in settings.MAILS_NEVER_AGAIN:
            raise ValidationError(_("Surel dengan kode atau kata sandi tidak dikirim ulang dari sini"))
        mail.status = OutgoingMail.Status.WAITING
        mail.attempts = 0
        mail.next_attempt_at = timezone.now()
        mail.save(update_fields=["status", "attempts", "next_attempt_at"])
        queue.enqueue("core.tasks.send_mail", mail.pk)
    return mail


def build(kind: str, reference: str) -> EmailMessage | None:
    """The message of ``kind``: ``<module>.<name>(reference)`` of its app builds it; None when it lapsed."""
    owner, _dot, name = kind.partition(".")
    builder = import_string(f"{settings.MAIL_BUILDERS[owner]}.{name}")
    token = _building.set(kind)
    try:
        message: EmailMessage | None = builder(reference)
    finally:
        _building.reset(token)
    return message


def compose(
    template: str,
    *,
    to: str,
    subject: str,
    context: Mapping[str, object],
    language: str = "id",
    kind: str | None = None,
) -> EmailMessage:
    """A message: the administrator's text for its kind, else ``emails/<template>.txt`` and ``.html``.

    Plain text, simple HTML, no tracking. The kind is the one being built; empty: the caller has asked already.
    """
    kind = _building.get() if kind is None else kind
    declared = mail_texts.kinds().get(kind)
    if declared is not None:
        edited = edited_message(kind, declared.values_in(context), to=to, language=language)
        if edited is not None:
            return edited
    with translation.override(language):
        values = {"site_url": settings.SITE_URL, "subject": subject, **context}
        message = EmailMultiAlternatives(
            subject=" ".join(str(subject).split()),
            body=render_to_string(f"emails/{template}.txt", values),
            to=[to],
        )
        message.attach_alternative(render_to_string(f"emails/{template}.html", values), "text/html")
    return message


def edited_message(kind: str, values: Mapping[str, str], *, to: str, language: str) -> EmailMessage | None:
    """The message with the administrator's text; None while the app's own text holds."""
    texts = mail_texts.edited(kind, language)
    return None if texts is None else from_texts(texts, values, to=to, language=language)


def from_texts(
    texts: mail_texts.Texts, values: Mapping[str, str], *, to: str, language: str
) -> EmailMultiAlternatives:
    """A message from subject and body with names in braces."""
    with translation.override(language):
        subject, text, html = mail_texts.layout(*texts, values)
    message = EmailMultiAlternatives(subject=" ".join(subject.split()), body=text, to=[to])
    message.attach_alternative(html, "text/html")
    return message


class DemoMailBackend(BaseEmailBackend):
    """Writes each message as one .eml file under var/mail/; refused outside demo mode by a system check."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.DEMO_MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:6]}"
            part = folder / f"{name}.part"
            part.write_bytes(message.message().as_bytes())
            part.rename(folder / f"{name}.eml")
        return len(email_messages)
