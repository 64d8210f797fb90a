"""The client's manual with its own example values, in a real browser against real processes."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from core.doors import clock
from tests.browser import BROWSER
from tests.story import manual
from tests.story.stage import Stage

pytestmark = [
    *BROWSER,
    pytest.mark.slow,
    pytest.mark.xdist_group("story"),
    pytest.mark.timeout(1200),
]


def test_manual_is_played_from_registration_to_download(stage: Stage, tmp_path: Path) -> None:
    with stage.told_when_it_fails():
        play(stage, tmp_path)


def play(stage: Stage, tmp_path: Path) -> None:
    """Every chapter after the other, each person in an own browser."""
    letter = manual.letter(tmp_path)
    kartika_adds_agency_and_agreement(stage)
    andi_registers(stage, letter)
    budi_approves_the_registration(stage)
    andi_signs_in_for_the_first_time(stage)
    number, detail = andi_asks_for_two_persons_and_statistics(stage, letter)
    anybody_tracks(stage, number, "BARU")
    andi_asks_for_twelve_persons_by_excel(stage, letter, tmp_path)
    budi_verifies(stage, number)
    rina_answers(stage, number)
    ratna_approves(stage, number)
    anybody_tracks(stage, number, "SELESAI")
    text = andi_downloads(stage, number, detail, tmp_path)
    anybody_verifies_the_document(stage, text)
    pages_fit_a_phone(stage, detail)
    assert stage.complaints == []
    nothing_personal_is_logged(stage)


def code_of(mail: str) -> str:
    found = re.search(r"^(\d{6})$", mail, re.MULTILINE)
    assert found, mail
    return found[1]


def box(place: Page | Locator, label: str) -> Locator:
    """The field of a label, with or without the mark of a required one."""
    return place.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*(\*[\s\S]*)?$"))


def sign_in(stage: Stage, person: str, login: str, password: str, email: str, start: str = "/masuk/") -> Page:
    """Password, then the code from the mail."""
    page = stage.page(person)
    page.goto(start)
    box(page, "Username").fill(login)
    box(page, "Password").fill(password)
    page.locator("main").get_by_role("button", name="Masuk").click()
    stage.picture(page, f"{person}-otp")
    box(page, "Kode OTP").fill(code_of(stage.town.post.read(email, "kode OTP Anda")))
    page.locator("main").get_by_role("button", name="Masuk").click()
    page.wait_for_url(re.compile("/(admin|permohonan|akun)/"))
    return page


def officer(stage: Stage, name: str) -> Page:
    """An officer in the console; signs in the first time."""
    if name in stage.people():
        return stage.page(name)
    page = sign_in(stage, name, name, manual.OFFICER_PASSWORD, f"{name}@demo.example", "/admin/")
    expect(page).to_have_url(re.compile("/admin/$"))
    stage.picture(page, f"{name}-konsol")
    return page


def press(page: Page, label: str, **fields: str) -> None:
    """A verb's button, its dialog, and the dialog's button."""
    page.get_by_role("link", name=label, exact=False).first.click()
    dialog = page.locator("#dialog")
    dialog.wait_for()
    for name, text in fields.items():
        dialog.locator(f"[name={name}]").fill(text)
    dialog.locator("button[type=submit]").click()
    dialog.wait_for(state="detached")


def kartika_adds_agency_and_agreement(stage: Stage) -> None:
    page = officer(stage, "kartika")
    page.goto("/admin/accounts/agency/add/")
    page.locator("[name=name]").fill("BADAN IT NASIONAL")
    page.locator("[name=code]").fill("BADANIT")
    page.locator("[name=address]").fill("Jagakarsa, Jakarta Selatan")
    stage.picture(page, "kartika-instansi")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/admin/accounts/agency/")
    page.goto("/admin/accounts/agreement/add/")
    page.locator("[name=number]").fill("PKS-01/IMI/2024")
    page.locator(".select2-selection").first.click()
    page.locator(".select2-search__field").last.fill("BADAN")
    page.locator(".select2-results__option", has_text="BADAN IT NASIONAL").click()
    for service in page.locator("[name^=on_]").all():
        service.check()
    page.locator("[name=valid_from]").fill("2024-10-01")
    stage.picture(page, "kartika-pks")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/admin/accounts/agreement/")
    stage.picture(page, "kartika-daftar-pks")


def andi_registers(stage: Stage, letter: Path) -> None:
    page = stage.page("andi")
    page.goto("/")
    stage.picture(page, "beranda")
    page.get_by_role("banner").get_by_role("link", name="Daftar").click()
    for label, value in manual.REGISTRATION.items():
        box(page, label).fill(value)
    for label, value in manual.REGIONS.items():
        box(page, label).select_option(label=value)
    box(page, "Kantor Imigrasi").select_option(label=manual.OFFICE)
    box(page, "Unggah Dokumen Tambahan").set_input_files(letter)
    page.get_by_label("Saya menyatakan").check()
    stage.picture(page, "daftar")
    page.locator("main").get_by_role("button", name="Daftar").last.click()
    expect(page.get_by_role("heading", name="Sukses")).to_be_visible()
    expect(page.get_by_text("Pendaftaran Berhasil. Mohon cek email Anda secara berkala")).to_be_visible()
    stage.picture(page, "sukses")
    mail = stage.town.post.read(manual.EMAIL, "Pendaftaran Berhasil")
    page.goto(re.findall(r"http://\S+/daftar/konfirmasi/\S+", mail)[0])
    page.get_by_role("button", name="Ya, konfirmasi alamat ini").click()
    expect(page.get_by_text("Alamat email terkonfirmasi")).to_be_visible()
    stage.picture(page, "email-terkonfirmasi")


def budi_approves_the_registration(stage: Stage) -> None:
    page = officer(stage, "budi")
    page.goto("/admin/accounts/registration/")
    stage.picture(page, "budi-pendaftaran")
    page.get_by_role("link", name="BADAN IT NASIONAL").click()
    page.get_by_text("ANDI BURHANS").first.wait_for()
    stage.picture(page, "budi-pendaftaran-detail")
    page.get_by_role("link", name="Setujui").first.click()
    dialog = page.locator("#dialog")
    dialog.wait_for()
    for name in ("letterhead", "employee_number", "agreement", "email"):
        dialog.locator(f"[name={name}]").check()
    stage.picture(page, "budi-setujui")
    dialog.locator("button[type=submit]").click()
    page.get_by_text("Username dan password sementara dikirim lewat email").wait_for()
    stage.picture(page, "budi-disetujui")


def andi_signs_in_for_the_first_time(stage: Stage) -> None:
    mail = stage.town.post.read(manual.EMAIL, "Akun Anda sudah aktif")
    username = re.findall(r"Username: (\S+)", mail)[0]
    assert username == "BADANIT_001"
    password = re.findall(r"Password sementara: (\S+)", mail)[0]
    page = sign_in(stage, "andi", username, password, manual.EMAIL)
    expect(page).to_have_url(re.compile("/akun/kata-sandi/$"))
    stage.picture(page, "kata-sandi-baru")
    for field in page.locator("main input[type=password]").all():
        field.fill(manual.OWN_PASSWORD)
    page.locator("main").get_by_role("button", name="Simpan").click()
    page.wait_for_url("**/permohonan/")
    stage.picture(page, "permohonan-kosong")


def new_request(stage: Stage, letter: Path) -> Page:
    """+ Permohonan Data and the letter's form."""
    page = stage.page("andi")
    page.goto("/permohonan/")
    page.get_by_role("button", name="+ Permohonan Data").first.click()
    for label, value in manual.LETTER.items():
        box(page, label).fill(value)
    box(page, "Tanggal Surat").fill((clock.today() - timedelta(days=5)).isoformat())
    box(page, "Dasar hukum").select_option(index=3)
    box(page, "Surat Permohonan Resmi").set_input_files(letter)
    stage.picture(page, "surat")
    page.get_by_role("button", name="Simpan dan lanjutkan").click()
    page.wait_for_url("**/data/")
    expect(page.get_by_text(manual.QUESTION)).to_be_visible()
    expect(page.get_by_text("Data detail anda masih kosong.")).to_be_visible()
    expect(page.get_by_text("Dokumen anda masih kosong.")).to_be_visible()
    stage.picture(page, "data-kosong")
    return page


