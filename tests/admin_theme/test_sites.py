"""Who may enter the console."""

import pytest
from django.test import Client

from accounts.models import User
from tests.admin_theme.cast import SignIn, make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin_theme.urls")]
PAGES = ["/admin/", "/admin/auth/group/", "/admin/search/?s=a", "/admin/jsi18n/", "/admin/tidak-ada/"]


@pytest.mark.parametrize("page", PAGES)
def test_console_sends_strangers_to_public_sign_in(page: str) -> None:
    response = Client().get(page, follow=True)
    assert response.redirect_chain[-1][0].startswith("/masuk/?next=/admin/")


@pytest.mark.parametrize("page", PAGES)
def test_console_sends_officer_without_code_to_public_sign_in(page: str) -> None:
    client = Client()
    client.force_login(make_officer("ratna", is_superuser=True))
    assert client.get(page, follow=True).redirect_chain[-1][0].startswith("/masuk/?next=/admin/")


@pytest.mark.parametrize("page", [*PAGES, "/admin/login/", "/admin/password_change/", "/admin/logout/"])
def test_console_does_not_exist_for_applicants(sign_in: SignIn, siti: User, page: str) -> None:
    assert sign_in(Client(), siti).get(page).status_code == 404


def test_console_opens_for_verified_officer(sign_in: SignIn) -> None:
    response = sign_in(Client(), make_officer("budi")).get("/admin/")
    assert response.status_code == 200
    assert "Ruang kerja petugas" in response.text


@pytest.mark.parametrize("page", ["0", "-1", "9" * 30, "x"])
def test_menu_search_has_no_senseless_pages(sign_in: SignIn, page: str) -> None:
    client = sign_in(Client(), make_officer("budi"))
    assert client.get("/admin/search/", {"s": "a", "page": page}).status_code == 404


def test_login_page_returns_verified_officer_to_asked_page(sign_in: SignIn) -> None:
    client = sign_in(Client(), make_officer("budi"))
    assert client.get("/admin/login/?next=/admin/auth/group/").headers["Location"] == "/admin/auth/group/"


@pytest.mark.parametrize("target", ["https://jahat.example/", "//jahat.example", "javascript:alert(1)"])
def test_login_page_ignores_foreign_targets(target: str) -> None:
    response = Client().get("/admin/login/", {"next": target})
    assert response.headers["Location"] == "/masuk/?next=/admin/"


def test_login_page_has_no_form_of_its_own() -> None:
    make_officer("budi")
    response = Client().post("/admin/login/", {"username": "budi", "password": "x"})
    assert response.status_code == 302
    assert "sessionid" not in response.cookies
    assert "sesi" not in response.cookies


def test_logout_is_the_public_one(sign_in: SignIn) -> None:
    client = sign_in(Client(), make_officer("budi"))
    assert client.get("/admin/logout/").status_code == 405
    response = client.post("/admin/logout/")
    assert response.status_code == 307
    assert response.headers["Location"] == "/keluar/"


def test_password_page_is_the_public_one(sign_in: SignIn) -> None:
    client = sign_in(Client(), make_officer("budi"))
    assert client.get("/admin/password_change/").headers["Location"] == "/akun/kata-sandi/"
