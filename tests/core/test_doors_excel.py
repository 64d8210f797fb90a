"""Workbooks coming in and going out: honest ones are read exactly, hostile ones end in a sentence."""

import io
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from core.doors import excel
from core.doors.bounded import run_bounded
from core.doors.excel import (
    WorkbookError,
    applicant_limits,
    raise_if_no_rows,
    read_csv,
    read_rows,
    read_workbook,
    staff_limits,
)
from core.doors.excel_writer import formula_safe, sheet_name, write_rows
from tests import corpus


def upload(data: bytes, name: str = "data.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def written(*sheets) -> io.BytesIO:
    target = io.BytesIO()
    write_rows(target, sheets)
    target.seek(0)
    return target


@pytest.mark.parametrize("case", corpus.HOSTILE_WORKBOOKS)
def test_read_workbook_refuses_hostile_file(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, write, code = corpus.HOSTILE_WORKBOOKS[case]
    data = write()
    mine, ended_well = os.getpid(), []

    def watched(*args: Any, **kwargs: Any) -> bool:
        ended_well.append(run_bounded(*args, **kwargs))
        return ended_well[-1]

    monkeypatch.setattr(excel, "run_bounded", watched)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(upload(data, name))
    assert caught.value.code == code, caught.value.messages
    # Only what swells on the way out is ended by a limit, that of its output; the others by their reader, not by time.
    assert all(ended_well) or case == "one_string_many_times"
    assert os.getpid() == mine


def test_read_workbook_returns_typed_cells() -> None:
    (sheet,) = read_workbook(upload(corpus.good_workbook()))
    assert sheet.name == "Data"
    header, first, second, third, fourth = sheet.rows
    assert [cell.value for cell in header.cells] == ["NIK", "Nama", "Tanggal Lahir", "Angka"]
    assert [cell.value for cell in first.cells] == ["0174010101900001", "Siti Aminah", date(2000, 1, 31), 1.5]
    assert not any(cell.precision_lost or cell.is_formula for cell in first.cells)
    assert second.cells[0].precision_lost
    assert second.cells[0].value == 3174010101900001
    assert second.cells[1].value == "O'Neil <&>"
    assert second.cells[2].value == "31/31/2000"
    assert (second.cells[3].value, second.cells[3].reference) == (7, "D3")
    assert isinstance(second.cells[3].value, int)
    assert third.cells[0].is_formula
    assert third.cells[0].value is None
    assert third.cells[3].value is True
    assert fourth.cells[0].precision_lost
    assert fourth.cells[3].is_error
    assert fourth.cell(60).value is None


def test_read_workbook_keeps_places_of_cells_without_a_top_left_corner() -> None:
    data = corpus.zipped(
        corpus.parts(
            corpus.sheet(
                '<row r="3"><c r="C3" t="inlineStr"><is><t> x </t></is></c></row>'
                '<row r="9"><c r="B9"><f>1+1</f></c><c r="D9"><f>HYPERLINK("http://127.0.0.1:9")</f><v>5</v></c></row>'
            )
        )
    )
    (sheet,) = read_workbook(upload(data))
    places = {
        cell.reference: (cell.text, cell.is_formula)
        for row in sheet.rows
        for cell in row.cells
        if cell.value is not None or cell.is_formula
    }
    assert places == {"C3": ("x", False), "B9": ("", True), "D9": ("5", True)}


def test_read_workbook_forgives_empty_formatted_cells_far_away() -> None:
    far = '<row r="1048576" ht="15"><c r="XFD1048576" s="1"/></row>'
    (sheet,) = read_workbook(upload(corpus.zipped(corpus.parts(corpus.sheet(corpus.ONE_CELL + far)))))
    assert [cell.reference for row in sheet.rows for cell in row.cells] == ["A1"]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>',
        "<row r='1'><c r='A1'><f>1+1</f><v>2</v></c></row>",
        "<row><c><f\n>1+1</f><v>2</v></c></row>",
        '<row r="1"><c s="0" r="A1"><f t="shared" si="0"/><v>2</v></c></row>',
        f'<row r="1"><c r="A1"><x:f xmlns:x="{corpus.MAIN}">1+1</x:f><v>2</v></c></row>',
    ],
)
def test_read_workbook_sees_formulas_however_they_are_written(rows: str) -> None:
    (sheet,) = read_workbook(upload(corpus.zipped(corpus.parts(corpus.sheet(rows)))))
    assert [(cell.reference, cell.value, cell.is_formula) for cell in sheet.rows[0].cells] == [
        ("A1", 2, True)
    ]


