"""Workbooks: reading with the guard, refusing hostile files, importing holdings, and writing exports."""

import csv
import io
import json
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from benchmarks.harness import (
    Goal,
    Options,
    Report,
    alternate,
    bulk_insert,
    clock,
    in_child,
    main,
    peak_megabytes,
)

GOALS = (
    Goal("R1", "guarded read against bare calamine", "<=", 2.0),
    Goal("R1.openpyxl", "openpyxl read_only against our guarded read", ">=", 5.0),
    Goal("R1.tablib", "tablib against our guarded read", ">=", 6.0),
    Goal("R2", "slowest refusal of a hostile file", "<=", 50, " ms"),
    Goal("R2.memory", "peak memory while refusing", "<=", 60, " MB"),
    Goal("I1", "import (check and write) against the composite floor; 2.0 on PostgreSQL", "<=", 2.5),
    Goal("I1.write", "of that the write alone, against the same floor", "<=", 2.5),
    Goal("I2", "import-export with use_bulk against our import", ">=", 10),
    Goal("I2.default", "import-export as it comes against our import", ">=", 25),
    Goal("I3", "peak memory of an import", "<=", 250, " MB"),
    Goal("I3.growth", "ten times the rows take so many times as long", "<=", 12),
    Goal("X1", "openpyxl write_only against our writer", ">=", 5),
    Goal("X1.tablib", "tablib against our writer", ">=", 12),
    Goal("X1.memory", "peak memory of an export", "<=", 60, " MB"),
)
SERVICE = "perlintasan"


# --- the data -------------------------------------------------------------------------------------------------


def invented(rows: int) -> tuple[list[str], list[list[str]]]:
    """Headings and texts as an officer's workbook of crossings holds them; the same ones each time."""
    from core.catalogue.kinds import Lookups
    from core.catalogue.models import Service
    from core.holdings.demo import Inventor
    from core.holdings.resources import KEY_LABEL

    schema, lookups = Service.objects.get(key=SERVICE).schema(), Lookups()
    names = {table: dict(getattr(lookups, table)) for table in ("countries", "offices", "checkpoints")}

    def text(item: Any, value: Any) -> str:
        table = getattr(item.kind, "table", "")
        return str(names[table][value]) if table in names else str(item.kind.entry(value, item, lookups))

    lines = [
        [key, *(text(item, values[item.key]) if item.key in values else "" for item in schema.answered)]
        for key, values in Inventor().rows(SERVICE, rows)
    ]
    return [KEY_LABEL, *(item.label for item in schema.answered)], lines


def save_workbook(path: Path | IO[bytes], header: list[str], lines: list[list[str]]) -> None:
    """A workbook with its texts in the cells, as openpyxl writes them."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append(header)
    for line in lines:
        sheet.append(line)
    book.save(path)


def hostile(folder: Path) -> dict[str, Path]:
    """A far corner cell, a bomb among the parts, and a very long text, each a small file."""
    sheet = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
    cell = '<c r="{0}" t="inlineStr"><is><t>x</t></is></c>'
    corner = "".join(
        f'<row r="{number}">{cell.format(reference)}</row>'
        for number, reference in ((1, "A1"), (1_048_576, "XFD1048576"))
    )
    found = {}
    for name in ("corner cell", "bomb", "long text"):
        plain = io.BytesIO()
        save_workbook(plain, ["A"], [])
        target = folder / f"{name.replace(' ', '-')}.xlsx"
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in source.infolist():
                if part.filename != "xl/worksheets/sheet1.xml":
                    archive.writestr(part.filename, source.read(part))
            if name == "corner cell":
                archive.writestr("xl/worksheets/sheet1.xml", sheet.format(corner))
            else:
                archive.writestr("xl/worksheets/sheet1.xml", sheet.format(cell.format("A1")))
                inside = "xl/worksheets/sheet2.xml" if name == "long text" else "docProps/more.xml"
                with archive.open(inside, "w") as part_file:
                    for _piece in range(256):
                        part_file.write(b"x" * 1024 * 1024)
        found[name] = target
    return found


# --- reading --------------------------------------------------------------------------------------------------


def read_ours(path: Path) -> int:
    """Every row through the guard, in the child process, as texts, or as ``Cell`` objects where it holds more."""
    from core.doors.excel import read_rows, staff_limits

    return sum(
        bool(row is None or row.texts or row.cells) for _sheet, row in read_rows(path, limits=staff_limits())
    )


def read_calamine(path: Path) -> int:
    """The bare reader, in this process and without a guard: the floor."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    return sum(1 for name in book.sheet_names for _row in book.get_sheet_by_name(name).iter_rows())


