"""Officers with exactly the rights a test needs; the named cast and its roles are in tests/conftest.py."""

from collections.abc import Callable

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User

#: The ``sign_in`` fixture of ``tests/conftest.py``.
SignIn = Callable[[Client, User], Client]


def make_officer(username: str, *, permissions: tuple[str, ...] = (), is_superuser: bool = False) -> User:
    """Active staff with exactly these rights ("app.codename")."""
    user = User.objects.create_user(
        username=username,
        email=f"{username}@imigrasi.example",
        password="x",
        is_staff=True,
        full_name=username.title(),
    )
    user.is_superuser = is_superuser
    user.save()
    for permission in permissions:
        app_label, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )
    return user