def test_read_workbook_takes_what_office_programs_add() -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["NIK", "Email"])
    first.append(["0174010101900001", "siti@bin.go.id"])
    first["B2"].hyperlink = "mailto:siti@bin.go.id"
    first["A1"].comment = Comment("16 angka", "Ditjen Imigrasi")
    first.freeze_panes, first.protection.sheet = "A2", True
    first.conditional_formatting.add("A2:A9", CellIsRule(operator="equal", formula=["1"]))
    choices = DataValidation(type="list", formula1="Daftar!$A$1:$A$2")
    first.add_data_validation(choices)
    choices.add("B2:B1001")
    first.merge_cells("D1:E1")
    first.add_table(Table(displayName="Tabel", ref="A1:B2"))
    hidden = book.create_sheet("Daftar")
    hidden.append(["WNI"])
    hidden.sheet_state = "veryHidden"
    book.defined_names["Pilihan"] = DefinedName("Pilihan", attr_text="Daftar!$A$1:$A$2")
    target = io.BytesIO()
    book.save(target)
    data, other = read_workbook(target, name="templat.xlsx")
    assert [cell.value for cell in data.rows[1].cells[:2]] == ["0174010101900001", "siti@bin.go.id"]
    assert other.rows[0].cells[0].value == "WNI"


def test_read_workbook_reads_only_the_sheets_asked_for() -> None:
    data = corpus.workbook([["a"], [1]], sheets={"Lain": [["b"]] * 1500})
    first, other = read_workbook(upload(data), sheets=["Data"])
    assert (len(first.rows), other.name, other.rows) == (2, "Lain", [])


@pytest.fixture
def small(settings) -> None:
    """Limits that small files can break."""
    settings.XLSX_MAX_ROWS, settings.XLSX_MAX_BYTES = 1000, 2 * 1024 * 1024


def test_read_workbook_tells_the_number_of_rows(small: None) -> None:
    with pytest.raises(WorkbookError) as caught:
        read_workbook(upload(corpus.workbook([["x"]] * 2401)))
    assert caught.value.messages == ["Berkas berisi 2.400 baris. Paling banyak 1.000 per unggahan"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("data.xlsx", b"", "Berkas data.xlsx kosong (0 kB). Pilih berkas lain"),
        (
            "data.csv",
            b"a;b",
            "Berkas data.csv bukan .xlsx. Simpan sebagai “Excel Workbook (.xlsx)” lalu unggah lagi",
        ),
        ("data.xlsm", b"PK", "Berkas memuat makro (.xlsm). Simpan ulang sebagai .xlsx"),
        (
            "data.xlsx",
            b"PK\x03\x04" + b"\0" * 5_300_000,
            "Berkas 5,1 MB. Paling besar 2 MB – bagi menjadi beberapa berkas",
        ),
        (
            "data.xlsx",
            b"PK\x03\x04",
            "Berkas tidak dapat dibaca. Buka di Excel, salin isinya ke templat baru, lalu unggah lagi",
        ),
    ],
)
def test_read_workbook_explains_itself(small: None, name: str, data: bytes, message: str) -> None:
    with pytest.raises(WorkbookError) as caught:
        read_workbook(upload(data, name))
    assert caught.value.messages == [message]


def test_read_workbook_asks_for_a_missing_file() -> None:
    with pytest.raises(WorkbookError, match="Pilih berkas Excel yang akan diunggah"):
        read_workbook(None)


def test_read_workbook_survives_a_child_that_dies(settings) -> None:
    settings.XLSX_PARSE_MEMORY = 1024 * 1024
    for _attempt in range(3):
        with pytest.raises(WorkbookError, match="tidak dapat dibaca"):
            read_workbook(upload(corpus.good_workbook()))


def test_read_workbook_ends_a_child_that_takes_too_long(settings) -> None:
    settings.XLSX_PARSE_SECONDS = 0
    with pytest.raises(WorkbookError, match="tidak dapat dibaca"):
        read_workbook(upload(corpus.good_workbook()))


def test_raise_if_no_rows_sees_an_empty_template() -> None:
    sheets = read_workbook(upload(corpus.workbook([["NIK", "Nama"]])))
    with pytest.raises(WorkbookError, match="Semua sheet masih kosong"):
        raise_if_no_rows(sheets)


