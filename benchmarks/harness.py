"""What every benchmark shares: a throw-away database, alternating runs, peak memory, and how a result is told."""

import argparse
import gc
import hashlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: Said of a peer that the lock file does not hold: a dependency only for a comparison is not worth its weight.
NOT_INSTALLED = "not measured: not installed"

Way = Callable[[], Any]


@dataclass(frozen=True)
class Options:
    """Sizes of one run: ``rows`` come in or are asked for, ``records`` lie in the holdings."""

    rows: int
    records: int
    database: str = "sqlite"
    rounds: int = 3


@dataclass(frozen=True)
class Goal:
    """A ratio to hold, by its id: at most (``<=``) or at least (``>=``) ``limit``."""

    id: str
    text: str
    sign: str
    limit: float
    unit: str = "x"

    def is_held(self, value: float) -> bool:
        """Whether a measured value is on the good side."""
        return value <= self.limit if self.sign == "<=" else value >= self.limit


@dataclass
class Report:
    """What one benchmark found: lines for people, ratios for the last line."""

    title: str
    goals: Sequence[Goal]
    lines: list[str] = field(default_factory=list)
    ratios: dict[str, float | None] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """A line of the report, shown at once."""
        self.lines.append(text)
        print(text, flush=True)

    def times(self, heading: str, seconds: Mapping[str, float], *, against: str) -> None:
        """A small table of ways, each also as a multiple of ``against``."""
        self.say(f"\n{heading}")
        for name, value in seconds.items():
            self.say(f"  {name:<52} {value:10.4f} s  {value / seconds[against]:8.2f}x")

    def ratio(self, key: str, value: float) -> None:
        """Keeps a ratio under the id of its goal."""
        self.ratios[key] = round(value, 3)

    def missing(self, key: str, reason: str) -> None:
        """Says why a goal has no ratio in this run."""
        self.ratios[key] = None
        self.reasons[key] = reason

    def finish(self) -> None:
        """The table of goals, then the one line of JSON."""
        self.say(f"\n{'goal':<14} {'measured':>10} {'to hold':>12}  held  meaning")
        for goal in self.goals:
            self.ratios.setdefault(goal.id, None)
            value = self.ratios[goal.id]
            wanted = f"{goal.sign} {goal.limit:g}{goal.unit}"
            if value is None:
                reason = self.reasons.get(goal.id, "not measured at this size")
                self.say(f"{goal.id:<14} {'–':>10} {wanted:>12}   –    {goal.text} ({reason})")
            else:
                held = "yes" if goal.is_held(value) else "NO"
                self.say(f"{goal.id:<14} {value:>9.3g}{goal.unit} {wanted:>12}  {held:<4}  {goal.text}")
        print(json.dumps({goal.id: self.ratios[goal.id] for goal in self.goals}), flush=True)


