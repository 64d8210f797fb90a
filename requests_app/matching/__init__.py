"""Proposes records of the holdings for the rows of a request, with the reason; it never decides.

Four passes, each for the rows that the stronger ones have left: numbers; equal and similar names born on the same
day; on that day names written with an initial or without a word; equal names born on a day a slip away.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.utils import translation

from core.catalogue.models import Service
from requests_app.matching.asked import Asked, read_rows
from requests_app.matching.names import by_name
from requests_app.matching.numbers import by_number
from requests_app.matching.proposals import Proposal, store
from requests_app.matching.rules import Rules
from requests_app.models import Candidate, DataRequest
from requests_app.models.rows import RowQuerySet

__all__ = ["MatchSummary", "propose"]


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


def propose(request: DataRequest, among: RowQuerySet | None = None) -> MatchSummary:
    """Proposes candidates for every pending row of ``request``, or for those ``among`` its rows.

    All of them are in memory. It may run again: decided candidates stay, open ones that no longer hold go.
    """
    by_service = read_rows(request, request.rows.all() if among is None else among)
    services = Service.with_drafts.in_bulk(by_service)
    found: dict[tuple[int, int], Proposal] = {}
    # The reasons are stored, so they are written in the language of the office whoever pressed the button.
    with translation.override("id"):
        for key, rows in by_service.items():
            rules = Rules(services[key], request.schema_for(services[key]))
            for proposal in proposals(rules, rows):
                found.setdefault((proposal.row, proposal.record), proposal)
    every = [row.id for rows in by_service.values() for row in rows]
    summary = MatchSummary(rows=len(every), written=store(every, found))
    grades: dict[int, set[str]] = defaultdict(set)
    for proposal in found.values():
        grades[proposal.row].add(proposal.grade)
    summary.exact = sum(Candidate.Grade.EXACT in known for known in grades.values())
    summary.candidates = len(grades) - summary.exact
    summary.without = summary.rows - len(grades)
    return summary


def proposals(rules: Rules, rows: list[Asked]) -> list[Proposal]:
    """Every proposal for ``rows`` of one service, the strongest pass first."""
    found = list(by_number(rules, rows))
    certain = {proposal.row for proposal in found if proposal.grade == Candidate.Grade.EXACT}
    known = {proposal.row for proposal in found}
    # A row that a number has settled needs no namesakes: fewer persons are looked at.
    found += by_name(rules, [row for row in rows if row.id not in certain], known)
    return found
