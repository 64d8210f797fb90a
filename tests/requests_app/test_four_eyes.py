"""Four eyes in the database: written past the operations, on both databases, in every order (architecture.md §6)."""

import io
import threading
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_migrate, pre_migrate

from accounts.models import User
from core import triggers
from core.rules.models import Reason
from requests_app import four_eyes
from requests_app.models import Answer, DataRequest, RequestRow, ResultDocument, StatisticsItem, Status
from requests_app.problems import problems
from tests.database import run_until_it_waits
from tests.requests_app import results
from tests.requests_app.test_revocation import make_document

APPROVALS = ("approved_by", "second_approved_by", "override_by")


@pytest.fixture
def waiting(siti: User, rina: User, catalogue: Any) -> DataRequest:
    """Waits for approval; Rina decided its only row, somebody else typed the answer."""
    request = results.make_request(siti, status=Status.AWAITING_APPROVAL, approved_at=None)
    results.add_row(request, catalogue["paspor"], results.ASKED, by=rina)
    return request


def refused(change: Any) -> bool:
    try:
        with transaction.atomic():
            change()
    except IntegrityError as error:
        if "four-eyes" not in str(error):
            raise
        return True
    return False


def approve(request: DataRequest, **who: User | None) -> Any:
    # A second or an emergency approval needs a first one, which is not the point here.
    return lambda: DataRequest.objects.filter(pk=request.pk).update(**who)


def test_who_decided_a_row_does_not_approve(
    waiting: DataRequest, rina: User, ratna: User, puti: User
) -> None:
    assert refused(approve(waiting, approved_by=rina))
    assert refused(approve(waiting, approved_by=ratna, second_approved_by=rina))
    assert not refused(approve(waiting, approved_by=ratna, second_approved_by=puti))


def test_who_approves_in_an_emergency_did_not_decide_a_row(waiting: DataRequest, rina: User) -> None:
    with connection.cursor() as cursor:
        statement = "UPDATE requests_app_datarequest SET override_by_id = %s WHERE number = %s"
        assert refused(lambda: cursor.execute(statement, [rina.pk, waiting.number]))


def test_who_typed_an_answer_or_counted_does_not_approve(
    waiting: DataRequest, ratna: User, puti: User, rina: User, catalogue: Any
) -> None:
    row = waiting.rows.get()
    Answer.objects.create(row=row, values={}, source=Answer.Source.TYPED, by=ratna)
    assert refused(approve(waiting, approved_by=ratna))
    question = results.add_statistics(waiting, catalogue["paspor"], results.TABLE)
    StatisticsItem.objects.filter(pk=question.pk).update(answered_by=puti)
    assert refused(approve(waiting, approved_by=puti))


@pytest.mark.parametrize("name", APPROVALS)
def test_who_approved_decides_counts_and_types_nothing_afterwards(
    waiting: DataRequest, ratna: User, puti: User, catalogue: Any, name: str
) -> None:
    if name == "override_by":
        values: dict[str, Any] = {"override_reason": Reason.objects.offered(Reason.Purpose.OVERRIDE)[0]}
        values |= {"override_reason_said": "Mendesak", "override_reason_said_en": "Urgent"}
    else:
        values = {} if name == "approved_by" else {"approved_by": puti}
    DataRequest.objects.filter(pk=waiting.pk).update(**{**values, name: ratna})
    row, rows = waiting.rows.get(), RequestRow.objects.filter(request=waiting)
    question = results.add_statistics(waiting, catalogue["paspor"], results.TABLE)
    assert refused(lambda: rows.update(decided_by=ratna))
    assert refused(lambda: results.add_row(waiting, catalogue["paspor"], results.ASKED, by=ratna))
    assert refused(lambda: Answer.objects.create(row=row, values={}, source="typed", by=ratna))
    assert refused(lambda: Answer.objects.bulk_create([Answer(row=row, values={}, source="typed", by=ratna)]))
    assert refused(lambda: StatisticsItem.objects.filter(pk=question.pk).update(answered_by=ratna))
    assert not refused(lambda: rows.update(decided_by=None))


def test_answer_moved_to_another_officer_or_row_is_looked_at_too(
    waiting: DataRequest, siti: User, rina: User, ratna: User, catalogue: Any
) -> None:
    approve(waiting, approved_by=ratna)()
    mine = Answer.objects.create(row=waiting.rows.get(), values={}, source="typed", by=rina)
    other = results.make_request(siti, status=Status.PROCESSING, approved_at=None)
    elsewhere = results.add_row(other, catalogue["paspor"], results.ASKED, by=ratna)
    theirs = Answer.objects.create(row=elsewhere, values={}, source="typed", by=ratna)
    assert refused(lambda: Answer.objects.filter(pk=mine.pk).update(by=ratna))
    assert refused(lambda: Answer.objects.filter(pk=theirs.pk).update(row=mine.row))
    assert refused(lambda: RequestRow.objects.filter(pk=elsewhere.pk).update(request=waiting, position=9))


