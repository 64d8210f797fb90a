"""The access log: append-only, chained, and found again by who knows the number."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Registration, RegistrationEvent
from core.access_log.models import AccessEntry, AccessSubject, Action, ChainHead
from core.access_log.record import record_access, subject_keys
from core.access_log.verify import verify_chain
from core.append_only import changes_allowed, closed_tables
from core.holdings.models import Record
from requests_app.models import RequestRow
from tests.requests_app import results

CLOSED = [
    "access_log_accessentry",
    "access_log_accesssubject",
    "accounts_identitycheck",
    "accounts_registrationevent",
    "requests_app_destructionitem",
    "requests_app_internalnote",
    "requests_app_message",
    "requests_app_messageread",
    "requests_app_messageretraction",
    "requests_app_requestevent",
    "requests_app_rowevent",
]


def person(**columns: object) -> Record:
    return Record(**{"national_id": "3174031508900001", "passport_no": "A123123", **columns})


def write(count: int, actor: object = None) -> list[AccessEntry]:
    return [
        record_access(
            Action.VIEW_RECORD,
            actor=actor,
            purpose=f"REQ{number}",
            object_type="record",
            object_id=number,
            persons=[person()],
        )
        for number in range(count)
    ]


def refused(change: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            change()
    except IntegrityError as error:
        return "append-only" in str(error)
    return False


@pytest.mark.django_db
def test_trails_have_their_triggers_after_all_migrations():
    assert closed_tables(connection) == CLOSED


@pytest.mark.django_db
def test_access_log_refuses_change_and_removal():
    entry = write(1)[0]
    assert refused(lambda: AccessEntry.objects.filter(pk=entry.pk).update(purpose="lain"))
    assert refused(lambda: entry.subjects.all().delete())
    assert refused(lambda: AccessSubject.objects.update(key="x"))
    assert refused(lambda: AccessEntry.objects.filter(pk=entry.pk)._raw_delete("default"))
    assert AccessEntry.objects.get(pk=entry.pk).purpose == "REQ0"
    assert entry.subjects.count() == 2


@pytest.mark.django_db
def test_registration_trail_refuses_change_and_removal():
    registration = Registration.objects.create(
        agency_name="BADAN IT NASIONAL", unit="Pusat Data", full_name="Siti Aminah", employee_number="1"
    )
    RegistrationEvent.objects.create(registration=registration, verb="submit")
    assert refused(lambda: RegistrationEvent.objects.update(note="lain"))
    assert refused(lambda: RegistrationEvent.objects.all().delete())


@pytest.mark.django_db
def test_chain_is_sound_when_nobody_touched_it(siti):
    write(3, siti)
    assert verify_chain() == (3, None)
    call_command("verify_access_log", verbosity=0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("edit", "content or subjects"),
        ("delete", "does not follow"),
        ("tail", "the head says"),
        ("insert", "does not follow"),
        ("head", "head of the chain is missing"),
        ("subject", "content or subjects"),
    ],
)
def test_chain_finds_damage(damage, found):
    first, middle, last = write(3)
    with changes_allowed():
        if damage == "edit":
            AccessEntry.objects.filter(pk=middle.pk).update(actor_name="orang lain")
        elif damage == "delete":
            AccessSubject.objects.filter(entry=middle).delete()
            AccessEntry.objects.filter(pk=middle.pk).delete()
        elif damage == "tail":
            AccessSubject.objects.filter(entry=last).delete()
            AccessEntry.objects.filter(pk=last.pk).delete()
        elif damage == "insert":
            AccessEntry.objects.filter(pk=last.pk).update(previous_hash=first.hash)
        elif damage == "subject":
            AccessSubject.objects.filter(entry=middle).delete()
        else:
            ChainHead.objects.all().delete()
    assert found in str(verify_chain()[1])
    with pytest.raises(CommandError):
        call_command("verify_access_log", verbosity=0)


@pytest.mark.django_db
def test_subject_is_found_by_each_number_but_never_stored():
    write(1)
    for column, value in (("national_id", "3174031508900001"), ("passport_no", "A123123")):
        keys = subject_keys([Record(**{column: value})])
        assert AccessSubject.objects.filter(key__in=keys).count() == 1
    assert not AccessSubject.objects.filter(key__contains="A123123").exists()


@pytest.mark.django_db(transaction=True)
def test_trails_stay_closed_when_a_test_database_is_emptied():
    write(1)
    call_command("flush", verbosity=0, interactive=False)
    assert not AccessEntry.objects.exists()
    assert closed_tables(connection) == CLOSED


def test_flush_is_refused_outside_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("flush", verbosity=0, interactive=False)


@pytest.mark.django_db
def test_many_subjects_are_those_of_few_and_the_chain_stays_sound(siti, catalogue, agreement) -> None:
    """Read from a query and written at one stroke, whatever their number."""
    request = results.make_request(siti, agreement=agreement)
    schema, rows = catalogue["paspor"].schema(), []
    for number in range(1, 1003):
        values = {**results.ASKED, "no_paspor": "" if number > 1000 else f"A{number:06}"}
        row = RequestRow(request=request, position=number, service=catalogue["paspor"], values=values)
        row.identify(schema, values)
        rows.append(row)
    RequestRow.objects.bulk_create(rows, batch_size=500)
    options = {"actor": siti, "purpose": "x", "object_type": "DataRequest", "object_id": request.pk}
    with CaptureQueriesContext(connection) as queries:
        many = record_access(Action.DOWNLOAD_XLSX, persons=request.rows.select_related("service"), **options)
    assert len(queries) < 20
    one_by_one = record_access(Action.DOWNLOAD_XLSX, persons=list(request.rows.all()), **options)
    # Two without a number have the same name and day of birth.
    assert (many.count, one_by_one.count, many.subjects.count()) == (1002, 1002, 1001)
    assert set(many.subjects.values_list("key", flat=True)) == set(
        one_by_one.subjects.values_list("key", flat=True)
    )
    few = record_access(Action.DOWNLOAD_XLSX, persons=request.rows.all()[:3], **options)
    assert (few.count, few.subjects.count()) == (3, 3)
    assert verify_chain() == (3, None)
