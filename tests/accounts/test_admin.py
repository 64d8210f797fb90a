"""The console's pages of registrations, agencies, agreements and users."""

import re

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import operations
from accounts.models import Agency, Agreement, Registration, SignedInDevice, User
from core.access_log.models import AccessEntry, Action
from core.catalogue.models import Service
from tests.factories import make_agreement, make_officer, make_registration

pytestmark = pytest.mark.django_db


def button_url(client, registration, verb):
    """The button's address when the page offers it, else None."""
    url = reverse(f"admin:accounts_registration_operation_{verb}", args=[registration.pk])
    page = client.get(reverse("admin:accounts_registration_change", args=[registration.pk]))
    return url if url in page.content.decode() else None


def test_opening_a_registration_is_recorded_and_shows_the_letter(client, sign_in, budi, page_text):
    registration = make_registration()
    response = sign_in(client, budi).get(f"/admin/accounts/registration/{registration.pk}/change/")
    assert response.status_code == 200
    assert "197412081994031001" in page_text(response)
    assert f"/admin/accounts/registration/{registration.pk}/letter/" in response.content.decode()
    assert AccessEntry.objects.get().action == Action.VIEW_REGISTRATION
    letter = client.get(f"/admin/accounts/registration/{registration.pk}/letter/")
    assert letter["Content-Type"] == "application/pdf"
    assert b"".join(letter.streaming_content).startswith(b"%PDF-")
    assert AccessEntry.objects.count() == 2


def test_verifier_approves_with_the_dialog(client, sign_in, budi, drain_queue):
    registration = make_registration(agency_name="KEMENTERIAN CONTOH")
    sign_in(client, budi)
    url = button_url(client, registration, "approve")
    assert 'value="KEMENTERIAN"' in client.get(url).content.decode(), "a code is suggested"
    incomplete = client.post(url, {"agency_name": "KEMENTERIAN CONTOH", "agency_code": "KEMCON"})
    assert incomplete.status_code == 422
    assert "Daftar periksa belum lengkap" in incomplete.content.decode()
    done = client.post(
        url,
        {
            "letterhead": "on",
            "employee_number": "on",
            "agreement": "on",
            "email": "on",
            "agency_name": "KEMENTERIAN CONTOH",
            "agency_code": "KEMCON",
        },
    )
    assert done.status_code == 302
    assert User.objects.filter(username="KEMCON_001").exists()
    drain_queue()
    assert mail.outbox[-1].subject == "Akun Anda sudah aktif"


def test_correction_needs_a_note(client, sign_in, budi):
    registration = make_registration()
    sign_in(client, budi)
    url = button_url(client, registration, "ask_correction")
    assert client.get(url).status_code == 200
    assert Registration.objects.get().status == "submitted", "opening the dialog changes nothing"
    assert client.post(url, {"note": ""}).status_code == 422
    assert client.post(url, {"note": "Kop surat belum ada"}).status_code == 302
    assert Registration.objects.get().status == "needs_correction"


@pytest.mark.parametrize("name", ["rina", "ratna", "dewi"])
def test_registrations_are_closed_to_other_roles(request, client, sign_in, name):
    registration = make_registration()
    sign_in(client, request.getfixturevalue(name))
    assert client.get(f"/admin/accounts/registration/{registration.pk}/change/").status_code == 403
    assert client.get(f"/admin/accounts/registration/{registration.pk}/letter/").status_code == 403


def test_auditor_reads_but_has_no_buttons(client, sign_in, umar):
    registration = make_registration()
    sign_in(client, umar)
    assert button_url(client, registration, "approve") is None


@pytest.mark.parametrize("page", ["agency", "agreement", "registration", "user"])
def test_lists_and_searches_open(client, sign_in, kartika, agreement, siti, page):
    sign_in(client, kartika)
    make_registration()
    for query in ("", "?q=BADAN", "?is_active__exact=1" if page in ("agency", "user") else ""):
        assert client.get(f"/admin/accounts/{page}/{query}").status_code == 200


def test_admin_makes_an_agreement(client, sign_in, kartika, agency, catalogue):
    sign_in(client, kartika)
    assert client.get("/admin/accounts/agreement/add/").status_code == 200
    data = {
        "agency": agency.pk,
        "number": "PKS/1/2026",
        "title": "Data",
        **{f"on_{service.pk}": "on" for service in Service.objects.all()},
        "legal_basis": "b",
        "valid_from": "2026-01-01",
        "valid_until": "2028-01-01",
        "note": "",
    }
    response = client.post("/admin/accounts/agreement/add/", data)
    assert response.status_code == 302, response.content.decode()[:3000]
    agreement = Agreement.objects.get()
    assert agreement.services.count() == Service.objects.count()
    assert client.get(f"/admin/accounts/agreement/{agreement.pk}/change/").status_code == 200


