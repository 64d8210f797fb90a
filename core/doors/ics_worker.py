"""The child process that reads a calendar file and writes its days as one JSON line; no Django, no network."""

import json
import sys
from datetime import date, datetime, timedelta
from typing import Any

from core.doors.child_limits import limit_this_process


class _RefusedError(Exception):
    """The file is not one we read; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def main() -> None:
    """Read the calendar on stdin under the limits given as JSON in the first argument."""
    limits: dict[str, int] = json.loads(sys.argv[1])
    limit_this_process(memory=limits["memory"], seconds=limits["seconds"], output=limits["output"])
    try:
        answer: dict[str, Any] = {"days": read_days(sys.stdin.buffer.read(limits["bytes"] + 1), limits)}
    except _RefusedError as refusal:
        answer = {"error": refusal.code}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


def read_days(content: bytes, limits: dict[str, int]) -> list[list[str]]:
    """``[ISO date, summary]`` of every all-day event, one for each of its days."""
    from icalendar import Calendar

    if len(content) > limits["bytes"]:
        raise _RefusedError("large")
    if b"BEGIN:VCALENDAR" not in content[:2000].upper():
        raise _RefusedError("unreadable")
    try:
        calendar: Any = Calendar.from_ical(content.decode("utf-8-sig"))
        events = list(calendar.walk("VEVENT"))
    except Exception as error:  # a parser fed by strangers fails in many ways; all mean the same
        raise _RefusedError("unreadable") from error
    if len(events) > limits["events"]:
        raise _RefusedError("many")
    days: list[list[str]] = []
    for event in events:
        days += _days_of(event, limits)
        if len(days) > limits["events"]:
            raise _RefusedError("many")
    return days


def _days_of(event: Any, limits: dict[str, int]) -> list[list[str]]:
    if any(name in event for name in ("RRULE", "RDATE", "EXDATE")):
        raise _RefusedError("repeats")
    try:
        first = event.decoded("DTSTART")
        last = event.decoded("DTEND", None)
        name = str(event.get("SUMMARY", ""))
        status = str(event.get("STATUS", "")).upper()
    except Exception as error:
        raise _RefusedError("unreadable") from error
    if status == "CANCELLED":
        return []
    if isinstance(first, datetime):
        raise _RefusedError("hours")
    if not isinstance(first, date):
        raise _RefusedError("unreadable")
    if last is None or isinstance(last, datetime) or not isinstance(last, date) or last <= first:
        last = first + timedelta(days=1)  # RFC 5545: the end of an all-day event is exclusive
    length = (last - first).days
    if length > limits["length"]:
        raise _RefusedError("long")
    return [[(first + timedelta(days=number)).isoformat(), name[:500]] for number in range(length)]


if __name__ == "__main__":
    main()
