"""The console's big lists and searches: with many rows against few, and against Django's default search."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from benchmarks import matching
from benchmarks.harness import Goal, Options, Report, alternate, analyze, bulk_insert, main, no_time_limit

GOALS = (
    Goal("A1", "first page of the access log with many rows against the same with 1 000", "<=", 1.5),
    Goal("A1.last", "its last page against its first", "<=", 3),
    Goal("A1.sql", "statements that count all, make distinct, or skip more than 100 000 rows", "<=", 0, ""),
    Goal("A2", "default icontains search against ours, by number", ">=", 10),
    Goal("A2.name", "the same by name and birth date", ">=", 10),
    Goal("A2.plan", "our searches that read the whole table", "<=", 0, ""),
)
FEW = 1000


def log_entries(first: int, until: int) -> None:
    """Entries of the access log; their chain is not of interest here."""
    from core.access_log.models import AccessEntry
    from core.doors import clock

    start = clock.now() - timedelta(days=365)
    columns = [str(field.column) for field in AccessEntry._meta.concrete_fields]

    def rows() -> Iterator[list[Any]]:
        for number in range(first, until):
            filled = {
                "id": number + 1,
                "at": str(start + timedelta(seconds=number)),
                "actor_id": None,
                "actor_name": f"petugas{number % 40}",
                "action": "view_rows",
                "purpose": f"UJI{number % 5000:07}",
                "object_type": "request",
                "object_id": str(number % 5000),
                "count": number % 10,
                "address": "127.0.0.1",
                "previous_hash": f"{number:064x}",
                "hash": f"{number + 1:064x}",
            }
            yield [filled[column] for column in columns]

    bulk_insert(AccessEntry._meta.db_table, columns, rows())
    analyze()


def auditor() -> Any:
    """A client signed in as an officer who may read the log."""
    from django.contrib.auth.models import Group
    from django.test import Client
    from django.utils import timezone

    from accounts.models import CodeDevice, User

    user = User.objects.create_user("umar", full_name="Umar", is_staff=True, email="umar@demo.example")
    user.groups.set(Group.objects.filter(name="Auditor"))
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    device = CodeDevice.objects.create(user=user, name="default")
    session = client.session
    now = int(timezone.now().timestamp())
    session.update(
        {"otp_device_id": device.persistent_id, "started_at": now, "seen_at": now, "confirmed_at": now}
    )
    session.save()
    return client


def watched(ask: Callable[[], Any]) -> list[tuple[str, Any]]:
    """The statements of one call with their parameters."""
    from django.db import connection

    found: list[tuple[str, Any]] = []

    def remember(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(remember):
        ask()
    return found


def is_costly(sql: str) -> bool:
    """Whether a statement on the log costs more the longer the log is."""
    if "access_log_accessentry" not in sql:
        return False
    offset = int(sql.rsplit("OFFSET", 1)[1].split()[0].strip(")")) if "OFFSET" in sql else 0
    counts_all = "COUNT(*)" in sql and "LIMIT" not in sql
    return counts_all or "DISTINCT" in sql or offset > 100_000


def lists(report: Report, options: Options) -> None:
    """A1."""
    from django.contrib.admin import site
    from django.urls import reverse

    from core.access_log.models import AccessEntry
    from core.management.commands.prepare import collect_static

    collect_static()
    client = auditor()
    address = reverse("admin:access_log_accessentry_changelist")

    def page(query: str = "") -> Any:
        answer = client.get(address + query)
        if answer.status_code != 200:
            raise SystemExit(f"The list answered {answer.status_code}")
        return answer

    log_entries(0, FEW)
    page()
    few = alternate({"few": page}, rounds=options.rounds)["few"]
    log_entries(FEW, options.records)
    listed = site._registry[AccessEntry]
    last = listed.paginator(AccessEntry.objects.all(), listed.list_per_page).num_pages
    ways = {"ours: first page": page, "ours: last page": lambda: page(f"?p={last}")}
    taken = alternate(ways, rounds=options.rounds)
    taken = {f"ours: first page of {FEW:,} rows": few, **taken}
    report.times(
        f"Access log of {options.records:,} rows", taken, against=f"ours: first page of {FEW:,} rows"
    )
    report.ratio("A1", taken["ours: first page"] / few)
    report.ratio("A1.last", taken["ours: last page"] / taken["ours: first page"])
    costly = []
    for query in ("", f"?p={last}", "?q=UJI0000001", "?action__exact=view_rows"):
        costly += [sql for sql, _params in watched(partial(page, query)) if is_costly(sql)]
    for sql in costly:
        report.say(f"  costly: {sql[:150]} … {sql[-60:]}")
    report.ratio("A1.sql", len(costly))


def searches(report: Report, options: Options) -> None:
    """A2: by a number, and by name and birth date."""
    from django.db import connection
    from django.db.models import Q

    from core.holdings.forms import RecordSearchForm
    from core.holdings.models import Record

    matching.hold(0, options.records)
    person = matching.Inventor().person(options.records // 2)

    def ours(**given: Any) -> list[Any]:
        form = RecordSearchForm(user=None)
        form.cleaned_data = {"number": "", "service": None, "birth_date": None, "name": "", **given}
        found = list(form.found())
        if not found:
            raise SystemExit("Our search found nobody")
        return found

    def default(text: str) -> list[Any]:
        words = Q()
        for word in text.split():
            words &= Q(name__icontains=word) | Q(passport_no__icontains=word) | Q(national_id__icontains=word)
        return list(Record.objects.filter(words).order_by("-pk")[:100])

    by_name = {"name": person.name, "birth_date": person.born}
    ways = {
        "ours: by number": lambda: ours(number=person.passport_no),
        "peer: icontains, the number": lambda: default(person.passport_no),
        "ours: by name and birth date": lambda: ours(**by_name),
        "peer: icontains, the name": lambda: default(person.name),
    }
    taken = alternate(ways, rounds=options.rounds)
    number, peer_number, name, peer_name = ways
    report.times(f"Search in {options.records:,} records", taken, against=number)
    report.ratio("A2", taken[peer_number] / taken[number])
    report.ratio("A2.name", taken[peer_name] / taken[name])
    whole = 0
    prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    for way in (ways[number], ways[name]):
        for sql, params in watched(way):
            with connection.cursor() as cursor:
                cursor.execute(prefix + sql, params)
                plan = "\n".join(" ".join(map(str, line)) for line in cursor.fetchall())
            whole += "SCAN holdings_record" in plan or "Seq Scan on holdings_record" in plan
    report.ratio("A2.plan", whole)


def run(options: Options, report: Report) -> None:
    """Lists, then searches."""
    no_time_limit()
    lists(report, options)
    searches(report, options)


if __name__ == "__main__":
    main(run, title="Console", goals=GOALS, rows=0, records=100_000)
