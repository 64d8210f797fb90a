"""The template that applicants fill: one sheet per service, drawn from the services' schemas."""

import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from core.catalogue.kinds import Column, Lookups
from core.catalogue.schema import Field, Schema
from core.doors.excel_writer import clean_text, formula_safe, sheet_name

#: Names and titles that the manual and the reader of the returned workbook rely on: never translated.
EXAMPLE_SHEET = "Contoh Upload"
SERVICE_SHEET = "Upload Detail "
OPTIONS_SHEET = "Pilihan "
NUMBER_TITLE = "No"
MARKS_TITLE = "Kesalahan"
FONT = "Calibri"

_LINE = Side(style="thin", color="FFD0D7E2")
_FRAME = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
#: Fill and text colour of a title: must be filled, one of a group must be filled, may stay empty, our own.
_REQUIRED = ("FFB3261E", "FFFFFFFF")
_ONE_OF = ("FFF4C542", "FF1B2430")
_OPTIONAL = ("FFE3E8F0", "FF1B2430")
_OWN = ("FF12305C", "FFFFFFFF")


def sheet_names(schemas: Sequence[Schema]) -> dict[str, str]:
    """Return the name of each service's sheet by service key, as Excel allows it and each different."""
    names: dict[str, str] = {}
    for schema in schemas:
        names[schema.service_key] = sheet_name(
            SERVICE_SHEET + schema.service_label, taken=[EXAMPLE_SHEET, *names.values()]
        )
    return names


def version_sheet(schemas: Sequence[Schema]) -> str:
    """Return the name of the hidden sheet of choices; it changes with every change of services and columns.

    The reader sees the names of all sheets without reading them, so an old template is recognised by it.
    """
    content = [
        [schema.service_key, schema.service_label, [[item.key, item.label] for item in schema.asked]]
        for schema in schemas
    ]
    return OPTIONS_SHEET + hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]


def build_template(schemas: Sequence[Schema], *, lookups: Lookups | None = None) -> bytes:
    """Return the empty template (.xlsx) of these services; 3 small queries for the lists of choices."""
    return to_bytes(build_book(schemas, lookups or Lookups()))


def build_book(schemas: Sequence[Schema], lookups: Lookups, *, shift: int = 0) -> Workbook:
    """Return the template as an openpyxl workbook; ``shift`` leaves that many columns free on the left."""
    book = Workbook()
    del book["Sheet"]
    example = book.create_sheet(EXAMPLE_SHEET)
    choices = ChoiceSheet(version_sheet(schemas))
    names = sheet_names(schemas)
    for schema in schemas:
        draw_service(book.create_sheet(names[schema.service_key]), schema, lookups, choices, shift)
    draw_examples(example, schemas, names)
    choices.draw(book)
    return book


def to_bytes(book: Workbook) -> bytes:
    """Return the saved workbook."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def put(sheet: Worksheet, row: int, column: int, text: str) -> Any:
    """Write text that stays text, and return the cell."""
    cell: Any = sheet.cell(row, column)
    cell.value = clean_text(text)
    return formula_safe(cell)


class ChoiceSheet:
    """The hidden sheet with the lists behind the drop-downs; equal lists stand there once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lists: dict[tuple[str, ...], int] = {}

    def reference(self, options: tuple[str, ...]) -> str:
        """Return the range of a list as a validation formula."""
        column = get_column_letter(self.lists.setdefault(options, len(self.lists) + 1))
        return f"{quote_sheetname(self.name)}!${column}$1:${column}${len(options)}"

    def draw(self, book: Workbook) -> None:
        """Add the sheet at the end."""
        sheet = book.create_sheet(self.name)
        sheet.sheet_state = "hidden"
        for options, column in self.lists.items():
            for row, option in enumerate(options, start=1):
                put(sheet, row, column, option).number_format = "@"


def draw_service(
    sheet: Worksheet, schema: Schema, lookups: Lookups, choices: ChoiceSheet, shift: int = 0
) -> None:
    """Draw the sheet that is filled: titles, formats, lists and help for every asked column."""
    first = 1 + shift
    draw_title(sheet, 1, first, NUMBER_TITLE, _OWN)
    sheet.column_dimensions[get_column_letter(first)].width = 6
    for number, item in enumerate(schema.asked, start=first + 1):
        title = draw_title(sheet, 1, number, item.label, tone(item))
        note = Comment(remark(schema, item), "Ditjen Imigrasi")
        note.width, note.height = 260, 110
        title.comment = note
        column = item.kind.column(item, lookups)
        letter = get_column_letter(number)
        # A format for the whole column: a thousand formatted empty cells would only make the file heavy.
        sheet.column_dimensions[letter].width = max(column.width, len(item.label) + 4)
        sheet.column_dimensions[letter].number_format = column.number_format
        sheet.add_data_validation(guidance(item, column, choices, letter))
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = f"{get_column_letter(first + 2)}2"
    fit_width(sheet)


