"""Roles of officers: what load_roles gives, and that a second run changes nothing."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def rights(name):
    return {
        f"{p.content_type.app_label}.{p.codename}" for p in Group.objects.get(name=name).permissions.all()
    }


def test_load_roles_twice_gives_the_same_rights(base_data):
    before = {name: rights(name) for name in Group.objects.values_list("name", flat=True)}
    call_command("load_roles", verbosity=0)
    assert before == {name: rights(name) for name in Group.objects.values_list("name", flat=True)}


def test_roles_keep_the_three_duties_apart(budi, rina, ratna):
    verbs = ("verify", "process", "approve")
    assert [budi.has_perm(f"requests_app.{verb}_datarequest") for verb in verbs] == [True, False, False]
    assert [rina.has_perm(f"requests_app.{verb}_datarequest") for verb in verbs] == [False, True, False]
    assert [ratna.has_perm(f"requests_app.{verb}_datarequest") for verb in verbs] == [False, False, True]


def test_auditor_changes_nothing(umar):
    assert all(code.split(".")[1].startswith("view_") for code in rights("Auditor"))


def test_verified_sign_in_opens_the_console(client, sign_in, budi):
    assert sign_in(client, budi).get("/admin/login/").url == "/admin/"
