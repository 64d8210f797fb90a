"""The passes by name: the same day of birth with similar names, then the slips of those who write them down."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from core.holdings import queries
from core.holdings.names import sound_of_word
from core.holdings.queries import Block, Facts
from requests_app.matching.asked import Asked
from requests_app.matching.proposals import Proposal
from requests_app.matching.rules import PERSONAL, Rules, differing, similarity
from requests_app.matching.slips import (
    DateSlip,
    NameSlip,
    is_telling,
    name_slip,
    near_days,
    swapped,
    without_father,
)
from requests_app.models import Candidate

#: From here on names of persons born on the same day count as similar, 0–100. In ten million records 80 instead brings
#: one asked person in a hundred more, and a stranger to ten in a hundred who are not held (docs/benchmarks-large.md).
ALIKE = 85
#: The same where day and month of birth are exchanged: hardly anybody is written wrongly in both.
ALIKE_SWAPPED = 90
#: Similar names proposed for one row at most; more would not help an officer.
MOST_NAMES = 20
#: The same for the passes that assume a slip.
MOST_SLIPS = 5
#: The score of an equal name where the birth date differs: below every similar name with the same date.
NEAR = 75
#: Days whose records are in memory at once, and rows whose near days are asked for together.
_TOGETHER = 500


def by_name(rules: Rules, rows: Sequence[Asked], known: Iterable[int]) -> Iterator[Proposal]:
    """Records of persons with such a name; those rows that are ``known`` to have a proposal get only strong ones."""
    served = set(known)
    if rules.by_birth_date:
        named = [row for row in rows if row.birth_date and row.sound_key]
        for proposal in _born_then(rules, named, served):
            served.add(proposal.row)
            yield proposal
        yield from _born_near(rules, [row for row in named if row.id not in served])
    if rules.by_name_only:
        yield from _named_only(rules, [row for row in rows if not row.birth_date and row.sound_key])


# --- the same day of birth, or day and month exchanged ---


def _born_then(rules: Rules, rows: Sequence[Asked], known: set[int]) -> Iterator[Proposal]:
    """Similar names; for rows to which neither these nor the ``known`` numbers bring anything, names with a slip."""
    born: dict[date, list[Asked]] = defaultdict(list)
    for row in rows:
        if row.birth_date:
            born[row.birth_date].append(row)
            if other := swapped(row.birth_date):
                born[other].append(row)
    slipped: list[tuple[Asked, int, NameSlip]] = []
    served: set[int] = set()
    for days in queries.chunks(sorted(born), _TOGETHER):
        scored: list[tuple[Asked, int, float]] = []
        for block in queries.born_on(rules.service, days):
            joined = [name.replace(" ", "") for name in block.name_keys]
            for row in born[block.day]:
                similar = _similar(row, block, joined)
                scored += similar
                if not similar and row.birth_date == block.day and row.id not in known:
                    slipped += _slipped(row, block)
        facts = queries.by_ids(record for _row, record, _score in scored)
        for row, record, score in scored:
            # A record may have gone since its block was read.
            if record in facts and (proposal := _propose_similar(rules, row, facts[record], score)):
                served.add(row.id)
                yield proposal
    # Only now is it known which rows have found nothing under the exchanged date either.
    left = [found for found in slipped if found[0].id not in served]
    facts = queries.by_ids(record for _row, record, _slip in left)
    for row, record, slip in left:
        if record in facts and (proposal := _propose_slipped(rules, row, facts[record], slip)):
            yield proposal


def _similar(row: Asked, block: Block, joined: Sequence[str]) -> list[tuple[Asked, int, float]]:
    scores: dict[int, float] = {}
    least = ALIKE if row.birth_date == block.day else ALIKE_SWAPPED
    for asked, names in ((row.sound_key, block.sound_keys), (row.name_key.replace(" ", ""), joined)):
        for _name, score, index in process.extract(
            asked, names, scorer=fuzz.ratio, score_cutoff=least, limit=MOST_NAMES
        ):
            scores[index] = max(score, scores.get(index, 0))
    best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NAMES]
    return [(row, block.ids[index], score) for index, score in best]


def _slipped(row: Asked, block: Block) -> list[tuple[Asked, int, NameSlip]]:
    found: dict[int, NameSlip] = {}
    if own := without_father(row.name):
        found = {
            index: NameSlip.FATHER_LEFT_OUT for index, sound in enumerate(block.sound_keys) if sound == own
        }
    # Looking for a word in all names first is many times faster than taking each name apart.
    for word in map(sound_of_word, filter(is_telling, row.name_key.split())):
        for index, sound in enumerate(block.sound_keys):
            if (
                word in sound
                and index not in found
                and (slip := name_slip(row.name_key, block.name_keys[index]))
            ):
                found[index] = slip
    return [(row, block.ids[index], slip) for index, slip in list(found.items())[:MOST_SLIPS]]


def _propose_similar(rules: Rules, row: Asked, facts: Facts, score: float) -> Proposal | None:
    if row.birth_date != facts.birth_date:
        reason = _("Nama mirip %(score)d %%, hari dan bulan lahir tertukar") % {"score": int(score)}
    elif row.name_key == facts.name_key:
        reason = _("Nama dan tanggal lahir sama")
    elif score >= 100:
        reason = _("Nama sama menurut bunyi, tanggal lahir sama")
    else:
        reason = _("Nama mirip %(score)d %%, tanggal lahir sama") % {"score": int(score)}
    return _propose(rules, rules.by_birth_date, row, facts, int(score), reason)


def _propose_slipped(rules: Rules, row: Asked, facts: Facts, slip: NameSlip) -> Proposal | None:
    if differing(PERSONAL, row, facts):
        return None
    reason = {
        NameSlip.INITIAL: _("Nama cocok dengan inisial, tanggal lahir sama"),
        NameSlip.WORD_LEFT_OUT: _("Nama sama kecuali kata yang tidak ditulis, tanggal lahir sama"),
        NameSlip.FATHER_LEFT_OUT: _("Nama sama tanpa nama ayah (bin/binti), tanggal lahir sama"),
    }[slip]
    score = min(ALIKE - 1, int(similarity(row, facts)))
    return _propose(rules, rules.by_birth_date, row, facts, score, reason)


# --- a day of birth that one slip away ---


def _born_near(rules: Rules, rows: Sequence[Asked]) -> Iterator[Proposal]:
    """Names of the same sound; a slip in the name as well would bring in too many others."""
    for members in queries.chunks(rows, _TOGETHER):
        wanted: dict[tuple[date, str], list[tuple[Asked, DateSlip]]] = defaultdict(list)
        for row in members:
            if row.birth_date:
                for day, slip in near_days(row.birth_date).items():
                    wanted[day, row.sound_key].append((row, slip))
        proposed: dict[int, int] = defaultdict(int)
        for facts in queries.born_and_named(rules.service, wanted):
            if facts.birth_date is None:
                continue
            for row, slip in wanted[facts.birth_date, facts.sound_key]:
                proposal = _propose_near(rules, row, facts, slip)
                if proposal and proposed[row.id] < MOST_SLIPS:
                    proposed[row.id] += 1
                    yield proposal


def _propose_near(rules: Rules, row: Asked, facts: Facts, slip: DateSlip) -> Proposal | None:
    if differing(PERSONAL, row, facts):
        return None
    name = _("Nama sama") if row.name_key == facts.name_key else _("Nama sama menurut bunyi")
    day = {
        DateSlip.ONE_YEAR: _("tahun lahir berbeda satu tahun"),
        DateSlip.ONE_DAY: _("tanggal lahir berbeda satu hari"),
        DateSlip.TEN_DAYS: _("tanggal lahir berbeda sepuluh hari"),
        DateSlip.YEAR_ONLY: _("hanya tahun lahir yang sama"),
    }[slip]
    reason = _("%(name)s, %(day)s") % {"name": name, "day": day}
    return _propose(rules, rules.by_birth_date, row, facts, NEAR, reason)


# --- without a day of birth ---


def _named_only(rules: Rules, rows: Sequence[Asked]) -> Iterator[Proposal]:
    heard: dict[str, list[Asked]] = defaultdict(list)
    for row in rows:
        heard[row.sound_key].append(row)
    proposed: dict[int, int] = defaultdict(int)
    for facts in queries.sounding_like(rules.service, heard):
        for row in heard[facts.sound_key]:
            keys = _fitting(rules.by_name_only, row, facts)
            if keys and row.admits(facts) and proposed[row.id] < MOST_NAMES:
                proposed[row.id] += 1
                yield Proposal(
                    row.id,
                    facts.id,
                    Candidate.Grade.CANDIDATE.value,
                    ",".join(keys)[:120],
                    90,
                    rules.same(keys)[:200],
                )


# --- wording ---


def _propose(
    rules: Rules, keyed: Iterable[set[str]], row: Asked, facts: Facts, score: int, reason: str
) -> Proposal | None:
    """A proposal that also says what else differs; None when no rule allows it or it was not asked for."""
    keys = _fitting(keyed, row, facts)
    if not keys or not row.admits(facts):
        return None
    reason = rules.but(reason, differing((*PERSONAL, "passport_no", "birth_place"), row, facts))
    grade = Candidate.Grade.CANDIDATE.value
    return Proposal(row.id, facts.id, grade, ",".join(keys)[:120], score, reason[:200])


def _fitting(rules: Iterable[set[str]], row: Asked, facts: Facts) -> list[str]:
    """The first rule whose further columns do not contradict, in a fixed order; empty when none fits."""
    for keys in rules:
        if not differing(keys - {"name", "birth_date", "birth_place"}, row, facts):
            return [key for key in ("name", "birth_date", "birth_place", "nationality") if key in keys]
    return []
