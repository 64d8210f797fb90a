"""What the officers' first page shows: my work first, then the whole service in numbers that lead to lists."""

import json
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Registration
from core.doors import clock
from requests_app import figures
from requests_app.admin import taking
from requests_app.admin.buttons import officer_of
from requests_app.models import DataRequest, Status
from requests_app.models.request import OFFICER_STATES
from requests_app.queues import BY_DEADLINE, returned_by, waiting_for

#: Periods of the figures in days, by ``?masa=``; the first is shown unasked.
PERIODS = (30, 90, 365)
WAITING_SHOWN = 10
RETURNED_SHOWN = 5
#: Chart.js options: whole numbers from zero, both series named above.
_OPTIONS: dict[str, Any] = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "scales": {
        "x": {"grid": {"display": False}, "ticks": {"maxTicksLimit": 10, "maxRotation": 0}},
        "y": {
            "grid": {},
            "beginAtZero": True,
            "suggestedMax": 4,
            "ticks": {"precision": 0, "maxTicksLimit": 6},
        },
    },
    "plugins": {"legend": {"display": True, "align": "end", "labels": {"boxWidth": 12, "boxHeight": 12}}},
}


def waiting_badge(request: HttpRequest) -> str:
    """The number beside "Permohonan" in the sidebar, on every page: one count over an index."""
    return str(waiting_for(request.user).count())


