"""Temporary passwords: made in the worker that mails them, kept nowhere but as a hash."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User

#: Letters and figures nobody mistakes for each other when reading a mail.
ALPHABET = "abcdefghjkmnpqrtuvwxy346789"
GROUPS = 4
GROUP_LENGTH = 5


def temporary_text() -> str:
    """A readable random password of 20 signs (95 bits) in groups of five: ``rk7wd-…``."""
    groups = ("".join(secrets.choice(ALPHABET) for _sign in range(GROUP_LENGTH)) for _group in range(GROUPS))
    return "-".join(groups)


def give_temporary_password(user_id: int | str) -> tuple[User, str] | None:
    """Give the account a new temporary password and return it with its only readable copy.

    None when the account is inactive or its owner already chose an own password: the mail has lapsed.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).filter(pk=user_id, is_active=True).first()
        if user is None or not user.must_change_password:
            return None
        text = temporary_text()
        user.set_password(text)
        user.temporary_password_until = timezone.now() + settings.TEMP_PASSWORD_TTL
        user.save(update_fields=["password", "temporary_password_until"])
    return user, text


def temporary_password_hours() -> int:
    """How long a temporary password lives, in hours."""
    return int(settings.TEMP_PASSWORD_TTL / timedelta(hours=1))
