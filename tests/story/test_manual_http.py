"""The client's manual again, without JavaScript: forms and links as the server sends them, nothing else."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from openpyxl import load_workbook
from pypdf import PdfReader

from core.doors import clock
from core.reference.loading import load_offices
from tests import factories
from tests.story import manual
from tests.story.paper import Window

pytestmark = pytest.mark.django_db
Drain = Callable[[], int]
BOUNDARY = re.compile(r"http://testserver(/\S+)")


@pytest.fixture
def holdings(base_data: None) -> None:
    """Offices, countries and invented records with the manual's persons."""
    # The common test data knows one office by its older name.
    load_offices(overwrite=True)
    for name in ("load_countries", "load_holidays"):
        call_command(name, verbosity=0)
    call_command("load_demo_holdings", count=700, verbosity=0, stdout=io.StringIO())


def letter() -> SimpleUploadedFile:
    """The official letter."""
    return factories.pdf_file("surat-permohonan.pdf")


def read_mail(to: str, subject: str) -> str:
    """The newest message to somebody with these words in its subject."""
    for message in reversed(mail.outbox):
        if to.lower() in message.to[0].lower() and subject in message.subject:
            return str(message.body)
    raise AssertionError(f"no mail “{subject}” to {to}: {[(m.to, m.subject) for m in mail.outbox]}")


def sign_in(login: str, password: str, email: str, drain_queue: Drain, start: str = "/masuk/") -> Window:
    """Password, then the code from the mail."""
    window = Window().open(start)
    window.fill("Username", login).fill("Password", password).press("Masuk", action="/masuk/")
    drain_queue()
    code = re.search(r"^(\d{6})$", read_mail(email, "kode OTP Anda"), re.MULTILINE)
    assert code
    return window.fill("Kode OTP", code[1]).press("Masuk", action="/masuk/otp/")


def test_manual_is_played_without_javascript(
    holdings: None,
    agreement: object,
    budi: object,
    rina: object,
    ratna: object,
    drain_queue: Drain,
    tmp_path: Path,
) -> None:
    andi = Window()
    register(andi, drain_queue)
    petugas = {
        name: sign_in(name, factories.PASSWORD, f"{name}@imigrasi.go.id", drain_queue, "/admin/")
        for name in ("budi", "rina", "ratna")
    }
    approve_registration(petugas["budi"], drain_queue)
    andi = first_sign_in(drain_queue)
    number, detail = ask(andi)
    drain_queue()
    assert number in read_mail(manual.EMAIL, f"Permohonan {number} diterima")
    track(number, "BARU")
    ask_by_excel(andi, drain_queue)
    verify(petugas["budi"], number)
    answer(petugas["rina"], number)
    approve(petugas["ratna"], number)
    drain_queue()
    read_mail(manual.EMAIL, f"Permohonan {number} selesai")
    track(number, "SELESAI")
    download(andi, number, detail)


def register(andi: Window, drain_queue: Drain) -> None:
    andi.open("/").follow("Daftar")
    for label, value in manual.REGISTRATION.items():
        andi.fill(label, value)
    andi.fill("Unggah Dokumen Tambahan", letter()).check("declaration")
    for label, value in manual.REGIONS.items():
        # Each choice offers the next only after the page was loaded again.
        andi.fill(label, value).press("Tampilkan pilihan")
    andi.fill("Kantor Imigrasi", manual.OFFICE)
    andi.press("Daftar")
    andi.says("Sukses", "Pendaftaran Berhasil. Mohon cek email Anda secara berkala")
    drain_queue()
    link = BOUNDARY.search(read_mail(manual.EMAIL, "Pendaftaran Berhasil"))
    assert link
    andi.open(link[1]).press("Ya, konfirmasi alamat ini").says("Alamat email terkonfirmasi")


def approve_registration(budi: Window, drain_queue: Drain) -> None:
    budi.open("/admin/accounts/registration/").follow("BADAN IT NASIONAL", within="/registration/")
    budi.says("ANDI BURHANS").follow("Setujui")
    for name in ("letterhead", "employee_number", "agreement", "email"):
        budi.check(name)
    budi.press("Setujui").says("Username dan password sementara dikirim lewat email")
    drain_queue()


def first_sign_in(drain_queue: Drain) -> Window:
    text = read_mail(manual.EMAIL, "Akun Anda sudah aktif")
    username, password = re.findall(r"(?:Username|Password sementara): (\S+)", text)
    andi = sign_in(username, password, manual.EMAIL, drain_queue)
    assert andi.url == "/akun/kata-sandi/"
    andi.open("/permohonan/")
    assert andi.url == "/akun/kata-sandi/", "nothing else is open before an own password"
    andi.fill("password", manual.OWN_PASSWORD).fill("repeat", manual.OWN_PASSWORD).press("Simpan")
    andi.open("/permohonan/").says("Daftar Permohonan", "Belum ada permohonan.")
    return andi


def new_request(andi: Window) -> None:
    andi.open("/permohonan/").press("+ Permohonan Data")
    for label, value in manual.LETTER.items():
        andi.fill(label, value)
    andi.fill("Tanggal Surat", (clock.today() - timedelta(days=5)).isoformat())
    andi.fill("Dasar hukum", "c. kepentingan umum dalam rangka penyelenggaraan negara")
    andi.fill("Surat Permohonan Resmi", letter())
    andi.press("Simpan dan lanjutkan")
    andi.says(manual.QUESTION, "Data detail anda masih kosong.", "Dokumen anda masih kosong.")


