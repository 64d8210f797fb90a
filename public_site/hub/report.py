"""The SOP's monthly report: how the pages were used, how the daily checks went, which guides were issued."""

import calendar
import tempfile
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from core.doors import clock
from core.doors.excel_writer import SheetData, write_rows
from core.doors.pdf import render_pdf
from core.reference.models import Letterhead
from public_site.hub.models import GuideFact, GuideVersion, Hub, HubCheck, HubCount
from public_site.models import Guide


@dataclass
class MonthReport:
    """The figures of one month, as texts and numbers for a table."""

    first: date
    last: date
    #: Office, then the number of each kind.
    usage: list[list[Any]] = field(default_factory=list)
    by_source: list[list[Any]] = field(default_factory=list)
    by_subject: list[list[Any]] = field(default_factory=list)
    by_day: list[list[Any]] = field(default_factory=list)
    checks: list[list[Any]] = field(default_factory=list)
    guides: list[list[Any]] = field(default_factory=list)
    green_days: int = 0
    red_days: int = 0
    days_without_check: int = 0
    unconfirmed: int = 0

    @property
    def title(self) -> str:
        """``Oktober 2026``."""
        return f"{clock.MONTHS[self.first.month - 1]} {self.first.year}"


def month_report(year: int, month: int) -> MonthReport:
    """The report of a calendar month; the present month counts until today."""
    first = date(year, month, 1)
    last = min(date(year, month, calendar.monthrange(year, month)[1]), max(first, clock.today()))
    found = MonthReport(first, last)
    counts = HubCount.objects.filter(day__range=(first, last)).order_by()
    kinds = HubCount.Kind.values
    with translation.override("id"):
        totals: dict[tuple[int, str], int] = {
            (hub, kind): total
            for hub, kind, total in counts.values_list("hub", "kind").annotate(total=Sum("number"))
        }
        for hub in Hub.objects.all():
            found.usage.append([hub.name, *(totals.get((hub.pk, kind), 0) for kind in kinds)])
        for source, total in (
            counts.filter(kind__in=["scan", "visit"])
            .values_list("source")
            .annotate(total=Sum("number"))
            .order_by("-total")
        ):
            found.by_source.append([str(HubCount.Source(source).label), total])
        titles = dict(Guide.objects.values_list("slug", "title"))
        for kind, subject, total in (
            counts.exclude(subject="")
            .values_list("kind", "subject")
            .annotate(total=Sum("number"))
            .order_by("-total")
        ):
            name = titles.get(subject, subject) if kind == HubCount.Kind.DOWNLOAD else subject
            found.by_subject.append([str(HubCount.Kind(kind).label), name, total])
        for day, kind, total in (
            counts.values_list("day", "kind").annotate(total=Sum("number")).order_by("day", "kind")
        ):
            found.by_day.append([day, str(HubCount.Kind(kind).label), total])
        _add_checks(found)
        for version in (
            GuideVersion.objects.filter(issued_on__range=(first, last)).select_related("guide").order_by("pk")
        ):
            found.guides.append([version.guide.title, version.version, version.issued_on])
    found.unconfirmed = GuideFact.objects.filter(confirmed_on=None).count()
    return found


def _add_checks(found: MonthReport) -> None:
    days: dict[date, bool] = {}
    # A day more on each side: the record holds UTC, the report counts Jakarta's days.
    for check in HubCheck.objects.filter(started_at__date__gte=found.first.replace(day=1)).order_by(
        "started_at"
    ):
        day = clock.local_date(check.started_at)
        if not found.first <= day <= found.last:
            continue
        days[day] = days.get(day, True) and check.is_green
        failed = "; ".join(f"{finding['what']}: {finding['text']}" for finding in check.in_state("failed"))
        state = _("Baik") if check.is_green else _("Perlu diperbaiki")
        found.checks.append(
            [day, clock.time_wib(check.started_at), state, check.checked, check.failed, failed]
        )
    found.green_days = sum(days.values())
    found.red_days = len(days) - found.green_days
    found.days_without_check = (found.last - found.first).days + 1 - len(days)


def report_xlsx(found: MonthReport) -> bytes:
    """The report as a workbook of seven sheets."""
    with translation.override("id"):
        kinds = [str(label) for label in HubCount.Kind.labels]
        summary: list[list[Any]] = [
            [_("Bulan"), found.title],
            [_("Hari dengan pemeriksaan baik"), found.green_days],
            [_("Hari dengan temuan"), found.red_days],
            [_("Hari tanpa pemeriksaan"), found.days_without_check],
            [_("Biaya dan tanggal belum dipastikan"), found.unconfirmed],
        ]
        sheets: list[SheetData] = [
            (_("Ringkasan"), [_("Hal"), _("Nilai")], summary),
            (_("Kantor"), [_("Kantor"), *kinds], found.usage),
            (_("Sumber"), [_("Sumber"), _("Jumlah")], found.by_source),
            (_("Tombol dan panduan"), [_("Jenis"), _("Tombol atau panduan"), _("Jumlah")], found.by_subject),
            (_("Per hari"), [_("Tanggal"), _("Jenis"), _("Jumlah")], found.by_day),
            (_("Panduan"), [_("Panduan"), _("Versi"), _("Tanggal terbit")], found.guides),
            (
                _("Pemeriksaan"),
                [_("Tanggal"), _("Waktu"), _("Hasil"), _("Diperiksa"), _("Gagal"), _("Temuan")],
                found.checks,
            ),
        ]
    with tempfile.TemporaryFile() as file:
        write_rows(file, sheets)
        file.seek(0)
        return file.read()


def report_pdf(found: MonthReport) -> bytes:
    """The report as a letter-sized PDF with the letterhead of its last day."""
    with translation.override("id"):
        context = {
            "report": found,
            "period": clock.date_range(found.first, found.last),
            "made_on": clock.long_datetime(clock.now()),
            "kinds": list(HubCount.Kind.labels),
            "letterhead": Letterhead.on(found.last),
            "checks": [[clock.short_date(row[0]), *row[1:]] for row in found.checks],
            "guides": [[*row[:2], clock.short_date(row[2])] for row in found.guides],
        }
        return render_pdf("public_site/hub/report_pdf.html", context)
