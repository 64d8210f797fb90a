"""An applicant meets the agreement: what is offered, refused and left, over HTTP; and its end, seen from both sides."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agreement, AgreementService, Purpose, User
from core.catalogue.models import Service
from core.doors import clock
from requests_app import answering, operations
from requests_app.models import DataRequest, Outcome, Status
from tests.public_site.request_steps import (
    PASPOR_MARTINUS,
    add_row,
    address,
    declare,
    fill_letter,
    fresh,
    new_draft,
    ready_draft,
    send,
    sent_request,
)
from tests.requests_app.workbooks import as_upload, filled, paspor


@pytest.fixture
def browser(client: Client, sign_in: Any, siti: User, agreement: Agreement) -> Client:
    return sign_in(client, siti)


def limit(agreement: Agreement, rows: int, period: str = "month") -> None:
    AgreementService.objects.filter(agreement=agreement, service__key="paspor").update(
        quota_rows=rows, quota_period=period
    )


def upload(browser: Client, draft: DataRequest, rows: int, drain_queue: Any) -> Any:
    """Sends a workbook of so many rows and opens what came of it."""
    content = filled({"Paspor": [paspor(number) for number in range(1, rows + 1)]})
    browser.post(address("request_data", pk=draft.pk), {"more_than_ten": "ya"})
    browser.post(address("request_upload", pk=draft.pk), {"file": as_upload(content)})
    drain_queue()
    newest = draft.uploads.order_by("-created_at")[0]
    return browser.get(address("upload_status", pk=draft.pk, upload=newest.pk))


def test_quota_is_shown_and_kept_at_every_door(
    browser: Client, agreement: Agreement, page_text: Any, drain_queue: Any
) -> None:
    limit(agreement, 2)
    draft = ready_draft(browser)
    choice = page_text(browser.get(address("row_add", pk=draft.pk)))
    assert "Paspor : Sisa kuota bulan ini 1 baris" in choice
    assert "Sisa kuota bulan ini 1 baris" in page_text(browser.get(address("request_data", pk=draft.pk)))
    # By Excel: the file is refused as a whole, with the figures.
    text = page_text(upload(browser, draft, 2, drain_queue))
    assert "Kuota layanan Paspor bulan ini 2 baris, tersisa 2. Permohonan ini memuat 3 baris" in text
    # Typed: the second row fits, the third does not.
    assert add_row(browser, draft, PASPOR_MARTINUS).status_code == 302
    refused = add_row(browser, draft, {**PASPOR_MARTINUS, "no_paspor": "C123123"})
    assert refused.status_code == 422
    assert "Kuota layanan Paspor bulan ini 2 baris" in page_text(refused)
    # At Kirim: the places went to a colleague meanwhile.
    declare(browser, draft)
    limit(agreement, 1)
    sent = send(browser, draft)
    assert sent.status_code == 422
    assert "tersisa 1" in page_text(sent)
    limit(agreement, 2)
    assert send(browser, draft).status_code == 302
    assert fresh(draft).status == Status.SUBMITTED


def test_only_what_the_agreement_includes_is_offered(
    browser: Client, agreement: Agreement, page_text: Any
) -> None:
    agreement.services.set(Service.objects.filter(key="paspor"))
    draft = new_draft(browser)
    page = browser.get(address("row_add", pk=draft.pk))
    offered = {item["service"].key: item["refusal"] for item in page.context["offered"]}
    assert offered.pop("paspor") == ""
    assert all("tidak termasuk dalam PKS" in refusal for refusal in offered.values())
    assert "Layanan Visa tidak termasuk dalam PKS instansi Anda." in page_text(page)
    refused = browser.post(
        address("statistics_add", pk=draft.pk),
        {"layanan": "perlintasan", "period_from": "2024-10-02", "period_until": "2024-10-10"},
    )
    assert refused.status_code == 422
    assert not draft.statistics.exists()


def test_only_grounds_and_purposes_of_the_agreement_can_be_chosen(
    browser: Client, agreement: Agreement, page_text: Any
) -> None:
    draft = new_draft(browser)
    assert "Jenis tujuan" not in page_text(browser.get(address("request_letter", pk=draft.pk)))
    kept = Purpose.objects.create(code="seleksi", label="Seleksi pegawai", label_en="Recruitment")
    Purpose.objects.create(code="riset", label="Riset", label_en="Research")
    agreement.purposes.add(kept)
    Agreement.objects.update(legal_bases="c")
    page = browser.get(address("request_letter", pk=draft.pk))
    form = page.context["form"]
    assert [value for value, _label in form.fields["legal_basis"].choices] == ["", "c"]
    assert [str(purpose) for purpose in form.fields["purpose_code"].queryset] == ["Seleksi pegawai"]
    refused = fill_letter(browser, draft, legal_basis="b", purpose_code=str(kept.pk))
    assert "Dasar hukum ini tidak termasuk dalam PKS instansi Anda" in page_text(refused)
    assert "Pilih Jenis tujuan" in page_text(fill_letter(browser, draft))
    assert fill_letter(browser, draft, purpose_code=str(kept.pk)).status_code == 302
    assert fresh(draft).purpose_code == kept


def test_ended_agreement_refuses_the_new_and_finishes_what_was_sent(
    browser: Client,
    agreement: Agreement,
    sign_in: Any,
    budi: User,
    rina: User,
    ratna: User,
    page_text: Any,
) -> None:
    waiting, late = sent_request(browser), ready_draft(browser)
    operations.start_verification(waiting.pk, by=budi)
    operations.accept(waiting.pk, by=budi)
    answering.set_outcome(waiting.rows.get().pk, by=rina, outcome=Outcome.NOT_FOUND)
    operations.send_for_approval(waiting.pk, by=rina)
    Agreement.objects.update(valid_until=clock.today() + timedelta(days=20))
    listed = page_text(browser.get(address("request_list")))
    assert f"PKS {agreement.number} berakhir pada" in listed
    assert "20 hari lagi" in listed
    Agreement.objects.update(valid_until=clock.today() - timedelta(days=3))
    # The new: neither begun nor sent.
    assert "Perpanjang PKS" in page_text(browser.post(address("request_new"), follow=True))
    assert "Perpanjang PKS" in page_text(declare(browser, late))
    assert fresh(late).status == Status.DRAFT
    # The old: both sides read the rule.
    notice = "dikirim sebelumnya, sehingga masih dapat disetujui sampai"
    assert notice in page_text(browser.get(address("request_detail", pk=waiting.pk)))
    officer = sign_in(Client(), ratna)
    page = reverse("admin:requests_app_datarequest_change", args=[waiting.pk])
    approve = reverse("admin:requests_app_datarequest_operation_approve", args=[waiting.pk])
    assert notice in page_text(officer.get(page))
    # Beyond the days of grace the button is grey with its reason, and pressing it does nothing.
    Agreement.objects.update(valid_until=clock.today() - timedelta(days=31))
    text = page_text(officer.get(page))
    assert "tidak dapat disetujui lagi" in text
    assert officer.post(approve, {"note": ""}).status_code == 409
    assert fresh(waiting).status == Status.AWAITING_APPROVAL
    assert "tidak dapat disetujui lagi" in page_text(browser.get(address("request_detail", pk=waiting.pk)))
    Agreement.objects.update(valid_until=clock.today() - timedelta(days=30))
    officer.post(approve, {"note": ""})
    assert fresh(waiting).status == Status.ISSUING


def test_typed_row_is_still_possible_without_quota(browser: Client) -> None:
    draft = ready_draft(browser)
    page = browser.get(address("request_data", pk=draft.pk))
    assert page.context["quotas"] == []
    assert add_row(browser, draft, PASPOR_MARTINUS).status_code == 302
