"""What an agency may ask for: its agreements (PKS) as a computable right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from accounts.models import Agency, Agreement, AgreementService
from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.doors import clock
from core.rules.models import WorkRules, day_list

#: The grounds of UU PDP Pasal 15 ayat (1).
LEGAL_BASES = "abcde"


def agreements_in_force(agency: Agency, on: date) -> list[Agreement]:
    """The agency's agreements in force that day with their terms, the newest first; two queries."""
    if not agency.is_active:
        return []
    return list(
        Agreement.objects.in_force(on)
        .filter(agency=agency)
        .prefetch_related("terms", "purposes")
        .order_by("-valid_from", "-pk")
    )


def allowed_services(agency: Agency, on: date) -> list[Service]:
    """The published services inside the agency's agreements that are in force ``on`` that day."""
    if not agency.is_active:
        return []
    agreements = Agreement.objects.in_force(on).filter(agency=agency)
    return list(Service.objects.published().filter(agreements__in=agreements).distinct())


def covers(agreement: Agreement, services: Iterable[Service]) -> bool:
    """Whether the agreement includes all ``services``; no query when its terms are prefetched."""
    return {service.pk for service in services} <= {term.service_id for term in agreement.terms.all()}


def allows_basis(agreement: Agreement, letter: str) -> bool:
    """Whether a request under the agreement may name this ground ("a" to "e")."""
    return not agreement.legal_bases or letter in agreement.legal_bases


def allowed_bases(agreements: Iterable[Agreement]) -> str:
    """The letters that at least one of the agreements allows, in order; all five when there is none."""
    found = {letter for agreement in agreements for letter in agreement.legal_bases or LEGAL_BASES}
    return "".join(letter for letter in LEGAL_BASES if letter in found) or LEGAL_BASES


def term_of(agreement: Agreement, service: Service) -> AgreementService | None:
    """The agreement's terms for a service; None when it is not included."""
    return next((term for term in agreement.terms.all() if term.service_id == service.pk), None)


def narrowed(schema: Schema, agreement: Agreement, service: Service) -> Schema:
    """The service's schema with only the answer columns that the agreement grants."""
    term = term_of(agreement, service)
    return schema.answering_only(term.columns) if term is not None and term.columns else schema


def agreement_for(agency: Agency, services: Iterable[Service], on: date) -> Agreement | None:
    """The newest agreement in force that covers all ``services``; None when no single one does."""
    wanted = list(services)
    return next((found for found in agreements_in_force(agency, on) if covers(found, wanted)), None)


def refusal_reason(agency: Agency, service: Service | None, on: date) -> str:
    """Why the agency may not ask for ``service`` (any service when None) that day; empty when it may."""
    if not agency.is_active:
        return _("Instansi Anda sedang dinonaktifkan. Hubungi kami untuk keterangan.")
    in_force = Agreement.objects.in_force(on).filter(agency=agency)
    if not in_force.exists():
        if over := _over_reason_of_last(agency, on):
            return over
        return _("Instansi Anda belum memiliki PKS yang berlaku. Hubungi kami untuk mengurusnya.")
    if service is None:
        return ""
    if not service.is_published:
        return _("Layanan %(service)s sedang tidak dibuka.") % {"service": service.shown_label}
    if not in_force.filter(services=service).exists():
        return _("Layanan %(service)s tidak termasuk dalam PKS instansi Anda.") % {
            "service": service.shown_label
        }
    return ""


def _over_reason_of_last(agency: Agency, on: date) -> str:
    """How the agreement that was in force last has ended; empty when there was none."""
    begun = Agreement.objects.filter(agency=agency, valid_from__lte=on)
    ended = [(day, found) for found in begun if (day := found.last_day) is not None and day < on]
    if not ended:
        return ""
    day, last = max(ended, key=lambda pair: (pair[0], pair[1].version))
    if last.terminated_on is not None and day < last.terminated_on:
        return _("PKS %(number)s diakhiri pada %(day)s. Hubungi kami untuk keterangan.") % {
            "number": last.number,
            "day": clock.long_date(last.terminated_on),
        }
    return _("PKS %(number)s berakhir pada %(day)s. Perpanjang PKS lalu ajukan permohonan.") % {
        "number": last.number,
        "day": clock.long_date(day),
    }


# --- the end of an agreement --------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """How an agreement stands towards a request that was sent while it was in force (the grace rule)."""

    #: The newest version: an amendment may have prolonged what the request was judged under.
    agreement: Agreement
    #: Last day of the validity; None: no end.
    ends_on: date | None
    #: Last day on which a request sent in time may still be approved; None: no end.
    grace_until: date | None
    #: Since when it is terminated; None: it is not, yet.
    terminated_on: date | None

    def is_over(self, on: date) -> bool:
        """Whether nothing may be approved any more: terminated, or beyond the days of grace."""
        if self.terminated_on is not None:
            return True
        return self.grace_until is not None and on > self.grace_until

    def is_in_grace(self, on: date) -> bool:
        """Whether the agreement has ended but requests sent in time may still be approved."""
        return not self.is_over(on) and self.ends_on is not None and on > self.ends_on


def end_of(agreement: Agreement, on: date) -> End:
    """The end of ``agreement`` by its newest version and the days of grace now in force."""
    newest = agreement.newest_version()
    ends_on = newest.valid_until
    grace = timedelta(days=WorkRules.current().agreement_grace_days) if ends_on else timedelta()
    terminated = newest.terminated_on
    return End(
        agreement=newest,
        ends_on=ends_on,
        grace_until=ends_on + grace if ends_on else None,
        terminated_on=terminated if terminated is not None and terminated <= on else None,
    )


def over_reason(end: End, on: date) -> str:
    """Why nothing may be approved under the agreement any more; empty while it may."""
    if end.terminated_on is not None:
        return _("PKS %(number)s diakhiri pada %(day)s, sehingga permohonan ini tidak dapat disetujui.") % {
            "number": end.agreement.number,
            "day": clock.long_date(end.terminated_on),
        }
    if end.is_over(on) and end.ends_on and end.grace_until:
        return _(
            "PKS %(number)s berakhir pada %(day)s dan masa tenggangnya pada %(grace)s, "
            "sehingga permohonan ini tidak dapat disetujui lagi."
        ) % {
            "number": end.agreement.number,
            "day": clock.long_date(end.ends_on),
            "grace": clock.long_date(end.grace_until),
        }
    return ""


def grace_notice(end: End, on: date) -> str:
    """What both sides read while a request lives on the days of grace; empty otherwise."""
    if not end.is_in_grace(on) or end.ends_on is None or end.grace_until is None:
        return ""
    return _(
        "PKS %(number)s berakhir pada %(day)s. Permohonan ini dikirim sebelumnya, "
        "sehingga masih dapat disetujui sampai %(grace)s."
    ) % {
        "number": end.agreement.number,
        "day": clock.long_date(end.ends_on),
        "grace": clock.long_date(end.grace_until),
    }


def ending_soon(agency_id: int, on: date) -> list[tuple[Agreement, int]]:
    """Agreements of the agency within the first warning before their end, with the days left; two queries."""
    first = day_list(WorkRules.current().agreement_warnings)[0]
    found = Agreement.objects.ending(on, first).filter(agency=agency_id)
    ends = [(agreement, agreement.last_day) for agreement in found]
    left = [(agreement, (day - on).days) for agreement, day in ends if day is not None]
    return sorted(left, key=lambda pair: pair[1])
