"""Looking for a person among many rows of a request; what is looked for stays out of the address."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from public_site.views.applicant import applicant_page, fetch_visible
from requests_app.models import DataRequest

SESSION_KEY = "row_search"
LONGEST = 100
#: Pages with rows, by the word the form sends.
PAGES = {"data": "request_data", "periksa": "request_review", "detail": "request_detail"}


def sought(request: HttpRequest, found: DataRequest) -> str:
    """What this person looks for among the rows of ``found``; empty when nothing."""
    kept = request.session.get(SESSION_KEY)
    return str(kept[1]) if isinstance(kept, list) and kept[0] == str(found.pk) else ""


@applicant_page
@require_POST
def row_search(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Cari: kept in the session (a name or number must not stand in an address), empty ends the search."""
    found = fetch_visible(request, pk)
    text = " ".join(request.POST.get("cari", "").replace("\x00", " ")[:LONGEST].split())
    if text and "_hapus" not in request.POST:
        request.session[SESSION_KEY] = [str(found.pk), text]
    else:
        request.session.pop(SESSION_KEY, None)
    page = PAGES.get(request.POST.get("halaman", ""), "request_detail")
    response = redirect(f"public_site:{page}", pk=pk)
    response["Location"] += "#data-detail"
    return response
