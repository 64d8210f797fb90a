"""Calendar files: read in a child with limits, shown before anything is written, refused in words when hostile."""

import io
from datetime import date
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django_q.models import OrmQ
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from core.doors import calendars
from core.doors.ics_worker import _RefusedError, read_days
from core.reference.models import Holiday

pytestmark = pytest.mark.slow

LIMITS = calendars._LIMITS


def ics(*events: str) -> bytes:
    """A calendar of events given by their lines."""
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//uji//ID\r\n{body}END:VCALENDAR\r\n".encode()


LEAVE = ics(
    "UID:1\r\nDTSTART;VALUE=DATE:20270208\r\nDTEND;VALUE=DATE:20270209\r\nSUMMARY:Cuti Bersama Imlek",
    "UID:2\r\nDTSTART;VALUE=DATE:20270311\r\nDTEND;VALUE=DATE:20270313\r\nSUMMARY:Cuti Bersama Idul Fitri",
    "UID:3\r\nDTSTART;VALUE=DATE:20270314\r\nSUMMARY:Hari Minggu",
    "UID:4\r\nDTSTART;VALUE=DATE:20270401\r\nSTATUS:CANCELLED\r\nSUMMARY:Batal",
)


def test_days_of_several_day_events_are_read_one_by_one():
    days = calendars.read_days(io.BytesIO(LEAVE))
    assert [(day.date.isoformat(), day.name) for day in days] == [
        ("2027-02-08", "Cuti Bersama Imlek"),
        ("2027-03-11", "Cuti Bersama Idul Fitri"),
        ("2027-03-12", "Cuti Bersama Idul Fitri"),
        ("2027-03-14", "Hari Minggu"),
    ]


