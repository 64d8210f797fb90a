"""When an applicant's account is shut: a colleague of the agency goes on with the open requests."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import User
from requests_app import operations, problems
from requests_app.models import DataRequest, Status
from tests.requests_app import results

PAGE = "admin:requests_app_datarequest_change"
BUTTON = "admin:requests_app_datarequest_operation_change_requester"


@pytest.fixture
def left_alone(siti: User, agreement: Any) -> DataRequest:
    """Siti's request waits for her correction, and her account is shut."""
    request = results.make_request(
        siti, status=Status.NEEDS_CORRECTION, agreement=agreement, approved_at=None
    )
    User.objects.filter(pk=siti.pk).update(is_active=False)
    return DataRequest.objects.get(pk=request.pk)


def test_colleague_goes_on_and_is_told(
    left_alone: DataRequest, siti: User, sari: User, budi: User, drain_queue: Any, mail_text: Any
) -> None:
    with pytest.raises(PermissionDenied):
        operations.withdraw(left_alone.pk, by=sari, note="Tidak jadi diperlukan")
    changed = operations.change_requester(left_alone.pk, by=budi, requester=sari)
    assert (changed.requester, changed.status) == (sari, Status.NEEDS_CORRECTION)
    event = changed.events.get(verb="change_requester")
    assert (event.actor, event.note, event.is_public) == (budi, "Siti Aminah → Sari Dewanti", False)
    drain_queue()
    assert changed.number in mail_text(to=sari.email)
    assert operations.withdraw(changed.pk, by=sari, note="Tidak jadi diperlukan").status == Status.WITHDRAWN


def test_button_offers_active_colleagues_only(
    client: Any, sign_in: Any, left_alone: DataRequest, sari: User, joko: User, budi: User, agency: Any
) -> None:
    shut = User.objects.create_user("BADANIT_003", full_name="Wati Shut", agency=agency, is_active=False)
    url = reverse(BUTTON, args=[left_alone.pk])
    sign_in(client, budi)
    assert url in client.get(reverse(PAGE, args=[left_alone.pk])).content.decode()
    offered = client.get(url).content.decode().partition("<select")[2]
    assert "Sari Dewanti" in offered
    assert not any(name in offered for name in ("Joko Prasetyo", "Wati Shut", "Siti Aminah"))
    for person in (joko, shut, budi):
        assert client.post(url, {"requester": person.pk}).status_code == 422
        with pytest.raises(ValidationError, match="instansi yang sama"):
            operations.change_requester(left_alone.pk, by=budi, requester=person)
    assert client.post(url, {"requester": sari.pk}).status_code == 302
    assert DataRequest.objects.get(pk=left_alone.pk).requester == sari
    assert url not in client.get(reverse(PAGE, args=[left_alone.pk])).content.decode()


def test_only_officers_and_only_when_needed(
    left_alone: DataRequest, siti: User, sari: User, budi: User, umar: User
) -> None:
    for person in (sari, umar):
        with pytest.raises((PermissionDenied, DataRequest.DoesNotExist)):
            operations.change_requester(left_alone.pk, by=person, requester=sari)
    User.objects.filter(pk=siti.pk).update(is_active=True)
    with pytest.raises(ValidationError):
        operations.change_requester(left_alone.pk, by=budi, requester=sari)
    assert DataRequest.objects.get(pk=left_alone.pk).requester == siti


def test_agency_without_another_applicant_is_told_what_to_do(left_alone: DataRequest, budi: User) -> None:
    reasons = operations.reasons_against_change(left_alone, budi)
    assert reasons is not None
    assert "mendaftarkan penggantinya" in reasons[0]


def test_problems_of_the_day_name_the_request(left_alone: DataRequest, sari: User, budi: User) -> None:
    def told() -> list[str]:
        return [
            str(problem.text) for problem in problems.problems() if left_alone.number in str(problem.text)
        ]

    assert len(told()) == 1
    operations.change_requester(left_alone.pk, by=budi, requester=sari)
    assert told() == []
