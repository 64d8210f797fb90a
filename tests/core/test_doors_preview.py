"""The officer's preview of a letter: a real browser shows the PDF under the headers it leaves with."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

from core.doors.storage import PDF, file_headers
from tests import corpus
from tests.browser import PATIENCE


class Letters(BaseHTTPRequestHandler):
    """A page with one frame, and the letter in it."""

    def do_GET(self) -> None:
        page = b"<!doctype html><title>x</title><iframe src='/letter' width=600 height=400></iframe>"
        letter = self.path == "/letter"
        self.send_response(200)
        self.send_header("Content-Type", PDF if letter else "text/html")
        for name, value in file_headers("surat.pdf", inline=True).items() if letter else ():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(corpus.pdf() if letter else page)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Letters)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.slow
@pytest.mark.browser
def test_preview_starts_the_viewer_of_the_browser(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--headless=new"],
            ignore_default_args=["--headless", "--headless=old"],
        )
        page = browser.new_page()
        page.goto(address)
        for _attempt in range(PATIENCE // 200):
            frames = [frame.url for frame in page.frames]
            if any(url.startswith("chrome-extension://") for url in frames):
                break
            page.wait_for_timeout(200)
        browser.close()
    assert any(url.startswith("chrome-extension://") for url in frames), frames
    assert not any(url.startswith("chrome-error://") for url in frames), frames
