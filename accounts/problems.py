"""What accounts report to administrators: agreements that end soon, registrations that wait too long."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Agreement, Registration
from core.doors import clock
from core.problems import Problem
from core.reference.working_days import WorkingCalendar
from core.rules.models import WorkRules

#: Agreements that end within so many days are reported each day.
SOON_DAYS = 30
MOST_NAMED = 5


def problems() -> Iterator[Problem]:
    """Agreements, then registrations."""
    today = clock.today()
    ending = Agreement.objects.ending(today, SOON_DAYS)
    for agreement in ending.select_related("agency").order_by("valid_until", "pk")[:MOST_NAMED]:
        yield Problem(
            _("PKS %(agreement)s berakhir %(day)s")
            % {"agreement": agreement, "day": clock.long_date(agreement.last_day or today)},
            _("Hubungi instansi; sesudah berakhir permohonan baru tidak dapat dikirim."),
            reverse("admin:accounts_agreement_change", args=[agreement.pk]),
        )
    days = WorkRules.current().registration_working_days
    calendar = WorkingCalendar(today - timedelta(days=400), today)
    waiting = Registration.objects.open().values_list("created_at", flat=True)
    late = sum(calendar.between(clock.local_date(at), today) > days for at in waiting)
    if late:
        text = ngettext(
            "%(number)d pendaftaran melewati batas waktu", "%(number)d pendaftaran melewati batas waktu", late
        )
        yield Problem(
            text % {"number": late},
            _("Minta verifikator memeriksanya."),
            reverse("admin:accounts_registration_changelist"),
        )
