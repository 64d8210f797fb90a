"""The clock door: what time it is here, and how pages and documents write a date or a time.

Names of months and days follow the language in force. Letters, PDFs and workbooks are Indonesian whoever prints
them: their builders put Indonesian in force.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import get_language

#: Indonesia's three zones by the abbreviation people read; a printed time always carries it.
ZONES = {
    "WIB": ZoneInfo("Asia/Jakarta"),
    "WITA": ZoneInfo("Asia/Makassar"),
    "WIT": ZoneInfo("Asia/Jayapura"),
}
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
ENGLISH_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
ENGLISH_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def stored_moment(value: datetime | None) -> datetime | None:
    """A moment as a plain cursor gives it: SQLite keeps UTC without saying so."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def today() -> date:
    """The calendar date at headquarters (Asia/Jakarta), whatever zone the process or the reader uses."""
    return local_date(now())


def local_date(moment: datetime) -> date:
    """The Jakarta calendar date of an aware moment; a naive one raises ValueError."""
    return _in_zone(moment, "WIB").date()


def month_name(month: int) -> str:
    """``Oktober`` (in English ``October``) for 10."""
    return (ENGLISH_MONTHS if _in_english() else MONTHS)[month - 1]


def short_month_name(month: int) -> str:
    """``Okt`` (in English ``Oct``) for 10."""
    return ENGLISH_MONTHS[month - 1][:3] if _in_english() else SHORT_MONTHS[month - 1]


def long_date(day: date) -> str:
    """``11 Oktober 2024``, as in letters; a moment counts by its Jakarta date."""
    day = _as_date(day)
    return f"{day.day} {month_name(day.month)} {day.year:04}"


def short_date(day: date) -> str:
    """``10 Okt 2024``, as in lists; two figures for the day, no dot after the month."""
    day = _as_date(day)
    return f"{day.day:02} {short_month_name(day.month)} {day.year:04}"


def grid_date(day: date) -> str:
    """``10/10/2024``, as in grids and workbooks."""
    day = _as_date(day)
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def date_range(first: date, last: date) -> str:
    """``02 Okt 2024 s.d. 10 Okt 2024``."""
    return f"{short_date(first)} {'to' if _in_english() else 's.d.'} {short_date(last)}"


def weekday_name(day: date) -> str:
    """``Jumat``."""
    return (ENGLISH_WEEKDAYS if _in_english() else WEEKDAYS)[_as_date(day).weekday()]


def time_wib(moment: datetime) -> str:
    """``09.12 WIB``; a naive moment raises ValueError."""
    return time_in(moment, "WIB")


def time_in(moment: datetime, zone: str) -> str:
    """``11.12 WIT``: the time of an aware moment in ``WIB``, ``WITA`` or ``WIT``."""
    local = _in_zone(moment, zone)
    return f"{local.hour:02}.{local.minute:02} {zone}"


def long_datetime(moment: datetime) -> str:
    """``11 Oktober 2024 09.12 WIB``."""
    return f"{long_date(moment)} {time_wib(moment)}"


def short_datetime(moment: datetime) -> str:
    """``11 Okt 2024 09.12 WIB``."""
    return f"{short_date(moment)} {time_wib(moment)}"


def _in_english() -> bool:
    return (get_language() or "").startswith("en")


def _in_zone(moment: datetime, zone: str) -> datetime:
    if timezone.is_naive(moment):
        msg = "A naive datetime has no place on the Jakarta clock"
        raise ValueError(msg)
    return moment.astimezone(ZONES[zone])


def _as_date(day: date) -> date:
    # A datetime is a date to Python: taking its UTC day would print yesterday until seven in the morning.
    return local_date(day) if isinstance(day, datetime) else day
