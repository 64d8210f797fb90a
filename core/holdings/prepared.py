"""Rows of an import as the database takes them: made once, by the check, kept in a file, and only written by saving.

A line of that file is a row of PostgreSQL's COPY in text format, in the order of ``COLUMNS``; SQLite's statements take
the same lines apart. The rules of a service are put together once, so that a row costs little more than its look-ups:
what an entry of a column becomes is worked out once and then remembered.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from operator import getitem, itemgetter
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connections

from core.catalogue.kinds import Lookups, Value
from core.catalogue.schema import Field, Values
from core.doors import clock
from core.doors.excel import Row, is_rounded
from core.holdings.loading import Places, insert_rows, keep_former, replace_rows
from core.holdings.models import ImportRun, Record, identified
from core.holdings.queries import chunks
from core.holdings.resources import KEY_LENGTH, RecordResource, cell_text
from core.plain_text import visible_text

#: Of the way rows are prepared; another number makes what earlier checks have kept worthless.
VERSION = 1
NULL = "\\N"
#: What COPY in text format writes otherwise than it is.
_SPECIAL = re.compile(r"[\\\t\n\r]")
_NAMES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = re.compile(r"\\(.)")
_SIGNS = {"t": "\t", "n": "\n", "r": "\r"}
#: Entries of one column that are remembered.
_MOST_KEPT = 20_000

#: The columns of a record that come from its row; the others are the same in all rows of a load.
COLUMNS = (
    "source_key",
    "values",
    "name",
    "name_key",
    "sound_key",
    "birth_date",
    "birth_place",
    "national_id",
    "passport_no",
    "document_no",
    "niora",
    "nationality",
    "event_on",
    "direction",
    "office_id",
    "checkpoint_id",
)
#: Columns of one record that one value fills, with what stands in them without it.
_IDENTIFYING = {
    "name": "\t\t",
    "birth_date": NULL,
    "birth_place": "",
    "national_id": "",
    "passport_no": "",
    "document_no": "",
    "niora": "",
    "nationality": "",
}


def escaped(text: str) -> str:
    """``text`` as COPY takes it."""
    return _SPECIAL.sub(lambda found: _NAMES[found[0]], text) if _SPECIAL.search(text) else text


def plain(text: str) -> str:
    """The text that ``escaped`` has made ``text`` of."""
    return _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), text) if "\\" in text else text


class Entry(NamedTuple):
    """What an entry of a column becomes; texts as COPY takes them, None where the column says nothing."""

    json: str
    value: Value | None
    identifies: str | None
    measures: str | None
    #: The office of a checkpoint.
    office: str | None = None


_EMPTY = Entry("", None, None, None)


class _Column(dict[str, Entry]):
    """The entries of one column met so far; a new one is judged by its kind. ValidationError when it is wrong."""

    def __init__(self, item: Field, lookups: Lookups, places: Places) -> None:
        super().__init__({"": _EMPTY})
        self.item, self.lookups, self.places = item, lookups, places
        self.json_key = json.dumps(item.key)

    def __missing__(self, raw: str) -> Entry:
        item = self.item
        if is_rounded(raw):
            raise ValidationError("rounded")  # told by the long way, as everything that is wrong
        text = visible_text(item.kind.from_cell(raw)).strip()
        entry = self.entry(item.kind.clean(text, item, self.lookups)) if text else _EMPTY
        if len(self) >= _MOST_KEPT:
            self.clear()
            self[""] = _EMPTY
        self[raw] = entry
        return entry

    def entry(self, value: Value | None) -> Entry:
        """What a good value becomes."""
        if value in (None, ""):
            return _EMPTY
        item, text = self.item, str(value)
        identifies = measures = office = None
        if item.identifies in _IDENTIFYING:
            identifies = "\t".join(map(escaped, identified(item.identifies, text)))
        if item.measures == "checkpoint":
            place, its_office = self.places.checkpoints.get(text, (None, None))
            measures, office = _number(place), _number(its_office)
        elif item.measures == "office":
            measures = _number(self.places.offices.get(text))
        elif item.measures == "direction":
            measures = escaped(text[:10])
        elif item.measures:
            measures = escaped(text)
        # As the JSONField would write it, without an encoder for each value.
        shown = encode_basestring_ascii(value) if isinstance(value, str) else json.dumps(value)
        if "\\" in shown:
            shown = escaped(shown)
        return Entry(f"{self.json_key}: {shown}", value, identifies, measures, office)


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


@dataclass
class PreparedRows:
    """What became of some rows: the lines of the good ones by their keys, and what is wrong with others."""

    lines: dict[str, str] = field(default_factory=dict)
    #: (row, messages by heading)
    wrong: list[tuple[Row, dict[str, list[str]]]] = field(default_factory=list)
    #: Keys by row, of every row that has one.
    keys: list[tuple[str, Row]] = field(default_factory=list)


class RowMaker:
    """The rules of one import file put together: its rows become lines, or messages by heading."""

    def __init__(self, resource: RecordResource) -> None:
        self.resource = resource
        self.columns = [_Column(item, resource.lookups, resource.places) for item in resource.columns]
        self.looking_round = [item for item in resource.columns if item.kind.needs_others(item)]
        order = {item.key: place for place, item in enumerate(resource.columns)}
        filled = [(order[item.key], item) for item in resource.schema.fields if item.key in order]
        #: By typed column the places of the columns that fill it, the last first: it wins.
        self.identifying = [
            ([place for place, item in reversed(filled) if item.identifies == name], default)
            for name, default in _IDENTIFYING.items()
        ]
        self.event_on, self.direction, self.office, self.checkpoint = (
            [place for place, item in reversed(filled) if item.measures == name]
            for name in ("event_on", "direction", "office", "checkpoint")
        )

    def prepare(self, rows: Iterable[Row], places: Sequence[int]) -> PreparedRows:
        """``rows`` whose columns stand at ``places`` (from 1) of the file, in the order of the headings."""
        found = PreparedRows()
        pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*(place - 1 for place in places))
        widest = max(places)
        for row in rows:
            texts = row.texts
            raws = self._texts(row, places) if texts is None or len(texts) < widest else pick(texts)
            key = raws[0].strip() if raws else ""
            entries = self._entries(raws[1:]) if raws and 0 < len(key) <= KEY_LENGTH else None
            if entries is None:
                key, entries, errors = self._read(row, places)
                if errors:
                    found.wrong.append((row, errors))
            if key:
                found.keys.append((key, row))
            if entries is not None:
                found.lines[key] = self._line(key, entries)
        return found

    def _texts(self, row: Row, places: Sequence[int]) -> Sequence[str] | None:
        """What a person would have typed into the cells of a row that holds more than texts; None when one is wrong."""
        try:
            first, *others = (row.cell(place) for place in places)
            columns = zip(others, self.resource.columns, strict=True)
            return [self.resource.key_of(first), *(cell_text(cell, item) for cell, item in columns)]
        except ValidationError:
            return None

    def _entries(self, raws: Sequence[str]) -> list[Entry] | None:
        try:
            entries = list(map(getitem, self.columns, raws))
            if self.looking_round:
                values = {
                    column.item.key: entry.value
                    for column, entry in zip(self.columns, entries, strict=True)
                    if entry.value is not None
                }
                for item in self.looking_round:
                    if item.key in values:
                        item.kind.check_with_others(values, item)
        except ValidationError:
            return None
        return entries

    def _read(self, row: Row, places: Sequence[int]) -> tuple[str, list[Entry] | None, dict[str, list[str]]]:
        """The long way, for rows with something wrong: every message of every cell."""
        cells = [row.cell(place) for place in places]
        key, values, errors = self.resource.read(cells)
        if errors:
            return key, None, errors
        return key, [column.entry(values.get(column.item.key)) for column in self.columns], errors

    def _line(self, key: str, entries: Sequence[Entry]) -> str:
        typed = [self._last(places, entries)[2] or default for places, default in self.identifying]
        values = ", ".join([entry[0] for entry in entries if entry[0]])
        checkpoint = self._last(self.checkpoint, entries)
        # A crossing without its own office counts for the office of its checkpoint.
        office = self._last(self.office, entries).measures or checkpoint.office
        return "\t".join(
            (
                escaped(key),
                f"{{{values}}}",
                *typed,
                self._last(self.event_on, entries).measures or NULL,
                self._last(self.direction, entries).measures or "",
                office or NULL,
                checkpoint.measures or NULL,
            )
        )

    @staticmethod
    def _last(places: Sequence[int], entries: Sequence[Entry]) -> Entry:
        """Of the columns that fill the same typed column the last one with an entry."""
        for place in places:
            if entries[place][0]:
                return entries[place]
        return _EMPTY


# --- what is kept ---------------------------------------------------------------------------------------------


def rules_hash(resource: RecordResource) -> str:
    """A fingerprint of all that decides what a row becomes: as long as it is the same, prepared rows hold."""
    schema, lookups, places = resource.schema, resource.lookups, resource.places
    tables = sorted({table for item in resource.columns if (table := getattr(item.kind, "table", ""))})
    rules = [
        VERSION,
        schema.to_json(),
        {table: getattr(lookups, table) for table in tables},
        places.offices,
        places.checkpoints,
    ]
    return hashlib.sha256(json.dumps(rules, sort_keys=True, default=str).encode()).hexdigest()


def values_of(line: str) -> Values:
    """The values a line holds."""
    values: Values = json.loads(plain(line.split("\t", 2)[1]))
    return values


def key_of(line: str) -> str:
    """The source key of a line."""
    return plain(line.split("\t", 1)[0])


class Changes(NamedTuple):
    """Which lines of a slice add a record, and which replace one, by its primary key."""

    added: list[str]
    replaced: dict[int, str]


def compare(service_id: int, lines: dict[str, str]) -> Changes:
    """What saving ``lines`` (by source key) would change; a line that says what is stored changes nothing."""
    stored = _stored(service_id, lines)
    if not stored:
        return Changes(list(lines.values()), {})
    added, replaced = [], {}
    for key, line in lines.items():
        if key not in stored:
            added.append(line)
        elif stored[key][1] != values_of(line):
            replaced[stored[key][0]] = line
    return Changes(added, replaced)


def _stored(service_id: int, keys: Iterable[str]) -> dict[str, tuple[int, Values]]:
    """Primary key and values of those that exist; only of this service: another may use the same keys."""
    connection = connections[Record.objects.db]
    quote = connection.ops.quote_name
    stored: dict[str, tuple[int, Values]] = {}
    # Put together here: the ORM takes longer over a thousand parameters than the database over a thousand rows.
    with connection.cursor() as cursor:
        for chunk in chunks(list(keys)):
            marks = ", ".join(["%s"] * len(chunk))
            # Names of our own columns only; every value is a parameter.
            cursor.execute(
                f"SELECT source_key, id, {quote('values')} FROM {quote(Record._meta.db_table)} "  # noqa: S608
                f"WHERE service_id = %s AND source_key IN ({marks})",
                [service_id, *chunk],
            )
            stored.update((key, (pk, json.loads(values))) for key, pk, values in cursor.fetchall())
    return stored


def write_lines(run: ImportRun, lines: dict[str, str]) -> Changes:
    """Writes prepared lines for ``run``, keeping what they replace; to be called under ``lock_holdings``."""
    changes = compare(run.service_id, lines)
    keep_former(run, list(changes.replaced))
    same = {"service_id": run.service_id, "import_run_id": run.pk, "updated_at": clock.now()}
    insert_rows(*_rows(same, changes.added))
    replace_rows(*_rows(same, list(changes.replaced.values())))
    return changes


def _rows(same: dict[str, Any], lines: list[str]) -> tuple[list[str], Any]:
    """Columns, and the rows of ``lines`` as this database takes them: bytes for COPY, or sequences."""
    connection = connections[Record.objects.db]
    fields = {field.attname: field for field in Record._meta.concrete_fields}
    prepared = [fields[name].get_db_prep_save(value, connection) for name, value in same.items()]
    columns = [*same, *COLUMNS]
    if not lines:
        return columns, ()
    if connection.vendor == "postgresql":
        prefix = "".join(f"{escaped(str(value))}\t" for value in prepared)
        return columns, "".join([f"{prefix}{line}\n" for line in lines]).encode()
    return columns, [(*prepared, *_parts(line)) for line in lines]


def _parts(line: str) -> list[str | None]:
    parts: list[str | None] = [None if part == NULL else part for part in line.split("\t")]
    if line.count("\\") != parts.count(None):
        return [part and plain(part) for part in parts]
    return parts
