"""Reads of users by what they are allowed to do."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from accounts.models import User


class UserManager(DjangoUserManager["User"]):
    """Django's manager; look-ups for signing in and for telling officers something."""

    def by_login(self, login: str) -> "User | None":
        """The active account with this username or e-mail (any case), None when not exactly one."""
        login = login.strip()
        if not login:
            return None
        field = "email__iexact" if "@" in login else "username__iexact"
        found = list(self.filter(**{field: login}, is_active=True)[:2])
        return found[0] if len(found) == 1 else None

    def officers_holding(self, *rights: str) -> "QuerySet[User]":
        """Active officers who hold one of the rights ("app.codename"), by role or in person."""
        wanted = Q(pk__in=[])
        for right in rights:
            app, _dot, codename = right.partition(".")
            wanted |= Q(content_type__app_label=app, codename=codename)
        permissions = Permission.objects.filter(wanted)
        return (
            self.filter(is_staff=True, is_active=True)
            .filter(Q(groups__permissions__in=permissions) | Q(user_permissions__in=permissions))
            .distinct()
            .order_by("pk")
        )
