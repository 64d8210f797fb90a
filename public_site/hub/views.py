"""Pages of Info Layanan: small, the same for everybody, free of cookies, so that any cache may keep them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from core.doors.storage import PDF, file_headers, send_file
from public_site.hub import counting, drawing, guides, qr
from public_site.hub.models import Hub, HubCount, HubLink, Sop
from public_site.kept import page_version, piece
from public_site.models import Guide

CACHE_SECONDS = 600
#: What a browser sends for ``<a ping>``; other sites cannot send it without asking us first.
_PING = "text/ping"

View = Callable[..., HttpResponseBase]


def shared(view: View) -> View:
    """The answer is the same for everybody: ten minutes in any cache, no cookie.

    For people who are signed in nothing is kept at all, as on every other page of theirs.
    """

    @wraps(view)
    @require_safe
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
        return response

    return answer


def draw(template: str, context: dict[str, Any], language: str = "id") -> HttpResponse:
    """A page in ``language``, drawn without the request: whoever asks, the bytes are the same."""
    with translation.override(language):
        response = HttpResponse(
            render_to_string(f"public_site/hub/{template}", {"language": language, **context})
        )
    response.headers["Content-Language"] = language
    return response


def fetch(office: str | None) -> Hub:
    """The office's page, or the default one; 404 for an office without a published page."""
    if office is None:
        return drawing.default_hub()
    # However a telephone wrote it: "/info/Yogyakarta/" is the same office.
    found = Hub.objects.published().filter(slug__iexact=office).first()
    if found is None:
        raise Http404
    return found


def asked_language(request: HttpRequest) -> str:
    """The language an address asks for by ``?bahasa=``: "en", else "id"."""
    return "en" if request.GET.get("bahasa") == "en" else "id"


@shared
def page(request: HttpRequest, office: str | None = None, language: str = "") -> HttpResponse:
    """The red buttons, social media, hours, map and phone of one office; drawn once for each kind of reader."""
    version = page_version(request)
    hub: Hub = piece("hub", version, (office or "").lower(), lambda: fetch(office))
    chosen = language or asked_language(request)
    source = counting.source_of(request)
    counting.count_visit(request, hub)
    # Whether the guides' files are there is known to the disk, not to the content version.
    files: list[str] = piece("hub guides", version, hub.pk, lambda: drawing.guide_files(hub))
    drawn: HttpResponse = piece(
        "hub page",
        version,
        (hub.pk, chosen, source, [drawing.file_bytes(name) for name in files]),
        lambda: draw("page.html", drawing.page_context(hub, chosen, source), chosen),
    )
    return drawn


@shared
def offices(request: HttpRequest) -> HttpResponse:
    """All offices with a page."""
    language = asked_language(request)
    mark = drawing.mark_of(counting.source_of(request))
    return draw("offices.html", drawing.offices_context(language, mark), language)


@shared
def sop(request: HttpRequest, office: str) -> HttpResponse:
    """The standard operating procedure of this page."""
    hub = fetch(office)
    found = get_object_or_404(Sop.objects.prefetch_related("steps"), hub=hub, is_published=True)
    return draw("sop.html", drawing.sop_context(hub, found))


@shared
def qr_page(request: HttpRequest, office: str | None = None) -> HttpResponse:
    """The QR code on the screen and everything to print."""
    hub = fetch(office)
    if hub.pk is None:
        raise Http404
    return draw("qr.html", {"hub": hub, "address": drawing.plain_address(hub)})


@shared
def qr_svg(request: HttpRequest, office: str) -> HttpResponse:
    """The code for print shops."""
    return HttpResponse(qr.svg(fetch(office)), content_type="image/svg+xml")


@shared
def qr_png(request: HttpRequest, office: str) -> HttpResponse:
    """The code for letters and slides."""
    return HttpResponse(qr.png(fetch(office)), content_type="image/png")


@shared
def qr_poster(request: HttpRequest, office: str, paper: str) -> HttpResponse:
    """The poster as PDF; 404 for a paper we do not make or while PDF cannot be made."""
    hub = fetch(office)
    if paper not in qr.PAPERS:
        raise Http404
    try:
        content = qr.poster(hub, paper)
    except ValidationError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=PDF)
    for header, value in file_headers(f"poster-{hub.slug}-{paper}.pdf", inline=False).items():
        response[header] = value
    return response


@require_safe
def guide(request: HttpRequest, office: str, guide: str) -> HttpResponseBase:
    """The newest version of a guide; 404 while its file is missing, which the page then says."""
    hub = fetch(office)
    found = get_object_or_404(Guide.objects.published(), slug=guide)
    if not found.size:
        raise Http404
    counting.count(request, hub, HubCount.Kind.DOWNLOAD, found.slug)
    return send_file(found.file, name=guides.file_name(found, found.version), content_type=PDF)


@require_safe
def guide_version(request: HttpRequest, office: str, guide: str, version: str) -> HttpResponse:
    """An address from an older leaflet: whatever version it names, the newest one is handed out."""
    hub = fetch(office)
    found = get_object_or_404(Guide.objects.published(), slug=guide)
    address = reverse("public_site:hub_guide", args=[hub.slug, found.slug])
    return HttpResponseRedirect(address + drawing.mark_of(counting.source_of(request)))


@csrf_exempt
@require_POST
def press(request: HttpRequest, office: str, link: int) -> HttpResponse:
    """Counts a press of a button that leads elsewhere; sent by the browser beside the press itself."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.content_type != _PING or site != "same-origin":
        raise Http404
    hub = fetch(office)
    pressed = get_object_or_404(HubLink, pk=link, hub=hub, is_published=True)
    counting.count(request, hub, HubCount.Kind.PRESS, pressed.label)
    return HttpResponse(status=204)
