"""Two officers at their desks in real browsers under the strict policy: no complaint, nothing taken twice."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from requests_app.models import DataRequest, Outcome, Status
from tests import factories
from tests.browser import BROWSER, OpenPage, fits
from tests.requests_app import results

pytestmark = [*BROWSER, pytest.mark.slow]


@pytest.fixture
def found(transactional_db: None, siti: Any, agreement: Any, catalogue: Any) -> list[DataRequest]:
    requests = []
    for _number in range(5):
        request = results.make_request(siti, status=Status.PROCESSING, agreement=agreement, approved_at=None)
        results.add_row(request, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
        requests.append(request)
    return requests


@pytest.fixture
def desk(found: Any, rina: User, open_page: OpenPage) -> Callable[[str], Page]:
    """``desk("rina")``: the first page in a browser of that officer's own."""
    officers = {"rina": rina, "bayu": factories.make_officer("bayu", "Bayu Aji", "Petugas")}

    def desk(officer: str) -> Page:
        page = open_page(officers[officer])
        page.goto("/admin/")
        page.locator("canvas.chart").first.wait_for()
        return page

    return desk


def number_on(page: Page) -> str:
    """The request that the page is about."""
    return page.locator(".req-number").inner_text()


def test_two_officers_take_see_each_other_and_arrange_their_lists(desk: Any) -> None:
    first_desk, second_desk = desk("rina"), desk("bayu")
    for page in (first_desk, second_desk):  # both pages were drawn before either press
        page.get_by_role("button", name="Ambil berikutnya").click()
        page.locator(".req-number").wait_for()
    assert number_on(first_desk) != number_on(second_desk)
    expect(first_desk.locator(".req-head")).to_contain_text("Petugas Rina Lestari")
    expect(second_desk.locator(".req-head")).to_contain_text("Petugas Bayu Aji")
    # Presence: by the page itself, then by the poll without a reload.
    second_desk.goto(first_desk.url)
    expect(second_desk.get_by_role("status")).to_contain_text("Rina Lestari sedang membuka permohonan ini")
    first_desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(first_desk.get_by_role("status")).to_contain_text("Bayu Aji sedang membuka permohonan ini")
    # Several at once, after a look.
    page = first_desk
    page.goto("/admin/requests_app/datarequest/?petugas=kosong")
    for box in page.locator("input.action-select").all():
        box.check()
    page.locator("select[name=action]").select_option(label="Ambil yang dipilih")
    page.locator(
        "#changelist-actions-wrapper button[name=index], #changelist-form button[name=index]"
    ).first.click()
    expect(page.get_by_text("3 baris dipilih")).to_be_visible()
    page.get_by_role("button", name="Ambil yang dipilih").click()
    expect(page.get_by_text("dilakukan pada 3 baris")).to_be_visible()
    page.goto("/admin/requests_app/datarequest/?petugas=saya")
    expect(page.locator("#result_list .data-row")).to_have_count(4)
    # Own columns and a kept view.
    page.goto("/admin/requests_app/datarequest/?giliran=petugas")
    page.get_by_text("Tersimpan").click()
    page.get_by_label("Simpan saringan ini sebagai").fill("Giliran kami")
    page.locator(".list-views-box").get_by_role("button", name="Simpan").click()
    expect(page.get_by_text("Tampilan “Giliran kami” tersimpan.")).to_be_visible()
    page.get_by_role("link", name="Atur daftar").click()
    page.get_by_label("No. Surat").check()
    page.get_by_role("button", name="Simpan", exact=True).click()
    expect(page.get_by_role("columnheader", name="No. Surat")).to_be_visible()
    # Nothing moves sideways.
    for width in (1280, 768):
        page.set_viewport_size({"width": width, "height": 900})
        for address in (
            "/admin/",
            "/admin/requests_app/datarequest/beban/",
            "/admin/daftar/requests_app/datarequest/",
        ):
            page.goto(address)
            assert fits(page), (address, width)
