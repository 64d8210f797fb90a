"""What the officers' first page shows: cards that are links, what waits for the reader, a month in charts."""

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Registration
from core.doors import clock
from requests_app import workflow
from requests_app.models import DataRequest, Status
from requests_app.models.request import OFFICER_STATES

DAYS_SHOWN = 30
#: Chart.js options: whole numbers from zero, both series named above.
_SCALES: dict[str, Any] = {
    "x": {"grid": {"display": False}, "ticks": {"maxTicksLimit": 10, "maxRotation": 0}},
    "y": {"beginAtZero": True, "suggestedMax": 4, "ticks": {"precision": 0, "maxTicksLimit": 6}},
}
_OPTIONS: dict[str, Any] = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "scales": _SCALES,
    "plugins": {"legend": {"display": True, "align": "end", "labels": {"boxWidth": 12, "boxHeight": 12}}},
}
WAITING_SHOWN = 10


def waiting_for(user: Any) -> QuerySet[DataRequest]:
    """Requests whose next step this officer may take: free or already theirs, and never against four eyes."""
    mine = Q(assignee__isnull=True) | Q(assignee=user.pk)
    steps = Q(pk__in=[])
    if user.has_perm(workflow.VERIFY):
        steps |= Q(status__in=[Status.SUBMITTED, Status.VERIFYING]) & mine
    if user.has_perm(workflow.PROCESS):
        steps |= Q(status=Status.PROCESSING) & mine
    if user.has_perm(workflow.APPROVE):
        another = ~Q(verified_by=user.pk) & ~Q(processed_by=user.pk)
        steps |= Q(status=Status.AWAITING_APPROVAL) & mine & another
    waiting = DataRequest.objects.visible_to(user).filter(steps)
    return waiting if user.agency_id is None else waiting.exclude(agency=user.agency_id)


