"""Matching: asked rows against the holdings, with bare SQL and rapidfuzz as floors, and how right it is."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from benchmarks.harness import (
    NOT_INSTALLED,
    Goal,
    Options,
    Report,
    alternate,
    analyze,
    bulk_insert,
    clock,
    in_child,
    main,
    no_time_limit,
)

GOALS = (
    Goal("M1", "exact passes against the bare SQL join", "<=", 2.0),
    Goal("M1.orm", "one indexed ORM query a row against our exact passes", ">=", 5.0),
    Goal("M2", "whole match, stored, against bare join and bare rapidfuzz in blocks", "<=", 2.5),
    Goal("M2.trigram", "pg_trgm for each row against our whole match", ">=", 50),
    Goal("M3", "ten times the holdings take so many times as long", "<=", 6.0),
    Goal("M3.rows", "ten times the asked rows take so many times as long", "<=", 6.0),
    Goal("M3.memory", "peak memory of the worker", "<=", 350, " MB"),
    Goal("M4", "recall, with document numbers", ">=", 0.95, ""),
    Goal("M4.false", "rows of persons who are not held, with a proposal", "<=", 0.10, ""),
    Goal("M4.first", "first proposal is the right person", ">=", 0.98, ""),
    Goal("M5", "Splink on the same task against ours", ">=", 4.0),
)
SERVICE = "paspor"
SEED = 20241002
FIRST_DAY, DAYS = date(1945, 1, 1), 22_000
#: Shares as in the design's measurement: held at all, written differently, wrong birth date, with a number.
PRESENT, CORRUPTED, WRONG_DATE, NUMBERED = 0.6, 0.55, 0.08, 0.62
SPELLINGS = (("U", "OE"), ("J", "DJ"), ("C", "TJ"), ("Y", "J"), ("MUHAMMAD", "MOH."), ("F", "V"), ("D", "DH"))
#: Rows on which slow peers are tried; their time is multiplied.
SAMPLE = 300
SAMPLE_TRIGRAM = 30


@dataclass(frozen=True)
class Person:
    """One invented person of the holdings, by number."""

    name: str
    born: date
    national_id: str
    passport_no: str


class Inventor:
    """Persons by number and what is asked for; the same ones each time."""

    def __init__(self) -> None:
        from core.holdings.demo import Inventor as DemoInventor

        names = DemoInventor().names
        given = [*names["given_male"], *names["given_female"]]
        # The demo's lists are short; two syllables more give as many different names as real holdings have.
        ends = ("", "di", "na", "ra", "to", "wan", "yah", "ti", "man", "ningsih", "wati", "anto", "udin")
        self.words = sorted({f"{word}{end}".upper() for word in given for end in ends})
        self.families = sorted({f"{word}{end}".upper() for word in names["family"] for end in ends})

    def person(self, number: int) -> Person:
        """The person behind one record."""
        draw = random.Random(SEED * 1_000_003 + number)
        words = [draw.choice(self.words)]
        words += [draw.choice(self.families) for _ in range(draw.choice((0, 1, 1, 1, 2)))]
        born = FIRST_DAY + timedelta(days=draw.randrange(DAYS))
        return Person(
            " ".join(words),
            born,
            f"{draw.randrange(110101, 917199):06}{born:%d%m%y}{draw.randrange(1, 9999):04}",
            f"{draw.choice('ABCEX')}{number % 10_000_000:07}",
        )

    def asked(self, rows: int, records: int) -> Iterator[tuple[int | None, dict[str, str]]]:
        """Asked values, each with the number of the record that is right (None: this person is not held)."""
        draw = random.Random(SEED)
        for position in range(rows):
            is_present = draw.random() < PRESENT
            number = draw.randrange(records) if is_present else records + 1_000_000 + position
            person = self.person(number)
            values = {"nama": person.name, "tanggal_lahir": person.born.isoformat()}
            if draw.random() < CORRUPTED:
                values["nama"] = corrupt(person.name, draw)
            if draw.random() < WRONG_DATE:
                values["tanggal_lahir"] = wrong_date(person.born, draw).isoformat()
            if draw.random() < NUMBERED:
                key = draw.choice(("nik", "no_paspor"))
                values[key] = person.national_id if key == "nik" else person.passport_no
            yield (number if is_present else None), values


def corrupt(name: str, draw: random.Random) -> str:
    """One of the ways in which a name comes written differently."""
    words = name.split()
    way = draw.randrange(8)
    if way == 0:
        for new, old in draw.sample(SPELLINGS, len(SPELLINGS)):
            if new in name:
                return name.replace(new, old)
    elif way == 1 and len(words) > 1:
        return " ".join(reversed(words))
    elif way == 2:
        return f"{draw.choice(('H. ', 'Drs. ', 'Ir. '))}{name}"
    elif way == 3 and len(words) > 1:
        place = draw.randrange(len(words))
        return " ".join(word[0] if index == place else word for index, word in enumerate(words))
    elif way == 4 and len(words) > 2:
        return " ".join(words[:-1])
    elif way == 5:
        return name.replace(" ", "", 1)
    elif way == 6:
        return f"{words[0]} BIN {' '.join(words[1:]) or draw.choice(('ALI', 'UMAR'))}"
    place = draw.randrange(1, len(name))
    return name[:place] + draw.choice("AEIOUNRST") + name[place + draw.randrange(2) :]


def wrong_date(day: date, draw: random.Random) -> date:
    """Day and month exchanged, a slip by one year or ten days, or only the year is known."""
    way = draw.randrange(4)
    if way == 0 and day.day <= 12:
        return date(day.year, day.day, day.month)
    if way == 1:
        return day + timedelta(days=draw.choice((-1, 1, -10, 10)))
    if way == 2:
        return date(day.year, 1, 1)
    return day.replace(year=day.year + draw.choice((-1, 1)), day=min(day.day, 28))


# --- filling --------------------------------------------------------------------------------------------------


def hold(first: int, until: int) -> None:
    """Fills the holdings with the persons of these numbers, indexed as in production."""
    from django.db import connection

    from core.catalogue.models import Service
    from core.doors import clock as door
    from core.holdings.models import Record
    from core.holdings.names import name_key, sound_key

    inventor, service = Inventor(), Service.objects.get(key=SERVICE)
    columns = [field for field in Record._meta.concrete_fields if not field.primary_key]
    empty = Record(service=service, updated_at=door.now())
    plain = {
        field.name: field.get_db_prep_save(getattr(empty, field.attname), connection) for field in columns
    }
    json_empty = "{}"
    keys: dict[str, tuple[str, str]] = {}

    def rows() -> Iterator[list[Any]]:
        for number in range(first, until):
            person = inventor.person(number)
            words = tuple(person.name.split())
            for word in words:
                if word not in keys:
                    keys[word] = (name_key(word), sound_key(word))
            # One word at a time is the same as the whole name here: the invented names hold no titles.
            filled = {
                **plain,
                "source_key": f"P{number}",
                "values": json_empty,
                "name": person.name,
                "name_key": " ".join(keys[word][0] for word in words),
                "sound_key": " ".join(sorted(keys[word][1] for word in words)),
                "birth_date": person.born.isoformat(),
                "national_id": person.national_id,
                "passport_no": person.passport_no,
                "event_on": None,
                "updated_at": str(plain["updated_at"]),
            }
            yield [filled[field.name] for field in columns]

    bulk_insert(Record._meta.db_table, [str(field.column) for field in columns], rows())
    analyze()


def ask(rows: int, records: int) -> tuple[Any, dict[int, int | None]]:
    """A request with so many rows, and for each row (by its key) the number of the right record."""
    from accounts.models import Agency, User
    from core.catalogue.models import Service
    from requests_app.models import DataRequest, RequestRow

    agency, _made = Agency.objects.get_or_create(
        name="BADAN UJI", defaults={"code": "UJI", "address": "Jakarta"}
    )
    user, _made = User.objects.get_or_create(
        username="UJI_001", defaults={"full_name": "Uji", "agency": agency, "email": "uji@demo.example"}
    )
    request = DataRequest.objects.create(requester=user, agency=agency)
    service = Service.objects.get(key=SERVICE)
    schema = service.schema()
    made, truth = [], []
    for position, (number, values) in enumerate(Inventor().asked(rows, records), start=1):
        row = RequestRow(request=request, position=position, service=service, values=values)
        row.identify(schema, values)
        made.append(row)
        truth.append(number)
    RequestRow.objects.bulk_create(made, batch_size=500)
    pks = request.rows.order_by("position").values_list("pk", flat=True)
    return request, dict(zip(pks, truth, strict=True))


# --- ways -----------------------------------------------------------------------------------------------------


def exact_ours(request: Any) -> int:
    """Our passes by number: judged, with reasons."""
    from core.catalogue.models import Service
    from requests_app.matching.asked import read_rows
    from requests_app.matching.numbers import by_number
    from requests_app.matching.rules import Rules

    found = 0
    for key, rows in read_rows(request, request.rows.all()).items():
        service = Service.objects.get(pk=key)
        found += sum(1 for _proposal in by_number(Rules(service, request.schema_for(service)), rows))
    return found


def exact_join(request: Any) -> int:
    """The same look-up as joins, read into Python: the floor."""
    from django.db import connection

    found = 0
    with connection.cursor() as cursor:
        for column in ("national_id", "passport_no"):
            cursor.execute(
                "SELECT a.id, h.id, h.name, h.name_key, h.sound_key, h.birth_date, h.national_id, h.passport_no "  # noqa: S608
                "FROM requests_app_requestrow a JOIN holdings_record h "
                # The condition of the partial index, word for word: SQLite knows it only so.
                f"ON h.service_id = a.service_id AND h.{column} = a.{column} AND NOT (h.{column} = '') "
                "WHERE a.request_id = %s",
                [request.pk.hex if connection.vendor == "sqlite" else request.pk],
            )
            found += len(cursor.fetchall())
    return found


def exact_orm(request: Any, most: int) -> int:
    """One indexed query for each row and number, as most applications do it."""
    from core.holdings.models import Record
    from core.holdings.queries import numbered
    from requests_app.models import RequestRow

    found = 0
    for row in RequestRow.objects.filter(request=request).order_by("position")[:most]:
        for column in ("national_id", "passport_no"):
            if number := getattr(row, column):
                found += len(Record.objects.filter(numbered(column, [number]), service_id=row.service_id))
    return found


def blocks_bare(request: Any) -> int:
    """Names by birth date through rapidfuzz, nothing judged or stored: the floor of the fuzzy pass."""
    from django.db import connection
    from rapidfuzz import fuzz
    from rapidfuzz.process import cdist

    from core.holdings.queries import chunks
    from requests_app.matching.slips import swapped
    from requests_app.models import RequestRow

    asked: dict[date, list[str]] = defaultdict(list)
    rows = RequestRow.objects.filter(request=request).values_list("birth_date", "sound_key")
    for born, sound in rows:
        if born is None:
            continue
        asked[born].append(sound)
        if other := swapped(born):
            asked[other].append(sound)
    held: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with connection.cursor() as cursor:
        for chunk in chunks(sorted(asked)):
            marks = ", ".join(["%s"] * len(chunk))
            cursor.execute(
                f"SELECT birth_date, id, sound_key FROM holdings_record WHERE service_id = "  # noqa: S608
                f"(SELECT id FROM catalogue_service WHERE key = '{SERVICE}') AND birth_date IN ({marks})",
                [day.isoformat() for day in chunk],
            )
            for born, pk, sound in cursor.fetchall():
                held[str(born)].append((pk, sound))
    found = 0
    for day, names in asked.items():
        block = held.get(day.isoformat())
        if block:
            scores = cdist(names, [sound for _pk, sound in block], scorer=fuzz.ratio, score_cutoff=80)
            found += int((scores > 0).sum())
    return found


def trigram(request: Any, most: int) -> int:
    """pg_trgm for each row, with its index."""
    from django.db import connection

    found = 0
    with connection.cursor() as cursor:
        cursor.execute("SET pg_trgm.similarity_threshold = 0.5")
        names = request.rows.order_by("position").values_list("name_key", flat=True)[:most]
        for name in list(names):
            cursor.execute("SELECT id FROM holdings_record WHERE name_key %% %s", [name])
            found += len(cursor.fetchall())
    return found


def forget() -> None:
    """No proposal left."""
    from requests_app.models import Candidate

    Candidate.objects.all()._raw_delete(Candidate.objects.db)


def propose(pk: str) -> dict[str, int]:
    """The whole match, in a process of its own."""
    from requests_app.matching import propose as propose_for
    from requests_app.models import DataRequest

    forget()
    summary = propose_for(DataRequest.objects.get(pk=pk))
    return {"written": summary.written}


def accuracy(report: Report, truth: dict[int, int | None]) -> None:
    """M4: of the stored proposals."""
    from requests_app.models import Candidate

    proposed: dict[int, list[tuple[int, float, str]]] = defaultdict(list)
    found = Candidate.objects.values_list("row_id", "grade", "score", "record__source_key")
    for row, grade, score, key in found:
        proposed[row].append((0 if grade == Candidate.Grade.EXACT else 1, -score, key))
    present = {row: f"P{number}" for row, number in truth.items() if number is not None}
    hits = firsts = with_any = 0
    for row, key in present.items():
        keys = [item[2] for item in sorted(proposed[row])]
        hits += key in keys
        with_any += bool(keys)
        firsts += bool(keys) and keys[0] == key
    absent = [row for row, number in truth.items() if number is None]
    report.ratio("M4", hits / max(1, len(present)))
    report.ratio("M4.false", sum(bool(proposed[row]) for row in absent) / max(1, len(absent)))
    report.ratio("M4.first", firsts / max(1, with_any))
    counts = Counter(min(3, len(proposed[row])) for row in truth)
    report.say(
        f"  proposals a row: none {counts[0]:,}, one {counts[1]:,}, two {counts[2]:,}, more {counts[3]:,}; "
        "names are invented, and whoever wrote the rules wrote the slips too"
    )


def run(options: Options, report: Report) -> None:
    """Tenth of the holdings, all of them, and a tenth of the rows."""
    from django.db import connection

    from requests_app.matching import propose as propose_for

    no_time_limit()
    tenth = max(1, options.records // 10)
    hold(0, tenth)
    request, truth = ask(options.rows, options.records)
    few, _few_truth = ask(max(1, options.rows // 10), options.records)

    def whole(asked: Any) -> Any:
        def match() -> float:
            forget()
            started = clock()
            propose_for(asked)
            return clock() - started

        return match

    at_tenth = alternate({"tenth": whole(request)}, rounds=options.rounds)["tenth"]
    hold(tenth, options.records)

    ways = {
        "floor: SQL joins": lambda: exact_join(request),
        "ours: exact passes": lambda: exact_ours(request),
    }
    taken = alternate(ways, rounds=options.rounds)
    floor, ours = ways
    most = min(SAMPLE, options.rows)
    taken["peer: one ORM query a row (extrapolated)"] = (
        alternate({"orm": lambda: exact_orm(request, most)}, rounds=1)["orm"] * options.rows / most
    )
    report.times(f"Exact: {options.rows:,} rows in {options.records:,} records", taken, against=floor)
    report.ratio("M1", taken[ours] / taken[floor])
    report.ratio("M1.orm", taken["peer: one ORM query a row (extrapolated)"] / taken[ours])

    ways = {
        "floor: SQL joins": lambda: exact_join(request),
        "floor: blocks and rapidfuzz": lambda: blocks_bare(request),
        "ours: a tenth of the rows": whole(few),
        "ours: all passes, stored": whole(request),
    }
    taken = alternate(ways, rounds=options.rounds)
    joins, fuzzy, tenth_rows, ours = ways
    both = taken[joins] + taken[fuzzy]
    shown = {"floor: both": both, **taken, "ours: a tenth of the holdings": at_tenth}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute("CREATE INDEX bench_trgm ON holdings_record USING gin (name_key gin_trgm_ops)")
        most = min(SAMPLE_TRIGRAM, options.rows)
        shown["peer: pg_trgm a row (extrapolated)"] = (
            alternate({"trgm": lambda: trigram(request, most)}, rounds=1)["trgm"] * options.rows / most
        )
        report.ratio("M2.trigram", shown["peer: pg_trgm a row (extrapolated)"] / taken[ours])
    else:
        report.missing("M2.trigram", "PostgreSQL only")
    report.times("Whole match", shown, against="floor: both")
    report.ratio("M2", taken[ours] / both)
    report.ratio("M3", taken[ours] / at_tenth)
    report.ratio("M3.rows", taken[ours] / taken[tenth_rows])
    report.missing("M5", NOT_INSTALLED)
    report.say(f"  Splink, DuckDB: {NOT_INSTALLED}")

    child = in_child("benchmarks.matching", "propose", request.pk)
    report.ratio("M3.memory", child["megabytes"])
    accuracy(report, truth)


if __name__ == "__main__":
    main(run, title="Matching", goals=GOALS, rows=2_000, records=100_000, children={"propose": propose})
