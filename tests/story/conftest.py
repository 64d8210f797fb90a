"""The running town and the browsers that play in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from tests.story.stage import CHROMIUM, Stage
from tests.story.town import Town, open_town


@pytest.fixture
def town() -> Iterator[Town]:
    """A real web server and worker on an own database."""
    with open_town() as opened:
        yield opened


@pytest.fixture
def stage(town: Town) -> Iterator[Stage]:
    """Browsers; one for each person. Never kept open for other tests: Playwright runs once in a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield Stage(browser, town)
        browser.close()
