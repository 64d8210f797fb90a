"""What the console refuses is told in the console, with a way back; nobody learns what exists from it."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from public_site.models import Faq
from tests.requests_app import results

pytestmark = pytest.mark.django_db


def shape(response: Any) -> tuple[int, str]:
    """Status and page without what differs in every answer: its number and its nonce."""
    text = re.sub(r"K-[0-9A-F]{6}", "", response.content.decode())
    text = re.sub(r'nonce="[^"]+"|name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    return response.status_code, re.sub(r'(action|href|value)="[^"]*"', "", text)


def is_in_console(response: Any) -> bool:
    return 'href="/admin/"' in response.text and "public_site/site.css" not in response.text


@pytest.mark.parametrize("path", ["/admin/entah/", "/admin/requests_app/x/"])
def test_an_unknown_address_stays_in_the_console(
    client: Client, sign_in: Any, dewi: User, base_data: None, page_text: Any, path: str
) -> None:
    response = sign_in(client, dewi).get(path)
    assert response.status_code == 404
    assert is_in_console(response)
    text = page_text(response)
    assert "Halaman ini tidak ada." in text
    assert "Ke Antrean" in text
    assert response.headers["Cache-Control"] == "no-store, private"


def test_the_way_back_leads_to_the_list_when_the_officer_may_see_it(
    client: Client, sign_in: Any, dewi: User, umar: User, base_data: None
) -> None:
    address = "/admin/public_site/guide/1/versi/99/"
    link = f'href="{reverse("admin:public_site_guide_changelist")}"'
    assert sign_in(client, dewi).get(address).text.count(link) > sign_in(Client(), umar).get(
        address
    ).text.count(link)


def test_what_a_role_may_not_see_is_refused_in_the_console(
    client: Client, sign_in: Any, dewi: User, base_data: None, page_text: Any
) -> None:
    response = sign_in(client, dewi).get("/admin/accounts/user/")
    assert response.status_code == 403
    assert is_in_console(response)
    assert "Peran Anda tidak memuat hak yang diperlukan." in page_text(response)


def test_unknown_and_forbidden_objects_get_the_same_answer(
    client: Client, sign_in: Any, dewi: User, siti: User, ratna: User, umar: User, base_data: None
) -> None:
    found = results.make_request(siti, ratna)
    faq = Faq.objects.create(slug="a", question="A?", answer="B")
    requests = "/admin/requests_app/datarequest"
    for person, known, unknown in (
        (dewi, f"{requests}/{found.pk}/change/", f"{requests}/{uuid.uuid4()}/change/"),
        (
            dewi,
            f"/admin/requests_app/datarequest/{found.pk}/change/",
            f"/admin/requests_app/datarequest/{uuid.uuid4()}/change/",
        ),
        (dewi, f"/admin/accounts/user/{siti.pk}/change/", "/admin/accounts/user/99999999/change/"),
        (umar, f"/admin/public_site/faq/{faq.pk}/change/", "/admin/public_site/faq/99999999/change/"),
        (umar, f"/admin/public_site/faq/{faq.pk}/delete/", "/admin/public_site/faq/99999999/delete/"),
    ):
        browser = sign_in(Client(), person)
        assert shape(browser.get(known)) == shape(browser.get(unknown)), known


def test_applicants_and_strangers_see_no_console(
    client: Client, sign_in: Any, siti: User, base_data: None
) -> None:
    for browser in (sign_in(client, siti), Client()):
        response = browser.get("/admin/entah/", follow=True)
        assert not is_in_console(response)


def test_an_old_form_is_told_in_the_console_in_its_own_words(
    sign_in: Any, dewi: User, base_data: None, page_text: Any
) -> None:
    browser = sign_in(Client(enforce_csrf_checks=True), dewi)
    response = browser.post("/admin/public_site/faq/add/", {"question": "A"})
    assert response.status_code == 403
    assert is_in_console(response)
    assert "Halaman ini sudah terlalu lama terbuka." in page_text(response)


def test_the_public_site_keeps_its_own_page(
    client: Client, sign_in: Any, dewi: User, base_data: None
) -> None:
    response = sign_in(client, dewi).get("/entah/")
    assert response.status_code == 404
    assert not is_in_console(response)
