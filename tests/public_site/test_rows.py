"""Data Detail typed one by one: right entries, wrong ones, limits, change and removal."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agreement
from core.catalogue.models import Service
from requests_app import operations
from tests import factories
from tests.public_site.request_steps import PASPOR_JOHN, PASPOR_MARTINUS, add_row, address, new_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


@pytest.fixture
def draft(browser):
    draft = new_draft(browser)
    browser.post(address("request_data", pk=draft.pk), {"more_than_ten": "tidak"})
    return draft


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nama": ""}, "Isi Nama"),
        ({"nama": "J0hn"}, "Nama memuat angka. Tulis sesuai identitas"),
        ({"tanggal_lahir": ""}, "Tanggal Lahir masih kosong. Isi tanggal-bulan-tahun"),
        ({"tanggal_lahir": "31-31-2000"}, "“31-31-2000” tidak ada di kalender. Tulis misalnya 31-12-2000"),
        ({"tanggal_lahir": "12-05-2091"}, "Tanggal Lahir 12-05-2091 melewati hari ini"),
        ({"no_paspor": "A-?"}, "No. Paspor hanya huruf dan angka, misalnya A1234567"),
        ({"no_paspor": ""}, "Isi salah satu, NIK atau No. Paspor"),
        ({"nik": "317409"}, "NIK harus 16 angka, terbaca 6."),
        ({"jenis_kelamin": "'; drop table"}, "bukan pilihan"),
        ({"keterangan": "x" * 5000}, "paling banyak"),
    ],
)
def test_wrong_entry_is_told_and_kept(browser, draft, page_text, changes, message) -> None:
    answer = add_row(browser, draft, {**PASPOR_JOHN, **changes})
    assert answer.status_code == 422
    page = page_text(answer)
    assert page.count(message) == 2, "in the summary and at the field"
    assert "<title>Kesalahan:" in answer.content.decode()
    assert 'value="John Doe"' in answer.content.decode() or "nama" in changes
    assert not draft.rows.exists()


def test_markup_in_a_name_field_stays_text(browser, draft, page_text) -> None:
    answer = add_row(browser, draft, {**PASPOR_JOHN, "keterangan": "<img src=x onerror=alert(1)>"})
    assert answer.status_code == 302
    page = browser.get(address("row_edit", pk=draft.pk, position=1)).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_eleventh_row_is_refused(browser, draft, page_text) -> None:
    for number in range(10):
        assert add_row(browser, draft, {**PASPOR_JOHN, "no_paspor": f"A12312{number}"}).status_code == 302
    message = "Anda sudah memasukkan 10 data. Untuk menambah, ubah jawaban menjadi YA lalu unggah Excel."
    assert message in page_text(browser.get(address("request_data", pk=draft.pk)))
    assert browser.get(address("row_add", pk=draft.pk)).status_code == 302
    answer = add_row(browser, draft, PASPOR_MARTINUS)
    assert answer.status_code == 422
    assert message in page_text(answer)
    assert draft.rows.count() == 10


@pytest.mark.parametrize(
    "again",
    [{}, {"nama": "JOHN  DOE", "no_paspor": "a 123123"}, {"nama": "John\u200b Doe\u202c"}],
    ids=["equal", "other case", "invisible signs"],
)
def test_same_row_twice_is_refused(browser, draft, page_text, again) -> None:
    add_row(browser, draft, PASPOR_JOHN)
    answer = add_row(browser, draft, {**PASPOR_JOHN, **again})
    assert answer.status_code == 422
    assert "Data ini sama dengan baris 1. Ubah isian atau batalkan" in page_text(answer)
    add_row(browser, draft, PASPOR_MARTINUS)
    edit = address("row_edit", pk=draft.pk, position=2)
    assert browser.post(edit, {**PASPOR_JOHN, **again}).status_code == 422
    assert {row.name for row in draft.rows.all()} == {"John Doe", "Martinus Laurentus"}


def test_pasted_signs_that_nobody_sees_are_no_error(browser, draft) -> None:
    pasted = {"nama": "\ufeffJohn Doe", "tanggal_lahir": "\u200e31-12-2000", "no_paspor": "A123\u200b123"}
    assert add_row(browser, draft, pasted).status_code == 302
    row = draft.rows.get()
    assert (row.name, row.passport_no, f"{row.birth_date}") == ("John Doe", "A123123", "2000-12-31")


def test_row_is_changed_and_removed(browser, draft, page_text) -> None:
    add_row(browser, draft, PASPOR_JOHN)
    add_row(browser, draft, PASPOR_MARTINUS)
    edit = address("row_edit", pk=draft.pk, position=1)
    assert 'value="2000-12-31"' in browser.get(edit).content.decode()
    answer = browser.post(edit, {**PASPOR_JOHN, "no_paspor": "C999999"}, follow=True)
    assert "Data John Doe diperbarui." in page_text(answer)
    assert "C999999" in page_text(answer)
    delete = address("row_delete", pk=draft.pk, position=1)
    assert "Hapus data John Doe (Paspor)?" in page_text(browser.get(delete))
    answer = browser.post(delete, follow=True)
    assert "Data John Doe dihapus. Jumlah: 1" in page_text(answer)
    assert browser.post(delete).status_code == 404


def test_question_must_be_answered_first(browser, page_text) -> None:
    draft = new_draft(browser)
    answer = browser.post(address("request_data", pk=draft.pk), {"more_than_ten": ""})
    assert answer.status_code == 422
    assert "Pilih YA atau TIDAK lebih dahulu" in page_text(answer)


def test_yes_leads_to_the_upload(browser, draft) -> None:
    browser.post(address("request_data", pk=draft.pk), {"more_than_ten": "ya"})
    upload = f"/permohonan/{draft.pk}/unggah/"
    assert f'href="{upload}"' in browser.get(address("request_data", pk=draft.pk)).content.decode()
    assert browser.get(address("row_add", pk=draft.pk))["Location"] == upload


def test_service_outside_the_agreement_is_listed_with_reason(browser, draft, agreement, page_text) -> None:
    agreement.services.set(Service.objects.filter(key="visa"))
    page = browser.get(address("row_add", pk=draft.pk))
    assert "Layanan Paspor tidak termasuk dalam PKS instansi Anda." in page_text(page)
    assert "?layanan=paspor" not in page.content.decode()
    assert add_row(browser, draft, PASPOR_JOHN).status_code == 422
    assert not draft.rows.exists()


def test_agreement_that_ended_meanwhile_refuses(browser, draft, page_text) -> None:
    Agreement.objects.update(valid_until=factories.timezone.localdate() - factories.timedelta(days=1))
    answer = add_row(browser, draft, PASPOR_JOHN)
    assert answer.status_code == 422
    assert "Perpanjang PKS lalu ajukan permohonan." in page_text(answer)


def test_new_service_can_be_asked_for_without_a_line_of_code(browser, draft, agreement, page_text) -> None:
    service = Service.objects.create(key="paspor_dinas", label="Paspor Dinas", position=60, is_published=True)
    service.fields.create(
        key="nama", label="Nama", kind="person_name", asked=True, required=True, identifies="name"
    )
    agreement.services.add(service)
    assert add_row(browser, draft, {"nama": "Sukarno"}, service="paspor_dinas").status_code == 302
    assert "Paspor Dinas" in page_text(browser.get(address("request_data", pk=draft.pk)))


def test_data_page_costs_the_same_for_one_row_and_for_nine(browser, draft, django_assert_num_queries) -> None:
    add_row(browser, draft, PASPOR_JOHN)
    browser.get(address("request_data", pk=draft.pk))
    with CaptureQueriesContext(connection) as few:
        browser.get(address("request_data", pk=draft.pk))
    queries = len(few)
    for number in range(8):
        add_row(browser, draft, {**PASPOR_JOHN, "no_paspor": f"A12312{number}"})
    browser.get(address("request_data", pk=draft.pk))
    with django_assert_num_queries(queries):
        browser.get(address("request_data", pk=draft.pk))


def test_service_links_stay_in_the_dialog_only(browser, draft) -> None:
    page = address("row_add", pk=draft.pk)
    assert "data-dialog href" not in browser.get(page).content.decode()
    assert "data-dialog href" in browser.get(page, headers={"X-Requested-With": "fetch"}).content.decode()


@pytest.mark.parametrize("position", [0, 2, 10**30])
def test_unknown_row_is_not_found(browser, draft, position) -> None:
    add_row(browser, draft, PASPOR_JOHN)
    for page in ("row_edit", "row_delete", "statistics_edit", "statistics_delete"):
        assert browser.get(address(page, pk=draft.pk, position=position)).status_code == 404


@pytest.mark.parametrize(("verb", "page"), [("remove_row", "row_delete"), ("discard", "request_discard")])
def test_twin_press_on_a_removal_is_not_found(browser, draft, monkeypatch, verb, page) -> None:
    add_row(browser, draft, PASPOR_JOHN)
    real = getattr(operations, verb)

    def after_the_twin(*args, **kwargs):
        real(*args, **kwargs)
        return real(*args, **kwargs)

    monkeypatch.setattr(operations, verb, after_the_twin)
    place = {"pk": draft.pk, "position": 1} if verb == "remove_row" else {"pk": draft.pk}
    assert browser.post(address(page, **place)).status_code == 404
