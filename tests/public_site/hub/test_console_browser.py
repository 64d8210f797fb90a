"""The console of Info Layanan on a telephone, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from public_site.hub import selfcheck
from public_site.hub.models import Hub

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the system's Chromium"),
]


def test_page_and_check_do_not_move_sideways_on_a_telephone(
    transactional_db, hub: Hub, dewi, sign_in, live_server: Any
):
    Hub.objects.update(phone="bukan nomor telepon yang benar")
    check = selfcheck.run()
    cookie = sign_in(Client(), dewi).cookies[settings.SESSION_COOKIE_NAME].value
    widths = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(base_url=live_server.url, viewport={"width": 360, "height": 800})
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        for address in (f"hub/{hub.pk}/change/", f"hubcheck/{check.pk}/change/"):
            page.goto(f"/admin/public_site/{address}")
            page.wait_for_selector("fieldset")
            widths[address] = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert set(widths.values()) == {360}, widths
