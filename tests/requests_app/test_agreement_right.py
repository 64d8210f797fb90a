"""The agreement as a right: quota, grounds, purposes, granted columns, versions, and the days of grace."""

import threading
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, connections

from accounts import operations as accounts_operations
from accounts.models import Agency, Agreement, AgreementService, Purpose, User
from core.catalogue.models import Service
from core.doors import clock
from core.rules.models import WorkRules
from requests_app import agreements, answering, documents, operations
from requests_app.forms.letter import LetterForm
from requests_app.models import DataRequest, Outcome, Status
from tests import factories
from tests.requests_app import results


def draft_of(applicant: User, service: Service, rows: int = 1, **changes: Any) -> DataRequest:
    """A complete draft with so many rows."""
    draft = results.make_request(
        applicant,
        **{"status": Status.DRAFT, "number": None, "submitted_at": None, "approved_at": None, **changes},
    )
    for number in range(rows):
        asked = {**results.ASKED, "no_paspor": f"A{number:06}"}
        results.add_row(draft, service, asked, outcome=Outcome.PENDING)
    return draft


def submit(draft: DataRequest) -> DataRequest:
    return operations.submit(draft.pk, by=draft.requester, submit_key=uuid.uuid4())


def explain(request: DataRequest) -> None:
    """The applicant answers what was marked."""
    for pin in request.corrections.all():
        operations.explain(request.pk, by=request.requester, correction_pk=pin.pk, text="Sudah sesuai surat")


def limit(agreement: Agreement, service: Service, rows: int, period: str = "month") -> None:
    AgreementService.objects.filter(agreement=agreement, service=service).update(
        quota_rows=rows, quota_period=period
    )


@pytest.fixture
def paspor(catalogue: dict[str, Service]) -> Service:
    return catalogue["paspor"]


# --- quota ---


def test_rows_beyond_the_quota_are_refused_at_entry_and_at_sending(
    siti: User, agreement: Agreement, paspor: Service
) -> None:
    draft = draft_of(siti, paspor, rows=2)
    limit(agreement, paspor, 2)
    with pytest.raises(
        ValidationError, match=r"bulan ini 2 baris, tersisa 2\. Permohonan ini memuat 3 baris"
    ):
        operations.add_row(draft.pk, by=siti, service=paspor, values={**results.ASKED, "no_paspor": "B1"})
    limit(agreement, paspor, 1)
    with pytest.raises(ValidationError, match="tersisa 1"):
        submit(draft)
    limit(agreement, paspor, 2)
    assert submit(draft).number


def test_quota_counts_what_was_sent_by_the_whole_agency_and_gives_back_what_ended(
    siti: User, sari: User, joko: User, agreement: Agreement, paspor: Service
) -> None:
    limit(agreement, paspor, 5)
    factories.make_agreement(joko.agency)
    submit(draft_of(joko, paspor, rows=4))
    first = submit(draft_of(sari, paspor, rows=3))
    draft = draft_of(siti, paspor, rows=1)
    quota = agreements.quota_of(draft, paspor)
    assert quota is not None
    assert (quota.used, quota.own, quota.left) == (3, 1, 1)
    assert quota.left_text == "Sisa kuota bulan ini 1 baris"
    operations.withdraw(first.pk, by=sari, note="Tidak jadi diajukan")
    quota = agreements.quota_of(draft, paspor)
    assert quota is not None
    assert (quota.used, quota.left) == (0, 4)


