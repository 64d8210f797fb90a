"""The defaults every admin page shares."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.admin_theme.cast import SignIn, make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin_theme.urls")]


@pytest.fixture
def clerk(sign_in: SignIn) -> Client:
    permissions = ("auth.view_group", "auth.change_group", "reference.view_country", "reference.add_country")
    return sign_in(Client(), make_officer("clerk", permissions=permissions))


@pytest.mark.parametrize(
    "query", ["permissions__codename=x", "name__startswith=b&id__gt=1", "id__in=1", "entah=1"]
)
def test_list_refuses_lookups_outside_its_filters(clerk: Client, query: str) -> None:
    assert clerk.get(f"/admin/auth/group/?{query}").status_code == 400


def test_list_accepts_its_filters(clerk: Client) -> None:
    assert clerk.get("/admin/auth/group/?name=baru").status_code == 200


def test_saving_after_somebody_else_gives_a_message(clerk: Client) -> None:
    group = Group.objects.create(name="baru")
    response = clerk.post(f"/admin/auth/group/{group.pk}/change/", {"name": "tabrakan"}, follow=True)
    assert response.status_code == 200
    assert "sudah diubah petugas lain" in response.text
    group.refresh_from_db()
    assert group.name == "baru"


def test_export_needs_view_and_import_needs_add_and_change(clerk: Client, sign_in: SignIn) -> None:
    assert clerk.get("/admin/reference/country/export/").status_code == 200
    assert clerk.get("/admin/reference/country/import/").status_code == 403
    permissions = ("reference.view_country", "reference.add_country", "reference.change_country")
    keeper = sign_in(Client(), make_officer("keeper", permissions=permissions))
    assert keeper.get("/admin/reference/country/import/").status_code == 200
    stranger = sign_in(Client(), make_officer("stranger"))
    assert stranger.get("/admin/reference/country/export/").status_code == 403