def waiting_badge(request: HttpRequest) -> str:
    """The number beside "Permohonan" in the sidebar, on every page: one count over an index."""
    return str(waiting_for(request.user).count())


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds ``notices``, ``cards``, ``queues`` and ``charts`` (drawn by the theme's first page), each by right."""
    user = request.user
    cards: list[dict[str, Any]] = []
    if user.has_perm("accounts.view_registration"):
        cards += _registration_card()
    if user.has_perm("requests_app.view_datarequest"):
        cards += _request_cards(user)
        context["queues"] = [_waiting_table(user)]
        context["charts"] = _charts(user)
    context["cards"] = cards
    context["notices"] = [
        notice for path in settings.DASHBOARD_NOTICES for notice in import_string(path)(request)
    ]
    return context


def _registration_card() -> list[dict[str, Any]]:
    link = _link("admin:accounts_registration_changelist")
    if link is None:
        return []
    facts = Registration.objects.open().aggregate(number=Count("pk"), oldest=Min("created_at"))
    note = ""
    if facts["oldest"]:
        days = (clock.today() - clock.local_date(facts["oldest"])).days
        note = (
            ngettext("Tertua %(days)d hari", "Tertua %(days)d hari", days) % {"days": days}
            if days
            else _("Tertua hari ini")
        )
    return [
        {
            "title": _("Pendaftaran menunggu"),
            "number": facts["number"],
            "note": note,
            "link": link,
            "icon": "how_to_reg",
        }
    ]


def _request_cards(user: Any) -> list[dict[str, Any]]:
    today = clock.today()
    late = Q(status__in=OFFICER_STATES, due_on__lt=today)
    numbers = DataRequest.objects.visible_to(user).aggregate(
        new=Count("pk", filter=Q(status=Status.SUBMITTED)),
        processing=Count("pk", filter=Q(status=Status.PROCESSING)),
        approval=Count("pk", filter=Q(status=Status.AWAITING_APPROVAL)),
        late=Count("pk", filter=late),
        earliest=Min("due_on", filter=late),
    )
    lists = reverse("admin:requests_app_datarequest_changelist")
    late_note = ""
    if numbers["earliest"]:
        late_note = _("Paling lama lewat %(days)d hari") % {"days": (today - numbers["earliest"]).days}
    return [
        {
            "title": _("Baru"),
            "number": numbers["new"],
            "note": _("Menunggu verifikasi"),
            "link": f"{lists}?status__exact={Status.SUBMITTED}",
            "icon": "inbox",
        },
        {
            "title": _("Diproses"),
            "number": numbers["processing"],
            "note": _("%(count)d menunggu persetujuan") % {"count": numbers["approval"]},
            "link": f"{lists}?status__exact={Status.PROCESSING}",
            "icon": "manage_search",
        },
        {
            "title": _("Lewat tenggat"),
            "number": numbers["late"],
            "note": late_note or _("Tidak ada yang terlambat"),
            "link": f"{lists}?terlambat=ya",
            "icon": "alarm",
            "late": bool(numbers["late"]),
        },
    ]


def _waiting_table(user: Any) -> dict[str, Any]:
    waiting = (
        waiting_for(user)
        .select_related("agency", "assignee")
        .order_by("due_on", "submitted_at")[:WAITING_SHOWN]
    )
    rows = []
    for request in waiting:
        due = clock.short_date(request.due_on) if request.due_on else "–"
        if request.is_overdue:
            due = format_html('{} <span class="queue-late">{}</span>', due, _("Terlambat"))
        rows.append(
            [
                format_html(
                    '<a class="text-primary-600 dark:text-primary-500 font-semibold" href="{}">{}</a>',
                    reverse("admin:requests_app_datarequest_change", args=[request.pk]),
                    request.number,
                ),
                request.agency.name,
                request.subject,
                Status(request.status).label,
                due,
            ]
        )
    return {
        "title": _("Menunggu saya"),
        "table": {
            "headers": [_("No. Permohonan"), _("Instansi"), _("Perihal"), _("Status"), _("Batas waktu")],
            "rows": rows,
        },
        "link": reverse("admin:requests_app_datarequest_changelist") + "?menunggu=saya",
        "empty": _("Tidak ada permohonan yang menunggu Anda."),
    }


def _charts(user: Any) -> list[dict[str, Any]]:
    """Requests in and out by day, and the calendar days an answer took; each with a sentence that says it."""
    today = clock.today()
    first = today - timedelta(days=DAYS_SHOWN - 1)
    zone = clock.ZONES["WIB"]
    visible = DataRequest.objects.visible_to(user)
    came = dict(
        visible.filter(submitted_at__date__gte=first)
        .order_by()
        .annotate(day=TruncDate("submitted_at", tzinfo=zone))
        .values_list("day")
        .annotate(number=Count("pk"))
    )
    duration = ExpressionWrapper(F("completed_at") - F("submitted_at"), output_field=DurationField())
    went = {
        day: (number, length.total_seconds() / 86400)
        for day, number, length in visible.filter(status=Status.COMPLETED, completed_at__date__gte=first)
        .order_by()
        .annotate(day=TruncDate("completed_at", tzinfo=zone))
        .values_list("day")
        .annotate(number=Count("pk"), length=Avg(duration))
    }
    days = [first + timedelta(days=offset) for offset in range(DAYS_SHOWN)]
    labels = [f"{day.day} {clock.short_month_name(day.month)}" for day in days]
    total_in = sum(came.get(day, 0) for day in days)
    total_out = sum(went[day][0] for day in days if day in went)
    summary = _("%(days)d hari terakhir: %(came)d permohonan masuk, %(went)d selesai.") % {
        "days": DAYS_SHOWN,
        "came": total_in,
        "went": total_out,
    }
    mean = ""
    if total_out:
        average = sum(went[day][0] * went[day][1] for day in days if day in went) / total_out
        mean = _("Rata-rata %(days)s hari sejak dikirim sampai selesai.") % {
            "days": number_format(average, decimal_pos=1)
        }
    return [
        {
            "title": _("Permohonan masuk dan selesai"),
            "kind": "bar",
            "summary": summary,
            "options": json.dumps(_OPTIONS),
            "data": json.dumps(
                {
                    "labels": labels,
                    "datasets": [
                        {
                            "label": pgettext("permohonan", "Masuk"),
                            "data": [came.get(day, 0) for day in days],
                            "backgroundColor": "var(--color-primary-700)",
                        },
                        {
                            "label": _("Selesai"),
                            "data": [went[day][0] if day in went else 0 for day in days],
                            "backgroundColor": "var(--color-primary-300)",
                        },
                    ],
                }
            ),
        },
        {
            "title": _("Lama penyelesaian (hari)"),
            "kind": "line",
            "summary": mean or _("Belum ada permohonan yang selesai pada masa ini."),
            "options": json.dumps(_OPTIONS | {"plugins": {"legend": {"display": False}}}),
            "data": json.dumps(
                {
                    "labels": labels,
                    "datasets": [
                        {
                            "label": _("Rata-rata hari"),
                            "data": [round(went[day][1], 1) if day in went else None for day in days],
                            "borderColor": "var(--color-primary-700)",
                            "backgroundColor": "var(--color-primary-700)",
                            "spanGaps": True,
                            "pointRadius": 4,
                        }
                    ],
                }
            ),
        },
    ]


def _link(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
