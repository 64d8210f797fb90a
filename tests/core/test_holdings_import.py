"""Imports of holdings by staff: templates, errors by cell, upsert, resume, and who may."""

import hashlib
import io
from ast import literal_eval
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.module_loading import import_string
from django_q.models import Schedule
from openpyxl import Workbook

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from core.catalogue.models import ServiceField
from core.doors import clock, queue
from core.doors.excel import WorkbookError
from core.holdings import importing, undoing
from core.holdings.demo import Inventor
from core.holdings.loading import WRITTEN_COLUMNS, build_record
from core.holdings.models import ImportRun, Record
from core.holdings.resources import KEY_LABEL, RecordResource
from core.reference.loading import load_countries, load_offices
from core.rules.models import WorkRules
from tests import factories

pytestmark = pytest.mark.django_db

Stage = ImportRun.Stage
GOOD = {KEY_LABEL: "K-1", "Nama": "Bagus Prasetya", "Tanggal Lahir": "17-05-1988", "No. Paspor": "E4810273"}


@pytest.fixture
def passport(catalogue):
    return catalogue["paspor"]


def workbook(service, *rows, headers=None, name="impor.xlsx"):
    headers = headers or RecordResource(service).headers
    book = Workbook()
    sheet = book.active
    sheet.append(headers)
    for row in rows:
        sheet.append([row.get(header) for header in headers])
    output = io.BytesIO()
    book.save(output)
    return SimpleUploadedFile(name, output.getvalue())


def csv(service, *rows, name="impor.csv"):
    headers = RecordResource(service).headers
    lines = [";".join(headers), *(";".join(str(row.get(header, "")) for header in headers) for row in rows)]
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def bring_in(service, uploaded, by, drain_queue):
    run = importing.start_import(service, uploaded, by=by)
    drain_queue()
    run = ImportRun.objects.get(pk=run.pk)
    if run.stage == Stage.READY:
        factories.save_import(run, by)
        drain_queue()
    return ImportRun.objects.get(pk=run.pk)


def test_import_adds_skips_and_replaces_by_source_key(passport, rina, drain_queue):
    run = bring_in(passport, workbook(passport, GOOD, {**GOOD, KEY_LABEL: "K-2"}), rina, drain_queue)
    assert (run.stage, run.total, run.created_count, run.updated_count) == (Stage.DONE, 2, 2, 0)
    changed = {**GOOD, "No. Paspor": "E0000001"}
    run = bring_in(passport, workbook(passport, changed, {**GOOD, KEY_LABEL: "K-2"}), rina, drain_queue)
    assert (run.total, run.created_count, run.updated_count) == (2, 0, 1)
    record = Record.objects.get(source_key="K-1")
    assert record.passport_no == "E0000001"
    assert record.values["tanggal_lahir"] == "1988-05-17"
    assert record.name_key == "BAGUS PRASETYA"
    assert record.import_run == run
    assert Record.objects.count() == 2


def test_import_reads_csv_and_excel_dates_and_numbers(passport, rina, drain_queue):
    from datetime import datetime

    row = {**GOOD, "Tanggal Lahir": datetime(1988, 5, 17), "Jumlah Halaman": 48}  # noqa: DTZ001  as Excel has it
    assert bring_in(passport, workbook(passport, row), rina, drain_queue).stage == Stage.DONE
    run = bring_in(passport, csv(passport, {**GOOD, "Jumlah Halaman": "48"}), rina, drain_queue)
    assert (run.stage, run.created_count, run.updated_count) == (Stage.DONE, 0, 0)


def test_same_key_in_another_service_is_another_record(catalogue, rina, drain_queue):
    for key in ("paspor", "visa"):
        row = {**GOOD, "Kewarganegaraan": ""}
        assert bring_in(catalogue[key], workbook(catalogue[key], row), rina, drain_queue).stage == Stage.DONE
    assert Record.objects.filter(source_key="K-1").count() == 2


