"""Checks a returned workbook cell by cell with the services' schemas; all rows are good, or none is taken."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, TypedDict

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from core.catalogue.kinds import Lookups, shorten
from core.catalogue.schema import Field, Schema, Values
from core.doors.excel import Cell, ReadRows, Row, WorkbookError, opened_rows
from core.doors.excel_guard import column_letters
from core.doors.excel_writer import clean_text
from requests_app.excel.template import (
    MARKS_TITLE,
    NUMBER_TITLE,
    OPTIONS_SHEET,
    sheet_names,
    version_sheet,
)
from requests_app.twins import entry_key

PREVIEW_ROWS = 10
#: Numbers by which a person is recognised in the preview and in the remark about duplicates, best first.
_NUMBERS = ("national_id", "passport_no", "document_no", "niora")


class CheckError(TypedDict):
    """One thing to mend. ``cell`` is empty for a whole sheet, ``sheet`` too for the whole file."""

    sheet: str
    cell: str
    value: str
    message: str


class GoodRow(NamedTuple):
    """A row without errors: its service, its number in the sheet, its cleaned values."""

    service: str
    row: int
    values: Values


@dataclass
class Slice:
    """What the check of some rows has found: ``done`` of ``total`` rows of the whole workbook are checked after it."""

    total: int = 0
    done: int = 0
    rows: list[GoodRow] = field(default_factory=list)
    #: In the order of the file; those of a whole sheet come before those of its rows.
    errors: list[CheckError] = field(default_factory=list)
    #: The first good rows, for the preview.
    shown: list[dict[str, str]] = field(default_factory=list)


@dataclass
class CheckedWorkbook:
    """The outcome of the check of a small workbook."""

    total: int = 0
    #: Good rows per service key.
    counts: dict[str, int] = field(default_factory=dict)
    #: {"service": key, "values": {…}} of every good row in the order of the file; none when there are errors.
    rows: list[dict[str, Any]] = field(default_factory=list)
    preview: list[dict[str, str]] = field(default_factory=list)
    errors: list[CheckError] = field(default_factory=list)


def check_workbook(file: File | None, *, schemas: Sequence[Schema], **options: Any) -> CheckedWorkbook:
    """Check a small workbook at one go; ``options`` as of ``check_slices``."""
    found = CheckedWorkbook()
    for part in check_slices(file, schemas=schemas, **options):
        found.total = part.total
        found.errors += part.errors
        found.preview += part.shown[: PREVIEW_ROWS - len(found.preview)]
        for row in part.rows:
            found.counts[row.service] = found.counts.get(row.service, 0) + 1
            found.rows.append({"service": row.service, "values": row.values})
    if found.errors:
        found.rows, found.preview = [], []
    return found


def check_slices(
    file: File | None,
    *,
    schemas: Sequence[Schema],
    name: str | None = None,
    refusals: Mapping[str, str] | None = None,
    too_many: Mapping[str, Callable[[int], str]] | None = None,
    existing: Iterable[tuple[int, str, Mapping[str, Any]]] = (),
    lookups: Lookups | None = None,
    overfull: Callable[[int], str] | None = None,
    done: int = 0,
    checked: Iterable[GoodRow] = (),
) -> Iterator[Slice]:
    """Read a workbook made from the template of ``schemas`` and check it slice by slice; memory stays flat.

    ``refusals`` says by service key why a service must not be asked for (empty text: it may), ``too_many`` why
    so many rows of it may not be added, ``overfull`` why the request takes so many rows of no service at all.
    ``existing`` are the rows the request already has: (position, service key, values).
    A check that was broken off goes on after its ``done`` rows; ``checked`` are the good ones of them. A file
    that cannot be taken at all comes back as one slice with one error without sheet.
    """
    check = _Check(schemas, refusals or {}, too_many or {}, existing, lookups or Lookups(), overfull)
    check.remember(checked)
    try:
        with opened_rows(file, sheets=list(check.names.values()), name=name) as rows:
            yield from check.run(rows, done)
    except WorkbookError as error:
        yield Slice(errors=[CheckError(sheet="", cell="", value="", message=error.messages[0])])


def shift_of(titles: Sequence[Cell]) -> int:
    """Return 1 for a sheet that we returned with the column of errors on its left, otherwise 0."""
    return 1 if titles and titles[0].text == MARKS_TITLE else 0


def is_filled(row: Row, schema: Schema, shift: int) -> bool:
    """Return whether a row from 2 on has an entry in any column of the service; a lone number does not count."""
    first = 2 + shift
    return row.number > 1 and any(
        row.cell(column).text or row.cell(column).is_formula
        for column in range(first, first + len(schema.asked))
    )


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


class _Frame:
    """What a first look at the workbook shows of one sheet: its titles and how many rows are filled."""

    def __init__(self, schema: Schema | None) -> None:
        self.schema = schema
        self.titles: list[Cell] = []
        self.count = 0

    @property
    def shift(self) -> int:
        return shift_of(self.titles)

    def meet(self, row: Row) -> None:
        if row.number == 1:
            self.titles = row.cells
        elif self.schema is not None and is_filled(row, self.schema, self.shift):
            self.count += 1


class _Check:
    """One run over one workbook; only what tells rows apart stays in memory."""

    def __init__(
        self,
        schemas: Sequence[Schema],
        refusals: Mapping[str, str],
        too_many: Mapping[str, Callable[[int], str]],
        existing: Iterable[tuple[int, str, Mapping[str, Any]]],
        lookups: Lookups,
        overfull: Callable[[int], str] | None,
    ) -> None:
        self.overfull = overfull
        self.schemas, self.refusals, self.too_many, self.lookups = schemas, refusals, too_many, lookups
        self.names = sheet_names(schemas)
        self.by_sheet = {self.names[schema.service_key]: schema for schema in schemas}
        self.part = Slice()
        #: Where a row with the same entries was met first: (sheet, row), or ("", position in the request).
        self.met = {self.identity(key, values): ("", position) for position, key, values in existing}

    def remember(self, rows: Iterable[GoodRow]) -> None:
        """Rows that an earlier run has found good."""
        for row in rows:
            self.met.setdefault(self.identity(row.service, row.values), (self.names[row.service], row.row))

    def run(self, rows: ReadRows, done: int) -> Iterator[Slice]:
        frames = self.look(rows)
        for schema in self.schemas:
            self.check_titles(schema, frames.get(self.names[schema.service_key]))
        if self.part.errors:
            self.explain_old_template(frames)
            yield self.part
            return
        total = sum(frame.count for frame in frames.values())
        if not total:
            self.add("", "", "", WorkbookError("no_rows").messages[0])
            yield self.part
            return
        if self.overfull is not None and (refusal := self.overfull(total)):
            self.add("", "", "", refusal)
            yield self.part
            return
        self.part = Slice(total=total, done=done)
        yield self.part
        self.part = Slice(total=total, done=done)
        begun = ""
        for index, (sheet, schema, row) in enumerate(self.filled_rows(rows, frames), start=1):
            is_first, begun = sheet != begun, sheet
            if index <= done:
                continue
            if is_first:
                self.whole_sheet(sheet, schema, frames[sheet].count)
            if not self.refusals.get(schema.service_key):
                values = self.check_row(sheet, schema, row, frames[sheet].shift)
                if values is not None:
                    self.take(schema, row, values)
            self.part.done = index
            if index % settings.SLICE_ROWS == 0:
                yield self.part
                self.part = Slice(total=total, done=index)
        yield self.part

    def look(self, rows: ReadRows) -> dict[str, _Frame]:
        """Return the sheets by name in the order of the file."""
        frames: dict[str, _Frame] = {}
        for sheet, row in rows:
            frame = frames.setdefault(sheet, _Frame(self.by_sheet.get(sheet)))
            if row is not None:
                frame.meet(row)
        return frames

    def filled_rows(self, rows: ReadRows, frames: Mapping[str, _Frame]) -> Iterator[tuple[str, Schema, Row]]:
        """Yield the rows that count, from the first sheet to the last."""
        for sheet, row in rows:
            schema = self.by_sheet.get(sheet)
            if row is not None and schema is not None and is_filled(row, schema, frames[sheet].shift):
                yield sheet, schema, row

    def add(self, sheet: str, cell: str, value: str, message: str) -> None:
        # PostgreSQL's JSON takes no NUL, which a workbook can smuggle in as _x0000_.
        error = CheckError(sheet=sheet, cell=cell, value=clean_text(value), message=clean_text(message))
        self.part.errors.append(error)

    # --- the frame: sheets and titles ---

    def check_titles(self, schema: Schema, frame: _Frame | None) -> None:
        """Every sheet of the template must be there, with its titles in their places."""
        name = self.names[schema.service_key]
        if frame is None:
            message = _("Sheet “%(sheet)s” tidak ditemukan. Pakai templat dari tombol Unduh")
            self.add("", "", "", message % {"sheet": name})
            return
        shift, titles = frame.shift, frame.titles
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

    def explain_old_template(self, by_name: Iterable[str]) -> None:
        """A template from before a change of the catalogue is told as such, first of all."""
        versions = [name for name in by_name if name.startswith(OPTIONS_SHEET)]
        if versions and version_sheet(self.schemas) not in versions:
            message = _("Templat ini versi lama. Unduh templat terbaru, lalu salin isian Anda ke sana")
            self.part.errors.insert(0, CheckError(sheet="", cell="", value="", message=message))

    # --- the rows ---

    def whole_sheet(self, sheet: str, schema: Schema, count: int) -> None:
        """What stands against asking for the service at all, or for so many rows of it."""
        key = schema.service_key
        refusal = self.refusals.get(key, "") or (self.too_many[key](count) if key in self.too_many else "")
        if refusal:
            self.add(sheet, "", "", refusal)

    def check_row(self, sheet: str, schema: Schema, row: Row, shift: int) -> Values | None:
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
                self.add(sheet, cell.reference, shown_value(cell), message)
        if errors:
            return None
        twin = self.met.setdefault(self.identity(schema.service_key, values), (sheet, row.number))
        if twin != (sheet, row.number):
            message = self.twin_message(schema, values, row, twin)
            self.add(sheet, f"{column_letters(shift)}{row.number}", "", message)
            return None
        return values

    def identity(self, service_key: str, values: Mapping[str, Any]) -> bytes:
        """Return what two rows have in common that ask for the same, short enough to keep 100 000 of them."""
        return hashlib.blake2b(entry_key(service_key, values).encode(), digest_size=16).digest()

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

    def take(self, schema: Schema, row: Row, values: Values) -> None:
        self.part.rows.append(GoodRow(schema.service_key, row.number, values))
        if len(self.part.shown) < PREVIEW_ROWS:
            known = schema.identifying(values)
            self.part.shown.append(
                {
                    "service": schema.service_label,
                    "name": known.get("name", ""),
                    "number": person_number(schema, values)[1],
                    "birth_date": known.get("birth_date", ""),
                }
            )
