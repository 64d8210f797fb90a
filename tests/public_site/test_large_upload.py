"""A large workbook, with limits made tiny: checked and saved by the queue in slices, all of its rows or none."""

import io
import threading
import uuid
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, connections, transaction
from django.test import Client, RequestFactory

from accounts.models import Agreement, AgreementService
from core.doors import clock
from requests_app import operations, tasks, uploads, workflow
from requests_app.models import DataRequest, FaultyRow, RowUpload, StagedRow
from tests.database import run_until_it_waits
from tests.public_site.request_steps import address, fresh, keep_letter, new_draft
from tests.public_site.test_upload import newest, page_of, send
from tests.requests_app.workbooks import as_upload, filled, paspor

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
Stage = RowUpload.Stage


@pytest.fixture(autouse=True)
def tiny(settings) -> None:
    settings.AT_ONCE_ROWS = 4
    settings.SLICE_ROWS = 3


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


@pytest.fixture
def draft(browser) -> DataRequest:
    draft = new_draft(browser)
    keep_letter(draft)
    browser.post(address("request_data", pk=draft.pk), {"more_than_ten": "ya"})
    return fresh(draft)


def book(*numbers: int, **changes: Any) -> bytes:
    return filled({"Paspor": [paspor(number, **changes) for number in numbers]})


def checked(browser: Client, draft: DataRequest, content: bytes, drain_queue: Any) -> RowUpload:
    send(browser, draft, content)
    drain_queue()
    return newest(draft)


def standing_against_sending(draft: DataRequest) -> list[str]:
    return workflow.reasons("submit", fresh(draft), draft.requester) or []


def test_rows_come_in_all_at_once(browser, draft, page_text, drain_queue) -> None:
    upload = checked(browser, draft, book(*range(1, 9)), drain_queue)
    assert (upload.stage, upload.done, upload.total, upload.counts) == (Stage.CLEAN, 8, 8, {"paspor": 8})
    assert upload.staged.count() == 8
    assert draft.rows.count() == 0
    for _press in range(2):
        answer = browser.post(page_of("upload_save", upload), follow=True)
        text = page_text(answer)
        assert "Menyimpan 8 baris…" in text
        assert "Semua baris masuk bersama-sama, atau tidak satu pun." in text
        assert "Batal" not in text
    progress = browser.get(page_of("upload_progress", upload)).json()
    assert (progress["total"], progress["finished"]) == (0, False)
    assert draft.rows.count() == 0
    assert drain_queue() == 1
    answer = browser.get(page_of("upload_status", upload), follow=True)
    assert "Data Detail (8)" in page_text(answer)
    rows = list(draft.rows.all())
    assert [row.position for row in rows] == list(range(1, 9))
    assert [row.passport_no for row in rows] == [f"A{number:06}" for number in range(1, 9)]
    assert {(row.name_key, row.outcome, row.version, row.service.key) for row in rows} == {
        ("JOHN DOE", "pending", 1, "paspor")
    }
    assert not StagedRow.objects.exists()
    tasks.save_upload(str(upload.pk))
    assert draft.rows.count() == 8


def test_rows_stand_behind_those_that_are_there(browser, draft, drain_queue) -> None:
    for numbers in (range(1, 3), range(3, 9)):
        upload = checked(browser, draft, book(*numbers), drain_queue)
        browser.post(page_of("upload_save", upload))
        drain_queue()
    assert [(row.position, row.passport_no) for row in draft.rows.all()] == [
        (number, f"A{number:06}") for number in range(1, 9)
    ]


def test_request_with_a_running_upload_is_not_sent(browser, draft, page_text, drain_queue) -> None:
    first = checked(browser, draft, book(1, 2), drain_queue)
    browser.post(page_of("upload_save", first))
    assert standing_against_sending(draft) == []
    send(browser, draft, book(*range(3, 9)), "lagi.xlsx")
    reason = "Berkas lagi.xlsx sedang diperiksa. Tunggu sampai selesai, atau batalkan unggahannya"
    assert standing_against_sending(draft) == [reason]
    review = browser.post(address("request_review", pk=draft.pk), {"declaration": "on"})
    assert reason in page_text(review)
    with pytest.raises(ValidationError, match="sedang diperiksa"):
        operations.submit(draft.pk, by=draft.requester, submit_key=uuid.uuid4())
    drain_queue()
    assert standing_against_sending(draft) == []
    browser.post(page_of("upload_save", newest(draft)))
    assert standing_against_sending(draft) == [
        "Data dari berkas lagi.xlsx sedang disimpan. Kirim setelah selesai"
    ]
    drain_queue()
    assert standing_against_sending(draft) == []
    assert draft.rows.count() == 8


