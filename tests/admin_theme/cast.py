"""The console's small cast for these tests: officers and applicants with a verified or unverified session."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_email.models import EmailDevice

from accounts.models import Agency, User


def make_officer(username: str, *, permissions: tuple[str, ...] = (), is_superuser: bool = False) -> User:
    """Active staff with exactly these rights ("app.codename")."""
    user = get_user_model().objects.create_user(
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


def make_applicant(username: str) -> User:
    """Active user of an agency."""
    agency, _ = Agency.objects.get_or_create(name=f"Instansi {username}", code=username)
    return get_user_model().objects.create_user(
        username=username,
        email=f"{username}@instansi.example",
        password="x",
        agency=agency,
        full_name=username.title(),
    )


def sign_in(user: User, *, verified: bool = True, client: Client | None = None) -> Client:
    """A client with this person's session; ``verified`` as if the one-time code had been entered."""
    client = client or Client()
    client.force_login(user)
    if verified:
        device, _ = EmailDevice.objects.get_or_create(user=user, name="default")
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
    return client
