"""The first pass: numbers of persons and documents, and the other passports of the same person."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from core.holdings import queries
from core.holdings.queries import Facts
from requests_app.matching.asked import Asked
from requests_app.matching.proposals import Proposal
from requests_app.matching.rules import Rules, compare
from requests_app.models import Candidate

EXACT, CANDIDATE = Candidate.Grade.EXACT.value, Candidate.Grade.CANDIDATE.value
#: Grade, rule and reason.
_Verdict = tuple[str, str, str]


def by_number(rules: Rules, rows: Sequence[Asked]) -> Iterator[Proposal]:
    """Records that carry a number asked for."""
    # What is said depends on which columns agree and differ only: a few sentences for thousands of records.
    said: dict[tuple[str, tuple[str, ...], tuple[str, ...]], _Verdict] = {}
    for column in rules.numbers:
        wanted: dict[str, list[Asked]] = defaultdict(list)
        for row in rows:
            if number := getattr(row, column):
                wanted[number].append(row)
        for facts in queries.with_numbers(rules.service, column, wanted):
            for row in wanted[getattr(facts, column)]:
                if row.admits(facts):
                    agreed, against = compare(row, facts)
                    verdict = said.get((column, agreed, against))
                    if verdict is None:
                        verdict = said[column, agreed, against] = _judge(rules, column, agreed, against)
                    yield Proposal(row.id, facts.id, verdict[0], verdict[1], 100, verdict[2])
    if rules.asks_history and "passport_no" in rules.numbers:
        yield from _by_linked_passport(rules, rows)


def _judge(rules: Rules, column: str, agreed: Sequence[str], against: Sequence[str]) -> _Verdict:
    if not against and (keys := rules.settling(agreed)):
        return EXACT, ",".join(keys)[:120], rules.same(keys)[:200]
    reason = rules.same([column])
    if against:
        reason = rules.but(reason, against)
    else:
        reason = _("%(same)s, data lain belum cukup untuk memastikan") % {"same": reason}
    return CANDIDATE, column, reason[:200]


def _by_linked_passport(rules: Rules, rows: Sequence[Asked]) -> Iterator[Proposal]:
    """Records under the other passports of the same NIK (domain.md §3.3: people renew)."""
    for facts, row, national_id in _linked(rules, rows):
        if not row.admits(facts) or (facts.national_id and facts.national_id != national_id):
            continue
        against = compare(row, facts)[1]
        reason = _("No. Paspor %(number)s milik NIK yang sama") % {"number": facts.passport_no}
        grade = CANDIDATE if against else EXACT
        yield Proposal(
            row.id, facts.id, grade, "national_id,passport_no", 100, rules.but(reason, against)[:200]
        )


def _linked(rules: Rules, rows: Sequence[Asked]) -> Iterator[tuple[Facts, Asked, str]]:
    owners: dict[str, list[Asked]] = defaultdict(list)
    holders: dict[str, list[Asked]] = defaultdict(list)
    for row in rows:
        if row.national_id:
            owners[row.national_id].append(row)
        elif row.passport_no:
            holders[row.passport_no].append(row)
    for facts in queries.passport_links(passports=holders):
        for row in holders.get(facts.passport_no, ()):
            if row not in owners[facts.national_id] and not compare(row, facts)[1]:
                owners[facts.national_id].append(row)
    passports: dict[str, list[tuple[Asked, str]]] = defaultdict(list)
    for facts in queries.passport_links(national_ids=owners):
        for row in owners.get(facts.national_id, ()):
            pair = (row, facts.national_id)
            is_new = facts.passport_no != row.passport_no and pair not in passports[facts.passport_no]
            if is_new and not compare(row, facts)[1]:
                passports[facts.passport_no].append(pair)
    for facts in queries.with_numbers(rules.service, "passport_no", passports):
        for row, national_id in passports[facts.passport_no]:
            yield facts, row, national_id
