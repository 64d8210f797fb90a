"""Hostile and honest files, written when a test asks for them; no binary lies in the repository."""

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pikepdf
from pikepdf import Array, Dictionary, Name, String

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def workbook(
    rows: list[list[Any]], *, title: str = "Data", sheets: dict[str, list[list[Any]]] | None = None
) -> bytes:
    """Return an honest workbook written by openpyxl."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = title
    for row in rows:
        first.append(row)
    for name, content in (sheets or {}).items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def good_workbook() -> bytes:
    """Return a workbook with every kind of value an applicant sends."""
    return workbook(
        [
            ["NIK", "Nama", "Tanggal Lahir", "Angka"],
            ["0174010101900001", "Siti Aminah", date(2000, 1, 31), 1.5],
            [3174010101900001, "O'Neil <&>", "31/31/2000", 7],
            ["=1+1", None, None, True],
            ["3,17401E+15", "", "", "#N/A"],
        ]
    )


def parts(sheet: str, **other: str | bytes) -> dict[str, str | bytes]:
    """Return the parts of a minimal workbook with this sheet XML; ``other`` adds or replaces."""
    base: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    return {**base, **other}


def zipped(content: dict[str, str | bytes]) -> bytes:
    """Return a zip of the parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return target.getvalue()


def sheet(rows: str, before: str = "") -> str:
    """Return sheet XML around row XML."""
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


ONE_CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'


def _duplicate_names() -> bytes:
    target = io.BytesIO(zipped(parts(sheet(ONE_CELL))))
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("xl/Worksheets/sheet1.xml", sheet('<row r="1"><c r="A1"><f>1</f></c></row>'))
    return target.getvalue()


