"""The lines of a returned workbook: finding the columns, and the row each line speaks about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field
from core.doors.excel import Cell, Row
from core.holdings.queries import NUMBER_COLUMNS
from core.sheet_imports import heading
from requests_app.answering import held_reason
from requests_app.bench import book
from requests_app.bench.reading import OPEN_OUTCOMES, workable_rows
from requests_app.models import RequestRow

#: A cell that the workbook filled because the request has no such column.
NOTHING = "–"


@dataclass
class Layout:
    """Where the columns of a file stand (from 1)."""

    #: 0: the file has no such column.
    row_id: int = 0
    version: int = 0
    outcome: int = 0
    reason: int = 0
    #: Answer columns: field key -> (place, heading).
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Columns with numbers by which a row is found: (place, field).
    numbers: list[tuple[int, Field]] = field(default_factory=list)
    stamp: book.Stamp | None = None
    #: Headings nobody reads.
    ignored: list[str] = field(default_factory=list)


def find_layout(header: Row | None, service: Service) -> Layout:
    """The columns of a file; ValidationError when it cannot be an answer to this service."""
    layout = Layout()
    schema = service.schema()
    cells = [cell for cell in (header.cells if header else ()) if cell.text]
    for cell in cells:
        if cell.text.startswith(f"{book.STAMP}:"):
            layout.stamp = book.Stamp.read(cell.text)
    if layout.stamp is not None and layout.stamp.service != service.key:
        raise ValidationError(
            _("Buku kerja ini bukan untuk layanan %(service)s. Pilih layanan yang sama dengan saat mengunduh")
            % {"service": service.shown_label}
        )
    ours = layout.stamp.columns if layout.stamp else book.columns_of(schema.answered)
    answers = {heading(label): key for label, key in ours.items()}
    if layout.stamp is None:
        # A file from elsewhere may name the columns plainly.
        answers |= {heading(item.label): item.key for item in schema.answered}
    asked = {heading(book.ASKED + item.label): item for item in schema.asked}
    plain = {heading(item.label): item for item in schema.fields}
    fixed = {
        heading(label): name
        for label, name in (
            (book.ROW_ID, "row_id"),
            (book.VERSION, "version"),
            (book.OUTCOME, "outcome"),
            (book.REASON, "reason"),
        )
    }
    known = {heading(label) for label in (book.NUMBER, book.POSITION, book.DUE)}
    by_key = {item.key: item for item in schema.fields}
    for cell in cells:
        title = heading(cell.text)
        item = asked.get(title)
        if title in fixed:
            if getattr(layout, fixed[title]):
                raise ValidationError(_("Kolom %(label)s ada dua kali") % {"label": cell.text[:40]})
            setattr(layout, fixed[title], cell.column)
        elif title in answers:
            key = answers[title]
            if key in layout.answers:
                raise ValidationError(_("Kolom %(label)s ada dua kali") % {"label": cell.text[:40]})
            layout.answers[key] = (cell.column, cell.text)
            item = by_key.get(key)
        elif item is None and title in plain and layout.stamp is None:
            item = plain[title]
        elif item is None and title not in known and not cell.text.startswith(f"{book.STAMP}:"):
            layout.ignored.append(cell.text[:40])
        if item is not None and item.identifies in NUMBER_COLUMNS:
            layout.numbers.append((cell.column, item))
    if not layout.answers and not layout.outcome:
        raise ValidationError(
            _("Berkas tidak memuat kolom jawaban layanan %(service)s. Unduh buku kerja, lalu isi di sana")
            % {"service": service.shown_label}
        )
    if not layout.row_id and not layout.numbers:
        raise ValidationError(
            _("Berkas tidak memuat %(row)s atau nomor dokumen, sehingga baris tidak dapat dicocokkan")
            % {"row": book.ROW_ID}
        )
    return layout


@dataclass
class Missed:
    """Why a line meets no row."""

    kind: str
    message: str


class Meeting:
    """Finds the row of each line: by row id, then by document number among the officer's open rows."""

    def __init__(self, service: Service, user: User, layout: Layout, lookups: Lookups) -> None:
        self.service, self.user, self.layout, self.lookups = service, user, layout, lookups
        self.workable = workable_rows(user).filter(service=service)

    def meet(self, lines: Sequence[Row]) -> dict[int, RequestRow | Missed]:
        """The row or the reason by line number, for some hundred lines at a time; a handful of queries."""
        layout = self.layout
        found: dict[int, RequestRow | Missed] = {}
        wanted: dict[int, int] = {}
        numbers: dict[int, dict[str, str]] = {}
        for line in lines:
            text = line.cell(layout.row_id).text.removesuffix(".0") if layout.row_id else ""
            if text.isascii() and text.isdigit() and len(text) < 19:
                wanted[line.number] = int(text)
            elif text:
                found[line.number] = Missed("unmatched", _("ID baris tidak terbaca"))
            else:
                numbers[line.number] = self._numbers(line)
        rows = self._load(self.workable.filter(pk__in=set(wanted.values())))
        by_pk = {row.pk: row for row in rows}
        for number, pk in wanted.items():
            row = by_pk.get(pk)
            found[number] = row or Missed("unmatched", _("Baris ini tidak terbuka untuk Anda"))
        by_number = self._by_number(numbers.values())
        for number, known in numbers.items():
            found[number] = self._only(known, by_number)
        versions = {line.number: line.cell(layout.version) for line in lines} if layout.version else {}
        return {number: self._usable(row, versions.get(number)) for number, row in found.items()}

    def _load(self, rows: Any) -> list[RequestRow]:
        loaded = rows.select_related("request", "assignee", "released_in").prefetch_related("answers")
        return list(loaded.order_by("pk"))

    def _numbers(self, line: Row) -> dict[str, str]:
        """The document numbers of a line by typed column, as rows store them."""
        known: dict[str, str] = {}
        for place, item in self.layout.numbers:
            text = item.kind.from_cell(line.cell(place).value).strip()
            if not text or text == NOTHING:
                continue
            try:
                known.setdefault(item.identifies, str(item.kind.clean(text, item, self.lookups)))
            except ValidationError:
                known.setdefault(item.identifies, text.upper())
        return known

    def _by_number(self, lines: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], list[RequestRow]]:
        wanted: dict[str, set[str]] = defaultdict(set)
        for known in lines:
            for column, value in known.items():
                wanted[column].add(value)
        met: dict[tuple[str, str], list[RequestRow]] = defaultdict(list)
        waiting = self.workable.filter(outcome__in=OPEN_OUTCOMES)
        for column, values in wanted.items():
            for row in self._load(waiting.filter(**{f"{column}__in": values})):
                met[column, getattr(row, column)].append(row)
        return met

    def _only(
        self, known: Mapping[str, str], met: Mapping[tuple[str, str], list[RequestRow]]
    ) -> RequestRow | Missed:
        if not known:
            return Missed("unmatched", _("Tidak ada ID baris dan tidak ada nomor dokumen"))
        rows = {row.pk: row for pair in known.items() for row in met.get(pair, ())}
        if not rows:
            return Missed("unmatched", _("Tidak ada baris terbuka dengan nomor ini"))
        if len(rows) > 1:
            places = ", ".join(
                _("%(number)s baris %(position)d") % {"number": row.request.number, "position": row.position}
                for row in list(rows.values())[:3]
            )
            more = " …" if len(rows) > 3 else ""
            return Missed(
                "ambiguous",
                _("Beberapa baris bernomor ini: %(places)s. Isi lewat buku kerja")
                % {"places": places + more},
            )
        return next(iter(rows.values()))

    def _usable(self, row: RequestRow | Missed, version: Cell | None) -> RequestRow | Missed:
        if isinstance(row, Missed):
            return row
        known = version.text.removesuffix(".0") if version is not None else ""
        if known and known != str(row.version):
            return Missed("stale", _("Baris ini sudah berubah sesudah buku kerja diunduh"))
        if not known and row.outcome not in OPEN_OUTCOMES:
            return Missed("stale", _("Baris ini sudah dijawab"))
        held = held_reason(row, self.user)
        return Missed("held", held) if held else row