def submit(stage: Stage, page: Page) -> str:
    """Periksa, the promise, the question, Kirim; returns the number of the request."""
    page.get_by_role("link", name="Lanjut ke Periksa").click()
    page.get_by_label("Data akan dipakai hanya untuk tujuan").check()
    stage.picture(page, "periksa")
    page.get_by_role("button", name="Lanjut ke Kirim").click()
    expect(page.get_by_text(manual.CERTAIN)).to_be_visible()
    stage.picture(page, "kirim")
    page.locator("main").get_by_role("button", name="Kirim").click()
    expect(page.get_by_role("heading", name="Permohonan terkirim")).to_be_visible()
    stage.picture(page, "terkirim")
    number = page.locator("#nomor").inner_text()
    assert re.fullmatch(r"[A-Z0-9]{10}", number)
    assert number in stage.town.post.read(manual.EMAIL, f"Permohonan {number} diterima")
    return number


def andi_asks_for_two_persons_and_statistics(stage: Stage, letter: Path) -> tuple[str, str]:
    page = new_request(stage, letter)
    page.get_by_role("button", name="TIDAK").click()
    for person in manual.PASSPORTS:
        page.get_by_role("link", name="+ Data Detail").click()
        dialog = page.locator("dialog[open]")
        dialog.get_by_role("link", name="Paspor").click()
        dialog.locator("[name=no_paspor]").wait_for()
        box(dialog, "Nama").fill(person["Nama"])
        day, month, year = person["Tanggal Lahir"].split("-")
        box(dialog, "Tanggal Lahir").fill(f"{year}-{month}-{day}")
        box(dialog, "No. Paspor").fill(person["No. Paspor"])
        stage.picture(page, "dialog-detail")
        dialog.get_by_role("button", name="Simpan", exact=True).click()
        expect(page.get_by_text(f"Data {person['Nama']} ditambahkan")).to_be_visible()
    ask_statistics(stage, page, manual.OFFICE, None, "WNA", "Masuk")
    ask_statistics(stage, page, manual.AIRPORT_OFFICE, manual.AIRPORT, "WNI", "Keluar")
    stage.picture(page, "data-terisi")
    number = submit(stage, page)
    page.get_by_role("link", name="Lihat Detail Permohonan").click()
    expect(page.get_by_role("heading", name="Detail Permohonan")).to_be_visible()
    stage.picture(page, "detail-baru")
    detail = page.url
    page.goto("/permohonan/")
    expect(page.get_by_role("link", name=number)).to_be_visible()
    expect(page.locator("main article .tag").first).to_have_text("BARU")
    stage.picture(page, "daftar-permohonan")
    return number, detail


