"""The numbers of the desk: how much came and went, how long each step took, by agency and by service."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.catalogue.models import Service
from core.doors import clock
from core.reference.working_days import WorkingCalendar
from core.reference.working_hours import WorkingHours
from core.rules.models import WorkRules
from requests_app.models import DataRequest, RequestEvent, RequestRow, StatisticsItem, Status
from requests_app.models.request import OFFICER_STATES
from requests_app.queues import TURN_STATES

#: Lines of "by agency" and "by service".
MOST_LINES = 8
#: Events read for the turnaround: beyond it a part of the requests stands for all.
MOST_EVENTS = 20_000
#: The states that make up a step, in the order of the flow.
STEPS: dict[str, tuple[Status, ...]] = {
    "verify": (Status.SUBMITTED, Status.VERIFYING),
    "process": (Status.PROCESSING,),
    "approve": (Status.AWAITING_APPROVAL,),
    "issue": (Status.ISSUING,),
    "applicant": (Status.NEEDS_CORRECTION,),
}
_STEP_OF = {state: step for step, states in STEPS.items() for state in states}


def step_label(step: str) -> str:
    """What people call a step."""
    return {
        "verify": _("Verifikasi"),
        "process": _("Pencocokan dan jawaban"),
        "approve": _("Persetujuan"),
        "issue": _("Pembuatan dokumen"),
        "applicant": _("Perbaikan oleh pemohon"),
    }[step]


def _moment(day: date) -> datetime:
    """Midnight in Jakarta at the start of ``day``."""
    return datetime.combine(day, datetime.min.time(), clock.ZONES["WIB"])


# --- volume -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Volume:
    """Requests in and out by day, oldest day first."""

    days: list[date]
    came: list[int]
    went: list[int]
    #: Of those that went, how many in time; None when none had a deadline.
    in_time: int | None


def volume(visible: QuerySet[DataRequest], first: date) -> Volume:
    """What came and went from ``first`` to today: three queries."""
    zone = clock.ZONES["WIB"]
    days = [first + timedelta(days=number) for number in range((clock.today() - first).days + 1)]

    def by_day(column: str, rows: QuerySet[DataRequest]) -> dict[date, int]:
        return dict(
            rows.filter(**{f"{column}__gte": _moment(first)})
            .order_by()
            .annotate(day=TruncDate(column, tzinfo=zone))
            .values_list("day")
            .annotate(number=Count("pk"))
        )

    came = by_day("submitted_at", visible)
    done = visible.filter(status=Status.COMPLETED)
    went = by_day("completed_at", done)
    kept = (
        done.filter(completed_at__gte=_moment(first), due_on__isnull=False)
        .annotate(day=TruncDate("completed_at", tzinfo=zone))
        .aggregate(all=Count("pk"), in_time=Count("pk", filter=Q(due_on__gte=F("day"))))
    )
    return Volume(
        days=days,
        came=[came.get(day, 0) for day in days],
        went=[went.get(day, 0) for day in days],
        in_time=round(100 * kept["in_time"] / kept["all"]) if kept["all"] else None,
    )


# --- turnaround -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turnaround:
    """Medians of working time; steps without a finished case are left out."""

    #: step -> (median, cases).
    steps: dict[str, tuple[timedelta, int]]
    #: From receipt to the document, without the time spent with the applicant; None: none was finished.
    whole: timedelta | None
    day_length: timedelta


def turnaround(visible: QuerySet[DataRequest], first: date) -> Turnaround:
    """How long the steps took that ended since ``first``, from the trail of events: three queries."""
    since = _moment(first)
    moved = RequestEvent.objects.filter(at__gte=since).exclude(target="").values("request")
    trail = (
        RequestEvent.objects.filter(request__in=visible.order_by().values("pk"))
        .filter(request__in=moved)
        .exclude(target="")
        .order_by("request", "id")
        .values_list("request", "target", "at")[:MOST_EVENTS]
    )
    rules = WorkRules.current()
    entries = list(trail)
    begun = min((clock.local_date(at) for _request, _target, at in entries), default=first)
    hours = WorkingHours(WorkingCalendar(begun, clock.today()), rules.work_starts, rules.work_ends)
    lengths: dict[str, list[timedelta]] = defaultdict(list)
    spent: dict[Any, timedelta] = defaultdict(timedelta)
    finished: list[timedelta] = []
    for request, step, came, left, target in _stays(entries):
        length = hours.between(came, left)
        if step != "applicant":
            spent[request] += length
        if left < since:
            continue
        lengths[step].append(length)
        if target == Status.COMPLETED:
            finished.append(spent[request])
    return Turnaround(
        steps={step: (_median(lengths[step]), len(lengths[step])) for step in STEPS if lengths[step]},
        whole=_median(finished) if finished else None,
        day_length=hours.day_length,
    )


def _median(lengths: list[timedelta]) -> timedelta:
    return timedelta(seconds=median(length.total_seconds() for length in lengths))


def _stays(
    entries: Iterable[tuple[Any, str, datetime]],
) -> Iterator[tuple[Any, str, datetime, datetime, str]]:
    """Each finished stay in a step: request, step, since, until, the state after it."""
    present: tuple[Any, str | None, datetime] | None = None
    for request, target, at in entries:
        step = _STEP_OF.get(Status(target))
        if present is not None and present[0] == request:
            if present[1] == step:
                continue  # on within the step, as from received to being checked
            if present[1] is not None:
                yield request, present[1], present[2], at, target
        present = (request, step, at)


def length_text(length: timedelta, day_length: timedelta) -> str:
    """``3,5 jam kerja`` below one working day, else ``1,2 hari kerja``; under three minutes ``< 0,1 jam kerja``."""
    if length >= day_length:
        return _("%(days)s hari kerja") % {"days": number_format(length / day_length, decimal_pos=1)}
    hours = round(length / timedelta(hours=1), 1)
    if not hours:
        return _("kurang dari %(hours)s jam kerja") % {"hours": number_format(0.1, decimal_pos=1)}
    return _("%(hours)s jam kerja") % {"hours": number_format(hours, decimal_pos=1)}


# --- by agency, by service --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of a ranking."""

    key: Any
    name: str
    came: int
    open: int
    late: int


