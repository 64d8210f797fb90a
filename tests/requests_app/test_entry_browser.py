"""Staff entry and the conversation in a real browser under the strict policy: a letter by keyboard and Excel, a reply."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from requests_app import operations
from requests_app.models import DataRequest, Message, RowUpload, SavedReply, Status
from tests import factories
from tests.browser import BROWSER, OpenPage
from tests.requests_app import results, workbooks

pytestmark = [*BROWSER, pytest.mark.slow]
ENTRY = "/admin/requests_app/datarequest/masukkan/"


@pytest.fixture
def console(base_data: None, open_page: OpenPage) -> Page:
    """A page of an officer with every role."""
    return open_page(factories.make_officer("agus", "Agus Salim", "Verifikator", "Petugas", "Penyetuju"))


def test_letter_is_entered_with_excel(
    console: Page, siti: Any, agreement: Any, catalogue: Any, drain_queue: Any, tmp_path: Path
) -> None:
    letter = tmp_path / "surat-pos.pdf"
    letter.write_bytes(factories.pdf_bytes())
    console.goto(ENTRY)
    console.get_by_label("Instansi", exact=True).select_option(label="BADAN IT NASIONAL")
    console.get_by_role("button", name="Tampilkan pemohon").press("Enter")
    console.get_by_label("Siti Aminah").check()
    console.get_by_role("button", name="Mulai memasukkan").press("Enter")
    console.get_by_label("No. Surat").fill("B-7/POS")
    console.get_by_label("Tanggal Surat").fill(timezone.localdate().isoformat())
    console.get_by_label("Perihal").fill("PERMOHONAN DATA")
    console.get_by_label("Tujuan Permintaan Data").fill("Pemeriksaan data pegawai di luar negeri")
    console.get_by_label("Dasar hukum").select_option("c")
    console.get_by_label("Surat Permohonan Resmi").set_input_files(letter)
    # Unfold's script names the chosen file in the nearest text box, which must be none of ours.
    expect(console.get_by_label("No. Surat")).to_have_value("B-7/POS")
    expect(console.get_by_label("Satuan Kerja")).to_have_value("Tata Kelola")
    console.get_by_role("button", name="Simpan dan lanjutkan").click()
    with console.expect_download() as download:
        console.get_by_role("link", name="Unduh templat Excel").click()
    filled = tmp_path / "data.xlsx"
    rows = [workbooks.paspor(number) for number in range(1, 4)]
    filled.write_bytes(workbooks.filled({"Paspor": rows}, template=Path(download.value.path()).read_bytes()))
    console.get_by_label("Berkas Excel").set_input_files(filled)
    console.get_by_role("button", name="Unggah dan periksa").click()
    expect(console.get_by_role("heading", name="Memeriksa berkas")).to_be_visible()
    drain_queue()
    assert RowUpload.objects.get().stage == RowUpload.Stage.CLEAN
    console.get_by_role("button", name="Simpan semua baris").click()  # the page has turned by itself
    console.get_by_role("link", name="Lanjut ke Periksa").click()
    console.get_by_label("Semua isian sesuai dengan surat resmi pemohon.").check()
    console.get_by_role("button", name="Kirim").click()
    expect(console.get_by_role("heading", name="Permohonan terkirim")).to_be_visible()
    found = DataRequest.objects.get()
    assert (found.status, found.requester, found.rows.count()) == (Status.SUBMITTED, siti, 3)
    console.get_by_role("link", name="Buka permohonan").click()
    expect(console.get_by_text("Anda yang memasukkan permohonan ini")).to_be_visible()


def test_officer_answers_with_a_saved_reply(console: Page, siti: Any, agreement: Any) -> None:
    found = results.make_request(siti, status=Status.PROCESSING, agreement=agreement, approved_at=None)
    operations.write_message(found.pk, by=siti, text="Kapan selesai?")
    SavedReply.objects.create(title="Sedang diproses", text="Permohonan {nomor} diproses.", text_en="Soon.")
    console.goto(f"/admin/requests_app/datarequest/{found.pk}/change/")
    console.get_by_role("link", name="Percakapan 1 baru").click()
    expect(console.get_by_text("Kapan selesai?")).to_be_visible()
    console.get_by_label("Balasan siap pakai").select_option(label="Sedang diproses")
    console.get_by_role("button", name="Pakai teks ini").click()
    box = console.get_by_label("Pesan", exact=False).and_(console.locator("textarea"))
    expect(box).to_have_value(f"Permohonan {found.number} diproses.")
    box.press("End")
    box.type(" Terima kasih.")
    console.get_by_role("button", name="Kirim kepada pemohon").press("Enter")
    expect(console.get_by_text("Belum dibaca pemohon")).to_be_visible()
    expect(console.get_by_role("button", name="Tarik pesan")).to_be_visible()
    assert Message.objects.get(from_officer=True).text == f"Permohonan {found.number} diproses. Terima kasih."