def ask_statistics(
    stage: Stage, page: Page, office: str, checkpoint: str | None, citizenship: str, direction: str
) -> None:
    """+ Data Statistik: each choice offers the next."""
    page.get_by_role("link", name="+ Data Statistik").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("link", name="Perlintasan").click()
    dialog.locator("[name=direction]").first.wait_for()
    first, last = manual.PERIOD
    box(dialog, "Periode Data dari").fill(first.isoformat())
    box(dialog, "Periode Data sampai").fill(last.isoformat())
    box(dialog, "Kantor Wilayah (Kanwil)").select_option(label=manual.REGIONAL_OFFICE)
    box(dialog, "Kantor Imigrasi (Kanim)").select_option(label=office)
    if checkpoint:
        box(dialog, "Tempat Pemeriksaan Imigrasi (TPI)").select_option(label=checkpoint)
    dialog.get_by_label(citizenship, exact=True).check()
    dialog.get_by_label(direction, exact=True).check()
    stage.picture(page, "dialog-statistik")
    dialog.get_by_role("button", name="Simpan", exact=True).last.click()
    dialog.wait_for(state="hidden")
    page.locator("#data-statistik td", has_text=office).first.wait_for()


def andi_asks_for_twelve_persons_by_excel(stage: Stage, letter: Path, folder: Path) -> str:
    page = new_request(stage, letter)
    page.get_by_role("button", name="YA", exact=True).click()
    page.get_by_role("link", name="+ Data Detail").click()
    stage.picture(page, "unggah")
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh").first.click()
    filled = folder / "data-detail.xlsx"
    filled.write_bytes(manual.fill_template(download.value.path().read_bytes()))
    page.locator("main input[type=file]").set_input_files(filled)
    page.get_by_role("button", name="Unggah").click()
    expect(page.get_by_role("heading", name="Data siap disimpan")).to_be_visible()
    expect(page.get_by_text("12 baris siap disimpan:")).to_be_visible()
    stage.picture(page, "unggah-bersih")
    page.get_by_role("button", name="Simpan", exact=True).click()
    page.wait_for_url(re.compile("/data/"))
    expect(page.get_by_role("heading", name="Data Detail (12)")).to_be_visible()
    stage.picture(page, "unggah-tersimpan")
    return submit(stage, page)


