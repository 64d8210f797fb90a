"""Rows as the unit of work: held, spread, decided together, told in the history, counted as progress."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.doors import clock
from requests_app import answering, row_work
from requests_app.models import DataRequest, Outcome, RequestRow, RowEvent, Status
from requests_app.row_history import Session, sessions
from tests import factories
from tests.requests_app import results

Kind = RowEvent.Kind


@pytest.fixture
def rudi(base_data: Any) -> User:
    """A second officer who processes."""
    return factories.make_officer("rudi", "Rudi Hartono", "Petugas")


@pytest.fixture
def found(siti: User, agreement: Any, catalogue: Any) -> DataRequest:
    """A request being processed with five open rows."""
    request = results.make_request(siti, status=Status.PROCESSING, agreement=agreement, approved_at=None)
    for number in range(5):
        results.add_row(
            request,
            catalogue["paspor"],
            {**results.ASKED, "no_paspor": f"A12312{number}"},
            outcome=Outcome.PENDING,
        )
    return request


def rows(found: DataRequest) -> list[RequestRow]:
    return list(found.rows.order_by("position"))


def test_single_decisions_stand_in_the_trail_of_the_row(found: DataRequest, rina: User) -> None:
    row = rows(found)[0]
    answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND, reason="Tidak ada catatan")
    answering.type_answer(row.pk, by=rina, values={"nama": "John Doe", "no_paspor": "A123120"})
    answer = answering.type_answer(row.pk, by=rina, values={"nama": "John Doe"})
    answering.remove_answer(answer.pk, by=rina)
    answering.remove_answer(row.answers.get().pk, by=rina)
    events = list(row.events.all())
    assert [event.kind for event in events] == [
        Kind.DECIDED,
        Kind.DECIDED,
        Kind.CHANGED,
        Kind.CHANGED,
        Kind.REOPENED,
    ]
    assert (events[0].outcome, events[0].note, events[0].actor) == (
        Outcome.NOT_FOUND,
        "Tidak ada catatan",
        rina,
    )
    row.refresh_from_db()
    assert row.version == 6
    with pytest.raises(IntegrityError), transaction.atomic():
        RowEvent.objects.filter(pk=events[0].pk).update(note="lain")


def test_row_kept_by_a_colleague_is_changed_only_after_taking_over(
    found: DataRequest, rina: User, rudi: User
) -> None:
    first, second, *_others = rows(found)
    row_work.claim_rows(found.pk, by=rudi, rows=found.rows.filter(position__lte=2))
    with pytest.raises(ValidationError, match="dipegang Rudi Hartono"):
        answering.set_outcome(first.pk, by=rina, outcome=Outcome.NOT_FOUND)
    tally = row_work.claim_rows(found.pk, by=rina, rows=found.rows.filter(pk=first.pk))
    assert (tally.done, tally.held) == (0, {"Rudi Hartono": 1})
    tally = row_work.claim_rows(found.pk, by=rina, rows=found.rows.filter(pk=first.pk), take_over=True)
    assert tally.done == 1
    answering.set_outcome(first.pk, by=rina, outcome=Outcome.NOT_FOUND)
    row_work.free_rows(found.pk, by=rudi)
    second.refresh_from_db()
    assert second.assignee is None
    first.refresh_from_db()
    assert first.assignee == rina
    assert first.claimed_at is not None


def test_rows_are_spread_evenly_over_officers(found: DataRequest, rina: User, rudi: User, budi: User) -> None:
    answering.set_outcome(rows(found)[0].pk, by=rina, outcome=Outcome.NOT_FOUND)
    assert row_work.spread_rows(found.pk, by=rina, officers=[rina, rudi]) == {rina: 2, rudi: 2}
    assert [row.assignee for row in rows(found)] == [None, rina, rina, rudi, rudi]
    with pytest.raises(ValidationError, match="Tidak ada baris terbuka"):
        row_work.spread_rows(found.pk, by=rina, officers=[rudi])
    assert row_work.spread_rows(found.pk, by=rina, officers=[rudi], again=True) == {rudi: 4}
    with pytest.raises(ValidationError, match="Budi Santoso bukan petugas pengolah"):
        row_work.spread_rows(found.pk, by=rina, officers=[budi])
    with pytest.raises(PermissionDenied):
        row_work.spread_rows(found.pk, by=budi, officers=[rina])
    assert found.events.filter(verb="spread").count() == 2


def test_one_outcome_for_many_rows_records_each_and_leaves_others_rows(
    found: DataRequest, rina: User, rudi: User
) -> None:
    row_work.claim_rows(found.pk, by=rudi, rows=found.rows.filter(position=5))
    tally = row_work.set_outcomes(
        found.pk,
        by=rina,
        rows=found.rows.all(),
        outcome=Outcome.WITHHELD,
        reason="Data dikecualikan menurut undang-undang",
        expected=5,
    )
    assert (tally.done, tally.held) == (4, {"Rudi Hartono": 1})
    assert "1 baris dipegang Rudi Hartono" in tally.left[0]
    decided = RowEvent.objects.filter(kind=Kind.DECIDED, outcome=Outcome.WITHHELD, actor=rina)
    assert set(decided.values_list("position", flat=True)) == {1, 2, 3, 4}
    assert rows(found)[4].outcome == Outcome.PENDING


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": Outcome.FOUND}, "Ditemukan memerlukan jawaban"),
        ({"outcome": Outcome.WITHHELD}, "Tulis alasan"),
        ({"outcome": "lain"}, "Pilih hasil"),
        ({"outcome": Outcome.NOT_FOUND, "expected": 7}, "sekarang 5, sebelumnya 7"),
    ],
)
def test_one_outcome_for_many_rows_is_refused(
    found: DataRequest, rina: User, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        row_work.set_outcomes(found.pk, by=rina, rows=found.rows.all(), **changes)
    assert not RowEvent.objects.exists()


def test_rows_of_another_request_are_never_touched(
    found: DataRequest, rina: User, siti: User, catalogue: Any
) -> None:
    other = results.make_request(siti, status=Status.PROCESSING, approved_at=None)
    foreign = results.add_row(other, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
    everything = RequestRow.objects.all()
    assert row_work.set_outcomes(found.pk, by=rina, rows=everything, outcome=Outcome.NOT_FOUND).done == 5
    foreign.refresh_from_db()
    assert foreign.outcome == Outcome.PENDING


def test_grid_opened_before_a_colleague_changed_the_row_is_told_who(
    found: DataRequest, rina: User, rudi: User
) -> None:
    row = rows(found)[0]
    answering.set_outcome(row.pk, by=rudi, outcome=Outcome.NOT_FOUND)
    with pytest.raises(answering.RowConflict, match="diubah oleh Rudi Hartono"):
        answering.type_answer(row.pk, by=rina, values={"nama": "John Doe"}, version=row.version)


def test_typed_answer_can_be_replaced(found: DataRequest, rina: User) -> None:
    row = rows(found)[0]
    answer = answering.type_answer(row.pk, by=rina, values={"nama": "John Doe"})
    answering.type_answer(row.pk, by=rina, values={"nama": "JOHN DOE"}, answer_pk=answer.pk)
    assert row.answers.get().values == {"nama": "JOHN DOE"}
    before = row.events.count()
    answering.type_answer(row.pk, by=rina, values={"nama": "JOHN DOE"}, answer_pk=answer.pk)
    assert row.events.count() == before


def test_history_tells_sessions(found: DataRequest, rina: User, rudi: User) -> None:
    # Over a full hour, and not over midnight.
    start = timezone.localtime().replace(hour=9, minute=50, second=0)
    moments = [start + timedelta(minutes=minutes) for minutes in (0, 15, 25)]
    for row, moment in zip(rows(found), moments, strict=False):
        with patch("django.utils.timezone.now", return_value=moment):
            answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    with patch("django.utils.timezone.now", return_value=start + timedelta(hours=3)):
        answering.set_outcome(rows(found)[3].pk, by=rina, outcome=Outcome.NOT_FOUND)
        answering.set_outcome(rows(found)[4].pk, by=rudi, outcome=Outcome.NOT_FOUND)
    told = [(session.actor, session.rows, session.kind) for session in sessions(found)]
    assert told == [
        ("Rina Lestari", 3, Kind.DECIDED),
        ("Rina Lestari", 1, Kind.DECIDED),
        ("Rudi Hartono", 1, Kind.DECIDED),
    ]
    assert sessions(found)[0].span == f"{clock.short_date(start)} 09.50-10.15 WIB"


def test_session_over_midnight_names_both_days() -> None:
    begun = datetime(2028, 2, 29, 16, 50, tzinfo=UTC)
    session = Session(1, "Rina Lestari", Kind.DECIDED, 2, begun, begun + timedelta(minutes=25))
    assert session.span == "29 Feb 2028 23.50 WIB – 01 Mar 2028 00.15 WIB"


def test_database_refuses_release_by_who_answered(found: DataRequest, rina: User) -> None:
    row = rows(found)[0]
    answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestRow.objects.filter(pk=row.pk).update(released_by=rina)
