"""Work of the platform's own that runs in the queue: sending mail, daily clean-up."""

from django.utils import timezone

from core import throttle
from core.doors import mail, queue
from core.models import OutgoingMail


def send_mail(mail_id: int) -> None:
    """Sends one message of the outbox."""
    mail.send_waiting(mail_id)


def retry_mail() -> None:
    """Queues every message that is due again; runs each minute."""
    due = OutgoingMail.objects.filter(
        status=OutgoingMail.Status.WAITING, attempts__gt=0, next_attempt_at__lte=timezone.now()
    ).values_list("pk", flat=True)[:200]
    for mail_id in due:
        queue.enqueue("core.tasks.send_mail", mail_id)


def clean_up() -> None:
    """Removes ended limits; runs daily."""
    throttle.remove_ended()
