"""Lists as an officer likes them: columns chosen and kept, filters kept under a name; nobody else's, nothing forged."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from accounts.models import User
from admin_theme.models import ListColumns, SavedView
from core.reference.models import Holiday
from requests_app.models import Status
from tests.requests_app import results

pytestmark = pytest.mark.slow

LIST = "/admin/requests_app/datarequest/"
SETTINGS = "/admin/daftar/requests_app/datarequest/"


@pytest.fixture
def found(siti: User, agreement: Any) -> Any:
    return results.make_request(siti, status=Status.PROCESSING, letter_number="SURAT/77", agreement=agreement)


def head(client: Any) -> list[str]:
    """The names of the columns shown."""
    shown = client.get(LIST).context["cl"].list_display
    return [name for name in shown if name != "action_checkbox"]


def test_columns_are_chosen_kept_and_given_back(
    client: Any, sign_in: Any, rina: User, budi: User, found: Any, page_text: Any
) -> None:
    sign_in(client, rina)
    standard = head(client)
    assert "SURAT/77" not in page_text(client.get(LIST))
    page = page_text(client.get(SETTINGS))
    assert "No. Surat" in page
    answer = client.post(
        SETTINGS, {"do": "columns", "columns": ["display_status", "letter_number", "password"]}
    )
    assert answer.url == LIST
    assert head(client) == ["number", "display_status", "letter_number"]
    assert "SURAT/77" in page_text(client.get(LIST))
    assert ListColumns.objects.get().columns == ["display_status", "letter_number"]
    assert head(sign_in(Client(), budi)) == standard
    client.post(SETTINGS, {"do": "standard"})
    assert head(client) == standard


def test_hidden_column_may_still_be_searched_and_sorted(
    client: Any, sign_in: Any, rina: User, found: Any
) -> None:
    sign_in(client, rina).post(SETTINGS, {"do": "columns", "columns": []})
    assert head(client) == ["number"]
    for query in ("?q=BADAN", "?o=1", "?o=5", "?o=-2.3", "?status__exact=processing"):
        assert client.get(LIST + query).status_code == 200, query


def test_columns_edited_in_the_list_always_stay(client: Any, sign_in: Any, dewi: User) -> None:
    sign_in(client, dewi)
    client.post("/admin/daftar/public_site/faq/", {"do": "columns", "columns": ["question"]})
    shown = client.get("/admin/public_site/faq/").context["cl"].list_display
    assert {"question", "order", "is_open", "is_published"} <= set(shown)
    assert "updated_at" not in shown


def test_view_is_kept_under_a_name_without_search_words(
    client: Any, sign_in: Any, rina: User, ratna: User, found: Any, page_text: Any
) -> None:
    sign_in(client, rina)
    query = "status__exact=processing&terlambat=tidak&q=John+Doe&o=1&p=2&requester__password=x&menunggu="
    tools = client.get(f"{LIST}?status__exact=processing&q=John+Doe").context["list_tools"]
    assert tools["filters"] == "status__exact=processing"
    answer = client.post(SETTINGS, {"do": "view", "name": "  Belum   lewat ", "query": query})
    assert answer.url == f"{LIST}?status__exact=processing&terlambat=tidak"
    kept = SavedView.objects.get()
    assert (kept.name, kept.query) == ("Belum lewat", "status__exact=processing&terlambat=tidak")
    assert "Belum lewat" in page_text(client.get(LIST))
    other = sign_in(Client(), ratna)
    assert "Belum lewat" not in page_text(other.get(LIST))
    other.post(SETTINGS, {"do": "drop", "view": str(kept.pk)})
    assert SavedView.objects.count() == 1
    client.post(SETTINGS, {"do": "drop", "view": str(kept.pk)})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "says"),
    [
        ("", "terlambat=ya", "Tulis nama"),
        ("x" * 61, "terlambat=ya", "paling banyak 60"),
        ("a\x00b", "terlambat=ya", "tidak terbaca"),
        ("Nama", "", "Belum ada saringan"),
        ("Nama", "q=John", "Belum ada saringan"),
        ("Nama", "terlambat=" + "y" * 600, "terlalu banyak"),
        ("Ada", "terlambat=ya", "sudah dipakai"),
    ],
)
def test_view_that_cannot_be_kept_says_why(
    client: Any, sign_in: Any, rina: User, page_text: Any, name: str, query: str, says: str
) -> None:
    sign_in(client, rina).post(SETTINGS, {"do": "view", "name": "Ada", "query": "terlambat=ya"})
    text = page_text(client.post(SETTINGS, {"do": "view", "name": name, "query": query}, follow=True))
    assert says in text
    assert SavedView.objects.count() == 1


def test_views_are_bounded(client: Any, sign_in: Any, rina: User, page_text: Any) -> None:
    SavedView.objects.bulk_create(
        SavedView(user=rina, page="requests_app.datarequest", name=str(number), query="terlambat=ya")
        for number in range(20)
    )
    answer = sign_in(client, rina).post(
        SETTINGS, {"do": "view", "name": "Satu lagi", "query": "terlambat=ya"}, follow=True
    )
    assert "Paling banyak 20" in page_text(answer)
    assert SavedView.objects.count() == 20


def test_settings_are_for_those_who_see_the_list(
    client: Any, sign_in: Any, kartika: User, rina: User, siti: User, umar: User
) -> None:
    for person, status in ((kartika, 404), (siti, 404), (rina, 200), (umar, 200)):
        assert sign_in(Client(), person).get(SETTINGS).status_code == status
    sign_in(client, rina)
    assert client.get("/admin/daftar/requests_app/nothing/").status_code == 404
    assert client.post(SETTINGS, {"do": "x"}).status_code == 404
    for senseless in ("", "x", "9" * 40, "-1"):
        assert client.post(SETTINGS, {"do": "drop", "view": senseless}).status_code == 302


def test_empty_list_says_what_to_do(
    client: Any, sign_in: Any, rina: User, kartika: User, page_text: Any
) -> None:
    sign_in(client, rina)
    text = page_text(client.get(LIST))
    assert "Daftar ini masih kosong" in text
    assert "Permohonan muncul di sini" in text
    assert "Tidak ada yang cocok" in page_text(client.get(f"{LIST}?q=ABC"))
    assert "Tidak ada yang cocok" in page_text(client.get(f"{LIST}?terlambat=ya"))
    text = page_text(sign_in(Client(), kartika).get("/admin/accounts/agency/"))
    assert "Tambah instansi" in text


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("submitted_at_from=05/10/2026", True),
        ("submitted_at_from=2026-10-05", True),
        ("submitted_at_from=06/10/2026", False),
        ("submitted_at_to=05/10/2026", True),  # sent in the evening of that day
        ("submitted_at_to=04-10-2026", False),
        ("submitted_at_from=05/10/2026&submitted_at_to=05/10/2026", True),
        ("submitted_at_from=31/02/2026&submitted_at_to=x", True),
        ("submitted_at_to=31/12/9999", True),
    ],
)
def test_days_are_read_as_they_are_written_here(
    client: Any, sign_in: Any, rina: User, siti: User, agreement: Any, query: str, is_found: bool
) -> None:
    sent = datetime(2026, 10, 5, 22, 30, tzinfo=ZoneInfo("Asia/Jakarta"))
    found = results.make_request(siti, status=Status.PROCESSING, agreement=agreement, submitted_at=sent)
    html = sign_in(client, rina).get(f"{LIST}?{query}").content.decode()
    assert (found.number in html) is is_found


def test_days_bound_lists_of_days_too(client: Any, sign_in: Any, kartika: User) -> None:
    Holiday.objects.create(date=date(2026, 10, 5), name="Libur uji", kind="national")
    sign_in(client, kartika)
    for query, is_found in (("from=05/10/2026", True), ("to=05/10/2026", True), ("from=06/10/2026", False)):
        assert (
            "Libur uji" in client.get(f"/admin/reference/holiday/?date_{query}").content.decode()
        ) is is_found