def test_faulty_file_keeps_no_row_and_marks_every_cell(browser, draft, page_text, drain_queue) -> None:
    rows = [paspor(1), *(paspor(number, NIK=f"{number}") for number in range(2, 72)), paspor(72)]
    upload = checked(browser, draft, filled({"Paspor": rows}), drain_queue)
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "70 baris belum dapat disimpan." in text
    assert "Baris lain (2) sudah benar." in text
    assert "… dan 20 lainnya, lihat berkas bertanda" in text
    assert len(upload.errors) == 50
    assert not StagedRow.objects.exists()
    # Made by the worker: drawing it takes longer than a web request may.
    assert upload.marked.size > 0
    answer = browser.get(page_of("upload_marked", upload))
    assert answer.streaming
    content = answer.getvalue()
    assert len(content) == upload.marked.size
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Upload Detail Paspor"]
    marks = [sheet.cell(row, 1).value for row in range(2, 74)]
    assert marks[0] is marks[-1] is None
    assert all("NIK harus 16 angka" in mark for mark in marks[1:-1])
    assert [sheet.cell(row, 6).value for row in (2, 3, 72)] == ["A000001", "A000002", "A000071"]
    for row in range(3, 73):
        sheet.cell(row, 5).value = None
    # Mended in place and sent again.
    mended = io.BytesIO()
    sheet.parent.save(mended)
    healed = checked(browser, draft, mended.getvalue(), drain_queue)
    assert (healed.stage, healed.total, healed.marked.name) == (Stage.CLEAN, 72, "")
    storage, name = upload.marked.storage, upload.marked.name
    RowUpload.objects.update(created_at=clock.now() - timedelta(days=2))
    tasks.forget_uploads()
    assert not storage.exists(name)
    assert not FaultyRow.objects.exists()


def test_check_killed_in_the_middle_goes_on_from_there(browser, draft, drain_queue) -> None:
    rows = [*(paspor(number) for number in range(1, 9)), paspor(2)]
    send(browser, draft, filled({"Paspor": rows}))
    upload = newest(draft)
    dying = uploads._claim(upload.pk)
    assert dying is not None
    for part in uploads._slices(dying):
        uploads._keep(dying, part)
        if part.done >= 6:
            break
    upload.refresh_from_db()
    assert (upload.stage, upload.done, upload.staged.count()) == (Stage.CHECKING, 6, 6)
    RowUpload.objects.update(moved_at=clock.now() - timedelta(minutes=5))
    tasks.retry_uploads()
    assert drain_queue() == 2  # the one that was killed comes back too, and finds nothing to do
    upload.refresh_from_db()
    assert (upload.stage, upload.done, upload.attempts) == (Stage.FAULTY, 9, 2)
    assert [line["message"][:44] for line in upload.errors] == [
        "Baris 10 sama dengan baris 3 (No. Paspor A000002). Hapus salah satu"[:44]
    ]
    assert upload.counts == {"paspor": 8}
    # Whoever was thought dead and comes on stores nothing more.
    with pytest.raises(uploads.SupersededError):
        uploads._keep(dying, part)


def other_title(workbook: Any) -> None:
    workbook["Upload Detail Paspor"]["B1"] = "Nama Orang"


