"""Why a request needs two approvers: facts weighed against the rules of work, kept once found."""

from django.db.models import Exists, Min, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Agreement
from core.catalogue.models import Service
from core.doors import clock
from core.rules.models import WorkRules
from requests_app.models import DataRequest, RequestRow, Risk, StatisticsItem


def sensitive_services(request: DataRequest) -> list[Service]:
    """The very sensitive services asked for, by rows or as statistics."""
    rows = RequestRow.objects.filter(request=request, service=OuterRef("pk"))
    questions = StatisticsItem.objects.filter(request=request, service=OuterRef("pk"))
    return list(Service.objects.filter(Exists(rows) | Exists(questions), is_sensitive=True))


def is_new_agency(request: DataRequest, rules: WorkRules) -> bool:
    """Whether the agency's first agreement began less than ``rules.new_agency_days`` days ago, or there is none."""
    first = Agreement.objects.filter(agency=request.agency_id).aggregate(first=Min("valid_from"))["first"]
    return first is None or (clock.today() - first).days < rules.new_agency_days


def present_risks(request: DataRequest) -> list[Risk]:
    """What speaks against one approver as the rules, the catalogue and the agency are now; four queries."""
    rules = WorkRules.current()
    found = []
    if request.rows.count() >= rules.second_approval_rows:
        found.append(Risk.ROWS)
    if sensitive_services(request):
        found.append(Risk.SENSITIVE)
    if is_new_agency(request, rules):
        found.append(Risk.NEW_AGENCY)
    return found


def settle(request: DataRequest) -> None:
    """Adds to ``request.risks`` what is found now; what was found earlier stays. Does not save.

    Weighed once for each object: a page asks for every verb.
    """
    if "_risks_settled" in vars(request):
        return
    vars(request)["_risks_settled"] = True
    known = {*request.risk_list, *present_risks(request)}
    request.risks = ",".join(risk.value for risk in Risk if risk in known)


def explained(request: DataRequest) -> list[str]:
    """The stored risks in words, with their numbers and names."""
    words = []
    for risk in request.risk_list:
        if risk == Risk.ROWS:
            count = request.rows.count()
            words.append(
                ngettext("Memuat %(count)d baris data", "Memuat %(count)d baris data", count)
                % {"count": count}
            )
        elif risk == Risk.SENSITIVE:
            names = ", ".join(service.shown_label for service in sensitive_services(request))
            words.append(_("Memuat layanan yang sangat peka: %(names)s") % {"names": names or "–"})
        else:
            words.append(_("Instansi baru: PKS pertamanya belum lama berlaku"))
    return words


def reasons_against_parts(request: DataRequest) -> list[str]:
    """Why no part may be released before the rest: a part has one approver, a risky request needs two."""
    settle(request)
    return (
        [_("Permohonan ini memerlukan dua persetujuan, sehingga diterbitkan sekaligus")]
        if request.risks
        else []
    )
