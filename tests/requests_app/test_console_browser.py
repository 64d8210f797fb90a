"""The officers' pages of a request in a real browser under the strict policy: drawn, pressed, no complaint."""

from typing import Any

import pytest
from playwright.sync_api import Page

from requests_app.models import DataRequest, Outcome, Status
from tests import factories
from tests.browser import BROWSER, OpenPage, fits
from tests.requests_app import results

pytestmark = [*BROWSER, pytest.mark.slow]


@pytest.fixture
def found(transactional_db: None, siti: Any, agreement: Any, catalogue: Any) -> DataRequest:
    found = results.make_request(siti, status=Status.SUBMITTED, agreement=agreement, approved_at=None)
    results.add_row(found, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
    return found


@pytest.fixture
def console(found: DataRequest, open_page: OpenPage) -> Page:
    """A page of an officer with every role."""
    return open_page(factories.make_officer("agus", "Agus Salim", "Verifikator", "Petugas", "Penyetuju"))


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
        assert fits(console)
    console.get_by_role("link", name="Berkas lengkap, proses").click()
    console.locator("#dialog button[type=submit]").click()
    console.get_by_text("sudah dilakukan").wait_for()
    console.get_by_role("link", name="Hasil pencocokan").click()
    console.get_by_role("button", name="Cari kecocokan").click()
    console.get_by_text("1 baris diperiksa").wait_for()
    console.set_viewport_size({"width": 360, "height": 780})
    assert fits(console)
    console.get_by_role("button", name="Tidak Ditemukan").click()
    console.get_by_text("Baris 1: Tidak Ditemukan").wait_for()
