"""Every field kind: what passes, what it becomes, and the exact words when it does not."""

import contextlib
from datetime import date, datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.dates import parse_date
from core.catalogue.kinds import KINDS, Lookups
from core.catalogue.schema import Field


class FixedLookups(Lookups):
    """Lists without a database."""

    countries = [("AUS", "Australia"), ("IDN", "Indonesia")]
    offices = [("jakarta-selatan", "Kantor Imigrasi Jakarta Selatan")]
    checkpoints = [("udara-halim", "TPI Bandara Halim")]
    regions = [("31.74", "JAKARTA SELATAN")]


LOOKUPS = FixedLookups()


def field(kind: str, **values) -> Field:
    return Field(key="k", label="Kolom", kind_name=kind, **values)


def clean(kind: str, raw: str, **values):
    item = field(kind, **values)
    return item.kind.clean(raw, item, LOOKUPS)


GOOD = [
    ("text", "  satu   dua ", {}, "satu dua"),
    ("person_name", "Siti  Nur'aini", {}, "Siti Nur'aini"),
    ("person_name", "Sukarni", {}, "Sukarni"),
    ("person_name", "José Ximénes-Belo", {}, "José Ximénes-Belo"),
    ("person_name", "王小明", {}, "王小明"),
    ("person_name", "राम कुमार", {}, "राम कुमार"),
    ("person_name", "D‘Cruz", {}, "D‘Cruz"),
    ("number", "1 200", {}, 1200),
    ("number", "-5", {}, -5),
    ("date", "31-12-2000", {}, "2000-12-31"),
    ("date", "31/12/2000", {}, "2000-12-31"),
    ("date", "2000-12-31", {}, "2000-12-31"),
    ("date", "9 Jan 2002", {}, "2002-01-09"),
    ("date", "31 Desember 2000", {}, "2000-12-31"),
    ("date", "29-02-2000", {}, "2000-02-29"),
    ("date", "01-01-2030", {"options": {"future": True}}, "2030-01-01"),
    ("time", "8.05", {}, "08:05"),
    ("time", "23:59:10", {}, "23:59"),
    ("choice", "laki-laki", {"choices": (("L", "Laki-laki"),)}, "L"),
    ("choice", "l", {"choices": (("L", "Laki-laki"),)}, "L"),
    ("country", "indonesia", {}, "IDN"),
    ("country", "aus", {}, "AUS"),
    ("office", "kantor imigrasi jakarta selatan", {}, "jakarta-selatan"),
    ("checkpoint", "TPI Bandara Halim", {}, "udara-halim"),
    ("region", "Jakarta Selatan", {}, "31.74"),
    ("national_id", "3174 0917 0588 0003", {}, "3174091705880003"),
    ("national_id", "3471094211930006", {}, "3471094211930006"),
    ("passport_no", "a 123123", {}, "A123123"),
    ("passport_no", "E-1234567", {}, "E1234567"),
    ("document_no", "2c21ab1234yz", {}, "2C21AB1234YZ"),
    ("phone", "0812-3456 7890", {}, "081234567890"),
    ("phone", "+62 812 3456 7890", {}, "+6281234567890"),
]


@pytest.mark.parametrize(("kind", "raw", "values", "expected"), GOOD)
@time_machine.travel("2026-11-22 10:00 +0700", tick=False)
def test_kind_takes_what_people_write(kind, raw, values, expected):
    assert clean(kind, raw, **values) == expected


@pytest.mark.parametrize(("kind", "raw", "values", "expected"), GOOD)
@time_machine.travel("2026-11-22 10:00 +0700", tick=False)
def test_kind_takes_its_own_value_again(kind, raw, values, expected):
    assert clean(kind, str(expected), **values) == expected