def registration_badge(request: HttpRequest) -> str:
    """The number beside "Pendaftaran" in the sidebar: registrations that wait for an officer."""
    return str(Registration.objects.open().count())


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds what ``admin/index.html`` draws, each part by right; the number of queries never grows."""
    user = request.user
    mine: list[dict[str, Any]] = []
    if user.has_perm("requests_app.view_datarequest"):
        context["take_next"] = taking.offer(request)
        context["desk_tools"] = ["admin/requests_app/datarequest/take_next.html"]
        mine += _my_cards(user)
        context["queues"] = [_waiting_table(user), *_returned_table(user)]
        context["figures"] = _figures(request)
    if user.has_perm("accounts.view_registration"):
        mine += _registration_card()
    context["cards"] = mine
    context["notices"] = [
        notice for path in settings.DASHBOARD_NOTICES for notice in import_string(path)(request)
    ]
    return context


# --- my desk ----------------------------------------------------------------------------------------------------


def _list(query: str = "") -> str:
    return reverse("admin:requests_app_datarequest_changelist") + query


def _my_cards(user: Any) -> list[dict[str, Any]]:
    today = clock.today()
    late = Q(status__in=OFFICER_STATES, due_on__lt=today)
    numbers = waiting_for(user).aggregate(
        waiting=Count("pk"),
        charged=Count("pk", filter=Q(assignee=user.pk)),
        late=Count("pk", filter=late),
        earliest=Min("due_on", filter=late),
    )
    late_note = _("Tidak ada yang terlambat")
    if numbers["earliest"]:
        late_note = _("Paling lama lewat %(days)d hari") % {"days": (today - numbers["earliest"]).days}
    returned = returned_by(user).order_by().count()
    return [
        {
            "title": _("Menunggu saya"),
            "number": numbers["waiting"],
            "note": _("%(count)d di antaranya sudah saya tangani") % {"count": numbers["charged"]},
            "link": _list("?menunggu=saya"),
        },
        {
            "title": _("Terlambat pada saya"),
            "number": numbers["late"],
            "note": late_note,
            "link": _list("?menunggu=saya&terlambat=ya"),
            "late": bool(numbers["late"]),
        },
        {
            "title": _("Saya kembalikan"),
            "number": returned,
            "note": _("Menunggu perbaikan dari pemohon"),
            "link": _list("?menunggu=dikembalikan"),
        },
    ]


def _registration_card() -> list[dict[str, Any]]:
    try:
        link = reverse("admin:accounts_registration_changelist")
    except NoReverseMatch:
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
    return [{"title": _("Pendaftaran menunggu"), "number": facts["number"], "note": note, "link": link}]


def _number_link(request: DataRequest) -> str:
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500 font-semibold" href="{}">{}</a>',
        reverse("admin:requests_app_datarequest_change", args=[request.pk]),
        request.number,
    )


def _waiting_table(user: Any) -> dict[str, Any]:
    waiting = (
        waiting_for(user)
        .select_related("agency", "assignee")
        .order_by(*BY_DEADLINE, "submitted_at")[:WAITING_SHOWN]
    )
    rows = []
    for request in waiting:
        due = clock.short_date(request.due_on) if request.due_on else "–"
        if request.is_overdue:
            due = format_html('{} <span class="queue-late">{}</span>', due, _("Terlambat"))
        rows.append(
            [
                _number_link(request),
                request.agency.name,
                request.subject,
                Status(request.status).label,
                _("Saya") if request.assignee_id == user.pk else _("Belum diambil"),
                due,
            ]
        )
    return {
        "title": _("Menunggu saya"),
        "table": {
            "headers": [
                _("No. Permohonan"), _("Instansi"), _("Perihal"), _("Status"), _("Petugas"), _("Batas waktu"),
            ],
            "rows": rows,
        },
        "link": _list("?menunggu=saya"),
        "empty": _("Tidak ada permohonan yang menunggu Anda."),
    }  # fmt: skip


def _returned_table(user: Any) -> list[dict[str, Any]]:
    returned: Any = returned_by(user).select_related("agency")
    returned = returned.order_by("returned_at")[:RETURNED_SHOWN]
    rows = [
        [
            _number_link(request),
            request.agency.name,
            request.subject,
            clock.short_datetime(request.returned_at),
        ]
        for request in returned
    ]
    if not rows:
        return []
    return [
        {
            "title": _("Saya kembalikan kepada pemohon"),
            "table": {
                "headers": [_("No. Permohonan"), _("Instansi"), _("Perihal"), _("Dikembalikan pada")],
                "rows": rows,
            },
            "link": _list("?menunggu=dikembalikan"),
            "empty": "",
        }
    ]


# --- the whole service ------------------------------------------------------------------------------------------


def _figures(request: HttpRequest) -> dict[str, Any]:
    chosen = next((days for days in PERIODS if request.GET.get("masa") == str(days)), PERIODS[0])
    visible = DataRequest.objects.visible_to(officer_of(request))
    first = clock.today() - timedelta(days=chosen - 1)
    return {
        "title": _("Seluruh layanan"),
        "cards": _service_cards(visible),
        "periods": [
            {
                "title": ngettext("%(days)d hari", "%(days)d hari", days) % {"days": days},
                "link": f"?masa={days}#angka",
                "is_current": days == chosen,
            }
            for days in PERIODS
        ],
        "charts": [_volume_chart(figures.volume(visible, first), chosen)],
        "bars": [
            _turnaround_bars(figures.turnaround(visible, first)),
            _ranking(
                _("Menurut instansi"),
                _("Permohonan"),
                figures.by_agency(visible, first),
                "agency__id__exact",
                first,
            ),
            _ranking(
                _("Menurut layanan"),
                _("Orang dan statistik"),
                figures.by_service(visible, first),
                "layanan",
                first,
            ),
        ],
    }


def _service_cards(visible: Any) -> list[dict[str, Any]]:
    today = clock.today()
    late = Q(status__in=OFFICER_STATES, due_on__lt=today)
    numbers = visible.aggregate(
        new=Count("pk", filter=Q(status=Status.SUBMITTED)),
        processing=Count("pk", filter=Q(status=Status.PROCESSING)),
        approval=Count("pk", filter=Q(status=Status.AWAITING_APPROVAL)),
        late=Count("pk", filter=late),
    )
    return [
        {
            "title": _("Baru"),
            "number": numbers["new"],
            "note": _("Menunggu verifikasi"),
            "link": _list(f"?status__exact={Status.SUBMITTED}"),
        },
        {
            "title": _("Diproses"),
            "number": numbers["processing"],
            "note": _("Sedang dicocokkan dan dijawab"),
            "link": _list(f"?status__exact={Status.PROCESSING}"),
        },
        {
            "title": _("Menunggu Persetujuan"),
            "number": numbers["approval"],
            "note": _("Sudah dijawab"),
            "link": _list(f"?status__exact={Status.AWAITING_APPROVAL}"),
        },
        {
            "title": _("Lewat tenggat"),
            "number": numbers["late"],
            "note": _("Pada semua petugas"),
            "link": _list("?terlambat=ya"),
            "late": bool(numbers["late"]),
        },
    ]


def _volume_chart(volume: figures.Volume, period: int) -> dict[str, Any]:
    summary = _("%(days)d hari terakhir: %(came)d permohonan masuk, %(went)d selesai.") % {
        "days": period,
        "came": sum(volume.came),
        "went": sum(volume.went),
    }
    if volume.in_time is not None:
        summary += " " + _("%(percent)d%% selesai tepat waktu.") % {"percent": volume.in_time}
    labels = [f"{day.day} {clock.short_month_name(day.month)}" for day in volume.days]
    series = (
        (pgettext("permohonan", "Masuk"), volume.came, "var(--color-primary-700)"),
        (_("Selesai"), volume.went, "var(--color-primary-300)"),
    )
    datasets = [{"label": label, "data": data, "backgroundColor": colour} for label, data, colour in series]
    return {
        "title": _("Permohonan masuk dan selesai"),
        "kind": "bar",
        "summary": summary,
        "options": json.dumps(_OPTIONS),
        "data": json.dumps({"labels": labels, "datasets": datasets}),
    }


def _turnaround_bars(turnaround: figures.Turnaround) -> dict[str, Any]:
    longest = max((length for length, _cases in turnaround.steps.values()), default=timedelta(0))
    lines = [
        {
            "name": figures.step_label(step),
            "share": _share(length / longest if longest else 0),
            "values": [figures.length_text(length, turnaround.day_length), number_format(cases)],
        }
        for step, (length, cases) in turnaround.steps.items()
    ]
    summary = _("Belum ada langkah yang selesai pada masa ini.")
    if turnaround.whole is not None:
        summary = _("Setengah dari permohonan selesai dalam %(length)s, tanpa waktu perbaikan pemohon.") % {
            "length": figures.length_text(turnaround.whole, turnaround.day_length)
        }
    elif lines:
        summary = _("Belum ada permohonan yang selesai pada masa ini.")
    return {
        "title": _("Lama setiap langkah (median)"),
        "summary": summary,
        "headers": [_("Langkah"), _("Lama"), _("Kasus")],
        "lines": lines,
    }


def _ranking(
    title: str, counted: str, lines: list[figures.Line], parameter: str, first: date
) -> dict[str, Any]:
    """Bars of what came since ``first``; each number leads to the requests behind it."""
    most = max((line.came for line in lines), default=0)
    return {
        "title": title,
        "summary": "" if lines else _("Belum ada permohonan pada masa ini."),
        "headers": [counted, pgettext("permohonan", "Masuk"), _("Terbuka"), _("Lewat tenggat")],
        "lines": [
            {
                "name": line.name,
                "share": _share(line.came / most if most else 0),
                "values": [
                    _counted(line.came, f"?{parameter}={line.key}&submitted_at_from={first:%Y-%m-%d}"),
                    _counted(line.open, f"?{parameter}={line.key}&giliran=petugas"),
                    _counted(line.late, f"?{parameter}={line.key}&terlambat=ya", is_late=True),
                ],
            }
            for line in lines
        ],
    }


def _counted(number: int, query: str, *, is_late: bool = False) -> str:
    if not number:
        return "0"
    link = _list(query)
    return format_html(
        '<a href="{}"{}>{}</a>',
        link,
        mark_safe(' class="queue-late"') if is_late else "",
        number_format(number),
    )


def _share(part: float) -> str:
    """The length of a bar as SVG writes it."""
    return f"{max(part * 100, 1):.1f}%"
