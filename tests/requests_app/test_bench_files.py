"""The bench's workbook: out, filled, in again; lines that meet no row; what is refused; nothing half-written."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access_log.models import AccessEntry, AccessSubject, Action
from core.access_log.record import subject_keys
from core.catalogue.models import Service
from requests_app import answering, row_work
from requests_app.bench import book, importing, reading
from requests_app.bench.reading import BenchFilter
from requests_app.models import Answer, AnswerImport, DataRequest, Outcome, RequestRow, RowEvent
from tests import factories
from tests.requests_app.bench_rows import BENCH, columns_of, open_request, sheet_of, upload

Stage = AnswerImport.Stage
SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.slow
ANSWER = {
    "Nama": "JOHN DOE",
    "Tanggal Terbit": "14-03-2022",
    "Status Paspor": "AKTIF",
}


@pytest.fixture
def passport(catalogue: Any) -> Service:
    service: Service = catalogue["paspor"]
    return service


@pytest.fixture
def found(siti: User, rina: User, agreement: Any, passport: Service) -> DataRequest:
    """Rina's request with three open rows."""
    return open_request(siti, passport, ["A1000001", "A1000002", "A1000003"], rina)


def exported(user: User, service: Service, **parts: str) -> Any:
    """The workbook of the officer's bench, opened."""
    rows = reading.in_order(
        reading.bench_rows(user, BenchFilter(service.key, **parts)).filter(service=service)
    )
    members = list(rows.select_related("request").prefetch_related("answers"))
    return sheet_of(book.build(service, members, by=user, at=timezone.now()))


def fill(opened: Any, line: int, **texts: Any) -> None:
    """Writes answers into a line (from 2) by heading; ``Hasil`` and ``Alasan`` as they are."""
    sheet = opened.worksheets[0]
    places = columns_of(sheet)
    for label, text in texts.items():
        heading = label if label in (book.OUTCOME, book.REASON, book.ROW_ID) else book.ANSWERED + label
        sheet.cell(line, places[heading]).value = text


def bring_in(opened: Any, service: Service, by: User) -> AnswerImport:
    return importing.start_import(service, upload(opened), by=by)


def test_workbook_is_text_with_lists_and_hidden_ids(
    client: Any, sign_in: Any, rina: User, found: DataRequest, passport: Service
) -> None:
    row = found.rows.first()
    row.values = {**row.values, "nama": "=HYPERLINK(1)"}
    row.save()
    response = sign_in(client, rina).get(BENCH + "buku-kerja/?layanan=paspor")
    sheet = sheet_of(response.content).worksheets[0]
    places = columns_of(sheet)
    assert [sheet.column_dimensions[letter].hidden for letter in "ABC"] == [True] * 3
    assert [sheet.cell(line, 1).value for line in (2, 3, 4)] == [
        str(pk) for pk in found.rows.order_by("position").values_list("pk", flat=True)
    ]
    name = sheet.cell(2, places["Diminta: Nama"])
    assert (name.value, name.data_type, name.number_format) == ("=HYPERLINK(1)", "s", "@")
    lists = {str(rule.sqref).split("2:")[0] for rule in sheet.data_validations.dataValidation}
    assert openpyxl.utils.get_column_letter(places[book.OUTCOME]) in lists
    entry = AccessEntry.objects.get(action=Action.EXPORT)
    assert (entry.actor, entry.count, entry.purpose) == (rina, 3, "Meja jawab: Paspor")


