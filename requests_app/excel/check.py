"""Checks a returned workbook cell by cell with the services' schemas; all rows are good, or none is taken."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict

from django.core.files.base import File
from django.utils.translation import gettext as _

from core.catalogue.kinds import Lookups, shorten
from core.catalogue.schema import Field, Schema, Values
from core.doors.excel import Cell, Row, Sheet, WorkbookError, read_workbook
from core.doors.excel_guard import column_letters
from core.doors.excel_writer import clean_text
from requests_app.excel.template import (
    MARKS_TITLE,
    NUMBER_TITLE,
    OPTIONS_SHEET,
    sheet_names,
    version_sheet,
)

#: Rows between two reports of progress.
REPORT_EVERY = 100
PREVIEW_ROWS = 10
#: Numbers by which a person is recognised in the preview and in the remark about duplicates, best first.
_NUMBERS = ("national_id", "passport_no", "document_no", "niora")

Progress = Callable[[int, int], None]


class CheckError(TypedDict):
    """One thing to mend. ``cell`` is empty for a whole sheet, ``sheet`` too for the whole file."""

    sheet: str
    cell: str
    value: str
    message: str


@dataclass
class CheckedWorkbook:
    """The outcome of a check, as ``RowUpload`` stores it."""

    total: int = 0
    #: Good rows per service key.
    counts: dict[str, int] = field(default_factory=dict)
    #: {"service": key, "values": {…}} of every good row in the order of the file.
    rows: list[dict[str, Any]] = field(default_factory=list)
    preview: list[dict[str, str]] = field(default_factory=list)
    errors: list[CheckError] = field(default_factory=list)


def check_workbook(
    file: File | None,
    *,
    schemas: Sequence[Schema],
    name: str | None = None,
    refusals: Mapping[str, str] | None = None,
    existing: Iterable[tuple[int, str, Mapping[str, Any]]] = (),
    report: Progress | None = None,
    lookups: Lookups | None = None,
) -> CheckedWorkbook:
    """Read and check a workbook made from the template of ``schemas``.

    ``refusals`` says by service key why a service must not be asked for (empty text: it may). ``existing``
    are the rows the request already has: (position, service key, values). ``report(done, total)`` is called
    every 100 rows. A file that cannot be taken at all comes back with one error without sheet.
    """
    try:
        sheets = read_workbook(file, sheets=list(sheet_names(schemas).values()), name=name)
    except WorkbookError as error:
        return CheckedWorkbook(errors=[CheckError(sheet="", cell="", value="", message=error.messages[0])])
    return _Check(schemas, refusals or {}, existing, report, lookups or Lookups()).run(sheets)


def shift_of(sheet: Sheet) -> int:
    """Return 1 for a sheet that we returned with the column of errors on its left, otherwise 0."""
    titles = header_of(sheet)
    return 1 if titles and titles[0].text == MARKS_TITLE else 0


def header_of(sheet: Sheet) -> list[Cell]:
    """Return the cells of row 1, none when it is empty."""
    return sheet.rows[0].cells if sheet.rows and sheet.rows[0].number == 1 else []


def data_rows(sheet: Sheet, schema: Schema) -> list[Row]:
    """Return the rows from 2 on with an entry in any column of the service; a lone number does not count."""
    first = 2 + shift_of(sheet)
    wanted = range(first, first + len(schema.asked))
    return [
        row
        for row in sheet.rows
        if row.number > 1 and any(row.cell(column).text or row.cell(column).is_formula for column in wanted)
    ]


def shown_value(cell: Cell) -> str:
    """Return what stands in a cell, short and as people here write it."""
    if isinstance(cell.value, datetime):
        return f"{cell.value:%d-%m-%Y %H:%M}"
    if isinstance(cell.value, date):
        return f"{cell.value:%d-%m-%Y}"
    return shorten(cell.text, 60)


def cell_problem(cell: Cell, item: Field) -> str:
    """Return why the value of a cell cannot be trusted whatever it is; empty when it can."""
    if cell.is_formula:
        return _("Sel berisi rumus. Salin lalu tempel sebagai nilai")
    if cell.is_error:
        return _("Sel berisi kesalahan Excel. Tulis ulang isinya")
    # Excel writes large numbers with E+; a passport number such as 1E123456 is none.
    if cell.precision_lost and (not isinstance(cell.value, str) or "+" in cell.value):
        return _(
            "%(label)s terbaca sebagai angka, sehingga angka terakhirnya berubah. "
            "Format kolom sebagai Teks, lalu tulis ulang"
        ) % {"label": item.label}
    return ""


def person_number(schema: Schema, values: Mapping[str, Any]) -> tuple[str, str]:
    """Return label and value of the best number of a row, two empty texts when it has none."""
    for column in _NUMBERS:
        for item in schema.asked:
            if item.identifies == column and values.get(item.key):
                return item.label, str(values[item.key])
    return "", ""


def veiled(number: str) -> str:
    """Return a number with its middle left out: 3174…0001."""
    return f"{number[:4]}…{number[-4:]}" if len(number) > 10 else number


class _Check:
    """One run over one workbook."""

    def __init__(
        self,
        schemas: Sequence[Schema],
        refusals: Mapping[str, str],
        existing: Iterable[tuple[int, str, Mapping[str, Any]]],
        report: Progress | None,
        lookups: Lookups,
    ) -> None:
        self.schemas, self.refusals, self.report, self.lookups = schemas, refusals, report, lookups
        self.names = sheet_names(schemas)
        self.result = CheckedWorkbook()
        self.done = 0
        #: Where a row with the same entries was met first: (sheet, row), or ("", position in the request).
        self.met = {self.identity(key, values): ("", position) for position, key, values in existing}

    def run(self, sheets: list[Sheet]) -> CheckedWorkbook:
        by_name = {sheet.name: sheet for sheet in sheets}
        for schema in self.schemas:
            self.check_titles(schema, by_name.get(self.names[schema.service_key]))
        if self.result.errors:
            self.explain_old_template(by_name)
            return self.result
        work = [(schema, by_name[self.names[schema.service_key]]) for schema in self.schemas]
        found = [(schema, sheet, data_rows(sheet, schema)) for schema, sheet in work]
        self.result.total = sum(len(rows) for _schema, _sheet, rows in found)
        if not self.result.total:
            self.add("", "", "", WorkbookError("no_rows").messages[0])
            return self.result
        self.tell()
        for schema, sheet, rows in found:
            if rows:
                self.check_rows(schema, sheet, rows)
        self.tell()
        if self.result.errors:
            self.result.rows, self.result.preview = [], []
        return self.result

    def add(self, sheet: str, cell: str, value: str, message: str) -> None:
        # PostgreSQL's JSON takes no NUL, which a workbook can smuggle in as _x0000_.
        error = CheckError(sheet=sheet, cell=cell, value=clean_text(value), message=clean_text(message))
        self.result.errors.append(error)

    def tell(self) -> None:
        if self.report:
            self.report(self.done, self.result.total)

    # --- the frame: sheets and titles ---

    def check_titles(self, schema: Schema, sheet: Sheet | None) -> None:
        """Every sheet of the template must be there, with its titles in their places."""
        name = self.names[schema.service_key]
        if sheet is None:
            message = _("Sheet “%(sheet)s” tidak ditemukan. Pakai templat dari tombol Unduh")
            self.add("", "", "", message % {"sheet": name})
            return
        shift = shift_of(sheet)
        titles = header_of(sheet)
        expected = [NUMBER_TITLE, *(item.label for item in schema.asked)]
        for index in range(max(len(expected), len(titles) - shift)):
            column = index + shift
            title = " ".join(titles[column].text.split()) if column < len(titles) else ""
            place = {"column": column_letters(column), "title": shorten(title)}
            if index >= len(expected):
                if title:
                    message = _(
                        "Kolom %(column)s berjudul “%(title)s” tidak ada dalam templat. Hapus kolom itu"
                    )
                    self.add(name, f"{place['column']}1", title, message % place)
                continue
            place["expected"] = expected[index]
            if title == expected[index]:
                continue
            if title:
                message = _("Kolom %(column)s berjudul “%(title)s”, seharusnya “%(expected)s”")
            else:
                message = _("Kolom %(column)s tidak berjudul, seharusnya “%(expected)s”")
            self.add(name, f"{place['column']}1", shorten(title), message % place)

    def explain_old_template(self, by_name: Mapping[str, Sheet]) -> None:
        """A template from before a change of the catalogue is told as such, first of all."""
        versions = [name for name in by_name if name.startswith(OPTIONS_SHEET)]
        if versions and version_sheet(self.schemas) not in versions:
            message = _("Templat ini versi lama. Unduh templat terbaru, lalu salin isian Anda ke sana")
            self.result.errors.insert(0, CheckError(sheet="", cell="", value="", message=message))

    # --- the rows ---

    def check_rows(self, schema: Schema, sheet: Sheet, rows: list[Row]) -> None:
        refusal = self.refusals.get(schema.service_key, "")
        if refusal:
            self.add(sheet.name, "", "", refusal)
        shift = shift_of(sheet)
        for row in rows:
            values = None if refusal else self.check_row(schema, sheet, row, shift)
            if values is not None:
                self.take(schema, values)
            self.done += 1
            if self.done % REPORT_EVERY == 0:
                self.tell()

    def check_row(self, schema: Schema, sheet: Sheet, row: Row, shift: int) -> Values | None:
        """Return the values of a good row; otherwise its errors have been added."""
        columns = {item.key: row.cell(number) for number, item in enumerate(schema.asked, start=2 + shift)}
        raw: dict[str, str] = {}
        problems: dict[str, list[str]] = {}
        for item in schema.asked:
            cell = columns[item.key]
            problem = cell_problem(cell, item)
            if problem:
                problems[item.key] = [problem]
            raw[item.key] = item.kind.from_cell(cell.value)
        values, errors = schema.clean_asked(raw, self.lookups)
        # What the cell itself is blamed for is not blamed again for its content.
        errors = {**errors, **problems}
        for item in schema.asked:
            for message in errors.get(item.key, ()):
                cell = columns[item.key]
                self.add(sheet.name, cell.reference, shown_value(cell), message)
        if errors:
            return None
        twin = self.met.setdefault(self.identity(schema.service_key, values), (sheet.name, row.number))
        if twin != (sheet.name, row.number):
            self.add(
                sheet.name,
                f"{column_letters(shift)}{row.number}",
                "",
                self.twin_message(schema, values, row, twin),
            )
            return None
        return values

    def identity(self, service_key: str, values: Mapping[str, Any]) -> str:
        """Return what two rows have in common that ask for the same."""
        return json.dumps([service_key, sorted(values.items())])

    def twin_message(self, schema: Schema, values: Values, row: Row, twin: tuple[str, int]) -> str:
        label, number = person_number(schema, values)
        named = f" ({label} {veiled(number)})" if number else ""
        if twin[0]:
            message = _("Baris %(row)d sama dengan baris %(twin)d%(named)s. Hapus salah satu")
        else:
            message = _(
                "Baris %(row)d sama dengan data nomor %(twin)d pada permohonan ini%(named)s. Hapus baris ini"
            )
        return message % {"row": row.number, "twin": twin[1], "named": named}

    def take(self, schema: Schema, values: Values) -> None:
        key = schema.service_key
        self.result.counts[key] = self.result.counts.get(key, 0) + 1
        self.result.rows.append({"service": key, "values": values})
        if len(self.result.preview) < PREVIEW_ROWS:
            known = schema.identifying(values)
            self.result.preview.append(
                {
                    "service": schema.service_label,
                    "name": known.get("name", ""),
                    "number": person_number(schema, values)[1],
                    "birth_date": known.get("birth_date", ""),
                }
            )
