"""The demonstration: complete, repeatable, invented, and never outside demo mode."""

import uuid
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Agency, Registration, User
from core.access_log.verify import verify_chain
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.doors import clock
from core.holdings.demo import BUSY_FROM, BUSY_OFFICE, BUSY_UNTIL, Inventor, people
from core.holdings.models import Record
from core.holdings.statistics import count
from core.reference.models import ImmigrationOffice
from requests_app import answering, operations
from requests_app.models import Candidate, DataRequest, RequestEvent, Status
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("demo")]


@pytest.fixture
def places(base_data):
    """Offices, checkpoints and countries as a fresh install has them."""
    from core.reference.loading import load_countries, load_offices, load_regions

    load_regions(max_level=2)
    load_offices()
    load_countries()


@pytest.fixture
def holdings(places):
    call_command("load_demo_holdings", count=1000, verbosity=0)


def test_demo_is_refused_outside_demo_mode(settings):
    settings.DEMO = False
    for command in ("load_demo", "load_demo_holdings"):
        with pytest.raises(CommandError):
            call_command(command)


def test_demo_shows_every_state_and_a_second_run_changes_nothing(places, settings):
    call_command("load_demo", count=600, verbosity=0)
    states = Counter(DataRequest.objects.values_list("status", flat=True))
    assert set(states) >= {
        Status.DRAFT,
        Status.SUBMITTED,
        Status.VERIFYING,
        Status.NEEDS_CORRECTION,
        Status.PROCESSING,
        Status.AWAITING_APPROVAL,
        Status.COMPLETED,
        Status.REJECTED,
        Status.WITHDRAWN,
    }
    assert DataRequest.objects.overdue().exists()
    assert set(Registration.objects.values_list("status", flat=True)) == {
        "submitted",
        "needs_correction",
        "rejected",
    }
    for login, _who in settings.DEMO_SIGN_INS:
        assert User.objects.get(username=login).check_password(settings.DEMO_PASSWORD)
    assert not Agency.objects.get(code="ARSIPCONTOH").agreements.in_force(clock.today()).exists()
    for request in DataRequest.objects.all():
        moments = list(request.events.values_list("at", flat=True))
        assert moments == sorted(moments)
        assert all(moment <= clock.now() for moment in moments)
    before = (
        Record.objects.count(),
        DataRequest.objects.count(),
        RequestEvent.objects.count(),
        User.objects.count(),
    )
    call_command("load_demo", count=600, verbosity=0)
    assert before == (
        Record.objects.count(),
        DataRequest.objects.count(),
        RequestEvent.objects.count(),
        User.objects.count(),
    )
    assert verify_chain()[1] is None


def test_invented_records_pass_the_rules_of_their_service(holdings):
    lookups = Lookups()
    for service in Service.objects.with_fields():
        schema = service.schema()
        for record in Record.objects.filter(service=service)[:60]:
            texts = {key: str(value) for key, value in record.values.items()}
            assert schema.clean_answered(texts, lookups) == (record.values, {}), record.source_key


def test_invention_is_the_same_each_time(places):
    assert list(Inventor().rows("perlintasan", 20)) == list(Inventor().rows("perlintasan", 20))


def test_statistics_of_the_manual_have_large_and_small_cells(holdings):
    table = count(
        Service.objects.get(key="perlintasan"),
        period_from=BUSY_FROM,
        period_until=BUSY_UNTIL,
        office=ImmigrationOffice.objects.get(slug=BUSY_OFFICE),
        direction="MASUK",
    )
    numbers = [row[-1] for row in table["rows"]]
    assert any(isinstance(number, int) and number > 5 for number in numbers)


def test_twelve_persons_are_found_as_the_fixture_says(holdings, siti, budi, rina, agreement):
    """What the journey in the browser relies on, and the manual's two persons."""
    named = people()
    assert (len(named["manual"]), len(named["people"])) == (2, 12)
    lookups = Lookups()
    for group in (named["manual"] + named["people"][:6], named["people"][6:]):
        pk = operations.create_draft(by=siti).pk
        values = {
            "letter_number": "1",
            "letter_date": clock.today(),
            "subject": "S",
            "unit": "U",
            "phone": "0812345678",
        }
        values |= {"purpose": "P", "legal_basis": "c"}
        operations.save_header(pk, by=siti, values=values, letter=factories.pdf_file())
        for person in group:
            service = Service.objects.get(key=person["service"])
            clean, errors = service.schema().clean_asked(person["asked"], lookups)
            assert errors == {}
            operations.add_row(pk, by=siti, service=service, values=clean)
        operations.answer_more_than_ten(pk, by=siti, value=False)
        operations.submit(pk, by=siti, submit_key=uuid.uuid4())
        operations.start_verification(pk, by=budi)
        operations.accept(pk, by=budi)
        operations.take(pk, by=rina)
        answering.propose_matches(pk, by=rina)
        for row, person in zip(DataRequest.objects.get(pk=pk).rows.order_by("position"), group, strict=True):
            grades = set(row.candidates.values_list("grade", flat=True))
            exact = Candidate.Grade.EXACT in grades
            found = "found" if exact else "review" if grades else "not_found"
            assert found == person["expect"], (row.name, grades)
