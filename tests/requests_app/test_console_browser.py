"""The officers' pages of a request in a real browser under the strict policy: drawn, pressed, no complaint."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from requests_app.models import DataRequest, Outcome, Status
from tests import factories
from tests.requests_app import results

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the system's Chromium"),
]


@pytest.fixture
def found(transactional_db: None, siti: Any, agreement: Any, catalogue: Any) -> DataRequest:
    found = results.make_request(siti, status=Status.SUBMITTED, agreement=agreement, approved_at=None)
    results.add_row(found, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
    return found


@pytest.fixture
def console(found: DataRequest, sign_in: Any, live_server: Any) -> Iterator[Page]:
    """A page of an officer with every role; fails the test when the browser complained."""
    chief = factories.make_officer("agus", "Agus Salim", "Verifikator", "Petugas", "Penyetuju")
    cookie = sign_in(Client(), chief).cookies[settings.SESSION_COOKIE_NAME].value
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(base_url=live_server.url, locale="id-ID", timezone_id="Asia/Jakarta")
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []


def test_officer_takes_a_request_through_the_pages(console: Page, found: DataRequest) -> None:
    console.goto("/admin/")
    console.locator("canvas.chart").first.wait_for()
    console.get_by_role("link", name=str(found.number)).click()
    console.get_by_role("link", name="Mulai verifikasi").click()
    console.locator("#dialog button[type=submit]").click()
    console.get_by_text("sudah dilakukan").wait_for()
    for tab in ("Data Detail", "Statistik", "Dokumen", "Riwayat", "Ringkasan"):
        console.get_by_label("Bagian permohonan").get_by_role("link", name=tab).click()
        console.wait_for_load_state()
        assert console.evaluate("document.documentElement.scrollWidth <= innerWidth")
    console.get_by_role("link", name="Berkas lengkap, proses").click()
    console.locator("#dialog button[type=submit]").click()
    console.get_by_text("sudah dilakukan").wait_for()
    console.get_by_role("link", name="Hasil pencocokan").click()
    console.get_by_role("button", name="Cari kecocokan").click()
    console.get_by_text("1 baris diperiksa").wait_for()
    console.set_viewport_size({"width": 360, "height": 780})
    assert console.evaluate("document.documentElement.scrollWidth <= innerWidth")
    console.get_by_role("button", name="Tidak Ditemukan").click()
    console.get_by_text("Baris 1: Tidak Ditemukan").wait_for()
