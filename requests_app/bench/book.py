"""The bench as a workbook: text cells, drop-downs, hidden row ids, and a stamp that says whose work it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.models import User
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field
from core.doors import clock
from core.doors.excel_writer import clean_text, sheet_name
from core.doors.signing import keyed_hash
from core.rules.models import Reason
from requests_app.bench.reading import Schemas, entry
from requests_app.excel.template import FONT, ChoiceSheet, draw_title, fit_width, put, to_bytes
from requests_app.models import Outcome, RequestRow
from requests_app.models.rows import REASONED_OUTCOMES

#: Headings of the file: never translated, the reader finds its columns by them.
ROW_ID, VERSION, STAMP = "ID baris", "Versi", "Stempel"
NUMBER, POSITION, DUE = "No. Permohonan", "Baris", "Batas waktu"
OUTCOME, REASON = "Hasil", "Alasan"
ASKED, ANSWERED = "Diminta: ", "Jawaban: "
#: Outcomes a line may carry; the first is meant when answers are filled in.
OUTCOMES = (Outcome.FOUND, Outcome.NOT_FOUND, Outcome.NEEDS_REVIEW, *REASONED_OUTCOMES)
#: The nearest deadlines first; more in one file would only grow stale.
MOST_ROWS = 5000
#: Room for added lines below, such as a person's further crossings.
_MORE_LINES = 500
_OWN = ("FF12305C", "FFFFFFFF")
_GIVEN = ("FFE3E8F0", "FF1B2430")
_ASKED_FOR = ("FF1B7A3D", "FFFFFFFF")
_PURPOSE = "bench-stamp"


def outcome_labels() -> dict[str, str]:
    """The words for outcomes in workbooks: always Indonesian, as the headings."""
    with translation.override("id"):
        return {outcome.value: str(outcome.label) for outcome in OUTCOMES}


@dataclass(frozen=True)
class Stamp:
    """What a workbook of ours says about itself."""

    service: str
    officer: int
    at: str
    #: Answer columns: key by heading.
    columns: dict[str, str]

    def write(self) -> str:
        """The stamp with its seal, for the heading of a hidden column."""
        content = json.dumps([self.service, self.officer, self.at, self.columns], ensure_ascii=False)
        return f"{STAMP}:{keyed_hash(_PURPOSE, content)}:{content}"

    @classmethod
    def read(cls, text: str) -> "Stamp":
        """The stamp of a heading; ValidationError when it was tampered with."""
        _word, seal, content = (*text.split(":", 2), "", "")[:3]
        if not content or keyed_hash(_PURPOSE, content) != seal:
            raise ValidationError(
                _("Stempel buku kerja rusak. Unduh buku kerja lagi, lalu salin jawaban ke sana")
            )
        service, officer, at, columns = json.loads(content)
        return cls(service, officer, at, columns)


def columns_of(fields: Sequence[Field]) -> dict[str, str]:
    """Key by heading of the answer columns."""
    headings: dict[str, str] = {}
    for item in fields:
        label = heading = ANSWERED + " ".join(item.label.split())
        number = 2
        while heading in headings:
            heading = f"{label} ({number})"
            number += 1
        headings[heading] = item.key
    return headings


def build(service: Service, rows: Sequence[RequestRow], *, by: User, at: datetime) -> bytes:
    """The workbook (.xlsx) of the rows, which come with their request and answers; a line for each answer."""
    schemas, lookups = Schemas(service), Lookups()
    asked, answered = schemas.asked(rows), schemas.answered(rows)
    headings = columns_of(answered)
    stamp = Stamp(service.key, by.pk, clock.long_datetime(at), headings)
    book = Workbook()
    sheet: Any = book.active
    sheet.title = sheet_name(service.label)
    choices = ChoiceSheet("Pilihan")
    last = len(rows) + sum(max(0, len(row.answers.all()) - 1) for row in rows) + 1 + _MORE_LINES
    titles: list[tuple[str, tuple[str, str], int, tuple[str, ...] | None]] = [
        (ROW_ID, _OWN, 10, None),
        (VERSION, _OWN, 8, None),
        (stamp.write(), _OWN, 8, None),
        (NUMBER, _OWN, 16, None),
        (POSITION, _OWN, 8, None),
        (DUE, _OWN, 14, None),
        *((ASKED + item.label, _GIVEN, max(18, len(item.label) + 12), None) for item in asked),
        (OUTCOME, _ASKED_FOR, 22, tuple(outcome_labels().values())),
        (REASON, _ASKED_FOR, 32, _reasons()),
    ]
    for item, heading in zip(answered, headings, strict=True):
        column = item.kind.column(item, lookups)
        titles.append((heading, _ASKED_FOR, max(column.width, len(heading) + 2), column.options))
    for number, (title, colours, width, options) in enumerate(titles, start=1):
        draw_title(sheet, 1, number, title, colours)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = "@"
        if options:
            sheet.add_data_validation(_list(options, choices, f"{letter}2:{letter}{last}", title))
    for letter in "ABC":
        sheet.column_dimensions[letter].hidden = True
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = "F2"
    _fill(sheet, rows, asked, answered, schemas, lookups)
    choices.draw(book)
    fit_width(sheet)
    return to_bytes(book)


def _reasons() -> tuple[str, ...]:
    return tuple(Reason.objects.offered(Reason.Purpose.OUTCOME).values_list("text", flat=True))


def _list(options: tuple[str, ...], choices: ChoiceSheet, cells: str, title: str) -> DataValidation:
    rule = DataValidation(
        type="list",
        formula1=choices.reference(options),
        allow_blank=True,
        showErrorMessage=True,
        # A warning: other spellings and own reasons are read as well.
        errorStyle="warning",
        errorTitle=clean_text(title)[:32],
        error=_("Isian ini tidak ada dalam daftar pilihan."),
    )
    rule.add(cells)
    return rule


def _fill(
    sheet: Any,
    rows: Sequence[RequestRow],
    asked: Sequence[Field],
    answered: Sequence[Field],
    schemas: Schemas,
    lookups: Lookups,
) -> None:
    labels = outcome_labels()
    line = 1
    for row in rows:
        own = {item.key for item in schemas.of(row).answered}
        start = [
            str(row.pk),
            str(row.version),
            "",
            row.request.number or "",
            str(row.position),
            clock.grid_date(row.request.due_on) if row.request.due_on else "",
            *(entry(item, row.values, lookups) for item in asked),
            labels.get(row.outcome, ""),
            row.outcome_reason,
        ]
        known: list[Any] = [answer.values for answer in row.answers.all()] or [{}]
        for values in known:
            line += 1
            texts = [*start, *(entry(item, values, lookups) for item in answered)]
            for number, text in enumerate(texts, start=1):
                if text:
                    put(sheet, line, number, text).number_format = "@"
            for number, item in enumerate(answered, start=len(start) + 1):
                if item.key not in own:
                    put(sheet, line, number, "–").font = Font(name=FONT, color="FF8A94A3")
