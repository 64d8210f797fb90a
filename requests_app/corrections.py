"""Reading corrections: what a pinned place holds, how it is called, what is unlocked, what is still to be done."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.doors import clock
from core.holdings.models import Identified
from core.reference.working_days import add_working_days
from core.rules.models import WorkRules
from requests_app.models import Correction, DataRequest, LegalBasis, RequestRow, StatisticsItem, Status
from requests_app.models.request import HEADER_FIELDS

Kind = Correction.Kind
State = Correction.State
Pair = tuple[str, str]

#: What of a statistics question is compared.
STATISTICS_FIELDS = (
    "service_id",
    "period_from",
    "period_until",
    "regional_office_id",
    "office_id",
    "checkpoint_id",
    "citizenship",
    "direction",
)


def header_label(name: str) -> str:
    """What the letter's field is called."""
    column: Any = DataRequest._meta.get_field(name)
    return str(column.verbose_name)


# --- what a place holds -----------------------------------------------------------------------------------------


def value_at(request: DataRequest, pin: Correction) -> Any:
    """What the place of the pin holds now, ready for JSON; None for a row or question that is gone."""
    if pin.kind == Kind.HEADER:
        return _header_value(request, pin.field_key)
    if pin.kind == Kind.LETTER:
        return {"name": request.letter_name, "file": str(request.letter.name or "")}
    if pin.kind == Kind.CELL:
        return None if pin.row is None else _plain(pin.row.values.get(pin.field_key))
    if pin.kind == Kind.ROW:
        return None if pin.row is None else pin.row.values
    if pin.kind == Kind.STATISTICS:
        return None if pin.statistics is None else _question(pin.statistics)
    if pin.kind == Kind.ROWS_MISSING:
        last = request.rows.order_by("-position").values_list("position", flat=True).first()
        return {"highest": last or 0}
    return {"digest": _known_digest(request)}


def _header_value(request: DataRequest, name: str) -> str:
    value = _plain(getattr(request, name))
    if name == "purpose" and request.purpose_code is not None:
        return f"{request.purpose_code.label}: {value}"  # one question to the applicant: what for
    return value


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _question(item: StatisticsItem) -> dict[str, str]:
    return {name: _plain(getattr(item, name)) for name in STATISTICS_FIELDS}


def _known_digest(request: DataRequest) -> str:
    """The fingerprint, taken once for each version of a fetched request: a page asks for it several times."""
    known = vars(request).setdefault("_digests", {})
    if request.version not in known:
        known[request.version] = _digest(request)
    return str(known[request.version])


def _digest(request: DataRequest) -> str:
    """A fingerprint of all that an applicant may change."""
    head = [[_header_value(request, name) for name in HEADER_FIELDS], str(request.letter.name or "")]
    tail = [[_question(item) for item in request.statistics.order_by("position")]]
    # The JSON text of one list, piece by piece: a request may have 100 000 rows.
    digest = hashlib.sha256(f"{_json(head)[:-1]}, [".encode())
    between = ""
    rows = request.rows.order_by("position").values_list("service_id", "values")
    for row in rows.iterator(chunk_size=2000):
        digest.update(f"{between}{_json(row)}".encode())
        between = ", "
    digest.update(f"], {_json(tail)[1:]}".encode())
    return digest.hexdigest()


def _json(content: Any) -> str:
    return json.dumps(content, sort_keys=True)


def is_changed(request: DataRequest, pin: Correction) -> bool:
    """Whether the applicant has touched the place since it was sent back."""
    now = value_at(request, pin)
    if pin.kind == Kind.ROWS_MISSING and isinstance(pin.old, dict):
        return bool(now["highest"] > pin.old.get("highest", 0))
    return bool(now != pin.old)


# --- how a place is called, and its values in words ---------------------------------------------------------------


