"""The matrix of roles as the console shows it, against the tables that the tests of routes and verbs obey."""

import csv
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission

from admin_theme.roles import Matrix, matrix
from requests_app import workflow
from tests.requests_app.test_workflow_table import SYSTEM, TABLE

pytestmark = pytest.mark.django_db

ROUTES = Path(__file__).parents[1] / "tables" / "routes.csv"
ROLE_OF = {
    "budi": "Verifikator",
    "rina": "Petugas",
    "ratna": "Penyetuju",
    "puti": "Pimpinan",
    "kartika": "Admin",
    "dewi": "Pengelola Konten",
    "umar": "Auditor",
}
URL = "/admin/auth/group/matriks/"
#: Pages for the superuser alone: they run any code, or were never meant for people.
NOT_WORK = ("admin:django_q_schedule_",)


@pytest.fixture
def found(base_data) -> Matrix:
    return matrix()


def routes(*answers: str) -> dict[str, frozenset[str]]:
    """Console route -> roles that get one of these answers, from the table that test_routes_table holds."""
    with ROUTES.open(newline="") as file:
        return {
            line["route"]: frozenset(role for name, role in ROLE_OF.items() if line[name] in answers)
            for line in csv.DictReader(file)
            if line["route"].startswith("admin:")
        }


def pages() -> dict[str, str]:
    """ "accounts_agency" -> "accounts.agency" for each page of the console."""
    return {f"{m._meta.app_label}_{m._meta.model_name}": m._meta.label_lower for m in admin.site._registry}


def test_page_shows_the_matrix_to_those_who_may_see_roles(client, sign_in, kartika, budi, page_text):
    response = sign_in(client, kartika).get(URL)
    text = page_text(response)
    for words in (
        "Verifikator",
        "Melihat dan mengekspor pendaftaran",
        "Setujui dan terbitkan (permohonan)",
        "oleh pemohon",
    ):
        assert words in text
    assert URL in client.get("/admin/auth/group/ke-matriks/", follow=True).redirect_chain[0][0]
    assert sign_in(client, budi).get(URL).status_code == 403


def test_matrix_costs_the_same_however_many_rights(base_data, django_assert_max_num_queries):
    for role in Group.objects.all():
        role.permissions.set(Permission.objects.all())
    # Groups, rights, their models; one page also asks, for each role, whether its only row exists.
    with django_assert_max_num_queries(3 + Group.objects.count()):
        matrix()


@pytest.mark.parametrize(
    ("suffix", "deed", "answers"),
    [
        ("changelist", "view", ("200", "302")),  # the list of a single row leads to it
        ("add", "add", ("200",)),
    ],
)
def test_page_equals_the_table_of_routes(found, suffix, deed, answers):
    """Who may open a list or the form of a new row is the same on the page and in routes.csv."""
    answered = routes(*answers)
    told = {
        name: found.roles_of(f"{label} {deed}")
        for name, label in pages().items()
        if f"admin:{name}_{suffix}" in answered
    }
    wanted = {name: answered[f"admin:{name}_{suffix}"] for name in told}
    if deed == "add":
        # The table's world has its one contact already, and then nobody adds another.
        assert told.pop("public_site_sitecontact") == {"Admin", "Pengelola Konten"}
        assert wanted.pop("public_site_sitecontact") == frozenset()
    assert {name: sorted(roles) for name, roles in told.items()} == {
        name: sorted(roles) for name, roles in wanted.items()
    }


def test_page_equals_the_table_of_buttons(found):
    """Buttons with a right of their own: the same roles as their addresses let in."""
    answered = routes("200", "302")
    checked = 0
    for page in admin.site._registry.values():
        name = f"{page.opts.app_label}_{page.opts.model_name}"
        for button in getattr(page, "operation_buttons", ()):
            route = answered.get(f"admin:{name}_operation_{button.verb}")
            if route and not button.permission.split(".")[1].startswith("view_"):
                checked += 1
                assert found.roles_of(f"{page.opts.label_lower} {button.verb}") == route, button.verb
    assert checked > 5


def test_page_equals_the_table_of_verbs(found):
    """Each verb of a request: the roles of the workflow's table, and who else performs it."""
    assert set(TABLE) == set(workflow.VERBS)
    notes = {line.key: line.note for line in found.lines()}
    for verb, cells in TABLE.items():
        who = {name for people, _target in cells.values() for name in people}
        key = f"requests_app.datarequest {verb}"
        assert found.roles_of(key) == {ROLE_OF[name] for name in who if name in ROLE_OF}, verb
        assert ("siti" in who) == ("pemohon" in notes[key]), verb
        assert (SYSTEM in who) == ("sistem" in notes[key]), verb


def test_auditor_only_reads(found):
    # Pages of their own that need no more than the right to look.
    to_read = {
        item["url"]
        for group in settings.UNFOLD["SITE_MAP"]
        for item in group["items"]
        if "url" in item and item.get("permission", "").partition(".")[2].startswith("view_")
    }
    wrong = [
        line.text
        for line in found.lines()
        if "Auditor" in line.roles
        and line.key not in to_read
        and not all(key.endswith((" view", " export")) for key in line.key.split(" · "))
    ]
    assert wrong == []


def test_content_editor_sees_content_only(found):
    assert {area.title for area in found.areas if any("Pengelola Konten" in x.roles for x in area.lines)} == {
        "Info Layanan",
        "Isi situs",
    }


def test_work_needs_no_superuser(found):
    """Each page that exists for work opens for some role; each officer's verb has a role."""
    closed = [
        route
        for route, roles in routes("200", "302").items()
        if route.endswith("_changelist") and not roles and not route.startswith(NOT_WORK)
    ]
    assert closed == []
    idle = [
        verb.name
        for verb in workflow.VERBS.values()
        if not {workflow.REQUESTER, workflow.SYSTEM} & set(verb.rights)
        and not found.roles_of(f"requests_app.datarequest {verb.name}")
    ]
    assert idle == []