def main(
    run: Callable[[Options, Report], None],
    *,
    title: str,
    goals: Sequence[Goal],
    rows: int,
    records: int,
    children: Mapping[str, Callable[..., Any]] | None = None,
) -> None:
    """The command line of a benchmark: sizes, database, and the parts that run in a process of their own."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--records", type=int, default=records)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        name, *arguments = given.child
        if children is None:
            parser.error("no such part")
        if not name.startswith("bare_"):
            import django

            django.setup()
        started = time.perf_counter()
        told = children[name](*arguments)
        seconds = time.perf_counter() - started
        print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes(), "told": told}))
        return
    options = Options(given.rows, given.records, given.database, given.rounds)
    report = Report(title, goals)
    with database(options.database):
        report.say(
            f"{title}: {options.rows:,} rows, {options.records:,} records, {options.database}, "
            f"{options.rounds} rounds"
        )
        run(options, report)
    report.finish()


def peak_megabytes() -> float:
    """Peak memory of this process in MB, without what it was before it became this program."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_child(module: str, name: str, *arguments: object) -> dict[str, Any]:
    """Runs a part in a process of its own: {"seconds", "megabytes" at its peak, "told"}.

    A part whose name begins with ``bare_`` runs without Django: a small process, so that what it starts in turn
    is not counted with the memory of its parent.
    """
    command = [sys.executable, "-m", module, "--child", name, *map(str, arguments)]
    done = subprocess.run(  # noqa: S603  our own interpreter and module
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def clock() -> float:
    """Seconds of work: CPU time with finished children on SQLite, where all work is ours, else by the wall.

    CPU time keeps the ratios steady on a machine that others use too; a database server's work it cannot see.
    """
    from django.db import connection

    if connection.vendor != "sqlite":
        return time.perf_counter()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def alternate(
    ways: Mapping[str, Way], *, rounds: int, before: Callable[[], Any] | None = None
) -> dict[str, float]:
    """Median seconds of each way, all of them in turn in every round; ``before`` is not counted.

    A way that returns a number of seconds has measured itself.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        order = list(ways) if number % 2 == 0 else list(ways)[::-1]
        for name in order:
            if before is not None:
                before()
            gc.collect()
            started = clock()
            own = ways[name]()
            seconds = clock() - started
            taken[name].append(own if isinstance(own, float) else seconds)
    return {name: median(values) for name, values in taken.items()}


# --- the database ---------------------------------------------------------------------------------------------


@contextmanager
def database(kind: str) -> Iterator[None]:
    """A fresh database with catalogue, offices, countries and roles, and an own folder; gone afterwards.

    For PostgreSQL ``DATABASE_URL`` names a server on which databases may be made.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = os.environ.get("DATABASE_URL", "")
    name = f"bench_{os.getpid()}"
    if kind == "postgres":
        if not server.startswith("postgres"):
            raise SystemExit("--database postgres needs DATABASE_URL=postgres://user:password@host:5432/name")
        _on_server(server, f'CREATE DATABASE "{name}"')
        os.environ["DATABASE_URL"] = server.rpartition("/")[0] + f"/{name}"
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'db.sqlite3'}"
    os.environ["DEMO"] = "1"
    os.environ["VAR_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings.base"
    try:
        _fill(kind, folder)
        yield
    finally:
        from django.db import connections

        connections.close_all()
        if kind == "postgres":
            _on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(folder, ignore_errors=True)


def _fill(kind: str, folder: Path) -> None:
    import django
    from django.core.management import call_command

    kept = ROOT / "var" / "bench" / f"{_fingerprint()}.sqlite3"
    if kind == "sqlite" and kept.exists():
        shutil.copy(kept, folder / "db.sqlite3")
    django.setup()
    from django.db import connection

    no_time_limit()
    if kind == "sqlite" and kept.exists():
        return
    call_command("migrate", verbosity=0, interactive=False)
    for command in ("load_offices", "load_countries", "load_catalogue", "load_reasons", "load_roles"):
        call_command(command, verbosity=0, stdout=io.StringIO())
    if kind == "sqlite":
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.parent.glob("*.sqlite3"):
            old.unlink()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        unfinished = kept.with_suffix(f".{os.getpid()}")
        shutil.copy(folder / "db.sqlite3", unfinished)
        unfinished.rename(kept)


def _fingerprint() -> str:
    """What the empty database is made of: every migration and fixture."""
    digest = hashlib.sha256()
    for file in sorted([*ROOT.glob("*/**/migrations/*.py"), *ROOT.glob("fixtures/**/*.*")]):
        digest.update(f"{file.relative_to(ROOT)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _on_server(server: str, statement: str) -> None:
    psycopg = import_module("psycopg")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def no_time_limit() -> None:
    """Takes the limit for one statement off this connection: filling and peers may take long."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


def analyze() -> None:
    """Lets the database look at what was just filled, as its own upkeep does in the night."""
    from django.db import connection

    # Autovacuum also notes which pages everybody sees: without it no index answers alone.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def bulk_insert(table: str, columns: Sequence[str], rows: Any) -> None:
    """The raw floor of storing: COPY on PostgreSQL, executemany on SQLite, in one transaction."""
    from django.db import connection, transaction

    quoted = ", ".join(f'"{column}"' for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({quoted}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})', rows)  # noqa: S608  own names
