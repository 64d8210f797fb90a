"""Writes any number of rows into the sheets of a small workbook drawn with openpyxl; memory stays flat."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any, NamedTuple
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from core.doors.excel_guard import column_letters
from core.doors.excel_writer import clean_text

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  Excel's day zero has no time zone
_FIRST_ROW = b'<row r="1"'
_END = b"</sheetData>"


class FilledCell(NamedTuple):
    """A cell: its column counted from 1, what stands in it (None: only its look), a style of ``style_of``."""

    column: int
    value: str | date | datetime | None
    style: int


class FilledRow(NamedTuple):
    """A row below the title; ``height`` in points where it is not the usual one."""

    number: int
    cells: Sequence[FilledCell]
    height: float | None = None


def style_of(sheet: Worksheet, **look: Any) -> int:
    """Make a style known to the sheet's workbook and return its number; ``look`` are attributes of a cell."""
    scratch: Any = sheet.cell(2, 1)
    for name, value in look.items():
        setattr(scratch, name, value)
    number = int(scratch.style_id)
    del sheet._cells[(2, 1)]
    return number


def fill_book(book: Workbook, target: IO[bytes], sheets: Iterable[tuple[str, Iterable[FilledRow]]]) -> None:
    """Write ``book`` to ``target`` with the rows of each named sheet below its first row, in any order of sheets.

    What the book itself has below the first row of such a sheet is left out, except remarks at its cells.
    """
    frame = io.BytesIO()
    book.save(frame)
    parts = {
        sheet.title: f"xl/worksheets/sheet{number}.xml"
        for number, sheet in enumerate(book.worksheets, start=1)
    }
    with (
        zipfile.ZipFile(frame) as drawn,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive,
    ):
        filled = set()
        for name, rows in sheets:
            filled.add(parts[name])
            with archive.open(parts[name], "w", force_zip64=True) as part:
                _fill(part, drawn.read(parts[name]), rows)
        for entry in drawn.infolist():
            if entry.filename not in filled:
                archive.writestr(entry.filename, drawn.read(entry))


def _fill(part: IO[bytes], drawn: bytes, rows: Iterable[FilledRow]) -> None:
    head, _start, _rest = drawn.partition(_FIRST_ROW)
    title = _rest[: _rest.index(b"</row>")] + b"</row>" if _start else b""
    part.write(head + _start + title)
    buffer: list[str] = []
    for row in rows:
        buffer.append(_row_xml(row))
        if len(buffer) == 500:
            part.write("".join(buffer).encode())
            buffer.clear()
    part.write("".join(buffer).encode() + drawn[drawn.index(_END) :])


def _row_xml(row: FilledRow) -> str:
    height = f' ht="{row.height:g}" customHeight="1"' if row.height else ""
    cells = "".join(_cell_xml(f"{column_letters(cell.column - 1)}{row.number}", cell) for cell in row.cells)
    return f'<row r="{row.number}"{height}>{cells}</row>'


def _cell_xml(reference: str, cell: FilledCell) -> str:
    value = cell.value
    if value is None:
        return f'<c r="{reference}" s="{cell.style}"/>'
    if isinstance(value, date) and value.year >= 1901:
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001  as above
        days = (moment.replace(tzinfo=None) - _EPOCH).total_seconds() / 86400
        return f'<c r="{reference}" s="{cell.style}"><v>{days:.8f}</v></c>'
    text = escape(clean_text(str(value)))
    return (
        f'<c r="{reference}" s="{cell.style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    )
