"""The console in a real browser under the strict policy: no violation, no script error."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from tests.admin_theme.cast import make_officer
from tests.browser import BROWSER, OpenPage

pytestmark = [*BROWSER, pytest.mark.slow, pytest.mark.urls("tests.admin_theme.urls")]


@pytest.fixture
def console(open_page: OpenPage) -> Page:
    """A page of a signed-in officer with every right."""
    Group.objects.create(name="baru")
    Group.objects.create(name="milik ratna")
    return open_page(make_officer("ratna", is_superuser=True))


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
    console.wait_for_load_state()

    console.locator("a:has-text('Setujui')").click()
    console.locator("#dialog input[name=note]").fill("salah")
    console.locator("#dialog button[type=submit]").click()
    console.get_by_text("Kop surat belum sesuai.").wait_for()
    console.locator("#dialog input[name=note]").fill("terima")
    console.locator("#dialog button[type=submit]").click()
    console.get_by_text("“Setujui” sudah dilakukan").wait_for()

    console.get_by_text("unfold_more").click()
    console.get_by_text("dark_mode").click()
    expect(console.locator("html")).to_have_class(re.compile(r"\bdark\b"))
    console.keyboard.press("Control+k")
    expect(console.locator("#search-input-command")).to_be_focused()
    console.keyboard.type("peran")
    console.locator("#command-results-list li").first.wait_for()


@pytest.mark.urls("core.urls")
def test_own_pages_run_under_the_strict_policy(console: Page) -> None:
    console.goto("/admin/")
    console.locator("#content").wait_for()
    for name in ("regionaloffice", "holiday", "immigrationoffice", "letterhead"):
        console.goto(f"/admin/reference/{name}/")
        console.goto(f"/admin/reference/{name}/add/")
        console.locator("#content").wait_for()


def test_everything_opens_and_closes_by_keyboard(console: Page) -> None:
    """Unfold draws menus, sections and filters as plain elements; the dialog must hold the focus and give it back."""
    console.goto("/admin/auth/group/")
    # The first stop leads past the sidebar.
    console.keyboard.press("Tab")
    expect(console.get_by_role("link", name="Lewati ke isi halaman")).to_be_focused()
    console.keyboard.press("Enter")
    console.keyboard.press("Tab")
    expect(console.locator("#content :focus")).to_have_count(1)
    # Filters.
    console.get_by_role("button", name="Saring", exact=True).focus()
    console.keyboard.press("Enter")
    console.get_by_text("Terapkan saringan").wait_for()
    expect(console.locator("#changelist-filter :focus")).to_have_count(1)
    console.keyboard.press("Escape")
    console.get_by_text("Terapkan saringan").wait_for(state="hidden")
    # The menu with the way out.
    person = console.get_by_role("button", name="ratna")
    person.focus()
    expect(person).to_have_attribute("aria-expanded", "false")
    console.keyboard.press("Space")
    expect(person).to_have_attribute("aria-expanded", "true")
    console.get_by_role("button", name="Keluar").wait_for()
    # The sidebar of a narrow window.
    console.set_viewport_size({"width": 768, "height": 900})
    menu = console.locator("[role=button][aria-label=Menu]:visible")
    menu.focus()
    console.keyboard.press("Enter")
    expect(console.locator("#nav-sidebar :focus")).to_have_count(1)
    # No icon is read aloud as a word.
    icons = console.locator(".material-symbols-outlined:not([aria-hidden=true]):not([role=button])")
    expect(icons).to_have_count(0)
    # A dialog keeps the focus while it is open and gives it back.
    console.set_viewport_size({"width": 1280, "height": 900})
    console.goto("/admin/auth/group/")
    console.get_by_role("link", name="baru").first.click()
    console.wait_for_load_state()
    opener = console.locator("a:has-text('Setujui')")
    opener.focus()
    console.keyboard.press("Enter")
    expect(console.locator("#dialog input[name=note]")).to_be_focused()
    for _press in range(6):
        console.keyboard.press("Tab")
        expect(console.locator("#modal-content :focus")).to_have_count(1)
    console.keyboard.press("Escape")
    expect(opener).to_be_focused()
