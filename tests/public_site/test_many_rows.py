"""An applicant's request of some thousand rows: every page asks as little as with thirty, and a person is found."""

import hashlib
import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from requests_app import corrections, operations
from requests_app.models import DataRequest, RequestRow
from tests.public_site.request_steps import address, keep_letter, new_draft

pytestmark = pytest.mark.django_db
ROWS = 3_000
MOST_BYTES = 150_000


@pytest.fixture
def browser(client, sign_in, siti, agreement):
    return sign_in(client, siti)


@pytest.fixture
def draft(browser, catalogue) -> DataRequest:
    draft = new_draft(browser)
    keep_letter(draft)
    browser.post(address("request_data", pk=draft.pk), {"more_than_ten": "ya"})
    return DataRequest.objects.get(pk=draft.pk)


def fill(draft: DataRequest, service: Any, until: int) -> None:
    first = draft.rows.count() + 1
    schema, rows = service.schema(), []
    for number in range(first, until + 1):
        values = {"nama": f"Orang {number}", "tanggal_lahir": "2000-12-31", "no_paspor": f"A{number:06}"}
        row = RequestRow(request=draft, position=number, service=service, values=values)
        row.identify(schema, values)
        rows.append(row)
    RequestRow.objects.bulk_create(rows, batch_size=500)


def measure(browser: Any, draft: DataRequest) -> dict[str, int]:
    addresses = [
        address("request_list"),
        address("request_data", pk=draft.pk),
        address("request_data", pk=draft.pk) + "?page=2",
        address("request_review", pk=draft.pk),
        address("request_upload", pk=draft.pk),
    ]
    counted = {}
    for url in addresses:
        browser.get(url)
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(url)
        assert answer.status_code == 200, url
        assert len(answer.content) < MOST_BYTES
        counted[url] = len(queries)
    return counted


@pytest.mark.slow
def test_pages_and_kirim_ask_the_same_with_3000_rows(browser, draft, catalogue) -> None:
    fill(draft, catalogue["paspor"], 30)
    few = measure(browser, draft)
    fill(draft, catalogue["paspor"], ROWS)
    assert measure(browser, draft) == few
    with CaptureQueriesContext(connection) as queries:
        sent = operations.submit(draft.pk, by=draft.requester, submit_key=uuid.uuid4())
    assert sent.number
    assert len(queries) < 60


def search(browser: Any, draft: DataRequest, text: str, page: str = "data", **more: str) -> Any:
    return browser.post(
        address("row_search", pk=draft.pk), {"cari": text, "halaman": page, **more}, follow=True
    )


def test_a_person_is_found_among_many_rows(browser, draft, catalogue, page_text) -> None:
    fill(draft, catalogue["paspor"], 60)
    text = page_text(browser.get(address("request_data", pk=draft.pk)))
    assert "Orang 26" not in text
    for asked in ("orang 47", "A000047", "a 000047", "47"):
        answer = search(browser, draft, asked)
        assert answer.redirect_chain == [(address("request_data", pk=draft.pk) + "#data-detail", 302)]
        text = page_text(answer)
        assert "1 baris cocok dengan pencarian Anda." in text, asked
        assert "Orang 47" in text
        assert "Orang 1 " not in text
        assert "Data Detail (60)" in text
    review = page_text(browser.get(address("request_review", pk=draft.pk)))
    assert "1 baris cocok dengan pencarian Anda." in review
    assert "0 baris cocok" in page_text(search(browser, draft, "tidak ada"))
    text = page_text(search(browser, draft, "tidak ada", _hapus="1"))
    assert "cocok dengan pencarian" not in text
    assert "Orang 1 " in text


def test_search_is_of_one_request_and_offered_only_where_it_helps(
    browser, draft, catalogue, page_text
) -> None:
    fill(draft, catalogue["paspor"], 5)
    assert "Cari di Data Detail" not in page_text(browser.get(address("request_data", pk=draft.pk)))
    search(browser, draft, "orang 3")
    other = new_draft(browser)
    fill(other, catalogue["paspor"], 30)
    text = page_text(browser.get(address("request_data", pk=other.pk)))
    assert "cocok dengan pencarian" not in text
    assert "Cari di Data Detail" in text


def test_null_character_in_a_search_breaks_no_page(browser, draft, catalogue, page_text) -> None:
    """It is kept in the session: on PostgreSQL every page of the request would have failed from then on."""
    fill(draft, catalogue["paspor"], 30)
    assert "1 baris cocok dengan pencarian Anda." in page_text(search(browser, draft, "orang\x0017"))


def test_strangers_cannot_search(draft, client, sign_in, joko) -> None:
    stranger = sign_in(client, joko)
    assert stranger.post(address("row_search", pk=draft.pk), {"cari": "x"}).status_code == 404


def test_fingerprint_of_a_request_is_that_of_its_whole_content(draft, catalogue) -> None:
    """Read row by row, it must equal the one stored by earlier versions."""
    for rows in (0, 1, 3):
        fill(draft, catalogue["paspor"], rows)
        content = [
            [corrections._header_value(draft, name) for name in corrections.HEADER_FIELDS],
            str(draft.letter.name or ""),
            list(draft.rows.order_by("position").values_list("service_id", "values")),
            [],
        ]
        whole = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        assert corrections._digest(draft) == whole
