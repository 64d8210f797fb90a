"""Search in the holdings: only for a request in work, every record shown is recorded; the access log."""

import uuid
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access_log.models import AccessEntry, Action
from core.access_log.verify import verify_chain
from core.holdings.loading import load_records
from core.holdings.models import Record
from requests_app.models import DataRequest, Status

pytestmark = pytest.mark.django_db

SEARCH = "admin:holdings_record_changelist"


@pytest.fixture
def record(catalogue):
    values = {
        "nama": "Moh. Rizky Ramadan",
        "tanggal_lahir": "1996-02-25",
        "nik": "3578092502960009",
        "no_paspor": "E6620418",
    }
    load_records(catalogue["paspor"], [("K-1", values)])
    return Record.objects.get()


@pytest.fixture
def case(siti, rina) -> DataRequest:
    return DataRequest.objects.create(
        number="RPNJ4FNFJA",
        status=Status.PROCESSING,
        requester=siti,
        agency=siti.agency,
        assignee=rina,
        submitted_at=timezone.now(),
        submit_key=uuid.uuid4(),
    )


def search(client, **fields):
    return client.post(reverse(SEARCH), {"purpose": "rpnj 4fnfja", **fields})


def test_nothing_is_shown_before_a_search(client, sign_in, rina, record, case, page_text):
    sign_in(client, rina)
    text = page_text(client.get(reverse(SEARCH)))
    assert "No. Permohonan" in text
    assert "Rizky" not in text
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "3578092502960009"},
        {"number": "e 662 0418"},
        {"name": "Muhammad Rizki Ramadhan", "birth_date": "25-02-1996"},
        {"name": "Ramadhan, Mochamad Rizki", "birth_date": "25 Feb 1996"},
    ],
)
def test_person_is_found_and_the_search_recorded(client, sign_in, rina, record, case, page_text, fields):
    sign_in(client, rina)
    assert "Moh. Rizky Ramadan" in page_text(search(client, **fields))
    entry = AccessEntry.objects.get()
    assert (entry.action, entry.purpose, entry.count, entry.actor) == (Action.SEARCH, "RPNJ4FNFJA", 1, rina)
    assert entry.subjects.count() == 2


def test_search_without_result_is_recorded_too(client, sign_in, rina, record, case, page_text):
    sign_in(client, rina)
    assert "Data tidak ditemukan pada basis data" in page_text(search(client, number="X0000000"))
    assert AccessEntry.objects.get().count == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assignee": None}, "belum Anda ambil"),
        ({"status": Status.SUBMITTED}, "tidak sedang diproses"),
        ({"number": "AAAAAAAAAA"}, "tidak ditemukan"),
    ],
)
def test_purpose_must_be_a_request_in_own_work(
    client, sign_in, rina, record, case, page_text, change, message
):
    DataRequest.objects.filter(pk=case.pk).update(**change)
    sign_in(client, rina)
    text = page_text(search(client, number="E6620418"))
    assert message in text
    assert "Moh. Rizky" not in text
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"name": "Rizki"}, {"birth_date": "25-02-1996"}, {"birth_date": "x"}])
def test_nobody_browses(client, sign_in, rina, record, case, fields):
    sign_in(client, rina)
    assert not search(client, **fields).context["form"].is_valid()


def test_detail_needs_the_purpose_and_is_recorded(client, sign_in, rina, record, case, page_text):
    sign_in(client, rina)
    address = reverse("admin:holdings_record_change", args=[record.pk])
    assert client.get(address).url == reverse(SEARCH)
    assert client.post(address).status_code == 405
    assert not AccessEntry.objects.exists()
    text = page_text(client.get(f"{address}?keperluan=RPNJ4FNFJA"))
    assert "3578092502960009" in text
    assert "25 Feb 1996" in text
    assert AccessEntry.objects.get().action == Action.VIEW_RECORD


@pytest.mark.parametrize("key", ["abc", "_00", "9" * 30, "0"])
def test_senseless_addresses_are_unknown_pages(client, sign_in, rina, record, case, key):
    sign_in(client, rina)
    assert client.get(f"/admin/holdings/record/{key}/change/?keperluan=RPNJ4FNFJA").status_code == 404
    assert (
        client.get(f"/admin/holdings/importrun/{key}/change/").status_code == 302
    )  # as Django: back to the start
    assert not AccessEntry.objects.exists()