class Words:
    """Names and values of places in words; schemas and lists are read once for a page."""

    def __init__(self, request: DataRequest) -> None:
        self.request = request
        self.lookups = Lookups()
        self._schemas: dict[str, Schema | None] = {}

    def schema(self, key: str) -> Schema | None:
        """The schema the request was sent under, by the service's key."""
        if key not in self._schemas:
            stored = self.request.schemas.get(key)
            if stored:
                self._schemas[key] = Schema.from_json(stored)
            else:
                service = Service.objects.filter(key=key).with_fields().first()
                self._schemas[key] = service.schema() if service else None
        return self._schemas[key]

    def place(self, pin: Correction) -> str:
        """``Baris 3, No. Paspor``: never a value."""
        if pin.kind == Kind.HEADER:
            return header_label(pin.field_key)
        schema = self.schema(pin.service_key) if pin.service_key else None
        service = schema.shown_label if schema else pin.service_key
        if pin.kind == Kind.ROW:
            return _("Baris %(number)d (%(service)s)") % {"number": pin.position, "service": service}
        if pin.kind == Kind.CELL:
            return _("Baris %(number)d, %(field)s") % {
                "number": pin.position,
                "field": self._column(schema, pin.field_key),
            }
        if pin.kind == Kind.STATISTICS:
            return _("Data Statistik %(number)d (%(service)s)") % {"number": pin.position, "service": service}
        return str(Kind(pin.kind).label)

    def _column(self, schema: Schema | None, key: str) -> str:
        try:
            return schema.field(key).shown_label if schema else key
        except KeyError:
            return key

    def shown(self, pin: Correction, value: Any) -> list[Pair]:
        """A stored value as labels and texts; empty when there is nothing to show."""
        if value is None:
            return [("", _("dihapus"))]
        if pin.kind == Kind.HEADER:
            return [("", self._header(pin.field_key, value))]
        if pin.kind == Kind.LETTER:
            return [("", str(value.get("name", "")))]
        schema = self.schema(pin.service_key) if pin.service_key else None
        if pin.kind == Kind.CELL and schema is not None:
            texts = dict(self.pairs(schema, {pin.field_key: value}))
            return [("", next(iter(texts.values()), "–"))]
        if pin.kind == Kind.ROW and schema is not None:
            return self.pairs(schema, value)
        if pin.kind == Kind.STATISTICS:
            return self._statistics(value)
        return []

    def pairs(self, schema: Schema, values: Mapping[str, Any]) -> list[Pair]:
        """Label and text of each asked column that has a value."""
        shown = ((item.shown_label, item.display(values, self.lookups)) for item in schema.asked)
        return [(label, text) for label, text in shown if text]

    def _header(self, name: str, value: str) -> str:
        if name == "letter_date" and value:
            return clock.long_date(date.fromisoformat(value))
        if name == "legal_basis" and value in LegalBasis.values:
            return str(LegalBasis(value).label)
        return value or "–"

    def _statistics(self, value: Mapping[str, str]) -> list[Pair]:
        pairs = []
        for name in STATISTICS_FIELDS[1:]:
            column: Any = StatisticsItem._meta.get_field(name.removesuffix("_id"))
            text = value.get(name, "")
            if not text:
                continue
            if name.startswith("period_"):
                text = clock.short_date(date.fromisoformat(text))
            elif column.is_relation:
                found = column.related_model.objects.filter(pk=text).first()
                text = str(found) if found else text
            else:
                text = str(dict(column.flatchoices).get(text, text))
            pairs.append((str(column.verbose_name), text))
        return pairs

    def persons(self, pins: Iterable[Correction]) -> list[Identified]:
        """Everybody whose data the pins show, earlier values too: for the access log."""
        people: list[Identified] = []
        for pin in pins:
            if pin.kind not in (Kind.ROW, Kind.CELL):
                continue
            if pin.row is not None:
                people.append(pin.row)
            schema = self.schema(pin.service_key)
            for value in (pin.old, pin.new):
                values = {pin.field_key: value} if pin.kind == Kind.CELL else value
                if schema is None or not isinstance(values, dict):
                    continue
                shadow = RequestRow(position=pin.position)
                shadow.identify(schema, {**(pin.row.values if pin.row else {}), **values})
                people.append(shadow)
        return people


# --- what is still to be done -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """One line of the applicant's checklist."""

    pin: Correction
    place: str
    reason: str
    is_changed: bool

    @property
    def is_done(self) -> bool:
        """Changed, or explained why not."""
        return self.is_changed or bool(self.pin.explanation)


@dataclass(frozen=True)
class Checklist:
    """What officers have asked for in the present round."""

    tasks: list[Task]

    @property
    def total(self) -> int:
        return len(self.tasks)

    @property
    def done(self) -> int:
        return sum(task.is_done for task in self.tasks)

    @property
    def is_complete(self) -> bool:
        return self.done == self.total


def pins_of(request: DataRequest) -> Any:
    """The pins of a request with everything their places need: one query."""
    return request.corrections.select_related("row", "statistics", "by", "resolved_by")


def reason_text(pin: Correction) -> str:
    """Reason, in the words it had when it was given, and free text as one sentence."""
    parts = [pin.shown_reason, pin.text]
    return ". ".join(part.rstrip(".") for part in parts if part)


