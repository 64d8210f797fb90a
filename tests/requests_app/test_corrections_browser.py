"""Return with three pinned cells and what comes of it, in real browsers: marked, corrected on a telephone, ticked off."""

import uuid
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from requests_app import operations
from requests_app.models import DataRequest
from tests.browser import BROWSER, OpenPage, fits
from tests.routes import fill_request

pytestmark = [*BROWSER, pytest.mark.slow]


@pytest.fixture
def checked(transactional_db: None, siti: Any, budi: Any, agreement: Any, catalogue: Any) -> DataRequest:
    """Siti's request of three rows, with Budi for verification."""
    request = fill_request(siti, catalogue["paspor"], "1/LAYAR")
    for name, number in (("Jane Roe", "B777777"), ("Ali Akbar", "C888888")):
        values = {"nama": name, "no_paspor": number, "tanggal_lahir": "1999-01-02"}
        operations.add_row(request.pk, by=siti, service=catalogue["paspor"], values=values)
    operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
    return operations.start_verification(request.pk, by=budi)


def mark_three(page: Page, checked: DataRequest) -> None:
    """By keyboard: the passport numbers of the three rows, then everything at once to the applicant."""
    page.goto(f"/admin/requests_app/datarequest/{checked.pk}/change/?tab=data")
    for number in (1, 2, 3):
        link = page.locator(f"#baris-{number}").get_by_role("link", name="Tandai untuk perbaikan")
        link.focus()
        page.keyboard.press("Enter")
        page.get_by_label("No. Paspor:").focus()
        page.keyboard.press("Space")
        page.get_by_label("Alasan").select_option(label="Nomor salah atau tidak lengkap")
        page.get_by_label("Penjelasan").fill(f"Lihat lampiran baris {number}")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator(f"#baris-{number}").get_by_text(f"Lihat lampiran baris {number}").wait_for()
    page.get_by_role("link", name="Minta perbaikan").click()
    expect(page.locator("#dialog")).to_contain_text("3 bagian sudah ditandai")
    page.locator("#dialog").get_by_label("Catatan untuk pemohon").fill("Sesuaikan dengan lampiran surat")
    page.locator("#dialog button[type=submit]").click()
    page.get_by_text("sudah dilakukan").wait_for()


def correct_by_hand(page: Page, number: int, passport: str) -> None:
    """Without JavaScript: the row's own page, one open field."""
    page.get_by_role("link", name=f"Perbaiki Baris {number}, No. Paspor").click()
    expect(page.get_by_label("Nama")).to_be_disabled()
    assert fits(page)
    page.get_by_label("No. Paspor").fill(passport)
    page.get_by_role("button", name="Simpan", exact=True).click()


def test_three_pinned_cells_go_there_and_back(
    open_page: OpenPage, checked: DataRequest, budi: User, siti: User
) -> None:
    officer = open_page(budi, viewport={"width": 1280, "height": 900})
    mark_three(officer, checked)

    phone = {"viewport": {"width": 360, "height": 780}}
    plain = open_page(siti, java_script_enabled=False, **phone)
    plain.goto(f"/permohonan/{checked.pk}/")
    expect(plain.get_by_text("0 dari 3 sudah diperbaiki")).to_be_visible()
    correct_by_hand(plain, 1, "A123124")
    expect(plain.get_by_text("1 dari 3 sudah diperbaiki")).to_be_visible()

    lively = open_page(siti, **phone)
    lively.goto(f"/permohonan/{checked.pk}/")
    assert fits(lively)
    lively.get_by_role("link", name="Perbaiki Baris 2, No. Paspor").click()
    dialog = lively.locator("dialog[open]")
    expect(dialog.get_by_label("Nama")).to_be_disabled()
    expect(dialog).to_contain_text("Lihat lampiran baris 2")
    dialog.get_by_label("No. Paspor").fill("B777778")
    dialog.get_by_role("button", name="Simpan", exact=True).click()
    expect(lively.get_by_text("2 dari 3 sudah diperbaiki")).to_be_visible()
    expect(lively.get_by_role("link", name="Periksa dan kirim ulang")).to_have_count(0)
    lively.get_by_role("link", name="Tidak diubah karena … Baris 3, No. Paspor").click()
    dialog.get_by_label("Tidak diubah karena").fill("Sesuai paspor yang kami pegang")
    dialog.get_by_role("button", name="Simpan penjelasan").click()
    expect(lively.get_by_text("3 dari 3 sudah diperbaiki")).to_be_visible()
    lively.get_by_role("link", name="Periksa dan kirim ulang").click()
    assert fits(lively)
    lively.get_by_label("Data akan dipakai hanya").check()
    lively.get_by_role("button", name="Lanjut ke Kirim").click()
    lively.get_by_role("button", name="Kirim ulang").click()
    lively.get_by_role("heading", name="Permohonan terkirim").wait_for()

    officer.goto(f"/admin/requests_app/datarequest/{checked.pk}/change/?tab=perbaikan")
    first = officer.get_by_role("row").filter(has_text="Baris 1, No. Paspor")
    expect(first.locator("del")).to_have_text("A123123")
    expect(first.locator("ins")).to_have_text("A123124")
    expect(officer.get_by_text("Sesuai paspor yang kami pegang")).to_be_visible()
    officer.set_viewport_size({"width": 768, "height": 900})
    assert fits(officer)
    first.get_by_role("button", name="Sudah benar").click()
    officer.get_by_text("Perbaikan dicentang.").wait_for()
    officer.get_by_role("button", name="Centang semua").click()
    officer.get_by_text("2 perbaikan dicentang.").wait_for()
    officer.get_by_role("link", name="Berkas lengkap, proses").click()
    officer.locator("#dialog button[type=submit]").click()
    officer.get_by_text("sudah dilakukan").wait_for()
    officer.get_by_role("link", name="Waktu", exact=True).click()
    expect(officer.get_by_text("Waktu berjalan lagi")).to_be_visible()
    officer.get_by_role("link", name="Perbaikan", exact=True).click()
    expect(officer.get_by_role("heading", name="Sudah diperiksa 3")).to_be_visible()
