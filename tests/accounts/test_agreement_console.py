"""Agreements in the console: terms in one form, amendments, closed versions, notices, filters, equal cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts import operations
from accounts.entitlements import ending_soon
from accounts.models import Agency, Agreement, Purpose, User
from accounts.problems import problems as account_problems
from core.catalogue.models import Service
from core.doors import clock
from tests import factories

LIST = reverse("admin:accounts_agreement_changelist")
ADD = reverse("admin:accounts_agreement_add")


def page_of(agreement: Agreement) -> str:
    return reverse("admin:accounts_agreement_change", args=[agreement.pk])


@pytest.fixture
def browser(client: Client, sign_in: Any, kartika: User) -> Client:
    return sign_in(client, kartika)


@pytest.fixture
def values(agency: Agency, catalogue: dict[str, Service]):
    """``values(**changes)``: what the form of a new agreement sends."""

    def values(**changes: Any) -> dict[str, Any]:
        service = catalogue["paspor"]
        return {
            "agency": agency.pk,
            "number": "PKS/1/2026",
            "title": "Data",
            "legal_basis": "c",
            "valid_from": (clock.today() - timedelta(days=5)).isoformat(),
            "valid_until": (clock.today() + timedelta(days=500)).isoformat(),
            "note": "",
            f"on_{service.pk}": "on",
            f"quota_{service.pk}": "38",
            f"period_{service.pk}": "year",
            f"columns_{service.pk}": ["nama", "no_paspor"],
            **changes,
        }

    return values


def test_terms_are_made_in_one_form(browser: Client, values: Any, catalogue: dict[str, Service]) -> None:
    purpose = Purpose.objects.create(code="riset", label="Riset", label_en="Research")
    answer = browser.post(ADD, values(legal_bases=["c", "e"], purposes=[purpose.pk]))
    assert answer.status_code == 302
    made = Agreement.objects.get()
    term = made.terms.get()
    assert (term.service, term.columns, term.quota_rows, term.quota_period) == (
        catalogue["paspor"],
        ["nama", "no_paspor"],
        38,
        "year",
    )
    assert (made.legal_bases, list(made.purposes.all()), made.version) == ("ce", [purpose], 1)
    form = browser.get(page_of(made)).context["adminform"].form
    pk = catalogue["paspor"].pk
    assert form.initial[f"columns_{pk}"] == ["nama", "no_paspor"]
    assert form.initial[f"quota_{pk}"] == 38


def test_all_columns_and_all_grounds_are_kept_as_no_limit(
    browser: Client, values: Any, catalogue: dict[str, Service]
) -> None:
    service = catalogue["paspor"]
    every = [item.key for item in service.schema().answered]
    browser.post(
        ADD, values(legal_bases=list("abcde"), **{f"columns_{service.pk}": every, f"quota_{service.pk}": ""})
    )
    made = Agreement.objects.get()
    assert (made.legal_bases, made.terms.get().columns, made.terms.get().quota_rows) == ("", [], None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"on": ""}, "Izinkan paling sedikit satu layanan"),
        ({"legal_bases": ["a"]}, "Dasar hukum bawaan tidak termasuk yang diizinkan"),
        ({"quota": "0"}, "Isi angka 1 sampai"),
        ({"columns": ["rahasia"]}, "rahasia"),
    ],
)
def test_senseless_terms_are_messages(
    browser: Client, values: Any, catalogue: dict[str, Service], page_text: Any, changes: Any, words: str
) -> None:
    pk = catalogue["paspor"].pk
    named = {
        f"{name}_{pk}" if name in ("on", "quota", "columns") else name: value
        for name, value in changes.items()
    }
    answer = browser.post(ADD, {name: value for name, value in values(**named).items() if value != ""})
    assert answer.status_code == 200
    assert words in page_text(answer)
    assert not Agreement.objects.exists()


def test_a_purpose_out_of_use_stays_with_the_agreement_that_has_it(browser: Client, values: Any) -> None:
    purpose = Purpose.objects.create(code="riset", label="Riset", label_en="Research")
    browser.post(ADD, values(purposes=[purpose.pk]))
    made = Agreement.objects.get()
    Purpose.objects.update(active=False)
    offered = browser.get(page_of(made)).context["adminform"].form.fields["purposes"].queryset
    assert list(offered) == [purpose]
    assert browser.post(page_of(made), values(purposes=[purpose.pk], note="x")).status_code == 302
    assert list(made.purposes.all()) == [purpose]
    following = values(
        number="PKS/1/2026 Adendum 1",
        amended=made.pk,
        change_note="kuota naik",
        valid_from=clock.today().isoformat(),
        purposes=[purpose.pk],
    )
    assert browser.post(f"{ADD}?mengubah={made.pk}", following).status_code == 302
    assert list(Agreement.objects.get(version=2).purposes.all()) == [purpose]
    assert not browser.get(ADD).context["adminform"].form.fields["purposes"].queryset


def test_used_terms_are_closed_and_change_by_an_amendment(
    browser: Client, values: Any, agency: Agency, catalogue: dict[str, Service], page_text: Any
) -> None:
    browser.post(ADD, values())
    first = Agreement.objects.get()
    first.mark_used()
    page = browser.get(page_of(first))
    text = page_text(page)
    assert "Paspor : 38 baris tiap tahun · Nama, No. Paspor" in text
    assert "ketentuannya tidak dapat diubah lagi" in text
    browser.post(
        page_of(first),
        values(number="LAIN", note="lihat berkas", **{f"quota_{catalogue['paspor'].pk}": "99"}),
    )
    first.refresh_from_db()
    assert (first.number, first.note, first.terms.get().quota_rows) == ("PKS/1/2026", "lihat berkas", 38)
    # The amendment starts from what it amends.
    form = browser.get(f"{ADD}?mengubah={first.pk}").context["adminform"].form
    assert form.initial["number"] == "PKS/1/2026 Adendum 1"
    assert form.initial[f"quota_{catalogue['paspor'].pk}"] == 38
    following = values(
        number="PKS/1/2026 Adendum 1",
        amended=first.pk,
        change_note="kuota naik",
        valid_from=clock.today().isoformat(),
        **{f"quota_{catalogue['paspor'].pk}": "60"},
    )
    refused = browser.post(
        f"{ADD}?mengubah={first.pk}", {**following, "change_note": "", "valid_from": "2020-01-01"}
    )
    text = page_text(refused)
    assert "Tulis apa yang berubah" in text
    assert "Adendum harus mulai sesudah versi yang diubahnya" in text
    assert browser.post(f"{ADD}?mengubah={first.pk}", following).status_code == 302
    second = Agreement.objects.get(version=2)
    assert (second.amends, second.terms.get().quota_rows, second.change_note) == (first, 60, "kuota naik")
    assert list(Agreement.objects.in_force(clock.today())) == [second]
    # Nobody amends the same version twice; the older one stays readable and says what replaced it.
    twice = browser.post(ADD, {**following, "number": "PKS/1/2026 Adendum 2"})
    assert Agreement.objects.count() == 2
    assert twice.status_code == 200
    text = page_text(browser.get(page_of(first)))
    assert "Versi ini diganti PKS/1/2026 Adendum 1 mulai" in text
    assert "kuota naik" in text
    assert "Diganti adendum" in page_text(browser.get(LIST))


def test_the_end_is_announced_on_page_and_list(browser: Client, agency: Agency, page_text: Any) -> None:
    soon = factories.make_agreement(agency, valid_until=clock.today() + timedelta(days=45), number="SEGERA/1")
    factories.make_agreement(agency, valid_until=clock.today() + timedelta(days=450), number="LAMA/1")
    assert "45 hari lagi" in page_text(browser.get(page_of(soon)))
    listed = page_text(browser.get(LIST + "?akan_berakhir=ya"))
    assert "SEGERA/1" in listed
    assert "LAMA/1" not in listed
    assert "LAMA/1" in page_text(browser.get(LIST + "?akan_berakhir=tidak"))


def test_an_end_that_an_amendment_carries_on_is_announced_nowhere(
    browser: Client, agency: Agency, page_text: Any
) -> None:
    soon = factories.make_agreement(agency, valid_until=clock.today() + timedelta(days=20), number="SEGERA/1")
    factories.amend(
        soon,
        valid_from=clock.today() + timedelta(days=20),
        valid_until=clock.today() + timedelta(days=700),
    )
    assert "SEGERA/1" not in page_text(browser.get(LIST + "?akan_berakhir=ya"))
    assert "Segera berakhir" not in page_text(browser.get(LIST))
    assert "20 hari lagi" not in page_text(browser.get(page_of(soon)))
    assert ending_soon(agency.pk, clock.today()) == []
    assert list(account_problems()) == []


def test_ending_an_agreement_with_a_coming_amendment_says_what_to_do_first(
    browser: Client, agreement: Agreement, kartika: User, page_text: Any
) -> None:
    coming = factories.amend(agreement, valid_from=clock.today() + timedelta(days=20))
    assert "Hapus adendum itu dahulu" in page_text(browser.get(page_of(agreement)))
    with pytest.raises(ValidationError, match="mempunyai adendum"):
        operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=clock.today())
    delete = reverse("admin:accounts_agreement_delete", args=[coming.pk])
    assert browser.post(delete, {"post": "yes"}).status_code == 302
    operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=clock.today())
    assert not Agreement.objects.in_force(clock.today()).exists()


@pytest.mark.parametrize(("days", "words"), [(0, "Diakhiri sejak"), (9, "Berlaku; diakhiri sejak")])
def test_page_says_since_when_it_was_ended(
    browser: Client, agreement: Agreement, kartika: User, page_text: Any, days: int, words: str
) -> None:
    day = clock.today() + timedelta(days=days)
    Agreement.objects.filter(pk=agreement.pk).update(valid_until=None)
    operations.terminate_agreement(agreement.pk, by=kartika, terminated_on=day)
    text = page_text(browser.get(page_of(agreement))).replace("Segera berakhir", "Berlaku")
    assert f"{words} {clock.long_date(day)}" in text


def test_readers_see_terms_without_fields(
    client: Client, sign_in: Any, umar: User, agreement: Agreement, page_text: Any
) -> None:
    page = sign_in(client, umar).get(page_of(agreement))
    assert "tanpa kuota · semua kolom jawaban" in page_text(page)
    assert "Buat adendum" not in page_text(page)
    assert b'name="quota_' not in page.content
    assert client.post(page_of(agreement), {"number": "LAIN"}).status_code == 403


def test_list_costs_the_same_for_few_and_many(
    browser: Client, agency: Agency, django_assert_num_queries: Any
) -> None:
    factories.make_agreement(agency)
    browser.get(LIST)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        browser.get(LIST)
    for _number in range(8):
        factories.amend(factories.make_agreement(agency))
    with django_assert_num_queries(len(few)):
        browser.get(LIST)


@pytest.mark.parametrize("text", ["abc", "0", "999999999", "-1", "9" * 30])
def test_senseless_amendment_is_an_ordinary_form(browser: Client, text: str) -> None:
    assert browser.get(f"{ADD}?mengubah={text}").status_code == 200


@pytest.mark.parametrize("number", ["PKS/1/2026", "PKS/2/2026"])
def test_number_of_another_agreement_of_the_agency_is_a_message(
    browser: Client, values: Any, page_text: Any, number: str
) -> None:
    browser.post(ADD, values(number="PKS/2/2026"))
    browser.post(ADD, values())
    first = Agreement.objects.get(number="PKS/1/2026")
    following = values(
        number="PKS/1/2026 Adendum 1",
        amended=first.pk,
        change_note="kuota naik",
        valid_from=clock.today().isoformat(),
    )
    address = f"{ADD}?mengubah={first.pk}"
    words = "Nomor ini sudah dipakai PKS lain dari instansi yang sama"
    for place in (ADD, address):
        refused = browser.post(
            place, following | {"number": number} if place == address else values(number=number)
        )
        assert refused.status_code == 200
        assert words in page_text(refused)
    assert browser.post(address, following).status_code == 302
    amendment = Agreement.objects.get(version=2)
    refused = browser.post(page_of(amendment), values(number=number, change_note="kuota naik"))
    assert refused.status_code == 200
    assert words in page_text(refused)
    amendment.refresh_from_db()
    assert amendment.number == "PKS/1/2026 Adendum 1"
