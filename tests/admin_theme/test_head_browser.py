"""The head of a console page in a real browser: however many buttons it has, the name of what is open can be read."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from tests.browser import BROWSER, OpenPage, fits

pytestmark = [*BROWSER, pytest.mark.slow]


def test_buttons_leave_room_for_the_name(
    base_data: None, siti: User, kartika: User, open_page: OpenPage
) -> None:
    now = timezone.now()
    siti.signed_in_devices.create(session_key="a", started_at=now, seen_at=now)
    page = open_page(kartika, viewport={"width": 1280, "height": 900})
    page.goto(f"/admin/accounts/user/{siti.pk}/change/")
    expect(page.get_by_role("link", name="Keluarkan dari semua perangkat")).to_be_visible()
    name = page.locator("#header-inner h1 a").last
    expect(name).to_contain_text("Siti Aminah")
    box = name.bounding_box()
    assert box
    assert box["width"] > 100
    assert fits(page)
