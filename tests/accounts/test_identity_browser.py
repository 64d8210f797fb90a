"""The question "who is there" in a real dialog: asked in place, again when the time ran out, nothing typed is lost."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Agreement, IdentityCheck, User
from core.catalogue.models import Service
from requests_app.models import Status
from tests.browser import BROWSER, OpenPage
from tests.factories import PASSWORD
from tests.requests_app import results

pytestmark = [*BROWSER, pytest.mark.slow]


def make_old(page: Page) -> None:
    """The last confirmation of this browser's session lies eleven minutes back."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    session = SessionStore(cookies[settings.SESSION_COOKIE_NAME])
    session["confirmed_at"] = int((timezone.now() - timedelta(minutes=11)).timestamp())
    session.save()


def test_dialog_asks_and_goes_on(
    base_data: None,
    open_page: OpenPage,
    siti: User,
    ratna: User,
    agreement: Agreement,
    catalogue: dict[str, Service],
) -> None:
    found = results.make_request(siti, status=Status.AWAITING_APPROVAL, agreement=agreement, approved_at=None)
    results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,))
    page = open_page(ratna, viewport={"width": 1280, "height": 900})
    page.goto(f"/admin/requests_app/datarequest/{found.pk}/change/")
    make_old(page)
    page.get_by_role("link", name="Setujui dan terbitkan").click()
    answer = page.get_by_label("Kata sandi Anda")
    answer.fill("salah")
    answer.press("Enter")
    expect(page.get_by_text("Kata sandi tidak cocok")).to_be_visible()
    answer.fill(PASSWORD)
    answer.press("Enter")
    note = page.locator("#dialog [name=note]")
    note.fill("Sudah diperiksa")
    make_old(page)
    page.locator("#dialog").get_by_role("button", name="Setujui dan terbitkan").click()
    answer.fill(PASSWORD)
    answer.press("Enter")
    expect(page.get_by_text("sudah dilakukan")).to_be_visible()
    assert found.events.get(verb="approve").note == "Sudah diperiksa"
    assert list(IdentityCheck.objects.order_by("pk").values_list("passed", flat=True)) == [False, True, True]