def read_openpyxl(path: Path) -> int:
    """openpyxl's streaming mode."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    count = sum(1 for sheet in book for _row in sheet.iter_rows(values_only=True))
    book.close()
    return count


def read_tablib(path: Path) -> int:
    """What import-export reads with."""
    from tablib import Dataset

    return len(Dataset().load(path.read_bytes(), format="xlsx"))


def reading(report: Report, options: Options, path: Path) -> None:
    """R1."""
    ways = {
        "floor: calamine iter_rows": lambda: read_calamine(path),
        "ours: guard, child process, texts": lambda: read_ours(path),
        "peer: openpyxl read_only": lambda: read_openpyxl(path),
        "peer: tablib": lambda: read_tablib(path),
    }
    taken = alternate(ways, rounds=options.rounds)
    floor, ours, openpyxl, tablib = ways
    report.times(f"Reading {options.rows:,} rows", taken, against=floor)
    report.say("  fastexcel: not measured: not installed")
    report.ratio("R1", taken[ours] / taken[floor])
    report.ratio("R1.openpyxl", taken[openpyxl] / taken[ours])
    report.ratio("R1.tablib", taken[tablib] / taken[ours])


def refuse(path: str) -> list[float]:
    """Milliseconds of three refusals of one file; fails when it is taken."""
    from core.doors.excel import WorkbookError, read_workbook

    taken = []
    for _round in range(3):
        started = time.perf_counter()
        try:
            read_workbook(Path(path))
        except WorkbookError:
            taken.append((time.perf_counter() - started) * 1000)
        else:
            raise SystemExit(f"{path} was not refused")
    return sorted(taken)


def refusing(report: Report, folder: Path) -> None:
    """R2: the process lives on, quickly and with little memory."""
    from core.doors.excel import applicant_limits

    report.say("\nRefusing hostile files")
    slowest = most = 0.0
    for name, path in hostile(folder).items():
        child = in_child("benchmarks.excel", "refuse", path)
        milliseconds = child["told"][1]
        limits = json.dumps(applicant_limits().for_worker())
        memory = in_child("benchmarks.excel", "bare_read", path, limits)["told"]
        report.say(f"  {name:<52} {milliseconds:10.1f} ms {memory:8.0f} MB in the child that reads")
        slowest, most = max(slowest, milliseconds), max(most, memory)
    report.ratio("R2", slowest)
    report.ratio("R2.memory", most)


def bare_read(path: str, limits: str) -> float:
    """Peak memory in MB of the child that looks at the file."""
    import resource

    from core.doors.bounded import run_bounded

    with Path(path).open("rb") as source, tempfile.TemporaryFile() as output:
        order = json.dumps({"limits": json.loads(limits), "sheets": None})
        run_bounded("core.doors.excel_worker", source, output, arguments=[order], seconds=60)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


# --- importing ------------------------------------------------------------------------------------------------


def new_run(path: Path) -> Any:
    """An import as the console starts it, its file stored and waiting for the check."""
    from django.core.files import File

    from core.catalogue.models import Service
    from core.holdings.models import ImportRun

    run = ImportRun(service=Service.objects.get(key=SERVICE), file_name=path.name)
    with path.open("rb") as file:
        run.file.save(path.name, File(file), save=False)
    run.save()
    return run


def import_ours(path: Path | str) -> dict[str, float]:
    """Check and write as the queue does them; seconds of each."""
    from core.holdings import importing
    from core.holdings.models import ImportRun

    run = new_run(Path(path))
    started = clock()
    importing.check_import(str(run.pk))
    checked = clock()
    run.refresh_from_db()
    if run.stage != ImportRun.Stage.READY:
        raise SystemExit(f"The import was refused: {run.errors[:3]}")
    run.stage, run.created_count, run.updated_count = ImportRun.Stage.WRITING, 0, 0
    run.save()
    importing.write_import(str(run.pk))
    return {"check": checked - started, "write": clock() - checked}


def empty_holdings() -> None:
    """No record left."""
    from core.holdings.models import Record

    Record.objects.all()._raw_delete(Record.objects.db)


def ready_rows() -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of the holdings as the database takes them."""
    from django.db import connection

    from core.holdings.models import Record

    columns = [str(field.column) for field in Record._meta.concrete_fields]
    with connection.cursor() as cursor:
        quoted = ", ".join(f'"{column}"' for column in columns)
        cursor.execute(f'SELECT {quoted} FROM "{Record._meta.db_table}"')  # noqa: S608  own names
        return columns, cursor.fetchall()


