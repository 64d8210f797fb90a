"""Signed links in mails: what they carry, how long they live, and their absolute addresses."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import Registration

_CONFIRM = "accounts.confirm-email"
_CORRECT = "accounts.correct-registration"
#: An agency may need a new letter from its head: longer than the confirmation.
CORRECTION_TTL = timedelta(days=30)


def site_link(name: str, *arguments: object) -> str:
    """The absolute address of a named page, from SITE_URL and never from a request's Host header."""
    return settings.SITE_URL.rstrip("/") + reverse(name, args=arguments)


def confirmation_token(registration: Registration) -> str:
    """Proves that whoever holds it reads the registration's mailbox."""
    return signing.dumps([str(registration.pk), registration.email], salt=_CONFIRM)


def confirmed_registration(token: str) -> Registration | None:
    """The registration a confirmation token belongs to; None when it is bad, old or for another address."""
    try:
        pk, email = signing.loads(token, salt=_CONFIRM, max_age=settings.EMAIL_CONFIRM_TTL)
        return Registration.objects.filter(pk=uuid.UUID(pk), email=email).first()
    except (signing.BadSignature, ValueError, TypeError):
        return None


def correction_token(registration: Registration) -> str:
    """Opens the form of a returned registration; bound to this round, so an older mail's link is dead."""
    return signing.dumps([str(registration.pk), registration.round], salt=_CORRECT)


def correctable_registration(token: str) -> Registration | None:
    """The registration a correction token opens now; None when bad, old, or corrected meanwhile."""
    try:
        pk, number = signing.loads(token, salt=_CORRECT, max_age=CORRECTION_TTL)
        return Registration.objects.filter(
            pk=uuid.UUID(pk), round=int(number), status=Registration.Status.NEEDS_CORRECTION
        ).first()
    except (signing.BadSignature, ValueError, TypeError):
        return None
