"""The door to calendar files (iCalendar, RFC 5545): reads all-day events of an upload, writes one due date."""

import json
import tempfile
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.doors import clock
from core.doors.bounded import run_bounded

MOST_BYTES = 512 * 1024
MOST_DAYS = 400
LONGEST_EVENT_DAYS = 31
_LIMITS = {
    "bytes": MOST_BYTES,
    "events": MOST_DAYS,
    "length": LONGEST_EVENT_DAYS,
    "memory": 512 * 1024 * 1024,
    "seconds": 10,
    "output": 2 * 1024 * 1024,
}
_SECONDS = 15.0


@dataclass(frozen=True)
class Day:
    """One day of an all-day event; the name is one clean line, perhaps empty."""

    date: date
    name: str


def read_days(file: IO[bytes]) -> list[Day]:
    """The days of a calendar file by date, each date once; ValidationError in words for the person.

    Parsed in a child process with limits: a hostile file ends the child, not us.
    """
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as output:
        file.seek(0)
        source.write(file.read(MOST_BYTES + 1))
        source.flush()
        fine = run_bounded(
            "core.doors.ics_worker", source, output, arguments=[json.dumps(_LIMITS)], seconds=_SECONDS
        )
        output.seek(0)
        text = output.read(_LIMITS["output"])
    try:
        answer = json.loads(text) if fine else {}
    except ValueError:
        answer = {}
    if "days" not in answer:
        raise ValidationError(_refusal(str(answer.get("error", ""))))
    found: dict[date, str] = {}
    for day, name in answer["days"]:
        found.setdefault(date.fromisoformat(day), clean_name(name))
    if not found:
        raise ValidationError(_("Berkas kalender tidak memuat satu hari pun. Pilih berkas lain"))
    return [Day(day, found[day]) for day in sorted(found)]


def clean_name(text: str) -> str:
    """One line without control characters, at most 200 characters."""
    printable = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text)
    return " ".join(printable.split())[:200]


def _refusal(code: str) -> str:
    messages = {
        "large": _("Berkas kalender lebih besar dari 512 kB. Unggah kalender hari libur saja"),
        "many": _("Berkas kalender memuat lebih dari %(most)d hari. Unggah kalender hari libur saja")
        % {"most": MOST_DAYS},
        "repeats": _("Berkas kalender memuat acara berulang. Unggah kalender dengan tanggal satu per satu"),
        "hours": _("Berkas kalender memuat acara dengan jam. Unggah kalender yang hanya berisi hari penuh"),
        "long": _("Berkas kalender memuat acara lebih dari %(most)d hari. Periksa tanggalnya")
        % {"most": LONGEST_EVENT_DAYS},
    }
    return messages.get(
        code, _("Berkas tidak dapat dibaca sebagai kalender (.ics). Unduh ulang, lalu coba lagi")
    )


def one_day(*, uid: str, day: date, title: str, url: str) -> bytes:
    """A calendar file with one all-day event."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//Layanan Data Keimigrasian//ID")
    calendar.add("version", "2.0")
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", clock.now())
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", title)
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