def test_check_killed_before_its_end_counts_no_error_twice(browser, draft, drain_queue) -> None:
    send(browser, draft, filled({"Paspor": [paspor(1)]}, change=other_title))
    upload = newest(draft)
    dying = uploads._claim(upload.pk)
    assert dying is not None
    for part in uploads._slices(dying):
        uploads._keep(dying, part)
    upload.refresh_from_db()
    assert (upload.stage, upload.error_count) == (Stage.CHECKING, 1)
    drain_queue()
    upload.refresh_from_db()
    assert (upload.stage, upload.attempts, upload.error_count, upload.faulty.count()) == (
        Stage.FAULTY,
        2,
        1,
        1,
    )
    assert [line["count"] for line in upload.errors] == [1]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_slice_stored_while_another_upload_comes_is_forgotten_too(browser, draft) -> None:
    send(browser, draft, book(*range(1, 9)))
    first = newest(draft)
    claimed = uploads._claim(first.pk)
    assert claimed is not None
    parts = uploads._slices(claimed)
    next(parts)

    def come() -> None:
        try:
            operations.start_upload(draft.pk, by=draft.requester, uploaded=as_upload(book(20)))
        finally:
            connections.close_all()

    with transaction.atomic():
        uploads._keep(claimed, next(parts))
        coming = threading.Thread(target=come)
        run_until_it_waits(coming)
    coming.join()
    first.refresh_from_db()
    assert first.stage == Stage.DISCARDED
    assert not first.staged.exists()


def die_before_commit(upload: RowUpload) -> None:
    with transaction.atomic():
        tasks.save_upload(str(upload.pk))
        assert upload.request.rows.count() == 8
        raise KeyboardInterrupt


def test_saving_killed_in_the_middle_leaves_nothing_and_is_done_again(browser, draft, drain_queue) -> None:
    upload = checked(browser, draft, book(*range(1, 9)), drain_queue)
    browser.post(page_of("upload_save", upload))
    with pytest.raises(KeyboardInterrupt):
        die_before_commit(upload)
    assert draft.rows.count() == 0
    assert upload.staged.count() == 8
    RowUpload.objects.update(moved_at=clock.now() - timedelta(minutes=5))
    tasks.retry_uploads()
    drain_queue()
    assert draft.rows.count() == 8
    assert newest(draft).stage == Stage.SAVED


