"""Two approvals where the risk asks for them: what counts as risk, who may be second, the emergency, the database."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Agreement, User
from core.catalogue.models import Service
from core.doors import clock
from core.rules.models import Reason, WorkRules
from requests_app import operations, risk
from requests_app.models import DataRequest, Outcome, ResultDocument, Risk, Status
from tests import factories
from tests.requests_app import results


@pytest.fixture
def second(base_data) -> User:
    return factories.make_officer("yusuf", "Yusuf Kamil", "Penyetuju")


@pytest.fixture
def urgent(base_data) -> Reason:
    return Reason.objects.offered(Reason.Purpose.OVERRIDE)[0]


@pytest.fixture
def request_in(siti: User, agreement: Any, catalogue: Any):
    """``request_in(status, service="paspor", **changes)``: Siti's request with one answered row."""

    def request_in(status: Status, service: str = "paspor", **changes: Any) -> DataRequest:
        unapproved = {"approved_at": None} if status == Status.AWAITING_APPROVAL else {}
        found = results.make_request(siti, status=status, agreement=agreement, **{**unapproved, **changes})
        results.add_row(found, catalogue[service], results.ASKED, (results.ANSWER,))
        return found

    return request_in


def now(found: DataRequest) -> DataRequest:
    return DataRequest.objects.get(pk=found.pk)


# --- what is risky ---


def test_ordinary_request_needs_one_approval(request_in: Any) -> None:
    assert risk.present_risks(request_in(Status.AWAITING_APPROVAL)) == []


def test_many_rows_are_a_risk_from_the_threshold_on(request_in: Any, catalogue: Any) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    WorkRules.objects.update_or_create(pk=1, defaults={"second_approval_rows": 2})
    assert risk.present_risks(found) == []
    results.add_row(found, catalogue["paspor"], {**results.ASKED, "no_paspor": "B1"}, (results.ANSWER,))
    assert risk.present_risks(found) == [Risk.ROWS]


def test_deportation_data_is_a_risk_by_rows_and_by_statistics(request_in: Any, catalogue: Any) -> None:
    by_row = request_in(Status.AWAITING_APPROVAL, "deportasi")
    assert risk.present_risks(by_row) == [Risk.SENSITIVE]
    by_count = request_in(Status.AWAITING_APPROVAL)
    results.add_statistics(by_count, catalogue["deportasi"], results.TABLE)
    assert risk.present_risks(by_count) == [Risk.SENSITIVE]


@pytest.mark.parametrize(("age", "is_new"), [(89, True), (90, False)])
def test_an_agency_is_new_until_its_first_agreement_is_old_enough(
    request_in: Any, agreement: Agreement, age: int, is_new: bool
) -> None:
    Agreement.objects.update(valid_from=clock.today() - timedelta(days=age))
    assert risk.present_risks(request_in(Status.AWAITING_APPROVAL)) == ([Risk.NEW_AGENCY] if is_new else [])


def test_a_risk_found_at_submission_stays(request_in: Any, budi: User, rina: User, ratna: User) -> None:
    found = request_in(Status.PROCESSING, "deportasi")
    operations.send_for_approval(found.pk, by=rina)
    assert now(found).risks == "sensitive"
    Service.objects.update(is_sensitive=False)
    with pytest.raises(ValidationError, match="persetujuan pertama belum"):
        operations.approve(found.pk, by=ratna)
    operations.approve_first(found.pk, by=ratna)
    assert now(found).risks == "sensitive"


def test_a_risk_that_arises_while_waiting_counts_too(request_in: Any, rina: User, ratna: User) -> None:
    found = request_in(Status.PROCESSING)
    operations.send_for_approval(found.pk, by=rina)
    assert now(found).risks == ""
    WorkRules.objects.update_or_create(pk=1, defaults={"second_approval_rows": 1})
    with pytest.raises(ValidationError, match="memerlukan dua persetujuan"):
        operations.approve(found.pk, by=ratna)
    operations.approve_first(found.pk, by=ratna)
    assert now(found).risks == "rows"


def test_submission_already_weighs_the_risk(siti: User, agreement: Any, catalogue: Any) -> None:
    draft = results.make_request(siti, status=Status.DRAFT, number=None, submitted_at=None, approved_at=None)
    results.add_row(draft, catalogue["deportasi"], results.ASKED, outcome=Outcome.PENDING)
    operations.submit(draft.pk, by=siti, submit_key=draft.pk)
    assert now(draft).risks == "sensitive"


def test_no_part_of_a_risky_request_is_released_by_one_approver(request_in: Any) -> None:
    assert risk.reasons_against_parts(request_in(Status.PROCESSING)) == []
    assert "dua persetujuan" in risk.reasons_against_parts(request_in(Status.PROCESSING, "deportasi"))[0]


