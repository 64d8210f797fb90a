"""The official letter an agency attaches to its registration, as a fill-in template (.docx and .pdf)."""

import functools
import io

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from core.doors.pdf import render_pdf

#: The letter, line by line; dots are filled in by the agency. Letters are Indonesian whoever downloads them.
OPENING = (
    "Nomor\t: ……………………………",
    "Sifat\t: ……………………………",
    "Lampiran\t: ……………………………",
    "Hal\t: Permohonan user akses Aplikasi Layanan Data Keimigrasian",
)
RECIPIENT = (
    "Yth. Direktur Jenderal Imigrasi",
    "u.p. Direktur Sistem dan Teknologi Informasi Keimigrasian",
    "di Jakarta",
)
BODY = (
    "Sehubungan dengan Perjanjian Kerja Sama (PKS) Nomor …………………………… tanggal …………………………… "
    "tentang …………………………… antara Direktorat Jenderal Imigrasi dan ……………………………, dengan ini kami "
    "mengajukan permohonan user akses Aplikasi Layanan Data Keimigrasian bagi:"
)
PERSON = ("Nama", "NIP/NRP", "Jabatan", "Unit Kerja", "Email dinas", "No. Telp")
PROMISE = (
    "Yang bersangkutan kami tunjuk sebagai penanggung jawab permohonan data dan akan menjaga kerahasiaan "
    "data pribadi yang diterima sesuai Undang-Undang Nomor 27 Tahun 2022 tentang Pelindungan Data Pribadi."
)
CLOSING = (
    "Demikian permohonan ini kami sampaikan. "
    "Atas perhatian dan kerja sama Bapak/Ibu, kami ucapkan terima kasih."
)
SIGNATURE = (
    "……………………, …………………………… 20……",
    "Jabatan pejabat yang berwenang,",
    "",
    "(tanda tangan dan cap)",
    "",
    "Nama pejabat",
    "NIP/NRP",
)


@functools.lru_cache(maxsize=1)
def letter_docx() -> bytes:
    """The template as a Word document."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name = "Arial"
    style.font.size = Pt(11)
    head = document.add_paragraph("[KOP SURAT INSTANSI]")
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in OPENING:
        document.add_paragraph(line).paragraph_format.space_after = Pt(0)
    document.add_paragraph()
    for line in RECIPIENT:
        document.add_paragraph(line).paragraph_format.space_after = Pt(0)
    document.add_paragraph()
    document.add_paragraph(BODY)
    table = document.add_table(rows=0, cols=2)
    for label in PERSON:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, ": ……………………………"
    document.add_paragraph()
    document.add_paragraph(PROMISE)
    document.add_paragraph(CLOSING)
    for line in SIGNATURE:
        paragraph = document.add_paragraph(line)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.space_after = Pt(0)
    document.core_properties.title = "Templat surat permohonan user akses"
    document.core_properties.author = "Direktorat Jenderal Imigrasi"
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


@functools.lru_cache(maxsize=1)
def letter_pdf() -> bytes:
    """The template as a PDF to print."""
    opening = [line.split("\t: ", 1) for line in OPENING]
    context = {
        "opening": opening,
        "recipient": RECIPIENT,
        "body": BODY,
        "person": PERSON,
        "promise": PROMISE,
        "closing": CLOSING,
        "signature": SIGNATURE,
    }
    return render_pdf("public_site/registration/letter.html", context)
