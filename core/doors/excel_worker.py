"""The child process that reads a workbook and writes its rows as JSON lines; no Django, no network.

Lines: ``{"error": code, ...}`` | ``["s", sheet name]`` | ``["r", row number, [cells]]`` | ``["end"]``.
A cell is null, text, number or boolean, or ``{"v": value, "t": "d"|"dt"|"e", "f": true, "p": true}``
(date, date-time, error value; formula; precision lost).
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any

from core.doors.bounded import limit_this_process
from core.doors.excel_guard import Marks, WorkbookRefusedError, inspect_workbook

#: Excel keeps 15 digits; whatever is longer was already rounded when the file was saved.
PRECISE = 10**15
SCIENTIFIC = re.compile(r"^\d([.,]\d+)?[eE]\+?\d{2,}$")
LONGEST_TEXT = 32_767


def main() -> None:
    """Read the workbook on stdin under the limits given as JSON in the first argument."""
    order = json.loads(sys.argv[1])
    limits: dict[str, int] = order["limits"]
    limit_this_process(memory=limits["memory"], seconds=limits["seconds"], output=limits["output"])
    try:
        marks = inspect_workbook(sys.stdin.buffer, limits)
        for line in read_rows(sys.stdin.buffer, marks, limits, order["sheets"]):
            sys.stdout.write(line + "\n")
    except WorkbookRefusedError as refusal:
        sys.stdout.write(json.dumps({"error": refusal.code, **refusal.params}) + "\n")
    sys.stdout.flush()


def read_rows(
    source: IO[bytes], marks: dict[str, Marks], limits: dict[str, int], wanted: list[str] | None
) -> Iterator[str]:
    """Yield the JSON lines of every sheet; of sheets that are not ``wanted`` only the name."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    source.seek(0)
    data_rows = 0
    try:
        workbook = CalamineWorkbook.from_filelike(source)
        for name in workbook.sheet_names:
            yield json.dumps(["s", name])
            if wanted is not None and name not in wanted:
                continue
            sheet = workbook.get_sheet_by_name(name)
            offset = sheet.start[1] if sheet.start else 0
            for number, cells in merge_marks(sheet.iter_rows(), offset, marks[name]):
                data_rows += number > limits["header_rows"]
                if data_rows <= limits["rows"]:
                    yield json.dumps(["r", number, cells], ensure_ascii=False, separators=(",", ":"))
    except PasswordError as error:
        raise WorkbookRefusedError("password") from error
    except (CalamineError, KeyError, ValueError, OverflowError) as error:
        raise WorkbookRefusedError("unreadable") from error
    if data_rows > limits["rows"]:
        raise WorkbookRefusedError("rows", rows=data_rows)
    yield '["end"]'


def merge_marks(rows: Iterator[list[Any]], offset: int, marks: Marks) -> Iterator[tuple[int, list[Any]]]:
    """Yield (row number, cells from column A) of rows that hold anything, also a formula without value."""
    marked: dict[int, set[int]] = {}
    for row, column in marks.formulas | marks.errors:
        marked.setdefault(row, set()).add(column)
    index = -1
    for index, values in enumerate(rows):
        if any(value != "" for value in values) or index in marked:
            cells = [None] * offset + [to_json(value) for value in values]
            yield index + 1, with_marks(cells, index, marked.pop(index, set()), marks)
    for row in sorted(row for row in marked if row > index):
        yield row + 1, with_marks([], row, marked[row], marks)


def with_marks(cells: list[Any], row: int, columns: set[int], marks: Marks) -> list[Any]:
    """Flag the formulas and errors of one row; drop empty cells at its end."""
    for column in columns:
        if column >= len(cells):
            cells.extend([None] * (column + 1 - len(cells)))
        cell = cells[column]
        flagged = dict(cell) if isinstance(cell, dict) else {"v": cell}
        if (row, column) in marks.formulas:
            flagged["f"] = True
        if (row, column) in marks.errors:
            flagged["t"] = "e"
        cells[column] = flagged
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def to_json(value: Any) -> Any:
    """Return the JSON form of one cell value as calamine gives it."""
    if value == "":
        return None
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise WorkbookRefusedError("unreadable")
        return {"v": value, "p": True} if SCIENTIFIC.match(value) else value
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        number = int(value) if float(value).is_integer() else value
        return {"v": number, "p": True} if abs(number) >= PRECISE else number
    if isinstance(value, datetime):
        return {"v": value.isoformat(), "t": "dt"}
    if isinstance(value, date):
        return {"v": value.isoformat(), "t": "d"}
    return str(value)


if __name__ == "__main__":
    main()