@pytest.mark.parametrize(("period", "left"), [("month", 10), ("year", 7), ("agreement", 5)])
def test_each_period_begins_where_it_says(
    siti: User, agency: Agency, paspor: Service, period: str, left: int
) -> None:
    agreement = factories.make_agreement(agency, valid_from=clock.today() - timedelta(days=900))
    limit(agreement, paspor, 10, period)
    this_year = datetime(2026, 6, 15, 3, tzinfo=clock.ZONES["WIB"])
    with time_machine.travel(this_year, tick=False):
        agreement.valid_until = clock.today() + timedelta(days=100)
        agreement.valid_from = clock.today() - timedelta(days=600)
        agreement.save()
        # One o'clock on the first of June in Jakarta is still May in UTC, and one minute before is May everywhere.
        moments = {
            datetime(2025, 12, 31, 23, 59, tzinfo=clock.ZONES["WIB"]): 2,
            datetime(2026, 5, 31, 23, 59, tzinfo=clock.ZONES["WIB"]): 3,
        }
        for moment, rows in moments.items():
            draft_of(siti, paspor, rows, status=Status.COMPLETED, number=uuid.uuid4().hex[:10],
                     submitted_at=moment, agreement=agreement)  # fmt: skip
        quota = agreements.quota_of(draft_of(siti, paspor, rows=0), paspor)
        assert quota is not None
        assert quota.left == left
        draft_of(siti, paspor, 1, status=Status.COMPLETED, number=uuid.uuid4().hex[:10],
                 submitted_at=datetime(2026, 6, 1, 1, tzinfo=clock.ZONES["WIB"]), agreement=agreement)  # fmt: skip
        quota = agreements.quota_of(draft_of(siti, paspor, rows=0), paspor)
        assert quota is not None
        assert quota.left == left - 1


def test_an_amendment_does_not_start_the_month_anew(
    siti: User, agency: Agency, agreement: Agreement, paspor: Service
) -> None:
    limit(agreement, paspor, 5)
    submit(draft_of(siti, paspor, rows=3))
    following = factories.amend(agreement)
    limit(following, paspor, 4)
    quota = agreements.quota_of(draft_of(siti, paspor, rows=0), paspor)
    assert quota is not None
    assert (quota.limit, quota.used, quota.left) == (4, 3, 1)


def test_corrected_request_counts_in_the_month_it_was_sent(
    siti: User, budi: User, agreement: Agreement, paspor: Service
) -> None:
    limit(agreement, paspor, 2)
    sent = submit(draft_of(siti, paspor, rows=2))
    operations.start_verification(sent.pk, by=budi)
    operations.ask_correction(sent.pk, by=budi, note="Tanggal lahir tidak sesuai", whole=True)
    with pytest.raises(ValidationError, match="Kuota layanan Paspor"):
        operations.add_row(sent.pk, by=siti, service=paspor, values={**results.ASKED, "no_paspor": "B1"})
    explain(sent)
    operations.resubmit(sent.pk, by=siti)


def test_rows_of_the_next_month_do_not_count_in_the_month_of_a_corrected_request(
    siti: User, sari: User, budi: User, agreement: Agreement, paspor: Service
) -> None:
    Agreement.objects.update(valid_from=date(2026, 1, 1), valid_until=date(2027, 12, 31))
    limit(agreement, paspor, 2)
    with time_machine.travel(datetime(2026, 10, 30, 10, tzinfo=clock.ZONES["WIB"]), tick=False):
        sent = submit(draft_of(siti, paspor, rows=2))
        operations.start_verification(sent.pk, by=budi)
        operations.ask_correction(sent.pk, by=budi, note="Tanggal lahir tidak sesuai", whole=True)
    with time_machine.travel(datetime(2026, 11, 2, 10, tzinfo=clock.ZONES["WIB"]), tick=False):
        submit(draft_of(sari, paspor, rows=2))
        explain(sent)
        operations.resubmit(sent.pk, by=siti)
    assert DataRequest.objects.get(pk=sent.pk).status == Status.VERIFYING


