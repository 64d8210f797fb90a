"""Undoing a saved import of holdings: what comes back, what stays, what stands against it, and going on after a kill."""

import threading
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse
from django.utils import timezone

from core.access_log.models import AccessEntry
from core.holdings import importing, undoing
from core.holdings.loading import load_records
from core.holdings.models import FormerRecord, ImportRun, Record
from requests_app.models import Answer, Candidate, Outcome, Status
from tests import factories
from tests.core.test_holdings_import import GOOD, bring_in, workbook
from tests.requests_app import results

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Stage = ImportRun.Stage
KEY = "Kunci sumber"
COLUMNS = [
    field.name for field in Record._meta.concrete_fields if field.name not in ("updated_at", "import_run")
]


@pytest.fixture
def passport(catalogue):
    return catalogue["paspor"]


@pytest.fixture
def bring(passport, rina, drain_queue):
    """``bring("K-1", "K-2", **changes)``: an import of these keys, saved."""

    def bring(*keys, **changes):
        rows = [{**GOOD, KEY: key, **changes} for key in keys]
        return bring_in(passport, workbook(passport, *rows), rina, drain_queue)

    return bring


@pytest.fixture
def undo(rina, drain_queue):
    def undo(run):
        undoing.undo_import(run.pk, by=rina)
        drain_queue()
        return ImportRun.objects.get(pk=run.pk)

    return undo


def held():
    """Everything the holdings hold, by key."""
    return {
        row["source_key"]: row for row in Record.objects.order_by("source_key").values(*COLUMNS, "import_run")
    }


def answer(siti, passport, by, record):
    request = results.make_request(siti, status=Status.PROCESSING)
    row = results.add_row(request, passport, {"nama": "Bagus"}, outcome=Outcome.FOUND)
    Answer.objects.create(row=row, record=record, values=record.values, source=Answer.Source.HOLDINGS, by=by)
    return request


def test_added_records_go_and_replaced_ones_come_back_as_they_were(bring, undo, rina):
    bring("K-1", "K-2")
    before = held()
    run = bring(
        "K-2", "K-3", **{"No. Paspor": "E0000001", "Nama": "Orang Lain", "Tanggal Lahir": "01-02-1990"}
    )
    assert set(held()) == {"K-1", "K-2", "K-3"}
    assert held()["K-2"]["passport_no"] == "E0000001"
    run = undo(run)
    assert held() == before
    assert (run.stage, run.removed_count, run.restored_count, run.kept_count) == (Stage.UNDONE, 1, 1, 0)
    assert (run.undone_by, run.undone_at is not None) == (rina, True)
    assert not FormerRecord.objects.exists()


def test_nothing_is_kept_where_nothing_is_replaced(bring, passport):
    bring("K-1", "K-2")
    bring("K-1", "K-3")  # K-1 is the same as before
    load_records(passport, [("K-4", {"nama": "Ani"})], import_run=ImportRun.objects.first())
    assert not FormerRecord.objects.exists()


def test_loading_from_the_source_system_keeps_what_it_replaces_once(bring, passport):
    bring("K-1")
    before = held()["K-1"]["values"]
    run = ImportRun.objects.create(service=passport, file_name="tarikan")
    for name in ("Ani", "Budi"):
        load_records(passport, [("K-1", {"nama": name}), ("K-2", {"nama": name})], import_run=run)
    former = FormerRecord.objects.get()
    assert (former.run, former.values, former.record.source_key) == (run, before, "K-1")


def test_older_import_waits_for_the_newer_one_that_touched_the_same_records(bring, undo, rina):
    first = bring("K-1", "K-2")
    empty_again = held
    second = bring("K-2", "K-3", **{"No. Paspor": "E0000002"})
    with pytest.raises(ValidationError, match="lebih baru"):
        undoing.undo_import(first.pk, by=rina)
    assert ImportRun.objects.get(pk=first.pk).stage == Stage.DONE
    undo(second)
    assert undo(first).removed_count == 2
    assert empty_again() == {}


def test_newer_import_that_confirms_a_record_counts_as_touching_it(bring, undo, rina):
    first = bring("K-1")
    second = bring("K-1", "K-2")
    with pytest.raises(ValidationError, match="lebih baru"):
        undoing.undo_import(first.pk, by=rina)
    undo(second)
    assert undo(first).stage == Stage.UNDONE


def test_newer_import_of_other_records_does_not_matter(bring, undo):
    first = bring("K-1")
    bring("K-2")
    assert undo(first).stage == Stage.UNDONE
    assert set(held()) == {"K-2"}