def checklist(request: DataRequest) -> Checklist:
    """What the applicant has to do now; empty outside a correction."""
    if request.status != Status.NEEDS_CORRECTION:
        return Checklist([])
    words = Words(request)
    return Checklist(
        [
            Task(pin, words.place(pin), reason_text(pin), is_changed(request, pin))
            for pin in pins_of(request).asked()
        ]
    )


#: A mail names so many places; the rest is a number.
MOST_TOLD = 10


def told_about(request: DataRequest) -> dict[str, Any]:
    """For mails: how many points, where they are (never what they hold), and until when they can be corrected."""
    words = Words(request)
    places = [words.place(pin) for pin in pins_of(request).asked()]
    told = places[:MOST_TOLD]
    if len(places) > MOST_TOLD:
        told.append(_("dan %(count)d lainnya") % {"count": len(places) - MOST_TOLD})
    return {
        "points": ngettext("%(count)d bagian", "%(count)d bagian", len(places)) % {"count": len(places)},
        "places": "; ".join(told),
        "correct_until": clock.long_date(correct_until(request)),
    }


def correct_until(request: DataRequest) -> date:
    """The last day on which a request under correction may be sent again (tasks.lapse_silent)."""
    asked = request.events.filter(verb="ask_correction").order_by("-id").first()
    since = clock.local_date(asked.at) if asked else clock.today()
    return add_working_days(since, WorkRules.current().correction_working_days)


def unanswered_reasons(request: DataRequest) -> list[str]:
    """Why a request under correction cannot be sent again yet."""
    asked = checklist(request)
    left = asked.total - asked.done
    if not left:
        return []
    return [
        ngettext(
            "%(count)d bagian belum diperbaiki atau dijelaskan",
            "%(count)d bagian belum diperbaiki atau dijelaskan",
            left,
        )
        % {"count": left}
    ]


def unchecked_reasons(request: DataRequest) -> list[str]:
    """Why officers cannot go on: answers they have not looked at, marks they have not sent."""
    states = list(
        request.corrections.filter(state__in=[State.MARKED, State.CHANGED, State.EXPLAINED]).values_list(
            "state", flat=True
        )
    )
    marked = states.count(State.MARKED)
    answered = len(states) - marked
    reasons = []
    if answered:
        reasons.append(
            ngettext(
                "%(count)d perbaikan belum dicentang pada tab Perbaikan",
                "%(count)d perbaikan belum dicentang pada tab Perbaikan",
                answered,
            )
            % {"count": answered}
        )
    if marked:
        reasons.append(
            ngettext(
                "%(count)d tanda perbaikan belum dikirim. Kirim dengan Minta perbaikan atau hapus tandanya",
                "%(count)d tanda perbaikan belum dikirim. Kirim dengan Minta perbaikan atau hapus tandanya",
                marked,
            )
            % {"count": marked}
        )
    return reasons


# --- what is unlocked ---------------------------------------------------------------------------------------------


class PlaceLocked(ValidationError):
    """Somebody tried to change what no officer has asked to be changed."""


def _locked(place: str) -> str:
    return _("%(place)s tidak diminta diperbaiki, jadi tidak dapat diubah") % {"place": place}