def peer_resource(**options: Any) -> Any:
    """An import-export resource that stores the same rows by the same rules."""
    from import_export import fields, resources

    from core.catalogue.kinds import Lookups
    from core.catalogue.models import Service
    from core.holdings.loading import Places
    from core.holdings.models import Record
    from core.holdings.resources import KEY_LABEL

    service = Service.objects.get(key=SERVICE)
    schema, lookups, places = service.schema(), Lookups(), Places()

    class Peer(resources.ModelResource):
        source_key = fields.Field(attribute="source_key", column_name=KEY_LABEL)

        class Meta:
            model = Record
            fields = ("source_key",)
            import_id_fields = ("source_key",)
            batch_size = 1000

        def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            texts = {item.key: item.kind.from_cell(row[item.label]) for item in schema.answered}
            values, errors = schema.clean_answered(texts, lookups)
            if errors:
                raise ValueError(errors)
            instance.service, instance.source_key, instance.values = service, row[KEY_LABEL], values
            instance.identify(schema, values)
            places.fill(instance, schema)

    for name, value in options.items():
        setattr(Peer._meta, name, value)
    return Peer()


def import_peer(path: Path, **options: Any) -> None:
    """Read, dry run, read again, real run: what the console of import-export does."""
    from tablib import Dataset

    for dry_run in (True, False):
        data = Dataset().load(path.read_bytes(), format="xlsx")
        result = peer_resource(**options).import_data(data, dry_run=dry_run, raise_errors=True)
        if result.has_errors() or result.has_validation_errors():
            raise SystemExit("The peer refused rows that we take")


