"""The sidebar shows what exists and what the person may see."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.template.loader import get_template
from django.test import RequestFactory

from accounts.models import User
from admin_theme.navigation import sidebar
from tests.admin_theme.cast import make_officer

pytestmark = pytest.mark.django_db


def titles(user: User | AnonymousUser) -> set[str]:
    request = RequestFactory().get("/admin/")
    request.user = user
    return {str(item["title"]) for group in sidebar(request) for item in group["items"]}


def test_sidebar_leaves_out_what_the_officer_may_not_see() -> None:
    assert titles(make_officer("budi")) == {"Antrean"}
    assert titles(AnonymousUser()) == {"Antrean"}


def test_sidebar_shows_what_the_officer_may_see() -> None:
    assert titles(make_officer("rina", permissions=("reference.view_country",))) == {"Antrean", "Negara"}


def test_schedules_are_for_superusers_only() -> None:
    officer = make_officer("budi", permissions=("django_q.view_schedule", "django_q.change_schedule"))
    assert "Jadwal" not in titles(officer)
    assert "Jadwal" in titles(make_officer("ratna", is_superuser=True))


def test_site_map_names_existing_models() -> None:
    labels = [
        item["model"] for group in settings.UNFOLD["SITE_MAP"] for item in group["items"] if "model" in item
    ]
    assert len(labels) == len(set(labels))
    assert [label for label in labels if not _exists(label)] == []


def _exists(label: str) -> bool:
    try:
        apps.get_model(label)
    except LookupError:
        return False
    return True


@pytest.mark.parametrize("label", ["otp_email.EmailDevice", "otp_totp.TOTPDevice", "otp_static.StaticDevice"])
def test_secrets_of_one_time_codes_have_no_page(label: str) -> None:
    assert not admin.site.is_registered(apps.get_model(label))


def test_theme_stands_before_unfold() -> None:
    assert "admin_theme" in get_template("unfold/layouts/skeleton.html").origin.name  # type: ignore[attr-defined]


@pytest.mark.parametrize(("number", "shown"), [("3", "3"), ("0", None)])
def test_badge_of_zero_is_not_drawn(monkeypatch: pytest.MonkeyPatch, number: str, shown: str | None) -> None:
    entry = {"title": "Antrean", "url": "admin:index", "badge": "tests.admin_theme.urls.count_waiting"}
    monkeypatch.setitem(settings.UNFOLD, "SITE_MAP", [{"title": "Pekerjaan", "items": [entry]}])
    monkeypatch.setattr("tests.admin_theme.urls.count_waiting", lambda request: number)
    request = RequestFactory().get("/admin/")
    request.user = AnonymousUser()
    assert sidebar(request)[0]["items"][0].get("badge") == shown


@pytest.mark.parametrize(
    ("path", "lit"),
    [
        ("/admin/", "Antrean"),
        ("/admin/public_site/conversationrule/", "Aturan WhatsApp"),
        ("/admin/public_site/conversationrule/7/change/", "Aturan WhatsApp"),
        ("/admin/public_site/conversationrule/simulator/", "Simulator WhatsApp"),
    ],
)
def test_one_entry_is_lit(path: str, lit: str) -> None:
    request = RequestFactory().get(path)
    request.user = make_officer("ratna", is_superuser=True)
    shown = admin.site.get_sidebar_list(request)  # type: ignore[attr-defined]
    assert [str(item["title"]) for group in shown for item in group["items"] if item["active"]] == [lit]
