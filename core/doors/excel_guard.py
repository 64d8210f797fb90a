"""Decides whether an .xlsx may be parsed at all: zip directory, parts, cell positions; child process only."""

import re
import struct
import zipfile
from collections.abc import Callable
from typing import IO, Any
from xml.parsers import expat

CHUNK = 256 * 1024
_SPREADSHEET = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ALLOWED_PARTS = re.compile(
    r"""(?ix) ^(?:
    \[content_types\]\.xml | _rels/\.rels | docprops/[\w.-]+ | docmetadata/[\w.-]+ |
    customxml/(?:_rels/)?[\w.-]+ |
    xl/(?:workbook|styles|sharedstrings|calcchain|metadata)\.xml | xl/_rels/workbook\.xml\.rels |
    xl/theme/[\w.-]+\.xml | xl/worksheets/[\w.-]+\.xml | xl/worksheets/_rels/[\w.-]+\.rels |
    xl/tables/[\w.-]+\.xml | xl/printersettings/[\w.-]+\.bin | xl/persons/[\w.-]+\.xml |
    xl/(?:threadedcomments/|comments/)?(?:threaded)?comments?\d*\.xml | xl/drawings/[\w.-]+\.(?:xml|vml)
    )$"""
)
_MACRO_PARTS = re.compile(r"(?i)vbaproject|vbadata|macrosheets|activex|customui")
_ACTIVE_PARTS = re.compile(r"(?i)^xl/(?:externallinks|embeddings|media|ctrlprops|connections|querytables)")
#: The parts that the reader opens; only these are parsed, so only these are checked as XML.
_READ_PARTS = re.compile(
    r"(?i)^(?:\[content_types\]\.xml|_rels/\.rels|xl/(?:workbook|styles|sharedstrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/worksheets/(?:_rels/)?[\w.-]+)$"
)
_SHEET_PART = re.compile(r"(?i)^xl/worksheets/[\w.-]+\.xml$")

#: Formulas, cells whose name is missing or not near (A1 to AZ199999), prefixed elements, a document type.
_NEEDS_A_VISIT = re.compile(
    rb"""<(?:c(?=[\s/>])(?!\ r="A?[A-Z]1?[0-9]{1,5}")|f[\s/>]|row(?=[\s/>])(?!\ r="1?[0-9]{1,5}")|!D|\w+:)"""
)
_OTHER_ENCODING = re.compile(rb"""(?i)^(?:\xef\xbb\xbf)?(?!<)|^[^>]{0,200}encoding=(?!"utf-8")""")


