"""Work of accounts that runs in the queue: the daily clean-up, and warnings before agreements end."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from accounts import endings, sessions
from accounts.models import Agreement, SignInCode
from core.doors import clock
from core.rules.models import WorkRules, day_list

#: Used and expired codes are kept this long, so that a report of misuse can be followed.
CODES_KEPT = timedelta(days=30)


def clean_up() -> None:
    """Removes old one-time codes, ended sessions and their devices; runs daily, safe to repeat."""
    SignInCode.objects.filter(sent_at__lt=timezone.now() - CODES_KEPT).delete()
    sessions.remove_ended()
    call_command("clearsessions")


def warn_of_ending_agreements() -> None:
    """Tells both sides 90, 60, 30 and 7 days (``WorkRules.agreement_warnings``) before an agreement ends.

    Runs daily, safe to repeat: each person gets each warning about each end once. A day that was missed is made
    good the next time; of several missed warnings only the last one is sent.
    """
    today = clock.today()
    warnings = day_list(WorkRules.current().agreement_warnings)
    officers = endings.caretakers()
    for agreement in Agreement.objects.ending(today, max(warnings)):
        endings.warn_of(agreement, today, warnings, officers)
