"""The applicant's workbook given back with its errors marked; corrected, it can be uploaded as it is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby, islice
from typing import IO, Any, NamedTuple

from django.core.files.base import File
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from core.catalogue.kinds import Lookups
from core.catalogue.schema import Schema
from core.doors.excel import Cell, Row, opened_rows
from core.doors.excel_fill import FilledCell, FilledRow, fill_book, style_of
from core.doors.excel_writer import clean_text
from requests_app.excel.check import shift_of
from requests_app.excel.template import FONT, MARKS_TITLE, build_book, draw_title, sheet_names

_RED = ("FFB3261E", "FFFFFFFF")
_FAULTY = PatternFill("solid", fgColor="FFFBD5D0")
#: Room for the new column on the left.
_SHIFT = 1
#: Characters in a line of that column, and the greatest height of a row in points.
_LINE = 60
_TALLEST = 400
#: Faulty rows per sheet with remarks at their cells; thousands would make the file too heavy to come back.
_MOST_REMARKS = 200


class Mark(NamedTuple):
    """The errors of one row: (column letters, message) each; row 0 is the sheet as a whole."""

    row: int
    errors: Sequence[Sequence[str]]


class _Looks:
    """The numbers of the styles that cells are written in."""

    def __init__(self, sheet: Worksheet) -> None:
        self.text = style_of(sheet, number_format="@")
        self.day = style_of(sheet, number_format="dd-mm-yyyy")
        self.faulty_text = style_of(sheet, number_format="@", fill=_FAULTY)
        self.faulty_day = style_of(sheet, number_format="dd-mm-yyyy", fill=_FAULTY)
        self.mark = style_of(
            sheet,
            number_format="@",
            font=Font(name=FONT, color=_RED[0]),
            alignment=Alignment(wrap_text=True, vertical="top"),
        )

    def of(self, value: Any, is_faulty: bool) -> int:
        if isinstance(value, date):
            return self.faulty_day if is_faulty else self.day
        return self.faulty_text if is_faulty else self.text


def mark_errors(
    file: File,
    target: IO[bytes],
    marks: Callable[[str], Iterable[Mark]],
    *,
    schemas: Sequence[Schema],
    name: str | None = None,
    lookups: Lookups | None = None,
) -> None:
    """Write the workbook again with a red column “Kesalahan” on the left and remarks at the first faulty cells.

    ``marks`` gives those of a sheet by row. It is drawn anew from the template and the values of the guarded
    reader, so nothing else of the file (macros, formulas, links) comes back; rows are written one by one.
    Raises ``WorkbookError`` when the file cannot be read.
    """
    by_sheet = {title: schema for schema in schemas for title in [sheet_names(schemas)[schema.service_key]]}
    with opened_rows(file, sheets=list(by_sheet), name=name) as rows:
        shifts = {
            sheet: _SHIFT - shift_of(row.cells) for sheet, row in rows if row is not None and row.number == 1
        }
        book = build_book(schemas, lookups or Lookups(), shift=_SHIFT)
        looks = _Looks(book[next(iter(by_sheet))])
        _draw_frame(book, {title: (marks(title), shifts.get(title, _SHIFT)) for title in by_sheet})
        fill_book(
            book,
            target,
            (
                (sheet, _rows(members, by_sheet[sheet], marks(sheet), shifts.get(sheet, _SHIFT), looks))
                for sheet, members in groupby(rows, key=lambda pair: pair[0])
                if sheet in by_sheet
            ),
        )


def _draw_frame(book: Workbook, sheets: dict[str, tuple[Iterable[Mark], int]]) -> None:
    """The column of errors, remarks at the first faulty cells, and the first faulty sheet on top."""
    faulty: list[str] = []
    for title, (marks, shift) in sheets.items():
        sheet = book[title]
        draw_title(sheet, 1, 1, MARKS_TITLE, _RED)
        sheet.column_dimensions["A"].width = _LINE
        sheet.freeze_panes = "B2"
        for mark in islice(marks, _MOST_REMARKS):
            if not faulty or faulty[-1] != title:
                faulty.append(title)
            for letters, message in mark.errors:
                if mark.row and letters:
                    note = Comment(clean_text(message), "Ditjen Imigrasi")
                    note.width, note.height = 260, 90
                    cell: Any = sheet.cell(mark.row, column_index_from_string(letters) + shift)
                    cell.comment = note
    if faulty:
        book.active = book.sheetnames.index(faulty[0])
        for drawn in book.worksheets:
            drawn.sheet_view.tabSelected = drawn.title == faulty[0]


def _rows(
    members: Iterable[tuple[str, Row | None]],
    schema: Schema,
    marks: Iterable[Mark],
    shift: int,
    looks: _Looks,
) -> Iterator[FilledRow]:
    waiting = iter(marks)
    mark = next(waiting, None)
    first = 1 + _SHIFT - shift
    whole: list[str] = []
    for _sheet, row in members:
        if row is None or row.number == 1:
            continue
        while mark is not None and mark.row < row.number:
            whole += [message for _letters, message in mark.errors] if mark.row == 0 else []
            mark = next(waiting, None)
        remarks, whole = whole, []
        places = set()
        if mark is not None and mark.row == row.number:
            for letters, message in mark.errors:
                place = column_index_from_string(letters) + shift
                places.add(place)
                remarks.append(f"{get_column_letter(place)}{row.number}: {message}")
        values = {
            column + shift: shown
            for column in range(first, first + 1 + len(schema.asked))
            if (shown := _shown(row.cell(column))) is not None
        }
        cells = [
            FilledCell(place, value, looks.of(value, place in places))
            for place in sorted(places | set(values))
            for value in [values.get(place)]
        ]
        height = None
        if remarks:
            cells.insert(0, FilledCell(1, "\n".join(remarks), looks.mark))
            lines = sum(1 + len(remark) // _LINE for remark in remarks)
            height = min(_TALLEST, 15 * lines)
        yield FilledRow(row.number, cells, height)


def _shown(cell: Cell) -> str | date | None:
    value = cell.value
    if value is None or isinstance(value, date):
        return value
    if cell.precision_lost and isinstance(value, int | float):
        # Writing the digits as text would make a rounded number look sound on its return.
        return f"{value:.5E}"
    if isinstance(value, bool):
        return "YA" if value else "TIDAK"
    return str(value)