def importing(report: Report, options: Options, path: Path, small: Path, small_rows: int) -> None:
    """I1 to I3."""
    from core.doors.excel import staff_limits
    from core.holdings.models import Record

    empty_holdings()
    import_ours(path)
    columns, rows = ready_rows()
    table = Record._meta.db_table
    check: list[float] = []
    write: list[float] = []

    def ours() -> None:
        taken = import_ours(path)
        check.append(taken["check"])
        write.append(taken["write"])

    def floor_way() -> None:
        read_calamine(path)
        bulk_insert(table, columns, rows)

    ways = {"floor: calamine and raw COPY/executemany": floor_way, "ours: check and write": ours}
    taken = alternate(ways, rounds=options.rounds, before=empty_holdings)
    floor, own = ways
    report.times(f"Importing {options.rows:,} rows of {SERVICE}, every rule", taken, against=floor)
    report.say(
        f"  of that check {sorted(check)[len(check) // 2]:.2f} s, write {sorted(write)[len(write) // 2]:.2f} s"
    )
    report.ratio("I1", taken[own] / taken[floor])
    report.ratio("I1.write", sorted(write)[len(write) // 2] / taken[floor])

    peers = {
        "ours": lambda: import_ours(small),
        "peer: import-export, use_bulk, skip_diff": lambda: import_peer(
            small, use_bulk=True, skip_diff=True, force_init_instance=True
        ),
        "peer: import-export as it comes": lambda: import_peer(small),
    }
    against = alternate(peers, rounds=1, before=empty_holdings)
    own, bulk, default = peers
    # Our own share from the large run, where starting the child process no longer counts.
    per_row = taken["ours: check and write"] / options.rows * small_rows
    report.times(f"The same against import-export, {small_rows:,} rows", against, against=own)
    report.ratio("I2", against[bulk] / per_row)
    report.ratio("I2.default", against[default] / per_row)

    empty_holdings()
    large = in_child("benchmarks.excel", "import", path)
    empty_holdings()
    tenth = in_child("benchmarks.excel", "import", small)
    reader = in_child("benchmarks.excel", "bare_read", path, json.dumps(staff_limits().for_worker()))["told"]
    report.say(
        f"\n  peak memory at {options.rows:,} rows: worker {large['megabytes']:.0f} MB, "
        f"the child that reads for it {reader:.0f} MB"
    )
    report.ratio("I3", max(large["megabytes"], reader))
    if small_rows * 10 == options.rows:
        report.ratio("I3.growth", sum(large["told"].values()) / sum(tenth["told"].values()))
    empty_holdings()


# --- writing --------------------------------------------------------------------------------------------------


def plain_rows(rows: int) -> Iterator[list[str]]:
    """Ten columns of text."""
    for number in range(rows):
        yield [str(number), *(f"Isian {column} baris {number % 997}" for column in range(9))]


def write_ours(rows: int) -> None:
    """Our streaming writer."""
    from core.doors.excel_writer import write_rows

    with tempfile.TemporaryFile() as file:
        write_rows(file, [("Data", [f"Kolom {column}" for column in range(10)], plain_rows(rows))])


def write_openpyxl(rows: int) -> None:
    """openpyxl's streaming mode."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    for line in plain_rows(rows):
        sheet.append(line)
    with tempfile.TemporaryFile() as file:
        book.save(file)


def write_tablib(rows: int) -> None:
    """What import-export exports with."""
    from tablib import Dataset

    data = Dataset(headers=[f"Kolom {column}" for column in range(10)])
    data.extend(plain_rows(rows))
    with tempfile.TemporaryFile() as file:
        file.write(data.export("xlsx"))


def write_floor(rows: int) -> None:
    """The same text as CSV in a zip: the least any .xlsx can cost."""
    with (
        tempfile.TemporaryFile() as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive,
        archive.open("data.csv", "w") as part,
    ):
        csv.writer(io.TextIOWrapper(part, "utf-8")).writerows(plain_rows(rows))


def writing(report: Report, options: Options) -> None:
    """X1."""
    ways = {
        "floor: csv and deflate": lambda: write_floor(options.rows),
        "ours: write_rows": lambda: write_ours(options.rows),
        "peer: openpyxl write_only": lambda: write_openpyxl(options.rows),
        "peer: tablib": lambda: write_tablib(options.rows),
    }
    taken = alternate(ways, rounds=options.rounds)
    floor, ours, openpyxl, tablib = ways
    report.times(f"Writing {options.rows:,} rows of ten columns", taken, against=floor)
    report.ratio("X1", taken[openpyxl] / taken[ours])
    report.ratio("X1.tablib", taken[tablib] / taken[ours])
    report.ratio("X1.memory", in_child("benchmarks.excel", "write", options.rows)["told"])


def write_memory(rows: str) -> float:
    """How much an export adds to the peak of a process that has Django loaded already, in MB."""
    write_ours(10)
    before = peak_megabytes()
    write_ours(int(rows))
    return peak_megabytes() - before


def run(options: Options, report: Report) -> None:
    """All of it."""
    header, lines = invented(options.rows)
    small_rows = max(1, options.rows // 10)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, small = folder / "large.xlsx", folder / "small.xlsx"
        save_workbook(path, header, lines)
        save_workbook(small, header, lines[:small_rows])
        report.say(json.dumps({"columns": len(header), "bytes": path.stat().st_size}))
        del lines
        reading(report, options, path)
        refusing(report, folder)
        importing(report, options, path, small, small_rows)
    writing(report, options)


if __name__ == "__main__":
    main(
        run,
        title="Workbooks",
        goals=GOALS,
        rows=10_000,
        records=0,
        children={
            "refuse": refuse,
            "bare_read": bare_read,
            "import": import_ours,
            "write": write_memory,
        },
    )
