"""Pages through a real server: tracking against a minimal view, connections a request, and what a sign-in costs."""

import asyncio
import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.harness import ROOT, Goal, Options, Report, alternate, in_child, main, peak_megabytes

GOALS = (
    Goal("H1", "requests a second of the tracking page against a minimal view", ">=", 0.4),
    Goal("H1.p99", "slowest hundredth of the tracking page against that of the minimal view", "<=", 3),
    Goal("H1.queries", "queries of the tracking page", "<=", 2, ""),
    Goal("H2", "database connections opened a request, after the first", "<=", 0, ""),
    Goal("L1", "CPU time of one password check", "<=", 120, " ms"),
    Goal("L1.least", "and not less, or guessing is cheap", ">=", 40, " ms"),
    Goal("L1.memory", "memory of one password check", "<=", 64, " MB"),
)
NUMBER = "RPNJ4FNFJA"
CLIENTS = 8


def tracked_request() -> None:
    """One sent request that can be tracked, and the pages' texts."""
    from django.core.management import call_command

    from accounts.models import Agency, User
    from core.doors import clock
    from core.management.commands.prepare import collect_static
    from requests_app.models import DataRequest, Status

    call_command("load_content", verbosity=0, stdout=io.StringIO())
    collect_static()
    agency = Agency.objects.create(name="BADAN UJI", code="UJI", address="Jakarta")
    user = User.objects.create(username="UJI_001", full_name="Uji", agency=agency, email="uji@demo.example")
    DataRequest.objects.create(
        requester=user, agency=agency, number=NUMBER, status=Status.SUBMITTED, submitted_at=clock.now()
    )


@contextmanager
def served(application: str) -> Iterator[int]:
    """gunicorn with four workers of one thread, as in ``make run``; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "4",
        "--threads", "1", "--worker-class", "gthread", "--log-level", "critical", "--no-control-socket",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT)  # noqa: S603  our own interpreter
    try:
        until = time.monotonic() + 60
        while True:
            try:
                asyncio.run(load(port, 4))
                break
            except OSError:
                if time.monotonic() > until or server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


async def load(port: int, requests: int) -> tuple[float, float]:
    """Requests a second and the 99th percentile in seconds, by clients that keep their connections."""
    message = f"GET /lacak/?no={NUMBER} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    left = requests
    taken: list[float] = []

    async def client() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while left > 0:
            left -= 1
            started = time.perf_counter()
            writer.write(message)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(f"The page answered {head.splitlines()[0]!r}")
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
            taken.append(time.perf_counter() - started)
            if b"connection: close" in head:
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _client in range(CLIENTS)))
    seconds = time.perf_counter() - started
    return requests / seconds, sorted(taken)[int(len(taken) * 0.99) - 1]


def pages(report: Report, options: Options) -> None:
    """H1: both servers stand; one short load after the other."""
    rates: dict[str, list[tuple[float, float]]] = {"floor: minimal view": [], "ours: tracking page": []}
    with served("benchmarks.minimal:application") as floor_port, served("core.wsgi:application") as our_port:
        ports = dict(zip(rates, (floor_port, our_port), strict=True))
        for _round in range(options.rounds + 1):
            for name, port in ports.items():
                rates[name].append(asyncio.run(load(port, options.rows)))
    # The first round warms every worker up.
    rate = {name: median(item[0] for item in found[1:]) for name, found in rates.items()}
    slow = {name: median(item[1] for item in found[1:]) for name, found in rates.items()}
    report.say(f"\nTracking, {CLIENTS} clients, 4 workers of 1 thread")
    for name in rates:
        report.say(f"  {name:<52} {rate[name]:10.0f} requests/s   p99 {slow[name] * 1000:7.1f} ms")
    floor, ours = rates
    report.ratio("H1", rate[ours] / rate[floor])
    report.ratio("H1.p99", slow[ours] / slow[floor])


def connections(report: Report) -> None:
    """H2 and the queries of H1, through the real WSGI application, signals of the end of a request included."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connection, reset_queries
    from django.db.backends.signals import connection_created

    application: Any = get_wsgi_application()
    opened = 0

    def count(**_values: Any) -> None:
        nonlocal opened
        opened += 1

    def ask() -> None:
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/lacak/", "QUERY_STRING": f"no={NUMBER}",
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        answer = application(environ, lambda *_arguments: None)
        b"".join(answer)
        answer.close()

    connection_created.connect(count)
    ask()
    opened = 0
    for _request in range(20):
        ask()
    connection_created.disconnect(count)
    report.ratio("H2", opened / 20)
    connection.force_debug_cursor = True
    found = []

    def remember(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(remember):
        ask()
    connection.force_debug_cursor = False
    reset_queries()
    report.ratio("H1.queries", len(found))
    report.say(
        "  queries: " + "; ".join(sql.split("FROM")[-1].split("WHERE")[0].strip()[:60] for sql in found)
    )


def hash_memory() -> float:
    """How much one password check adds to the peak of this process, in MB."""
    from django.contrib.auth.hashers import make_password

    before = peak_megabytes()
    make_password("jalan-laut-kopi-senja")
    return peak_megabytes() - before


def passwords(report: Report, options: Options) -> None:
    """L1, against Django's own choice."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

    django_own = PBKDF2PasswordHasher()

    def measured(check: Any) -> Any:
        def way() -> float:
            started = time.process_time()
            check()
            return time.process_time() - started

        return way

    ways = {
        "peer: Django's PBKDF2": measured(
            lambda: django_own.encode("jalan-laut-kopi-senja", "garam-dan-lada-0123456789")
        ),
        "ours: Argon2id": measured(lambda: make_password("jalan-laut-kopi-senja")),
    }
    taken = alternate(ways, rounds=options.rounds)
    peer, ours = ways
    report.times("One password check, CPU", taken, against=peer)
    report.ratio("L1", taken[ours] * 1000)
    report.ratio("L1.least", taken[ours] * 1000)
    report.ratio("L1.memory", in_child("benchmarks.web", "hash")["told"])


def run(options: Options, report: Report) -> None:
    """All of it."""
    tracked_request()
    connections(report)
    pages(report, options)
    passwords(report, options)


if __name__ == "__main__":
    main(run, title="Pages", goals=GOALS, rows=500, records=0, children={"hash": hash_memory})
