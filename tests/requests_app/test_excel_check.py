"""The check of a returned workbook: every cause in the words the person reads, all rows or none."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.reference.models import Country
from requests_app.excel import (
    CheckedWorkbook,
    Mark,
    check_slices,
    check_workbook,
    mark_errors,
    merge_errors,
    sheet_names,
    split_cell,
)
from requests_app.excel.template import build_template
from tests import corpus
from tests.requests_app.workbooks import JOHN, filled, paspor, schemas

pytestmark = pytest.mark.django_db
PASPOR = "Upload Detail Paspor"


@pytest.fixture(autouse=True)
def world(catalogue) -> None:
    Country.objects.get_or_create(alpha3="AUS", defaults={"name": "Australia"})
    Country.objects.get_or_create(alpha3="IDN", defaults={"name": "Indonesia"})


def check(content: bytes, **options: Any) -> CheckedWorkbook:
    return check_workbook(ContentFile(content, "data.xlsx"), schemas=schemas(), **options)


def check_rows(*rows: dict[str, Any], **options: Any) -> CheckedWorkbook:
    return check(filled({"Paspor": rows}), **options)


def told(result: CheckedWorkbook) -> list[tuple[str, str]]:
    return [(error["cell"], error["message"]) for error in result.errors]


def test_check_takes_rows_of_several_services() -> None:
    visa = {
        "Nama": "Eleanor Whitfield",
        "Tanggal Lahir": date(1985, 4, 12),
        "Kewarganegaraan": "aus",
        "No. Paspor": "PA 123 4567",
    }
    result = check(filled({"Paspor": [JOHN, paspor(2)], "Visa": [visa]}))
    assert result.errors == []
    assert (result.total, result.counts) == (3, {"paspor": 2, "visa": 1})
    assert result.rows[2] == {
        "service": "visa",
        "values": {
            "nama": "Eleanor Whitfield",
            "tanggal_lahir": "1985-04-12",
            "kewarganegaraan": "AUS",
            "no_paspor": "PA1234567",
        },
    }
    assert result.preview[0] == {
        "service": "Paspor",
        "name": "John Doe",
        "number": "A123123",
        "birth_date": "2000-12-31",
    }


@pytest.mark.parametrize(
    ("entry", "cell", "message"),
    [
        ({"Tanggal Lahir": None}, "C2", "Tanggal Lahir masih kosong. Isi tanggal-bulan-tahun"),
        (
            {"Tanggal Lahir": "31/31/2000"},
            "C2",
            "Tanggal Lahir: “31/31/2000” tidak ada di kalender. Tulis misalnya 31-12-2000",
        ),
        ({"Tanggal Lahir": date(2031, 5, 12)}, "C2", "Tanggal Lahir 12-05-2031 melewati hari ini"),
        (
            {"NIK": "317403150890001"},
            "D2",
            "NIK harus 16 angka, terbaca 15. Format kolom sebagai Teks agar angka 0 di depan tidak hilang",
        ),
        (
            {"NIK": 117403150890001},
            "D2",
            "NIK harus 16 angka, terbaca 15. Format kolom sebagai Teks agar angka 0 di depan tidak hilang",
        ),
        (
            {"NIK": 3174031508900001},
            "D2",
            "NIK terbaca sebagai angka, sehingga angka terakhirnya berubah. "
            "Format kolom sebagai Teks, lalu tulis ulang",
        ),
        (
            {"NIK": "3,17403E+15"},
            "D2",
            "NIK terbaca sebagai angka, sehingga angka terakhirnya berubah. "
            "Format kolom sebagai Teks, lalu tulis ulang",
        ),
        ({"No. Paspor": "A-1!"}, "E2", "No. Paspor hanya huruf dan angka, misalnya A1234567"),
        ({"No. Paspor": None}, "D2", "Isi salah satu, NIK atau No. Paspor"),
        (
            {"Jenis Kelamin": "Pria"},
            "G2",
            "“Pria” bukan pilihan Jenis Kelamin. Pilih: Laki-laki, Perempuan",
        ),
        ({"Nama": "=1+1"}, "B2", "Sel berisi rumus. Salin lalu tempel sebagai nilai"),
        ({"Nama": None}, "B2", "Isi Nama"),
        (
            {"Terbit Dari": "10-10-2024", "Terbit Sampai": "02-10-2024"},
            "I2",
            "Terbit Sampai lebih awal daripada tanggal mulai",
        ),
    ],
)
@time_machine.travel("2026-11-22 08:00 +07:00", tick=False)
def test_check_names_cell_and_remedy(entry, cell, message) -> None:
    result = check_rows({**JOHN, **entry}, paspor(3))
    assert told(result) == [(cell, message)]
    assert result.errors[0]["sheet"] == PASPOR
    # All rows or nothing: the good one is counted, but not kept.
    assert (result.total, result.counts, result.rows, result.preview) == (2, {"paspor": 1}, [], [])


def test_check_takes_a_passport_number_that_looks_like_a_power() -> None:
    result = check_rows({**JOHN, "No. Paspor": "1E123456"})
    assert result.errors == []


def test_check_keeps_control_characters_out_of_its_messages() -> None:
    result = check_rows({**JOHN, "Nama": "Jo_x0000_hn", "Jenis Kelamin": "_x0000_L_x0007_"})
    assert result.errors
    assert all(character.isprintable() for error in result.errors for character in "".join(error.values()))


def test_check_reports_excel_errors() -> None:
    def break_cell(book: Any) -> None:
        cell = book[PASPOR]["B2"]
        cell.value, cell.data_type = "#REF!", "e"

    result = check(filled({"Paspor": [JOHN]}, change=break_cell))
    assert told(result) == [("B2", "Sel berisi kesalahan Excel. Tulis ulang isinya")]


def test_check_finds_the_same_person_twice() -> None:
    nik = {"Nama": "Siti", "Tanggal Lahir": "15-08-1990", "NIK": "3174031508900001"}
    result = check_rows(nik, paspor(2), {**nik, "Nama": "\u200bSITI "})
    assert told(result) == [("A4", "Baris 4 sama dengan baris 2 (NIK 3174…0001). Hapus salah satu")]


def test_check_finds_what_the_request_already_has() -> None:
    known = {"nama": "John Doe", "tanggal_lahir": "2000-12-31", "no_paspor": "A123123"}
    result = check_rows(JOHN, existing=[(7, "paspor", known)])
    assert told(result) == [
        (
            "A2",
            "Baris 2 sama dengan data nomor 7 pada permohonan ini (No. Paspor A123123). Hapus baris ini",
        )
    ]


def test_check_says_what_the_agreement_leaves_out() -> None:
    reason = "Layanan Visa tidak termasuk dalam PKS instansi Anda."
    result = check(filled({"Paspor": [JOHN], "Visa": [{"Nama": "X"}]}), refusals={"visa": reason})
    assert [(e["sheet"], e["cell"], e["message"]) for e in result.errors] == [
        ("Upload Detail Visa", "", reason)
    ]
    assert check_rows(JOHN, refusals={"visa": reason}).errors == []


def rename(cell: str, title: str | None) -> Any:
    def change(book: Any) -> None:
        book[PASPOR][cell].value = title

    return change


def remove_sheet(book: Any) -> None:
    del book[PASPOR]


def move_rows(book: Any) -> None:
    book[PASPOR].insert_rows(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rename("E1", "Paspor"), "Kolom E berjudul “Paspor”, seharusnya “No. Paspor”"),
        (rename("E1", None), "Kolom E tidak berjudul, seharusnya “No. Paspor”"),
        (
            rename("Z1", "Catatan"),
            "Kolom Z berjudul “Catatan” tidak ada dalam templat. Hapus kolom itu",
        ),
        (remove_sheet, "Sheet “Upload Detail Paspor” tidak ditemukan. Pakai templat dari tombol Unduh"),
        (move_rows, "Kolom A tidak berjudul, seharusnya “No”"),
    ],
)
def test_check_compares_the_frame_with_the_template(change, message) -> None:
    result = check(filled({"Paspor": [JOHN]}, change=change))
    assert result.errors[0]["message"] == message
    assert (result.total, result.rows) == (0, [])


def test_check_recognises_an_old_template() -> None:
    old = [
        schemas()[0].__class__(**{**schemas()[0].__dict__, "fields": schemas()[0].fields[:3]}),
        *schemas()[1:],
    ]
    content = filled({}, template=build_template(old))
    messages = [error["message"] for error in check(content).errors]
    assert messages[0] == "Templat ini versi lama. Unduh templat terbaru, lalu salin isian Anda ke sana"
    assert len(messages) > 1


def test_check_ignores_examples_other_sheets_and_empty_rows() -> None:
    def clutter(book: Any) -> None:
        book.create_sheet("Catatan saya").append(["apa saja", "=1+1"])
        book["Contoh Upload"]["B20"] = "31/31/2000"
        sheet = book[PASPOR]
        sheet["A9"] = 8
        sheet["B12"] = "   "

    result = check(filled({"Paspor": [JOHN]}, change=clutter))
    assert (result.errors, result.total) == ([], 1)


def test_check_needs_a_row() -> None:
    message = "Semua sheet masih kosong. Isi paling sedikit satu baris mulai baris 2"
    assert told(check(build_template(schemas()))) == [("", message)]


def test_check_refuses_the_1001st_row(settings) -> None:
    settings.XLSX_MAX_ROWS = 1000
    result = check_rows(*(paspor(number) for number in range(1001)))
    assert told(result) == [("", "Berkas berisi 1.001 baris. Paling banyak 1.000 per unggahan")]


def test_check_takes_1000_rows_slice_by_slice(settings) -> None:
    settings.SLICE_ROWS = 100
    content = ContentFile(filled({"Paspor": [paspor(number) for number in range(1000)]}), "data.xlsx")
    parts = list(check_slices(content, schemas=schemas()))
    assert {part.total for part in parts} == {1000}
    assert [part.done for part in parts][:11] == list(range(0, 1001, 100))
    assert max(len(part.rows) for part in parts) == 100
    result = check_workbook(content, schemas=schemas())
    assert (result.errors, len(result.rows), len(result.preview)) == ([], 1000, 10)


@pytest.mark.parametrize("done", range(1, 7))
@pytest.mark.slow
def test_check_goes_on_where_it_was_broken_off(settings, done) -> None:
    settings.SLICE_ROWS = 1
    bad = paspor(4, NIK="123")
    rows = [paspor(1), bad, paspor(2), paspor(1), paspor(3), paspor(2)]
    file = ContentFile(filled({"Paspor": rows, "Visa": []}), "data.xlsx")
    whole = list(check_slices(file, schemas=schemas(), too_many={"paspor": lambda count: f"{count} > 5"}))
    before = [part for part in whole if part.done <= done]
    after = list(
        check_slices(
            file,
            schemas=schemas(),
            too_many={"paspor": lambda count: f"{count} > 5"},
            done=done,
            checked=[row for part in before for row in part.rows],
        )
    )
    told_before = [error for part in before for error in part.errors]
    assert told_before + [error for part in after for error in part.errors] == [
        error for part in whole for error in part.errors
    ]
    assert [row.row for part in (*before, *after) for row in part.rows] == [2, 4, 6]


@pytest.mark.parametrize("name", ["far_cell", "two_cells", "nested_zip", "macro_part", "many_entries"])
def test_check_survives_hostile_workbooks(name) -> None:
    file_name, content, _code = corpus.HOSTILE_WORKBOOKS[name]
    result = check_workbook(ContentFile(content(), file_name), schemas=schemas())
    assert len(result.errors) == 1
    assert result.errors[0]["message"].startswith(("Berkas tidak dapat dibaca", "Berkas memuat makro"))


def test_merging_names_stretches_of_cells() -> None:
    rows = [{**paspor(number), "Tanggal Lahir": None} for number in range(87)]
    rows[10]["Tanggal Lahir"] = "31-12-2000"
    (line,) = merge_errors(check_rows(*rows).errors)
    assert line.place == "C2–C11, C13–C88 (86 sel)"
    assert line.sheet == PASPOR


def marked(content: bytes) -> bytes:
    file = ContentFile(content, "data.xlsx")
    target = io.BytesIO()

    def marks(sheet: str) -> list[Mark]:
        by_row: dict[int, list[tuple[str, str]]] = {}
        for error in check_workbook(file, schemas=schemas()).errors:
            if error["sheet"] == sheet:
                letters, row = split_cell(error["cell"])
                by_row.setdefault(row, []).append((letters, error["message"]))
        return [Mark(row, errors) for row, errors in sorted(by_row.items())]

    mark_errors(file, target, marks, schemas=schemas())
    return target.getvalue()


def test_marks_stand_at_the_cells_and_on_the_left() -> None:
    content = marked(filled({"Paspor": [JOHN, {**JOHN, "NIK": "123", "Nama": "=1+1"}]}))
    sheet = openpyxl.load_workbook(io.BytesIO(content))[PASPOR]
    assert [cell.value for cell in sheet[1]][:3] == ["Kesalahan", "No", "Nama"]
    assert sheet["A2"].value is None
    assert sheet["A3"].value.startswith("C3: Sel berisi rumus.")
    assert "E3: NIK harus 16 angka, terbaca 3." in sheet["A3"].value
    assert sheet["E3"].comment.text.startswith("NIK harus 16 angka")
    assert sheet["E3"].fill.fgColor.rgb == "FFFBD5D0"
    assert sheet["D2"].value == "31-12-2000"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.slow
def test_marked_workbook_heals_when_corrected() -> None:
    content = marked(filled({"Paspor": [JOHN, {**paspor(2), "Tanggal Lahir": "31/31/2000"}]}))
    again = check(content)
    assert told(again)[0][0] == "D3"
    book = openpyxl.load_workbook(io.BytesIO(content))
    book[PASPOR]["D3"] = "30-12-2000"
    target = io.BytesIO()
    book.save(target)
    healed = check(target.getvalue())
    assert (healed.errors, healed.total) == ([], 2)


@pytest.mark.slow
def test_marked_workbook_of_a_thousand_faulty_rows_can_come_back() -> None:
    rows = [
        {**paspor(number), "NIK": f"x{number}", "Tanggal Lahir": f"{number}-13-2000"}
        for number in range(1000)
    ]
    content = marked(filled({"Paspor": rows}))
    assert len(content) < 500_000
    assert len(check(content).errors) == 2000


@pytest.mark.slow
def test_marked_workbook_does_not_make_a_rounded_number_sound() -> None:
    content = marked(filled({"Paspor": [{**JOHN, "NIK": 3174031508900001}]}))
    assert "terbaca sebagai angka" in told(check(content))[0][1]


@pytest.fixture
def template() -> bytes:
    return build_template(schemas())


names = st.text(
    alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz .'-éü", min_size=1, max_size=40
)
people = st.lists(
    st.fixed_dictionaries(
        {
            "Nama": names.map(lambda text: " ".join(text.split())).filter(
                lambda text: any(map(str.isalpha, text))
            ),
            "Tanggal Lahir": st.dates(date(1901, 1, 1), date(2020, 12, 31)),
            "No. Paspor": st.from_regex(r"[A-Z][0-9]{5,9}", fullmatch=True),
            "Keterangan": st.sampled_from(
                ["=1+1", "+62", "-", "@x", "00012", "1e5", "", "catatan biasa", "TRUE"]
            ),
        }
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda person: person["No. Paspor"],
)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(people=people, as_text=st.booleans())
def test_rows_written_into_the_template_come_back_equal(template, people, as_text) -> None:
    entries = [
        {**person, "Tanggal Lahir": f"{person['Tanggal Lahir']:%d-%m-%Y}"} if as_text else person
        for person in people
    ]

    def keep_as_text(book: Any) -> None:
        for row in book[PASPOR].iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, str):
                    cell.data_type = "s"

    result = check(filled({"Paspor": entries}, change=keep_as_text, template=template))
    assert result.errors == []
    for row, person in zip(result.rows, people, strict=True):
        expected = {
            "nama": person["Nama"],
            "tanggal_lahir": person["Tanggal Lahir"].isoformat(),
            "no_paspor": person["No. Paspor"],
            "keterangan": person["Keterangan"],
        }
        assert row["values"] == {key: value for key, value in expected.items() if value}


def test_sheet_names_follow_the_labels() -> None:
    assert sheet_names(schemas())["izin_tinggal"] == "Upload Detail Izin Tinggal"
