"""The console page of counts and reports of Info Layanan: thirty days as a chart, a month as XLSX or PDF."""

import json
import re
from datetime import date, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.doors import clock, queue
from core.doors.storage import PDF, XLSX, file_headers
from public_site.hub import counting, report
from public_site.hub.models import Hub, HubCheck, HubCount

DAYS_SHOWN = 30
RIGHT = "public_site.view_hubcount"
_COLOURS = {
    "scan": "var(--color-primary-900)",
    "visit": "var(--color-primary-600)",
    "download": "var(--color-primary-300)",
    "press": "#c8932b",
}
_OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "scales": {
        "x": {"stacked": True, "grid": {"display": False}, "ticks": {"maxTicksLimit": 10, "maxRotation": 0}},
        "y": {"stacked": True, "beginAtZero": True, "suggestedMax": 4, "ticks": {"precision": 0}},
    },
    "plugins": {"legend": {"display": True, "align": "end", "labels": {"boxWidth": 12, "boxHeight": 12}}},
}


def usage_page(request: HttpRequest) -> HttpResponse:
    """Chart and table of the last thirty days, the months to report on, and the button for a self-check."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    if request.method == "POST":
        return _check_now(request)
    hubs = list(Hub.objects.all())
    hub = next((hub for hub in hubs if hub.slug == request.GET.get("kantor")), None)
    today = clock.today()
    days = counting.by_day(today - timedelta(days=DAYS_SHOWN - 1), today, hub)
    totals = {kind: sum(day[kind] for day in days.values()) for kind in HubCount.Kind.values}
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Kunjungan dan laporan"),
        "opts": HubCount._meta,
        "hubs": hubs,
        "hub": hub,
        "cards": [
            {"title": str(HubCount.Kind(kind).label), "number": total} for kind, total in totals.items()
        ],
        "chart": json.dumps(_chart(days)),
        "options": json.dumps(_OPTIONS),
        "summary": _(
            "%(days)d hari terakhir: %(scans)s pemindaian, %(visits)s kunjungan, %(downloads)s unduhan."
        )
        % {
            "days": DAYS_SHOWN,
            "scans": _grouped(totals["scan"]),
            "visits": _grouped(totals["visit"]),
            "downloads": _grouped(totals["download"]),
        },
        "months": _months(today),
        "check": HubCheck.objects.first(),
        "may_check": request.user.has_perm("public_site.change_hub"),
    }
    return TemplateResponse(request, "public_site/hub/admin/usage.html", context)


def report_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The report of ``?bulan=2026-11`` as ``xlsx`` or ``pdf``."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    month = request.GET.get("bulan") or f"{clock.today():%Y-%m}"
    if kind not in ("xlsx", "pdf") or not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise Http404
    found = report.month_report(int(month[:4]), int(month[5:]))
    if kind == "xlsx":
        response = HttpResponse(report.report_xlsx(found), content_type=XLSX)
    else:
        try:
            response = HttpResponse(report.report_pdf(found), content_type=PDF)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return HttpResponseRedirect(reverse("admin:public_site_hubcount_changelist"))
    for header, value in file_headers(f"laporan-info-layanan-{month}.{kind}", inline=False).items():
        response[header] = value
    return response


def _check_now(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("public_site.change_hub"):
        raise PermissionDenied
    queue.enqueue("public_site.hub.tasks.check_now", int(request.user.pk or 0))
    messages.success(request, _("Pemeriksaan sedang berjalan. Hasilnya tampil pada Pemeriksaan harian."))
    return HttpResponseRedirect(reverse("admin:public_site_hubcount_changelist"))


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def _chart(days: dict[date, dict[str, int]]) -> dict[str, Any]:
    return {
        "labels": [f"{day.day} {clock.short_month_name(day.month)}" for day in days],
        "datasets": [
            {
                "label": str(HubCount.Kind(kind).label),
                "data": [counts[kind] for counts in days.values()],
                "backgroundColor": colour,
            }
            for kind, colour in _COLOURS.items()
        ],
    }


def _months(today: date) -> list[dict[str, str]]:
    """This month and the eleven before it."""
    months = []
    year, month = today.year, today.month
    for _step in range(12):
        months.append({"value": f"{year}-{month:02}", "label": f"{clock.month_name(month)} {year}"})
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return months
