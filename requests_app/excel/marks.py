"""The applicant's workbook given back with its errors marked; corrected, it can be uploaded as it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.files.base import File
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from core.catalogue.kinds import Lookups
from core.catalogue.schema import Schema
from core.doors.excel import Cell, Sheet, read_workbook
from core.doors.excel_writer import clean_text
from requests_app.excel.check import shift_of
from requests_app.excel.merging import split_cell
from requests_app.excel.template import FONT, MARKS_TITLE, build_book, draw_title, put, sheet_names, to_bytes

_RED = ("FFB3261E", "FFFFFFFF")
_FAULTY = PatternFill("solid", fgColor="FFFBD5D0")
#: Room for the new column on the left.
_SHIFT = 1
#: Characters in a line of that column, and the greatest height of a row in points.
_LINE = 60
_TALLEST = 400
#: Remarks at cells per sheet; thousands would make the file too heavy to come back. The column names all.
_MOST_REMARKS = 200

Marks = dict[int, list[tuple[int, str]]]


def mark_errors(
    file: File,
    errors: Iterable[Mapping[str, str]],
    *,
    schemas: Sequence[Schema],
    name: str | None = None,
    lookups: Lookups | None = None,
) -> bytes:
    """Return the workbook again with a red column “Kesalahan” on the left and remarks at the faulty cells.

    It is drawn anew from the template and the values of the guarded reader, so nothing else of the file
    (macros, formulas, links) comes back. Raises ``WorkbookError`` when the file cannot be read.
    """
    names = sheet_names(schemas)
    sheets = {sheet.name: sheet for sheet in read_workbook(file, sheets=list(names.values()), name=name)}
    by_sheet = _by_sheet(errors)
    book = build_book(schemas, lookups or Lookups(), shift=_SHIFT)
    for schema in schemas:
        title = names[schema.service_key]
        target = book[title]
        draw_title(target, 1, 1, MARKS_TITLE, _RED)
        target.column_dimensions["A"].width = _LINE
        target.freeze_panes = "B2"
        if title in sheets:
            _fill(target, sheets[title], schema, by_sheet.get(title, {}))
    faulty = [name for name in names.values() if name in by_sheet]
    if faulty:
        book.active = book.sheetnames.index(faulty[0])
        for sheet in book.worksheets:
            sheet.sheet_view.tabSelected = sheet.title == faulty[0]
    return to_bytes(book)


def _by_sheet(errors: Iterable[Mapping[str, str]]) -> dict[str, Marks]:
    found: dict[str, Marks] = {}
    for error in errors:
        letters, row = split_cell(error["cell"])
        column = column_index_from_string(letters) if letters else 0
        found.setdefault(error["sheet"], {}).setdefault(row, []).append((column, error["message"]))
    return found


def _fill(target: Worksheet, sheet: Sheet, schema: Schema, marks: Marks) -> None:
    shift = _SHIFT - shift_of(sheet)
    first = 1 + shift_of(sheet)
    whole = [message for _column, message in marks.get(0, [])]
    noted = 0
    for row in sheet.rows:
        if row.number == 1:
            continue
        for column in range(first, first + 1 + len(schema.asked)):
            cell = row.cell(column)
            if cell.value is not None:
                _write(target, cell, column + shift)
        remarks = [*whole]
        whole = []
        for column, message in marks.get(row.number, []):
            place = column + shift
            faulty: Any = target.cell(row.number, place)
            faulty.fill = _FAULTY
            if noted < _MOST_REMARKS:
                noted += 1
                note = Comment(clean_text(message), "Ditjen Imigrasi")
                note.width, note.height = 260, 90
                faulty.comment = note
            remarks.append(f"{get_column_letter(place)}{row.number}: {message}")
        if remarks:
            mark = put(target, row.number, 1, "\n".join(remarks))
            mark.font = Font(name=FONT, color=_RED[0])
            lines = sum(1 + len(remark) // _LINE for remark in remarks)
            target.row_dimensions[row.number].height = min(_TALLEST, 15 * lines)
            mark.alignment = Alignment(wrap_text=True, vertical="top")


def _write(target: Worksheet, cell: Cell, column: int) -> None:
    value = cell.value
    if cell.precision_lost and isinstance(value, int | float):
        # Writing the digits as text would make a rounded number look sound on its return.
        put(target, cell.row, column, f"{value:.5E}").number_format = "@"
    elif isinstance(value, datetime | date):
        written: Any = target.cell(cell.row, column)
        written.value = value
        written.number_format = "dd-mm-yyyy"
    elif isinstance(value, bool):
        put(target, cell.row, column, "YA" if value else "TIDAK")
    else:
        put(target, cell.row, column, str(value)).number_format = "@"
