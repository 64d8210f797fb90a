"""What a request may ask for under its agency's agreement: services, grounds, purposes, quota, and the end of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from accounts import entitlements
from accounts.models import Agreement, AgreementService, Purpose
from core.catalogue.models import Service
from core.doors import clock
from requests_app.models import DataRequest, LegalBasis, RequestRow, Status

Period = AgreementService.Period
#: Rows of these requests count as used; what was refused or taken back gives its places back.
NOT_COUNTED = (Status.DRAFT, Status.REJECTED, Status.WITHDRAWN, Status.LAPSED)


# --- under which agreement ----------------------------------------------------------------------------


def candidates(request: DataRequest) -> list[Agreement]:
    """The version a sent request was judged under; before that those in force today, the newest first."""
    if not request.is_draft and request.agreement is not None:
        return [request.agreement]
    return entitlements.agreements_in_force(request.agency, clock.today())


def fitting(
    found: Iterable[Agreement], services: Iterable[Service], basis: str = "", purpose: Purpose | None = None
) -> Agreement | None:
    """The first agreement that covers all services, and the ground and the purpose when they are given."""
    wanted = list(services)
    for agreement in found:
        if (
            entitlements.covers(agreement, wanted)
            and (not basis or entitlements.allows_basis(agreement, basis))
            and (purpose is None or _allows_purpose(agreement, purpose))
        ):
            return agreement
    return None


def _allows_purpose(agreement: Agreement, purpose: Purpose) -> bool:
    allowed = agreement.purposes.all()
    return not allowed or purpose in allowed


def offered_purposes(found: Iterable[Agreement]) -> list[Purpose]:
    """The purposes to choose from: those that some agreement is limited to and that are still used."""
    union = {
        purpose.pk: purpose for agreement in found for purpose in agreement.purposes.all() if purpose.active
    }
    return sorted(union.values(), key=lambda purpose: (purpose.position, purpose.label))


def demand_purpose(found: Iterable[Agreement]) -> bool:
    """Whether no agreement allows a request that names no purpose."""
    limited = [bool(agreement.purposes.all()) for agreement in found]
    return bool(limited) and all(limited)


# --- refusals -----------------------------------------------------------------------------------------


def service_refusal(request: DataRequest, service: Service) -> str:
    """Why this request may not ask for ``service`` (besides what it asks for already); empty when it may."""
    today = clock.today()
    if not request.is_draft and request.agreement is not None:
        over = entitlements.over_reason(entitlements.end_of(request.agreement, today), today)
        if over:
            return over
        if not entitlements.covers(request.agreement, [service]):
            return _("Layanan %(service)s tidak termasuk dalam PKS %(number)s.") % {
                "service": service.shown_label,
                "number": request.agreement.number,
            }
        return ""
    refusal = entitlements.refusal_reason(request.agency, service, today)
    if refusal:
        return refusal
    together = [*asked_services(request), service]
    return "" if fitting(candidates(request), together) else _separate(together)


def _separate(services: Iterable[Service]) -> str:
    names = sorted({service.shown_label for service in services})
    return _(
        "Layanan %(names)s berada dalam PKS yang berbeda. Ajukan masing-masing dalam permohonan tersendiri."
    ) % {"names": ", ".join(names)}


def asked_services(request: DataRequest) -> list[Service]:
    """The services asked for by rows or statistics, with their fields."""
    ids = set(request.rows.order_by().values_list("service_id", flat=True).distinct())
    ids |= set(request.statistics.order_by().values_list("service_id", flat=True).distinct())
    return list(Service.objects.filter(pk__in=ids).with_fields())


def refusals(request: DataRequest) -> list[str]:
    """Everything in the agreement that stands against sending the request, all at once."""
    today = clock.today()
    if request.is_draft or request.agreement is None:
        general = entitlements.refusal_reason(request.agency, None, today)
    else:
        general = entitlements.over_reason(entitlements.end_of(request.agreement, today), today)
    if general:
        return [general]
    found = candidates(request)
    services = asked_services(request)
    reasons = [reason for service in services if (reason := _refusal_of(request, found, service, today))]
    if reasons:
        return reasons
    agreement = fitting(found, services)
    if agreement is None:
        return [_separate(services)]
    return [*_purpose_refusals(request, found, services), *quota_refusals(request, services)]


def _refusal_of(request: DataRequest, found: list[Agreement], service: Service, today: date) -> str:
    if any(entitlements.covers(agreement, [service]) for agreement in found) and (
        service.is_published or not request.is_draft
    ):
        return ""
    if request.is_draft or request.agreement is None:
        return entitlements.refusal_reason(request.agency, service, today)
    return service_refusal(request, service)


def _purpose_refusals(request: DataRequest, found: list[Agreement], services: list[Service]) -> list[str]:
    fits = [agreement for agreement in found if fitting([agreement], services)]
    reasons = []
    if request.legal_basis and not fitting(fits, [], request.legal_basis):
        reasons.append(
            _("Dasar hukum “%(basis)s” tidak termasuk dalam PKS %(number)s. Pilih dasar hukum yang lain.")
            % {"basis": LegalBasis(request.legal_basis).label, "number": fits[0].number}
        )
    if request.purpose_code is None and demand_purpose(fits):
        reasons.append(
            _("Pilih Jenis tujuan")
            if offered_purposes(fits)
            else _(
                "Semua jenis tujuan dalam PKS %(number)s sudah tidak dipakai. Hubungi kami untuk keterangan."
            )
            % {"number": fits[0].number}
        )
    elif request.purpose_code is not None and not fitting(fits, [], "", request.purpose_code):
        reasons.append(
            _("Jenis tujuan “%(purpose)s” tidak termasuk dalam PKS %(number)s. Pilih yang lain.")
            % {"purpose": request.purpose_code.shown_label, "number": fits[0].number}
        )
    if not reasons and judged_under(request, services) is None:
        reasons.append(
            _(
                "Dasar hukum dan jenis tujuan ini tidak diizinkan bersama-sama oleh satu PKS. Ubah salah satunya."
            )
        )
    return reasons


def judged_under(request: DataRequest, services: Iterable[Service]) -> Agreement | None:
    """The very version that allows this request with these services; None when none does."""
    found = [
        agreement
        for agreement in candidates(request)
        if request.purpose_code is not None or not demand_purpose([agreement])
    ]
    return fitting(found, services, request.legal_basis, request.purpose_code)


def lock(request: DataRequest) -> None:
    """Holds the agency's agreements until the transaction ends: two requests cannot both take the last places."""
    held = Agreement.objects.select_for_update(no_key=True).filter(agency=request.agency_id)
    list(held.order_by("pk").values_list("pk", flat=True))