def test_errors_name_cell_column_and_remedy(passport, rina, drain_queue):
    rows = [
        {**GOOD, "NIK": 3174091705880003.0},
        {**GOOD, KEY_LABEL: "K-2", "Tanggal Lahir": "31-02-2000", "Jenis Kelamin": "X"},
        {**GOOD, KEY_LABEL: ""},
        {**GOOD, KEY_LABEL: "K-2"},
    ]
    run = bring_in(passport, workbook(passport, *rows), rina, drain_queue)
    assert run.stage == Stage.REFUSED
    assert not Record.objects.exists()
    found = {(item["cell"], item["column"]): item["message"] for item in run.errors}
    assert "Format kolom sebagai Teks" in found["D2", "NIK"]
    assert found["C3", "Tanggal Lahir"].startswith("Tanggal Lahir: “31-02-2000” tidak ada di kalender")
    assert ("G3", "Jenis Kelamin") in found
    assert found["A4", KEY_LABEL] == "Isi Kunci sumber"
    assert found["A5", KEY_LABEL] == "Kunci sumber sama dengan baris 3"
    assert run.file.name == ""


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([KEY_LABEL, "Nama"], "Kolom tidak ada: Tanggal Lahir"),
        ([KEY_LABEL, "Nama", "Warna"], "Kolom tidak dikenal: Warna"),
        ([KEY_LABEL, KEY_LABEL], "ada dua kali"),
    ],
)
def test_other_columns_are_refused_with_the_way_out(passport, rina, drain_queue, headers, message):
    run = bring_in(passport, workbook(passport, GOOD, headers=headers), rina, drain_queue)
    assert run.stage == Stage.REFUSED
    assert message in " ".join(item["message"] for item in run.errors)


def test_empty_and_broken_files_are_refused(passport, rina, drain_queue):
    assert bring_in(passport, workbook(passport), rina, drain_queue).stage == Stage.REFUSED
    broken = SimpleUploadedFile("impor.xlsx", b"PK\x03\x04 nonsense")
    run = bring_in(passport, broken, rina, drain_queue)
    assert run.stage == Stage.REFUSED
    assert "tidak dapat dibaca" in run.errors[0]["message"]
    with pytest.raises(ValidationError, match=r"bukan \.xlsx atau \.csv"):
        importing.start_import(passport, SimpleUploadedFile("impor.xls", b"x"), by=rina)


def die_at_second_batch(monkeypatch):
    real, calls = importing.write_lines, []

    def dies_at_second(run, lines):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(run, lines)

    monkeypatch.setattr(importing, "write_lines", dies_at_second)
    return calls


