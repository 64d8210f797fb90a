"""What the client's manual writes into the forms, word for word, and the twelve persons of the Excel request."""

import io
import re
from datetime import date
from pathlib import Path

import pikepdf
from openpyxl import load_workbook

from core.doors import clock

EMAIL = "mysterious-indicate-94@inboxkitten.com"
OWN_PASSWORD = "sepeda-biru-di-tepi-danau"
OFFICER_PASSWORD = "jalan-laut-kopi-senja"

#: Chapter 3, by label.
REGISTRATION = {
    "Nama Instansi": "BADAN IT NASIONAL",
    "Unit Kerja": "Tata Kelola",
    "Nama": "ANDI BURHANS",
    "NIP/NRP": "197412081994031001",
    "No. Telp": "08123456789",
    "Email": EMAIL,
    "Alamat Kantor": "Jagakarsa, Jakarta Selatan",
    "Kode Pos": "12620",
}
#: Chosen one after the other: each offers the next.
REGIONS = {
    "Provinsi": "DKI JAKARTA",
    "Kota": "JAKARTA SELATAN",
    "Kecamatan": "JAGAKARSA",
    "Desa": "JAGAKARSA",
}
#: Today's name; the manual still shows it without NON TPI.
OFFICE = "KANTOR IMIGRASI KELAS I KHUSUS NON TPI JAKARTA SELATAN"

#: Chapter 4, the letter.
LETTER = {
    "No. Surat": "1234/11-10-2024/001",
    "Perihal": "PERMOHONAN DATA",
    "Satuan Kerja": "ANALISIS",
    "No. Telp Pemohon": "08123456789",
    "Tujuan Permintaan Data": "PERMOHONAN DATA untuk pemeriksaan pegawai",
}
#: Chapter 4a: the values of the manual's list (its dialog shows other dates).
PASSPORTS = [
    {"Nama": "John Doe", "Tanggal Lahir": "31-12-2000", "No. Paspor": "A123123"},
    {"Nama": "Martinus Laurentus", "Tanggal Lahir": "09-01-2002", "No. Paspor": "B123123"},
]
#: Chapter 4B.
REGIONAL_OFFICE = "KANTOR WILAYAH DKI JAKARTA"
#: An office with a checkpoint: the manual's own one has none.
AIRPORT_OFFICE = "KANTOR IMIGRASI KELAS I TPI JAKARTA TIMUR"
AIRPORT = "TPI BANDARA HALIM PERDANAKUSUMA"
PERIOD = (date(2024, 10, 2), date(2024, 10, 10))
QUESTION = "Apakah Data yang anda ingin mohonkan berjumlah lebih dari 10 Data Detail?"
CERTAIN = "Apakah anda yakin data yang dimasukkan sudah benar ?"

#: Chapter 4b: twelve rows by Excel. sheet -> rows by column title.
WORKBOOK: dict[str, list[dict[str, str]]] = {
    "Upload Detail Paspor": [
        *PASSPORTS,
        {"Nama": "Bagus Prasetya Nugraha", "Tanggal Lahir": "17-05-1988", "NIK": "3174091705880003"},
        {"Nama": "Ratih Kusumaningrum", "Tanggal Lahir": "02-11-1993", "No. Paspor": "E5937120"},
        {"Nama": "Yohana Situmeang Demo", "Tanggal Lahir": "08-07-1979", "No. Paspor": "C9900031"},
        *[
            {
                "Nama": f"Pegawai Contoh {letter}",
                "Tanggal Lahir": f"{day:02}-03-1985",
                "No. Paspor": f"C99100{day:02}",
            }
            for day, letter in enumerate("ABCDEFG", start=1)
        ],
    ]
}


def letter(folder: Path, name: str = "surat-permohonan.pdf") -> Path:
    """A small real PDF to upload."""
    path = folder / name
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(path)
    return path


def fill_template(template: bytes) -> bytes:
    """The downloaded template with the twelve rows typed into it, as a person would in Excel."""
    workbook = load_workbook(io.BytesIO(template))
    for sheet_name, rows in WORKBOOK.items():
        sheet = workbook[sheet_name]
        titles = {str(cell.value).strip(): cell.column for cell in sheet[1] if cell.value}
        for number, row in enumerate(rows, start=1):
            sheet.cell(number + 1, titles["No"], number)
            for title, value in row.items():
                sheet.cell(number + 1, titles[title], value)
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def check_order(text: str, number: str) -> None:
    """The blocks of the manual's last chapter, one after the other."""
    words = " ".join(text.split())
    blocks = [
        "DIREKTORAT JENDERAL IMIGRASI",
        "LAYANAN DATA KEIMIGRASIAN",
        f"Nomor : IMI-GR.03.07-{clock.today():%d%m%Y}-0001",
        "PEMOHON",
        "BADAN IT NASIONAL",
        number,
        "PERMINTAAN DATA",
        LETTER["No. Surat"],
        "DATA DETAIL",
        "John Doe",
        "Martinus Laurentus",
        "DATA STATISTIK",
        "Perlintasan",
    ]
    position = 0
    for block in blocks:
        found = words.find(block, position)
        assert found >= 0, f"“{block}” is missing or stands too early in: {words[:3000]}"
        position = found


def verification_path(text: str) -> str:
    """The path of the verification page printed in the document, which may be broken over two lines."""
    found = re.search(r"/verifikasi/([\w\s-]+?)/", text)
    assert found, text[-1500:]
    return f"/verifikasi/{''.join(found[1].split())}/"