@dataclass(frozen=True)
class Unlocked:
    """The places an applicant may change now; a draft is open everywhere."""

    request: DataRequest
    everything: bool = True
    header: frozenset[str] = frozenset()
    letter: bool = False
    rows: frozenset[int] = frozenset()
    cells: Mapping[int, frozenset[str]] = field(default_factory=dict)
    statistics: frozenset[int] = frozenset()
    #: Rows with a higher position were added in this round; None: none may be added.
    added_after: int | None = None

    @classmethod
    def of(cls, request: DataRequest) -> "Unlocked":
        """One query while the request is under correction, none for a draft."""
        if request.status != Status.NEEDS_CORRECTION:
            return cls(request)
        pins = list(request.corrections.asked())
        if not pins or any(pin.kind == Kind.WHOLE for pin in pins):
            return cls(request)
        cells: dict[int, set[str]] = {}
        for pin in pins:
            if pin.kind == Kind.CELL and pin.row_id:
                cells.setdefault(pin.row_id, set()).add(pin.field_key)
        missing = [pin for pin in pins if pin.kind == Kind.ROWS_MISSING]
        return cls(
            request,
            everything=False,
            header=frozenset(pin.field_key for pin in pins if pin.kind == Kind.HEADER),
            letter=any(pin.kind == Kind.LETTER for pin in pins),
            rows=frozenset(pin.row_id for pin in pins if pin.kind == Kind.ROW and pin.row_id),
            cells={row: frozenset(keys) for row, keys in cells.items()},
            statistics=frozenset(pin.statistics_id for pin in pins if pin.statistics_id),
            added_after=missing[0].old["highest"] if missing and missing[0].old else None,
        )

    @property
    def may_add_rows(self) -> bool:
        """Whether rows may be added, typed or by Excel."""
        return self.everything or self.added_after is not None

    @property
    def header_locked(self) -> list[str]:
        """Names of the letter's fields that stay as they are, "letter" among them."""
        names = [*HEADER_FIELDS, "purpose_code", "letter"]
        return [] if self.everything else [name for name in names if not self.may_change_header(name)]

    def may_change_header(self, name: str) -> bool:
        """Whether the letter's field ("letter" for the file) may change."""
        if name == "purpose_code":
            name = "purpose"  # one question to the applicant: what for
        return self.everything or (self.letter if name == "letter" else name in self.header)

    def is_whole_row(self, row: RequestRow) -> bool:
        """Whether every column of the row may change, and the row may be removed."""
        if row.is_closed:
            return False  # its answer is with the applicant already
        if self.everything or row.pk in self.rows:
            return True
        return self.added_after is not None and row.position > self.added_after

    def may_open_row(self, row: RequestRow) -> bool:
        """Whether anything of the row may change."""
        return self.is_whole_row(row) or (row.pk in self.cells and not row.is_closed)

    def locked_columns(self, row: RequestRow) -> frozenset[str]:
        """Keys of the row's columns that stay as they are."""
        if self.is_whole_row(row):
            return frozenset()
        keys = {item.key for item in self.request.schema_for(row.service).asked}
        return frozenset(keys - self.cells.get(row.pk, frozenset()))

    def may_change_statistics(self, item: StatisticsItem) -> bool:
        """Whether the question may change or be removed."""
        return self.everything or item.pk in self.statistics

    # the operations ask these

    def check_header(self, values: Mapping[str, Any], *, with_letter: bool) -> None:
        """ValidationError by field when a locked field would change."""
        errors = {
            name: _locked(header_label(name))
            for name, value in values.items()
            if not self.may_change_header(name) and value != getattr(self.request, name)
        }
        if with_letter and not self.may_change_header("letter"):
            errors["letter"] = _locked(header_label("letter"))
        if errors:
            raise PlaceLocked(errors)

    def check_row(self, row: RequestRow, service: Service, values: Mapping[str, Any]) -> None:
        """ValidationError when the row or one of its locked columns would change."""
        if self.is_whole_row(row):
            return
        place = _("Baris %(number)d") % {"number": row.position}
        if row.pk not in self.cells or service.pk != row.service_id:
            raise PlaceLocked(_locked(place))
        schema = self.request.schema_for(row.service)
        for item in schema.asked:
            same = (row.values.get(item.key) or "") == (values.get(item.key) or "")
            if item.key not in self.cells[row.pk] and not same:
                raise PlaceLocked(_locked(f"{place}, {item.shown_label}"))

    def check_row_opening(self, row: RequestRow) -> None:
        """ValidationError when nothing of the row may change."""
        if not self.may_open_row(row):
            raise PlaceLocked(_locked(_("Baris %(number)d") % {"number": row.position}))

    def check_row_removal(self, row: RequestRow) -> None:
        """ValidationError unless the whole row was marked."""
        if not self.is_whole_row(row):
            raise PlaceLocked(
                _("Baris %(number)d tidak diminta diperbaiki seluruhnya, jadi tidak dapat dihapus")
                % {"number": row.position}
            )

    def check_adding_rows(self) -> None:
        """ValidationError unless officers said that rows are missing."""
        if not self.may_add_rows:
            raise PlaceLocked(_("Petugas tidak meminta tambahan data, jadi baris tidak dapat ditambah"))

    def check_statistics(self, item: StatisticsItem | None) -> None:
        """ValidationError unless the question (None: a new one) may change."""
        if item is None and not self.everything:
            raise PlaceLocked(
                _("Petugas tidak meminta tambahan data statistik, jadi pertanyaan tidak dapat ditambah")
            )
        if item is not None and not self.may_change_statistics(item):
            raise PlaceLocked(_locked(_("Data Statistik %(number)d") % {"number": item.position}))