# --- the two approvals ---


def test_two_different_approvers_issue_a_risky_request(
    request_in: Any, ratna: User, second: User, drain_queue: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, "deportasi")
    operations.approve_first(found.pk, by=ratna, note="sudah saya periksa")
    half = now(found)
    assert (half.status, half.approved_by, half.second_approved_by) == (Status.AWAITING_APPROVAL, ratna, None)
    assert not found.documents.exists()
    with pytest.raises(ValidationError, match="Anda sudah memberi persetujuan pertama"):
        operations.approve(found.pk, by=ratna)
    with pytest.raises(operations.StateConflict):
        operations.approve_first(found.pk, by=second)
    operations.approve(found.pk, by=second)
    drain_queue()
    done = now(found)
    assert (done.status, done.approved_by, done.second_approved_by) == (Status.COMPLETED, ratna, second)
    assert found.documents.get().state == ResultDocument.State.ISSUED
    assert list(found.events.values_list("verb", flat=True)[:2]) == ["approve_first", "approve"]


def test_second_approver_has_not_touched_the_request(
    request_in: Any, ratna: User, second: User, catalogue: Any
) -> None:
    for role in ("verified_by", "processed_by"):
        found = request_in(Status.AWAITING_APPROVAL, "deportasi", approved_by=ratna, **{role: second})
        with pytest.raises(ValidationError, match="Menunggu persetujuan petugas lain"):
            operations.approve(found.pk, by=second)
    found = request_in(Status.AWAITING_APPROVAL, "deportasi", approved_by=ratna)
    found.rows.update(decided_by=second)
    with pytest.raises(ValidationError, match="Anda yang mengisi jawaban"):
        operations.approve(found.pk, by=second)


def test_sending_back_resets_the_first_approval(
    request_in: Any, rina: User, ratna: User, second: User
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, "deportasi", processed_by=rina)
    operations.approve_first(found.pk, by=ratna)
    operations.send_back(found.pk, by=second, note="Baris pertama diperiksa lagi")
    assert now(found).approved_by is None
    operations.send_for_approval(found.pk, by=rina)
    with pytest.raises(ValidationError, match="persetujuan pertama belum"):
        operations.approve(found.pk, by=second)
    operations.approve_first(found.pk, by=second)
    operations.approve(found.pk, by=ratna)


def test_reopening_resets_both(
    request_in: Any, rina: User, ratna: User, second: User, drain_queue: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, "deportasi")
    operations.approve_first(found.pk, by=ratna)
    operations.approve(found.pk, by=second)
    drain_queue()
    operations.reopen(found.pk, by=ratna, note="Ada baris yang perlu diperiksa lagi")
    again = now(found)
    assert (again.approved_by, again.second_approved_by, again.second_approved_at) == (None, None, None)
    assert again.risks == "sensitive"


# --- the emergency ---


def test_head_issues_in_an_emergency_and_the_watchers_are_told(
    request_in: Any, puti: User, ratna: User, kartika: User, umar: User, urgent: Reason, drain_queue: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, "deportasi")
    operations.approve_first(found.pk, by=ratna)
    with pytest.raises(PermissionDenied):
        operations.override_approval(found.pk, by=ratna, reason=urgent, note="Permintaan penyidik")
    operations.override_approval(found.pk, by=puti, reason=urgent, note="Diminta penyidik malam ini")
    drain_queue()
    done = now(found)
    assert (done.status, done.approved_by, done.override_by) == (Status.COMPLETED, ratna, puti)
    assert (done.override_reason, done.override_note) == (urgent, "Diminta penyidik malam ini")
    event = found.events.get(verb="override_approval")
    assert event.note == f"{urgent.text}: Diminta penyidik malam ini"
    alerts = [message for message in mail.outbox if "mendesak" in message.subject]
    assert {message.to[0] for message in alerts} == {kartika.email, umar.email}
    assert all("Puti Maharani" in message.body and found.number in message.body for message in alerts)
    assert all("John" not in message.body for message in alerts)


def test_emergency_needs_reason_and_text_and_another_person(
    request_in: Any, puti: User, urgent: Reason
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, "deportasi")
    other = Reason.objects.offered(Reason.Purpose.CORRECTION)[0]
    with pytest.raises(ValidationError, match="Pilih alasan"):
        operations.override_approval(found.pk, by=puti, reason=other, note="Diminta penyidik")
    with pytest.raises(ValidationError, match="paling sedikit 5"):
        operations.override_approval(found.pk, by=puti, reason=urgent, note="  ya ")
    DataRequest.objects.filter(pk=found.pk).update(processed_by=puti)
    with pytest.raises(ValidationError, match="Anda yang memproses"):
        operations.override_approval(found.pk, by=puti, reason=urgent, note="Diminta penyidik")
    assert now(found).status == Status.AWAITING_APPROVAL


