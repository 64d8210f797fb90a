"""Counting: the statistics answer for a month and for every year, against a plain GROUP BY of the same records."""

import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from benchmarks.harness import (
    Goal,
    Options,
    Report,
    alternate,
    analyze,
    bulk_insert,
    clock,
    main,
    no_time_limit,
)

GOALS = (
    Goal("S1", "plain GROUP BY of one month against our answer for it", ">=", 20),
    Goal("S1.years", "plain GROUP BY of every year against our answer for them", ">=", 20),
    Goal("S2", "keeping the counts while one more day of records is stored", "<=", 50, " ms"),
)
SERVICE = "perlintasan"
FIRST_DAY, YEARS = date(2019, 1, 1), 5
MONTH = (date(2021, 5, 1), date(2021, 5, 31))


def hold(records: int) -> None:
    """Crossings in the order of their days, over checkpoints, directions and nationalities."""
    days = YEARS * 365
    store("C", (FIRST_DAY + timedelta(days=number * days // records) for number in range(records)))
    analyze()


def store(prefix: str, days: Iterable[date]) -> None:
    """A crossing on each of ``days``; ``prefix`` begins their source keys."""
    from django.db import connection

    from core.catalogue.models import Service
    from core.doors import clock as door
    from core.holdings.models import Record
    from core.reference.models import Checkpoint

    draw = random.Random(20241002)
    service = Service.objects.get(key=SERVICE)
    places = list(Checkpoint.objects.order_by("key").values_list("pk", flat=True))
    columns = [field for field in Record._meta.concrete_fields if not field.primary_key]
    empty = Record(service=service, updated_at=door.now())
    plain = {
        field.name: field.get_db_prep_save(getattr(empty, field.attname), connection) for field in columns
    }
    plain |= {"values": "{}", "updated_at": str(plain["updated_at"])}

    def rows() -> Iterator[list[Any]]:
        for number, day in enumerate(days):
            filled = {
                **plain,
                "source_key": f"{prefix}{number}",
                "nationality": draw.choice(("IDN", "IDN", "IDN", "MYS", "SGP", "AUS", "CHN", "JPN")),
                "event_on": day.isoformat(),
                "checkpoint": places[int(len(places) * draw.random() ** 2)],
                "direction": draw.choice(("MASUK", "KELUAR")),
            }
            yield [filled[field.name] for field in columns]

    bulk_insert(Record._meta.db_table, [str(field.column) for field in columns], rows())


def one_more_day(records: int) -> float:
    """Seconds in which a day's records, as many as an average day has, are stored; they are gone afterwards."""
    from core.holdings.models import Record

    started = clock()
    store("D", [FIRST_DAY + timedelta(days=YEARS * 365 + 1)] * max(1, records // (YEARS * 365)))
    seconds = clock() - started
    Record.objects.filter(source_key__startswith="D").order_by()._raw_delete(Record.objects.db)
    return seconds


def plain_groups(first: date, last: date) -> int:
    """The same question put without thinking of an index."""
    from django.db import connection

    month, day = "substr(r.event_on, 1, 7)", "+r.event_on"
    if connection.vendor == "postgresql":
        month, day = "date_trunc('month', r.event_on)", "(r.event_on + 0)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {month}, c.name, r.direction, count(*) FILTER (WHERE r.nationality = 'IDN'), count(*) "  # noqa: S608
            "FROM holdings_record r LEFT JOIN reference_checkpoint c ON c.id = r.checkpoint_id "
            f"WHERE {day} BETWEEN %s AND %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            [first.isoformat(), last.isoformat()],
        )
        return len(cursor.fetchall())


def ours(first: date, last: date) -> int:
    """The answer as it is stored: labels, small cells suppressed."""
    from core.catalogue.models import Service
    from core.holdings.statistics import count

    return len(count(Service.objects.get(key=SERVICE), period_from=first, period_until=last)["rows"])


def run(options: Options, report: Report) -> None:
    """One month, then every year."""
    from django.db import connection

    from core import triggers
    from core.holdings import counts

    no_time_limit()
    hold(options.records)
    every = (FIRST_DAY, FIRST_DAY + timedelta(days=YEARS * 365))
    ways = {
        "peer: plain GROUP BY, one month": lambda: plain_groups(*MONTH),
        "ours: one month": lambda: ours(*MONTH),
        "peer: plain GROUP BY, every year": lambda: plain_groups(*every),
        "ours: every year": lambda: ours(*every),
    }
    taken = alternate(ways, rounds=options.rounds)
    plain_month, month, plain_years, years = ways
    report.times(f"Counting {options.records:,} crossings", taken, against=month)
    report.say("  DuckDB over parquet: not measured: not installed")
    report.ratio("S1", taken[plain_month] / taken[month])
    report.ratio("S1.years", taken[plain_years] / taken[years])
    rounds = 2 * options.rounds + 1
    kept = alternate({"kept": lambda: one_more_day(options.records)}, rounds=rounds)["kept"]
    triggers.drop(connection, counts.PREFIX)
    bare = alternate({"bare": lambda: one_more_day(options.records)}, rounds=rounds)["bare"]
    counts.keep()
    report.say(f"  one more day: {kept * 1000:.1f} ms stored with its counts, {bare * 1000:.1f} ms without")
    report.ratio("S2", max(0.0, kept - bare) * 1000)


if __name__ == "__main__":
    main(run, title="Statistics", goals=GOALS, rows=0, records=100_000)