# --- quota --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quota:
    """How many rows of a service may still be asked for in the period; all figures are rows."""

    service: Service
    period: str
    limit: int
    #: Rows of other requests that were sent in the period.
    used: int
    #: Rows of the request in hand.
    own: int

    @property
    def left(self) -> int:
        """What may still be added to the request in hand; never below nothing."""
        return max(0, self.limit - self.used - self.own)

    @property
    def left_text(self) -> str:
        """ "Sisa kuota bulan ini 38 baris"."""
        return {
            Period.MONTH: _("Sisa kuota bulan ini %(left)d baris"),
            Period.YEAR: _("Sisa kuota tahun ini %(left)d baris"),
            Period.AGREEMENT: _("Sisa kuota selama PKS %(left)d baris"),
        }[Period(self.period)] % {"left": self.left}

    def refusal(self, more: int) -> str:
        """Why ``more`` rows may not be added; empty when they may."""
        if self.used + self.own + more <= self.limit:
            return ""
        free = max(0, self.limit - self.used)
        texts = {
            Period.MONTH: _(
                "Kuota layanan %(service)s bulan ini %(limit)d baris, tersisa %(free)d. "
                "Permohonan ini memuat %(asked)d baris; kurangi, atau ajukan sisanya bulan depan."
            ),
            Period.YEAR: _(
                "Kuota layanan %(service)s tahun ini %(limit)d baris, tersisa %(free)d. "
                "Permohonan ini memuat %(asked)d baris; kurangi, atau ajukan sisanya tahun depan."
            ),
            Period.AGREEMENT: _(
                "Kuota layanan %(service)s selama PKS %(limit)d baris, tersisa %(free)d. "
                "Permohonan ini memuat %(asked)d baris; kurangi jumlahnya."
            ),
        }
        return texts[Period(self.period)] % {
            "service": self.service.shown_label,
            "limit": self.limit,
            "free": free,
            "asked": self.own + more,
        }


