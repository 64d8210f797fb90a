"""The answer bench in a real browser: by keyboard alone, and out to a spreadsheet program and back."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from core.catalogue.models import Service
from requests_app.bench import book
from requests_app.models import Answer, DataRequest, Outcome, RequestRow
from tests.browser import BROWSER, OpenPage, fits
from tests.factories import make_officer
from tests.requests_app.bench_rows import BENCH, columns_of, open_request

SOFFICE = shutil.which("soffice")
ROWS = 500
pytestmark = [*BROWSER, pytest.mark.slow]


@pytest.fixture
def requests(
    transactional_db: None, siti: User, rina: User, agreement: Any, catalogue: Any
) -> list[DataRequest]:
    """Two requests of Rina's with 500 rows together."""
    passport: Service = catalogue["paspor"]
    numbers = [f"A{number:07}" for number in range(ROWS)]
    return [open_request(siti, passport, part, rina) for part in (numbers[:300], numbers[300:])]


@pytest.fixture
def bench(requests: Any, rina: User, open_page: OpenPage) -> Page:
    """Rina's bench."""
    page = open_page(rina, accept_downloads=True)
    page.goto(BENCH)
    return page


def test_line_is_answered_by_keyboard_and_the_page_stays_as_wide_as_the_window(
    bench: Page, rina: User, sign_in: Any
) -> None:
    expect(bench.locator("#header-inner")).to_contain_text("Meja jawab")
    lines = bench.locator("tr[data-line]")
    first, second = (int(lines.nth(at).locator("[name=baris]").input_value()) for at in range(2))
    lines.nth(0).locator(".bench-input").first.focus()
    bench.keyboard.type("JOHN DOE")
    bench.keyboard.press("Enter")
    expect(bench.locator("[data-bench-status]")).to_contain_text("disimpan")
    # Saved, and one line further down in the same column.
    line = lines.nth(1)
    expect(line.locator(".bench-input").first).to_be_focused()
    assert Answer.objects.get(row=first).values == {"nama": "JOHN DOE"}
    # Another outcome without the mouse; Escape takes back what was not saved.
    bench.keyboard.type("SALAH")
    bench.keyboard.press("Escape")
    expect(line.locator(".bench-input").first).to_have_value("")
    bench.keyboard.press("Control+End")
    expect(line.locator("select[name=hasil]")).to_be_focused()
    bench.keyboard.type("Tidak D")
    bench.keyboard.press("Control+Enter")
    expect(line.locator("[data-state]")).to_have_text("Tersimpan")
    expect(line.locator("select[name=hasil]")).to_be_focused()
    assert RequestRow.objects.get(pk=second).outcome == Outcome.NOT_FOUND
    # A field one moves to is never under the fixed first column.
    third = lines.nth(2)
    third.locator(".bench-input").last.focus()
    fixed = third.locator("th").bounding_box()
    for _step in range(len(third.locator(".bench-input").all()) - 1):
        bench.keyboard.press("Shift+Tab")
        box = bench.locator(":focus").bounding_box()
        assert fixed
        assert box
        assert box["x"] >= fixed["x"] + fixed["width"] - 1
    for width in (1280, 768):
        bench.set_viewport_size({"width": width, "height": 900})
        assert fits(bench), width
    # Whoever was signed out meanwhile is told so, and keeps what was typed.
    bench.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    third.locator(".bench-input").first.fill("JANE DOE")
    third.locator(".bench-input").first.press("Enter")
    expect(bench.locator("[data-bench-status]")).to_contain_text("Sesi Anda sudah berakhir")
    expect(third.locator(".bench-input").first).to_have_value("JANE DOE")
    with bench.context.expect_page() as opened:
        bench.get_by_role("link", name="Masuk di tab baru").click()
    expect(opened.value.locator("input[type=password]")).to_be_visible()
    opened.value.close()
    # Not signed in yet: told again. Signed in again, with another token: the same press saves what was typed.
    third.get_by_role("button", name="Simpan").click()
    expect(bench.locator("[data-bench-status]")).to_contain_text("Sesi Anda sudah berakhir")
    # A colleague at the same browser saves nothing of it under another name.
    row = int(third.locator("[name=baris]").input_value())
    for officer, told in ((make_officer("tono", "Tono Hadi", "Petugas"), "kini petugas lain"), (rina, "")):
        signed_in = sign_in(Client(), officer).cookies[settings.SESSION_COOKIE_NAME].value
        bench.context.clear_cookies()
        bench.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": signed_in, "url": bench.url.split("/admin")[0]}]
        )
        third.get_by_role("button", name="Simpan").click()
        if told:
            expect(bench.locator("[data-bench-status]")).to_contain_text(told)
            assert not Answer.objects.filter(row=row).exists()
    expect(third.locator("[data-state]")).to_have_text("Tersimpan")
    assert Answer.objects.get(row=row).values == {"nama": "JANE DOE"}


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice (soffice), which writes the file as people do")
@pytest.mark.timeout(1200)
def test_five_hundred_rows_leave_and_come_back(bench: Page, tmp_path: Path) -> None:
    with bench.expect_download() as download:
        bench.get_by_role("link", name="Unduh buku kerja Excel").click()
    path = tmp_path / "jawaban.xlsx"
    download.value.save_as(path)
    opened = openpyxl.load_workbook(path)
    sheet = opened.worksheets[0]
    places = columns_of(sheet)
    for line in range(2, 2 + ROWS):
        sheet.cell(line, places[book.ANSWERED + "Nama"]).value = f"ORANG {'ABCDEFGHIJ'[line % 10]}"
    opened.save(path)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    for kind in ("ods", "xlsx"):
        command = [
            str(SOFFICE),
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(tmp_path / kind),
        ]
        subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=500)
        path = tmp_path / kind / f"jawaban.{kind}"
    bench.get_by_role("link", name="Unggah jawaban").click()
    bench.locator("input[type=file]").set_input_files(path)
    bench.get_by_role("button", name="Unggah dan periksa").click()
    expect(bench.get_by_text(f"{ROWS} baris akan dijawab.")).to_be_visible()
    assert not Answer.objects.exists()
    bench.get_by_role("button", name=f"Simpan jawaban {ROWS} baris").click()
    expect(bench.get_by_text(f"{ROWS} baris dijawab dari jawaban.xlsx")).to_be_visible()
    assert Answer.objects.count() == ROWS
    assert RequestRow.objects.filter(outcome=Outcome.FOUND).count() == ROWS
