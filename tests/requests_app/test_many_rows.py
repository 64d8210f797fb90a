"""A request of 5 000 rows: the list, the desk and every tab ask as little and draw as little as with ten."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from requests_app.models import Answer, DataRequest, Outcome, RequestRow, Status
from tests import factories
from tests.requests_app import results

ROWS = 5_000
#: A page of 25 rows; 5 000 rows in a page would be megabytes.
MOST_BYTES = 400_000


def fill(found: DataRequest, service: Any, count: int) -> None:
    """Rows with numbers of their own, every second one answered."""
    first = found.rows.count() + 1
    rows = []
    schema = service.schema()
    for position in range(first, first + count):
        values = {**results.ASKED, "nama": f"Orang {position}", "no_paspor": f"A{position:06}"}
        answered = position % 2 == 0
        row = RequestRow(
            request=found, position=position, service=service, values=values,
            outcome=Outcome.FOUND if answered else Outcome.PENDING,
        )  # fmt: skip
        row.identify(schema, values)
        rows.append(row)
    RequestRow.objects.bulk_create(rows, batch_size=500)
    Answer.objects.bulk_create(
        [
            Answer(row=row, values=results.ANSWER, source=Answer.Source.HOLDINGS, by=found.requester)
            for row in rows
            if row.outcome == Outcome.FOUND
        ],
        batch_size=500,
    )


@pytest.fixture
def chief(base_data: None) -> User:
    """An officer whose pages hold everything a page of a request can hold."""
    return factories.make_officer("agus", "Agus Salim", "Verifikator", "Petugas", "Penyetuju")


def addresses(found: DataRequest) -> list[str]:
    page = reverse("admin:requests_app_datarequest_change", args=[found.pk])
    workspace = reverse("admin:requests_app_datarequest_workspace", args=[found.pk])
    tabs = ("", "data", "statistik", "dokumen", "riwayat", "percakapan")
    return [
        "/admin/",
        "/admin/requests_app/datarequest/",
        "/admin/requests_app/datarequest/?layanan=paspor&menunggu=saya",
        "/admin/requests_app/datarequest/beban/",
        *(f"{page}?tab={tab}" for tab in tabs),
        f"{page}?tab=data&halaman=100",
        workspace,
        f"{workspace}?halaman=100",
        f"{workspace}?hasil=pending",
    ]


@pytest.mark.slow
def test_pages_ask_and_draw_the_same_with_5000_rows(
    client: Any, sign_in: Any, chief: User, siti: User, agreement: Any, catalogue: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # All this may take longer than a presence or a sign of life stays fresh: their renewal is not measured.
    monkeypatch.setattr("requests_app.operations.presence.FRESH", timedelta(hours=1))
    found = results.make_request(siti, status=Status.PROCESSING, agreement=agreement, approved_at=None)
    fill(found, catalogue["paspor"], 60)
    sign_in(client, chief)
    session = client.session
    session["seen_at"] += 3600
    session.save()

    def measure() -> dict[str, tuple[int, int]]:
        measured = {}
        for url in addresses(found):
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(url)
            assert answer.status_code == 200, url
            measured[url] = (len(queries), len(answer.content))
        return measured

    few = measure()
    fill(found, catalogue["paspor"], ROWS - 60)
    many = measure()
    assert {url: queries for url, (queries, _size) in many.items()} == {
        url: queries for url, (queries, _size) in few.items()
    }
    assert {url: size for url, (_queries, size) in many.items() if size > MOST_BYTES} == {}
    last = client.get(f"{addresses(found)[4].partition('?')[0]}?tab=data&halaman=200").content.decode()
    assert "Orang 5000" in last
    assert "Orang 4975" not in last
