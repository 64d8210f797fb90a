"""What an agency may ask for: its agreements (PKS) as a computable right."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from accounts.models import Agency, Agreement
from core.catalogue.models import Service
from core.doors import clock


def allowed_services(agency: Agency, on: date) -> list[Service]:
    """The published services inside the agency's agreements that are in force ``on`` that day."""
    if not agency.is_active:
        return []
    agreements = Agreement.objects.in_force(on).filter(agency=agency)
    return list(Service.objects.published().filter(agreements__in=agreements).distinct())


def agreement_for(agency: Agency, services: Iterable[Service], on: date) -> Agreement | None:
    """The newest agreement in force that covers all ``services``; the newest in force when none covers all."""
    wanted = {service.pk for service in services}
    found = list(
        Agreement.objects.in_force(on)
        .filter(agency=agency)
        .prefetch_related("services")
        .order_by("-valid_from")
    )
    for agreement in found:
        if wanted <= {service.pk for service in agreement.services.all()}:
            return agreement
    return found[0] if found else None


def refusal_reason(agency: Agency, service: Service | None, on: date) -> str:
    """Why the agency may not ask for ``service`` (any service when None) that day; empty when it may."""
    if not agency.is_active:
        return _("Instansi Anda sedang dinonaktifkan. Hubungi kami untuk keterangan.")
    in_force = Agreement.objects.in_force(on).filter(agency=agency)
    if not in_force.exists():
        last = Agreement.objects.filter(agency=agency, valid_until__lt=on).order_by("-valid_until").first()
        if last and last.valid_until:
            return _("PKS %(number)s berakhir pada %(day)s. Perpanjang PKS lalu ajukan permohonan.") % {
                "number": last.number,
                "day": clock.long_date(last.valid_until),
            }
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
