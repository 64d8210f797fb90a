"""Users in the console: shutting with a reason, opening again, ending sessions; each told in the log."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts import operations
from accounts.models import SignedInDevice
from tests.requests_app import results

pytestmark = pytest.mark.django_db


def signed_in(sign_in, user) -> Client:
    client = sign_in(Client(), user)
    SignedInDevice.objects.create(
        user=user,
        session_key=client.session.session_key,
        started_at=timezone.now(),
        seen_at=timezone.now(),
    )
    return client


def test_account_is_shut_with_a_reason_and_opened_again(client, sign_in, kartika, rina, page_text):
    browser = signed_in(sign_in, rina)
    assert browser.get("/admin/").status_code == 200
    sign_in(client, kartika)
    button = f"/admin/accounts/user/{rina.pk}/deactivate/"
    assert client.post(button, {"reason": ""}).status_code == 422
    assert client.post(button, {"reason": "Pindah tugas ke Kanwil"}).status_code == 302
    rina.refresh_from_db()
    assert not rina.is_active
    assert browser.get("/admin/").status_code == 302
    history = page_text(client.get(f"/admin/accounts/user/{rina.pk}/history/"))
    assert "Dinonaktifkan Alasan – → Pindah tugas ke Kanwil" in history
    assert client.post(f"/admin/accounts/user/{rina.pk}/activate/").status_code == 302
    rina.refresh_from_db()
    assert rina.is_active
    assert '"Diaktifkan"' in LogEntry.objects.latest("pk").change_message


def test_shutting_says_what_is_still_on_the_desk(client, sign_in, kartika, rina, siti):
    request = results.make_request(siti)
    type(request).objects.filter(pk=request.pk).update(assignee=rina)
    page = sign_in(client, kartika).get(f"/admin/accounts/user/{rina.pk}/deactivate/").content.decode()
    assert "1 permohonan terbuka masih dipegang petugas ini." in page
    assert f"/admin/requests_app/datarequest/beban/{rina.pk}/serahkan/" in page


def test_sessions_end_and_the_password_stays(client, sign_in, kartika, rina, page_text):
    browser = signed_in(sign_in, rina)
    password = rina.password
    sign_in(client, kartika)
    assert client.post(f"/admin/accounts/user/{rina.pk}/end-sessions/").status_code == 302
    assert browser.get("/admin/").status_code == 302
    rina.refresh_from_db()
    assert (rina.is_active, rina.password) == (True, password)
    assert "Dikeluarkan dari semua perangkat" in LogEntry.objects.latest("pk").change_message
    refused = client.post(f"/admin/accounts/user/{rina.pk}/end-sessions/")
    assert "tidak sedang masuk" in page_text(refused)


def test_only_administrators_and_never_oneself(kartika, umar, rina):
    for verb in (operations.end_sessions, operations.activate_user, operations.send_temporary_password):
        with pytest.raises(PermissionDenied):
            verb(rina.pk, by=umar)
    with pytest.raises(PermissionDenied):
        operations.deactivate_user(rina.pk, by=umar, reason="Uji coba")
    with pytest.raises(ValidationError):
        operations.end_sessions(kartika.pk, by=kartika)
    with pytest.raises(ValidationError):
        operations.deactivate_user(kartika.pk, by=kartika, reason="Uji coba")


def test_a_superusers_account_is_left_to_superusers(client, sign_in, kartika, rina, page_text):
    rina.is_superuser = True
    rina.save()
    sign_in(client, kartika)
    page = page_text(client.get(f"/admin/accounts/user/{rina.pk}/change/"))
    assert "Nonaktifkan" not in page
    for address in ("deactivate", "temporary-password", "end-sessions"):
        client.post(f"/admin/accounts/user/{rina.pk}/{address}/", {"reason": "Pindah tugas"})
    with pytest.raises(PermissionDenied):
        operations.deactivate_user(rina.pk, by=kartika, reason="Pindah tugas")
    rina.refresh_from_db()
    assert rina.is_active
    assert rina.has_usable_password()