def test_filled_workbook_is_shown_before_it_is_written(
    client: Any, sign_in: Any, rina: User, found: DataRequest, passport: Service, page_text: Any
) -> None:
    opened = exported(rina, passport)
    fill(opened, 2, **ANSWER)
    fill(opened, 3, Hasil="Dikecualikan", Alasan="Sedang dalam proses penyidikan")
    sign_in(client, rina)
    response = client.post(BENCH + "unggah/", {"service": "paspor", "file": upload(opened)}, follow=True)
    text = page_text(response)
    assert "2 baris akan dijawab" in text
    assert "Belum ada yang disimpan" in text
    assert "JOHN DOE" in text
    assert not Answer.objects.exists()
    run = AnswerImport.objects.get()
    done = client.post(f"{BENCH}unggah/{run.pk}/", {"tindakan": "simpan"}, follow=True)
    assert "2 baris dijawab dari jawaban.xlsx." in page_text(done)
    first, second, third = found.rows.order_by("position")
    assert first.answers.get().values["tanggal_terbit"] == "2022-03-14"
    assert (first.outcome, first.decided_by, first.version) == (Outcome.FOUND, rina, 2)
    assert (second.outcome, second.outcome_reason) == (
        Outcome.WITHHELD,
        "Sedang dalam proses penyidikan",
    )
    assert third.outcome == Outcome.PENDING
    assert RowEvent.objects.filter(kind=RowEvent.Kind.DECIDED, actor=rina).count() == 2
    entry = AccessEntry.objects.get(action=Action.IMPORT, purpose="Meja jawab: Paspor", count=2)
    assert AccessSubject.objects.filter(entry__in=[entry], key__in=subject_keys([first])).exists()
    run.refresh_from_db()
    assert (run.stage, run.file.name, run.preview) == (Stage.DONE, "", [])
    client.post(f"{BENCH}unggah/{run.pk}/", {"tindakan": "simpan"})
    assert RowEvent.objects.count() == 2


def test_same_workbook_a_second_time_changes_nothing(
    rina: User, found: DataRequest, passport: Service
) -> None:
    opened = exported(rina, passport)
    fill(opened, 2, **ANSWER)
    importing.save_import(bring_in(opened, passport, rina).pk, by=rina)
    again = bring_in(opened, passport, rina)
    assert again.stage == Stage.REFUSED
    assert again.errors[0]["message"] == "Tidak ada jawaban baru dalam berkas ini"
    assert again.unmatched[0]["kind"] == "stale"


def test_answered_rows_come_back_unchanged_without_a_trace(
    rina: User, found: DataRequest, passport: Service
) -> None:
    rudi = factories.make_officer("rudi", "Rudi Hartono", "Petugas")
    for number, row in enumerate(found.rows.order_by("position")):
        answering.type_answer(row.pk, by=rudi, values={"nama": f"ORANG {'ABC'[number]}"})
    opened = exported(rina, passport, stage="dijawab")
    fill(opened, 3, Nama="ORANG LAIN")
    run = importing.save_import(bring_in(opened, passport, rina).pk, by=rina)
    assert (run.counts["rows"], run.counts["unchanged"]) == (1, 2)
    assert [row.decided_by for row in found.rows.order_by("position")] == [rudi, rina, rudi]


def test_person_with_many_records_has_a_line_for_each(
    rina: User, found: DataRequest, passport: Service
) -> None:
    opened = exported(rina, passport)
    sheet = opened.worksheets[0]
    fill(opened, 2, Nama="SATU")
    for line, name in ((5, "DUA"), (6, "TIGA")):
        for column in (1, 2):
            sheet.cell(line, column).value = sheet.cell(2, column).value
        fill(opened, line, Nama=name)
    run = importing.save_import(bring_in(opened, passport, rina).pk, by=rina)
    assert (run.counts["rows"], run.counts["records"]) == (1, 3)
    row = found.rows.get(position=1)
    assert [answer.values["nama"] for answer in row.answers.all()] == ["SATU", "DUA", "TIGA"]
    assert row.events.count() == 1


def plain(*lines: dict[str, str]) -> Any:
    """A workbook of another system: own headings, no ids."""
    opened = openpyxl.Workbook()
    sheet = opened.active
    headings = list(lines[0])
    sheet.append(headings)
    for line in lines:
        sheet.append([line.get(heading) for heading in headings])
    return opened