def test_too_many_lookups_are_stopped(client, sign_in, rina, record, case, monkeypatch, page_text):
    monkeypatch.setattr("core.holdings.admin.LOOKUPS_PER_HOUR", 1)
    sign_in(client, rina)
    search(client, number="E6620418")
    assert "Terlalu banyak pencarian" in page_text(search(client, number="E6620418"))
    assert AccessEntry.objects.count() == 1


@pytest.mark.parametrize("who", ["budi", "ratna", "umar", "kartika", "dewi"])
def test_holdings_are_closed_to_others(client, sign_in, request, who, record, case):
    sign_in(client, request.getfixturevalue(who))
    assert client.get(reverse(SEARCH)).status_code == 403
    address = reverse("admin:holdings_record_change", args=[record.pk])
    assert client.get(f"{address}?keperluan=RPNJ4FNFJA").status_code == 403


def test_records_cannot_be_written_or_exported(client, sign_in, rina, record, case):
    sign_in(client, rina)
    assert client.get(reverse("admin:holdings_record_add")).status_code in (302, 403)
    assert client.get(reverse("admin:holdings_record_delete", args=[record.pk])).status_code == 403


# --- the access log ---


def test_auditor_finds_everything_about_a_person(client, sign_in, rina, umar, record, case, page_text):
    sign_in(client, rina)
    search(client, number="E6620418")
    sign_in(client, umar)
    text = page_text(
        client.post(
            reverse("admin:access_log_subjects"), {"reason": "LHP-12", "national_id": "3578 0925 0296 0009"}
        )
    )
    assert "RPNJ4FNFJA" in text
    assert "rina" in text
    entry = AccessEntry.objects.first()
    assert (entry.actor, entry.purpose, entry.object_type) == (umar, "LHP-12", "subject")
    text = page_text(
        client.post(
            reverse("admin:access_log_subjects"), {"reason": "LHP-12", "national_id": "3174031508900001"}
        )
    )
    assert "Belum ada akses yang tercatat" in text
    assert verify_chain() == (3, None)


def test_subject_form_demands_reason_and_person(client, sign_in, umar, page_text):
    sign_in(client, umar)
    text = page_text(client.post(reverse("admin:access_log_subjects"), {"reason": "LHP-12"}))
    assert "Isi paling sedikit satu nomor" in text
    assert not AccessEntry.objects.exists()


def test_access_log_is_read_only_and_for_the_auditor(
    client, sign_in, rina, umar, kartika, record, case, page_text
):
    sign_in(client, rina)
    search(client, number="E6620418")
    for name in ("admin:access_log_accessentry_changelist", "admin:access_log_subjects"):
        assert client.get(reverse(name)).status_code == 403
    sign_in(client, kartika)
    assert client.get(reverse("admin:access_log_accessentry_changelist")).status_code == 403
    sign_in(client, umar)
    page = client.get(reverse("admin:access_log_accessentry_changelist"), {"action": "search"})
    assert "RPNJ4FNFJA" in page_text(page)
    entry = AccessEntry.objects.get()
    change = reverse("admin:access_log_accessentry_change", args=[entry.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"purpose": "x"}).status_code == 403
    assert client.get(reverse("admin:access_log_accessentry_delete", args=[entry.pk])).status_code == 403


# --- loading ---


def test_load_records_adds_replaces_and_skips(catalogue):
    service = catalogue["perlintasan"]
    rows = [
        (f"K-{number}", {"nama": "Sukarni", "tanggal": "2024-10-03", "arah": "MASUK"}) for number in range(3)
    ]
    count = load_records(service, rows)
    assert (count.created, count.updated, count.unchanged) == (3, 0, 0)
    rows[0][1]["arah"] = "KELUAR"
    count = load_records(service, rows)
    assert (count.created, count.updated, count.unchanged) == (0, 1, 2)
    record = Record.objects.get(source_key="K-0")
    assert (record.direction, record.event_on, record.name_key) == ("KELUAR", date(2024, 10, 3), "SUKARNI")
    service.refresh_from_db()
    assert service.used_at is not None
