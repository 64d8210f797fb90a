"""The import-export resource of answers: one line of a workbook is one record, or another outcome of its row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.fields import Field as ResourceField
from import_export.instance_loaders import BaseInstanceLoader

from accounts.models import User
from core.catalogue.kinds import Lookups, fold, shorten
from core.catalogue.models import Service
from core.catalogue.schema import Field
from core.doors.excel import Cell, Row
from core.sheet_imports import SheetResource
from requests_app.answering import check_outcome
from requests_app.bench import book
from requests_app.bench.lines import NOTHING, Layout, Meeting, Missed
from requests_app.bench.reading import Schemas
from requests_app.excel.check import cell_problem, shown_value
from requests_app.models import Answer, Outcome, RequestRow
from requests_app.models.rows import REASON_LENGTH

LINE = "Baris berkas"


@dataclass
class Plan:
    """What the file says about one row: records, or an outcome without any."""

    row: RequestRow
    line: int
    outcome: str
    reason: str
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_news(self) -> bool:
        """Whether writing it would change anything."""
        before = [answer.values for answer in self.row.answers.all()]
        if self.outcome == Outcome.FOUND:
            return self.row.outcome != Outcome.FOUND or before != self.records
        return (self.row.outcome, self.row.outcome_reason) != (self.outcome, self.reason)


class _NoEarlier(BaseInstanceLoader):
    """A line never means an earlier record: the lines of a row replace what it had."""

    def get_instance(self, row: Any) -> None:
        """Nothing."""


class AnswerResource(SheetResource):
    """Reads answers of one service; every line is checked by the schema of the request its row belongs to.

    ``plans`` gathers what the good lines say, by row; ``missed`` why lines were left out. Nothing is written
    here: a row may be answered by several lines, so the whole file is written together afterwards.
    """

    line = ResourceField(column_name=LINE)

    class Meta:
        model = Answer
        fields = ("line",)
        import_id_fields = ("line",)
        instance_loader_class = _NoEarlier

    def __init__(self, service: Service, user: User, layout: Layout, lookups: Lookups) -> None:
        super().__init__()
        self.service, self.user, self.layout, self.lookups = service, user, layout, lookups
        self.meeting = Meeting(service, user, layout, lookups)
        self.schemas = Schemas(service)
        self.met: dict[int, RequestRow | Missed] = {}
        self.plans: dict[int, Plan] = {}
        self.missed: list[tuple[Row, Missed]] = []
        self.blank = 0
        self.outcomes = {fold(label): value for value, label in book.outcome_labels().items()}
        self.outcomes |= {fold(str(outcome.label)): outcome.value for outcome in book.OUTCOMES}

    @property
    def headers(self) -> list[str]:
        """The columns that are read, by their headings in the file."""
        answers = [title for _place, title in self.layout.answers.values()]
        return [LINE, book.OUTCOME, book.REASON, *answers]

    def cells(self, line: Row) -> list[Cell]:
        """A line in the order of ``headers``; its first cell stands for the whole line."""
        layout = self.layout

        def at(place: int) -> Cell:
            return line.cell(place) if place else Cell(None, line.number, 1)

        places = [place for place, _title in layout.answers.values()]
        return [
            Cell(line.number, line.number, layout.row_id or 1),
            at(layout.outcome),
            at(layout.reason),
            *(at(place) for place in places),
        ]

    def take(self, lines: Sequence[Row]) -> None:
        """Looks the rows of the next lines up; to be called before they are imported."""
        self.met = self.meeting.meet(lines)
        for line in lines:
            row = self.met[line.number]
            if isinstance(row, Missed):
                if self._is_blank(self.cells(line)):
                    self.blank += 1
                else:
                    self.missed.append((line, row))

    def skip_row(
        self, instance: Answer, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """Lines without a row or without an answer."""
        return not import_validation_errors and not getattr(instance, "is_planned", False)

    def write(self, instances: list[Answer]) -> None:
        """The plans hold everything; see ``requests_app.bench.writing``."""

    def import_instance(self, instance: Answer, row: dict[str, Any], **kwargs: Any) -> None:
        """Plans what the line says; ValidationError by heading when a cell is not good."""
        target = self.met[row[LINE].row]
        if isinstance(target, Missed):
            return
        cells = [row[title] for title in self.headers]
        if self._is_blank(cells):
            self.blank += 1
            return
        errors: dict[str, list[str]] = {}
        outcome, reason = self._outcome(row, errors)
        values = self._values(target, row, errors)
        if not errors:
            self._check_together(target, row[LINE].row, outcome, reason, values, errors)
        if errors:
            raise ValidationError(errors)
        outcome = outcome or Outcome.FOUND
        if not values and (outcome, reason) == (target.outcome, target.outcome_reason):
            self.blank += 1  # as it was handed out
            return
        plan = self.plans.setdefault(target.pk, Plan(target, row[LINE].row, outcome, reason))
        if values:
            plan.records.append(values)
        instance.row, instance.values, instance.by = target, values, self.user
        instance.is_planned = True  # type: ignore[attr-defined]  # for skip_row

    def _is_blank(self, cells: Sequence[Cell]) -> bool:
        # The outcome a row had and its reason came with the file: alone they say nothing new.
        return all(cell.text in ("", NOTHING) and not cell.is_formula for cell in (cells[1], *cells[3:]))

    def _outcome(self, row: Mapping[str, Cell], errors: dict[str, list[str]]) -> tuple[str, str]:
        outcome = ""
        for title in (book.OUTCOME, book.REASON):
            if problem := cell_problem(row[title], _plain(title)):
                errors[title] = [problem]
        text = row[book.OUTCOME].text
        if text and book.OUTCOME not in errors:
            outcome = self.outcomes.get(fold(text), "")
            if not outcome:
                options = ", ".join(book.outcome_labels().values())
                errors[book.OUTCOME] = [
                    _("“%(raw)s” bukan pilihan %(label)s. Pilih: %(options)s")
                    % {"raw": shorten(text), "label": book.OUTCOME, "options": options}
                ]
        reason = " ".join(row[book.REASON].text.split())
        if len(reason) > REASON_LENGTH:
            errors.setdefault(book.REASON, []).append(
                _("%(label)s paling banyak %(limit)d karakter. Anda menulis %(count)d")
                % {"label": book.REASON, "limit": REASON_LENGTH, "count": len(reason)}
            )
        return outcome, reason

    def _values(
        self, target: RequestRow, row: Mapping[str, Cell], errors: dict[str, list[str]]
    ) -> dict[str, Any]:
        schema = self.schemas.of(target)
        own = {item.key: item for item in schema.answered}
        texts: dict[str, str] = {}
        for key, (_place, title) in self.layout.answers.items():
            cell = row[title]
            item = own.get(key)
            if item is None:
                if cell.text not in ("", NOTHING):
                    errors[title] = [
                        _("Kolom ini tidak diminta pada permohonan %(number)s. Kosongkan sel ini")
                        % {"number": target.request.number}
                    ]
                continue
            if problem := cell_problem(cell, item):
                errors[title] = [problem]
            elif cell.text != NOTHING:
                texts[key] = item.kind.from_cell(cell.value)
        values, wrong = schema.clean_answered(texts, self.lookups)
        for key, messages in wrong.items():
            errors.setdefault(self.layout.answers[key][1], messages)
        return values

    def _check_together(
        self,
        target: RequestRow,
        line: int,
        outcome: str,
        reason: str,
        values: Mapping[str, Any],
        errors: dict[str, list[str]],
    ) -> None:
        """What the cells of a line say together, and the lines of one row."""
        if outcome in ("", Outcome.FOUND) and not values:
            errors[book.OUTCOME] = [_("Isi paling sedikit satu kolom jawaban, atau pilih hasil lain")]
        elif outcome not in ("", Outcome.FOUND) and values:
            errors[book.OUTCOME] = [
                _("Kosongkan kolom jawaban, atau pilih Ditemukan: hasil lain tidak memuat jawaban")
            ]
        elif outcome:
            try:
                check_outcome(outcome, reason)
            except ValidationError as error:
                errors[book.REASON] = error.messages
        earlier = self.plans.get(target.pk)
        if earlier is not None and not errors:
            if earlier.outcome != Outcome.FOUND or outcome not in ("", Outcome.FOUND):
                errors[book.OUTCOME] = [
                    _("Baris ini sudah diisi di baris %(line)d berkas dengan hasil lain")
                    % {"line": earlier.line}
                ]
            elif values in earlier.records:
                errors[book.OUTCOME] = [
                    _("Jawaban ini sama dengan baris %(line)d berkas") % {"line": earlier.line}
                ]

    def problems(
        self, cells: Mapping[str, Cell], errors: Mapping[str, Sequence[str]]
    ) -> list[dict[str, str]]:
        """The errors of a line by cell, as they are stored."""
        return [
            {
                "cell": cells[title].reference,
                "column": title,
                "value": shown_value(cells[title]),
                "message": str(message),
            }
            for title, messages in errors.items()
            for message in messages
        ]


def _plain(label: str) -> Field:
    return Field(key="", label=label, kind_name="text")
