"""Telling both sides that an agreement ends: its agency's people and the officers who look after agreements."""

from collections.abc import Iterable, Sequence
from datetime import date

from accounts.models import Agreement, User
from core.doors import clock, mail
from core.rules.models import WorkRules, day_list


def caretakers() -> list[User]:
    """The officers who are told of every end."""
    return list(User.objects.officers_holding("accounts.change_agreement"))


def warn_of(agreement: Agreement, today: date, steps: Sequence[int], officers: Iterable[User]) -> None:
    """Posts the warning that is due ``today`` for an agreement in force, each step about each end once.

    ``steps``: days before the end (``WorkRules.agreement_warnings``). Nothing is due before the first of them.
    """
    last_day = agreement.last_day
    if last_day is None or last_day < today:
        return
    left = (last_day - today).days
    due = min((days for days in steps if days >= left), default=None)
    if due is None:
        return
    for person in _both_sides(agreement, officers):
        event = f"{last_day:%Y%m%d}-{due}"
        mail.post("accounts.agreement_ending", f"{agreement.pk}:{person.pk}", event=event)


def tell_of_termination(agreement: Agreement) -> None:
    """Posts what both sides have to know once an agreement was ended early.

    One that is over already is told as such, once; a later end gets the warning that is due now, and the daily
    task goes on from there.
    """
    today = clock.today()
    if agreement.terminated_on is None:
        return
    if agreement.terminated_on > today and agreement.is_in_force(today):
        warn_of(agreement, today, day_list(WorkRules.current().agreement_warnings), caretakers())
        return
    for person in _both_sides(agreement, caretakers()):
        event = f"{agreement.terminated_on:%Y%m%d}"
        mail.post("accounts.agreement_terminated", f"{agreement.pk}:{person.pk}", event=event)


def _both_sides(agreement: Agreement, officers: Iterable[User]) -> list[User]:
    people = User.objects.filter(agency=agreement.agency_id, is_staff=False, is_active=True)
    return [*people, *officers]
