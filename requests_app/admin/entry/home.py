"""The first page of the entry: drafts and what was sent, whose letter came, and giving a draft up."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.translation import gettext as _

from accounts.models import Agency, Agreement, User
from core.doors import clock
from requests_app import operations
from requests_app.admin.buttons import officer_of
from requests_app.admin.entry.base import address, draw, entry_page, fetch_draft
from requests_app.models import DataRequest, Status

SENT_SHOWN = 15
DRAFTS_SHOWN = 50


def agencies_to_choose(officer: User) -> Any:
    """Active agencies with an agreement in force, never the officer's own."""
    in_force = Agreement.objects.in_force(clock.today()).filter(agency=OuterRef("pk"))
    found = Agency.objects.filter(Exists(in_force), is_active=True).order_by("name")
    return found if officer.agency_id is None else found.exclude(pk=officer.agency_id)


def applicants_of(agency: Agency) -> Any:
    """The people of an agency who may ask, by name."""
    return User.objects.filter(agency=agency, is_staff=False, is_active=True).order_by("full_name", "pk")


def chosen_agency(request: HttpRequest, agencies: Any) -> Agency | None:
    """The agency named by ``instansi`` when it may be chosen."""
    text = request.GET.get("instansi", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        return None
    found: Agency | None = agencies.filter(pk=int(text)).first()
    return found


@entry_page
def index(request: HttpRequest) -> HttpResponse:
    """Whose letter is it; below, one's own drafts and the last ones sent."""
    officer = officer_of(request)
    agencies = agencies_to_choose(officer)
    agency = chosen_agency(request, agencies)
    own = DataRequest.objects.entered_by(officer).select_related("agency", "requester")
    context = {
        "agencies": list(agencies),
        "agency": agency,
        "people": list(applicants_of(agency)) if agency else [],
        "drafts": list(own.filter(status=Status.DRAFT).order_by("-updated_at")[:DRAFTS_SHOWN]),
        "sent": [
            (entry, Status(entry.status).label)
            for entry in own.exclude(status=Status.DRAFT).order_by("-submitted_at")[:SENT_SHOWN]
        ],
        "may_open": officer.has_perm("requests_app.view_datarequest"),
    }
    return draw(request, "home", context)


@entry_page
def create(request: HttpRequest) -> HttpResponse:
    """Begins the draft for the chosen person."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    text = request.POST.get("pemohon", "")
    person = None
    if text.isascii() and text.isdigit() and len(text) < 16:
        person = User.objects.filter(pk=int(text), is_staff=False).select_related("agency").first()
    if person is None:
        messages.error(request, _("Pilih pemohon yang mengirim surat"))
        return HttpResponseRedirect(address(""))
    try:
        draft = operations.create_draft(by=officer_of(request), on_behalf_of=person)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(address(""))
    return HttpResponseRedirect(address("letter", pk=draft.pk))


@entry_page
def discard(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks, then deletes the draft with its files."""
    found = fetch_draft(request, pk)
    if request.method == "POST":
        operations.discard(pk, by=officer_of(request))
        messages.success(request, _("Draf dihapus."))
        return HttpResponseRedirect(address(""))
    return draw(request, "discard", {}, found=found)
