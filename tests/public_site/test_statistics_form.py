"""Data Statistik: chained boxes with and without JavaScript, filters of the service, wrong periods."""

from datetime import date

import pytest

from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice
from requests_app.models import StatisticsItem
from tests.public_site.request_steps import address, new_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


@pytest.fixture
def draft(browser):
    return new_draft(browser)


@pytest.fixture
def offices(base_data):
    regional = RegionalOffice.objects.filter(
        name__icontains="JAKARTA"
    ).first() or RegionalOffice.objects.create(slug="dki-jakarta", name="KANTOR WILAYAH DKI JAKARTA")
    office = ImmigrationOffice.objects.get(slug="jakarta-selatan")
    office.regional_office = regional
    office.save()
    checkpoint = Checkpoint.objects.create(key="tpi-1", name="TPI 1", immigration_office=office)
    return regional, office, checkpoint


def manual_values(offices, **changes):
    return {
        "layanan": "perlintasan",
        "period_from": "02-10-2024",
        "period_until": "10-10-2024",
        "regional_office": offices[0].slug,
        "office": offices[1].slug,
        "checkpoint": offices[2].key,
        "citizenship": "WNI",
        "direction": "MASUK",
        "_simpan": "1",
        **changes,
    }


def test_statistics_of_the_manual_are_saved_and_shown(browser, draft, offices, page_text) -> None:
    page = page_text(browser.get(address("statistics_add", pk=draft.pk), {"layanan": "perlintasan"}))
    for label in (
        "Periode Data",
        "Kantor Wilayah (Kanwil)",
        "Kantor Imigrasi (Kanim)",
        "Tempat Pemeriksaan Imigrasi (TPI)",
        "Warga Negara",
        "Arah Perlintasan",
        "Hasil berupa jumlah.",
    ):
        assert label in page
    answer = browser.post(address("statistics_add", pk=draft.pk), manual_values(offices), follow=True)
    page = page_text(answer)
    for text in ("Data Statistik (1)", "Perlintasan", "02 Okt 2024 s.d. 10 Okt 2024", "TPI 1", "WNI"):
        assert text in page
    item = draft.statistics.get()
    assert (item.period_from, item.office, item.direction) == (date(2024, 10, 2), offices[1], "MASUK")


def test_the_same_question_twice_is_refused(browser, draft, offices, page_text) -> None:
    add = address("statistics_add", pk=draft.pk)
    browser.post(add, manual_values(offices))
    answer = browser.post(add, manual_values(offices))
    assert answer.status_code == 422
    assert "Data statistik ini sama dengan nomor 1. Ubah isian atau batalkan" in page_text(answer)
    assert browser.post(add, manual_values(offices, citizenship="SEMUA", checkpoint="")).status_code == 302
    edit = address("statistics_edit", pk=draft.pk, position=2)
    assert browser.post(edit, manual_values(offices)).status_code == 422
    assert browser.post(edit, manual_values(offices, citizenship="SEMUA")).status_code == 302
    assert draft.statistics.count() == 2


def test_statistics_are_changed_and_removed(browser, draft, offices, page_text) -> None:
    browser.post(address("statistics_add", pk=draft.pk), manual_values(offices))
    edit = address("statistics_edit", pk=draft.pk, position=1)
    assert 'value="tpi-1" selected' in browser.get(edit).content.decode()
    answer = browser.post(edit, manual_values(offices, citizenship="SEMUA", checkpoint=""), follow=True)
    assert "Data statistik Perlintasan diperbarui." in page_text(answer)
    item = draft.statistics.get()
    assert (item.citizenship, item.checkpoint) == ("", None)
    browser.post(address("statistics_delete", pk=draft.pk, position=1))
    assert not StatisticsItem.objects.exists()


def test_choices_appear_without_javascript(browser, draft, offices) -> None:
    values = manual_values(offices, office="", checkpoint="", _muat="1")
    answer = browser.post(address("statistics_add", pk=draft.pk), values)
    assert answer.status_code == 200
    body = answer.content.decode()
    assert f'value="{offices[1].slug}"' in body
    assert 'value="02-10-2024"' in body
    assert not StatisticsItem.objects.exists()
    body = browser.post(
        address("statistics_add", pk=draft.pk), manual_values(offices, checkpoint="", _muat="1")
    ).content.decode()
    assert 'value="tpi-1"' in body


def test_choices_are_given_to_javascript(client, offices) -> None:
    assert client.get("/pilihan/kanim/" + offices[0].slug).json() == {
        "items": [[offices[1].slug, offices[1].label]]
    }
    assert client.get("/pilihan/tpi/jakarta-selatan").json()["items"][0][0] == "tpi-1"
    assert client.get("/pilihan/tpi/tidak-ada").json() == {"items": []}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"period_from": ""}, "Isi Periode Data dari"),
        ({"period_until": "01-10-2024"}, "Tanggal akhir Periode Data lebih awal daripada tanggal mulai"),
        ({"period_until": "10-10-2090"}, "Tanggal akhir Periode Data melewati hari ini"),
        ({"period_from": "02-10-2004"}, "Periode Data paling lama 5 tahun"),
        ({"period_from": "31-31-2024"}, "Tanggal tidak ada di kalender. Tulis misalnya 31-12-2000"),
        ({"citizenship": ""}, "Pilih Warga Negara"),
        ({"direction": "KE ATAS"}, "KE ATAS"),
        ({"office": "a\x00b"}, "Kantor Imigrasi (Kanim) tidak termasuk pilihan di atasnya. Pilih ulang"),
        ({"office": "medan"}, "Kantor Imigrasi (Kanim) tidak termasuk pilihan di atasnya. Pilih ulang"),
        ({"regional_office": ""}, "Kantor Imigrasi (Kanim) tidak termasuk pilihan di atasnya. Pilih ulang"),
    ],
)
def test_wrong_statistics_are_told(browser, draft, offices, page_text, changes, message) -> None:
    answer = browser.post(address("statistics_add", pk=draft.pk), manual_values(offices, **changes))
    assert answer.status_code == 422
    assert message in page_text(answer)
    assert not StatisticsItem.objects.exists()


def test_filters_follow_the_service(browser, draft) -> None:
    page = browser.get(address("statistics_add", pk=draft.pk), {"layanan": "visa"}).content.decode()
    assert 'name="citizenship"' in page
    assert 'name="direction"' not in page
    assert 'name="office"' not in page