def test_quota_costs_the_same_for_many_rows(
    siti: User, agreement: Agreement, paspor: Service, django_assert_num_queries: Any
) -> None:
    limit(agreement, paspor, 500)
    submit(draft_of(siti, paspor, rows=2))
    draft = DataRequest.objects.get(pk=draft_of(siti, paspor, rows=1).pk)
    agreements.quota_of(draft, paspor)
    with django_assert_num_queries(6):
        agreements.quota_of(draft, paspor)
    for _number in range(3):
        submit(draft_of(siti, paspor, rows=20))
    with django_assert_num_queries(6):
        agreements.quota_of(draft, paspor)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_requests_cannot_both_take_the_last_places(
    siti: User, sari: User, agreement: Agreement, paspor: Service
) -> None:
    limit(agreement, paspor, 3)
    drafts = [draft_of(siti, paspor, rows=2), draft_of(sari, paspor, rows=2)]
    start = threading.Barrier(2)
    refusals: list[str] = []

    def press(draft: DataRequest) -> None:
        start.wait()
        try:
            submit(draft)
        except ValidationError as refusal:
            refusals.extend(refusal.messages)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = sorted(DataRequest.objects.values_list("status", flat=True))
    assert states == [Status.DRAFT, Status.SUBMITTED]
    assert len(refusals) == 1
    assert "tersisa 1" in refusals[0]


# --- services, grounds and purposes ---


def test_services_of_two_agreements_are_two_requests(
    siti: User, agency: Agency, catalogue: dict[str, Service]
) -> None:
    factories.make_agreement(agency, services=[catalogue["paspor"]])
    factories.make_agreement(agency, services=[catalogue["visa"]])
    draft = draft_of(siti, catalogue["paspor"])
    with pytest.raises(ValidationError, match="PKS yang berbeda"):
        operations.add_row(draft.pk, by=siti, service=catalogue["visa"], values={"nama": "John"})
    results.add_row(draft, catalogue["visa"], {"nama": "John"}, outcome=Outcome.PENDING)
    with pytest.raises(ValidationError, match="permohonan tersendiri"):
        submit(draft)


def test_ground_outside_the_agreement_is_refused(siti: User, agreement: Agreement, paspor: Service) -> None:
    draft = draft_of(siti, paspor, legal_basis="b")
    Agreement.objects.update(legal_bases="ce")
    with pytest.raises(ValidationError, match="Dasar hukum “b"):
        submit(draft)
    DataRequest.objects.filter(pk=draft.pk).update(legal_basis="e")
    assert submit(draft).agreement == agreement


def test_purpose_is_asked_only_where_the_agreement_is_limited(
    siti: User, agreement: Agreement, paspor: Service
) -> None:
    kept = Purpose.objects.create(code="seleksi", label="Seleksi pegawai", label_en="Recruitment")
    other = Purpose.objects.create(code="riset", label="Riset", label_en="Research")
    assert submit(draft_of(siti, paspor)).purpose_code is None
    agreement.purposes.add(kept)
    draft = draft_of(siti, paspor)
    with pytest.raises(ValidationError, match="Pilih Jenis tujuan"):
        submit(draft)
    operations.save_header(draft.pk, by=siti, values={"purpose_code": other})
    with pytest.raises(ValidationError, match="“Riset” tidak termasuk"):
        submit(draft)
    operations.save_header(draft.pk, by=siti, values={"purpose_code": kept})
    assert submit(draft).purpose_code == kept


def test_the_agreement_that_allows_everything_together_is_the_one_judged_under(
    siti: User, agency: Agency, agreement: Agreement, paspor: Service
) -> None:
    newer = factories.make_agreement(agency, valid_from=clock.today() - timedelta(days=10), legal_bases="a")
    assert submit(draft_of(siti, paspor, legal_basis="a")).agreement == newer
    assert submit(draft_of(siti, paspor, legal_basis="c")).agreement == agreement


def test_purpose_of_one_agreement_is_offered_beside_an_unlimited_one(
    siti: User, agency: Agency, catalogue: dict[str, Service]
) -> None:
    factories.make_agreement(agency, services=[catalogue["visa"]])
    limited = factories.make_agreement(agency, services=[catalogue["paspor"]])
    purpose = Purpose.objects.create(code="seleksi", label="Seleksi pegawai", label_en="Recruitment")
    limited.purposes.add(purpose)
    draft = draft_of(siti, catalogue["paspor"])
    field = LetterForm(data_request=draft).fields["purpose_code"]
    assert list(field.queryset) == [purpose]
    assert not field.required
    with pytest.raises(ValidationError, match="Pilih Jenis tujuan"):
        submit(draft)
    operations.save_header(draft.pk, by=siti, values={"purpose_code": purpose})
    assert submit(draft).agreement == limited


