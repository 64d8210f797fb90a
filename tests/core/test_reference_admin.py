"""The console's pages of reference data: they draw, they search, and they refuse what must not happen."""

from datetime import date
from io import BytesIO

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from core.reference.loading import load_countries, load_holidays, load_offices
from core.reference.models import Holiday, ImmigrationOffice, Letterhead, Region

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MODELS = [
    model._meta.model_name
    for model in apps.get_app_config("reference").get_models()
    if not model._meta.auto_created
]


@pytest.fixture
def office_data():
    load_offices(overwrite=True)
    load_countries()
    load_holidays([2025])


@pytest.fixture
def admin_client(client, kartika, sign_in):
    """Kartika, who keeps the reference data, signed in with a code."""
    return sign_in(client, kartika)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.slow
def test_reference_pages_draw_and_search(office_data, admin_client, model):
    row = apps.get_model("reference", model).objects.first()
    address = reverse(f"admin:reference_{model}_changelist")
    for query in ({}, {"q": "jakarta"}, {"q": "31'\"%"}):
        assert admin_client.get(address, query).status_code == 200
    page = admin_client.get(reverse(f"admin:reference_{model}_change", args=[row.pk]))
    assert page.status_code == 200
    expected = 403 if model == "region" else 200
    assert admin_client.get(reverse(f"admin:reference_{model}_add")).status_code == expected


def test_offices_are_found_by_an_old_name(office_data, admin_client):
    page = admin_client.get(
        reverse("admin:reference_immigrationoffice_changelist"), {"q": "Kelas I Khusus Jakarta Selatan"}
    )
    assert [office.slug for office in page.context["cl"].result_list] == ["jakarta-selatan"]


def test_region_page_changes_only_whether_it_is_used(office_data, admin_client):
    address = reverse("admin:reference_region_change", args=["31.01"])
    assert admin_client.post(address, {"name": "Diubah", "short_name": "DIUBAH"}).status_code == 302
    region = Region.objects.get(pk="31.01")
    assert (region.short_name, region.active) == ("KEPULAUAN SERIBU", False)
    assert admin_client.post(reverse("admin:reference_region_delete", args=["31.01"])).status_code == 403


def test_office_keeps_its_key_and_is_never_deleted(office_data, admin_client):
    office = ImmigrationOffice.objects.get(slug="jakarta-selatan")
    form = admin_client.get(reverse("admin:reference_immigrationoffice_change", args=[office.pk]))
    assert "slug" not in form.context["adminform"].form.fields
    assert (
        "slug"
        in admin_client.get(reverse("admin:reference_immigrationoffice_add")).context["adminform"].form.fields
    )
    delete = reverse("admin:reference_immigrationoffice_delete", args=[office.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403


def test_holiday_saved_in_the_console_belongs_to_the_administrator(office_data, admin_client):
    holiday = Holiday.objects.get(date=date(2025, 4, 7))
    change = reverse("admin:reference_holiday_change", args=[holiday.pk])
    delete = reverse("admin:reference_holiday_delete", args=[holiday.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    data = {"date": "07/04/2025", "name": "Layanan tetap buka", "kind": "joint_leave", "is_working": "on"}
    assert admin_client.post(change, data).status_code == 302
    load_holidays([2025])
    holiday.refresh_from_db()
    assert (holiday.name, holiday.is_working, holiday.from_library) == ("Layanan tetap buka", True, False)
    assert admin_client.post(delete, {"post": "yes"}).status_code == 302


def test_letterhead_takes_a_logo_and_shows_its_page_again(admin_client, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    image = BytesIO()
    Image.new("RGB", (8, 8)).save(image, "PNG")
    head = Letterhead.on(date(2026, 1, 1))
    address = reverse("admin:reference_letterhead_change", args=[head.pk])
    data = {
        "valid_from": "21/10/2024",
        "ministry": head.ministry,
        "directorate": head.directorate,
        "service_name": head.service_name,
        "address": head.address,
        "website": head.website,
    }
    script = SimpleUploadedFile("lambang.png", b"<svg onload=alert(1)>", "image/png")
    assert admin_client.post(address, {**data, "logo": script}).context["adminform"].form.errors["logo"]
    logo = SimpleUploadedFile("lambang.png", image.getvalue(), "image/png")
    assert admin_client.post(address, {**data, "logo": logo}).status_code == 302
    head.refresh_from_db()
    assert head.logo.name.startswith("kop/")
    assert "lambang" not in head.logo.name
    assert admin_client.get(address).status_code == 200


def test_office_takes_its_other_names_one_per_line(office_data, admin_client):
    office = ImmigrationOffice.objects.get(slug="jakarta-selatan")
    address = reverse("admin:reference_immigrationoffice_change", args=[office.pk])
    form = admin_client.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    assert data["aliases"].splitlines() == office.aliases
    names = " Kanim Jaksel \r\n\r\nKanim Jaksel\r\nKanim Mampang"
    data = {name: "" if value is None else value for name, value in data.items()}
    assert admin_client.post(address, {**data, "aliases": names}).status_code == 302
    office.refresh_from_db()
    assert office.aliases == ["Kanim Jaksel", "Kanim Mampang"]
    assert admin_client.post(address, {**data, "aliases": ""}).status_code == 302
    office.refresh_from_db()
    assert office.aliases == []