def _overlapping() -> bytes:
    data = zipped(parts(sheet(ONE_CELL)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        first, second = archive.infolist()[0], archive.infolist()[1]
    # Point the second directory entry at the first file.
    return data.replace(
        struct.pack("<L", second.header_offset) + second.filename.encode(),
        struct.pack("<L", first.header_offset) + second.filename.encode(),
    )


def _lying_size() -> bytes:
    data = bytearray(
        zipped(
            parts(
                sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>' + "A" * 30_000_000 + "</t></is></c></row>")
            )
        )
    )
    real, told = struct.pack("<L", 30_000_000), struct.pack("<L", 1000)
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        real = struct.pack("<L", archive.infolist()[-1].file_size)
    return bytes(data).replace(real, told)


#: name -> (file name, bytes writer, code of the refusal)
HOSTILE_WORKBOOKS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "far_cell": (
        "a.xlsx",
        lambda: zipped(parts(sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))),
        "unreadable",
    ),
    "two_cells": (
        "a.xlsx",
        lambda: zipped(parts(sheet(ONE_CELL + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))),
        "unreadable",
    ),
    "far_cell_in_near_row": (
        "a.xlsx",
        lambda: zipped(parts(sheet('<row r="1"><c r="A1048576"><v>1</v></c></row>'))),
        "unreadable",
    ),
    "far_cell_with_a_near_name": (
        "a.xlsx",
        lambda: zipped(parts(sheet('<row r="1"><c r="AZ199999"><v>1</v></c></row>'))),
        "unreadable",
    ),
    "far_column": (
        "a.xlsx",
        lambda: zipped(parts(sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'))),
        "unreadable",
    ),
    "far_cell_written_as_entity": (
        "a.xlsx",
        lambda: zipped(parts(sheet("<row r='1'><c r='&#88;FD&#49;048576'><v>1</v></c></row>"))),
        "unreadable",
    ),
    "many_columns": (
        "a.xlsx",
        lambda: zipped(parts(sheet('<row r="1">' + "<c><v>1</v></c>" * 16_384 + "</row>"))),
        "unreadable",
    ),
    "million_same_rows": ("a.xlsx", lambda: zipped(parts(sheet('<row r="1"/>' * 1_000_000))), "unreadable"),
    "rows_without_end": (
        "a.xlsx",
        lambda: zipped(parts(sheet("".join(f'<row r="{r}" ht="{r % 977}"/>' for r in range(1, 250_000))))),
        "rows_more",
    ),
    "million_cells_in_one_place": (
        "a.xlsx",
        lambda: zipped(parts(sheet('<row r="1">' + '<c r="A1"/>' * 1_500_000 + "</row>"))),
        "unreadable",
    ),
    "padded": ("a.xlsx", lambda: zipped(parts(sheet(ONE_CELL) + " " * 50_000_000)), "unreadable"),
    "ratio": ("a.xlsx", lambda: zipped(parts(sheet(ONE_CELL) + " " * 15_000_000)), "unreadable"),
    "lying_size": ("a.xlsx", _lying_size, "unreadable"),
    "one_string_many_times": (
        "a.xlsx",
        lambda: zipped(
            parts(
                sheet(
                    "".join(
                        f'<row r="{r}">' + '<c t="s"><v>0</v></c>' * 50 + "</row>" for r in range(1, 1000)
                    )
                ),
                **{
                    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>{"AbC9" * 8000}</t></si></sst>',
                    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
                    f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" '
                    'Target="worksheets/sheet1.xml"/>'
                    f'<Relationship Id="rId2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
                    "</Relationships>",
                },
            )
        ),
        "unreadable",
    ),
    "many_entries": (
        "a.xlsx",
        lambda: zipped({**parts(sheet(ONE_CELL)), **{f"xl/theme/{n}.xml": "" for n in range(15_000)}}),
        "unreadable",
    ),
    "nested_zip": (
        "a.xlsx",
        lambda: zipped(parts(sheet(ONE_CELL), **{"xl/inner.zip": zipped({"a": "b"})})),
        "unreadable",
    ),
    "overlapping_entries": ("a.xlsx", _overlapping, "unreadable"),
    "duplicate_names": ("a.xlsx", _duplicate_names, "unreadable"),
    "path_outside": ("a.xlsx", lambda: zipped(parts(sheet(ONE_CELL), **{"../../x.xml": "x"})), "unreadable"),
    "bytes_after_the_zip": ("a.xlsx", lambda: zipped(parts(sheet(ONE_CELL))) + b"<html>", "unreadable"),
    "macro_name": ("a.xlsm", lambda: zipped(parts(sheet(ONE_CELL))), "macro"),
    "macro_part": ("a.xlsx", lambda: zipped(parts(sheet(ONE_CELL), **{"xl/vbaProject.bin": b"x"})), "macro"),
    "macro_type": (
        "a.xlsx",
        lambda: zipped(
            parts(
                sheet(ONE_CELL),
                **{
                    "[Content_Types].xml": TYPES.replace(
                        "spreadsheetml.sheet.main", "sheet.macroEnabled.main"
                    )
                },
            )
        ),
        "macro",
    ),
    "external_link": (
        "a.xlsx",
        lambda: zipped(parts(sheet(ONE_CELL), **{"xl/externalLinks/externalLink1.xml": "<x/>"})),
        "active",
    ),
    "external_relation": (
        "a.xlsx",
        lambda: zipped(
            parts(
                sheet(ONE_CELL),
                **{
                    "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
                    f'<Relationship Id="r" Type="{RELATIONS}/oleObject" '
                    'Target="http://127.0.0.1:9/" '
                    'TargetMode="External"/>'
                    "</Relationships>"
                },
            )
        ),
        "active",
    ),
    "embedded_object": (
        "a.xlsx",
        lambda: zipped(parts(sheet(ONE_CELL), **{"xl/embeddings/oleObject1.bin": b"x"})),
        "active",
    ),
    "image": ("a.xlsx", lambda: zipped(parts(sheet(ONE_CELL), **{"xl/media/image1.png": b"x"})), "active"),
    "external_entity": (
        "a.xlsx",
        lambda: zipped(
            parts(
                sheet(
                    '<row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row>',
                    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
                )
            )
        ),
        "unreadable",
    ),
    "entities_in_strings": (
        "a.xlsx",
        lambda: zipped(
            parts(
                sheet(ONE_CELL),
                **{
                    "xl/sharedStrings.xml": '<!DOCTYPE x [<!ENTITY a "h"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'
                },
            )
        ),
        "unreadable",
    ),
    "utf16_part": (
        "a.xlsx",
        lambda: zipped(
            parts(
                sheet(ONE_CELL),
                **{
                    "xl/worksheets/sheet1.xml": (
                        '<?xml version="1.0" encoding="UTF-16"?>' + sheet(ONE_CELL)
                    ).encode("utf-16")
                },
            )
        ),
        "unreadable",
    ),
    "latin_part": (
        "a.xlsx",
        lambda: zipped(parts('<?xml version="1.0" encoding="iso-8859-1"?>' + sheet(ONE_CELL))),
        "unreadable",
    ),
    "not_xml": ("a.xlsx", lambda: zipped(parts("hello")), "unreadable"),
    "broken_zip": ("a.xlsx", lambda: zipped(parts(sheet(ONE_CELL)))[:300], "unreadable"),
    "zip_of_something_else": ("a.xlsx", lambda: zipped({"word/document.xml": "<x/>"}), "unreadable"),
    "password": (
        "a.xlsx",
        lambda: (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + b"\0" * 600
            + "EncryptedPackage".encode("utf-16-le")
            + b"\0" * 600
        ),
        "password",
    ),
    "old_xls": ("a.xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "type"),
    "empty": ("a.xlsx", lambda: b"", "empty"),
    "text_renamed": ("a.xlsx", lambda: b"NIK;Nama\n1;Siti\n", "type"),
    "csv": ("data.csv", lambda: b"NIK;Nama\n1;Siti\n", "type"),
    "too_large": ("a.xlsx", lambda: b"PK\x03\x04" + b"\0" * (21 * 1024 * 1024), "size"),
}


def pdf(change: Callable[[pikepdf.Pdf], None] | None = None, *, pages: int = 1, **save: Any) -> bytes:
    """Return a PDF of empty pages after ``change``."""
    with pikepdf.new() as document:
        for _number in range(pages):
            document.add_blank_page(page_size=(595, 842))
        if change is not None:
            change(document)
        target = io.BytesIO()
        document.save(target, **save)
    return target.getvalue()


def sized_pdf(size: int) -> bytes:
    """Return an honest PDF of exactly ``size`` bytes."""
    data = pdf()
    comment = b"%" + b"x" * (size - len(data) - 2) + b"\n"
    return data.replace(b"startxref", comment + b"startxref")


def signed_pdf() -> bytes:
    """Return a PDF shaped like a BSrE-signed letter: signature and DocMDP in an appended update section."""
    base = pdf(lambda document: document.Root.__setattr__("Lang", String("id")), pages=1)
    with pikepdf.open(io.BytesIO(base)) as document:
        page, root = document.pages[0].obj, document.Root
        numbers = {"page": page.objgen[0], "root": root.objgen[0], "parent": page.Parent.objgen[0]}
        size = int(document.trailer.Size)
    signature, field = size, size + 1
    objects = {
        numbers[
            "root"
        ]: f"<< /Type /Catalog /Pages {numbers['parent']} 0 R /AcroForm << /Fields [{field} 0 R] "
        f"/SigFlags 3 >> /Perms << /DocMDP {signature} 0 R >> >>",
        numbers["page"]: f"<< /Type /Page /Parent {numbers['parent']} 0 R /MediaBox [0 0 595 842] "
        f"/Resources << >> /Annots [{field} 0 R] >>",
        signature: "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached "
        f"/ByteRange [0 100 9000 300] /Contents <{'3082' + '00' * 4000}> "
        "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P 2 /V /1.2 >> >>] >>",
        field: f"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Tanda Tangan) /V {signature} 0 R "
        f"/Rect [0 0 0 0] /F 132 /P {numbers['page']} 0 R >>",
    }
    update, table = base, b"xref\n"
    for number, content in sorted(objects.items()):
        table += f"{number} 1\n{len(update):010} 00000 n \n".encode()
        update += f"{number} 0 obj\n{content}\nendobj\n".encode()
    previous = int(base.rsplit(b"startxref", 1)[1].split()[0])
    trailer = f"trailer\n<< /Size {size + 2} /Root {numbers['root']} 0 R /Prev {previous} >>\n"
    return update + table + trailer.encode() + f"startxref\n{len(update)}\n%%EOF\n".encode()


def _root(key: str, value: Callable[[pikepdf.Pdf], Any]) -> Callable[[], bytes]:
    def change(document: pikepdf.Pdf) -> None:
        document.Root[key] = value(document)

    return lambda: pdf(change)


def _annotation(**content: Any) -> Callable[[], bytes]:
    def change(document: pikepdf.Pdf) -> None:
        annotation = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **content)
        document.pages[0].obj.Annots = Array([annotation])

    return lambda: pdf(change)


def _link(action: str, **content: Any) -> Callable[[], bytes]:
    return _annotation(Subtype=Name.Link, A=Dictionary(S=Name(f"/{action}"), **content))


def _attachment() -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        document.attachments["virus.exe"] = b"MZ"

    return pdf(change)


def _bomb() -> bytes:
    """A page stream that unpacks to 40 MB; harmless as long as nobody unpacks it."""

    def change(document: pikepdf.Pdf) -> None:
        document.pages[0].obj.Contents = document.make_stream(b" " * 40_000_000)

    return pdf(change, compress_streams=True)


#: name -> (file name, bytes writer, code of the refusal)
HOSTILE_PDFS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "script_on_open": (
        "a.pdf",
        _root("/OpenAction", lambda d: Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))),
        "active",
    ),
    "script_in_names": (
        "a.pdf",
        _root("/Names", lambda d: Dictionary(JavaScript=Dictionary(Names=Array([])))),
        "active",
    ),
    "script_deep_inside": (
        "a.pdf",
        _root("/X", lambda d: Array([Array([Dictionary(Y=Dictionary(Z=Dictionary(S=Name.JavaScript)))])])),
        "active",
    ),
    "script_in_object_stream": (
        "a.pdf",
        lambda: pdf(
            lambda d: d.Root.__setattr__(
                "OpenAction", d.make_indirect(Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")))
            ),
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        ),
        "active",
    ),
    "launch": ("a.pdf", _link("Launch", F=String("cmd.exe")), "active"),
    "submit_form": ("a.pdf", _link("SubmitForm", F=String("http://127.0.0.1:9")), "active"),
    "import_data": ("a.pdf", _link("ImportData", F=String("x.fdf")), "active"),
    "go_to_remote": ("a.pdf", _link("GoToR", F=String("//host/share")), "active"),
    "go_to_embedded": ("a.pdf", _link("GoToE"), "active"),
    "rich_media": ("a.pdf", _annotation(Subtype=Name.RichMedia), "active"),
    "file_annotation": ("a.pdf", _annotation(Subtype=Name.FileAttachment), "active"),
    "attachment": ("a.pdf", _attachment, "active"),
    "xfa": ("a.pdf", _root("/AcroForm", lambda d: Dictionary(Fields=Array([]), XFA=String("x"))), "active"),
    "zip_after": ("a.pdf", lambda: pdf() + zipped({"a.txt": "a"}), "active"),
    "zip_after_with_end_mark": ("a.pdf", lambda: pdf() + zipped({"a.txt": "a"}) + b"\n%%EOF\n", "active"),
    "page_after": ("a.pdf", lambda: pdf() + b"<html><script>alert(1)</script>", "active"),
    "page_inside_first_bytes": (
        "a.pdf",
        lambda: pdf().replace(b"\n", b"\n%<html><script>alert(1)</script>\n", 1),
        "active",
    ),
    "page_before": ("a.pdf", lambda: b"<html>" + pdf(), "type"),
    "owner_password": ("a.pdf", lambda: pdf(encryption=pikepdf.Encryption(owner="x", user="")), "password"),
    "user_password": ("a.pdf", lambda: pdf(encryption=pikepdf.Encryption(owner="x", user="y")), "password"),
    "truncated": ("a.pdf", lambda: signed_pdf()[:-400], "broken"),
    "only_a_head": ("a.pdf", lambda: b"%PDF-1.7\nhello\n%%EOF", "broken"),
    "no_page": ("a.pdf", lambda: pdf(pages=0), "broken"),
    "too_many_pages": ("a.pdf", lambda: pdf(pages=201), "pages"),
    "empty": ("a.pdf", lambda: b"", "empty"),
    "word_file_renamed": ("a.pdf", lambda: zipped({"word/document.xml": "<x/>"}), "type"),
    "program_renamed": ("a.pdf", lambda: b"MZ" + b"\0" * 500, "type"),
    "page_renamed": ("a.pdf", lambda: b"<html>%PDF-", "type"),
    "true_pdf_other_name": ("surat.txt", pdf, "type"),
    "one_byte_too_large": ("a.pdf", lambda: sized_pdf(2 * 1024 * 1024 + 1), "size"),
}

CLEAN_PDFS: dict[str, Callable[[], bytes]] = {
    "plain": pdf,
    "signed": signed_pdf,
    "two_hundred_pages": lambda: pdf(pages=200),
    "web_link": _link("URI", URI=String("https://www.imigrasi.go.id")),
    "stream_that_unpacks_large": _bomb,
    "exactly_two_megabytes": lambda: sized_pdf(2 * 1024 * 1024),
    "object_streams": lambda: pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate),
}
