"""Pages that everybody may read: home, information, guides, contact, texts of the editors."""

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from core.catalogue.models import Service
from core.doors.storage import send_file
from core.rules.models import WorkRules
from public_site.kept import render_kept
from public_site.models import Faq, Guide, Page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Beranda: what this is, who may use it, where to begin."""
    return render_kept(
        request,
        "public_site/pages/home.html",
        vary={"nav": "home"},
        content={"rules": WorkRules.current, "services": Service.objects.published},
    )


@require_safe
def information(request: HttpRequest) -> HttpResponse:
    """Informasi: questions, searched with ``?q=`` (every word must occur), and the guides to download."""
    template = "public_site/pages/information.html"
    query = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:100]
    # Whether the files are there and how large they are is known to the disk, not to the content version.
    live = {"guides": Guide.objects.published().filter(audience=Guide.Audience.AGENCY)}
    if not query:
        return render_kept(
            request,
            template,
            vary={"nav": "information"},
            content={"questions": Faq.objects.published},
            live=live,
        )
    questions = Faq.objects.published()
    for word in query.split():
        questions = questions.filter(
            Q(question__icontains=word)
            | Q(answer__icontains=word)
            | Q(question_en__icontains=word)
            | Q(answer_en__icontains=word)
        )
    return render(request, template, {"nav": "information", "questions": questions, "query": query, **live})


@require_safe
def guide_download(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The guide's PDF under a readable name; 404 while its file is missing."""
    guide = get_object_or_404(Guide.objects.published(), slug=slug)
    if not guide.size:
        raise Http404
    name = f"{slugify(guide.title) or guide.slug}-v{slugify(guide.version)}.pdf"
    return send_file(guide.file, name=name, content_type="application/pdf")


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Hubungi Kami; the card itself is in every page's context."""
    return render_kept(request, "public_site/pages/contact.html", vary={"nav": "contact"})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """A page an editor wrote."""

    def read() -> Page:
        return get_object_or_404(Page.objects.published(), slug=slug)

    return render_kept(request, "public_site/pages/page.html", vary={}, content={"page": read})
