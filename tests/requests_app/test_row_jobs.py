"""Very many rows, with limits made tiny: left to the queue, done slice by slice, taken up again, stopped."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from core.doors import clock
from core.holdings.models import Record
from requests_app import answering, operations, row_history, row_jobs, row_work, tasks, workflow
from requests_app.models import Answer, Candidate, DataRequest, Outcome, RequestRow, RowEvent, RowJob, Status
from tests import factories
from tests.requests_app import results

pytestmark = pytest.mark.django_db
Kind, Stage = RowJob.Kind, RowJob.Stage


@pytest.fixture(autouse=True)
def tiny(settings) -> None:
    settings.AT_ONCE_ROWS = 4
    settings.SLICE_ROWS = 2


@pytest.fixture
def found(siti, agreement, catalogue) -> DataRequest:
    """Twelve open rows; the holdings know those with an even number."""
    request = results.make_request(
        siti, status=Status.PROCESSING, agreement=agreement, approved_at=None, more_than_ten=True
    )
    service = catalogue["paspor"]
    request.schemas = {"paspor": service.schema().to_json()}
    request.save()
    for number in range(1, 13):
        asked = {**results.ASKED, "no_paspor": f"A{number:06}"}
        results.add_row(request, service, asked, outcome=Outcome.PENDING)
        if number % 2 == 0:
            values = {**results.ANSWER, "no_paspor": f"A{number:06}"}
            record = Record(service=service, source_key=str(number), values=values)
            record.identify(service.schema(), values)
            record.save()
    RequestRow.objects.filter(request=request).update(decided_at=None)
    return request


@pytest.fixture
def desk(client, sign_in, rina):
    return sign_in(client, rina)


def url(name: str, found: DataRequest, *more: Any) -> str:
    return reverse(f"admin:requests_app_datarequest_{name}", args=[found.pk, *more])


def only_job() -> RowJob:
    return RowJob.objects.get()


def whole_match(found: DataRequest, by: User) -> None:
    row_jobs.run(row_jobs.start(found.pk, by=by, kind=Kind.MATCH).pk)


def test_matching_of_many_rows_is_followed_on_a_page(desk, found, page_text, drain_queue) -> None:
    answer = desk.post(url("answering", found, "cari"))
    job = only_job()
    assert answer["Location"] == url("row_job", found, job.pk)
    page = desk.get(answer["Location"])
    assert b'http-equiv="refresh"' in page.content
    assert "Sedang dikerjakan · 0 dari 12 baris" in page_text(page)
    assert not Candidate.objects.exists()
    text = page_text(desk.get(url("workspace", found)))
    assert "Mencari kecocokan sedang berjalan di latar belakang." in text
    drain_queue()
    page = desk.get(answer["Location"])
    assert b'http-equiv="refresh"' not in page.content
    text = page_text(page)
    assert "12 baris diperiksa: 6 cocok persis, 6 dengan calon, 0 tanpa calon." in text
    exact = Candidate.objects.filter(grade=Candidate.Grade.EXACT)
    assert sorted(exact.values_list("row__position", flat=True)) == [2, 4, 6, 8, 10, 12]
    assert found.events.filter(verb="match").count() == 1
    entries = AccessEntry.objects.filter(action=Action.MATCH)
    assert [entry.count for entry in entries.order_by("pk")] == [10, 2]
    assert {entry.actor.username for entry in entries} == {"rina"}
    assert "Mencari kecocokan sedang berjalan" not in page_text(desk.get(url("workspace", found)))


def test_log_is_locked_only_when_a_slice_is_matched(found, rina) -> None:
    job = row_jobs.start(found.pk, by=rina, kind=Kind.MATCH)
    with CaptureQueriesContext(connection) as queries:
        row_jobs._step(job.pk)
    tables = [query["sql"] for query in queries]
    locked = next(number for number, sql in enumerate(tables) if "access_log_chainhead" in sql)
    written = [number for number, sql in enumerate(tables) if "requests_app_candidate" in sql]
    assert written
    assert max(written) < locked
    assert AccessEntry.objects.get(action=Action.MATCH).count == 10


def test_few_rows_are_matched_at_once(desk, found, settings, page_text) -> None:
    settings.AT_ONCE_ROWS = 12
    answer = desk.post(url("answering", found, "cari"), follow=True)
    assert "12 baris diperiksa" in page_text(answer)
    assert not RowJob.objects.exists()


def test_slices_propose_what_one_run_proposes(found, rina) -> None:
    answering.propose_matches(found.pk, by=rina)
    at_once = set(Candidate.objects.values_list("row", "record", "grade", "reason", "score"))
    Candidate.objects.all().delete()
    whole_match(found, rina)
    assert set(Candidate.objects.values_list("row", "record", "grade", "reason", "score")) == at_once


def test_exact_ones_are_accepted_in_slices(desk, found, rina, page_text, drain_queue) -> None:
    whole_match(found, rina)
    Candidate.objects.exclude(grade=Candidate.Grade.EXACT).delete()
    RowJob.objects.all().delete()
    answer = desk.post(url("accept_exact", found))
    assert answer["Location"] == url("row_job", found, only_job().pk)
    drain_queue()
    assert "6 baris selesai." in page_text(desk.get(answer["Location"]))
    rows = RequestRow.objects.filter(request=found, outcome=Outcome.FOUND)
    assert [row.position for row in rows] == [2, 4, 6, 8, 10, 12]
    for row in rows:
        (known,) = row.answers.all()
        assert (known.values["no_paspor"], known.source) == (f"A{row.position:06}", Answer.Source.HOLDINGS)
        assert (row.decided_by, row.version) == (rina, 2)
        assert row.events.get().kind == RowEvent.Kind.DECIDED
    assert set(Candidate.objects.values_list("decision", "decided_by")) == {
        (Candidate.Decision.ACCEPTED, rina.pk)
    }
    assert sum(AccessEntry.objects.filter(action=Action.ANSWER).values_list("count", flat=True)) == 6


def test_accepting_asks_the_same_for_any_number_of_rows(found, rina) -> None:
    whole_match(found, rina)
    Candidate.objects.exclude(grade=Candidate.Grade.EXACT).delete()
    counted = []
    for positions in ([2], [4, 6, 8, 10, 12]):
        rows = RequestRow.objects.filter(request=found, position__in=positions)
        with CaptureQueriesContext(connection) as queries:
            assert answering.accept_exact(found.pk, by=rina, rows=rows) == len(positions)
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_one_outcome_for_many_rows_leaves_out_those_of_colleagues(
    desk, found, page_text, drain_queue
) -> None:
    agus = factories.make_officer("agus", "Agus Salim", "Petugas")
    RequestRow.objects.filter(request=found, position=5).update(assignee=agus)
    form = {"action": "not_found", "text": "", "jumlah": "12"}
    answer = desk.post(url("many_rows", found) + "?lingkup=semua", form)
    job = only_job()
    assert answer["Location"] == url("row_job", found, job.pk)
    drain_queue()
    text = page_text(desk.get(answer["Location"]))
    assert "Memberi hasil: Tidak Ditemukan" in text
    assert "11 baris selesai." in text
    assert "1 baris dipegang Agus Salim, tidak diubah." in text
    assert list(found.rows.exclude(outcome="not_found").values_list("position", flat=True)) == [5]
    assert RowEvent.objects.filter(kind=RowEvent.Kind.DECIDED).count() == 11


def test_number_that_changed_meanwhile_is_told(desk, found, page_text) -> None:
    form = {"action": "not_found", "text": "", "jumlah": "11"}
    answer = desk.post(url("many_rows", found) + "?lingkup=semua", form)
    assert answer.status_code == 422
    assert "Baris yang terpilih sekarang 12, sebelumnya 11." in page_text(answer)
    assert not RowJob.objects.exists()


def test_narrowed_rows_are_claimed_and_freed(found, rina) -> None:
    RequestRow.objects.filter(request=found, position__gt=6).update(outcome=Outcome.NEEDS_REVIEW)
    narrowed = row_jobs.RowFilter(outcome="needs_review")
    for kind, holder in ((Kind.CLAIM, rina), (Kind.FREE, None)):
        job = row_jobs.start(found.pk, by=rina, kind=kind, narrowed=narrowed)
        row_jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.stage, job.total, job.done, job.counts["done"]) == (Stage.DONE, 6, 6, 6)
        held = RequestRow.objects.filter(request=found, assignee=holder, position__gt=6)
        assert held.count() == 6
    assert not RequestRow.objects.filter(request=found, version__gt=1, position__lte=6).exists()


def test_killed_in_the_middle_it_goes_on_from_there(found, rina, drain_queue) -> None:
    job = row_jobs.start(found.pk, by=rina, kind=Kind.OUTCOME, outcome="not_found")
    assert row_jobs._step(job.pk)
    assert row_jobs._step(job.pk)
    assert found.rows.filter(outcome="not_found").count() == 4
    assert not row_jobs.stuck().exists()
    RowJob.objects.update(moved_at=clock.now() - timedelta(minutes=5))
    tasks.retry_uploads()
    tasks.retry_uploads()
    assert drain_queue() == 2  # the one that was killed comes back too, and finds nothing to do
    job.refresh_from_db()
    assert (job.stage, job.done, job.counts["done"]) == (Stage.DONE, 12, 12)
    assert RowEvent.objects.filter(kind=RowEvent.Kind.DECIDED).count() == 12


def test_stopped_it_keeps_what_was_done(desk, found, rina, page_text, drain_queue) -> None:
    job = row_jobs.start(found.pk, by=rina, kind=Kind.OUTCOME, outcome="not_found")
    row_jobs._step(job.pk)
    assert desk.get(url("row_job_stop", found, job.pk)).status_code == 405
    for _press in range(2):
        text = page_text(desk.post(url("row_job_stop", found, job.pk), follow=True))
    assert "Dibatalkan · 2 dari 12 baris" in text
    drain_queue()
    assert found.rows.filter(outcome="not_found").count() == 2


def test_request_that_moves_on_stops_the_work(found, rina, siti, drain_queue) -> None:
    job = row_jobs.start(found.pk, by=rina, kind=Kind.OUTCOME, outcome="not_found")
    row_jobs._step(job.pk)
    operations.withdraw(found.pk, by=siti, note="tidak jadi")
    drain_queue()
    job.refresh_from_db()
    assert job.stage == Stage.STOPPED
    assert "Dibatalkan" in job.message
    assert found.rows.filter(outcome="not_found").count() == 2


def test_request_that_was_corrected_meanwhile_stops_the_work(found, rina, siti, budi, drain_queue) -> None:
    job = row_jobs.start(found.pk, by=rina, kind=Kind.OUTCOME, outcome="not_found")
    row_jobs._step(job.pk)
    operations.ask_correction(found.pk, by=rina, note="Periksa semua nama", whole=True)
    operations.change_row(
        found.pk,
        7,
        by=siti,
        service=found.rows.get(position=7).service,
        values={**results.ASKED, "nama": "Lain"},
    )
    # As if it had come back before the worker went on.
    DataRequest.objects.filter(pk=found.pk).update(status=Status.PROCESSING)
    drain_queue()
    job.refresh_from_db()
    assert job.stage == Stage.STOPPED
    assert "Status sudah diubah oleh" in job.message
    assert found.rows.get(position=7).outcome == Outcome.PENDING


def test_one_work_at_a_time_and_none_under_the_approvers_eyes(found, rina) -> None:
    row_jobs.start(found.pk, by=rina, kind=Kind.MATCH)
    reason = "Mencari kecocokan masih berjalan untuk 12 baris. Tunggu sampai selesai, atau batalkan"
    with pytest.raises(ValidationError, match="masih berjalan"):
        row_jobs.start(found.pk, by=rina, kind=Kind.CLAIM)
    current = DataRequest.objects.get(pk=found.pk)
    assert reason in (workflow.reasons("send_for_approval", current, rina) or [])


def test_officers_without_the_right_see_no_work(client, sign_in, found, rina, budi) -> None:
    job = row_jobs.start(found.pk, by=rina, kind=Kind.MATCH)
    other = sign_in(client, budi)
    assert other.get(url("row_job", found, job.pk)).status_code == 403
    assert other.post(url("row_job_stop", found, job.pk)).status_code == 403
    job.refresh_from_db()
    assert job.stage == Stage.RUNNING


def test_waiting_does_not_keep_the_session_alive(found) -> None:

    assert resolve(url("row_job", found, found.pk)).func.is_polling


def test_trail_of_many_rows_is_written_by_one_statement(found, rina) -> None:
    rows = RequestRow.objects.filter(request=found)
    with CaptureQueriesContext(connection) as queries:
        row_history.record_all(rows, RowEvent.Kind.DECIDED, by=rina, note="x" * 300)
    assert len(queries) == 1
    events = list(RowEvent.objects.order_by("id"))
    assert [event.position for event in events] == list(range(1, 13))
    assert {(e.outcome, e.actor_id, e.kind, len(e.note)) for e in events} == {
        ("pending", rina.pk, "decided", 250)
    }
    assert abs((events[0].at - clock.now()).total_seconds()) < 3600
    row_history.record_all(rows.filter(position=1), RowEvent.Kind.REOPENED, by=None)
    last = RowEvent.objects.latest("id")
    assert (last.actor, last.outcome, last.row.position) == (None, "", 1)


def test_rows_are_spread_by_a_handful_of_statements(found, rina) -> None:
    agus = factories.make_officer("agus", "Agus Salim", "Petugas")
    with CaptureQueriesContext(connection) as queries:
        shares = row_work.spread_rows(found.pk, by=rina, officers=[rina, agus])
    assert shares == {rina: 6, agus: 6}
    assert len(queries) < 30
    assert list(found.rows.filter(assignee=rina).values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert RowEvent.objects.filter(kind=RowEvent.Kind.CLAIMED, note="Agus Salim").count() == 6
