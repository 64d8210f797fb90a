"""Joint leave from a calendar file: read, shown beside what is known, then written day by day as an officer chose."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from admin_theme.changes import record_change
from core.doors import clock, queue
from core.doors.calendars import MOST_DAYS, Day, clean_name, read_days
from core.reference.models import Holiday
from core.reference.working_days import missing_calendar

#: Days of other years are no plan but a mistake.
YEARS_AHEAD = 3


class CalendarFileForm(forms.Form):
    """The file, and what its days are."""

    file = forms.FileField(
        label=gettext_lazy("Berkas kalender (.ics)"),
        help_text=gettext_lazy("Kalender dengan acara sehari penuh, paling besar 512 kB."),
        error_messages={
            "required": gettext_lazy("Pilih berkas kalender"),
            "empty": gettext_lazy("Berkas kosong. Pilih berkas lain"),
        },
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".ics,text/calendar"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Jenis hari"),
        choices=Holiday.Kind.choices,
        initial=Holiday.Kind.JOINT_LEAVE,
        widget=UnfoldAdminSelectWidget(),
    )


@dataclass(frozen=True)
class Line:
    """A day of the file beside what the calendar holds; ``is_chosen``: ticked at first."""

    day: date
    name: str
    weekday: str
    shown: str
    known: str
    is_chosen: bool


def lines_of(days: list[Day], kind: str) -> list[Line]:
    """Every day of the file that may be imported, weekends and equal days not ticked."""
    known = {row.date: row for row in Holiday.objects.filter(date__in=[day.date for day in days])}
    lines = []
    for day in days:
        if not _is_near(day.date):
            continue
        row = known.get(day.date)
        lines.append(
            Line(
                day=day.date,
                name=day.name or str(Holiday.Kind(kind).label),
                weekday=clock.weekday_name(day.date),
                shown=clock.long_date(day.date),
                known=f"{row.name} ({row.get_kind_display()})" if row else "",
                # What an officer decided, what the law calls a holiday, and weekends stay as they are.
                is_chosen=row is None and day.date.weekday() < 5,
            )
        )
    if not lines:
        raise ValidationError(
            _("Tidak ada tanggal dari tahun %(first)d sampai %(last)d dalam berkas ini")
            % {"first": clock.today().year - 1, "last": clock.today().year + YEARS_AHEAD}
        )
    return lines


def table_of(lines: list[Line]) -> dict[str, Any]:
    """The preview as a table with a box for each day."""
    return {
        "headers": [_("Simpan"), _("Tanggal"), _("Nama"), _("Sudah tercatat")],
        "rows": [
            [
                format_html(
                    '<input type="checkbox" name="hari" value="{}" id="hari-{}"{}>',
                    line.day.isoformat(),
                    line.day.isoformat(),
                    mark_safe(" checked") if line.is_chosen else "",
                ),
                format_html(
                    '<label for="hari-{}">{}, {}</label>', line.day.isoformat(), line.weekday, line.shown
                ),
                format_html(
                    '<input type="hidden" name="nama-{}" value="{}">{}',
                    line.day.isoformat(),
                    line.name,
                    line.name,
                ),
                line.known or "–",
            ]
            for line in lines
        ],
    }


def _is_near(day: date) -> bool:
    return clock.today().year - 1 <= day.year <= clock.today().year + YEARS_AHEAD


def chosen_days(data: QueryDict) -> list[Day]:
    """The ticked days as the preview sent them; ValidationError for what no preview sends."""
    texts = data.getlist("hari")
    if not texts:
        raise ValidationError(_("Centang paling sedikit satu hari"))
    if len(texts) > MOST_DAYS:
        raise ValidationError(_("Paling banyak %(most)d hari") % {"most": MOST_DAYS})
    days = []
    for text in dict.fromkeys(texts):
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(_("Tanggal tidak dikenal. Unggah berkasnya sekali lagi")) from error
        if not _is_near(day):
            raise ValidationError(_("Tanggal tidak dikenal. Unggah berkasnya sekali lagi"))
        days.append(Day(day, clean_name(data.get(f"nama-{text}", ""))))
    return days


@transaction.atomic
def save_days(days: list[Day], kind: str, *, by: Any) -> int:
    """Writes the days as an officer's word, logs each, and has due dates counted anew; returns how many changed."""
    if kind not in Holiday.Kind.values:
        raise ValidationError(_("Pilih jenis hari"))
    known = {
        row.date: row
        for row in Holiday.objects.select_for_update().filter(date__in=[day.date for day in days])
    }
    changed = 0
    for day in days:
        row = known.get(day.date) or Holiday(date=day.date)
        name = day.name or str(Holiday.Kind(kind).label)
        if row.pk and (row.name, row.kind, row.is_working) == (name, kind, False):
            continue
        old = (row.name, row.get_kind_display()) if row.pk else ("", "")
        row.name, row.kind, row.is_working, row.from_library = name, kind, False, False
        row.save()
        record_change(
            by,
            row,
            "Diimpor dari kalender",
            [("nama", old[0], row.name), ("jenis", str(old[1]), str(row.get_kind_display()))],
        )
        changed += 1
    if changed:
        tell_calendar_changed()
    return changed


def tell_calendar_changed() -> None:
    """Queues what depends on the working calendar (``settings.CALENDAR_TASKS``)."""
    for task in settings.CALENDAR_TASKS:
        queue.enqueue(task)


def read_upload(form: CalendarFileForm) -> list[Line]:
    """The preview of a valid form; ValidationError in words for the person."""
    return lines_of(read_days(form.cleaned_data["file"]), form.cleaned_data["kind"])


def dashboard_notices(request: HttpRequest) -> list[dict[str, Any]]:
    """From November on: that next year's calendar is missing, for those who keep it."""
    if not request.user.has_perm("reference.change_holiday"):
        return []
    link = reverse("admin:reference_holiday_changelist")
    return [{"tone": "amber", "text": f"{gap}.", "link": link} for gap in missing_calendar(clock.today())]