@pytest.mark.parametrize("key", ["abc", "\0", "9" * 30, "💩", "1e400"])
def test_senseless_agency_is_a_message(client, sign_in, kartika, key):
    sign_in(client, kartika)
    for page in ("admin:accounts_agreement_add", "admin:accounts_user_add"):
        assert client.post(reverse(page), {"agency": key}).status_code == 200


def test_admin_ends_an_agreement(client, sign_in, kartika, agency):
    from accounts import operations
    from core.doors import clock

    agreement = make_agreement(agency)
    operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=clock.today())
    assert not Agreement.objects.in_force(clock.today()).exists()


def test_admin_makes_an_officer_who_gets_a_temporary_password(
    client, sign_in, kartika, drain_queue, mail_text
):
    sign_in(client, kartika)
    assert client.get("/admin/accounts/user/add/").status_code == 200
    data = {"username": "baru", "full_name": "Orang Baru", "email": "Baru@imigrasi.go.id", "is_staff": "on"}
    response = client.post("/admin/accounts/user/add/", data)
    assert response.status_code == 302, response.content.decode()[:3000]
    drain_queue()
    assert "Username: baru" in mail_text()
    user = User.objects.get(username="baru")
    assert user.must_change_password
    assert user.email == "baru@imigrasi.go.id"
    page = client.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert user.password not in page
    assert re.search(r"Password sementara: (\S+)", mail_text()).group(1) not in page


def test_admin_cannot_give_rights_to_themselves_or_touch_superusers(client, sign_in, kartika):
    boss = make_officer("boss", "Kepala", is_superuser=True)
    sign_in(client, kartika)
    own = client.get(f"/admin/accounts/user/{kartika.pk}/change/").content.decode()
    assert 'name="groups"' not in own
    assert 'name="is_superuser"' not in own
    page = client.get(f"/admin/accounts/user/{boss.pk}/change/").content.decode()
    assert 'name="email"' not in page
    assert client.get(f"/admin/accounts/user/{boss.pk}/password/").status_code in (302, 404)


def test_change_of_roles_ends_sessions_and_is_told(client, sign_in, kartika, budi, drain_queue):
    sign_in(client, kartika)
    data = {"full_name": budi.full_name, "email": budi.email, "is_staff": "on", "groups": []}
    assert client.post(f"/admin/accounts/user/{budi.pk}/change/", data).status_code == 302
    drain_queue()
    assert mail.outbox[-1].subject == "Hak akun Anda diubah"


def test_change_of_address_ends_sessions_and_tells_the_old_one(client, sign_in, kartika, ratna):
    other = sign_in(Client(), ratna)
    SignedInDevice.objects.create(
        user=ratna, session_key=other.session.session_key, started_at=timezone.now(), seen_at=timezone.now()
    )
    groups = [group.pk for group in ratna.groups.all()]
    data = {
        "full_name": ratna.full_name,
        "email": "kartika.dua@imigrasi.go.id",
        "is_staff": "on",
        "groups": groups,
    }
    before = ratna.email
    assert sign_in(client, kartika).post(f"/admin/accounts/user/{ratna.pk}/change/", data).status_code == 302
    assert mail.outbox[-1].to == [before]
    assert mail.outbox[-1].subject == "Alamat email akun Anda diganti"
    assert other.get("/admin/").status_code == 302


def test_an_inactive_agency_is_not_chosen_by_its_name(budi, agency):
    Agency.objects.filter(pk=agency.pk).update(is_active=False)
    registration = make_registration(agency_name=agency.name)
    with pytest.raises(ValidationError, match="dinonaktifkan"):
        operations.approve_registration(
            registration.pk,
            by=budi,
            checklist=dict.fromkeys(operations.CHECKLIST, True),
            agency_name=agency.name,
            agency_code="BARU",
        )


def test_agency_code_is_fixed_once_used(client, sign_in, kartika, agency):
    Agency.objects.filter(pk=agency.pk).update(last_user_number=3)
    page = sign_in(client, kartika).get(f"/admin/accounts/agency/{agency.pk}/change/").content.decode()
    assert 'name="code"' not in page