class WorkbookRefusedError(Exception):
    """The workbook must not be parsed; ``code`` names the message for the person."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Marks:
    """Cells of one sheet that need a remark: zero-based (row, column) of formulas and of error values."""

    # No dataclass: its module costs the child that reads a tenth of its start.
    __slots__ = ("errors", "formulas")

    def __init__(self) -> None:
        self.formulas: set[tuple[int, int]] = set()
        self.errors: set[tuple[int, int]] = set()


def inspect_workbook(source: IO[bytes], limits: dict[str, int]) -> dict[str, Marks]:
    """Check all that the reader touches; return marks by sheet name or raise ``WorkbookRefusedError``."""
    try:
        with open_directory(source, limits) as archive:
            return _inspect_parts(archive, limits)
    except WorkbookRefusedError:
        raise
    except Exception as error:
        raise WorkbookRefusedError("unreadable") from error


def open_directory(source: IO[bytes], limits: dict[str, int]) -> zipfile.ZipFile:
    """Open the zip after checking its directory: number of entries, sizes, ratio, overlaps, names."""
    source.seek(0, 2)
    size = source.tell()
    source.seek(max(0, size - 22))
    tail = source.read()
    # Excel writes no archive comment, so the directory's end record is the file's end.
    if len(tail) != 22 or not tail.startswith(b"PK\x05\x06"):
        raise WorkbookRefusedError("unreadable")
    entries, directory_size = struct.unpack_from("<HI", tail, 10)
    if entries > limits["entries"] or directory_size > limits["entries"] * 512:
        raise WorkbookRefusedError("unreadable")
    archive = zipfile.ZipFile(source)
    parts = archive.infolist()
    end = 0
    if len(parts) > limits["entries"] or sum(part.file_size for part in parts) > limits["unpacked"]:
        raise WorkbookRefusedError("unreadable")
    if len({part.filename.lower() for part in parts}) != len(parts):
        raise WorkbookRefusedError("unreadable")
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < end or (end == 0 and part.header_offset != 0):
            raise WorkbookRefusedError("unreadable")
        end = part.header_offset + 30 + part.compress_size
        _check_part(part, limits)
    return archive


def _check_part(part: zipfile.ZipInfo, limits: dict[str, int]) -> None:
    name = part.filename
    if part.flag_bits & 0x1:
        raise WorkbookRefusedError("password")
    if _MACRO_PARTS.search(name):
        raise WorkbookRefusedError("macro")
    if _ACTIVE_PARTS.search(name):
        raise WorkbookRefusedError("active")
    if part.is_dir() and part.file_size == 0 and ".." not in name:
        return
    if not _ALLOWED_PARTS.match(name) or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise WorkbookRefusedError("unreadable")
    if part.file_size > 1_000_000 and part.file_size > part.compress_size * limits["ratio"]:
        raise WorkbookRefusedError("unreadable")


def _inspect_parts(archive: zipfile.ZipFile, limits: dict[str, int]) -> dict[str, Marks]:
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}
    marks: dict[str, Marks] = {}

    def on_workbook(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("|sheet") and "name" in attributes:
            relation = next((value for key, value in attributes.items() if key.endswith("|id")), "")
            sheets[attributes["name"]] = relation

    def on_relation(name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("Type", "")
        if attributes.get("TargetMode") == "External" and not kind.endswith("/hyperlink"):
            raise WorkbookRefusedError("active")
        if kind.endswith(("/vbaProject", "/xlMacrosheet")):
            raise WorkbookRefusedError("macro")
        targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def on_content_type(_name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        if "macroEnabled" in kind or "vbaProject" in kind:
            raise WorkbookRefusedError("macro")

    for part in archive.infolist():
        name = part.filename
        if not _READ_PARTS.match(name):
            continue
        handler: Callable[..., Any] | None = None
        if _SHEET_PART.match(name):
            if is_plain_sheet(archive, part, limits):
                marks[name.lower()] = Marks()
                continue
            handler, marks[name.lower()] = sheet_handler(limits)
        elif name.lower() == "xl/workbook.xml":
            handler = on_workbook
        elif name.lower() == "[content_types].xml":
            handler = on_content_type
        elif name.lower().endswith(".rels"):
            handler = on_relation
            if name.lower() == "xl/_rels/workbook.xml.rels":
                targets.clear()
        parse_part(archive, part, handler)
        if name.lower() == "xl/_rels/workbook.xml.rels":
            workbook_targets = dict(targets)
    if not sheets:
        raise WorkbookRefusedError("unreadable")
    return {name: marks[_part_name(workbook_targets[relation])] for name, relation in sheets.items()}


def _part_name(target: str) -> str:
    path = target.replace("\\", "/").lower()
    return path.lstrip("/") if path.startswith("/") else f"xl/{path}"


def parse_part(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, handler: Callable[[str, dict[str, str]], None] | None
) -> None:
    """Stream one XML part through expat: UTF-8 only, no document type, so no entities."""

    def refuse(*_arguments: object) -> None:
        raise WorkbookRefusedError("unreadable")

    def check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            refuse()

    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.XmlDeclHandler = check_encoding
    if handler is not None:
        parser.StartElementHandler = handler
    with archive.open(part) as stream:
        first = stream.read(CHUNK)
        if not first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or b"\x00" in first[:4]:
            refuse()
        parser.Parse(first, False)
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def is_plain_sheet(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limits: dict[str, int]) -> bool:
    """Tell by a quick look whether a sheet holds only near cells without formulas or errors.

    Six times cheaper than visiting each element, which is left for the sheets where the answer is no. What
    slips through looks far only to the reader, which checks the sheet's end again under the memory limit.
    """
    rows = cells = 0
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            if not rows and _OTHER_ENCODING.search(chunk):
                return False
            whole, mark, rest = (rest + chunk).rpartition(b"<")
            rest = mark + rest
            rows += whole.count(b"<row")
            cells += whole.count(b"<c ")
            if len(rest) > CHUNK or b"\0" in whole or b't="e"' in whole or b"t='e'" in whole:
                return False
            if _NEEDS_A_VISIT.search(whole):
                return False
    # Of a list that long the visit has another sentence to tell.
    return rows < limits["far_row"] and cells <= rows * limits["columns"]


def sheet_handler(limits: dict[str, int]) -> tuple[Callable[[str, dict[str, str]], None], Marks]:
    """Return an element handler that refuses far or too many cells, and the marks it fills.

    Only cells with content count as far: some programs write empty formatted rows down to the last one.
    """
    marks = Marks()
    columns = {column_letters(index): index for index in range(limits["columns"])}
    names = ("c", "v", "is", "f", "row", "worksheet")
    kinds = {f"{space}|{name}": name for space in _SPREADSHEET for name in names}
    far_row, most_cells = limits["far_row"], limits["far_row"] * limits["columns"]
    row, column, rows, cells = -1, -1, 0, 0
    far = root_seen = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows, cells, far, root_seen
        kind = kinds.get(name)
        if kind == "c":
            reference = attributes.get("r")
            cells += 1
            if reference is None:
                column += 1
            else:
                letters = reference.rstrip("0123456789")
                column, row = columns.get(letters, limits["columns"]), int(reference[len(letters) :]) - 1
            if row < 0 or cells > most_cells:
                raise WorkbookRefusedError("unreadable")
            far = row >= far_row or column >= limits["columns"]
            if attributes.get("t") == "e":
                marks.errors.add((row, column))
        elif kind == "row":
            rows += 1
            number = attributes.get("r")
            row = row + 1 if number is None else int(number) - 1
            column = -1
            if rows > far_row:
                raise _too_long(rows, row, far_row)
        elif kind in ("v", "is", "f"):
            if far:
                raise _too_long(rows, row, far_row)
            if kind == "f":
                marks.formulas.add((row, column))
            if len(marks.formulas) > limits["formulas"] or len(marks.errors) > limits["formulas"]:
                raise WorkbookRefusedError("unreadable")
        elif not root_seen:
            if kind != "worksheet":
                raise WorkbookRefusedError("unreadable")
            root_seen = True

    return start, marks


def _too_long(rows: int, row: int, far_row: int) -> WorkbookRefusedError:
    # A long but honest list is told its length; a far jump is not a list.
    if rows >= far_row and rows * 2 > row > far_row // 2:
        return WorkbookRefusedError("rows_more", rows=far_row)
    return WorkbookRefusedError("unreadable")


def column_letters(index: int) -> str:
    """Return the letters of a zero-based column: 0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
