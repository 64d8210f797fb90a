"""A completed request: answers, downloads logged with every person in them, nothing for strangers."""

import io

import pytest
from django.test import Client
from pypdf import PdfReader

from core.access_log.models import AccessEntry, AccessSubject
from requests_app import answering, operations
from requests_app.models import DataRequest
from tests.public_site.request_steps import (
    PASPOR_MARTINUS,
    add_row,
    address,
    declare,
    fresh,
    ready_draft,
    send,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


@pytest.fixture
def completed(browser, budi, rina, ratna, drain_queue) -> DataRequest:
    draft = ready_draft(browser)
    add_row(browser, draft, PASPOR_MARTINUS)
    browser.post(
        address("statistics_add", pk=draft.pk),
        {
            "layanan": "perlintasan",
            "period_from": "02-10-2024",
            "period_until": "10-10-2024",
            "citizenship": "WNI",
            "direction": "MASUK",
        },
    )
    declare(browser, draft)
    send(browser, draft)
    operations.start_verification(draft.pk, by=budi)
    operations.accept(draft.pk, by=budi)
    for row in draft.rows.all():
        answering.set_outcome(row.pk, by=rina, outcome="not_found")
    answering.count_statistics(draft.pk, by=rina)
    operations.send_for_approval(draft.pk, by=rina)
    operations.approve(draft.pk, by=ratna)
    drain_queue()
    return fresh(draft)


def test_completed_request_shows_outcome_and_document(browser, completed, page_text) -> None:
    page = page_text(browser.get(address("request_detail", pk=completed.pk)))
    number = completed.documents.get().number
    for text in ("SELESAI", "Tidak Ditemukan", "Download", number, "Setiap unduhan dicatat."):
        assert text in page
    assert "Batalkan permohonan" not in page
    assert "SELESAI" in page_text(browser.get(address("request_list")))
    assert "Tidak ada data pada periode dan saringan ini." in page, "a count of nothing is said, not drawn"


def test_downloads_are_logged_with_every_person(browser, completed, siti) -> None:
    for path, start in (("request_pdf", b"%PDF"), ("request_xlsx", b"PK")):
        before = AccessEntry.objects.count()
        answer = browser.get(address(path, pk=completed.pk))
        body = b"".join(answer.streaming_content)
        assert body.startswith(start)
        assert "no-store" in answer["Cache-Control"]
        assert "attachment" in answer["Content-Disposition"]
        entry = AccessEntry.objects.latest("pk")
        assert AccessEntry.objects.count() == before + 1
        assert (entry.actor, entry.count, entry.purpose) == (siti, 2, completed.number)
        assert AccessSubject.objects.filter(entry=entry).count() == 2
    text = PdfReader(
        io.BytesIO(b"".join(browser.get(address("request_pdf", pk=completed.pk)).streaming_content))
    )
    assert "John Doe" in "".join(page.extract_text() for page in text.pages)


def test_no_answer_leaves_for_an_agency_that_is_shut(browser, completed, agency, page_text) -> None:
    type(agency).objects.filter(pk=agency.pk).update(is_active=False)
    before = AccessEntry.objects.count()
    for name in ("request_pdf", "request_xlsx"):
        answer = browser.get(address(name, pk=completed.pk))
        assert answer["Location"] == address("request_detail", pk=completed.pk)
        assert "Instansi Anda sedang dinonaktifkan" in page_text(browser.get(answer["Location"]))
    part = browser.get(address("request_part", pk=completed.pk, part=1, kind="pdf"))
    assert part.status_code == 302
    assert AccessEntry.objects.count() == before, "nothing was read"
    page = page_text(browser.get(address("request_detail", pk=completed.pk)))
    for told in ("Tidak Ditemukan", "Tidak ada data pada periode dan saringan ini."):
        assert told not in page, "nor is it read on the page"


def test_strangers_get_the_same_page_for_foreign_and_unknown_files(
    completed, sign_in, joko, page_text
) -> None:
    stranger = sign_in(Client(), joko)
    unknown = "00000000-0000-4000-8000-000000000000"
    for path in ("request_pdf", "request_xlsx", "request_letter_file", "request_receipt"):
        foreign = stranger.get(address(path, pk=completed.pk))
        missing = stranger.get(address(path, pk=unknown))
        assert foreign.status_code == missing.status_code == 404
        assert page_text(foreign).split("Kode")[0] == page_text(missing).split("Kode")[0]


def test_tracking_of_a_completed_request_ends_with_selesai(completed, page_text) -> None:
    page = page_text(Client().get(address("track"), {"no": completed.number}))
    assert "SELESAI" in page
    assert "Jawaban dapat diunduh setelah Anda masuk" in page
    assert "John" not in page


def test_reopened_request_offers_no_old_document(browser, completed, ratna) -> None:
    operations.reopen(completed.pk, by=ratna, note="Ada data yang perlu dilengkapi")
    assert browser.get(address("request_pdf", pk=completed.pk)).status_code == 404
