"""The door for spreadsheets coming in: workbooks are checked and read in a child process, CSV here."""

import codecs
import contextlib
import csv
import json
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.doors.bounded import run_bounded
from core.doors.excel_guard import column_letters
from core.doors.scanning import scan_for_virus
from core.doors.storage import megabytes, safe_name

Value = str | int | float | bool | date | datetime | None

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Excel keeps 15 digits; whatever is longer was already rounded when the file was saved.
_PRECISE = 10**15
_SCIENTIFIC = re.compile(r"^\d([.,]\d+)?[eE]\+?\d{2,}$")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

_MESSAGES = {
    "required": _("Pilih berkas Excel yang akan diunggah"),
    "empty": _("Berkas %(name)s kosong (0 kB). Pilih berkas lain"),
    "type": _("Berkas %(name)s bukan .xlsx. Simpan sebagai “Excel Workbook (.xlsx)” lalu unggah lagi"),
    "type_csv": _("Berkas %(name)s bukan .csv. Simpan sebagai “CSV UTF-8” lalu unggah lagi"),
    "macro": _("Berkas memuat makro (.xlsm). Simpan ulang sebagai .xlsx"),
    "password": _("Berkas dikunci kata sandi. Buka kuncinya lalu simpan ulang"),
    "active": _(
        "Berkas memuat gambar, tautan luar, atau objek tertanam. "
        "Salin isinya ke templat baru, lalu unggah lagi"
    ),
    "size": _("Berkas %(size)s. Paling besar %(limit)s – bagi menjadi beberapa berkas"),
    "rows": _("Berkas berisi %(rows)s baris. Paling banyak %(limit)s per unggahan"),
    "rows_more": _("Berkas berisi lebih dari %(rows)s baris. Paling banyak %(limit)s per unggahan"),
    "unreadable": _(
        "Berkas tidak dapat dibaca. Buka di Excel, salin isinya ke templat baru, lalu unggah lagi"
    ),
    "no_rows": _("Semua sheet masih kosong. Isi paling sedikit satu baris mulai baris 2"),
}


