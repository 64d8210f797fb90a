"""How the databases look the holdings up: by number always through an index, however many records there are."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.holdings import queries
from core.holdings.forms import RecordSearchForm
from core.holdings.loading import load_records, refresh_plans

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(catalogue) -> None:
    """Enough records that reading them all is no plan."""
    for key in ("paspor", "perlintasan"):
        rows = [
            (
                f"{key}-{number}",
                {
                    "nama": f"Nama {number}",
                    "tanggal_lahir": f"19{60 + number % 40}-02-25",
                    "nik": f"317403{number:010}",
                    "no_paspor": f"A{number:07}",
                },
            )
            for number in range(300)
        ]
        load_records(catalogue[key], rows)
    refresh_plans()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE holdings_record")  # in work autovacuum does it


@pytest.fixture
def plan_of(held):
    """``plan_of(ask)``: the plan of every question to the holdings that ``ask`` puts."""

    def plan_of(ask) -> str:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            list(ask())
        asked = [query["sql"] for query in captured if '"holdings_record"' in query["sql"]]
        assert asked
        plans = []
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")  # a small table would be read whole
            for sql in asked:
                cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
                plans += [" ".join(map(str, line)) for line in cursor.fetchall()]
        return "\n".join(plans)

    return plan_of


@pytest.mark.parametrize("column", queries.NUMBER_COLUMNS)
def test_numbers_are_found_by_their_index(catalogue, plan_of, column):
    plan = plan_of(lambda: queries.with_numbers(catalogue["paspor"], column, ["A1234567", "B1234567"]))

    assert f"record_{column}" in plan
    assert "SCAN holdings_record" not in plan


def test_passports_of_one_person_are_found_by_index(catalogue, plan_of):
    plan = plan_of(lambda: queries.passport_links(national_ids=["3174033112000001"], passports=["A1234567"]))

    assert "record_national_id" in plan
    assert "record_passport_no" in plan
    assert "SCAN holdings_record" not in plan


def test_names_of_a_day_are_read_from_their_index(catalogue, plan_of):
    plan = plan_of(lambda: queries.born_on(catalogue["paspor"], [date(1996, 2, 25), date(1996, 2, 26)]))

    assert "record_born_named" in plan
    if connection.vendor == "sqlite":
        assert "USING COVERING INDEX record_born_named (service_id=? AND birth_date=?)" in plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads so small a table whole, rightly")
def test_born_and_named_goes_from_the_pairs_to_the_index(catalogue, plan_of):
    pairs = [(date(1996, 2, 25), "NAMA 1"), (date(1996, 2, 26), "NAMA 1")]
    plan = plan_of(lambda: queries.born_and_named(catalogue["paspor"], pairs))

    assert "record_born_named (service_id=? AND birth_date=? AND sound_key=?)" in plan


@pytest.mark.parametrize("chosen", [True, False], ids=["one service", "every service"])
def test_search_by_number_uses_every_index_of_numbers(catalogue, plan_of, chosen):
    form = RecordSearchForm(user=None)
    service = catalogue["paspor"] if chosen else None
    form.cleaned_data = {"number": "A1234567", "service": service, "birth_date": None, "name": ""}
    plan = plan_of(form.found)

    assert "record_national_id" in plan
    assert "record_passport_no" in plan
    assert "Scan on holdings_record" not in plan.replace("Bitmap Heap Scan", "")
    assert "SCAN holdings_record" not in plan
