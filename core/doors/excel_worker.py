"""The child process that reads a workbook and writes its rows as JSON lines; no Django, no network.

Lines: ``{"error": code, ...}`` | ``["s", sheet name]`` | ``["r", row number, [cells]]`` | ``["end"]``, and for a row of
nothing but texts ``=row number`` and the texts, each after the sign that separates units (U+001F).
A cell is text (empty for none), number, boolean, or ``{"v": value, "t": "d"|"dt", "f": true, "e": true}``
(date or date-time in ISO form; formula; error value).
"""

import gc
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from core.doors.child_limits import limit_this_process
from core.doors.excel_guard import Marks, WorkbookRefusedError, inspect_workbook

LONGEST_TEXT = 32_767


def main() -> None:
    """Read the workbook on stdin under the limits given as JSON in the first argument."""
    order = json.loads(sys.argv[1])
    limits: dict[str, int] = order["limits"]
    # Rows come and go without cycles; looking for some costs a tenth of the time.
    gc.disable()
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
            if sheet.end and (sheet.end[0] >= limits["far_row"] or sheet.end[1] >= limits["columns"]):
                raise WorkbookRefusedError("unreadable")
            offset = sheet.start[1] if sheet.start else 0
            for number, cells in merge_marks(sheet.iter_rows(), offset, marks[name]):
                data_rows += number > limits["header_rows"]
                if data_rows <= limits["rows"]:
                    yield row_line(number, cells)
    except PasswordError as error:
        raise WorkbookRefusedError("password") from error
    except (CalamineError, KeyError, ValueError, OverflowError) as error:
        raise WorkbookRefusedError("unreadable") from error
    if data_rows > limits["rows"]:
        raise WorkbookRefusedError("rows", rows=data_rows)
    yield '["end"]'


def row_line(number: int, cells: list[Any]) -> str:
    """Return the line of one row."""
    try:
        texts = "\x1f".join(cells)
    except TypeError:
        line = _ENCODER.encode(["r", number, cells])
    else:
        if texts.count("\x1f") == len(cells) - 1 and "\n" not in texts:
            line = f"={number}\x1f{texts}"
        else:
            line = _ENCODER.encode(["r", number, cells])
    if len(line) > LONGEST_TEXT and any(isinstance(cell, str) and len(cell) > LONGEST_TEXT for cell in cells):
        raise WorkbookRefusedError("unreadable")
    return line


def merge_marks(rows: Iterator[list[Any]], offset: int, marks: Marks) -> Iterator[tuple[int, list[Any]]]:
    """Yield (row number, cells from column A) of rows that hold anything, also a formula without value."""
    marked: dict[int, set[int]] = {}
    for row, column in marks.formulas | marks.errors:
        marked.setdefault(row, set()).add(column)
    index, before = -1, [""] * offset
    for index, values in enumerate(rows):
        if index in marked:
            yield index + 1, with_marks(before + values, index, marked.pop(index), marks)
        elif values.count("") != len(values):
            yield index + 1, before + values
    for row in sorted(row for row in marked if row > index):
        yield row + 1, with_marks([], row, marked[row], marks)


def with_marks(cells: list[Any], row: int, columns: set[int], marks: Marks) -> list[Any]:
    """Flag the formulas and errors of one row."""
    for column in columns:
        cells.extend([""] * (column + 1 - len(cells)))
        value = cells[column]
        flagged = to_json(value) if isinstance(value, date | time | timedelta) else {"v": value}
        if (row, column) in marks.formulas:
            flagged["f"] = True
        if (row, column) in marks.errors:
            flagged["e"] = True
        cells[column] = flagged
    return cells


def to_json(value: Any) -> dict[str, Any]:
    """Return the JSON form of what JSON itself does not know: dates, times, durations."""
    if isinstance(value, datetime):
        return {"v": value.isoformat(), "t": "dt"}
    if isinstance(value, date):
        return {"v": value.isoformat(), "t": "d"}
    return {"v": str(value)}


#: Made once: ``json.dumps`` would make one for every row.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=to_json)


if __name__ == "__main__":
    main()
