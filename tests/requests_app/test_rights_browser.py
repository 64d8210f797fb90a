"""Agreement, second approval and a new service in real browsers, from the officer's click to the applicant's page."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Agreement, AgreementService, User
from core.catalogue.models import Service
from core.doors import clock
from requests_app import operations
from requests_app.models import DataRequest, Status
from tests.browser import BROWSER, OpenPage
from tests.public_site.request_steps import address
from tests.requests_app import results
from tests.routes import fill_request

pytestmark = [*BROWSER, pytest.mark.slow]


@pytest.fixture
def desk(base_data: None, open_page: OpenPage) -> Callable[[User], Page]:
    """``desk(person)``: a page of that person's own browser."""
    return partial(open_page, viewport={"width": 1280, "height": 900})


def press(page: Page, name: str, told: str) -> None:
    """A verb: its button, then the question's answer, then what the page says."""
    page.get_by_role("link", name=name).click()
    page.locator("#dialog button[type=submit]").click()
    page.get_by_text(told).first.wait_for()


def add_person(page: Page, name: str, passport: str) -> Locator:
    """One row typed in the dialog of "+ Data Detail"."""
    page.get_by_role("link", name="+ Data Detail").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("link", name="Paspor").click()
    dialog.get_by_label("Nama").fill(name)
    dialog.get_by_label("Tanggal Lahir").fill("2000-12-31")
    dialog.get_by_label("No. Paspor").fill(passport)
    dialog.locator(".actions").get_by_role("button", name="Simpan", exact=True).click()
    return dialog


def test_agreement_offers_counts_and_ends(
    desk: Callable[[User], Page],
    siti: User,
    kartika: User,
    agreement: Agreement,
    catalogue: dict[str, Service],
) -> None:
    agreement.services.set([catalogue["paspor"], catalogue["visa"]])
    AgreementService.objects.filter(service=catalogue["paspor"]).update(quota_rows=3)
    sent = fill_request(siti, catalogue["paspor"], "1/TERKIRIM")
    operations.submit(sent.pk, by=siti, submit_key=uuid.uuid4())
    draft = fill_request(siti, catalogue["paspor"], "2/DRAF")

    applicant = desk(siti)
    applicant.goto(address("request_data", pk=draft.pk))
    applicant.get_by_role("link", name="+ Data Detail").click()
    dialog = applicant.locator("dialog[open]")
    expect(dialog).to_contain_text("Sisa kuota bulan ini 1 baris")
    expect(dialog.get_by_role("link", name="Visa")).to_be_visible()
    expect(dialog.get_by_role("link", name="Deportasi")).to_have_count(0)
    applicant.goto(address("request_data", pk=draft.pk))
    add_person(applicant, "Jane Roe", "B777777")
    applicant.get_by_text("Data Jane Roe ditambahkan").wait_for()
    refused = add_person(applicant, "Ali Akbar", "C888888")
    expect(refused).to_contain_text("Kuota layanan Paspor bulan ini 3 baris, tersisa 2")

    # The first request closed the terms: the end comes by an amendment, in the console.
    officer = desk(kartika)
    officer.goto(f"/admin/accounts/agreement/{agreement.pk}/change/")
    officer.get_by_role("link", name="Buat adendum").click()
    officer.get_by_label("Yang berubah").fill("berakhir lebih awal")
    officer.locator("#id_valid_from").fill((clock.today() - timedelta(days=9)).isoformat())
    officer.locator("#id_valid_until").fill((clock.today() - timedelta(days=1)).isoformat())
    officer.get_by_role("button", name="Simpan", exact=True).click()
    officer.get_by_text("berhasil").first.wait_for()

    applicant.goto(address("request_review", pk=draft.pk))
    expect(applicant.locator("main")).to_contain_text("berakhir pada")
    assert DataRequest.objects.get(pk=draft.pk).status == Status.DRAFT
    applicant.goto(address("request_detail", pk=sent.pk))
    expect(applicant.locator("main")).to_contain_text("masih dapat disetujui sampai")


