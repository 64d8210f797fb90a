"""Result documents: the long PDF in pieces against plain WeasyPrint in one, its memory, and two workers at once."""

import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from benchmarks.harness import ROOT, Goal, Options, Report, alternate, in_child, main

GOALS = (
    Goal("P1", "annex in pieces against plain WeasyPrint in one", "<=", 1.15),
    Goal("P1.memory", "peak memory of making both files", "<=", 200, " MB"),
    Goal("P1.growth", "ten times the rows take so many times as long", "<=", 11),
    Goal("P2", "two documents one after the other against two workers at once", ">=", 1.4),
)
SERVICE = "paspor"


def answered_request(rows: int) -> Any:
    """A document waiting for its files, of a request with so many answered rows."""
    from accounts.models import Agency, User
    from core.catalogue.kinds import Lookups
    from core.catalogue.models import Service
    from core.doors import clock
    from core.holdings.demo import Inventor
    from requests_app.models import Answer, DataRequest, Outcome, RequestRow, ResultDocument, Status

    agency, _made = Agency.objects.get_or_create(
        name="BADAN UJI", defaults={"code": "UJI", "address": "Jakarta"}
    )
    applicant, _made = User.objects.get_or_create(
        username="UJI_001", defaults={"full_name": "Uji", "agency": agency, "email": "uji@demo.example"}
    )
    approver, _made = User.objects.get_or_create(
        username="penyetuju", defaults={"full_name": "Penyetuju", "is_staff": True, "email": "p@demo.example"}
    )
    officer, _made = User.objects.get_or_create(
        username="petugas", defaults={"full_name": "Petugas", "is_staff": True, "email": "o@demo.example"}
    )
    number = DataRequest.objects.count() + 1
    now = clock.now()
    request = DataRequest.objects.create(
        requester=applicant,
        agency=agency,
        number=f"BENCH{number:05}",
        status=Status.ISSUING,
        subject="PERMOHONAN DATA",
        purpose="PENELITIAN",
        letter_number="1/2024",
        submitted_at=now - timedelta(days=2),
        approved_at=now,
        approved_by=approver,
    )
    service = Service.objects.get(key=SERVICE)
    schema = service.schema()
    lookups = Lookups()
    made, found = [], []
    for position, (_key, values) in enumerate(Inventor().rows(SERVICE, rows), start=1):
        clean, errors = schema.clean_answered({key: str(value) for key, value in values.items()}, lookups)
        if errors:
            raise SystemExit(f"Invented values are refused: {errors}")
        asked = {item.key: clean[item.key] for item in schema.asked if item.key in clean}
        row = RequestRow(
            request=request, position=position, service=service, values=asked, outcome=Outcome.FOUND
        )
        row.identify(schema, asked)
        made.append(row)
        found.append(clean)
    RequestRow.objects.bulk_create(made, batch_size=500)
    rows_made = request.rows.order_by("position")
    Answer.objects.bulk_create(
        [Answer(row=row, values=values, by=officer) for row, values in zip(rows_made, found, strict=True)],
        batch_size=500,
    )
    return ResultDocument.objects.create(
        request=request, number=f"UJI-{number}", scope="2024", sequence=number, numbered_at=now
    )


def annex(document: Any) -> tuple[dict[str, Any], list[Any]]:
    """What the annex of the document is rendered from: context and entries."""
    from requests_app import documents

    sections, _shown, _total = documents._sections(document, document.request)
    return {**documents._head(document.numbered_at), "document": document}, [
        entry for section in sections for entry in section.entries
    ]


def make(pk: str) -> int:
    """Makes both files of a document, as the worker does."""
    from requests_app.documents import make_files
    from requests_app.models import ResultDocument

    document = ResultDocument.objects.get(pk=pk)
    ResultDocument.objects.filter(pk=pk).update(pdf_sha256="", xlsx_sha256="")
    document.pdf_sha256 = document.xlsx_sha256 = ""
    make_files(document)
    return int(document.pdf_size)


def together(pks: list[Any]) -> float:
    """Seconds by the wall until two worker processes have made a document each."""
    started = time.perf_counter()
    workers = [
        subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "benchmarks.documents", "--child", "make", str(pk)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        for pk in pks
    ]
    if any(worker.wait() for worker in workers):
        raise SystemExit("A worker did not make its document")
    return time.perf_counter() - started


def run(options: Options, report: Report) -> None:
    """Rendering in one process, then whole documents in processes of their own."""
    from core.doors.pdf import render_in_chunks, render_pdf

    template = "requests_app/documents/annex.html"
    large = answered_request(options.rows)
    context, entries = annex(large)
    whole = {
        **context,
        "rows": entries,
        "first_number": 1,
        "first_page": 1,
        "is_first": True,
        "is_last": True,
    }
    few = entries[: max(1, len(entries) // 10)]
    ways = {
        "peer: plain WeasyPrint, one piece": lambda: render_pdf(template, whole),
        "ours: in pieces, merged": lambda: render_in_chunks(template, context, entries),
        "ours: a tenth of the rows": lambda: render_in_chunks(template, context, few),
    }
    taken = alternate(ways, rounds=options.rounds)
    plain, pieces, tenth = ways
    report.times(f"Annex of {len(entries):,} rows", taken, against=plain)
    report.ratio("P1", taken[pieces] / taken[plain])
    report.ratio("P1.growth", taken[pieces] / taken[tenth])

    child = in_child("benchmarks.documents", "make", large.pk)
    report.ratio("P1.memory", child["megabytes"])
    report.say(f"  both files: {child['seconds']:.2f} s, peak {child['megabytes']:.0f} MB")

    twin = answered_request(options.rows)
    one_by_one = together([large.pk]) + together([twin.pk])
    at_once = together([large.pk, twin.pk])
    report.say(
        f"  two documents: one after the other {one_by_one:.2f} s, at once {at_once:.2f} s by the wall"
    )
    report.ratio("P2", one_by_one / at_once)


if __name__ == "__main__":
    main(run, title="Documents", goals=GOALS, rows=500, records=0, children={"make": make})