def test_record_with_an_answer_stays_and_is_counted(bring, undo, siti, passport, rina):
    bring("K-1")
    run = bring("K-1", "K-2", "K-3", **{"No. Paspor": "E0000003"})
    numbers = [
        answer(siti, passport, rina, Record.objects.get(source_key=key)).number for key in ("K-1", "K-2")
    ]
    found = undoing.forecast(run)
    assert (found.removed, found.restored, found.kept) == (1, 0, 2)
    assert list(found.numbers) == sorted(numbers)
    for number in numbers:
        assert number in undoing.question(run)
    run = undo(run)
    assert (run.removed_count, run.restored_count, run.kept_count) == (1, 0, 2)
    assert {key: row["passport_no"] for key, row in held().items()} == {"K-1": "E0000003", "K-2": "E0000003"}
    assert Answer.objects.filter(record__isnull=False).count() == 2
    assert not FormerRecord.objects.exists()


def test_answer_from_before_the_import_does_not_hold_the_record(bring, undo, siti, passport, rina):
    bring("K-1")
    record = Record.objects.get()
    answer(siti, passport, rina, record)
    run = bring("K-1", **{"No. Paspor": "E0000004"})
    assert undo(run).restored_count == 1
    assert Record.objects.get().passport_no == GOOD["No. Paspor"]
    assert Answer.objects.get().record == record


def test_open_proposals_of_restored_records_go(bring, undo, siti, passport, rina):
    bring("K-1")
    run = bring("K-1", **{"No. Paspor": "E0000005"})
    request = results.make_request(siti, status=Status.PROCESSING)
    row = results.add_row(request, passport, {"no_paspor": "E0000005"}, outcome=Outcome.PENDING)
    values = {"record": Record.objects.get(), "grade": "exact", "rule": "passport_no", "reason": "sama"}
    Candidate.objects.create(row=row, **values)
    other = results.add_row(request, passport, {"no_paspor": "E0000006"}, outcome=Outcome.PENDING)
    Candidate.objects.create(row=other, decision=Candidate.Decision.DECLINED, **values)
    undo(run)
    assert Candidate.objects.get().row == other


def test_undoing_goes_on_where_a_killed_worker_stopped(bring, undo, rina, monkeypatch):
    keys = [f"K-{number}" for number in range(7)]
    bring(*keys[:4])
    before = held()
    run = bring(*keys, **{"No. Paspor": "E0000007"})
    monkeypatch.setattr(undoing, "BATCH", 2)
    real, calls = undoing._restore, []

    def dies_at_second(*args):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        real(*args)

    monkeypatch.setattr(undoing, "_restore", dies_at_second)
    undoing.undo_import(run.pk, by=rina)
    with pytest.raises(RuntimeError):
        undoing.write_undo(str(run.pk))
    run.refresh_from_db()
    assert (run.stage, run.removed_count, run.restored_count) == (Stage.UNDOING, 0, 2)
    undoing.write_undo(str(run.pk))
    undoing.write_undo(str(run.pk))
    run.refresh_from_db()
    assert (run.stage, run.removed_count, run.restored_count) == (Stage.UNDONE, 3, 4)
    assert held() == before


def test_undoing_is_recorded_and_pressing_twice_does_it_once(bring, rina, drain_queue):
    run = bring("K-1", "K-2")
    undoing.undo_import(run.pk, by=rina)
    undoing.undo_import(run.pk, by=rina)
    assert drain_queue() == 2  # the work, and the mail to who approved it
    entry = AccessEntry.objects.latest("pk")
    assert (entry.actor, entry.count, entry.object_id) == (rina, 2, str(run.pk))
    assert "Pembatalan" in entry.purpose
    started, ended = (
        LogEntry.objects.order_by("pk").filter(user=rina).exclude(change_message__contains="diminta")
    )
    assert "Pembatalan impor dimulai" in started.change_message
    assert '["dihapus", "", "2"]' in ended.change_message
    assert {started.user, ended.user} == {rina}


def test_undoing_by_one_officer_is_told_to_admins_and_to_both_who_saved_it(
    bring, undo, rina, kartika, umar, mailoutbox
):
    undo(bring("K-1"))
    told = {message.to[0]: message for message in mailoutbox}
    assert set(told) == {kartika.email, "wulan@imigrasi.go.id"}  # not to who did it
    body = told[kartika.email].body
    assert "Rina Lestari mengurungkan impor impor.xlsx pada basis data Paspor" in body
    assert "Bagus" not in body


def test_imports_of_a_service_wait_while_one_is_undone(bring, passport, rina, drain_queue):
    run = bring("K-1")
    waiting = importing.start_import(passport, workbook(passport, {**GOOD, KEY: "K-2"}), by=rina)
    drain_queue()
    undoing.undo_import(run.pk, by=rina)
    with pytest.raises(ValidationError, match="Sedang dibatalkan"):
        factories.save_import(waiting, rina)
    drain_queue()
    factories.save_import(waiting, rina)
    with pytest.raises(ValidationError, match="sudah berstatus"):
        undoing.undo_import(waiting.pk, by=rina)  # not written yet