def anybody_tracks(stage: Stage, number: str, status: str) -> None:
    page = stage.page("siapa pun")
    page.goto("/")
    page.get_by_role("link", name="Lacak Status Permohonan Data").first.click()
    box(page, "No Permohonan").fill(number.lower())
    page.get_by_role("button", name="Lacak").click()
    expect(page.locator("main .tag").first).to_have_text(status)
    assert "John" not in page.content()
    stage.picture(page, f"lacak-{status.lower()}")
    page.locator("main").get_by_role("link", name=number).click()
    expect(page).to_have_url(re.compile("/masuk/"))


def open_request(page: Page, number: str) -> None:
    """From the console's list, found by its number."""
    page.goto(f"/admin/requests_app/datarequest/?q={number}")
    page.get_by_role("link", name=number).first.click()
    page.locator(".req-number", has_text=number).wait_for()


def budi_verifies(stage: Stage, number: str) -> None:
    page = officer(stage, "budi")
    page.goto("/admin/requests_app/datarequest/")
    stage.picture(page, "budi-daftar")
    open_request(page, number)
    stage.picture(page, "budi-ringkasan")
    press(page, "Mulai verifikasi")
    for tab in ("Data Detail", "Statistik", "Dokumen"):
        page.locator(".req-tabs").get_by_role("link", name=tab).click()
        page.locator(".req-tabs [aria-current=page]", has_text=tab).wait_for()
        stage.picture(page, f"budi-{tab.lower().replace(' ', '-')}")
    press(page, "Berkas lengkap, proses")
    expect(page.locator(".req-head")).to_contain_text("Diproses")
    stage.town.post.read(manual.EMAIL, f"Permohonan {number} diproses")


def rina_answers(stage: Stage, number: str) -> None:
    page = officer(stage, "rina")
    open_request(page, number)
    press(page, "Ambil")
    page.locator(".req-tabs").get_by_role("link", name="Hasil pencocokan").click()
    page.get_by_role("button", name="Cari kecocokan").click()
    page.get_by_role("button", name=re.compile("^Bukan")).first.wait_for()
    stage.picture(page, "rina-calon")
    # John Doe: the officer looks at the record, then says yes.
    page.locator("#baris-1").get_by_role("link", name="Buka data").click()
    stage.picture(page, "rina-catatan")
    page.locator("#baris-1").get_by_role("button", name="Cocok").first.click()
    page.locator("#baris-1").get_by_text("Ditemukan", exact=True).first.wait_for()
    # Martinus: typed in by hand from the source system.
    page.locator("#baris-2").get_by_role("link", name="Ketik jawaban").click()
    form = page.locator("form.req-form")
    form.locator("[name=no_paspor]").fill("B123123")
    form.locator("[name=status_paspor]").select_option(index=1)
    stage.picture(page, "rina-ketik")
    page.get_by_role("button", name="Simpan jawaban").click()
    page.locator("#baris-2").get_by_text("Ditemukan", exact=True).first.wait_for()
    stage.picture(page, "rina-terjawab")
    page.locator(".req-tabs").get_by_role("link", name="Statistik").click()
    page.get_by_role("button", name="Hitung statistik").click()
    page.locator(".req-table").first.wait_for()
    stage.picture(page, "rina-statistik")
    press(page, "Ajukan persetujuan")
    expect(page.locator(".req-head")).to_contain_text("Menunggu Persetujuan")