def test_file_from_elsewhere_meets_rows_by_document_number(
    siti: User, rina: User, found: DataRequest, passport: Service
) -> None:
    twin = open_request(siti, passport, ["A1000003", "A1000003"], rina)
    rudi = factories.make_officer("rudi", "Rudi Hartono", "Petugas")
    row_work.claim_rows(found.pk, by=rudi, rows=found.rows.filter(position=2))
    lines = [
        {"No. Paspor": number, "Nama": "JOHN DOE", "Nomor urut": "1"}
        for number in ("a-1000001", "A1000002", "A1000003", "Z9999999")
    ]
    run = bring_in(plain(*lines), passport, rina)
    assert (run.stage, run.counts["rows"], run.counts["ignored"]) == (Stage.READY, 1, ["Nomor urut"])
    told = {left["line"]: (left["kind"], left["message"]) for left in run.unmatched}
    assert told[3] == ("held", "Baris 2 dipegang Rudi Hartono. Ambil alih baris itu sebelum mengubahnya")
    assert told[4][0] == "ambiguous"
    assert found.number in told[4][1]
    assert twin.number in told[4][1]
    assert told[5] == ("unmatched", "Tidak ada baris terbuka dengan nomor ini")
    importing.save_import(run.pk, by=rina)
    assert found.rows.get(position=1).outcome == Outcome.FOUND
    assert RequestRow.objects.filter(outcome=Outcome.FOUND).count() == 1


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ({"Tanggal Terbit": "31-31-2022"}, "Jawaban: Tanggal Terbit", "tidak ada di kalender"),
        ({"Tanggal Terbit": "=A1"}, "Jawaban: Tanggal Terbit", "Sel berisi rumus"),
        ({"No. Paspor": 1234567890123456789}, "Jawaban: No. Paspor", "terbaca sebagai angka"),
        ({"Nama": "X", "Hasil": "Tidak Ditemukan"}, "Hasil", "Kosongkan kolom jawaban"),
        ({"Hasil": "Entahlah"}, "Hasil", "bukan pilihan Hasil"),
        ({"Hasil": "Ditemukan"}, "Hasil", "Isi paling sedikit satu kolom jawaban"),
        ({"Hasil": "Dikecualikan"}, "Alasan", "Tulis alasan"),
        ({"Hasil": "Tidak Ditemukan", "Alasan": "x" * 251}, "Alasan", "paling banyak 250"),
    ],
)
def test_wrong_cell_refuses_the_whole_file_and_says_where(
    rina: User, found: DataRequest, passport: Service, cells: dict[str, Any], column: str, message: str
) -> None:
    opened = exported(rina, passport)
    fill(opened, 2, **ANSWER)
    fill(opened, 3, **cells)
    run = bring_in(opened, passport, rina)
    assert run.stage == Stage.REFUSED
    place = openpyxl.utils.get_column_letter(columns_of(opened.worksheets[0])[column])
    assert [(error["cell"], error["column"]) for error in run.errors] == [(f"{place}3", column)]
    assert message in run.errors[0]["message"]
    assert not Answer.objects.exists()
    with pytest.raises(ValidationError):
        importing.save_import(run.pk, by=rina)


def test_lines_of_one_row_must_agree(rina: User, found: DataRequest, passport: Service) -> None:
    opened = exported(rina, passport)
    sheet = opened.worksheets[0]
    fill(opened, 2, Nama="SATU")
    for line in (5, 6):
        sheet.cell(line, 1).value = sheet.cell(2, 1).value
    fill(opened, 5, Hasil="Tidak Ditemukan")
    fill(opened, 6, Nama="SATU")
    run = bring_in(opened, passport, rina)
    assert [error["message"] for error in run.errors] == [
        "Baris ini sudah diisi di baris 2 berkas dengan hasil lain",
        "Jawaban ini sama dengan baris 2 berkas",
    ]


def test_ids_of_rows_that_are_not_ones_own_work_open_nothing(
    siti: User, rina: User, found: DataRequest, passport: Service, catalogue: Any
) -> None:
    opened = exported(rina, passport)
    visa = open_request(siti, catalogue["visa"], ["V1"], rina)
    own = factories.make_agency("DITJEN IMIGRASI", "IMI")
    mine = open_request(siti, passport, ["A7"], rina)
    DataRequest.objects.filter(pk=mine.pk).update(agency=own)
    rina.agency = own
    rina.save()
    done = open_request(siti, passport, ["A8"], rina)
    DataRequest.objects.filter(pk=done.pk).update(status="completed", approved_by=siti)
    for line, pk in enumerate(
        (visa.rows.get().pk, mine.rows.get().pk, done.rows.get().pk, 999_999, "1e5", "' OR 1"), start=2
    ):
        fill(opened, line, **{book.ROW_ID: str(pk)}, Nama="X")
    run = bring_in(opened, passport, rina)
    assert run.stage == Stage.REFUSED
    assert {left["kind"] for left in run.unmatched} == {"unmatched"}
    assert len(run.unmatched) == 6


