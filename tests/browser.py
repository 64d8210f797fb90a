"""Pages of a real browser (Debian's Chromium) for people who are signed in; its complaints fail the test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from accounts.models import User

CHROMIUM = Path("/usr/bin/chromium")
#: Patience for a busy machine, in milliseconds; a step that works takes a fraction of it.
PATIENCE = 60_000
#: For ``pytestmark``.
BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the system's Chromium"),
]


class OpenPage(Protocol):
    """``open_page(person, **options)``: a page in a browser context of that person's own; options of Playwright's."""

    def __call__(self, person: User | None, **options: Any) -> Page: ...


#: What is done to an element.
ACTIONS = (
    "check",
    "click",
    "fill",
    "focus",
    "press",
    "select_option",
    "set_checked",
    "set_input_files",
    "type",
)


@contextmanager
def arrived_pages() -> Iterator[None]:
    """Every action waits until the page has arrived whole.

    Playwright acts on an element as soon as it is drawn, on a busy machine before the page's scripts have run: a link
    that opens a dialog then leads to a page of its own, a menu stays closed.
    """

    def waiting(action: Callable[..., Any]) -> Callable[..., Any]:
        def act(locator: Locator, *args: Any, **kwargs: Any) -> Any:
            locator.page.wait_for_load_state()
            return action(locator, *args, **kwargs)

        return act

    with pytest.MonkeyPatch.context() as patch:
        for name in ACTIONS:
            patch.setattr(Locator, name, waiting(getattr(Locator, name)))
        yield


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; Playwright runs once in a process, so never keep it open for other tests."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, arrived_pages():
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def signed_in_pages(url: str, sign_in: Callable[[Any, User], Any]) -> Iterator[OpenPage]:
    """Opens pages at ``url``; at the end no browser may have written an error or a warning to its console."""
    complaints: list[str] = []
    with chromium() as browser:

        def open_page(person: User | None, **options: Any) -> Page:
            options = {"base_url": url, "locale": "id-ID", "timezone_id": "Asia/Jakarta", **options}
            context = browser.new_context(**options)
            context.set_default_timeout(PATIENCE)
            if person is not None:
                cookie = sign_in(Client(), person).cookies[settings.SESSION_COOKIE_NAME].value
                context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
            page = context.new_page()
            page.on(
                "console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None
            )
            page.on("pageerror", lambda error: complaints.append(str(error)))
            return page

        yield open_page
    # A refused form answers 422; Chromium reports that as a failed resource.
    assert [text for text in complaints if "status of 422" not in text] == []


def fits(page: Page) -> bool:
    """Whether nothing pushes the page sideways, once it has arrived."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