BAD = [
    ("text", "x" * 6, {"max_length": 5}, "Kolom paling banyak 5 karakter. Anda menulis 6"),
    ("text", "a\x07b", {}, "Kolom memuat karakter yang tidak terbaca. Tulis ulang"),
    ("text", "a\x7fb\x9b", {}, "Kolom memuat karakter yang tidak terbaca. Tulis ulang"),
    ("person_name", "R2D2", {}, "Kolom memuat angka. Tulis sesuai identitas"),
    ("person_name", "-", {}, "Kolom belum memuat huruf. Tulis sesuai identitas"),
    ("person_name", ". ...", {}, "Kolom belum memuat huruf. Tulis sesuai identitas"),
    ("person_name", "=cmd|x", {}, "Kolom hanya huruf, spasi, dan tanda . ' - ,"),
    ("number", "10.7", {}, "Kolom harus bilangan bulat, terbaca “10.7”. Tulis hanya angka"),
    ("number", "1e5", {}, "Kolom harus bilangan bulat, terbaca “1e5”. Tulis hanya angka"),
    ("number", "9", {"options": {"min": 1, "max": 5}}, "Kolom harus antara 1 dan 5"),
    ("date", "31-02-2000", {}, "Kolom: “31-02-2000” tidak ada di kalender. Tulis misalnya 31-12-2000"),
    ("date", "besok", {}, "Kolom: “besok” tidak ada di kalender. Tulis misalnya 31-12-2000"),
    ("date", "01-01-1899", {}, "Kolom 01-01-1899 terlalu lama. Periksa tahunnya"),
    ("date", "23-11-2026", {}, "Kolom 23-11-2026 melewati hari ini"),
    ("date", "01-01-2201", {"options": {"future": True}}, "Kolom 01-01-2201 terlalu jauh. Periksa tahunnya"),
    ("time", "25.00", {}, "Kolom: “25.00” bukan jam. Tulis misalnya 14.05"),
    (
        "choice",
        "X",
        {"choices": (("L", "Laki-laki"), ("P", "Perempuan"))},
        "“X” bukan pilihan Kolom. Pilih: Laki-laki, Perempuan",
    ),
    (
        "country",
        "Wakanda",
        {},
        "“Wakanda” bukan pilihan Kolom. Tulis nama negara atau kode tiga huruf, misalnya Indonesia atau IDN",
    ),
    ("country", "IDN", {"options": {"except": ["IDN"]}}, "Kolom Indonesia tidak berlaku untuk layanan ini"),
    ("office", "Kantor Lain", {}, "“Kantor Lain” bukan pilihan Kolom. Salin dari daftar pilihan"),
    (
        "national_id",
        "3.17E+15",
        {},
        "Kolom hanya berisi angka. Format kolom sebagai Teks agar angka tidak berubah",
    ),
    (
        "national_id",
        "123",
        {},
        "Kolom harus 16 angka, terbaca 3. Format kolom sebagai Teks agar angka 0 di depan tidak hilang",
    ),
    (
        "national_id",
        "3174093213880003",
        {},
        "Kolom tidak tersusun seperti NIK: periksa angka ke-7 sampai ke-16",
    ),
    (
        "national_id",
        "3174097205880003",
        {},
        "Kolom tidak tersusun seperti NIK: periksa angka ke-7 sampai ke-16",
    ),
    (
        "national_id",
        "3174091705880000",
        {},
        "Kolom tidak tersusun seperti NIK: periksa angka ke-7 sampai ke-16",
    ),
    ("passport_no", "A1", {}, "Kolom hanya huruf dan angka, misalnya A1234567"),
    ("document_no", "==1+1", {}, "Kolom hanya huruf dan angka, 4 sampai 30 karakter"),
    ("phone", "12345", {}, "Kolom harus diawali 0 atau +62, misalnya 081234567890"),
]


@pytest.mark.parametrize(("kind", "raw", "values", "message"), BAD)
@time_machine.travel("2026-11-22 10:00 +0700", tick=False)
def test_kind_refuses_with_the_way_out(kind, raw, values, message):
    with translation.override("id"), pytest.raises(ValidationError) as caught:
        clean(kind, raw, **values)
    assert caught.value.messages == [message]


def test_every_kind_has_good_and_bad_examples():
    assert {row[0] for row in GOOD} == set(KINDS)
    # The list of regions is refused with the words of the offices.
    assert {row[0] for row in BAD} | {"region", "checkpoint"} == set(KINDS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (3174091705880003.0, "3174091705880003"),
        (48, "48"),
        (1.5, "1.5"),
        (True, "YA"),
        (date(2000, 12, 31), "2000-12-31"),
        (datetime(2000, 12, 31), "2000-12-31"),  # noqa: DTZ001  as Excel has it
    ],
)
def test_cell_becomes_what_a_person_would_type(value, text):
    assert KINDS["text"].from_cell(value) == text


@pytest.mark.parametrize("name", list(KINDS))
def test_kind_draws_a_widget_a_column_and_its_value(name):
    item = field(name, choices=(("YA", "Ya"),))
    item.kind.widget(item, LOOKUPS).render("k", "")
    assert item.kind.column(item, LOOKUPS).width > 0
    value = "YA" if name == "choice" else next(row[3] for row in GOOD if row[0] == name)
    assert item.display({"k": value}, LOOKUPS)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.text(min_size=1, max_size=40))
def test_kind_answers_any_text_with_a_value_or_a_message(name, raw):
    item = field(name, choices=(("YA", "Ya"),), options={"future": True})
    with contextlib.suppress(ValidationError):
        value = item.kind.clean(raw.strip() or "x", item, LOOKUPS)
        assert isinstance(value, str | int)
        assert item.kind.clean(str(value), item, LOOKUPS) == value


@settings(max_examples=150, deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_date_is_read_in_every_usual_form(day):
    for form in ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y-%m-%d 00:00:00"):
        assert parse_date(day.strftime(form)) == day


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30))
def test_date_reader_never_fails(text):
    assert parse_date(text) is None or isinstance(parse_date(text), date)