def test_stamp_of_another_service_or_a_forged_one_is_refused(
    rina: User, found: DataRequest, passport: Service, catalogue: Any
) -> None:
    opened = exported(rina, passport)
    fill(opened, 2, **ANSWER)
    wrong = bring_in(opened, catalogue["visa"], rina)
    assert "bukan untuk layanan Visa" in wrong.errors[0]["message"]
    stamp = opened.worksheets[0].cell(1, 3)
    stamp.value = stamp.value.replace("Jawaban: Nama", "Jawaban: NamaX")
    assert "Stempel buku kerja rusak" in bring_in(opened, passport, rina).errors[0]["message"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("jawaban.xlsx", b"PK\x03\x04 nonsense", "tidak dapat dibaca"),
        ("jawaban.csv", b"Judul;Lain\n1;2\n", "tidak memuat kolom jawaban"),
        ("jawaban.csv", b"Nama\nX\n", "baris tidak dapat dicocokkan"),
        ("jawaban.csv", b"No. Paspor;Nama\n", "belum berisi data"),
    ],
)
def test_hostile_and_empty_files_are_refused(
    rina: User, passport: Service, name: str, content: bytes, message: str
) -> None:
    run = importing.start_import(passport, SimpleUploadedFile(name, content), by=rina)
    assert run.stage == Stage.REFUSED
    assert message in run.errors[0]["message"]
    with pytest.raises(ValidationError, match=r"bukan \.xlsx atau \.csv"):
        importing.start_import(passport, SimpleUploadedFile("x.xlsm", content), by=rina)


def test_row_answered_between_look_and_save_refuses_the_file(
    rina: User, found: DataRequest, passport: Service
) -> None:
    rudi = factories.make_officer("rudi", "Rudi Hartono", "Petugas")
    opened = exported(rina, passport)
    for line in (2, 3, 4):
        fill(opened, line, **ANSWER)
    run = bring_in(opened, passport, rina)
    answering.set_outcome(found.rows.get(position=2).pk, by=rudi, outcome=Outcome.NOT_FOUND)
    run = importing.save_import(run.pk, by=rina)
    assert run.stage == Stage.REFUSED
    assert "sekarang 2 baris, sebelumnya 3" in run.errors[0]["message"]
    assert not Answer.objects.exists()


def test_nobody_else_sees_or_writes_an_import(
    client: Any, sign_in: Any, rina: User, budi: User, found: DataRequest, passport: Service
) -> None:
    opened = exported(rina, passport)
    fill(opened, 2, **ANSWER)
    run = bring_in(opened, passport, rina)
    rudi = factories.make_officer("rudi", "Rudi Hartono", "Petugas")
    assert sign_in(client, rudi).get(f"{BENCH}unggah/{run.pk}/").status_code == 404
    with pytest.raises(AnswerImport.DoesNotExist):
        importing.save_import(run.pk, by=rudi)
    with pytest.raises(PermissionDenied):
        importing.start_import(passport, upload(opened), by=budi)
    sign_in(client, budi)
    for tail in ("buku-kerja/?layanan=paspor", "unggah/", f"unggah/{run.pk}/"):
        assert client.get(BENCH + tail).status_code == 403