def submit(andi: Window) -> str:
    andi.follow("Lanjut ke Periksa").check("declaration").press("Lanjut ke Kirim")
    andi.says(manual.CERTAIN).press("Kirim").says("Permohonan terkirim")
    number = re.search(r"No\. Permohonan ([A-Z0-9]{10})", andi.sheet.text)
    assert number
    return number[1]


def ask(andi: Window) -> tuple[str, str]:
    new_request(andi)
    andi.press("TIDAK")
    for person in manual.PASSPORTS:
        andi.follow("+ Data Detail").follow("Paspor")
        day, month, year = person["Tanggal Lahir"].split("-")
        andi.fill("Nama", person["Nama"]).fill("Tanggal Lahir", f"{year}-{month}-{day}")
        andi.fill("No. Paspor", person["No. Paspor"]).press("Simpan").says(
            f"Data {person['Nama']} ditambahkan"
        )
    ask_statistics(andi, manual.OFFICE, None, "WNA", "Masuk")
    ask_statistics(andi, manual.AIRPORT_OFFICE, manual.AIRPORT, "WNI", "Keluar")
    number = submit(andi)
    andi.follow("Lihat Detail Permohonan").says(
        "Detail Permohonan", "BARU", "John Doe", "A123123", "31 Des 2000"
    )
    detail = andi.url
    andi.open("/permohonan/").says(number, "BARU", manual.LETTER["No. Surat"])
    return number, detail


def ask_statistics(
    andi: Window, office: str, checkpoint: str | None, citizenship: str, direction: str
) -> None:
    andi.follow("+ Data Statistik").follow("Perlintasan")
    first, last = manual.PERIOD
    andi.fill("Periode Data dari", first.isoformat()).fill("Periode Data sampai", last.isoformat())
    andi.check(citizenship).check(direction)
    andi.fill("Kantor Wilayah (Kanwil)", manual.REGIONAL_OFFICE).press("Tampilkan pilihan")
    andi.fill("Kantor Imigrasi (Kanim)", office).press("Tampilkan pilihan")
    if checkpoint:
        andi.fill("Tempat Pemeriksaan Imigrasi (TPI)", checkpoint)
    andi.press("Simpan").says("Data statistik Perlintasan ditambahkan", office)


def ask_by_excel(andi: Window, drain_queue: Drain) -> None:
    new_request(andi)
    andi.press("YA").follow("+ Data Detail")
    here = andi.url
    template = andi.follow("Unduh templat Excel").content
    filled = SimpleUploadedFile("data-detail.xlsx", manual.fill_template(template))
    andi.open(here)
    form = next(form for form in andi.sheet.forms if any(one.kind == "file" for one in form.controls))
    next(one for one in form.controls if one.kind == "file").value = filled
    andi.press("Unggah").says("Memeriksa berkas")
    drain_queue()
    andi.open(andi.url).says("Data siap disimpan", "12 baris siap disimpan:").press("Simpan").says(
        "Data Detail (12)"
    )
    submit(andi)
    drain_queue()


def track(number: str, status: str) -> None:
    anybody = Window().open("/").follow("Lacak Status Permohonan Data")
    spaced = f"{number[:5]}-{number[5:]}".lower()
    anybody.fill("No Permohonan", spaced).press("Lacak").says(number, status)
    assert "John" not in anybody.sheet.text
    anybody.follow(number)
    assert anybody.url.startswith("/masuk/")


def open_request(officer: Window, number: str) -> None:
    officer.open("/admin/requests_app/datarequest/").follow(number)


def verify(budi: Window, number: str) -> None:
    open_request(budi, number)
    budi.follow("Mulai verifikasi").press("Mulai verifikasi").says("Diverifikasi")
    budi.follow("Data Detail").says("John Doe", "A123123", "Martinus Laurentus")
    budi.follow("Berkas lengkap, proses").press("Berkas lengkap, proses").says("Diproses")


def answer(rina: Window, number: str) -> None:
    open_request(rina, number)
    rina.follow("Ambil").press("Ambil").follow("Hasil pencocokan").press("Cari kecocokan")
    rina.says("2 baris diperiksa: 2 cocok persis").press("Cocok, baris 1")
    rina.follow("Ketik jawaban, baris 2").fill("no_paspor", "B123123").fill("status_paspor", "Aktif")
    rina.press("Simpan jawaban").says("Jawaban baris 2 sudah disimpan.")
    rina.follow("Statistik 2").press("Hitung statistik").says("TPI Bandara Halim Perdanakusuma", "Jumlah")
    rina.follow("Ajukan persetujuan").press("Ajukan persetujuan").says("Menunggu Persetujuan")


def approve(ratna: Window, number: str) -> None:
    open_request(ratna, number)
    ratna.follow("Setujui dan terbitkan").press("Setujui dan terbitkan").says("Dokumen Disiapkan")


def download(andi: Window, number: str, detail: str) -> None:
    andi.open(detail).says("SELESAI", "Ditemukan")
    pdf = andi.follow("Download PDF").content
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    manual.check_order(text, number)
    andi.open(detail)
    workbook = load_workbook(io.BytesIO(andi.follow("Download Excel").content), read_only=True)
    cells = {
        str(cell) for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row if cell
    }
    workbook.close()
    assert {"John Doe", "A123123", "Martinus Laurentus", "B123123"} <= cells
    anybody = Window().open(manual.verification_path(text))
    anybody.says("Dokumen ini terbit dari sistem kami", "BADAN IT NASIONAL")
    anybody.fill("file", SimpleUploadedFile("jawaban.pdf", pdf)).press("Periksa berkas").says("Sama persis")
