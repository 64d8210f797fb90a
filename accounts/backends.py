"""Who a username and password belong to: the e-mail address is accepted in place of the username."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.models import User


class UsernameOrEmailBackend(ModelBackend):
    """Django's backend, found by username or e-mail; unknown names cost the same time as known ones."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The active account whose password this is, else None."""
        if username is None or password is None:
            return None
        user = User.objects.by_login(username)
        if user is None or not user.has_usable_password():
            make_password(password)  # the work of a real check, so that the time tells nothing
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
