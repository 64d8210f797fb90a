"""Reads of users by what they are allowed to do."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import UserManager as DjangoUserManager

if TYPE_CHECKING:
    from accounts.models import User


class UserManager(DjangoUserManager["User"]):
    """Django's manager; one more look-up for signing in."""

    def by_login(self, login: str) -> "User | None":
        """The active account with this username or e-mail (any case), None when not exactly one."""
        login = login.strip()
        if not login:
            return None
        field = "email__iexact" if "@" in login else "username__iexact"
        found = list(self.filter(**{field: login}, is_active=True)[:2])
        return found[0] if len(found) == 1 else None
