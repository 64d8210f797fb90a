"""Browsers of the story: one for each person, all of them watched for complaints."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response, ViewportSize

from tests.browser import PATIENCE
from tests.story.town import Town

#: Folder for a picture of each step; nothing is drawn when it is not set.
PICTURES = os.environ.get("STORY_PICTURES", "")
WIDE: ViewportSize = {"width": 1280, "height": 900}


class Stage:
    """``page(person)`` opens or finds a person's browser; ``complaints`` is what no browser may say."""

    def __init__(self, browser: Browser, town: Town) -> None:
        self.town = town
        self.complaints: list[str] = []
        self._browser = browser
        self._pages: dict[str, Page] = {}
        self._count = 0

    def page(self, person: str) -> Page:
        """The person's own browser window."""
        if person not in self._pages:
            context = self._browser.new_context(
                base_url=self.town.url,
                locale="id-ID",
                timezone_id="Asia/Jakarta",
                viewport=WIDE,
                accept_downloads=True,
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            self._watch(person, context)
            self._pages[person] = page
        return self._pages[person]

    def people(self) -> dict[str, Page]:
        """Everybody who has a window open."""
        return dict(self._pages)

    @contextmanager
    def told_when_it_fails(self) -> Iterator[None]:
        """Adds to a failure what the browsers and the processes said, and a picture of every window."""
        try:
            yield
        except BaseException as error:
            for person, page in self._pages.items():
                error.add_note(f"{person} at {page.url}: {page.title()}")
                if PICTURES:
                    page.screenshot(path=f"{PICTURES}/failed-{person}.png", full_page=True)
            error.add_note("complaints: " + "\n".join(self.complaints))
            error.add_note("processes: " + self.town.log()[-3000:])
            raise

    def _watch(self, person: str, context: BrowserContext) -> None:
        def said(message: Any) -> None:
            if message.type in {"error", "warning"}:
                self.complaints.append(f"{person}: {message.text} ({message.location.get('url', '')})")

        def answered(response: Response) -> None:
            if response.status >= 400:
                self.complaints.append(
                    f"{person}: {response.status} {response.request.method} {response.url}"
                )

        def failed(request: Any) -> None:
            # A navigation that turns into a download is aborted by the browser itself.
            if request.failure and "ERR_ABORTED" not in request.failure:
                self.complaints.append(f"{person}: {request.failure} {request.url}")

        context.on("console", said)
        context.on("weberror", lambda error: self.complaints.append(f"{person}: {error.error}"))
        context.on("response", answered)
        context.on("requestfailed", failed)

    def picture(self, page: Page, name: str) -> None:
        """Keeps a picture when wanted, and looks for sideways scrolling."""
        if PICTURES:
            self._count += 1
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            width = (page.viewport_size or WIDE)["width"]
            page.screenshot(path=f"{PICTURES}/{self._count:02}-{name}-{width}.png", full_page=True)
        assert not scrolls_sideways(page), f"{name}: {page.url} scrolls sideways"


def scrolls_sideways(page: Page) -> bool:
    """Whether the document is wider than the window."""
    # A click returns when the next page has begun to arrive; until it is there there is nothing to measure.
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
