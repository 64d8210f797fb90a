"""``make bench``: every benchmark at its small size, one after the other, told in docs/benchmarks.md."""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.harness import ROOT, Goal

#: Name of the benchmark -> sizes that keep all of them under five minutes on two cores.
SMALL = {
    "excel": ["--rows", "3000"],
    "matching": ["--rows", "2000", "--records", "100000"],
    "statistics": ["--records", "100000"],
    "documents": ["--rows", "200"],
    "web": ["--rows", "200"],
    "admin": ["--records", "100000"],
}
TARGET = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`; not edited by hand. Each line is a ratio (or a size) taken in one alternating run of our own
code against a peer or a floor, so that a slow or busy machine changes both sides. On SQLite the time is CPU time, on
PostgreSQL time by the wall. A single script can be run at any size:
`python -m benchmarks.matching --rows 10000 --records 1000000 --database postgres`
(PostgreSQL wants `DATABASE_URL` of a server on which databases may be made). Peers that our lock file does not hold
(DuckDB, Splink, fastexcel) are not installed for a comparison only, and are said to be not measured. The last line of
each script is JSON: goal → ratio, null for what was not measured.

At these small sizes what does not grow weighs most: the child process that reads a workbook costs 50 ms of CPU before its
first row, and a table of a hundred thousand records is read whole in no time. Goals are set for 100 000 rows and for
1 to 10 million records; a goal missed here may hold there, and is not claimed to: what was measured there stands in
[benchmarks-large.md](benchmarks-large.md).
"""


def main() -> None:
    """Runs them and writes the page; ends with 1 when one could not be run, not when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    database = parser.parse_args().database
    sections, failed = [], []
    held = measured = 0
    for name, sizes in SMALL.items():
        if find_spec(f"benchmarks.{name}") is None:
            continue
        command = [sys.executable, "-m", f"benchmarks.{name}", "--database", database, *sizes]
        done = subprocess.run(  # noqa: S603  our own interpreter and module
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
        )
        print(done.stdout, flush=True)
        if done.returncode:
            failed.append(name)
            continue
        *lines, last = done.stdout.rstrip().splitlines()
        goals: tuple[Goal, ...] = import_module(f"benchmarks.{name}").GOALS
        ratios = json.loads(last)
        sections.append(section(name, goals, ratios, lines))
        measured += sum(value is not None for value in ratios.values())
        held += sum(ratios[goal.id] is not None and goal.is_held(ratios[goal.id]) for goal in goals)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {database}, small sizes"
    summary = f"\n{held} of {measured} measured goals held ({machine}).\n"
    TARGET.write_text("\n".join([HEAD + summary, *sections]), "utf-8")
    print(f"{summary}{TARGET.relative_to(ROOT)}")
    if failed:
        raise SystemExit(f"Could not be run: {', '.join(failed)}")


def section(name: str, goals: tuple[Goal, ...], ratios: dict[str, Any], lines: list[str]) -> str:
    """The part of the page about one benchmark: its goals as a table, then what it printed."""
    table = ["| id | meaning | to hold | measured | held |", "|---|---|---|---|---|"]
    for goal in goals:
        value = ratios[goal.id]
        told = "not measured" if value is None else f"{value:.3g}{goal.unit}"
        verdict = "–" if value is None else "yes" if goal.is_held(value) else "**no**"
        table.append(
            f"| {goal.id} | {goal.text} | {goal.sign} {goal.limit:g}{goal.unit} | {told} | {verdict} |"
        )
    start = next((place for place, line in enumerate(lines) if line.startswith("goal ")), len(lines))
    reasons = [line for line in lines[start:] if "   –    " in line]
    told = "\n".join([*lines[:start], *reasons]).strip()
    return f"## {name}\n\n" + "\n".join(table) + f"\n\n```text\n{told}\n```\n"


if __name__ == "__main__":
    main()
