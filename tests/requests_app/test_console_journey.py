"""A request from letter to answer in the console, by three officers; and two officers pressing at once."""

import threading
from datetime import date
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.access_log.models import AccessEntry, Action
from core.holdings.models import Record
from requests_app.models import (
    Answer,
    Candidate,
    DataRequest,
    Outcome,
    RequestRow,
    ResultDocument,
    StatisticsItem,
    Status,
)
from tests.requests_app import results

LIST = "/admin/requests_app/datarequest/"
NIK = "3174033112000001"
JOHN = {"nama": "John Doe", "tanggal_lahir": "2000-12-31", "nik": NIK}


@pytest.fixture
def hold(catalogue: Any):
    """``hold("paspor", "1", **values)``: a record of the holdings."""

    def hold(service: str, key: str, **values: Any) -> Record:
        schema = catalogue[service].schema()
        record = Record(service=catalogue[service], source_key=key, values=values)
        record.identify(schema, values)
        measured = schema.measuring(values)
        record.event_on = date.fromisoformat(measured["event_on"]) if "event_on" in measured else None
        record.save()
        return record

    return hold


def ask(found: DataRequest, service: Any, **values: Any) -> RequestRow:
    return results.add_row(found, service, values, outcome=Outcome.PENDING)


def press(client: Client, found: DataRequest, verb: str, **data: Any) -> Any:
    """Presses a verb's button and confirms."""
    url = reverse(f"admin:requests_app_datarequest_operation_{verb}", args=[found.pk])
    assert client.get(url).status_code == 200
    return client.post(url, data)


def answer(client: Client, found: DataRequest, verb: str, **data: Any) -> Any:
    """Presses a button of the workspace and follows it back."""
    return client.post(f"{LIST}{found.pk}/jawaban/{verb}/", data, follow=True)


def status_of(found: DataRequest) -> str:
    return DataRequest.objects.get(pk=found.pk).status


