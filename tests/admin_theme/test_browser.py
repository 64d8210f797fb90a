"""The console in a real browser under the strict policy: no violation, no script error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from tests.admin_theme.cast import SignIn, make_officer

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.admin_theme.urls"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the system's Chromium"),
]


@pytest.fixture
def session_cookie(sign_in: SignIn, transactional_db: None) -> str:
    Group.objects.create(name="baru")
    Group.objects.create(name="milik ratna")
    client = sign_in(Client(), make_officer("ratna", is_superuser=True))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def console(session_cookie: str, live_server: Any) -> Iterator[Page]:
    """A page of a signed-in officer; fails the test when the browser complained."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(base_url=live_server.url, locale="id-ID", timezone_id="Asia/Jakarta")
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session_cookie, "url": live_server.url}]
        )
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []


def test_console_runs_under_the_strict_policy(console: Page) -> None:
    response = console.goto("/admin/auth/group/")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy

    console.get_by_text("Saring filter_list").click()
    console.get_by_text("Terapkan saringan").wait_for()
    console.keyboard.press("Escape")
    console.locator("input.action-select").first.check()
    console.get_by_role("link", name="baru").first.click()

    console.locator("a:has-text('Setujui')").click()
    console.locator("#dialog input[name=note]").fill("salah")
    console.locator("#dialog button[type=submit]").click()
    console.get_by_text("Kop surat belum sesuai.").wait_for()
    console.locator("#dialog input[name=note]").fill("terima")
    console.locator("#dialog button[type=submit]").click()
    console.get_by_text("“Setujui” sudah dilakukan").wait_for()

    console.get_by_text("unfold_more").click()
    console.get_by_text("dark_mode").click()
    assert "dark" in (console.locator("html").get_attribute("class") or "")
    console.keyboard.press("Control+k")
    console.locator("#search-input-command").press_sequentially("peran")
    console.locator("#command-results-list li").first.wait_for()


@pytest.mark.urls("core.urls")
def test_own_pages_run_under_the_strict_policy(console: Page) -> None:
    console.goto("/admin/")
    console.locator("#content").wait_for()
    for name in ("regionaloffice", "holiday", "immigrationoffice", "letterhead"):
        console.goto(f"/admin/reference/{name}/")
        console.goto(f"/admin/reference/{name}/add/")
        console.locator("#content").wait_for()
