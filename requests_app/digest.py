"""The morning mail about time: what is late or soon due for each officer, and for whoever keeps the rules."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.doors import clock, mail
from core.reference.working_days import add_working_days, missing_calendar
from core.rules.models import WorkRules
from requests_app import mail_texts, queues
from requests_app.models import DataRequest

#: Who keeps the terms learns of everything that is late.
KEEPER = "rules.change_workrules"


@dataclass
class Digest:
    """Counts for one person; never a name or a number of a request."""

    late_own: int = 0
    late_free: int = 0
    soon: int = 0
    #: For whoever keeps the rules: officer's name (empty: nobody in charge) and how many are late.
    late_by_officer: list[tuple[str, int]] = field(default_factory=list)
    calendar_gaps: list[str] = field(default_factory=list)

    def has_something(self) -> bool:
        """Whether there is a reason to write; a gap in the calendar alone is one on Mondays only."""
        late = self.late_own or self.late_free or self.soon or self.late_by_officer
        return bool(late or (self.calendar_gaps and clock.today().weekday() == 0))


def readers() -> QuerySet[User]:
    """Active officers who act on requests, and those who keep the rules."""
    keepers = User.objects.with_perm(KEEPER, backend=settings.AUTHENTICATION_BACKENDS[0])
    ids = set(queues.working_officers().values_list("pk", flat=True))
    ids |= set(keepers.filter(is_staff=True, is_active=True).values_list("pk", flat=True))
    return User.objects.filter(pk__in=ids).exclude(email="").order_by("pk")


def digest_for(user: User) -> Digest:
    """What the person should know this morning."""
    today = clock.today()
    digest = Digest()
    if user.has_perm("requests_app.view_datarequest"):
        waiting = queues.waiting_for(user)
        late = waiting.filter(due_on__lt=today)
        soon_until = add_working_days(today, WorkRules.current().due_reminder_days)
        digest.late_own = late.filter(assignee=user).count()
        digest.late_free = late.filter(assignee__isnull=True).count()
        digest.soon = waiting.filter(assignee=user, due_on__range=(today, soon_until)).count()
    if user.has_perm(KEEPER):
        by_officer = (
            DataRequest.objects.overdue()
            .order_by("assignee__full_name")
            .values_list("assignee__full_name")
            .annotate(number=Count("pk"))
        )
        digest.late_by_officer = [(name or "", number) for name, number in by_officer]
        digest.calendar_gaps = missing_calendar(today)
    return digest


def mail_for(reference: str) -> EmailMessage | None:
    """The mail to one officer, counted when it is sent; None when nothing is left to tell."""
    user = User.objects.filter(pk=int(reference), is_active=True, is_staff=True).first()
    if user is None:
        return None
    digest = digest_for(user)
    if not digest.has_something():
        return None
    lists = settings.SITE_URL + reverse("admin:requests_app_datarequest_changelist")
    is_officer = user.has_perm("requests_app.view_datarequest")
    name, day = user.get_full_name(), clock.long_date(clock.today())
    return mail.compose(
        "account_notice",
        to=user.email,
        subject=mail_texts.digest_subject(day),
        context={
            "name": name,
            "day": day,
            "paragraphs": mail_texts.digest_opening(name),
            "facts": _facts(digest),
            "link": f"{lists}?terlambat=ya" if is_officer else settings.SITE_URL + reverse("admin:index"),
            "link_label": _("Buka daftar yang terlambat") if is_officer else _("Buka ruang kerja"),
        },
    )


def _facts(digest: Digest) -> list[tuple[Any, str]]:
    facts: list[tuple[Any, str]] = []
    for label, number in (
        (_("Terlambat pada Anda"), digest.late_own),
        (_("Terlambat dan belum diambil"), digest.late_free),
        (_("Segera jatuh tempo pada Anda"), digest.soon),
    ):
        if number:
            facts.append((label, _requests(number)))
    facts += [
        (_("Terlambat: %(name)s") % {"name": name or _("belum diambil")}, _requests(number))
        for name, number in digest.late_by_officer
    ]
    facts += [(_("Kalender hari libur"), gap) for gap in digest.calendar_gaps]
    return facts


def _requests(number: int) -> str:
    return ngettext("%(count)d permohonan", "%(count)d permohonan", number) % {"count": number}


def is_sent_today() -> bool:
    """Nobody is written to on a free day."""
    today = clock.today()
    return add_working_days(today - timedelta(days=1), 1) == today