def test_taken_back_approval_frees_the_officer_and_other_changes_pass(
    waiting: DataRequest, rina: User, ratna: User
) -> None:
    approve(waiting, approved_by=ratna)()
    assert not refused(approve(waiting, subject="LAIN"))
    approve(waiting, approved_by=None)()
    assert not refused(lambda: RequestRow.objects.filter(request=waiting).update(decided_by=ratna))
    assert refused(approve(waiting, approved_by=ratna))


@pytest.mark.parametrize("name", ["approved_by", "second_approved_by"])
def test_part_is_not_approved_by_who_answered_a_row_in_it(
    siti: User, rina: User, ratna: User, puti: User, catalogue: Any, name: str
) -> None:
    request = results.make_request(siti, status=Status.PROCESSING, approved_at=None)
    decided = results.add_row(request, catalogue["paspor"], results.ASKED, by=rina)
    typed = results.add_row(request, catalogue["paspor"], results.ASKED, by=puti)
    Answer.objects.create(row=typed, values={}, source="typed", by=rina)
    documents = ResultDocument.objects.filter(pk=make_document(request, "issued", rina, puti).pk)
    document = documents.get()
    for row in (decided, typed):
        rows = RequestRow.objects.filter(pk=row.pk)
        documents.update(**{name: rina})
        assert refused(lambda rows=rows: rows.update(released_in=document))
        documents.update(**{name: ratna})
        assert not refused(lambda rows=rows: rows.update(released_in=document))
        assert refused(lambda: documents.update(**{name: rina}))
        assert refused(lambda rows=rows: rows.update(decided_by=ratna))
        assert refused(lambda row=row: Answer.objects.create(row=row, values={}, source="typed", by=ratna))
        rows.update(released_in=None)


def test_who_typed_an_answer_does_not_hold_its_row_for_release(
    waiting: DataRequest, rina: User, ratna: User
) -> None:
    rows = RequestRow.objects.filter(request=waiting)
    answer = Answer.objects.create(row=rows.get(), values={}, source="typed", by=ratna)
    assert refused(lambda: rows.update(released_by=ratna))
    answer.delete()
    rows.update(released_by=ratna)
    assert refused(lambda: Answer.objects.create(row=rows.get(), values={}, source="typed", by=ratna))


@pytest.mark.django_db
def test_missing_trigger_is_told_by_the_check_and_put_back_by_migrate() -> None:
    assert four_eyes.missing(connection) == []
    said = io.StringIO()
    call_command("check", databases=["default"], stdout=said, stderr=said)
    assert "empat mata" not in said.getvalue()
    with connection.cursor() as cursor:
        name = sorted(triggers.present(connection, four_eyes.PREFIX))[0]
        where = (
            f" ON {triggers.present(connection, four_eyes.PREFIX)[name]}"
            if connection.vendor == "postgresql"
            else ""
        )
        cursor.execute(f"DROP TRIGGER {name}{where}")
    assert four_eyes.missing(connection) == [name]
    assert "Penjaga empat mata tidak lengkap di basis data" in [problem.text for problem in problems()]
    call_command("check", databases=["default"], stdout=said, stderr=said)
    assert "requests_app.W001" in said.getvalue()
    call_command("migrate", verbosity=0)
    assert four_eyes.missing(connection) == []


@pytest.mark.django_db
def test_triggers_of_an_earlier_wording_are_replaced() -> None:
    present = triggers.present(connection, four_eyes.PREFIX)
    triggers.drop(connection, four_eyes.PREFIX)
    assert len(four_eyes.missing(connection)) == len(present) == 2 * len(four_eyes.RULES)
    four_eyes.raise_guard(connection)
    assert triggers.present(connection, four_eyes.PREFIX) == present


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite rebuilds a table to change a column")
def test_sqlite_may_rebuild_the_tables_and_the_triggers_come_back() -> None:

    config = apps.get_app_config("requests_app")
    told = {"app_config": config, "verbosity": 0, "interactive": False, "using": "default"}
    pre_migrate.send(sender=config, plan=[("requests_app", False)], apps=apps, **told)
    assert triggers.present(connection, four_eyes.PREFIX) == {}
    for model in (DataRequest, RequestRow, Answer, ResultDocument):
        column = model._meta.get_field("id" if model is not RequestRow else "position")
        with connection.schema_editor() as editor:
            editor._remake_table(model, alter_fields=[(column, column)])
    post_migrate.send(sender=config, plan=[], apps=apps, **told)
    assert four_eyes.missing(connection) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("answers_first", [True, False])
def test_two_at_the_same_moment_do_not_miss_each_other(
    base_data: None, siti: User, ratna: User, catalogue: Any, answers_first: bool
) -> None:
    found = results.make_request(siti, status=Status.AWAITING_APPROVAL, approved_at=None)
    row = results.add_row(found, catalogue["paspor"], results.ASKED)
    changes = [
        lambda: RequestRow.objects.filter(pk=row.pk).update(decided_by=ratna),
        approve(found, approved_by=ratna),
    ]
    first, second = changes if answers_first else reversed(changes)
    outcome: list[bool] = []

    def later() -> None:
        try:
            outcome.append(refused(second))
        finally:
            connection.close()

    other = threading.Thread(target=later)
    with transaction.atomic():
        first()
        run_until_it_waits(other)
    other.join()
    assert outcome == [True]
