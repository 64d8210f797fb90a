"""Statistics: grouping, filters, and that a suppressed cell cannot be computed back."""

import json
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.holdings.models import Record
from core.holdings.statistics import HIDDEN, Cell, count, suppress
from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice

OCTOBER = {"period_from": date(2024, 10, 1), "period_until": date(2024, 10, 31)}


@pytest.fixture
def places(base_data) -> dict[str, Checkpoint]:
    region = RegionalOffice.objects.create(slug="dki-uji", name="Kantor Wilayah DKI Jakarta")
    office = ImmigrationOffice.objects.create(
        slug="uji", short_name="Uji", full_name="Kantor Imigrasi Uji", regional_office=region
    )
    return {
        "halim": Checkpoint.objects.create(
            key="halim-uji", name="TPI Halim", kind="UDARA", immigration_office=office
        ),
        "priok": Checkpoint.objects.create(key="priok-uji", name="TPI Priok", kind="LAUT"),
    }


@pytest.fixture
def cross(catalogue, places):
    """``cross(number, day, place, direction, nationality)``: so many crossings."""

    def cross(
        number: int, day: str, place: str = "halim", direction: str = "MASUK", nationality: str = "AUS"
    ):
        start = Record.objects.count()
        Record.objects.bulk_create(
            Record(
                service=catalogue["perlintasan"],
                source_key=f"s{start + index}",
                event_on=date.fromisoformat(day),
                checkpoint=places[place],
                direction=direction,
                nationality=nationality,
            )
            for index in range(number)
        )

    return cross


def test_table_counts_by_month_place_and_direction(catalogue, cross):
    cross(7, "2024-10-01")
    cross(8, "2024-10-31", direction="KELUAR")
    cross(5, "2024-11-01", place="priok")
    table = count(catalogue["perlintasan"], period_from=date(2024, 10, 1), period_until=date(2024, 11, 30))
    assert table["columns"] == ["Bulan", "TPI", "Arah", "Jumlah"]
    assert table["rows"] == [
        ["Oktober 2024", "TPI Halim", "Keluar", 8],
        ["Oktober 2024", "TPI Halim", "Masuk", 7],
        ["November 2024", "TPI Priok", "Masuk", 5],
    ]
    assert table["total"] == 20
    assert table["note"] == ""
    assert json.loads(json.dumps(table)) == table


def test_office_counts_its_own_whoever_left_through_another_ones_checkpoint(catalogue, places):
    airport = places["halim"].immigration_office
    elsewhere = RegionalOffice.objects.create(slug="jabar-uji", name="Kantor Wilayah Jawa Barat")
    bandung = ImmigrationOffice.objects.create(
        slug="bandung-uji",
        short_name="Bandung",
        full_name="Kantor Imigrasi Bandung",
        regional_office=elsewhere,
    )
    # Thirty deported by Bandung, all but two of them through the airport of the other office.
    Record.objects.bulk_create(
        Record(
            service=catalogue["deportasi"],
            source_key=f"d{number}",
            event_on=date(2024, 10, 1),
            office=bandung,
            checkpoint=places["halim"] if number < 28 else None,
        )
        for number in range(30)
    )
    line = ["Oktober 2024", "Kantor Imigrasi Bandung", 30]
    for own in ({}, {"office": bandung}, {"regional_office": elsewhere}):
        assert count(catalogue["deportasi"], **OCTOBER, **own)["rows"] == [line]
    for other in ({"office": airport}, {"regional_office": airport.regional_office}):
        assert count(catalogue["deportasi"], **OCTOBER, **other)["rows"] == []


def test_small_cell_is_hidden_and_total_becomes_a_lower_bound(catalogue, cross):
    cross(1200, "2024-10-01")
    cross(4, "2024-10-02", place="priok")
    table = count(catalogue["perlintasan"], **OCTOBER)
    assert [row[-1] for row in table["rows"]] == [1200, "<5"]
    assert table["total"] == "≥ 1.200"
    assert "melindungi data pribadi" in table["note"]


def test_filters_narrow_the_count(catalogue, cross, places):
    cross(6, "2024-10-01")
    cross(9, "2024-10-01", place="priok")
    cross(5, "2024-10-01", direction="KELUAR")
    service = catalogue["perlintasan"]
    office = places["halim"].immigration_office
    assert count(service, **OCTOBER, office=office)["total"] == 11
    assert count(service, **OCTOBER, regional_office=office.regional_office)["total"] == 11
    assert count(service, **OCTOBER, checkpoint=places["priok"])["total"] == 9
    assert count(service, **OCTOBER, direction="KELUAR")["total"] == 5


def test_citizenship_filter_hides_a_cell_whose_complement_is_small(catalogue, cross):
    cross(20, "2024-10-01", nationality="IDN")
    cross(2, "2024-10-01", nationality="AUS")
    service = catalogue["perlintasan"]
    assert count(service, **OCTOBER)["total"] == 22
    assert [row[-1] for row in count(service, **OCTOBER, citizenship="WNA")["rows"]] == ["<5"]
    assert [row[-1] for row in count(service, **OCTOBER, citizenship="WNI")["rows"]] == [HIDDEN]


def test_empty_period_says_so(catalogue):
    table = count(catalogue["paspor"], **OCTOBER)
    assert (table["rows"], table["total"]) == ([], 0)
    assert table["columns"] == ["Bulan", "Kantor Imigrasi", "Jumlah"]
    assert table["note"] == "Tidak ada data pada periode dan saringan ini."


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=5),
    st.integers(3, 7),
)
def test_suppressed_cells_keep_at_least_two_possible_values(numbers, threshold):
    cells = [Cell(*pair) for pair in numbers]
    shown, total = suppress(cells, threshold)
    for cell, value in zip(cells, shown, strict=True):
        assert not (0 < cell.number < threshold and isinstance(value, int))
    # Every small number in place of a "<n" must agree with all that is shown.
    small = [index for index, value in enumerate(shown) if value == f"<{threshold}"]
    for guess in product(range(1, threshold), repeat=len(small)):
        other = list(cells)
        for index, number in zip(small, guess, strict=True):
            other[index] = Cell(number, cells[index].rest)
        assert suppress(other, threshold) == (shown, total)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(3, 7))
def test_the_three_citizenship_tables_together_do_not_reveal_a_small_part(wni, wna, threshold):
    tables = [suppress([cell], threshold)[0][0] for cell in (Cell(wni + wna), Cell(wni, wna), Cell(wna, wni))]
    open_numbers = [value for value in tables if isinstance(value, int)]
    if 0 < wni < threshold or 0 < wna < threshold:
        # Of whole and parts at most the whole is open, so neither part follows by subtraction.
        assert len(open_numbers) <= 1 or 0 in (wni, wna)
