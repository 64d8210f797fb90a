"""Who has how much to do: open and late requests, rows without an answer and what was done, by officer."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from core.doors import clock
from requests_app import queues
from requests_app.models import DataRequest, RequestEvent, RequestRow, Status
from requests_app.models.request import OFFICER_STATES

#: How far back "done" looks.
DAYS = 30
#: Verbs that end an officer's step.
DONE = ("accept", "ask_correction", "reject", "send_for_approval", "approve_first", "approve", "send_back")


@dataclass
class Load:
    """The work of one officer, or of nobody (``officer`` is None: what is free to be taken)."""

    officer: User | None
    roles: list[str] = field(default_factory=list)
    open: int = 0
    late: int = 0
    #: With the applicant, to come back.
    returned: int = 0
    #: Without an answer: kept by the officer, or of a request the officer has.
    rows: int = 0
    earliest: date | None = None
    #: Steps ended in the last DAYS days.
    done: int = 0


def workloads() -> list[Load]:
    """Every working officer by name, and whoever else still has something; then what nobody has. Six queries."""
    late = Q(status__in=OFFICER_STATES, due_on__lt=clock.today())
    turn = Q(status__in=queues.TURN_STATES)
    numbers: dict[int | None, dict[str, Any]] = defaultdict(dict)
    for line in (
        DataRequest.objects.filter(status__in=[*queues.STEP_RIGHTS, Status.ISSUING])
        .order_by()
        .values("assignee")
        .annotate(
            open=Count("pk", filter=turn),
            late=Count("pk", filter=late),
            returned=Count("pk", filter=Q(status=Status.NEEDS_CORRECTION)),
            earliest=Min("due_on", filter=turn),
        )
    ):
        numbers[line["assignee"]] = {key: value for key, value in line.items() if key != "assignee"}
    rows: dict[int | None, int] = dict(
        RequestRow.objects.unreleased()
        .filter(request__status=Status.PROCESSING, outcome__in=queues.OPEN_OUTCOMES)
        .order_by()
        .values_list(Coalesce("assignee", "request__assignee"))
        .annotate(number=Count("pk"))
    )
    done: dict[int | None, int] = dict(
        RequestEvent.objects.filter(verb__in=DONE, at__gte=clock.now() - timedelta(days=DAYS))
        .order_by()
        .values_list("actor")
        .annotate(number=Count("pk"))
    )
    named = {pk for pk in (*numbers, *rows) if pk is not None}
    officers = (
        User.objects.filter(Q(pk__in=named) | Q(pk__in=queues.working_officers().order_by().values("pk")))
        .prefetch_related("groups")
        .order_by("full_name", "pk")
    )
    loads = [
        Load(
            officer,
            roles=sorted(group.name for group in officer.groups.all()),
            rows=rows.get(officer.pk, 0),
            done=done.get(officer.pk, 0),
            **numbers[officer.pk],
        )
        for officer in officers
    ]
    return [*loads, Load(None, rows=rows.get(None, 0), **numbers[None])]