HOSTILE = {
    "no calendar": (b"<html>", "tidak dapat dibaca"),
    "empty": (b"", "tidak dapat dibaca"),
    "nul": (b"BEGIN:VCALENDAR\x00\x00", "tidak"),
    "cut": (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART", "tidak"),
    "latin": (
        ics("DTSTART;VALUE=DATE:20270101\r\nSUMMARY:x").replace(b"SUMMARY:x", b"SUMMARY:\xff"),
        "tidak",
    ),
    "large": (ics("DTSTART;VALUE=DATE:20270101\r\nSUMMARY:" + "x" * 600_000), "512 kB"),
    "repeating": (ics("DTSTART;VALUE=DATE:20270101\r\nRRULE:FREQ=DAILY"), "berulang"),
    "hours": (ics("DTSTART:20270101T080000Z"), "jam"),
    "long": (ics("DTSTART;VALUE=DATE:20270101\r\nDTEND;VALUE=DATE:99991231"), "lebih dari 31 hari"),
    "many": (ics(*["DTSTART;VALUE=DATE:20270101"] * 401), "lebih dari 400 hari"),
    "many by length": (ics(*["DTSTART;VALUE=DATE:20270101\r\nDTEND;VALUE=DATE:20270131"] * 20), "400 hari"),
    "no start": (ics("SUMMARY:x"), "tidak"),
    "nonsense date": (ics("DTSTART;VALUE=DATE:20271399"), "tidak"),
    "strange zone": (ics("DTSTART;TZID=../../etc/passwd:20270101T080000"), "tidak|jam"),
    "folded without end": (b"BEGIN:VCALENDAR\r\n" + b" x\r\n" * 120_000, "tidak"),
    "deep": (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 30_000, "tidak|400"),
    "no day": (ics("DTSTART;VALUE=DATE:20270101\r\nSTATUS:CANCELLED"), "satu hari pun"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_words(name):
    content, words = HOSTILE[name]
    with pytest.raises(ValidationError, match=words):
        calendars.read_days(io.BytesIO(content))


@given(st.binary(max_size=400), st.text(max_size=120))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_a_file_is_read_or_refused(rubbish, name):
    for content in (b"BEGIN:VCALENDAR\r\n" + rubbish, ics(f"DTSTART;VALUE=DATE:20270101\r\nSUMMARY:{name}")):
        try:
            days = read_days(content, LIMITS)
        except _RefusedError:
            continue
        assert all(calendars.clean_name(text).isprintable() for _day, text in days)


def test_due_date_leaves_as_a_file_calendars_read():
    content = calendars.one_day(
        uid="1@uji", day=date(2027, 3, 1), title="Batas, waktu; jawaban", url="https://x/"
    )
    event = Calendar.from_ical(content).walk("VEVENT")[0]
    assert event.decoded("DTSTART") == date(2027, 3, 1)
    assert str(event["SUMMARY"]) == "Batas, waktu; jawaban"


# --- the console's page ------------------------------------------------------------------------------------------


@pytest.fixture
def console(client: Any, sign_in: Any, kartika: Any) -> Any:
    with time_machine.travel("2026-11-22T03:00:00Z", tick=False):
        yield sign_in(client, kartika)


ADDRESS = "/admin/reference/holiday/impor-kalender/"


def upload(content: bytes = LEAVE, kind: str = "joint_leave") -> dict[str, Any]:
    return {"kind": kind, "file": SimpleUploadedFile("cuti.ics", content, content_type="text/calendar")}


def test_preview_writes_nothing_and_ticks_what_is_new(console: Any, page_text: Any):
    Holiday.objects.create(date=date(2027, 3, 11), name="Idul Fitri", from_library=True)
    page = console.post(ADDRESS, upload())
    text = page_text(page)
    for part in ("Senin, 8 Februari 2027", "Cuti Bersama Imlek", "Idul Fitri (Libur nasional)"):
        assert part in text
    body = page.content.decode()
    assert 'value="2027-02-08" id="hari-2027-02-08" checked' in body
    assert 'value="2027-03-11" id="hari-2027-03-11">' in body  # known
    assert 'value="2027-03-14" id="hari-2027-03-14">' in body  # a Sunday
    assert Holiday.objects.count() == 1


def test_ticked_days_are_saved_logged_and_due_dates_counted_anew(console: Any, kartika: Any):
    Holiday.objects.create(date=date(2027, 3, 11), name="Idul Fitri", from_library=True)
    OrmQ.objects.all().delete()
    sent = {
        "jenis": "joint_leave",
        "hari": ["2027-02-08", "2027-03-11"],
        "nama-2027-02-08": "Cuti Bersama\x00 Imlek",
        "nama-2027-03-11": "Cuti Bersama Idul Fitri",
    }
    answer = console.post(ADDRESS, sent, follow=True)
    # The list opens at the month of what was saved, not years before it.
    assert [row.date.isoformat() for row in answer.context["cl"].result_list] == ["2027-02-08"]
    saved = {row.date.isoformat(): (row.name, row.kind, row.from_library) for row in Holiday.objects.all()}
    assert saved == {
        "2027-02-08": ("Cuti Bersama Imlek", "joint_leave", False),
        "2027-03-11": ("Cuti Bersama Idul Fitri", "joint_leave", False),
    }
    assert LogEntry.objects.filter(user=kartika, change_message__contains="Diimpor").count() == 2
    assert [row.func() for row in OrmQ.objects.all()] == ["requests_app.tasks.count_due_dates"]
    assert console.post(ADDRESS, sent).status_code == 302
    assert LogEntry.objects.filter(change_message__contains="Diimpor").count() == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"jenis": "joint_leave"},
        {"jenis": "joint_leave", "hari": "kapan"},
        {"jenis": "joint_leave", "hari": "1999-01-01"},
        {"jenis": "joint_leave", "hari": "9999-12-31"},
        {"jenis": "nonsense", "hari": "2027-02-08"},
    ],
)
def test_forged_days_are_refused(console: Any, sent: dict[str, str]):
    assert console.post(ADDRESS, sent).status_code == 422
    assert not Holiday.objects.exists()


def test_refused_file_is_told_at_its_field(console: Any, page_text: Any):
    page = console.post(ADDRESS, upload(b"bukan kalender"))
    assert page.status_code == 422
    assert "tidak dapat dibaca sebagai kalender" in page_text(page)
    assert console.post(ADDRESS, {"kind": "joint_leave"}).status_code == 422


@pytest.mark.parametrize("name", ["budi", "rina", "umar", "dewi"])
def test_only_who_keeps_the_calendar_imports(client: Any, sign_in: Any, name: str, request: Any):
    sign_in(client, request.getfixturevalue(name))
    assert client.get(ADDRESS).status_code == 403
    assert client.post(ADDRESS, upload()).status_code == 403


def test_desk_asks_for_next_years_calendar_in_november(console: Any, page_text: Any):
    assert "Cuti bersama 2027 belum dimuat." in page_text(console.get("/admin/"))