def test_writing_resumes_where_it_stopped(passport, rina, drain_queue, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = [{**GOOD, KEY_LABEL: f"K-{number}"} for number in range(5)]
    run = importing.start_import(passport, workbook(passport, *rows), by=rina)
    drain_queue()
    factories.save_import(run, rina)
    calls = die_at_second_batch(monkeypatch)
    with pytest.raises(RuntimeError):
        importing.write_import(str(run.pk))
    assert (ImportRun.objects.get(pk=run.pk).done, Record.objects.count()) == (2, 2)
    importing.write_import(str(run.pk))
    run = ImportRun.objects.get(pk=run.pk)
    assert (run.stage, run.done, run.created_count, Record.objects.count()) == (Stage.DONE, 5, 5, 5)
    importing.write_import(str(run.pk))
    assert len(calls) == 4


def test_writing_that_the_database_lets_down_is_tried_again_by_itself(
    passport, rina, drain_queue, monkeypatch
):
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = [{**GOOD, KEY_LABEL: f"K-{number}"} for number in range(5)]
    run = importing.start_import(passport, workbook(passport, *rows), by=rina)
    drain_queue()
    factories.save_import(run, rina)
    pauses = []

    def lets_down(execute, sql, params, many, context):
        if "holdings_record" in sql and ImportRun.objects.get(pk=run.pk).done == 2:
            raise OperationalError("deadlock detected")
        return execute(sql, params, many, context)

    def run_what_is_planned():
        again = Schedule.objects.get()
        pauses.append(again.next_run - clock.now())
        again.delete()
        import_string(again.func)(*literal_eval(again.args))

    with connection.execute_wrapper(lets_down):
        drain_queue()
        for _pause in queue.PAUSES[1:]:
            run_what_is_planned()
        with pytest.raises(OperationalError):
            run_what_is_planned()
    assert pauses == sorted(pauses)
    assert (ImportRun.objects.get().stage, Record.objects.count()) == (Stage.WRITING, 2)
    importing.write_import(str(run.pk))
    run.refresh_from_db()
    assert (run.stage, run.created_count, Record.objects.count()) == (Stage.DONE, 5, 5)
    assert not Schedule.objects.exists()


def test_two_workers_write_an_import_once(passport, rina, drain_queue, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = [{**GOOD, KEY_LABEL: f"K-{number}"} for number in range(6)]
    run = importing.start_import(passport, workbook(passport, *rows), by=rina)
    drain_queue()
    factories.save_import(run, rina)
    stored = []

    def other_worker_comes_between(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "holdings_importrun" in sql:
            stored.append(sql)
        if sql.startswith("RELEASE SAVEPOINT") and len(stored) == 1:
            stored.append("the other one")
            importing.write_import(str(run.pk))
            Record.objects.filter(source_key="K-4").delete()  # as undoing would
        return result

    with connection.execute_wrapper(other_worker_comes_between):
        importing.write_import(str(run.pk))
    assert "the other one" in stored
    run.refresh_from_db()
    assert (run.stage, run.done, run.created_count, run.updated_count) == (Stage.DONE, 6, 6, 0)
    assert not Record.objects.filter(source_key="K-4").exists()


@pytest.mark.parametrize("is_begun", [False, True])
def test_import_that_is_right_no_longer_ends_with_the_reason(
    client, sign_in, passport, rina, drain_queue, monkeypatch, page_text, is_begun
):
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = [{**GOOD, KEY_LABEL: f"K-{number}"} for number in range(2)]
    run = importing.start_import(
        passport, workbook(passport, *rows, {**GOOD, KEY_LABEL: "K-9", "Jumlah Halaman": "48"}), by=rina
    )
    drain_queue()
    factories.save_import(run, rina)
    if is_begun:
        die_at_second_batch(monkeypatch)
        with pytest.raises(RuntimeError):
            importing.write_import(str(run.pk))
    ServiceField.objects.filter(key="jumlah_halaman").update(choices=[["24", "24"]])
    drain_queue()
    run.refresh_from_db()
    sign_in(client, rina)
    text = page_text(client.get(reverse("admin:holdings_importrun_change", args=[run.pk])))
    assert "Jumlah Halaman" in run.errors[-1]["message"]
    assert (run.file.name, run.prepared.name) == ("", "")
    if not is_begun:
        assert (run.stage, Record.objects.count()) == (Stage.REFUSED, 0)
        return
    assert run.stage == Stage.DONE
    assert "Impor terhenti setelah 2 dari 3 baris. Urungkan impor ini, lalu unggah lagi" in text
    undoing.undo_import(run.pk, by=rina)
    drain_queue()
    assert not Record.objects.exists()


def test_saving_reads_the_file_again_only_when_what_the_check_kept_does_not_hold(passport, rina, drain_queue):
    runs = []
    for key in ("K-1", "K-2", "K-3"):
        runs.append(importing.start_import(passport, workbook(passport, {**GOOD, KEY_LABEL: key}), by=rina))
        drain_queue()
        runs[-1].refresh_from_db()
        factories.save_import(runs[-1], rina)
    whole, damaged, gone = runs
    Path(whole.file.path).unlink()
    kept = Path(damaged.prepared.path)
    kept.write_bytes(kept.read_bytes().replace(b"BAGUS", b"AGUNG"))
    Path(gone.prepared.path).unlink()
    drain_queue()
    assert set(ImportRun.objects.values_list("stage", flat=True)) == {Stage.DONE}
    assert set(Record.objects.values_list("source_key", "name_key")) == {
        (key, "BAGUS PRASETYA") for key in ("K-1", "K-2", "K-3")
    }


def test_rows_are_prepared_as_records_are_built(catalogue, rina, drain_queue):
    """What a check keeps and the record of a load are the same row, odd signs and all."""
    odd = [
        ("K\\1", "Dr. Hj. Siti Nur'aini", "E1234567"),
        ('K"2', "Zoë Ångström", "X 12-34.5"),
        ("\\N", "O'Brien-Smith", ""),
        ("K\t3", "محمد علي", "AB12345"),
        ("K\u00e94", "Muh. Binti Bin", ""),
    ]
    load_offices()
    load_countries()
    resource = RecordResource(catalogue["paspor"])
    entries = {
        "paspor": [
            [key, *({"Nama": name, "No. Paspor": number}.get(item.label, "") for item in resource.columns)]
            for key, name, number in odd
        ]
    }
    for key, service in catalogue.items():
        resource = RecordResource(service)
        texts = entries.get(key, [])
        for source_key, values in Inventor().rows(key, 25):
            shown = (
                item.kind.entry(values[item.key], item, resource.lookups) if item.key in values else ""
                for item in resource.columns
            )
            texts.append([source_key, *map(str, shown)])
        rows = [dict(zip(resource.headers, line, strict=True)) for line in texts]
        run = bring_in(service, workbook(service, *rows), rina, drain_queue)
        assert (run.stage, run.created_count, run.errors) == (Stage.DONE, len(rows), [])
        assert resource.columns
        for record in Record.objects.filter(service=service):
            built = build_record(
                service, resource.schema, record.source_key, record.values, resource.places, run
            )
            for name in WRITTEN_COLUMNS:
                if name != "updated_at":
                    assert getattr(record, name) == getattr(built, name), (key, name)
    stored = dict(Record.objects.filter(service=catalogue["paspor"]).values_list("source_key", "name"))
    assert stored["\\N"] == "O'Brien-Smith"
    assert stored["K\t3"] == "محمد علي"


def test_import_that_cannot_be_read_just_now_is_written_later(passport, rina, drain_queue):
    run = importing.start_import(passport, workbook(passport, GOOD), by=rina)
    drain_queue()
    factories.save_import(run, rina)
    run.refresh_from_db()
    Path(run.prepared.path).unlink()
    place = Path(run.file.path)
    content = place.read_bytes()
    place.write_bytes(content[:100])
    with pytest.raises(WorkbookError):
        importing.write_import(str(run.pk))
    assert ImportRun.objects.get(pk=run.pk).stage == Stage.WRITING
    place.write_bytes(content)
    drain_queue()
    assert ImportRun.objects.get(pk=run.pk).stage == Stage.DONE


def test_saving_twice_writes_once_and_is_recorded(passport, rina, drain_queue):
    run = importing.start_import(passport, workbook(passport, GOOD), by=rina)
    drain_queue()
    factories.save_import(run, rina)
    factories.save_import(run, rina)
    assert drain_queue() == 1
    entry = AccessEntry.objects.get(action=Action.IMPORT)
    assert (entry.actor.username, entry.count, entry.object_id) == ("wulan", 1, str(run.pk))


def test_discarded_import_writes_nothing_and_drops_the_file(
    passport, rina, drain_queue, django_capture_on_commit_callbacks
):
    run = importing.start_import(passport, workbook(passport, GOOD), by=rina)
    drain_queue()
    run.refresh_from_db()
    names = [run.file.name, run.prepared.name]
    assert all(map(run.file.storage.exists, names))
    with django_capture_on_commit_callbacks(execute=True):
        importing.discard_import(run.pk, by=rina)
    drain_queue()
    assert not any(map(run.file.storage.exists, names))
    assert ImportRun.objects.get(pk=run.pk).stage == Stage.UNDONE
    assert not Record.objects.exists()
    with pytest.raises(ValidationError):
        factories.save_import(run, rina)


def test_abandoned_import_is_forgotten_with_its_file_and_what_it_quotes(
    passport, rina, drain_queue, django_capture_on_commit_callbacks, settings
):
    ready = importing.start_import(passport, workbook(passport, GOOD), by=rina)
    refused = importing.start_import(passport, workbook(passport, {**GOOD, "NIK": "12"}), by=rina)
    drain_queue()
    ready.refresh_from_db()
    names = [ready.file.name, ready.prepared.name]
    for days, is_kept in ((settings.IMPORT_UNDO_DAYS - 1, True), (settings.IMPORT_UNDO_DAYS + 1, False)):
        at = clock.now() - timedelta(days=days)
        ImportRun.objects.update(created_at=at)
        ImportRun.objects.filter(finished_at__isnull=False).update(finished_at=at)
        with django_capture_on_commit_callbacks(execute=True):
            importing.forget_abandoned()
        ready.refresh_from_db()
        refused.refresh_from_db()
        assert [ready.file.storage.exists(name) for name in names] == [is_kept, is_kept]
        assert (ready.stage == Stage.READY, bool(ready.preview)) == (is_kept, is_kept)
        assert (refused.stage, refused.error_count, bool(refused.errors)) == (Stage.REFUSED, 1, is_kept)


def test_nobody_else_may_import(passport, budi, kartika, siti, drain_queue):
    for person in (budi, kartika, siti):
        with pytest.raises(PermissionDenied):
            importing.start_import(passport, workbook(passport, GOOD), by=person)


# --- four eyes ----


@pytest.fixture
def asked(passport, rina, drain_queue):
    """An import of Rina's that waits for another officer."""
    run = importing.start_import(passport, workbook(passport, GOOD), by=rina)
    drain_queue()
    return importing.ask_to_save(run.pk, by=rina)


@pytest.fixture
def powerful(rina):
    """Rina with the right to approve imports as well."""
    rina.groups.add(Group.objects.get(name="Penyetuju"))
    return User.objects.get(pk=rina.pk)


def test_import_is_never_saved_by_whoever_brought_it(client, sign_in, powerful, asked, page_text):
    with pytest.raises(ValidationError, match="Anda mengunggah berkas ini"):
        importing.save_import(asked.pk, by=powerful)
    sign_in(client, powerful)
    change = reverse("admin:holdings_importrun_change", args=[asked.pk])
    assert "Anda mengunggah berkas ini. Penyimpanannya disetujui petugas lain" in page_text(
        client.get(change)
    )
    assert client.post(reverse("admin:holdings_importrun_operation_save", args=[asked.pk])).status_code == 409
    assert (
        client.post(reverse("admin:holdings_importrun_operation_save_alone", args=[asked.pk])).status_code
        == 302
    )
    assert ImportRun.objects.get().stage == Stage.ASKED
    assert importing.waiting_for(powerful).count() == 0


@pytest.mark.parametrize("values", [{"stage": "writing"}, {"approved_by": "by"}])
def test_database_holds_the_second_officer_too(asked, values):
    values = {name: F(value) if name == "approved_by" else value for name, value in values.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRun.objects.filter(pk=asked.pk).update(**values)


def test_import_is_asked_for_by_its_uploader_and_saved_after_that_alone(passport, rina, ratna, drain_queue):
    run = importing.start_import(passport, workbook(passport, GOOD), by=rina)
    drain_queue()
    with pytest.raises(ValidationError, match="sudah berstatus Siap disimpan"):
        importing.save_import(run.pk, by=ratna)
    other = factories.make_officer("tono", "Tono Hadi", "Petugas")
    with pytest.raises(ValidationError, match="Hanya yang mengunggah"):
        importing.ask_to_save(run.pk, by=other)
    importing.ask_to_save(run.pk, by=rina)
    for person in (rina, other):
        with pytest.raises(PermissionDenied):
            importing.save_import(run.pk, by=person)
    assert list(importing.waiting_for(ratna)) == [run]
    run = importing.save_import(run.pk, by=ratna)
    assert (run.approved_by, run.is_alone, run.stage) == (ratna, False, Stage.WRITING)


def test_import_that_is_sent_back_says_why(client, sign_in, rina, ratna, asked, page_text):
    sign_in(client, ratna)
    client.post(
        reverse("admin:holdings_importrun_operation_send_back", args=[asked.pk]), {"note": "Salah layanan"}
    )
    sign_in(client, rina)
    text = page_text(client.get(reverse("admin:holdings_importrun_change", args=[asked.pk])))
    assert "Salah layanan" in text
    assert ImportRun.objects.get().stage == Stage.READY
    assert importing.ask_to_save(asked.pk, by=rina).note == ""


def test_office_with_one_officer_switches_the_second_one_off(client, sign_in, rina, asked, drain_queue):
    with pytest.raises(ValidationError):
        importing.save_alone(asked.pk, by=rina)
    WorkRules.objects.update_or_create(pk=1, defaults={"second_for_imports": False})
    sign_in(client, rina)
    client.post(reverse("admin:holdings_importrun_operation_save_alone", args=[asked.pk]))
    drain_queue()
    run = ImportRun.objects.get()
    assert (run.stage, run.approved_by, run.is_alone) == (Stage.DONE, rina, True)
    told = LogEntry.objects.filter(user=rina, object_id=str(run.pk)).values_list("change_message", flat=True)
    assert any("tanpa petugas kedua" in message for message in told)


# --- console ----


def test_officer_imports_in_the_console(client, sign_in, rina, ratna, passport, drain_queue, page_text):
    sign_in(client, rina)
    uploaded = workbook(passport, GOOD)
    digest = hashlib.sha256(uploaded.read()).hexdigest()
    uploaded.seek(0)
    page = client.get(reverse("admin:holdings_importrun_add"))
    assert reverse("admin:holdings_importrun_template", args=["paspor"]) in page.content.decode()
    answer = client.post(reverse("admin:holdings_importrun_add"), {"service": passport.pk, "file": uploaded})
    run = ImportRun.objects.get()
    change = reverse("admin:holdings_importrun_change", args=[run.pk])
    assert answer.url == change
    assert "masih diperiksa" in page_text(client.get(change))
    drain_queue()
    text = page_text(client.get(change))
    assert "Bagus Prasetya" in text
    assert digest in text
    client.post(reverse("admin:holdings_importrun_operation_ask", args=[run.pk]))
    assert "Menunggu persetujuan petugas lain" in page_text(client.get(change))
    assert client.post(reverse("admin:holdings_importrun_operation_save", args=[run.pk])).status_code == 403
    sign_in(client, ratna)
    desk = page_text(client.get(reverse("admin:index")))
    assert "1 impor basis data menunggu persetujuan Anda" in desk
    assert "Bagus Prasetya" in page_text(client.get(change))
    client.post(reverse("admin:holdings_importrun_operation_save", args=[run.pk]))
    drain_queue()
    assert ImportRun.objects.get().stage == Stage.DONE
    assert "Bagus Prasetya" not in page_text(client.get(change))
    assert client.get(reverse("admin:holdings_importrun_changelist")).status_code == 200


def test_bad_file_type_is_told_on_the_form(client, sign_in, rina, passport, page_text):
    sign_in(client, rina)
    answer = client.post(
        reverse("admin:holdings_importrun_add"),
        {"service": passport.pk, "file": SimpleUploadedFile("impor.ods", b"x")},
    )
    assert answer.status_code == 200
    assert "bukan .xlsx atau .csv" in page_text(answer)


def test_template_has_the_columns_of_the_service_and_can_be_imported(
    client, sign_in, rina, passport, drain_queue
):
    sign_in(client, rina)
    answer = client.get(reverse("admin:holdings_importrun_template", args=["paspor"]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == RecordResource(passport).headers
    sheet.append([GOOD.get(cell.value) for cell in sheet[1]])
    output = io.BytesIO()
    book.save(output)
    uploaded = SimpleUploadedFile("templat.xlsx", output.getvalue())
    assert bring_in(passport, uploaded, rina, drain_queue).stage == Stage.DONE


@pytest.mark.parametrize("who", ["budi", "ratna", "umar", "kartika"])
def test_import_pages_are_closed_to_others(client, sign_in, request, who, passport):
    sign_in(client, request.getfixturevalue(who))
    assert client.get(reverse("admin:holdings_importrun_add")).status_code == 403
    assert client.get(reverse("admin:holdings_importrun_template", args=["paspor"])).status_code == 403


def test_run_ids_are_unguessable():
    assert isinstance(ImportRun().pk, UUID)