def period_bounds(period: str, on: date, agreement: Agreement) -> tuple[datetime, datetime | None]:
    """When the period that contains ``on`` began, and when the next one begins (None: never); headquarters' midnights."""
    following: date | None = None
    if period == Period.MONTH:
        first = on.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
    elif period == Period.YEAR:
        first = on.replace(month=1, day=1)
        following = first.replace(year=first.year + 1)
    else:
        first = min(version.valid_from for version in agreement.all_versions())
    return _midnight(first), _midnight(following) if following else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ZONES["WIB"])


def used_rows(
    agreement: Agreement, service: Service, since: datetime, before: datetime | None, but: DataRequest
) -> int:
    """Rows of ``service`` in requests sent under any version of the agreement in that time, except ``but``."""
    versions = [version.pk for version in agreement.all_versions()]
    sent = RequestRow.objects.filter(
        service=service,
        request__agreement__in=versions,
        request__agency=agreement.agency_id,
        request__submitted_at__gte=since,
    )
    if before is not None:
        # What was sent later belongs to another period, also when this one is corrected then.
        sent = sent.filter(request__submitted_at__lt=before)
    return sent.exclude(request__status__in=NOT_COUNTED).exclude(request=but.pk).count()


def quota_of(request: DataRequest, service: Service, agreement: Agreement | None = None) -> Quota | None:
    """The quota of ``service`` for this request; None when there is no limit."""
    if agreement is None:
        agreement = fitting(candidates(request), [service])
    term = entitlements.term_of(agreement, service) if agreement is not None else None
    if agreement is None or term is None or term.quota_rows is None:
        return None
    sent = request.submitted_at
    on = clock.local_date(sent) if sent is not None and not request.is_draft else clock.today()
    since, before = period_bounds(term.quota_period, on, agreement)
    return Quota(
        service=service,
        period=term.quota_period,
        limit=term.quota_rows,
        used=used_rows(agreement, service, since, before, request),
        own=request.rows.filter(service=service).count(),
    )


def quota_refusals(request: DataRequest, services: Iterable[Service], more: int = 0) -> list[str]:
    """Why the request has too many rows (with ``more`` of each service); empty when it has not."""
    services = list(services)
    agreement = judged_under(request, services)
    found = (quota_of(request, service, agreement) for service in services)
    return [reason for quota in found if quota is not None and (reason := quota.refusal(more))]


def quotas(request: DataRequest, services: Iterable[Service]) -> dict[int, Quota]:
    """The quotas of those services that have one, by the service's key in the database."""
    found = ((service.pk, quota_of(request, service)) for service in services)
    return {pk: quota for pk, quota in found if quota is not None}


def all_quotas(request: DataRequest) -> list[Quota]:
    """Every quota the request may meet, for the page that shows what is left; a few queries for each limited service."""
    limited: dict[int, Agreement] = {}
    for agreement in candidates(request):
        for term in agreement.terms.all():
            if term.quota_rows is not None:
                limited.setdefault(term.service_id, agreement)
    services = Service.objects.filter(pk__in=limited)
    found = (quota_of(request, service, limited[service.pk]) for service in services)
    return [quota for quota in found if quota is not None]


@dataclass(frozen=True)
class Offer:
    """A service as the entry form offers it."""

    service: Service
    #: Why it may not be asked for; empty: it may.
    refusal: str
    quota: Quota | None


def offers(request: DataRequest, services: Iterable[Service]) -> list[Offer]:
    """Each of the services with its refusal or its quota, beside what the request asks for already."""
    found = candidates(request)
    asked = asked_services(request)
    over = "" if request.is_draft else approval_refusal(request)
    offered = []
    for service in services:
        agreement = None if over else fitting(found, [*asked, service])
        if agreement is None:
            offered.append(Offer(service, over or service_refusal(request, service), None))
        else:
            offered.append(Offer(service, "", quota_of(request, service, agreement)))
    return offered


# --- the end ------------------------------------------------------------------------------------------


def approval_refusal(request: DataRequest) -> str:
    """Why nothing may be approved for the agency or under the agreement any more; empty while it may."""
    if not request.agency.is_active:
        return _("Instansi pemohon sedang dinonaktifkan, sehingga permohonan ini tidak dapat disetujui.")
    if request.agreement is None:
        return ""
    today = clock.today()
    return entitlements.over_reason(entitlements.end_of(request.agreement, today), today)


def end_notice(request: DataRequest) -> str:
    """What officer and applicant read about the end of the agreement: days of grace, or too late."""
    if request.agreement is None:
        return ""
    today = clock.today()
    end = entitlements.end_of(request.agreement, today)
    return entitlements.over_reason(end, today) or entitlements.grace_notice(end, today)
