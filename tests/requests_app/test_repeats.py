"""Persons asked for before: the applicant is told while asking, the officer while answering; nobody else's requests."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agreement, User
from core.catalogue.models import Service
from core.doors import clock
from requests_app import repeats
from requests_app.models import DataRequest, RequestRow, ResultDocument, Status
from tests.requests_app import results
from tests.requests_app.test_revocation import make_document

ASKED = results.ASKED
ANSWER = results.ANSWER


def sent(
    person: User, service: Service, asked: dict[str, Any], *, days_ago: int = 12, **changes: Any
) -> RequestRow:
    """A row of a request that was sent so many days ago; completed unless told otherwise."""
    request = results.make_request(
        person,
        **{"status": Status.COMPLETED, "submitted_at": clock.now() - timedelta(days_ago), **changes},
    )
    return results.add_row(request, service, asked, (ANSWER,))


def drawn(person: User, service: Service, *asked: dict[str, Any]) -> DataRequest:
    draft = results.make_request(
        person, status=Status.DRAFT, number=None, submitted_at=None, approved_at=None
    )
    for values in asked:
        results.add_row(draft, service, values)
    return draft


def told(found: DataRequest) -> list[str | None]:
    """The number of the earlier request for each row, in order."""
    rows = list(found.rows.all())
    before = repeats.asked_before(found, rows)
    return [before[row.pk].number if row.pk in before else None for row in rows]


def test_same_person_by_number_or_by_sound_and_birth_date(
    siti: User, sari: User, catalogue: dict[str, Service]
) -> None:
    service = catalogue["paspor"]
    earlier = sent(sari, service, ASKED)
    other_number = {key: value for key, value in ASKED.items() if key != "no_paspor"} | {"nama": "DOE JOHN"}
    draft = drawn(
        siti,
        service,
        {**ASKED, "nama": "Nama Lain"},
        other_number,
        {"nama": "Jane Roe", "tanggal_lahir": "1990-05-06", "no_paspor": "B777777"},
    )
    assert told(draft) == [earlier.request.number, earlier.request.number, None]


def test_latest_is_told_with_how_many_and_its_outcome_once_complete(
    siti: User, catalogue: dict[str, Service]
) -> None:
    sent(siti, catalogue["paspor"], ASKED, days_ago=90)
    latest = sent(siti, catalogue["paspor"], ASKED, days_ago=3, status=Status.PROCESSING, approved_at=None)
    draft = drawn(siti, catalogue["paspor"], ASKED)
    (earlier,) = repeats.asked_before(draft, draft.rows.all()).values()
    assert (earlier.number, earlier.count) == (latest.request.number, 2)
    assert (earlier.status, earlier.outcome) == ("Diproses", "")
    # An officer at the earlier of the two is told of none before it that came later.
    assert told(latest.request) != [latest.request.number]


def test_outcome_of_a_revoked_document_is_told_no_more(
    siti: User, ratna: User, puti: User, catalogue: dict[str, Service]
) -> None:
    row = sent(siti, catalogue["paspor"], ASKED)
    draft = drawn(siti, catalogue["paspor"], ASKED)
    document = make_document(row.request, ResultDocument.State.ISSUED, ratna, puti)
    RequestRow.objects.filter(pk=row.pk).update(released_in=document)
    (earlier,) = repeats.asked_before(draft, draft.rows.all()).values()
    assert earlier.outcome == "Ditemukan"
    ResultDocument.objects.filter(pk=document.pk).update(
        state=ResultDocument.State.REVOKED,
        revocation_asked_by=ratna,
        revoked_by=puti,
        revoked_at=clock.now(),
    )
    (earlier,) = repeats.asked_before(draft, draft.rows.all()).values()
    assert (earlier.status, earlier.outcome) == ("Selesai", "")


@pytest.mark.parametrize("status", [Status.REJECTED, Status.WITHDRAWN, Status.LAPSED])
def test_unanswered_requests_other_services_and_other_agencies_do_not_count(
    status: Status, siti: User, joko: User, catalogue: dict[str, Service]
) -> None:
    sent(siti, catalogue["paspor"], ASKED, status=status, approved_at=None)
    sent(siti, catalogue["visa"], ASKED)
    sent(joko, catalogue["paspor"], ASKED)
    drawn(siti, catalogue["paspor"], ASKED)
    assert told(drawn(siti, catalogue["paspor"], ASKED)) == [None]


def test_number_of_queries_is_the_same_for_one_row_and_many(
    siti: User, catalogue: dict[str, Service], django_assert_num_queries: Any
) -> None:
    sent(siti, catalogue["paspor"], ASKED)
    many = [{**ASKED, "no_paspor": f"C{number:06}"} for number in range(20)]
    for draft in (drawn(siti, catalogue["paspor"], ASKED), drawn(siti, catalogue["paspor"], *many)):
        rows = list(draft.rows.all())
        with django_assert_num_queries(2):
            repeats.asked_before(draft, rows)


def test_applicant_and_officer_read_it(
    siti: User,
    rina: User,
    agreement: Agreement,
    catalogue: dict[str, Service],
    client: Client,
    sign_in: Any,
    page_text: Any,
) -> None:
    earlier = sent(siti, catalogue["paspor"], ASKED)
    draft = drawn(siti, catalogue["paspor"], ASKED)
    number = str(earlier.request.number)
    sign_in(client, siti)
    for name in ("request_data", "request_review"):
        page = client.get(reverse(f"public_site:{name}", kwargs={"pk": draft.pk}))
        assert f"Pernah diminta: {number}" in page_text(page)
        assert reverse("public_site:request_detail", kwargs={"pk": earlier.request_id}) in page.text
    now = sent(siti, catalogue["paspor"], ASKED, days_ago=0, status=Status.PROCESSING, approved_at=None)
    sign_in(client, rina)
    page = client.get(reverse("admin:requests_app_datarequest_workspace", args=[now.request_id]))
    assert f"Pernah diminta instansi ini: {number}" in page_text(page)