def test_risky_request_is_approved_by_two(
    desk: Callable[[User], Page],
    siti: User,
    ratna: User,
    puti: User,
    agreement: Agreement,
    catalogue: dict[str, Service],
) -> None:
    found = results.make_request(siti, status=Status.AWAITING_APPROVAL, agreement=agreement, approved_at=None)
    results.add_row(found, catalogue["deportasi"], results.ASKED, (results.ANSWER,))
    page_of = f"/admin/requests_app/datarequest/{found.pk}/change/"

    first = desk(ratna)
    first.goto(page_of)
    expect(first.get_by_role("heading", name="Memerlukan dua persetujuan")).to_be_visible()
    expect(first.get_by_role("link", name="Setujui dan terbitkan")).to_have_count(0)
    press(first, "Setujui (1 dari 2)", "Persetujuan pertama")
    expect(first.get_by_text("Anda sudah memberi persetujuan pertama")).to_be_visible()
    expect(first.get_by_role("link", name="Terbitkan mendesak")).to_have_count(0)

    second = desk(puti)
    second.goto(page_of)
    expect(second.get_by_text("Persetujuan 1 dari 2: Ratna Wulandari")).to_be_visible()
    press(second, "Setujui dan terbitkan", "Dokumen Disiapkan")
    now = DataRequest.objects.get(pk=found.pk)
    assert (now.status, now.approved_by, now.second_approved_by) == (Status.ISSUING, ratna, puti)


def test_new_service_is_published_and_asked_for(
    desk: Callable[[User], Page],
    siti: User,
    kartika: User,
    agreement: Agreement,
    catalogue: dict[str, Service],
) -> None:
    columns = (("Nama", "Nama orang", True, True), ("No. Afidavit", "Nomor dokumen", True, True),
               ("Negara Kedua", "Teks", False, True))  # fmt: skip
    officer = desk(kartika)
    officer.goto("/admin/catalogue/service/add/")
    officer.locator("#id_label").fill("Afidavit")
    officer.locator("#id_position").fill("60")
    officer.locator("a[href='#fields']").click()
    for number, (label, kind, asked, answered) in enumerate(columns):
        officer.get_by_role("link", name="Tambahkan Kolom lagi").click()
        line = f"#id_fields-{number}-"
        officer.locator(f"{line}label").fill(label)
        officer.locator(f"{line}kind").select_option(label=kind)
        officer.locator(f"{line}position").fill(str(number + 1))
        officer.locator(f"{line}asked").set_checked(asked)
        officer.locator(f"{line}answered").set_checked(answered)
    officer.get_by_role("button", name="Simpan dan terus mengedit").click()
    officer.locator("a[href='#general']").click()
    officer.get_by_role("link", name="Pratinjau").click()
    expect(officer.locator("main, #content").first).to_contain_text("No. Afidavit")
    officer.get_by_role("link", name="Kembali ke layanan").click()
    press(officer, "Terbitkan", "Layanan diterbitkan dan langsung berlaku.")

    officer.goto(f"/admin/accounts/agreement/{agreement.pk}/change/")
    service = Service.objects.get(label="Afidavit")
    officer.locator(f"#id_on_{service.pk}").check(force=True)
    officer.get_by_role("button", name="Simpan", exact=True).click()
    officer.get_by_text("berhasil").first.wait_for()

    applicant = desk(siti)
    draft = fill_request(siti, catalogue["paspor"], "1/AFIDAVIT")
    applicant.goto(address("request_data", pk=draft.pk))
    applicant.get_by_role("link", name="+ Data Detail").click()
    dialog = applicant.locator("dialog[open]")
    dialog.get_by_role("link", name="Afidavit").click()
    dialog.get_by_label("Nama").fill("Ayu Lestari Smith")
    dialog.get_by_label("No. Afidavit").fill("AF-2004/17")
    dialog.locator(".actions").get_by_role("button", name="Simpan", exact=True).click()
    applicant.get_by_text("Data Ayu Lestari Smith ditambahkan").wait_for()
    sent = operations.submit(draft.pk, by=siti, submit_key=uuid.uuid4())
    assert sorted(sent.schemas) == ["afidavit", "paspor"]