def test_read_rows_yields_large_files_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "holdings.xlsx"
    with path.open("wb") as file:
        write_rows(file, [("Paspor", ["No", "Nama"], ([n, f"Nama {n}"] for n in range(5000)))])
    rows = [row for _sheet, row in read_rows(path, limits=staff_limits()) if row is not None]
    assert len(rows) == 5001
    assert rows[-1].cells[0].value == 4999


def test_read_csv_returns_text_cells() -> None:
    data = '\ufeffNIK;Nama;Rumus\r\n0174010101900001;"Siti; Aminah";=1+1\r\n;;\r\n3,17E+15;x\r\n'.encode()
    sheet = read_csv(upload(data, "data.csv"))
    assert [[cell.value for cell in row.cells] for row in sheet.rows] == [
        ["NIK", "Nama", "Rumus"],
        ["0174010101900001", "Siti; Aminah", "=1+1"],
        ["3,17E+15", "x"],
    ]
    assert sheet.rows[1].cells[2].is_formula
    assert sheet.rows[2].number == 4
    assert sheet.rows[2].cells[0].precision_lost


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"\xff\xfe\x00", "unreadable"),
        ("a.csv", b"a,b\n" * 1200, "rows_more"),
        ("a.csv", b"a," * 80, "unreadable"),
        ("a.csv", b'"open', "unreadable"),
        ("a.csv", b"a;\x00b", "unreadable"),
        ("a.csv", b'a,"' + b"x" * 200_000 + b'"', "unreadable"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"PK\x03\x04", "type_csv"),
        ("a.txt", b"a", "type_csv"),
    ],
)
def test_read_csv_refuses_bad_file(small: None, name: str, data: bytes, code: str) -> None:
    with pytest.raises(WorkbookError) as caught:
        read_csv(upload(data, name), limits=applicant_limits())
    assert caught.value.code == code


def test_sign_that_no_database_takes_is_left_out() -> None:
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["_x0000_Ani_x0000_"])
    book.save(target)
    [sheet] = read_workbook(target, name="a.xlsx")
    assert [cell.value for cell in sheet.rows[0].cells] == ["Ani"]


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]


def test_write_rows_keeps_formulas_as_text() -> None:
    book = openpyxl.load_workbook(written(("Data", ["=judul"], [[text] for text in FORMULAS])))
    cells = [row[0] for row in book["Data"].iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert [cell.value.strip() for cell in cells] == ["=judul", *(text.strip() for text in FORMULAS)]


def test_formula_safe_keeps_formulas_as_text() -> None:
    book = openpyxl.Workbook()
    for number, text in enumerate(FORMULAS, start=1):
        cell = book.active.cell(number, 1)
        cell.value = text
        formula_safe(cell)
    target = io.BytesIO()
    book.save(target)
    assert {row[0].data_type for row in openpyxl.load_workbook(target).active.iter_rows()} == {"s"}


def test_write_rows_is_read_back_with_types() -> None:
    values = ["0174", 5, 1.25, True, date(2000, 1, 31), datetime(2026, 11, 22, 1, 30, tzinfo=UTC), 10**16]
    data = written(("Hasil: [1]", ["a"] * 7, [values, [None, "", "x\x00\x0b\ud800<&>" + "y" * 40_000]]))
    (sheet,) = read_workbook(data, name="hasil.xlsx")
    assert sheet.name == "Hasil   1"
    read = [cell.value for cell in sheet.rows[1].cells]
    assert read[:5] == ["0174", 5, 1.25, True, date(2000, 1, 31)]
    assert str(read[5]) == "2026-11-22 08:30:00"
    assert read[6] == "10000000000000000"
    assert sheet.rows[2].cells[2].text.startswith("x<&>yyy")
    assert len(sheet.rows[2].cells[2].text) == 32_767


def test_write_rows_freezes_a_bold_header() -> None:
    sheet = openpyxl.load_workbook(written(("Data", ["Nama"], [["Siti"]])))["Data"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["A"].width == 12


def test_sheet_name_stays_unique_and_short() -> None:
    assert sheet_name("Detail/Paspor " * 5, taken=["detail paspor detail paspor deta"[:31]]).endswith("(2)")
    assert len(sheet_name("x" * 50, taken=["x" * 31])) <= 31


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=8))
def test_write_rows_survives_any_text(texts: list[str]) -> None:
    book = openpyxl.load_workbook(written(("Data", ["h"], [[text] for text in texts])))
    assert all(row[0].data_type in ("s", "n") for row in book["Data"].iter_rows())
