"""Proposes records of the holdings for the rows of a request, with the reason; it never decides."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.holdings import queries
from core.holdings.queries import NUMBER_COLUMNS, Facts
from requests_app.models import Candidate, DataRequest, Outcome, RequestRow
from requests_app.models.rows import RowQuerySet

#: From here on two names count as similar, 0–100 (measured: performance.md §3).
SIMILAR = 80
#: Similar names proposed for one row at most; more would not help an officer.
MOST_NAMES = 20
#: The order of domain.md §3.3 for a service without rules of its own.
DEFAULT_RULES: list[dict[str, Any]] = [
    {"keys": ["national_id"], "grade": "exact"},
    {"keys": ["niora"], "grade": "exact"},
    {"keys": ["document_no"], "grade": "exact"},
    {"keys": ["passport_no", "birth_date"], "grade": "exact"},
    {"keys": ["passport_no", "name"], "grade": "exact"},
    {"keys": ["name", "birth_date"], "grade": "candidate"},
]
#: Numbers that belong to the person: two different ones contradict each other (passports are renewed).
_PERSONAL = ("national_id", "niora")


@dataclass
class MatchSummary:
    """What a run found, in rows: looked at, with an exact match, with candidates only, with nothing.

    ``written`` counts the new proposals.
    """

    rows: int = 0
    exact: int = 0
    candidates: int = 0
    without: int = 0
    written: int = 0


@dataclass(frozen=True)
class Period:
    """The days asked for, and the other limits an applicant may set on the records."""

    first: date | None
    last: date | None
    limits: tuple[tuple[str, str], ...]

    def holds(self, facts: Facts) -> bool:
        """Whether the record lies within; one without a date or place stays in, for the officer to judge."""
        if facts.event_on and self.first and facts.event_on < self.first:
            return False
        if facts.event_on and self.last and facts.event_on > self.last:
            return False
        return all(getattr(facts, column) in ("", None, value) for column, value in self.limits)


def propose(request: DataRequest, among: RowQuerySet | None = None) -> MatchSummary:
    """Proposes candidates for every pending row of ``request``, or for those ``among`` its rows.

    All of them are in memory. It may run again: decided candidates stay, open ones that no longer hold go.
    """
    meant = request.rows.all() if among is None else among
    rows = list(meant.filter(outcome=Outcome.PENDING))
    # A service is read once, not beside each of its rows.
    services = Service.with_drafts.in_bulk({row.service_id for row in rows})
    by_service: dict[Service, list[RequestRow]] = defaultdict(list)
    for row in rows:
        by_service[services[row.service_id]].append(row)
    found: dict[tuple[int, int], Candidate] = {}
    # The reasons are stored, so they are written in the language of the office whoever pressed the button.
    with translation.override("id"):
        for service, members in by_service.items():
            for candidate in _Matcher(service, request.schema_for(service), members).candidates():
                found.setdefault((candidate.row_id, candidate.record_id), candidate)
    summary = MatchSummary(rows=len(rows), written=_store(rows, found))
    grades: dict[int, set[str]] = defaultdict(set)
    for candidate in found.values():
        grades[candidate.row_id].add(candidate.grade)
    for row in rows:
        if Candidate.Grade.EXACT in grades[row.pk]:
            summary.exact += 1
        elif grades[row.pk]:
            summary.candidates += 1
        else:
            summary.without += 1
    return summary


def _store(rows: Sequence[RequestRow], found: dict[tuple[int, int], Candidate]) -> int:
    """Writes what is new, drops open proposals that no longer hold, and returns how many are new."""
    with transaction.atomic():
        stale, known = [], set()
        for chunk in queries.chunks([row.pk for row in rows]):
            for old in Candidate.objects.filter(row__in=chunk):
                new = found.get((old.row_id, old.record_id))
                if old.decision != Candidate.Decision.OPEN or (
                    new is not None and (new.grade, new.rule, new.reason) == (old.grade, old.rule, old.reason)
                ):
                    known.add((old.row_id, old.record_id))
                else:
                    stale.append(old.pk)
        for chunk in queries.chunks(stale):
            Candidate.objects.filter(pk__in=chunk, decision=Candidate.Decision.OPEN).delete()
        fresh = [candidate for pair, candidate in found.items() if pair not in known]
        Candidate.objects.bulk_create(fresh, batch_size=500, ignore_conflicts=True)
    return len(fresh)


class _Matcher:
    """The passes for the rows of one service."""

    def __init__(self, service: Service, schema: Schema, rows: Sequence[RequestRow]) -> None:
        self.service = service
        self.rows = rows
        rules = service.match_rules or DEFAULT_RULES
        self.exact_rules = [
            rule["keys"]
            for rule in rules
            # Never by name alone: a rule without a number proposes only, whatever the catalogue says.
            if rule["grade"] == "exact" and set(rule["keys"]) & set(NUMBER_COLUMNS)
        ]
        self.numbers = [column for column in NUMBER_COLUMNS if any(column in rule["keys"] for rule in rules)]
        named = [
            set(rule["keys"])
            for rule in rules
            if "name" in rule["keys"] and not set(rule["keys"]) & set(NUMBER_COLUMNS)
        ]
        self.by_birth_date = [keys for keys in named if "birth_date" in keys]
        self.by_name_only = [keys for keys in named if "birth_date" not in keys]
        self.labels = {item.identifies: item.label for item in schema.fields if item.identifies}
        self.asks_history = any(item.kind.is_day and item.key.startswith("periode") for item in schema.asked)
        self.periods = {row.pk: _period(schema, row) for row in rows}

    def candidates(self) -> Iterator[Candidate]:
        """Every proposal, the strongest pass first."""
        certain: set[int] = set()
        for candidate in self._by_number():
            if candidate.grade == Candidate.Grade.EXACT:
                certain.add(candidate.row_id)
            yield candidate
        # A row that a number has settled needs no namesakes: fewer persons are looked at.
        yield from self._by_name([row for row in self.rows if row.pk not in certain])

    # --- numbers ---
    def _by_number(self) -> Iterator[Candidate]:
        for column in self.numbers:
            wanted: dict[str, list[RequestRow]] = defaultdict(list)
            for row in self.rows:
                if number := getattr(row, column):
                    wanted[number].append(row)
            for facts in queries.with_numbers(self.service, column, wanted):
                for row in wanted[getattr(facts, column)]:
                    if self.periods[row.pk].holds(facts):
                        yield self._judge_number(row, facts, column)
        if self.asks_history and "passport_no" in self.numbers:
            yield from self._by_linked_passport()

    def _judge_number(self, row: RequestRow, facts: Facts, column: str) -> Candidate:
        agreed, against = self._compare(row, facts)
        if not against:
            for keys in self.exact_rules:
                if set(keys) <= agreed:
                    return self._candidate(row, facts, Candidate.Grade.EXACT, keys, self._same(keys))
        reason = self._same([column])
        if against:
            reason = _("%(same)s, tetapi %(different)s berbeda") % {
                "same": reason,
                "different": self._list(against),
            }
        else:
            reason = _("%(same)s, data lain belum cukup untuk memastikan") % {"same": reason}
        return self._candidate(row, facts, Candidate.Grade.CANDIDATE, [column], reason)

    def _by_linked_passport(self) -> Iterator[Candidate]:
        """Records under the other passports of the same NIK (domain.md §3.3: people renew)."""
        owners: dict[str, list[RequestRow]] = defaultdict(list)
        holders: dict[str, list[RequestRow]] = defaultdict(list)
        for row in self.rows:
            if row.national_id:
                owners[row.national_id].append(row)
            elif row.passport_no:
                holders[row.passport_no].append(row)
        for facts in queries.passport_links(passports=holders):
            for row in holders.get(facts.passport_no, ()):
                if row not in owners[facts.national_id] and not self._compare(row, facts)[1]:
                    owners[facts.national_id].append(row)
        passports: dict[str, list[tuple[RequestRow, str]]] = defaultdict(list)
        for facts in queries.passport_links(national_ids=owners):
            for row in owners.get(facts.national_id, ()):
                pair = (row, facts.national_id)
                is_new = facts.passport_no != row.passport_no and pair not in passports[facts.passport_no]
                if is_new and not self._compare(row, facts)[1]:
                    passports[facts.passport_no].append(pair)
        for facts in queries.with_numbers(self.service, "passport_no", passports):
            for row, national_id in passports[facts.passport_no]:
                if not self.periods[row.pk].holds(facts) or (
                    facts.national_id and facts.national_id != national_id
                ):
                    continue
                against = self._compare(row, facts)[1]
                reason = _("No. Paspor %(number)s milik NIK yang sama") % {"number": facts.passport_no}
                grade = Candidate.Grade.EXACT
                if against:
                    grade = Candidate.Grade.CANDIDATE
                    reason = _("%(same)s, tetapi %(different)s berbeda") % {
                        "same": reason,
                        "different": self._list(against),
                    }
                yield self._candidate(row, facts, grade, ["national_id", "passport_no"], reason)

    def _compare(self, row: RequestRow, facts: Facts) -> tuple[set[str], list[str]]:
        """Columns that agree, and those that contradict each other; a missing value does neither."""
        agreed: set[str] = set()
        against: list[str] = []
        for column in (*NUMBER_COLUMNS, "birth_date", "nationality", "birth_place"):
            asked, held = getattr(row, column), getattr(facts, column)
            if not asked or not held:
                continue
            if asked == held:
                agreed.add(column)
            elif column in _PERSONAL or column in ("birth_date", "nationality"):
                against.append(column)
        if row.name_key and facts.name_key:
            if similarity(row, facts) >= SIMILAR:
                agreed.add("name")
            else:
                against.append("name")
        return agreed, against

    # --- names ---
    def _by_name(self, rows: Sequence[RequestRow]) -> Iterator[Candidate]:
        if self.by_birth_date:
            born: dict[date, list[RequestRow]] = defaultdict(list)
            for row in rows:
                if row.birth_date and row.sound_key:
                    born[row.birth_date].append(row)
                    if swapped := _swapped(row.birth_date):
                        born[swapped].append(row)
            for day, block in _blocks(queries.born_on(self.service, born)):
                sounds = [facts.sound_key for facts in block]
                joined = [facts.name_key.replace(" ", "") for facts in block]
                for row in born[day]:
                    yield from self._similar(row, block, sounds, joined)
        if self.by_name_only:
            nameless = [row for row in rows if not row.birth_date and row.sound_key]
            heard: dict[str, list[RequestRow]] = defaultdict(list)
            for row in nameless:
                heard[row.sound_key].append(row)
            for facts in queries.sounding_like(self.service, heard) if heard else ():
                for row in heard[facts.sound_key]:
                    keys = self._fitting(self.by_name_only, row, facts)
                    if keys and self.periods[row.pk].holds(facts):
                        yield self._candidate(
                            row, facts, Candidate.Grade.CANDIDATE, keys, self._same(keys), 90
                        )

    def _similar(
        self, row: RequestRow, block: Sequence[Facts], sounds: Sequence[str], joined: Sequence[str]
    ) -> Iterator[Candidate]:
        scores: dict[int, float] = {}
        for asked, names in ((row.sound_key, sounds), (row.name_key.replace(" ", ""), joined)):
            for _name, score, index in process.extract(
                asked, names, scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=MOST_NAMES
            ):
                scores[index] = max(score, scores.get(index, 0))
        best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NAMES]
        for index, score in best:
            facts = block[index]
            keys = self._fitting(self.by_birth_date, row, facts)
            if not keys or not self.periods[row.pk].holds(facts):
                continue
            if row.birth_date != facts.birth_date:
                reason = _("Nama mirip %(score)d %%, hari dan bulan lahir tertukar") % {"score": int(score)}
            elif row.name_key == facts.name_key:
                reason = _("Nama dan tanggal lahir sama")
            elif score >= 100:
                reason = _("Nama sama menurut bunyi, tanggal lahir sama")
            else:
                reason = _("Nama mirip %(score)d %%, tanggal lahir sama") % {"score": int(score)}
            other = self._differences(row, facts)
            if other:
                reason = _("%(same)s, tetapi %(different)s berbeda") % {
                    "same": reason,
                    "different": self._list(other),
                }
            yield self._candidate(row, facts, Candidate.Grade.CANDIDATE, keys, reason, int(score))

    def _fitting(self, rules: Iterable[set[str]], row: RequestRow, facts: Facts) -> list[str]:
        """The first rule whose further columns do not contradict, in a fixed order; empty when none fits."""
        for keys in rules:
            further = keys - {"name", "birth_date", "birth_place"}
            if all(
                getattr(facts, key) in ("", None, getattr(row, key)) or not getattr(row, key)
                for key in further
            ):
                return [key for key in ("name", "birth_date", "birth_place", "nationality") if key in keys]
        return []

    def _differences(self, row: RequestRow, facts: Facts) -> list[str]:
        columns = (*_PERSONAL, "passport_no", "birth_place")
        return [
            column
            for column in columns
            if getattr(row, column)
            and getattr(facts, column)
            and getattr(row, column) != getattr(facts, column)
        ]

    # --- wording ---
    def _same(self, columns: Sequence[str]) -> str:
        return _("%(columns)s sama") % {"columns": self._list(columns)}

    def _list(self, columns: Sequence[str]) -> str:
        labels = [self.labels.get(column, column) for column in columns]
        if len(labels) == 1:
            return labels[0]
        return _("%(first)s dan %(last)s") % {"first": ", ".join(labels[:-1]), "last": labels[-1]}

    def _candidate(
        self, row: RequestRow, facts: Facts, grade: str, keys: Sequence[str], reason: str, score: int = 100
    ) -> Candidate:
        return Candidate(
            row_id=row.pk,
            record_id=facts.id,
            grade=grade,
            rule=",".join(keys)[:120],
            score=score,
            reason=reason[:200],
        )


def similarity(row: RequestRow, facts: Facts) -> float:
    """How alike two names are, 0–100: by sound with sorted words or as written without spaces, the higher."""
    return max(
        fuzz.ratio(row.sound_key, facts.sound_key),
        fuzz.ratio(row.name_key.replace(" ", ""), facts.name_key.replace(" ", "")),
    )


def _blocks(found: Iterable[Facts]) -> Iterator[tuple[date, list[Facts]]]:
    block: list[Facts] = []
    for facts in found:
        if block and facts.birth_date != block[0].birth_date:
            yield _day(block), block
            block = []
        block.append(facts)
    if block:
        yield _day(block), block


def _day(block: Sequence[Facts]) -> date:
    day = block[0].birth_date
    if day is None:
        msg = "A block of birth dates without a date"
        raise ValueError(msg)
    return day


def _swapped(day: date) -> date | None:
    """The date with day and month exchanged, a common slip; None where there is no other such date."""
    if day.day > 12 or day.day == day.month:
        return None
    return date(day.year, day.day, day.month)


def _period(schema: Schema, row: RequestRow) -> Period:
    """The limits the applicant set: a pair of dates that only asks, and places or directions of the event."""
    first = last = None
    limits = []
    for item in schema.asked:
        value = row.values.get(item.key)
        if not value:
            continue
        if item.kind.is_day and not item.answered and not item.identifies:
            if item.options.get("not_before") or item.key.endswith("_sampai"):
                last = date.fromisoformat(str(value))
            else:
                first = date.fromisoformat(str(value))
        elif item.measures in ("direction", "checkpoint", "office"):
            limits.append((item.measures, str(value)))
    return Period(first, last, tuple(limits))
