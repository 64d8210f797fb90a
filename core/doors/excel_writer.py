"""The door for spreadsheets going out: a streaming writer whose text can never become a formula."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from django.utils import timezone

from core.doors.excel_guard import column_letters

LONGEST_TEXT = 32_767
MOST_ROWS = 1_048_576
_PRECISE = 10**15
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_PLAIN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f&<>]")
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  Excel's day zero has no time zone
#: Cell styles by position in ``_STYLES``: general, header, text, date, date with time.
_HEADER, _TEXT, _DATE, _DATETIME = 1, 2, 3, 4
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="dd\\-mm\\-yyyy"/>'
    '<numFmt numFmtId="165" formatCode="dd\\-mm\\-yyyy\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE8EDF4"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0"'
    ' applyNumberFormat="1" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

SheetData = tuple[str, Sequence[str], Iterable[Sequence[Any]]]


def write_rows(file: IO[bytes], sheets: Iterable[SheetData], *, widths: Sequence[int] | None = None) -> int:
    """Write an .xlsx of (sheet name, header, rows) to ``file`` row by row and return the number of data rows.

    Text stays text whatever it begins with; numbers with more than 15 digits become text; aware times are
    written in local time. ``widths`` are characters per column, guessed from the header when None.
    """
    names: list[str] = []
    written = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, header, rows in sheets:
            names.append(sheet_name(name, taken=names))
            with archive.open(f"xl/worksheets/sheet{len(names)}.xml", "w", force_zip64=True) as part:
                written += _write_sheet(part, header, rows, widths)
        _write_frame(archive, names)
    return written


def _write_sheet(
    part: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int] | None
) -> int:
    chosen = widths or [max(12, min(42, len(str(title)) + 3)) for title in header]
    columns = "".join(
        f'<col min="{i}" max="{i}" width="{width}" customWidth="1"/>'
        for i, width in enumerate(chosen, start=1)
    )
    part.write(
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>".encode()
    )
    letters = [column_letters(index) for index in range(len(header))]
    part.write(_row_xml(1, header, letters, text_style=_HEADER))
    count = 0
    buffer: list[bytes] = []
    for count, row in enumerate(rows, start=1):
        if count >= MOST_ROWS:
            raise ValueError("More rows than one Excel sheet can hold")
        buffer.append(_row_xml(count + 1, row, letters))
        if len(buffer) == 500:
            part.write(b"".join(buffer))
            buffer.clear()
    part.write(b"".join(buffer) + b"</sheetData></worksheet>")
    return count


def _row_xml(number: int, values: Sequence[Any], letters: list[str], text_style: int = _TEXT) -> bytes:
    while len(letters) < len(values):
        letters.append(column_letters(len(letters)))
    # The longest way of an export: texts, nearly all of its cells, are put together here.
    middle = f'{number}" s="{text_style}" t="inlineStr"><is><t xml:space="preserve">'
    cells = [
        f'<c r="{letter}{middle}{_text_xml(value)}</t></is></c>'
        if isinstance(value, str)
        else _cell_xml(f"{letter}{number}", value, text_style)
        for letter, value in zip(letters, values, strict=False)
        if value not in (None, "")
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'.encode()


def _text_xml(value: str) -> str:
    """The text as XML takes it; one look tells whether anything has to be done."""
    if len(value) > LONGEST_TEXT or not value.isascii() or _NOT_PLAIN.search(value):
        return escape(clean_text(value))
    return value


def _cell_xml(reference: str, value: Any, text_style: int) -> str:
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float, Decimal)) and -_PRECISE < value < _PRECISE:
        return f'<c r="{reference}"><v>{value}</v></c>'
    if isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
        return f'<c r="{reference}" s="{_DATETIME}"><v>{(local - _EPOCH).total_seconds() / 86400:.8f}</v></c>'
    if isinstance(value, date) and value.year >= 1901:
        days = (datetime.combine(value, time()) - _EPOCH).days
        return f'<c r="{reference}" s="{_DATE}"><v>{days}</v></c>'
    text = _text_xml(str(value))
    return (
        f'<c r="{reference}" s="{text_style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    )


def _write_frame(archive: zipfile.ZipFile, names: list[str]) -> None:
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"/>'
        for i, name in enumerate(names, start=1)
    )
    sheet_relations = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in numbers
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for i in numbers
    )
    archive.writestr("xl/styles.xml", _STYLES)
    archive.writestr(
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>',
    )
    archive.writestr(
        "xl/_rels/workbook.xml.rels",
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{sheet_relations}'
        f'<Relationship Id="rIdStyles" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
    )
    archive.writestr(
        "_rels/.rels",
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
    )
    archive.writestr(
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/styles.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
        f"{overrides}</Types>",
    )


def sheet_name(name: str, *, taken: Sequence[str] = ()) -> str:
    """Return a name Excel accepts (31 characters, none of ``[]:*?/\\``), different from those ``taken``."""
    clean = re.sub(r"[\[\]:*?/\\]", " ", clean_text(name)).strip(" '")[:31] or "Sheet"
    others = {other.lower() for other in taken}
    candidate, number = clean, 2
    while candidate.lower() in others:
        candidate = f"{clean[:27]} ({number})"
        number += 1
    return candidate


def clean_text(value: str) -> str:
    """Return text that XML and Excel accept: NFC, no control characters, at most 32,767 characters."""
    return _ILLEGAL.sub("", unicodedata.normalize("NFC", value))[:LONGEST_TEXT]


def formula_safe(cell: Any) -> Any:
    """Make an openpyxl cell that was just given text keep it as text, and return the cell."""
    if isinstance(cell.value, str):
        risky = cell.value.startswith(_FORMULA_START)
        cell.data_type = "s"
        if risky:
            # Without the text format Excel would compute the value as soon as someone edits the cell.
            cell.number_format = "@"
    return cell