def fit_width(sheet: Worksheet) -> None:
    """Print on landscape A4 with all columns on one page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def draw_title(sheet: Worksheet, row: int, column: int, text: str, colours: tuple[str, str]) -> Any:
    """Draw one title cell and return it."""
    cell = put(sheet, row, column, text)
    cell.font = Font(name=FONT, bold=True, color=colours[1])
    cell.fill = PatternFill("solid", fgColor=colours[0])
    cell.alignment = Alignment(vertical="center")
    cell.border = _FRAME
    return cell


def tone(item: Field) -> tuple[str, str]:
    """Return the colours of a column's title."""
    if item.required:
        return _REQUIRED
    return _ONE_OF if item.group else _OPTIONAL


def remark(schema: Schema, item: Field) -> str:
    """Return the help of a column: whether it must be filled, how, and an example."""
    if item.required:
        parts = [_("Wajib diisi.")]
    elif item.group:
        members = ", ".join(other.label for other in schema.asked if other.group == item.group)
        parts = [_("Isi paling sedikit satu: %(labels)s.") % {"labels": members}]
    else:
        parts = [_("Boleh kosong.")]
    if item.help:
        parts.append(item.help.rstrip(".") + ".")
    if item.example:
        parts.append(_("Contoh: %(example)s") % {"example": item.example})
    return clean_text("\n".join(parts))


def guidance(item: Field, column: Column, choices: ChoiceSheet, letter: str) -> DataValidation:
    """Return the drop-down list of a column, or only the hint shown beside the selected cell."""
    hint = item.help or (_("Contoh: %(example)s") % {"example": item.example} if item.example else "")
    rule = DataValidation(allow_blank=True, showErrorMessage=False)
    if column.options:
        rule = DataValidation(
            type="list",
            formula1=choices.reference(column.options),
            allow_blank=True,
            showErrorMessage=True,
            # A warning: the check also knows codes and other spellings.
            errorStyle="warning",
            errorTitle=clean_text(item.label)[:32],
            error=_("Isian ini tidak ada dalam daftar pilihan."),
        )
    rule.showInputMessage = bool(hint)
    rule.promptTitle = clean_text(item.label)[:32] if hint else None
    rule.prompt = clean_text(hint)[:255] if hint else None
    rule.add(f"{letter}2:{letter}{settings.XLSX_MAX_ROWS + 1}")
    return rule


def instructions() -> list[str]:
    """Return the rules above the examples."""
    return [
        _("1. Isi sheet layanan yang diperlukan mulai baris 2. Biarkan sheet lain kosong."),
        _("2. Jangan mengubah judul kolom, urutan kolom, atau nama sheet."),
        _("3. Tanggal ditulis tanggal-bulan-tahun, misalnya 31-12-2000."),
        _("4. NIK dan nomor lain berformat Teks agar angka 0 di depan tidak hilang. Jangan memakai rumus."),
        _("5. Paling banyak %(rows)s baris untuk semua sheet dalam satu berkas.")
        % {"rows": number_format(settings.XLSX_MAX_ROWS, force_grouping=True)},
        _("6. Contoh di sheet ini tidak ikut diperiksa dan tidak ikut tersimpan."),
    ]


def draw_examples(sheet: Worksheet, schemas: Sequence[Schema], names: dict[str, str]) -> None:
    """Draw the rules, the meaning of the colours and two example rows of every service."""
    put(sheet, 1, 1, EXAMPLE_SHEET).font = Font(name=FONT, bold=True, size=14, color=_OWN[0])
    row = 2
    for rule in instructions():
        put(sheet, row, 1, rule)
        row += 1
    legend = ((_("Wajib diisi"), _REQUIRED), (_("Isi salah satu"), _ONE_OF), (_("Boleh kosong"), _OPTIONAL))
    for column, (text, colours) in enumerate(legend, start=2):
        draw_title(sheet, row + 1, column, text, colours)
    row += 3
    widths: dict[int, int] = {}
    for schema in schemas:
        put(sheet, row, 1, names[schema.service_key]).font = Font(
            name=FONT, bold=True, size=12, color=_OWN[0]
        )
        draw_title(sheet, row + 1, 1, NUMBER_TITLE, _OWN)
        for column, item in enumerate(schema.asked, start=2):
            draw_title(sheet, row + 1, column, item.label, tone(item))
        for index, values in enumerate(example_rows(schema), start=1):
            line = row + 1 + index
            put(sheet, line, 1, str(index)).border = _FRAME
            for column, item in enumerate(schema.asked, start=2):
                text = values.get(item.key, "")
                widths[column] = min(40, max(widths.get(column, 18), len(item.label) + 4, len(text) + 2))
                cell = put(sheet, line, column, text)
                cell.number_format = "@"
                cell.border = _FRAME
        row += 5
    sheet.column_dimensions["A"].width = 6
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.sheet_view.showGridLines = False
    fit_width(sheet)


def example_rows(schema: Schema) -> list[dict[str, str]]:
    """Return two filled rows by field key, from the examples of the catalogue; both would pass the check."""
    rows = []
    for number in range(2):
        values = {}
        for item in schema.asked:
            own = item.options.get("examples") or []
            if number < len(own):
                values[item.key] = str(own[number])
            elif number == 0 or item.required:
                values[item.key] = item.example
        rows.append(values)
    return rows
