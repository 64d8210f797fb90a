"""The request pages in a real browser under the strict policy: dialogs, dependent boxes, no script error."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.catalogue.models import Service
from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice
from requests_app import operations
from requests_app.models import DataRequest
from tests.browser import BROWSER, OpenPage
from tests.public_site.request_steps import address

pytestmark = BROWSER


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
def page(draft: DataRequest, siti: User, open_page: OpenPage) -> Page:
    return open_page(siti)


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


@pytest.mark.slow
def test_one_row_after_the_other_without_leaving_the_dialog(page: Page, draft: DataRequest) -> None:
    page.goto(address("request_data", pk=draft.pk))
    page.get_by_role("link", name="+ Data Detail").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("link", name="Paspor").click()
    for count, name in enumerate(("John Doe", "Jane Roe"), start=1):
        dialog.get_by_label("Nama").fill(name)
        dialog.get_by_label("Tanggal Lahir").fill("2000-12-31")
        dialog.get_by_label("No. Paspor").fill(f"A12312{count}")
        dialog.get_by_role("button", name="Simpan dan tambah lagi").click()
        expect(dialog.get_by_text(f"Data {name} ditambahkan. Jumlah: {count}")).to_be_visible()
        expect(dialog.get_by_label("Nama")).to_be_focused()
        expect(dialog.get_by_label("Nama")).to_have_value("")
    dialog.get_by_label("Nama").press("Escape")
    expect(page.get_by_role("heading", name="Data Detail (2)")).to_be_visible()
    expect(page.get_by_role("link", name="Ubah data Jane Roe")).to_be_visible()


@pytest.mark.slow
def test_pages_do_not_scroll_sideways_on_a_phone(page: Page, draft: DataRequest) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    paths = ["request_letter", "request_data", "request_review", "row_add", "statistics_add"]
    for path in [address("request_list"), address("track"), *(address(name, pk=draft.pk) for name in paths)]:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path


@pytest.fixture
def long_name(draft: DataRequest) -> None:
    """A row whose name has no place to break; before the browser starts, whose loop bars the database."""
    values = {"nama": "W" * 100, "tanggal_lahir": "2000-12-31", "no_paspor": "A123123"}
    operations.add_row(draft.pk, by=draft.requester, service=Service.objects.get(key="paspor"), values=values)


@pytest.mark.slow
@pytest.mark.parametrize("media", ["screen", "print"])
def test_a_long_name_pushes_no_column_out_of_sight(
    long_name: None, page: Page, draft: DataRequest, media: str
) -> None:
    page.emulate_media(media=media)
    for name in ("request_data", "request_review"):
        page.goto(address(name, pk=draft.pk))
        beyond = page.locator(".tbl").first.evaluate("box => box.scrollWidth - box.clientWidth")
        assert beyond <= 0, name