def test_large_file_goes_through_the_queue(
    client: Any,
    sign_in: Any,
    rina: User,
    found: DataRequest,
    passport: Service,
    drain_queue: Any,
    monkeypatch: Any,
    page_text: Any,
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    monkeypatch.setattr(importing, "BATCH", 2)
    opened = exported(rina, passport)
    for line in (2, 3, 4):
        fill(opened, line, **ANSWER)
    run = bring_in(opened, passport, rina)
    assert run.stage == Stage.CHECKING
    page = sign_in(client, rina).get(f"{BENCH}unggah/{run.pk}/")
    assert "memuat ulang sendiri" in page_text(page)
    drain_queue()
    run.refresh_from_db()
    assert (run.stage, run.done, run.counts["rows"]) == (Stage.READY, 3, 3)
    assert importing.save_import(run.pk, by=rina).stage == Stage.WRITING
    assert not Answer.objects.exists()
    drain_queue()
    run.refresh_from_db()
    assert run.stage == Stage.DONE
    assert Answer.objects.count() == 3
    importing.write_import(str(run.pk))
    assert Answer.objects.count() == 3


def test_queries_of_a_check_do_not_grow_with_the_rows(
    siti: User, rina: User, agreement: Any, passport: Service
) -> None:
    counted = []
    rina.get_all_permissions()  # read once a person
    for size in (5, 60):
        request = open_request(siti, passport, [f"B{size:02}{number:05}" for number in range(size)], rina)
        opened = exported(rina, passport)
        for line in range(2, 2 + size):
            fill(opened, line, **ANSWER)
        with CaptureQueriesContext(connection) as queries:
            assert bring_in(opened, passport, rina).counts["rows"] == size
        counted.append(len(queries))

        DataRequest.objects.filter(pk=request.pk).update(status="withdrawn")
    assert counted[0] == counted[1]


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice (soffice), which writes the file as people do")
def test_five_hundred_rows_come_back_from_a_real_spreadsheet_program(
    siti: User, rina: User, agreement: Any, passport: Service, tmp_path: Path
) -> None:
    numbers = [f"A{number:07}" for number in range(500)]
    halves = [open_request(siti, passport, part, rina) for part in (numbers[:300], numbers[300:])]
    opened = exported(rina, passport)
    answers = {}
    sheet = opened.worksheets[0]
    number_column = columns_of(sheet)["Diminta: No. Paspor"]
    for line in range(2, 502):
        number = sheet.cell(line, number_column).value
        answers[number] = {
            "nama": f"ORANG {'ABCDEFGHIJ'[line % 10]}",
            "no_paspor": number,
            "tanggal_terbit": f"20{line % 20 + 2:02}-03-{line % 28 + 1:02}",
            "status_paspor": "AKTIF",
        }
        issued = answers[number]["tanggal_terbit"]
        fill(
            opened,
            line,
            **{
                "Nama": answers[number]["nama"],
                "No. Paspor": number,
                "Tanggal Terbit": f"{issued[8:]}-{issued[5:7]}-{issued[:4]}",
                "Status Paspor": "AKTIF",
            },
        )
    path = tmp_path / "jawaban.xlsx"
    opened.save(path)
    for kind in ("ods", "xlsx"):
        path = resaved(path, kind, tmp_path / kind)
    run = importing.start_import(passport, SimpleUploadedFile("jawaban.xlsx", path.read_bytes()), by=rina)
    assert (run.stage, run.errors, run.counts["rows"]) == (Stage.READY, [], 500)
    importing.save_import(run.pk, by=rina)
    for half in halves:
        for row in half.rows.prefetch_related("answers"):
            assert row.outcome == Outcome.FOUND
            assert [answer.values for answer in row.answers.all()] == [answers[row.passport_no]]
    assert Answer.objects.count() == 500


def resaved(path: Path, kind: str, folder: Path) -> Path:
    """The file opened and saved again by LibreOffice in another format, with a profile of its own."""
    profile = f"-env:UserInstallation={(folder.parent / 'profile').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=500)
    return folder / path.with_suffix(f".{kind}").name


def test_book_that_holds_not_all_rows_says_so(
    client, sign_in, found, rina, passport, monkeypatch, page_text
) -> None:
    desk = sign_in(client, rina)
    bench = reverse("admin:requests_app_datarequest_bench") + f"?layanan={passport.key}"
    told = "Satu buku kerja memuat paling banyak 2 baris"
    assert told not in page_text(desk.get(bench))
    monkeypatch.setattr(book, "MOST_ROWS", 2)
    assert told in page_text(desk.get(bench))