def by_agency(visible: QuerySet[DataRequest], first: date) -> list[Line]:
    """The agencies that asked most since ``first``, with what is open and late of theirs now: one query."""
    counted = (
        visible.order_by()
        .values("agency", "agency__name")
        .annotate(
            came=Count("pk", filter=Q(submitted_at__gte=_moment(first))),
            open=Count("pk", filter=Q(status__in=TURN_STATES)),
            late=Count("pk", filter=Q(status__in=OFFICER_STATES, due_on__lt=clock.today())),
        )
        .filter(Q(came__gt=0) | Q(open__gt=0))
        .order_by("-came", "-open", "agency__name")[:MOST_LINES]
    )
    return [
        Line(line["agency"], line["agency__name"], line["came"], line["open"], line["late"])
        for line in counted
    ]


def by_service(visible: QuerySet[DataRequest], first: date) -> list[Line]:
    """How many persons and statistics were asked for by service since ``first``, and still wait: three queries.

    ``came`` and ``open`` count rows and questions, not requests; ``late`` those whose request is beyond its date.
    """
    recent = visible.filter(Q(submitted_at__gte=_moment(first)) | Q(status__in=OFFICER_STATES))
    came = Q(request__submitted_at__gte=_moment(first))
    working = Q(request__status__in=OFFICER_STATES)
    late = working & Q(request__due_on__lt=clock.today())
    total: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for model, waiting in (
        (RequestRow, Q(decided_at__isnull=True)),
        (StatisticsItem, Q(answered_at__isnull=True)),
    ):
        counted = (
            model._default_manager.filter(request__in=recent.order_by().values("pk"))
            .order_by()
            .values_list("service")
            .annotate(
                came=Count("pk", filter=came),
                open=Count("pk", filter=working & waiting),
                late=Count("pk", filter=late & waiting),
            )
        )
        for service, *numbers in counted:
            total[service] = [a + b for a, b in zip(total[service], numbers, strict=True)]
    services = Service.objects.in_bulk(list(total))
    lines = [
        Line(services[pk].key, services[pk].shown_label, *numbers)
        for pk, numbers in total.items()
        if any(numbers)
    ]
    return sorted(lines, key=lambda line: (-line.came, -line.open, line.name))[:MOST_LINES]