def test_undoing_waits_while_another_import_of_the_service_is_written(bring, passport, rina, drain_queue):
    run = bring("K-1")
    other = importing.start_import(passport, workbook(passport, {**GOOD, KEY: "K-2"}), by=rina)
    drain_queue()
    factories.save_import(other, rina)
    with pytest.raises(ValidationError, match="Disimpan"):
        undoing.undo_import(run.pk, by=rina)


def test_former_values_are_forgotten_after_their_days(bring, rina, settings):
    bring("K-1")
    run = bring("K-1", **{"No. Paspor": "E0000008"})
    undoing.forget_former()
    assert FormerRecord.objects.count() == 1
    ImportRun.objects.update(
        finished_at=timezone.now() - timedelta(days=settings.IMPORT_UNDO_DAYS, minutes=1)
    )
    undoing.forget_former()
    assert not FormerRecord.objects.exists()
    with pytest.raises(ValidationError, match="hanya disimpan 30 hari"):
        undoing.undo_import(run.pk, by=rina)


def test_forgetting_goes_on_where_it_stopped(bring, settings, monkeypatch):
    bring("K-1", "K-2", "K-3")
    run = bring("K-1", "K-2", "K-3", **{"No. Paspor": "E0000011"})
    long_ago = timezone.now() - timedelta(days=settings.IMPORT_UNDO_DAYS, minutes=1)
    ImportRun.objects.filter(pk=run.pk).update(keeps_former=False, finished_at=long_ago)
    monkeypatch.setattr(undoing, "BATCH", 2)
    undoing.forget_former()
    assert not FormerRecord.objects.exists()


def test_import_from_before_former_values_were_kept_cannot_be_undone(bring, rina):
    run = bring("K-1")
    ImportRun.objects.update(keeps_former=False)
    with pytest.raises(ValidationError, match="Isi lama"):
        undoing.undo_import(run.pk, by=rina)


def test_only_who_has_the_right_undoes(bring, budi, ratna, kartika, siti, rina):
    run = bring("K-1")
    for person in (budi, ratna, kartika, siti):
        with pytest.raises(PermissionDenied):
            undoing.undo_import(run.pk, by=person)
    rina.is_active = False
    with pytest.raises(PermissionDenied):
        undoing.undo_import(run.pk, by=rina)


def test_officer_undoes_in_the_console(
    client, sign_in, rina, bring, drain_queue, page_text, django_assert_max_num_queries
):
    bring("K-1")
    run = bring("K-1", "K-2", "K-3", **{"No. Paspor": "E0000009"})
    sign_in(client, rina)
    change = reverse("admin:holdings_importrun_change", args=[run.pk])
    assert "Urungkan impor" in page_text(client.get(change))
    button = reverse("admin:holdings_importrun_operation_undo", args=[run.pk])
    asked = page_text(client.get(button))
    assert "2 catatan yang ditambahkan impor ini akan dihapus" in asked
    assert "1 catatan yang digantinya akan kembali ke isi lama" in asked
    assert client.post(button).status_code == 302
    assert "Sedang dibatalkan" in page_text(client.get(change))
    drain_queue()
    text = page_text(client.get(change))
    assert "Rina Lestari" in text
    assert "Dipertahankan" in text
    history = page_text(client.get(reverse("admin:holdings_importrun_history", args=[run.pk])))
    assert "Impor dibatalkan" in history
    assert set(held()) == {"K-1"}


def test_refusal_is_told_on_the_page(client, sign_in, rina, bring, page_text):
    first = bring("K-1")
    bring("K-1", **{"No. Paspor": "E0000010"})
    sign_in(client, rina)
    text = page_text(client.get(reverse("admin:holdings_importrun_change", args=[first.pk])))
    assert "yang lebih baru memuat catatan yang sama. Batalkan impor itu dahulu" in text


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_import_does_not_wait_for_whoever_is_about_to_undo_an_older_one(bring, passport, rina, drain_queue):
    older = bring("K-1")
    newer = importing.start_import(
        passport, workbook(passport, {**GOOD, KEY: "K-1", "Nama": "Lain"}), by=rina
    )
    drain_queue()
    factories.save_import(newer, rina)
    failures = []

    def write():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
            importing.write_import(str(newer.pk))
        except DatabaseError as error:
            failures.append(error)
        finally:
            connections.close_all()

    with transaction.atomic():
        importing.lock_run(older.pk, rina, undoing.RIGHT)
        worker = threading.Thread(target=write)
        worker.start()
        worker.join()
    assert failures == []
    assert ImportRun.objects.get(pk=newer.pk).stage == Stage.DONE
