"""Work of the platform's own that runs in the queue: sending mail, daily clean-up."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from core import problems, throttle
from core.doors import clock, mail, queue
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


def tell_problems() -> None:
    """Once a day: a mail to each administrator when something needs an eye; runs any number of times."""
    if not problems.all_problems():
        return
    today = clock.today().isoformat()
    users = get_user_model().objects.with_perm(problems.RIGHT, backend=settings.AUTHENTICATION_BACKENDS[0])
    for user_id in users.filter(is_active=True, is_staff=True, is_superuser=False).values_list(
        "pk", flat=True
    ):
        mail.post("core.problems_today", user_id, event=today)


def clean_up() -> None:
    """Removes ended limits; runs daily."""
    throttle.remove_ended()