def test_emergency_is_not_for_ordinary_requests(request_in: Any, puti: User, urgent: Reason) -> None:
    found = request_in(Status.AWAITING_APPROVAL)
    with pytest.raises(operations.StateConflict):
        operations.override_approval(found.pk, by=puti, reason=urgent, note="Diminta penyidik")


# --- the database ---


@pytest.mark.parametrize("status", [Status.ISSUING, Status.COMPLETED])
def test_database_refuses_a_risky_document_with_one_approval(
    request_in: Any, ratna: User, status: Status
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, risks="rows", approved_by=ratna)
    with pytest.raises(IntegrityError, match="risk_needs_two_approvals"), transaction.atomic():
        DataRequest.objects.filter(pk=found.pk).update(status=status)


@pytest.mark.parametrize("role", ["approved_by", "verified_by", "processed_by", "entered_by"])
def test_database_refuses_the_same_person_twice(
    request_in: Any, ratna: User, second: User, role: str
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, risks="rows", approved_by=ratna)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.filter(pk=found.pk).update(**{role: second, "second_approved_by": second})
    DataRequest.objects.filter(pk=found.pk).update(second_approved_by=second, status=Status.ISSUING)


@pytest.mark.parametrize("role", ["verified_by", "processed_by", "entered_by"])
def test_database_refuses_an_emergency_by_who_did_the_work(
    request_in: Any, puti: User, ratna: User, urgent: Reason, role: str
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, risks="rows", approved_by=ratna)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.filter(pk=found.pk).update(
            **{role: puti, "override_by": puti, "override_reason": urgent}
        )


# --- in the console ---


@pytest.fixture
def console(sign_in: Any):
    """``console(user)``: a browser of an officer who has signed in."""
    return lambda user: sign_in(Client(), user)


def page_of(browser: Client, found: DataRequest) -> Any:
    return browser.get(reverse("admin:requests_app_datarequest_change", args=[found.pk]))


def press(browser: Client, found: DataRequest, verb: str, **values: Any) -> Any:
    address = reverse(f"admin:requests_app_datarequest_operation_{verb}", args=[found.pk])
    return browser.post(address, values, follow=True)


def test_two_approvers_and_the_page_tells_how_far_it_is(
    request_in: Any, console: Any, ratna: User, second: User, page_text: Any
) -> None:
    found = request_in(Status.AWAITING_APPROVAL, "deportasi")
    first_browser, second_browser = console(ratna), console(second)
    text = page_text(page_of(first_browser, found))
    assert "Memerlukan dua persetujuan" in text
    assert "Memuat layanan yang sangat peka: Deportasi" in text
    assert "Persetujuan 1 dari 2: belum ada" in text
    assert "Setujui (1 dari 2)" in text
    press(first_browser, found, "approve_first", note="")
    time = clock.time_wib(now(found).approved_at)
    text = page_text(page_of(second_browser, found))
    assert "Persetujuan 1 dari 2: Ratna Wulandari" in text
    assert time in text
    assert "Persetujuan 2 dari 2: menunggu petugas lain" in text
    assert "Anda sudah memberi persetujuan pertama" in page_text(page_of(first_browser, found))
    press(first_browser, found, "approve", note="")
    assert now(found).status == Status.AWAITING_APPROVAL
    press(second_browser, found, "approve", note="")
    assert now(found).status == Status.ISSUING
    assert "Persetujuan 2 dari 2: Yusuf Kamil" in page_text(page_of(first_browser, found))


def test_auditor_finds_and_reads_the_emergency(
    request_in: Any, console: Any, puti: User, umar: User, urgent: Reason, page_text: Any
) -> None:
    found, other = request_in(Status.AWAITING_APPROVAL, "deportasi"), request_in(Status.AWAITING_APPROVAL)
    browser = console(puti)
    dialog = press(browser, found, "override_approval", reason="", note="")
    assert "Pilih alasan yang tersedia" in page_text(dialog)
    press(browser, found, "override_approval", reason=urgent.pk, note="Diminta penyidik malam ini")
    assert now(found).status == Status.ISSUING
    auditor = console(umar)
    listed = page_text(auditor.get(reverse("admin:requests_app_datarequest_changelist") + "?mendesak=ya"))
    assert found.number in listed
    assert other.number not in listed
    text = page_text(page_of(auditor, found))
    assert "Diterbitkan mendesak tanpa persetujuan kedua: Puti Maharani" in text
    assert "Diminta penyidik malam ini" in text
