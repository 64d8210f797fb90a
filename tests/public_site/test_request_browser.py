"""The request pages in a real browser under the strict policy: dialogs, dependent boxes, no script error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice
from requests_app import operations
from requests_app.models import DataRequest
from tests.public_site.request_steps import address

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the system's Chromium"),
]


@pytest.fixture
def draft(transactional_db, siti, agreement) -> DataRequest:
    regional = RegionalOffice.objects.create(slug="dki-jakarta", name="KANTOR WILAYAH DKI JAKARTA")
    office = ImmigrationOffice.objects.get(slug="jakarta-selatan")
    office.regional_office = regional
    office.save()
    Checkpoint.objects.create(key="tpi-1", name="TPI 1", immigration_office=office)
    draft = operations.create_draft(by=siti)
    return operations.answer_more_than_ten(draft.pk, by=siti, value=False)


@pytest.fixture
def session_cookie(draft, siti, sign_in) -> str:
    return sign_in(Client(), siti).cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def page(session_cookie: str, live_server: Any) -> Iterator[Page]:
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
    # A refused form answers 422; Chromium reports that as a failed resource.
    assert [text for text in complaints if "status of 422" not in text] == []


def test_rows_and_statistics_are_added_in_dialogs(page: Page, draft: DataRequest) -> None:
    page.goto(address("request_data", pk=draft.pk))
    page.get_by_role("link", name="+ Data Detail").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("link", name="Paspor").click()
    dialog.get_by_label("Nama").fill("John Doe")
    dialog.locator(".actions").get_by_role("button", name="Simpan", exact=True).click()
    expect(dialog.get_by_role("link", name="Isi salah satu, NIK atau No. Paspor")).to_be_visible()
    expect(dialog.get_by_label("Nama")).to_have_value("John Doe")
    dialog.get_by_label("Tanggal Lahir").fill("2000-12-31")
    dialog.get_by_label("No. Paspor").fill("A123123")
    dialog.get_by_label("Nama").press("Enter")
    expect(page.get_by_text("Data John Doe ditambahkan. Jumlah: 1")).to_be_visible()
    expect(page.get_by_role("heading", name="Data Detail (1)")).to_be_visible()

    page.get_by_role("link", name="+ Data Statistik").click()
    dialog.get_by_role("link", name="Perlintasan").click()
    dialog.get_by_label("Periode Data dari").fill("2024-10-02")
    dialog.get_by_label("Periode Data sampai").fill("2024-10-10")
    dialog.get_by_label("Kantor Wilayah (Kanwil)").select_option("dki-jakarta")
    dialog.get_by_label("Kantor Imigrasi (Kanim)").select_option("jakarta-selatan")
    dialog.get_by_label("Tempat Pemeriksaan Imigrasi (TPI)").select_option("tpi-1")
    dialog.get_by_label("WNI", exact=True).check()
    dialog.get_by_label("Masuk", exact=True).check()
    expect(dialog.get_by_role("button", name="Tampilkan pilihan")).to_be_hidden()
    dialog.locator(".actions").get_by_role("button", name="Simpan").click()
    expect(page.get_by_role("heading", name="Data Statistik (1)")).to_be_visible()

    page.get_by_role("link", name="Hapus data John Doe").click()
    dialog.get_by_role("button", name="Hapus").click()
    expect(page.get_by_role("heading", name="Data Detail (0)")).to_be_visible()


def test_pages_do_not_scroll_sideways_on_a_phone(page: Page, draft: DataRequest) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    paths = ["request_letter", "request_data", "request_review", "row_add", "statistics_add"]
    for path in [address("request_list"), address("track"), *(address(name, pk=draft.pk) for name in paths)]:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
