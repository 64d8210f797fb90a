"""The running town and the browsers that play in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.story.stage import Stage
from tests.story.town import Town, open_town

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """A real web server and worker on an own database."""
    with open_town() as opened:
        yield opened


@pytest.fixture(scope="session")
def stage(town: Town) -> Iterator[Stage]:
    """Browsers; one for each person."""
    if not CHROMIUM.exists():
        pytest.skip("needs the system's Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield Stage(browser, town)
        browser.close()