def test_three_officers_answer_a_request(
    sign_in: Any,
    siti: User,
    budi: User,
    rina: User,
    ratna: User,
    agreement: Any,
    catalogue: Any,
    hold: Any,
    drain_queue: Any,
    page_text: Any,
    mail_text: Any,
) -> None:
    hold("paspor", "1", **JOHN, no_paspor="E1234567")
    hold("paspor", "2", nama="Rina Kartika Dewi", tanggal_lahir="1990-05-05", no_paspor="E7654321")
    found = results.make_request(siti, status=Status.SUBMITTED, agreement=agreement, approved_at=None)
    paspor = catalogue["paspor"]
    exact = ask(found, paspor, **JOHN)
    similar = ask(found, paspor, nama="Rina Kartika Dewy", tanggal_lahir="1990-05-05", no_paspor="X9990001")
    nobody = ask(found, paspor, nama="Tidak Ada", tanggal_lahir="1950-01-01", no_paspor="X9990002")
    typed = ask(found, paspor, nama="Agus Mulia", tanggal_lahir="1960-01-01", no_paspor="X9990003")
    withheld = ask(found, paspor, nama="Tono Raharja", tanggal_lahir="1961-01-01", no_paspor="X9990004")
    StatisticsItem.objects.create(
        request=found,
        position=1,
        service=catalogue["perlintasan"],
        period_from=date(2024, 10, 2),
        period_until=date(2024, 10, 10),
    )
    verifier, processor, approver = (sign_in(Client(), user) for user in (budi, rina, ratna))

    press(verifier, found, "start_verification")
    press(verifier, found, "accept", note="")
    assert status_of(found) == Status.PROCESSING
    press(processor, found, "take")

    text = page_text(answer(processor, found, "cari"))
    assert "5 baris diperiksa" in text
    assert "NIK sama" in text
    assert "E1234567" not in text, "records stay closed until opened"
    assert AccessEntry.objects.filter(action=Action.MATCH, purpose=found.number, count=5).exists()
    opened = page_text(processor.get(f"{LIST}{found.pk}/jawaban/?buka={exact.pk}"))
    assert "E1234567" in opened
    assert AccessEntry.objects.filter(action=Action.VIEW_RECORD, actor=rina).count() == 1

    confirm = processor.get(f"{LIST}{found.pk}/jawaban/terima-persis/")
    assert "1 baris" in page_text(confirm)
    assert Answer.objects.count() == 0
    processor.post(f"{LIST}{found.pk}/jawaban/terima-persis/")
    assert RequestRow.objects.get(pk=exact.pk).outcome == Outcome.FOUND

    candidate = Candidate.objects.get(row=similar)
    answer(processor, found, "putuskan", calon=candidate.pk, keputusan="bukan", baris="2")
    assert RequestRow.objects.get(pk=similar.pk).outcome == Outcome.PENDING
    back = processor.post(
        f"{LIST}{found.pk}/jawaban/putuskan/",
        {"calon": candidate.pk, "keputusan": "cocok", "baris": "2", "kembali": "hasil=pending&jahat=//x"},
    )
    assert back["Location"] == f"{LIST}{found.pk}/jawaban/?hasil=pending#baris-2"
    answer(processor, found, "hasil", baris_id=nobody.pk, hasil_baris="not_found")

    form = processor.get(f"{LIST}{found.pk}/jawaban/baris/{typed.pk}/ketik/")
    assert "Agus Mulia" in form.content.decode()
    refused = processor.post(
        f"{LIST}{found.pk}/jawaban/baris/{typed.pk}/ketik/", {"tanggal_lahir": "31-02-2000"}
    )
    assert refused.status_code == 422
    assert "tidak ada di kalender" in page_text(refused)
    processor.post(
        f"{LIST}{found.pk}/jawaban/baris/{typed.pk}/ketik/",
        {"nama": "AGUS MULIA", "no_paspor": "E0000001", "kembali": "halaman=1"},
    )
    wrong = answer(processor, found, "hapus", jawaban=Answer.objects.get(row=typed).pk)
    assert "dihapus" in page_text(wrong)
    assert RequestRow.objects.get(pk=typed.pk).outcome == Outcome.PENDING
    processor.post(f"{LIST}{found.pk}/jawaban/baris/{typed.pk}/ketik/", {"nama": "AGUS MULIA"})

    without = answer(processor, found, "hasil", baris_id=withheld.pk, hasil_baris="withheld", alasan="")
    assert "Tulis alasan" in page_text(without)
    answer(processor, found, "hasil", baris_id=withheld.pk, hasil_baris="withheld", alasan="Dalam penyidikan")

    blocked = page_text(processor.get(f"{LIST}{found.pk}/change/"))
    assert "1 permintaan statistik belum dihitung" in blocked
    counted = answer(processor, found, "hitung", kembali="statistik")
    assert "1 permintaan statistik sudah dihitung." in page_text(counted)

    press(processor, found, "send_for_approval", note="lengkap")
    assert status_of(found) == Status.AWAITING_APPROVAL
    closed = page_text(approver.get(f"{LIST}{found.pk}/jawaban/"))
    assert "AGUS MULIA" in closed
    assert "Calon dari basis data" not in closed

    press(approver, found, "approve", note="")
    assert status_of(found) == Status.ISSUING
    drain_queue()
    assert status_of(found) == Status.COMPLETED
    assert found.number in mail_text(to=siti.email)

    document = ResultDocument.objects.get(request=found)
    tab = approver.get(f"{LIST}{found.pk}/change/", {"tab": "dokumen"})
    assert document.number in page_text(tab)
    for kind, action in (("pdf", Action.DOWNLOAD_PDF), ("xlsx", Action.DOWNLOAD_XLSX)):
        download = approver.get(reverse("admin:requests_app_datarequest_result", args=[document.pk, kind]))
        assert download["Content-Disposition"].startswith("attachment")
        assert b"".join(download.streaming_content)
        assert AccessEntry.objects.filter(action=action, purpose=found.number, count=5).exists()
    history = page_text(approver.get(f"{LIST}{found.pk}/change/", {"tab": "riwayat"}))
    for words in ("Mulai verifikasi", "Kecocokan dicari", "Statistik dihitung", "Dokumen siap", "Sistem"):
        assert words in history


