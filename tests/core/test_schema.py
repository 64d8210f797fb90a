"""The schema: required columns, groups, periods, and the copy a request keeps."""

import json

import pytest
import time_machine

from core.catalogue.forms import SchemaForm
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field, Schema

SCHEMA = Schema(
    "contoh",
    "Contoh",
    (
        Field("nama", "Nama", "person_name", asked=True, required=True, answered=True, identifies="name"),
        Field("tanggal_lahir", "Tanggal Lahir", "date", asked=True, required=True, identifies="birth_date"),
        Field("nik", "NIK", "national_id", asked=True, group="nomor", identifies="national_id"),
        Field("no_paspor", "No. Paspor", "passport_no", asked=True, group="nomor", identifies="passport_no"),
        Field("niora", "NIORA", "document_no", asked=True, group="nomor", identifies="niora"),
        Field("dari", "Dari", "date", asked=True),
        Field("sampai", "Sampai", "date", asked=True, options={"not_before": "dari", "max_days": 366}),
        Field("arah", "Arah", "choice", answered=True, choices=(("MASUK", "Masuk"),), measures="direction"),
    ),
    service_label_en="Example",
)
ROW = {"nama": "Siti", "tanggal_lahir": "17-05-1988", "nik": "3174091705880003"}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-22 10:00 +0700", tick=False):
        yield


def errors(**changes):
    return SCHEMA.clean_asked({**ROW, **changes}, Lookups())[1]


def test_good_row_gives_json_ready_values():
    values, wrong = SCHEMA.clean_asked({**ROW, "no_paspor": " a123123 ", "extra": "x"}, Lookups())
    assert wrong == {}
    assert values == {
        "nama": "Siti",
        "tanggal_lahir": "1988-05-17",
        "nik": "3174091705880003",
        "no_paspor": "A123123",
    }
    json.dumps(values)


def test_missing_required_columns_are_named():
    assert errors(nama="", tanggal_lahir=" ") == {
        "nama": ["Isi Nama"],
        "tanggal_lahir": ["Tanggal Lahir masih kosong. Isi tanggal-bulan-tahun"],
    }


def test_one_of_a_group_is_enough_and_a_wrong_one_is_not_told_twice():
    assert errors(nik="") == {"nik": ["Isi salah satu, NIK, No. Paspor atau NIORA"]}
    assert errors(nik="", niora="J1U1XEQ44340") == {}
    assert list(errors(nik="123")) == ["nik"]


@pytest.mark.parametrize(
    ("dari", "sampai", "message"),
    [
        ("10-10-2024", "02-10-2024", "Sampai lebih awal daripada tanggal mulai"),
        ("01-01-2023", "03-01-2024", "Sampai paling lama 366 hari sesudah tanggal mulai"),
    ],
)
def test_period_is_checked_as_a_whole(dari, sampai, message):
    assert errors(dari=dari, sampai=sampai) == {"sampai": [message]}


def test_period_of_a_day_and_of_a_year_are_good():
    assert errors(dari="02-10-2024", sampai="02-10-2024") == {}
    assert errors(dari="01-01-2024", sampai="01-01-2025") == {}
    assert errors(sampai="02-10-2024") == {}


def test_answers_may_lack_anything():
    assert SCHEMA.clean_answered({}, Lookups()) == ({}, {})
    assert SCHEMA.clean_answered({"arah": "masuk"}, Lookups()) == ({"arah": "MASUK"}, {})
    assert list(SCHEMA.clean_answered({"arah": "x"}, Lookups())[1]) == ["arah"]


def test_copy_of_a_request_equals_the_original():
    assert Schema.from_json(json.loads(json.dumps(SCHEMA.to_json()))) == SCHEMA


def test_typed_columns_are_filled_from_values():
    values = {"nama": "Siti", "nik": "3174091705880003", "no_paspor": "", "arah": "MASUK"}
    assert SCHEMA.identifying(values) == {"name": "Siti", "national_id": "3174091705880003"}
    assert SCHEMA.measuring(values) == {"direction": "MASUK"}


def test_form_and_excel_speak_with_the_same_words():
    form = SchemaForm(SCHEMA, data={**ROW, "nama": "R2D2", "nik": "1"})
    assert not form.is_valid()
    assert {key: list(texts) for key, texts in form.errors.items()} == errors(nama="R2D2", nik="1")


def test_form_shows_stored_values():
    form = SchemaForm(SCHEMA, values={"tanggal_lahir": "1988-05-17"})
    assert 'value="1988-05-17"' in str(form["tanggal_lahir"])


@pytest.mark.django_db
def test_schema_costs_two_queries_and_leaves_out_retired_columns(catalogue, django_assert_num_queries):
    catalogue["paspor"].fields.filter(key="catatan").update(is_retired=True)
    with django_assert_num_queries(2):
        schema = Service.objects.with_fields().get(key="paspor").schema()
    assert "catatan" not in [item.key for item in schema.fields]
    with pytest.raises(KeyError):
        schema.field("catatan")
