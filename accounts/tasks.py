"""Work of accounts that runs in the queue: the daily clean-up of what nobody needs any more."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from accounts import sessions
from accounts.models import SignInCode

#: Used and expired codes are kept this long, so that a report of misuse can be followed.
CODES_KEPT = timedelta(days=30)


def clean_up() -> None:
    """Removes old one-time codes, ended sessions and their devices; runs daily, safe to repeat."""
    SignInCode.objects.filter(sent_at__lt=timezone.now() - CODES_KEPT).delete()
    sessions.remove_ended()
    call_command("clearsessions")
