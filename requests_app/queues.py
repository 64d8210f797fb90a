"""Whose turn it is: what waits for an officer, is free to be taken or was returned, and who may have charge."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from requests_app import workflow
from requests_app.models import Answer, DataRequest, Outcome, RequestEvent, RequestRow, StatisticsItem, Status
from requests_app.models.rows import RowQuerySet

#: Who takes the next step in each state in which a request may have an officer in charge.
STEP_RIGHTS: dict[str, tuple[str, ...]] = {
    Status.SUBMITTED: (workflow.VERIFY,),
    Status.VERIFYING: (workflow.VERIFY,),
    # Waits for the applicant; whoever gets it back checks it.
    Status.NEEDS_CORRECTION: (workflow.VERIFY, workflow.PROCESS),
    Status.PROCESSING: (workflow.PROCESS,),
    Status.AWAITING_APPROVAL: (workflow.APPROVE,),
}
#: States in which the officers act; a request under correction waits for the applicant.
TURN_STATES = (Status.SUBMITTED, Status.VERIFYING, Status.PROCESSING, Status.AWAITING_APPROVAL)
#: Outcomes that are no answer yet.
OPEN_OUTCOMES = (Outcome.PENDING, Outcome.NEEDS_REVIEW)
#: The most urgent first; what has no date stands last on every database (SQLite would put it on top).
BY_DEADLINE = (F("due_on").asc(nulls_last=True),)
#: Permission to move other people's work.
DISTRIBUTE = "requests_app.distribute_datarequest"


def holders(*rights: str) -> QuerySet[User]:
    """Active officers who hold one of the rights, by name."""
    wanted = Permission.objects.filter(
        content_type__app_label="requests_app",
        codename__in=[right.partition(".")[2] for right in rights],
    )
    return (
        User.objects.filter(is_staff=True, is_active=True)
        .filter(Q(groups__permissions__in=wanted) | Q(user_permissions__in=wanted))
        .distinct()
        .order_by("full_name", "pk")
    )


def working_officers() -> QuerySet[User]:
    """Active officers who may verify, process or approve requests, by name."""
    return holders(workflow.VERIFY, workflow.PROCESS, workflow.APPROVE)


def of_my_step(user: User) -> QuerySet[DataRequest]:
    """Requests whose next step is this officer's by role: never of the own agency, never against four eyes."""
    step = Q(pk__in=[])
    for status in TURN_STATES:
        if any(user.has_perm(right) for right in STEP_RIGHTS[status]):
            step |= Q(status=status) & _untouched_by(user, status)
    if user.has_perm(workflow.PROCESS):
        # Who asked for a correction while processing looks at what came back (workflow.RETURNED_VERBS).
        back = Q(status=Status.VERIFYING, correction_from=Status.PROCESSING, assignee=user.pk)
        step |= back & _untouched_by(user, Status.VERIFYING)
    waiting = DataRequest.objects.visible_to(user).filter(step)
    return waiting if user.agency_id is None else waiting.exclude(agency=user.agency_id)


#: In which states which signature excludes its owner from the next step: whoever did that is another pair of eyes.
SIGNATURES: dict[str, tuple[str, ...]] = {
    Status.SUBMITTED: ("entered_by",),
    Status.VERIFYING: ("entered_by",),
    Status.AWAITING_APPROVAL: ("entered_by", "verified_by", "processed_by", "approved_by"),
}
#: Verbs whose trail says the same after somebody else has signed over it.
SIGNING_VERBS = ("accept", "send_for_approval")


def _untouched_by(user: User, status: str) -> Q:
    """The twin of ``has_signed`` as a condition of the database."""
    condition = Q()
    for name in SIGNATURES.get(status, ()):
        condition &= Q(**{f"{name}__isnull": True}) | ~Q(**{name: user.pk})
    if status != Status.AWAITING_APPROVAL:
        return condition
    return (
        condition
        & Q(~Exists(RequestRow.objects.filter(request=OuterRef("pk"), decided_by=user.pk)))
        & Q(~Exists(Answer.objects.filter(row__request=OuterRef("pk"), by=user.pk)))
        & Q(~Exists(StatisticsItem.objects.filter(request=OuterRef("pk"), answered_by=user.pk)))
        & Q(
            ~Exists(
                RequestEvent.objects.filter(request=OuterRef("pk"), actor=user.pk, verb__in=SIGNING_VERBS)
            )
        )
    )


def has_signed(request: DataRequest, officer: User) -> bool:
    """Whether four eyes keep this officer from the next step: an earlier one was theirs."""
    if any(getattr(request, f"{name}_id") == officer.pk for name in SIGNATURES.get(request.status, ())):
        return True
    return request.status == Status.AWAITING_APPROVAL and bool(workflow.is_another_person(request, officer))


def waiting_for(user: Any) -> QuerySet[DataRequest]:
    """Requests whose next step this officer may take: free or already theirs."""
    return of_my_step(user).filter(Q(assignee__isnull=True) | Q(assignee=user.pk))


def pool_for(user: Any) -> QuerySet[DataRequest]:
    """Requests nobody has in charge and this officer may take, the oldest deadline first."""
    return of_my_step(user).filter(assignee__isnull=True).order_by(*BY_DEADLINE, "submitted_at", "pk")


def returned_by(user: Any) -> QuerySet[DataRequest]:
    """Requests that are with the applicant because this officer asked for a correction last; with ``returned_at``."""
    asked = RequestEvent.objects.filter(request=OuterRef("pk"), target=Status.NEEDS_CORRECTION).order_by(
        "-id"
    )
    return (
        DataRequest.objects.visible_to(user)
        .filter(status=Status.NEEDS_CORRECTION)
        .annotate(
            returned_by_id=Subquery(asked.values("actor")[:1]), returned_at=Subquery(asked.values("at")[:1])
        )
        .filter(returned_by_id=user.pk)
    )


def rows_kept_by(officer: User) -> RowQuerySet:
    """Rows without an answer that the officer keeps while their request is being processed."""
    kept: RowQuerySet = RequestRow.objects.unreleased().filter(
        assignee=officer, request__status=Status.PROCESSING, outcome__in=OPEN_OUTCOMES
    )
    return kept


def reasons_against_charge(request: DataRequest, officer: User) -> list[str]:
    """Why ``officer`` cannot be in charge of the request now, in words for whoever chooses; empty: may be."""
    name = officer.get_full_name()
    rights = STEP_RIGHTS.get(request.status, ())
    if not workflow.may_work(officer) or not any(officer.has_perm(right) for right in rights):
        return [
            _("%(name)s tidak menangani permohonan berstatus %(state)s. Pilih petugas lain")
            % {"name": name, "state": Status(request.status).label}
        ]
    reasons = []
    if workflow.is_not_own_agency(request, officer):
        reasons.append(_("%(name)s terdaftar pada instansi pemohon. Pilih petugas lain") % {"name": name})
    if has_signed(request, officer):
        reasons.append(
            _("%(name)s sudah menangani tahap sebelumnya permohonan ini. Pilih petugas lain") % {"name": name}
        )
    return reasons
