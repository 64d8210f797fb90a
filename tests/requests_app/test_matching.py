"""Matching: what is proposed for a row, with which grade and reason, service by service."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from core.holdings.models import Record
from core.reference.models import Checkpoint
from requests_app.answering import exact_rows
from requests_app.matching import propose
from requests_app.matching.names import ALIKE, MOST_SLIPS
from requests_app.models import Candidate, DataRequest, Outcome, RequestRow

NIK = "3174033112000001"
JOHN = {"nama": "John Doe", "tanggal_lahir": "2000-12-31"}
ELEANOR = {"nama": "Eleanor Whitfield", "tanggal_lahir": "1985-04-12", "kewarganegaraan": "AUS"}


@pytest.fixture
def request_of_siti(siti) -> DataRequest:
    return DataRequest.objects.create(requester=siti, agency=siti.agency)


@pytest.fixture
def hold(catalogue):
    """``hold("paspor", key="1", **values)``: a record of the holdings."""

    def hold(service: str, key: str = "1", **values: Any) -> Record:
        schema = catalogue[service].schema()
        record = Record(service=catalogue[service], source_key=key, values=values)
        record.identify(schema, values)
        measured = schema.measuring(values)
        record.event_on = date.fromisoformat(measured["event_on"]) if "event_on" in measured else None
        record.direction = measured.get("direction", "")
        record.save()
        return record

    return hold


@pytest.fixture
def ask(catalogue, request_of_siti):
    """``ask("paspor", **values)``: a row of the request."""

    def ask(service: str, **values: Any) -> RequestRow:
        row = RequestRow(
            request=request_of_siti,
            position=request_of_siti.rows.count() + 1,
            service=catalogue[service],
            values=values,
        )
        row.identify(catalogue[service].schema(), values)
        row.save()
        return row

    return ask


CASES = [
    # service, held, asked, grade, reason
    ("paspor", {**JOHN, "nik": NIK}, {**JOHN, "nik": NIK}, "exact", "NIK sama"),
    (
        "paspor",
        {**JOHN, "no_paspor": "A123123"},
        {**JOHN, "no_paspor": "A123123"},
        "exact",
        "No. Paspor dan Tanggal Lahir sama",
    ),
    (
        "paspor",
        {**JOHN, "no_paspor": "A123123", "tanggal_lahir": "1970-01-01"},
        {**JOHN, "no_paspor": "A123123"},
        "candidate",
        "No. Paspor sama, tetapi Tanggal Lahir berbeda",
    ),
    (
        "paspor",
        {**JOHN, "nik": NIK, "nama": "Sri Wahyuni"},
        {**JOHN, "nik": NIK},
        "candidate",
        "NIK sama, tetapi Nama berbeda",
    ),
    ("paspor", JOHN, {**JOHN, "no_paspor": "A123123"}, "candidate", "Nama dan tanggal lahir sama"),
    (
        "paspor",
        {**JOHN, "nama": "Jon Doe"},
        {**JOHN, "no_paspor": "A123123"},
        "candidate",
        "Nama mirip 92 %, tanggal lahir sama",
    ),
    (
        "paspor",
        {**JOHN, "nama": "H. Moh. Djoko Soesilo"},
        {**JOHN, "nama": "MUHAMMAD JOKO SUSILO", "no_paspor": "A1"},
        "candidate",
        "Nama sama menurut bunyi, tanggal lahir sama",
    ),
    (
        "paspor",
        {**JOHN, "tanggal_lahir": "2002-01-09"},
        {**JOHN, "tanggal_lahir": "2002-09-01", "no_paspor": "A123123"},
        "candidate",
        "Nama mirip 100 %, hari dan bulan lahir tertukar",
    ),
    ("paspor", {**JOHN, "tanggal_lahir": "2000-12-28"}, {**JOHN, "no_paspor": "A123123"}, None, ""),
    ("paspor", {**JOHN, "nama": "Sri Wahyuni"}, {**JOHN, "no_paspor": "A123123"}, None, ""),
    (
        "visa",
        {**ELEANOR, "no_visa": "V1234567"},
        {**ELEANOR, "no_visa": "V1234567"},
        "exact",
        "No. Visa sama",
    ),
    (
        "visa",
        {**ELEANOR, "no_paspor": "PA1234567"},
        {**ELEANOR, "no_paspor": "PA1234567"},
        "exact",
        "No. Paspor dan Kewarganegaraan sama",
    ),
    (
        "visa",
        {**ELEANOR, "no_paspor": "PA1234567", "kewarganegaraan": "MYS"},
        {**ELEANOR, "no_paspor": "PA1234567"},
        "candidate",
        "No. Paspor sama, tetapi Kewarganegaraan berbeda",
    ),
    ("visa", {**ELEANOR, "kewarganegaraan": "MYS"}, {**ELEANOR, "no_paspor": "PA1234567"}, None, ""),
    (
        "izin_tinggal",
        {**ELEANOR, "niora": "J1U1XEQ44340"},
        {**ELEANOR, "niora": "J1U1XEQ44340"},
        "exact",
        "NIORA sama",
    ),
    (
        "izin_tinggal",
        {**ELEANOR, "no_paspor": "PA1234567", "nama": "Budi Hartono"},
        {**ELEANOR, "no_paspor": "PA1234567"},
        "candidate",
        "No. Paspor sama, tetapi Nama berbeda",
    ),
    (
        "deportasi",
        {**ELEANOR, "no_paspor": "PA1234567", "tanggal_deportasi": "2024-10-05"},
        {**ELEANOR, "no_paspor": "PA1234567", "periode_dari": "2024-10-01", "periode_sampai": "2024-10-31"},
        "exact",
        "No. Paspor dan Kewarganegaraan sama",
    ),
    (
        "deportasi",
        {**ELEANOR, "no_paspor": "PA1234567", "tanggal_deportasi": "2023-10-05"},
        {**ELEANOR, "no_paspor": "PA1234567", "periode_dari": "2024-10-01", "periode_sampai": "2024-10-31"},
        None,
        "",
    ),
    (
        "deportasi",
        {**ELEANOR, "tanggal_deportasi": "2024-10-05"},
        {"nama": "Whitfield Eleanor", "kewarganegaraan": "AUS"},
        "candidate",
        "Nama dan Kewarganegaraan sama",
    ),
]


@pytest.mark.parametrize(("service", "held", "asked", "grade", "reason"), CASES)
def test_proposal_has_grade_and_reason(request_of_siti, hold, ask, service, held, asked, grade, reason):
    hold(service, **held)
    row = ask(service, **asked)
    propose(request_of_siti)
    found = [(item.grade, item.reason) for item in row.candidates.all()]
    assert found == ([(grade, reason)] if grade else [])
    row.refresh_from_db()
    assert row.outcome == Outcome.PENDING


BUDI = {"nama": "Budi Santoso Wijaya", "tanggal_lahir": "1990-05-20"}
SLIPS = [
    # what the record holds otherwise, what is asked for, reason
    ({"tanggal_lahir": "1990-05-21"}, {}, "Nama sama, tanggal lahir berbeda satu hari"),
    ({"tanggal_lahir": "1990-05-10"}, {}, "Nama sama, tanggal lahir berbeda sepuluh hari"),
    ({"tanggal_lahir": "1991-05-20"}, {}, "Nama sama, tahun lahir berbeda satu tahun"),
    ({"tanggal_lahir": "1990-01-01"}, {}, "Nama sama, hanya tahun lahir yang sama"),
    ({}, {"tanggal_lahir": "1990-01-01"}, "Nama sama, hanya tahun lahir yang sama"),
    (
        {"tanggal_lahir": "1990-05-21", "nama": "Boedi Santoso Wijaya"},
        {},
        "Nama sama menurut bunyi, tanggal lahir berbeda satu hari",
    ),
    (
        {"tanggal_lahir": "1990-05-21", "tempat_lahir": "Jakarta"},
        {"tempat_lahir": "Bogor"},
        "Nama sama, tanggal lahir berbeda satu hari, tetapi Tempat Lahir berbeda",
    ),
    ({}, {"nama": "B. Santoso W."}, "Nama cocok dengan inisial, tanggal lahir sama"),
    ({"nama": "Budi S"}, {"nama": "Budi Santoso"}, "Nama cocok dengan inisial, tanggal lahir sama"),
    ({}, {"nama": "Budi Wijaya"}, "Nama sama kecuali kata yang tidak ditulis, tanggal lahir sama"),
    (
        {"nama": "Budi"},
        {"nama": "Budi bin Hartono"},
        "Nama sama tanpa nama ayah (bin/binti), tanggal lahir sama",
    ),
    (
        {"tanggal_lahir": "1990-05-04", "nama": "Budi Santosa Wijaya"},
        {"tanggal_lahir": "1990-04-05"},
        "Nama mirip 94 %, hari dan bulan lahir tertukar",
    ),
    # Two slips at once, or too little in common: another person.
    ({"tanggal_lahir": "1990-05-21"}, {"nama": "B. Santoso W."}, ""),
    ({"tanggal_lahir": "1991-05-21"}, {}, ""),
    ({"tanggal_lahir": "1990-05-04", "nama": "Budy Santsa Wijya"}, {"tanggal_lahir": "1990-04-05"}, ""),
    ({}, {"nama": "Budi"}, ""),
    ({"nama": "Muhammad S"}, {"nama": "Muhammad Santoso"}, ""),
    # Another NIK says that it is another person.
    ({"tanggal_lahir": "1990-05-21", "nik": NIK}, {"nik": "3174033112000099"}, ""),
    ({"nama": "B S Wijaya", "nik": NIK}, {"nik": "3174033112000099"}, ""),
]


@pytest.mark.parametrize(("held", "asked", "reason"), SLIPS)
def test_slip_is_proposed_never_settled_and_scored_below_similar_names(
    request_of_siti, hold, ask, rina, held, asked, reason
):
    hold("paspor", **{**BUDI, **held})
    row = ask("paspor", **{**BUDI, "no_paspor": "A123123", **asked})
    propose(request_of_siti)
    assert [(item.grade, item.reason) for item in row.candidates.all()] == (
        [("candidate", reason)] if reason else []
    )
    assert all(item.score < ALIKE or "mirip" in item.reason for item in row.candidates.all())
    assert not exact_rows(request_of_siti.rows.all(), rina).exists()


def test_slip_is_not_looked_for_where_something_stronger_is_found(request_of_siti, hold, ask):
    same_day = hold("paspor", "1", **{**BUDI, "nama": "Budi Santosa Wijaya"})
    hold("paspor", "2", **{**BUDI, "tanggal_lahir": "1990-05-21"})
    hold("paspor", "3", **{**BUDI, "nama": "B Santoso W"})
    row = ask("paspor", **BUDI, no_paspor="A123123")
    propose(request_of_siti)
    assert list(row.candidates.values_list("record_id", flat=True)) == [same_day.pk]


def test_slip_beyond_the_period_or_of_another_nationality_is_not_proposed(request_of_siti, hold, ask):
    slip = {**ELEANOR, "tanggal_lahir": "1985-04-13"}
    hold("perlintasan", "1", **slip, tanggal="2024-09-30")
    hold("perlintasan", "2", **{**slip, "kewarganegaraan": "MYS"}, tanggal="2024-10-02")
    inside = hold("perlintasan", "3", **slip, tanggal="2024-10-03")
    row = ask("perlintasan", **ELEANOR, periode_dari="2024-10-01", periode_sampai="2024-10-31")
    propose(request_of_siti)
    assert list(row.candidates.values_list("record_id", flat=True)) == [inside.pk]


def test_common_name_with_a_slip_brings_a_few_proposals_only(request_of_siti, hold, ask):
    for day in range(2, 29):
        hold("paspor", str(day), **{**BUDI, "tanggal_lahir": f"1990-03-{day:02}"})
    row = ask("paspor", **{**BUDI, "tanggal_lahir": "1990-01-01"}, no_paspor="A123123")
    propose(request_of_siti)
    assert row.candidates.count() == MOST_SLIPS


def test_place_asked_for_limits_the_crossings_and_an_unknown_one_finds_only_those_without(
    request_of_siti, hold, ask, base_data
):
    here, there = (
        Checkpoint.objects.create(key=key, name=key, kind="UDARA") for key in ("halim-uji", "priok-uji")
    )
    crossed = {**ELEANOR, "no_paspor": "PA1234567", "tanggal": "2024-10-02"}
    records = [hold("perlintasan", str(number), **crossed) for number in range(3)]
    for record, place in zip(records, (here, there, None), strict=True):
        Record.objects.filter(pk=record.pk).update(checkpoint=place)
    period = {"periode_dari": "2024-10-01", "periode_sampai": "2024-10-31"}
    rows = [
        ask("perlintasan", **ELEANOR, no_paspor="PA1234567", **period, tpi=place)
        for place in ("halim-uji", "gone-uji")
    ]
    propose(request_of_siti)
    found = [set(row.candidates.values_list("record_id", flat=True)) for row in rows]
    assert found == [{records[0].pk, records[2].pk}, {records[2].pk}]


def test_crossings_of_every_passport_of_the_same_nik_within_the_period(request_of_siti, hold, ask):
    hold("paspor", "old", **JOHN, nik=NIK, no_paspor="A123123")
    hold("paspor", "new", **JOHN, nik=NIK, no_paspor="E7654321")
    held = {**JOHN, "kewarganegaraan": "IDN"}
    inside = [
        hold("perlintasan", "1", **held, no_paspor="A123123", tanggal="2024-10-02", arah="KELUAR").pk,
        hold("perlintasan", "2", **held, no_paspor="E7654321", tanggal="2024-10-10", arah="MASUK").pk,
    ]
    hold("perlintasan", "3", **held, no_paspor="A123123", tanggal="2024-10-11", arah="MASUK")
    hold("perlintasan", "4", **held, no_paspor="E7654321", tanggal="2024-10-01", arah="KELUAR")
    hold("perlintasan", "5", **{**held, "nama": "Sri Wahyuni"}, no_paspor="X1111111", tanggal="2024-10-05")
    row = ask(
        "perlintasan", **held, no_paspor="A123123", periode_dari="2024-10-02", periode_sampai="2024-10-10"
    )
    summary = propose(request_of_siti)
    assert sorted(row.candidates.values_list("record_id", flat=True)) == inside
    assert set(row.candidates.values_list("grade", flat=True)) == {"exact"}
    assert row.candidates.get(record_id=inside[1]).reason == "No. Paspor E7654321 milik NIK yang sama"
    assert (summary.rows, summary.exact, summary.written) == (1, 1, 2)


def test_direction_asked_for_limits_the_crossings(request_of_siti, hold, ask):
    held = {**JOHN, "kewarganegaraan": "IDN", "no_paspor": "A123123"}
    hold("perlintasan", "1", **held, tanggal="2024-10-02", arah="KELUAR")
    wanted = hold("perlintasan", "2", **held, tanggal="2024-10-03", arah="MASUK")
    row = ask("perlintasan", **held, arah="MASUK", periode_dari="2024-10-01", periode_sampai="2024-10-31")
    propose(request_of_siti)
    assert list(row.candidates.values_list("record_id", flat=True)) == [wanted.pk]


def test_second_run_adds_nothing_and_keeps_decisions(request_of_siti, hold, ask, rina):
    hold("paspor", "1", **JOHN, no_paspor="A123123")
    hold("paspor", "2", **{**JOHN, "nama": "Jon Doe"})
    row = ask("paspor", **{**JOHN, "no_paspor": "Z9999999"})
    assert propose(request_of_siti).written == 2
    row.candidates.filter(record__source_key="2").update(
        decision=Candidate.Decision.DECLINED, decided_by=rina, decided_at=timezone.now()
    )
    before = set(row.candidates.values_list("pk", flat=True))
    assert propose(request_of_siti).written == 0
    assert set(row.candidates.values_list("pk", flat=True)) == before
    assert row.candidates.get(record__source_key="2").decision == "declined"


def test_open_proposal_that_no_longer_holds_is_dropped(request_of_siti, hold, ask):
    record = hold("paspor", "1", **JOHN, no_paspor="A123123")
    row = ask("paspor", **JOHN, no_paspor="A123123")
    propose(request_of_siti)
    Record.objects.filter(pk=record.pk).update(birth_date=date(1970, 1, 1))
    propose(request_of_siti)
    assert [item.grade for item in row.candidates.all()] == ["candidate"]
    Record.objects.filter(pk=record.pk).update(passport_no="")
    propose(request_of_siti)
    assert not row.candidates.exists()


def test_answered_rows_are_left_alone(request_of_siti, hold, ask):
    hold("paspor", **JOHN, no_paspor="A123123")
    row = ask("paspor", **JOHN, no_paspor="A123123")
    RequestRow.objects.filter(pk=row.pk).update(outcome=Outcome.NOT_FOUND)
    assert propose(request_of_siti).rows == 0
    assert not row.candidates.exists()


def test_queries_do_not_grow_with_the_rows(request_of_siti, hold, ask, django_assert_max_num_queries):
    for number in range(40):
        hold("paspor", str(number), **JOHN, no_paspor=f"A10000{number:02}")
        ask("paspor", **JOHN, no_paspor=f"A10000{number:02}")
    with django_assert_max_num_queries(14):
        assert propose(request_of_siti).exact == 40


def test_rule_of_an_officer_by_name_alone_never_gives_an_exact_match(request_of_siti, hold, ask, catalogue):
    service = catalogue["paspor"]
    service.match_rules = [{"keys": ["name", "birth_date"], "grade": "exact"}]
    service.save()
    hold("paspor", **JOHN)
    row = ask("paspor", **JOHN)
    propose(request_of_siti)
    assert row.candidates.get().grade == "candidate"
