"""The counts by month: equal to the records after whatever was done to them, and the statistics that rest on them."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import triggers
from core.holdings import counts, statistics
from core.holdings.differencing import Days
from core.holdings.loading import load_records
from core.holdings.models import FormerRecord, ImportRun, MonthCount, Record
from core.holdings.undoing import write_undo
from core.problems import platform_problems
from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice

pytestmark = pytest.mark.django_db

DAYS = st.dates(date(2024, 1, 25), date(2024, 4, 5))
CROSSING = st.fixed_dictionaries(
    {
        "kewarganegaraan": st.sampled_from(["IDN", "AUS", ""]),
        "tanggal": DAYS.map(str) | st.just(""),
        "arah": st.sampled_from(["MASUK", "KELUAR", ""]),
        "tpi": st.sampled_from(["halim-uji", "priok-uji", ""]),
        "kantor": st.sampled_from(["uji", ""]),
    }
)
CROSSINGS = st.dictionaries(st.integers(0, 12), CROSSING, max_size=9)
DEEDS = st.lists(
    st.tuples(st.just("import"), CROSSINGS)
    | st.tuples(st.just("undo"), st.none())
    | st.tuples(st.just("edit"), DAYS)
    | st.tuples(st.just("move"), st.sampled_from(["halim-uji", "priok-uji"]))
    | st.tuples(st.just("forget"), DAYS)
    | st.tuples(st.just("remove"), st.integers(0, 12)),
    max_size=6,
)


@pytest.fixture
def places(base_data) -> dict[str, Checkpoint]:
    region = RegionalOffice.objects.create(slug="dki-uji", name="Kantor Wilayah DKI Jakarta")
    office = ImmigrationOffice.objects.create(
        slug="uji", short_name="Uji", full_name="Kantor Imigrasi Uji", regional_office=region
    )
    return {
        key: Checkpoint.objects.create(key=key, name=key, kind="UDARA", immigration_office=own)
        for key, own in (("halim-uji", office), ("priok-uji", None))
    }


def counted_by_hand() -> dict[tuple, tuple[int, int, int]]:
    found: Counter[tuple] = Counter()
    for record in Record.objects.exclude(event_on=None):
        cell = (record.service_id, record.event_on.replace(day=1), record.office_id, record.checkpoint_id)
        cell = (*cell, record.direction)
        found[cell, "n"] += 1
        found[cell, record.citizenship] += 1
    return {
        cell: (found[cell, "n"], found[cell, "WNI"], found[cell, "WNA"])
        for cell, what in found
        if what == "n"
    }


def kept() -> dict[tuple, tuple[int, int, int]]:
    lines = MonthCount.objects.values_list(
        "service", "month", "office", "checkpoint", "direction", "number", "wni", "wna"
    )
    return {line[:5]: line[5:] for line in lines}


class Desk:
    """Does to the crossings what may be done to them."""

    def __init__(self, service, by) -> None:
        self.service, self.by, self.runs = service, by, []

    def do(self, deed, what) -> None:
        records = Record.objects.filter(service=self.service)
        if deed == "import":
            run = ImportRun.objects.create(
                service=self.service, stage="done", finished_at=timezone.now(), keeps_former=True
            )
            rows = [
                (str(key), {name: value for name, value in values.items() if value})
                for key, values in what.items()
            ]
            load_records(self.service, rows, import_run=run)
            self.runs.append(run)
        elif deed == "undo" and self.runs:
            run = self.runs.pop()
            ImportRun.objects.filter(pk=run.pk).update(stage="undoing", undone_by=self.by)
            write_undo(str(run.pk))
        elif deed == "edit":
            for record in records.order_by("source_key")[:3]:
                record.event_on, record.nationality = what, "MYS"
                record.save()
        elif deed == "move":
            records.filter(direction="MASUK").update(checkpoint=Checkpoint.objects.get(key=what))
        elif deed == "forget":
            records.filter(event_on__lte=what).update(event_on=None, updated_at=timezone.now())
        elif deed == "remove":
            records.filter(source_key__gte=str(what)).delete()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=DEEDS, start=DAYS, length=st.integers(0, 70))
@pytest.mark.slow
def test_counts_are_those_of_the_records_whatever_was_done(catalogue, places, rina, deeds, start, length):
    FormerRecord.objects.all().delete()
    Record.objects.all().delete()
    assert not MonthCount.objects.exists()
    desk = Desk(catalogue["perlintasan"], rina)
    for deed, what in deeds:
        desk.do(deed, what)
        assert kept() == counted_by_hand()
    period = Days(start, start + timedelta(length))
    expected: Counter[tuple] = Counter()
    for record in Record.objects.filter(event_on__range=period).select_related("checkpoint"):
        place = record.checkpoint.name if record.checkpoint else None
        expected[record.event_on.replace(day=1), place, record.direction] += 1
    groups = {"month": statistics.MonthOf("event_on"), "place": statistics.F("checkpoint__name")}
    groups["way"] = statistics.F("direction")
    found = statistics._counted(statistics.Q(service=catalogue["perlintasan"]), groups, period)
    assert {(line["month"], line["place"], line["way"]): line["n"] for line in found} == expected
    assert [line["month"] for line in found] == sorted(line["month"] for line in found)


def test_import_correction_and_removal_are_followed(catalogue, places, rina):
    desk = Desk(catalogue["perlintasan"], rina)
    crossing = {"kewarganegaraan": "AUS", "tanggal": "2024-02-10", "arah": "MASUK", "tpi": "halim-uji"}
    desk.do("import", {1: crossing, 2: crossing})
    [cell] = kept()
    assert kept() == {cell: (2, 0, 2)} == counted_by_hand()
    desk.do("import", {2: {**crossing, "kewarganegaraan": "IDN"}, 3: {**crossing, "tanggal": "2024-03-01"}})
    assert kept()[cell] == (2, 1, 1)
    assert kept() == counted_by_hand()
    desk.do("undo", None)
    assert kept() == {cell: (2, 0, 2)} == counted_by_hand()
    desk.do("remove", 0)
    assert kept() == {}


@pytest.mark.parametrize(
    ("first", "last", "whole", "cut"),
    [
        ("2024-01-01", "2024-03-31", ("2024-01-01", "2024-03-31"), []),
        ("2024-02-01", "2024-02-29", ("2024-02-01", "2024-02-29"), []),
        ("2024-02-02", "2024-02-28", None, [("2024-02-02", "2024-02-28")]),
        ("2024-02-01", "2024-02-28", None, [("2024-02-01", "2024-02-28")]),
        ("2024-02-02", "2024-02-29", None, [("2024-02-02", "2024-02-29")]),
        ("2024-01-31", "2024-02-01", None, [("2024-01-31", "2024-01-31"), ("2024-02-01", "2024-02-01")]),
        (
            "2023-12-15",
            "2024-03-10",
            ("2024-01-01", "2024-02-29"),
            [("2023-12-15", "2023-12-31"), ("2024-03-01", "2024-03-10")],
        ),
    ],
)
def test_period_is_whole_months_and_what_is_left(first, last, whole, cut):
    def days(pair):
        return Days(*map(date.fromisoformat, pair))

    assert days((first, last)).months() == (days(whole) if whole else None, [days(pair) for pair in cut])


@settings(max_examples=150, deadline=None)
@given(st.dates(date(2023, 1, 1), date(2025, 12, 31)), st.integers(0, 500))
def test_parts_of_a_period_are_the_period(start, length):
    period = Days(start, start + timedelta(length))
    whole, cut = period.months()
    if whole is not None:
        assert whole == whole.whole_months()
    parts = sorted([*cut, *([whole] if whole else [])])
    assert (parts[0].first, parts[-1].last) == period
    assert all(one.last + timedelta(1) == other.first for one, other in pairwise(parts))
    assert all(part.first.replace(day=1) == part.last.replace(day=1) for part in cut)


def test_missing_trigger_comes_back_with_a_migration_and_all_is_counted_anew(catalogue, places, rina):
    assert counts.is_kept(connection)
    triggers.drop(connection, counts.PREFIX)
    assert not counts.is_kept(connection)
    assert "holdings.W001" in {found.id for found in run_checks(databases=["default"])}
    assert "hitungan bulanan" in " ".join(problem.text for problem in platform_problems())
    crossing = {"tanggal": "2024-02-10", "arah": "MASUK", "tpi": "halim-uji"}
    Desk(catalogue["perlintasan"], rina).do("import", {1: crossing})
    assert kept() == {}
    call_command("migrate", verbosity=0)
    assert counts.is_kept(connection)
    assert "holdings.W001" not in {found.id for found in run_checks(databases=["default"])}
    assert kept() == counted_by_hand() != {}
