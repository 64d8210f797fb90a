"""Counting without following people: kinds and sources, programs left out, nothing personal stored."""

import pytest
from django.test import Client

from core.doors import clock
from public_site.hub import counting
from public_site.hub.demo import load_counts
from public_site.hub.models import HubCount, HubLink

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def counts() -> dict[tuple[str, str, str], int]:
    return {(row.kind, row.source, row.subject): row.number for row in HubCount.objects.all()}


def test_visits_and_scans_are_counted_by_their_source(client: Client, hub):
    for address in (
        "/info/",
        "/info/yogyakarta/",
        "/info/yogyakarta/?s=qr",
        "/info/yogyakarta/?s=a4",
        "/info/?s=lain",
    ):
        client.get(address)
    assert counts() == {("visit", "", ""): 3, ("scan", "qr", ""): 1, ("scan", "a4", ""): 1}


def test_downloads_keep_the_source_of_the_scan(client: Client, hub):
    page = client.get("/info/yogyakarta/?s=qr").content.decode()
    assert 'href="/info/yogyakarta/panduan/antrian-paspor/?s=qr"' in page
    list(client.get("/info/yogyakarta/panduan/antrian-paspor/?s=qr").streaming_content)
    assert counts()["download", "qr", "antrian-paspor"] == 1


def test_one_scan_is_one_scan_however_the_person_walks_on(client: Client, hub):
    page = client.get("/info/yogyakarta/?s=qr").content.decode()
    assert 'href="/info/yogyakarta/en/?s=qr"' in page
    client.get("/info/yogyakarta/en/?s=qr")
    client.get("/info/yogyakarta/?s=qr", headers={"Sec-Fetch-Site": "same-origin"})
    assert counts() == {("scan", "qr", ""): 1, ("visit", "qr", ""): 2}


def test_press_is_counted_from_the_browsers_ping_only(client: Client, hub):
    link = HubLink.objects.get(kind="whatsapp")
    address = f"/info/yogyakarta/tekan/{link.pk}/"
    assert f'ping="{address}"' in client.get("/info/").content.decode()
    assert client.post(address, "PING", content_type="text/ping").status_code == 204
    assert counts()["press", "", "CEK ALUR PASPOR"] == 1
    assert client.post(address, {}).status_code == 404
    foreign = client.post(address, "PING", content_type="text/ping", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 404
    assert client.get(address).status_code == 405
    assert counts()["press", "", "CEK ALUR PASPOR"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"User-Agent": "WhatsApp/2.23.20"},
        {"Sec-Purpose": "prefetch;prerender"},
    ],
)
def test_programs_are_not_counted(client: Client, hub, headers):
    client.get("/info/", headers=headers)
    client.head("/info/")
    assert counts() == {}


def test_counting_takes_one_query_after_the_first_of_the_day(
    client: Client, hub, django_assert_max_num_queries
):
    client.get("/info/")
    with django_assert_max_num_queries(4) as queries:
        client.get("/info/")
    writing = [query["sql"] for query in queries.captured_queries if not query["sql"].startswith("SELECT")]
    assert len([sql for sql in writing if "SAVEPOINT" not in sql]) == 1


def test_record_holds_nothing_about_the_person(client: Client, hub):
    client.get("/info/", headers={"User-Agent": "Rahasia/1.0", "Referer": "https://rahasia.example"})
    assert {field.name for field in HubCount._meta.fields} == {
        "id", "day", "hub", "kind", "source", "subject", "number",
    }  # fmt: skip


def test_demo_counts_are_invented_once_and_never_over_real_ones(hub):
    made = load_counts()
    assert made > 100
    assert load_counts() == 0
    assert HubCount.objects.count() == made
    assert not HubCount.objects.filter(day=clock.today()).exists()
    assert set(HubCount.objects.values_list("kind", flat=True)) == set(HubCount.Kind.values)


def test_by_day_fills_quiet_days_with_zeros(client: Client, hub):
    client.get("/info/")
    days = counting.by_day(clock.today().replace(day=1), clock.today(), hub)
    assert days[clock.today()]["visit"] == 1
    assert len(days) == clock.today().day