def test_saving_that_breaks_off_again_and_again_is_given_back(browser, draft, page_text, drain_queue) -> None:
    upload = checked(browser, draft, book(*range(1, 9)), drain_queue)
    browser.post(page_of("upload_save", upload))

    def too_slow(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT INTO") and "requests_app_stagedrow" in sql:
            raise OperationalError("canceling statement due to statement timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(too_slow):
        for _attempt in range(3):
            with pytest.raises(OperationalError):
                tasks.save_upload(str(upload.pk))
        tasks.save_upload(str(upload.pk))
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "Penyimpanan terhenti berkali-kali. Coba simpan lagi nanti, atau hubungi kami" in text
    assert draft.rows.count() == 0
    browser.post(page_of("upload_save", upload))
    drain_queue()
    assert draft.rows.count() == 8


def test_second_upload_takes_the_place_of_one_being_checked(browser, draft, drain_queue) -> None:
    send(browser, draft, book(*range(1, 9)))
    first = newest(draft)
    claimed = uploads._claim(first.pk)
    assert claimed is not None
    part = next(uploads._slices(claimed))
    uploads._keep(claimed, part)
    send(browser, draft, book(*range(11, 17)))
    assert draft.uploads.running().count() == 1
    with pytest.raises(uploads.SupersededError):
        uploads._keep(claimed, part)
    drain_queue()
    first.refresh_from_db()
    assert first.stage == Stage.DISCARDED
    assert not first.staged.exists()
    assert newest(draft).stage == Stage.CLEAN


def test_upload_being_saved_is_neither_replaced_nor_cancelled(browser, draft, page_text, drain_queue) -> None:
    upload = checked(browser, draft, book(*range(1, 9)), drain_queue)
    browser.post(page_of("upload_save", upload))
    answer = send(browser, draft, book(20))
    reason = "Data dari berkas data.xlsx sedang disimpan. Tunggu sampai selesai, lalu coba lagi"
    assert answer.status_code == 422
    assert reason in page_text(answer)
    assert reason in page_text(browser.post(page_of("upload_discard", upload), follow=True))
    drain_queue()
    assert draft.rows.count() == 8


def test_cancelled_check_stops_and_leaves_nothing(browser, draft, page_text, drain_queue) -> None:
    send(browser, draft, book(*range(1, 9)))
    upload = newest(draft)
    claimed = uploads._claim(upload.pk)
    assert claimed is not None
    parts = uploads._slices(claimed)
    uploads._keep(claimed, next(parts))
    uploads._keep(claimed, next(parts))
    assert upload.staged.count() == 3
    assert "Batal" in page_text(browser.get(page_of("upload_status", upload)))
    answer = browser.post(page_of("upload_discard", upload), follow=True)
    assert "Unggahan dibatalkan. Tidak ada data yang tersimpan." in page_text(answer)
    with pytest.raises(uploads.SupersededError):
        uploads._keep(claimed, next(parts))
    parts.close()
    drain_queue()
    assert not StagedRow.objects.exists()
    assert draft.rows.count() == 0
    upload.refresh_from_db()
    assert upload.stage == Stage.DISCARDED


def test_person_may_leave_and_come_back(browser, draft, page_text, drain_queue) -> None:
    send(browser, draft, book(*range(1, 9)), "besar.xlsx")
    text = page_text(browser.get(address("request_upload", pk=draft.pk)))
    assert "Berkas besar.xlsx sedang dikerjakan." in text
    assert "Lihat kemajuannya" in text
    drain_queue()
    text = page_text(browser.get(address("request_upload", pk=draft.pk)))
    assert "Berkas besar.xlsx sudah diunggah, tetapi datanya belum tersimpan." in text


def test_quota_is_told_by_the_check(browser, draft, agreement, page_text, drain_queue) -> None:
    AgreementService.objects.filter(agreement=agreement).update(quota_rows=5, quota_period="month")
    upload = checked(browser, draft, book(*range(1, 9)), drain_queue)
    assert upload.stage == Stage.FAULTY
    assert upload.faulty.get().row == 0
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "tersisa 5" in text
    assert "Upload Detail Paspor" in text
    assert "Berkas belum dapat disimpan. Isi semua baris (8) sudah benar." in text
    assert "0 baris" not in text


@pytest.mark.parametrize("change", ["quota", "end"])
def test_what_ends_between_simpan_and_the_queue_keeps_all_rows_out(
    browser, draft, agreement, page_text, drain_queue, change
) -> None:
    upload = checked(browser, draft, book(*range(1, 9)), drain_queue)
    browser.post(page_of("upload_save", upload))
    if change == "quota":
        AgreementService.objects.filter(agreement=agreement).update(quota_rows=5, quota_period="month")
    else:
        Agreement.objects.filter(pk=agreement.pk).update(terminated_on=clock.today())
    drain_queue()
    assert draft.rows.count() == 0
    text = page_text(browser.get(page_of("upload_status", upload)))
    assert "Data belum tersimpan." in text
    assert ("tersisa 5" if change == "quota" else "PKS") in text
    assert "8 baris siap disimpan" in text
    AgreementService.objects.filter(agreement=agreement).update(quota_rows=None)
    Agreement.objects.filter(pk=agreement.pk).update(terminated_on=None)
    browser.post(page_of("upload_save", upload))
    drain_queue()
    assert draft.rows.count() == 8


def test_rows_of_a_request_withdrawn_meanwhile_are_dropped(browser, draft, drain_queue) -> None:
    upload = checked(browser, draft, book(*range(1, 9)), drain_queue)
    browser.post(page_of("upload_save", upload))
    operations.discard(draft.pk, by=draft.requester)
    drain_queue()
    assert not StagedRow.objects.exists()
    assert not RowUpload.objects.exists()


def test_page_of_an_upload_asks_the_same_for_any_number_of_rows(
    browser, draft, drain_queue, django_assert_max_num_queries
) -> None:
    upload = checked(browser, draft, book(*range(1, 40), NIK="1"), drain_queue)
    with django_assert_max_num_queries(14):
        browser.get(page_of("upload_status", upload))


def test_too_large_a_file_is_neither_kept_nor_in_memory(settings) -> None:
    """The stream is counted to its end, and cut where the largest file that is taken anywhere ends."""
    settings.PDF_MAX_BYTES = settings.XLSX_MAX_BYTES = settings.HOLDINGS_IMPORT_MAX_BYTES = 100_000
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10_000
    request = RequestFactory().post("/", {"file": as_upload(b"x" * 3_000_000)})
    received = request.FILES["file"]
    assert received.size == 3_000_000
    received.seek(0, 2)
    assert received.tell() == 100_001
    received.close()