def test_a_request_without_purpose_is_not_judged_under_the_limited_agreement(
    siti: User, agency: Agency, agreement: Agreement, paspor: Service
) -> None:
    newer = factories.make_agreement(agency, valid_from=clock.today() - timedelta(days=10))
    newer.purposes.add(Purpose.objects.create(code="seleksi", label="Seleksi", label_en="Recruitment"))
    assert submit(draft_of(siti, paspor)).agreement == agreement


def test_a_purpose_out_of_use_does_not_open_the_agreement_to_all(
    siti: User, agreement: Agreement, paspor: Service
) -> None:
    purpose = Purpose.objects.create(code="seleksi", label="Seleksi", label_en="Recruitment", active=False)
    agreement.purposes.add(purpose)
    with pytest.raises(ValidationError, match="sudah tidak dipakai"):
        submit(draft_of(siti, paspor))


# --- granted columns ---


def test_only_granted_columns_reach_officer_and_result(
    siti: User, rina: User, agreement: Agreement, paspor: Service
) -> None:
    AgreementService.objects.filter(agreement=agreement, service=paspor).update(
        columns=["nama", "no_paspor", "status_paspor"]
    )
    sent = submit(draft_of(siti, paspor))
    AgreementService.objects.filter(agreement=agreement).update(columns=[])
    stored = DataRequest.objects.get(pk=sent.pk)
    schema = stored.schema_for(paspor)
    assert {item.key for item in schema.answered} == {"nama", "no_paspor", "status_paspor"}
    assert [item.key for item in schema.asked] == [item.key for item in paspor.schema().asked]
    DataRequest.objects.filter(pk=sent.pk).update(status=Status.PROCESSING)
    row = stored.rows.get()
    answering.type_answer(row.pk, by=rina, values={**results.ANSWER, "tempat_lahir": "JAKARTA"})
    assert set(row.answers.get().values) == {"nama", "no_paspor", "status_paspor"}
    row.answers.update(values=results.ANSWER)
    document = documents.draw_number(stored, clock.now())
    sheets = {name: ([*header], [*rows]) for name, header, rows in documents._sheets(document, stored)}
    header, rows = sheets[paspor.label]
    assert [title for title in header if title.startswith("Jawaban: ")] == [
        f"Jawaban: {item.label}" for item in schema.answered
    ]
    assert "JAKARTA" not in str(rows)
    sections, _shown, _total = documents._sections(document, stored)
    assert "JAKARTA" not in str(sections)


# --- versions ---


def test_request_keeps_the_version_it_was_judged_under(
    siti: User, budi: User, agreement: Agreement, paspor: Service
) -> None:
    earlier = submit(draft_of(siti, paspor))
    assert Agreement.objects.get(pk=agreement.pk).used_at is not None
    following = factories.amend(agreement)
    assert submit(draft_of(siti, paspor)).agreement == following
    operations.start_verification(earlier.pk, by=budi)
    operations.ask_correction(earlier.pk, by=budi, note="Tanggal lahir tidak sesuai", whole=True)
    explain(earlier)
    operations.resubmit(earlier.pk, by=siti)
    assert DataRequest.objects.get(pk=earlier.pk).agreement == agreement


def test_amendment_counts_from_its_own_day(agreement: Agreement) -> None:
    today = clock.today()
    following = factories.amend(agreement, valid_from=today + timedelta(days=5))
    assert list(Agreement.objects.in_force(today)) == [agreement]
    assert agreement.is_in_force(today)
    assert list(Agreement.objects.in_force(today + timedelta(days=5))) == [following]
    assert not agreement.is_in_force(today + timedelta(days=5))
    assert following.all_versions() == agreement.all_versions() == [agreement, following]
    assert agreement.newest_version() == following


