"""A session that ends in the middle of a form: the way back, what is said, and no blank page at its end."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from tests.public_site.request_steps import address, letter_values, new_draft

pytestmark = pytest.mark.django_db
SITE = "http://testserver"
LOST = "isian yang baru saja dikirim belum tersimpan"


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


@pytest.fixture
def later():
    """Long enough after signing in for the session to be over."""
    with time_machine.travel(timezone.now() + settings.SESSION_IDLE + timedelta(minutes=1), tick=True):
        yield


def test_a_form_sent_too_late_leads_back_to_its_page(browser, page_text, request) -> None:
    draft = new_draft(browser)
    form = address("request_letter", pk=draft.pk)
    request.getfixturevalue("later")
    answer = browser.post(form, letter_values(subject="Terlambat"), headers={"Referer": SITE + form})
    assert answer["Location"] == f"/masuk/?next={form.replace('/', '%2F')}&belum-tersimpan=1"
    page = browser.get(answer["Location"])
    assert LOST in page_text(page)
    assert f'name="next" value="{form}"' in page.content.decode()
    draft = type(draft).objects.get(pk=draft.pk)
    assert draft.subject == ""


def test_a_button_pressed_too_late_leads_back_to_the_page_it_stands_on(browser, later) -> None:
    listed = address("request_list") + "?status=baru"
    answer = browser.post(address("request_new"), headers={"Referer": SITE + listed})
    assert answer["Location"].startswith("/masuk/?next=%2Fpermohonan%2F%3Fstatus%3Dbaru&")


@pytest.mark.parametrize("referer", ["", "https://evil.example/permohonan/", "javascript:alert(1)"])
def test_only_pages_of_this_site_are_led_back_to(browser, later, referer) -> None:
    answer = browser.post(address("request_new"), headers={"Referer": referer})
    assert answer["Location"].startswith("/masuk/?next=%2Fpermohonan%2Fbaru%2F&")


def test_officers_come_back_to_the_page_of_the_button(client, sign_in, rina) -> None:
    desk = sign_in(client, rina)
    page = "/admin/requests_app/datarequest/"
    with time_machine.travel(timezone.now() + settings.SESSION_IDLE_OFFICER + timedelta(minutes=1)):
        answer = desk.post(
            "/admin/requests_app/datarequest/ambil-berikutnya/", headers={"Referer": SITE + page}
        )
    assert answer["Location"] == f"/masuk/?next={page.replace('/', '%2F')}&belum-tersimpan=1"


def test_opening_a_page_too_late_says_nothing_of_lost_entries(browser, later, page_text) -> None:
    answer = browser.get(address("request_list"))
    assert answer["Location"] == "/masuk/?next=/permohonan/"
    assert LOST not in page_text(browser.get(answer["Location"]))


def test_the_address_of_a_button_answers_with_a_page(browser, page_text) -> None:
    answer = browser.get(address("request_new"))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "Alamat ini bukan halaman." in page_text(answer)
    assert "no-store" in answer["Cache-Control"]
    sent = browser.put(address("request_new"))
    assert (sent.status_code, sent.content) == (405, b"")