def test_rows_of_another_request_are_out_of_reach(
    client: Any, sign_in: Any, rina: User, siti: User, joko: User, agreement: Any, catalogue: Any
) -> None:
    own = results.make_request(siti, status=Status.PROCESSING)
    other = results.make_request(joko, status=Status.PROCESSING)
    row = results.add_row(other, catalogue["paspor"], results.ASKED, (results.ANSWER,))
    sign_in(client, rina)
    base = f"{LIST}{own.pk}/jawaban/"
    given = Answer.objects.get(row=row).pk
    assert client.post(f"{base}hasil/", {"baris_id": row.pk, "hasil_baris": "not_found"}).status_code == 404
    assert client.post(f"{base}hapus/", {"jawaban": given}).status_code == 404
    assert client.get(f"{base}baris/{row.pk}/ketik/").status_code == 404
    for number in ("", "x", "-1", "9" * 30, "²"):
        assert client.post(f"{base}putuskan/", {"calon": number, "keputusan": "cocok"}).status_code == 404
    assert RequestRow.objects.get(pk=row.pk).outcome == Outcome.FOUND


def test_workspace_verbs_need_the_right_and_the_token(
    sign_in: Any, budi: User, rina: User, siti: User, catalogue: Any
) -> None:
    found = results.make_request(siti, status=Status.PROCESSING)
    row = results.add_row(found, catalogue["paspor"], results.ASKED, outcome=Outcome.PENDING)
    url = f"{LIST}{found.pk}/jawaban/hasil/"
    data = {"baris_id": row.pk, "hasil_baris": "not_found"}
    assert sign_in(Client(), budi).post(url, data).status_code == 403
    forger = sign_in(Client(enforce_csrf_checks=True), rina)
    assert forger.post(url, data).status_code == 403
    assert RequestRow.objects.get(pk=row.pk).outcome == Outcome.PENDING
    assert sign_in(Client(), rina).post(url, data).status_code == 302
    assert RequestRow.objects.get(pk=row.pk).outcome == Outcome.NOT_FOUND


def test_page_opened_before_a_colleague_pressed_tells_who(
    sign_in: Any, budi: User, siti: User, page_text: Any
) -> None:
    found = results.make_request(siti, status=Status.SUBMITTED)
    second = User.objects.create_user(
        "bayu", email="bayu@imigrasi.go.id", password="x", is_staff=True, full_name="Bayu Aji"
    )
    second.groups.set(budi.groups.all())
    first, late = sign_in(Client(), budi), sign_in(Client(), second)
    url = reverse("admin:requests_app_datarequest_operation_start_verification", args=[found.pk])
    assert late.get(url).status_code == 200
    first.post(url)
    answered = late.post(url, follow=True)
    assert answered.status_code == 200
    assert "Status sudah diubah oleh Budi Santoso" in page_text(answered)
    assert DataRequest.objects.get(pk=found.pk).assignee == budi


@pytest.mark.django_db(transaction=True)
def test_of_two_presses_at_once_one_wins(sign_in: Any, budi: User, siti: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("real parallel transactions need PostgreSQL; the stale page above covers SQLite")
    found = results.make_request(siti, status=Status.VERIFYING)
    second = User.objects.create_user(
        "bayu", email="bayu@imigrasi.go.id", password="x", is_staff=True, full_name="Bayu Aji"
    )
    second.groups.set(budi.groups.all())
    clients = [sign_in(Client(), budi), sign_in(Client(), second)]
    urls = [
        reverse(f"admin:requests_app_datarequest_operation_{verb}", args=[found.pk])
        for verb in ("accept", "reject")
    ]
    start = threading.Barrier(2)
    answers: list[tuple[int, str]] = []

    def run(client: Client, url: str) -> None:
        try:
            start.wait()
            response = client.post(url, {"note": "Alasan yang cukup"}, follow=True)
            answers.append((response.status_code, response.content.decode()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(clients, urls, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {code for code, _body in answers} <= {200, 422}
    assert sum("Status sudah diubah oleh" in body for _code, body in answers) == 1
    assert found.events.count() == 1