# --- the end ---


@pytest.fixture
def waiting(siti: User, rina: User, agreement: Agreement, paspor: Service):
    """A request that was sent in time and waits for approval."""
    sent = submit(draft_of(siti, paspor))
    row = sent.rows.get()
    DataRequest.objects.filter(pk=sent.pk).update(status=Status.PROCESSING)
    answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
    operations.send_for_approval(sent.pk, by=rina)
    return DataRequest.objects.get(pk=sent.pk)


def ended(agreement: Agreement, days_ago: int) -> None:
    Agreement.objects.filter(pk=agreement.pk).update(valid_until=clock.today() - timedelta(days=days_ago))


@pytest.mark.parametrize("days_ago", [1, 30])
def test_sent_in_time_is_approved_within_the_days_of_grace(
    waiting: DataRequest, ratna: User, agreement: Agreement, days_ago: int
) -> None:
    ended(agreement, days_ago)
    assert "masih dapat disetujui sampai" in agreements.end_notice(waiting)
    operations.approve(waiting.pk, by=ratna)


def test_beyond_the_days_of_grace_only_rejection_is_left(
    waiting: DataRequest, ratna: User, agreement: Agreement
) -> None:
    ended(agreement, 31)
    with pytest.raises(ValidationError, match="masa tenggangnya"):
        operations.approve(waiting.pk, by=ratna)
    WorkRules.objects.update_or_create(pk=1, defaults={"agreement_grace_days": 31})
    assert agreements.approval_refusal(waiting) == ""
    WorkRules.objects.update(agreement_grace_days=0)
    operations.reject(waiting.pk, by=ratna, note="Masa tenggang PKS sudah lewat")


def test_nothing_is_approved_for_an_agency_that_is_shut(waiting: DataRequest, ratna: User) -> None:
    Agency.objects.filter(pk=waiting.agency_id).update(is_active=False)
    with pytest.raises(ValidationError, match="Instansi pemohon sedang dinonaktifkan"):
        operations.approve(waiting.pk, by=ratna)
    assert DataRequest.objects.get(pk=waiting.pk).status == Status.AWAITING_APPROVAL
    operations.reject(waiting.pk, by=ratna, note="Instansi dinonaktifkan")


def test_termination_stops_at_once_and_a_prolonging_amendment_carries_on(
    waiting: DataRequest, ratna: User, kartika: User, agreement: Agreement
) -> None:
    ended(agreement, 31)
    following = factories.amend(agreement, valid_until=clock.today() + timedelta(days=300))
    assert agreements.end_notice(waiting) == ""
    accounts_operations.terminate_agreement(following.pk, by=kartika, terminated_on=clock.today())
    with pytest.raises(ValidationError, match="diakhiri pada"):
        operations.approve(waiting.pk, by=ratna)


def test_correction_may_come_back_within_the_days_of_grace_but_nothing_new_is_sent(
    siti: User, budi: User, agreement: Agreement, paspor: Service
) -> None:
    sent = submit(draft_of(siti, paspor))
    draft = draft_of(siti, paspor)
    operations.start_verification(sent.pk, by=budi)
    operations.ask_correction(sent.pk, by=budi, note="Tanggal lahir tidak sesuai", whole=True)
    ended(agreement, 5)
    with pytest.raises(ValidationError, match="Perpanjang PKS"):
        submit(draft)
    explain(sent)
    operations.resubmit(sent.pk, by=siti)


def test_planned_termination_lets_work_until_its_day(agreement: Agreement, kartika: User) -> None:
    today = clock.today()
    accounts_operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=today + timedelta(days=3))
    assert Agreement.objects.in_force(today).exists()
    assert not Agreement.objects.in_force(today + timedelta(days=3)).exists()