def ratna_approves(stage: Stage, number: str) -> None:
    page = officer(stage, "ratna")
    open_request(page, number)
    stage.picture(page, "ratna-permohonan")
    press(page, "Setujui dan terbitkan")
    stage.town.post.read(manual.EMAIL, f"Permohonan {number} selesai")
    open_request(page, number)
    expect(page.locator(".req-head")).to_contain_text("Selesai")
    for tab in ("Dokumen", "Riwayat"):
        page.locator(".req-tabs").get_by_role("link", name=tab).click()
        page.locator(".req-tabs [aria-current=page]", has_text=tab).wait_for()
        stage.picture(page, f"ratna-{tab.lower()}")


def andi_downloads(stage: Stage, number: str, detail: str, folder: Path) -> str:
    page = stage.page("andi")
    page.goto(detail)
    expect(page.locator("main .tag").first).to_have_text("SELESAI")
    stage.picture(page, "detail-selesai")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").click()
    pdf = folder / "jawaban.pdf"
    download.value.save_as(pdf)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Excel").click()
    answer = load_workbook(io.BytesIO(download.value.path().read_bytes()), read_only=True)
    cells = [
        str(cell) for sheet in answer for row in sheet.iter_rows(values_only=True) for cell in row if cell
    ]
    answer.close()
    assert {"John Doe", "A123123", "Martinus Laurentus", "B123123"} <= set(cells)
    text = "\n".join(part.extract_text() for part in PdfReader(pdf).pages)
    manual.check_order(text, number)
    return text


def anybody_verifies_the_document(stage: Stage, text: str) -> None:
    page = stage.page("siapa pun")
    page.goto(manual.verification_path(text))
    expect(page.get_by_text("Dokumen ini terbit dari sistem kami")).to_be_visible()
    # The worker has signed it, with the certificate of demo mode.
    expect(page.get_by_text("DEMO - bukan sertifikat resmi").first).to_be_visible()
    expect(page.get_by_text("BADAN IT NASIONAL")).to_be_visible()
    stage.picture(page, "verifikasi")


def pages_fit_a_phone(stage: Stage, detail: str) -> None:
    """The same pages at 360 px: nothing scrolls sideways."""
    andi, budi = stage.page("andi"), officer(stage, "budi")
    for page in (andi, budi):
        page.set_viewport_size({"width": 360, "height": 740})
    for name, place in {
        "beranda": "/", "informasi": "/informasi/", "hubungi": "/hubungi-kami/", "permohonan": "/permohonan/",
        "detail": detail, "lacak": "/lacak/", "daftar": "/daftar/", "verifikasi": "/verifikasi/",
    }.items():  # fmt: skip
        andi.goto(place)
        stage.picture(andi, name)
    budi.goto("/admin/")
    stage.picture(budi, "konsol")
    budi.goto("/admin/requests_app/datarequest/")
    stage.picture(budi, "konsol-daftar")


def nothing_personal_is_logged(stage: Stage) -> None:
    """What web and worker wrote holds no person, no address and no password."""
    log = stage.town.log().lower()
    assert "traceback" not in log, log[-4000:]
    for secret in (
        "john doe",
        "a123123",
        "burhans",
        "inboxkitten",
        manual.OWN_PASSWORD,
        manual.OFFICER_PASSWORD,
    ):
        assert secret not in log, f"“{secret}” in the log"