class WorkbookError(ValidationError):
    """A spreadsheet that cannot be taken, with the message for the person; ``code`` as in ``_MESSAGES``."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(_MESSAGES[code], code=code, params=params)


@dataclass(frozen=True)
class Limits:
    """What one spreadsheet may cost: sizes and memory in bytes, time in seconds."""

    bytes: int
    rows: int
    columns: int
    unpacked: int
    entries: int
    ratio: int
    seconds: int
    memory: int
    header_rows: int = 1

    @property
    def far_row(self) -> int:
        """Return the row after which no sheet is a typed list; also bounds the reader's dense grid."""
        return max(20_000, self.rows + self.rows // 5)

    def for_worker(self) -> dict[str, int]:
        """Return the limits as the child process reads them."""
        return {
            **asdict(self),
            "far_row": self.far_row,
            "formulas": 100_000,
            "output": self.unpacked * 4,
        }


def applicant_limits() -> Limits:
    """Return the limits for workbooks of applicants."""
    return Limits(
        bytes=settings.XLSX_MAX_BYTES,
        rows=settings.XLSX_MAX_ROWS,
        columns=settings.XLSX_MAX_COLUMNS,
        unpacked=settings.XLSX_MAX_UNPACKED,
        entries=settings.XLSX_MAX_ENTRIES,
        ratio=settings.XLSX_MAX_RATIO,
        seconds=settings.XLSX_PARSE_SECONDS,
        memory=settings.XLSX_PARSE_MEMORY,
    )


def staff_limits() -> Limits:
    """Return the wider limits for holdings and answers brought in by officers."""
    return Limits(
        bytes=settings.HOLDINGS_IMPORT_MAX_BYTES,
        rows=settings.HOLDINGS_IMPORT_MAX_ROWS,
        columns=settings.XLSX_MAX_COLUMNS,
        unpacked=15 * settings.HOLDINGS_IMPORT_MAX_BYTES,
        entries=settings.XLSX_MAX_ENTRIES,
        ratio=settings.XLSX_MAX_RATIO,
        seconds=2 * settings.XLSX_PARSE_SECONDS,
        memory=2 * settings.XLSX_PARSE_MEMORY,
    )


class Cell(NamedTuple):
    """One cell as read. ``row`` and ``column`` count from 1 as Excel shows them."""

    value: Value
    row: int
    column: int
    #: The value is what Excel last computed (or None); we never compute.
    is_formula: bool = False
    #: More than 15 digits or scientific notation: the last digits are no longer what the person typed.
    precision_lost: bool = False
    is_error: bool = False

    @property
    def reference(self) -> str:
        """Return the place as Excel names it, for example ``C4``."""
        return f"{column_letters(self.column - 1)}{self.row}"

    @property
    def text(self) -> str:
        """Return the value as plain text without surrounding blanks; dates in ISO form."""
        return "" if self.value is None else str(self.value).strip()


class Row:
    """One row that holds something; it may end before the header does.

    Its cells are made when they are asked for: most rows of a long list are only texts, read as ``texts``.
    """

    __slots__ = ("_raw", "number", "texts")

    def __init__(self, number: int, raw: list[Any], *, texts: list[str] | None = None) -> None:
        self.number, self._raw = number, raw
        #: What the cells hold, column A first, when each of them is nothing but text (empty for none), else None.
        self.texts = texts

    @property
    def cells(self) -> list[Cell]:
        """All cells, column A first."""
        return [_cell(raw, self.number, column) for column, raw in enumerate(self._raw, start=1)]

    def cell(self, column: int) -> Cell:
        """Return the cell of a column counted from 1, an empty one past the end."""
        raw = self._raw[column - 1] if column <= len(self._raw) else None
        return _cell(raw, self.number, column)


@dataclass(slots=True)
class Sheet:
    """One sheet with the rows that hold something, header rows included."""

    name: str
    rows: list[Row] = field(default_factory=list)


def read_workbook(
    file: File | IO[bytes] | Path | str | None,
    *,
    limits: Limits | None = None,
    sheets: Collection[str] | None = None,
    name: str | None = None,
) -> list[Sheet]:
    """Return all sheets of an .xlsx file; raise ``WorkbookError`` with the message for the person.

    ``sheets`` names those to read and to count rows in (all when None); the others come back without rows.
    ``name`` is the person's file name where ``file`` does not know it.
    """
    found: dict[str, Sheet] = {}
    for sheet, row in read_rows(file, limits=limits, sheets=sheets, name=name):
        found.setdefault(sheet, Sheet(sheet))
        if row is not None:
            found[sheet].rows.append(row)
    return list(found.values())


def read_rows(
    file: File | IO[bytes] | Path | str | None,
    *,
    limits: Limits | None = None,
    sheets: Collection[str] | None = None,
    name: str | None = None,
) -> Iterator[tuple[str, Row | None]]:
    """Yield (sheet name, row) one by one, for large files; each sheet starts with a row of None.

    The whole file has been checked before the first row comes; only one row is in memory. Errors as above.
    """
    with opened_rows(file, limits=limits, sheets=sheets, name=name) as rows:
        yield from rows


class ReadRows:
    """The rows of a workbook that was checked as a whole; may be gone through again, one row in memory at a time."""

    def __init__(self, lines: IO[bytes]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[tuple[str, Row | None]]:
        self._lines.seek(0)
        sheet = ""
        for line in self._lines:
            if line.startswith(b"="):
                if b"\0" in line:
                    line = line.replace(b"\0", b"")
                number, *texts = line[1:-1].decode().split("\x1f")
                yield sheet, Row(int(number), texts, texts=texts)
                continue
            kind, *content = json.loads(line.decode())
            if kind == "s":
                sheet = content[0]
                yield sheet, None
            elif kind == "r":
                yield sheet, Row(*content)


@contextlib.contextmanager
def opened_rows(
    file: File | IO[bytes] | Path | str | None,
    *,
    limits: Limits | None = None,
    sheets: Collection[str] | None = None,
    name: str | None = None,
) -> Iterator[ReadRows]:
    """Read a workbook once and hand out its (sheet name, row) pairs for as long as the block lasts; errors as above."""
    limits = limits or applicant_limits()
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(_accepted_copy(file, limits, name))
        output = stack.enter_context(tempfile.TemporaryFile())
        order = {"limits": limits.for_worker(), "sheets": None if sheets is None else sorted(sheets)}
        ended_well = run_bounded(
            "core.doors.excel_worker", source, output, arguments=[json.dumps(order)], seconds=limits.seconds
        )
        _raise_for(ended_well, output, limits)
        yield ReadRows(output)


def refuse_at_once(
    file: File | IO[bytes] | None, *, limits: Limits | None = None, name: str | None = None
) -> None:
    """Raise ``WorkbookError`` for what is seen without opening the workbook: none, empty, type, size, locked.

    For the form that takes the file; its content is judged later, where it is read.
    """
    with _accepted_copy(file, limits or applicant_limits(), name):
        return


def raise_if_no_rows(sheets: Iterable[Sheet], *, header_rows: int = 1) -> None:
    """Raise ``WorkbookError`` when no sheet has a row below its header."""
    if not any(row.number > header_rows for sheet in sheets for row in sheet.rows):
        raise WorkbookError("no_rows")


def _raise_for(ended_well: bool, output: IO[bytes], limits: Limits) -> None:
    output.seek(0, 2)
    output.seek(max(0, output.tell() - 200))
    last = output.read().splitlines()[-1:] or [b""]
    if ended_well and last[0] == b'["end"]':
        return
    if ended_well and last[0].startswith(b'{"error"'):
        refusal = json.loads(last[0])
        rows = refusal.get("rows")
        raise WorkbookError(
            refusal["error"], limit=_count(limits.rows), rows=rows if rows is None else _count(rows)
        )
    raise WorkbookError("unreadable")


def is_rounded(text: str) -> bool:
    """Whether a text is a number in scientific notation, whose last digits are no longer what the person typed."""
    return len(text) < 40 and text[:1].isdecimal() and not text.isdecimal() and bool(_SCIENTIFIC.match(text))


def _cell(raw: Any, row: int, column: int) -> Cell:
    if isinstance(raw, str):
        if "\x00" in raw:
            raw = raw.replace("\x00", "")  # Excel writes it as _x0000_; no database takes it
        # Nearly all of a million cells are texts: made without the detour through Cell.__new__.
        return tuple.__new__(Cell, (raw or None, row, column, False, is_rounded(raw), False))
    if isinstance(raw, float):
        # The reader gives every number as a float; people typed 7, not 7.0.
        return Cell(int(raw) if raw.is_integer() else raw, row, column, False, abs(raw) >= _PRECISE)
    if not isinstance(raw, dict):
        return Cell(raw, row, column)
    kind, value = raw.get("t"), raw["v"]
    if kind == "d":
        value = date.fromisoformat(value)
    elif kind == "dt":
        value = datetime.fromisoformat(value)
    cell = Cell(value, row, column) if kind else _cell(value, row, column)
    return cell._replace(is_formula="f" in raw, is_error="e" in raw)


@contextlib.contextmanager
def _accepted_copy(
    file: File | IO[bytes] | Path | str | None, limits: Limits, name: str | None
) -> Iterator[IO[bytes]]:
    # A copy without a path: the child gets an open file and cannot find its way to the others.
    if file is None:
        raise WorkbookError("required")
    shown = safe_name(name or PurePosixPath(str(getattr(file, "name", file))).name)
    with tempfile.TemporaryFile() as source:
        head = _copy(file, source, limits, shown)
        ending = PurePosixPath(shown).suffix.lower()
        if ending == ".xlsm":
            raise WorkbookError("macro")
        if ending != ".xlsx":
            raise WorkbookError("type", name=shown)
        if head.startswith(_OLE):
            source.seek(0)
            raise (
                WorkbookError("password")
                if _ENCRYPTED in source.read()
                else WorkbookError("type", name=shown)
            )
        if not head.startswith(b"PK\x03\x04"):
            raise WorkbookError("type", name=shown)
        scan_for_virus(source)
        yield source


def _copy(file: File | IO[bytes] | Path | str, target: IO[bytes], limits: Limits, shown: str) -> bytes:
    with contextlib.ExitStack() as stack:
        opened: Any = stack.enter_context(Path(file).open("rb")) if isinstance(file, Path | str) else file
        opened.seek(0)
        head, size = b"", 0
        while piece := opened.read(64 * 1024):
            head = head or piece[:8]
            size += len(piece)
            if size > limits.bytes:
                declared = getattr(opened, "size", None) or 0
                raise WorkbookError(
                    "size", size=megabytes(max(size, declared)), limit=megabytes(limits.bytes)
                )
            target.write(piece)
        opened.seek(0)
    if not size:
        raise WorkbookError("empty", name=shown)
    target.flush()
    return head


def read_csv(
    file: File | IO[bytes] | Path | str | None, *, limits: Limits | None = None, name: str | None = None
) -> Sheet:
    """Return an officer's CSV as one sheet of text cells (UTF-8; ``;`` ``,`` or tab); errors as above."""
    limits = limits or staff_limits()
    if file is None:
        raise WorkbookError("required")
    shown = safe_name(name or PurePosixPath(str(getattr(file, "name", file))).name)
    with tempfile.TemporaryFile() as source:
        head = _copy(file, source, limits, shown)
        if PurePosixPath(shown).suffix.lower() != ".csv" or head.startswith((_OLE, b"PK\x03\x04")):
            raise WorkbookError("type_csv", name=shown)
        scan_for_virus(source)
        source.seek(0)
        lines = codecs.getreader("utf-8-sig")(source)
        sheet = Sheet(PurePosixPath(shown).stem)
        try:
            first = lines.readline()
            delimiter = max(";,\t", key=first.count)
            lines.seek(0)
            for number, values in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1):
                # No text holds NUL, and no database takes it.
                if len(values) > limits.columns or any("\x00" in value for value in values):
                    raise WorkbookError("unreadable")
                if any(value.strip() for value in values):
                    sheet.rows.append(_csv_row(number, values))
                if len(sheet.rows) > limits.rows + limits.header_rows:
                    raise WorkbookError("rows_more", rows=_count(limits.rows), limit=_count(limits.rows))
        except (UnicodeDecodeError, csv.Error) as error:
            raise WorkbookError("unreadable") from error
    return sheet


def _csv_row(number: int, values: list[str]) -> Row:
    if any(value.startswith("=") for value in values):
        return Row(number, [{"v": value, "f": True} if value.startswith("=") else value for value in values])
    return Row(number, values, texts=values)


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)
