"""What matching proposes, and how it is stored beside what was proposed and decided before."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import connections, transaction

from core.holdings import queries
from requests_app.models import Candidate

_COLUMNS = ("row_id", "record_id", "grade", "rule", "score", "reason", "decision")
_TYPES = ("bigint", "bigint", "text", "text", "smallint", "text", "text")


class Proposal(NamedTuple):
    """A record proposed for a row; ``rule`` names the columns that agreed (``Candidate``)."""

    row: int
    record: int
    grade: str
    rule: str
    score: int
    reason: str


def store(rows: Iterable[int], found: Mapping[tuple[int, int], Proposal]) -> int:
    """Writes what is new for ``rows``, drops open proposals that no longer hold, and returns how many are new."""
    with transaction.atomic():
        stale, known = [], set()
        for chunk in queries.chunks(list(rows)):
            stored = Candidate.objects.filter(row__in=chunk).order_by()
            for pk, decision, row, record, *said in stored.values_list(
                "pk", "decision", "row_id", "record_id", "grade", "rule", "score", "reason"
            ):
                new = found.get((row, record))
                if decision != Candidate.Decision.OPEN or (new is not None and [*new[2:]] == said):
                    known.add((row, record))
                else:
                    stale.append(pk)
        for chunk in queries.chunks(stale):
            Candidate.objects.filter(pk__in=chunk, decision=Candidate.Decision.OPEN).delete()
        fresh = [proposal for pair, proposal in found.items() if pair not in known]
        _insert(fresh)
    return len(fresh)


def _insert(proposals: list[Proposal]) -> None:
    """In one statement; a pair that is there already stays as it is."""
    if not proposals:
        return
    connection = connections[Candidate.objects.db]
    quote = connection.ops.quote_name
    into = f"INTO {quote(Candidate._meta.db_table)} ({', '.join(map(quote, _COLUMNS))})"
    with connection.cursor() as cursor:
        # Names of our own columns only; every value is a parameter.
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{kind}[]" for kind in _TYPES)
            lines = [(*proposal, Candidate.Decision.OPEN.value) for proposal in proposals]
            cursor.execute(
                f"INSERT {into} SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",  # noqa: S608
                [list(column) for column in zip(*lines, strict=True)],
            )
        else:
            marks = ", ".join(["%s"] * len(_COLUMNS))
            cursor.executemany(
                f"INSERT OR IGNORE {into} VALUES ({marks})",  # noqa: S608
                [(*proposal, Candidate.Decision.OPEN.value) for proposal in proposals],
            )
