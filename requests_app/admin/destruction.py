"""Certificates of destruction in the console, their papers, and the preview of the next night's run."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from admin_theme.base import ReadOnlyAdmin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter
from core.doors import clock
from core.doors.storage import PDF, XLSX, file_headers, send_file
from core.rules.models import WorkRules
from requests_app import destruction_papers, retention
from requests_app.admin.signatures import signature_words
from requests_app.models import DataRequest, DestructionCertificate, DestructionKind

NAME = "requests_app_destructioncertificate"
#: Things named for each class on the preview.
NAMED = 10


@admin.register(DestructionCertificate)
class DestructionCertificateAdmin(ReadOnlyAdmin):
    """Newest first; nothing is changed here."""

    empty_text = _("Berita acara muncul di sini setelah data yang masa simpannya berakhir dimusnahkan.")
    list_display = ("display_number", "state", "started_at", "finished_at", "display_summary")
    list_filter = (("state", ChoicesDropdownFilter), ("started_at", RangeDateFilter))
    fields = (
        "display_number",
        "state",
        "started_at",
        "finished_at",
        "display_summary",
        "display_files",
        "display_seal",
        "display_signature",
    )
    readonly_fields = fields
    actions = None
    actions_list = ("open_preview",)

    @action(
        description=_("Pratinjau pemusnahan"),
        permissions=["open_preview"],
        url_path="ke-pratinjau",
        icon="preview",
    )
    def open_preview(self, request: HttpRequest) -> HttpResponseRedirect:
        """To what the next run would destroy."""
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:{NAME}_preview"))

    def has_open_preview_permission(self, request: HttpRequest) -> bool:
        """Whoever may read certificates."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """With the preview and the papers."""
        preview = self.admin_site.admin_view(self.preview_view)
        paper = self.admin_site.admin_view(self.paper_view)
        return [
            path("pratinjau/", preview, name=f"{NAME}_preview"),
            path("<int:certificate>/berkas/<slug:kind>/", paper, name=f"{NAME}_paper"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the next run would destroy, class by class, and what is held back; changes nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rules, now = WorkRules.current(), clock.now()
        limits = retention.boundaries(rules, now)
        classes = [
            {
                "label": DestructionKind(kind).label,
                "before": clock.long_date(clock.local_date(limits[kind])),
                "count": found.count(),
                "named": [_name(kind, row) for row in found[:NAMED]],
            }
            for kind, found in retention.due(now).items()
        ]
        held = DataRequest.objects.filter(held_at__isnull=False).order_by("held_at")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Pratinjau pemusnahan"),
            "classes": classes,
            "held_count": held.count(),
            "held": [
                {
                    "number": row.number,
                    "reason": row.hold_reason,
                    "since": clock.long_date(clock.local_date(row.held_at)),
                }
                for row in held[:50]
                if row.held_at
            ],
            "rules_link": reverse("admin:rules_workrules_changelist")
            if request.user.has_perm("rules.view_workrules")
            else "",
        }
        return TemplateResponse(request, "admin/requests_app/destruction_preview.html", context)

    def paper_view(self, request: HttpRequest, certificate: int, kind: str) -> HttpResponseBase:
        """The certificate as PDF or XLSX: the signed PDF where there is one, the same bytes every time."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(DestructionCertificate, pk=certificate)
        papers = {
            "pdf": (destruction_papers.certificate_pdf, PDF),
            "xlsx": (destruction_papers.certificate_xlsx, XLSX),
        }
        if kind not in papers:
            raise Http404
        if kind == "pdf" and found.pdf:
            return send_file(found.pdf, name=f"{found.number}.pdf", content_type=PDF)
        make, content_type = papers[kind]
        response = HttpResponse(make(found), content_type=content_type)
        for header, value in file_headers(f"{found.number}.{kind}", inline=False).items():
            response[header] = value
        return response

    @display(description=_("nomor"), ordering="id")
    def display_number(self, certificate: DestructionCertificate) -> str:
        """BA-00012."""
        return certificate.number

    @display(description=_("yang dimusnahkan"))
    def display_summary(self, certificate: DestructionCertificate) -> str:
        """By class, in one line."""
        parts = [f"{row['kind']}: {row['what']}" for row in destruction_papers.summary(certificate)]
        return " · ".join(parts) or "–"

    @display(description=_("berkas"))
    def display_files(self, certificate: DestructionCertificate) -> SafeString:
        """Links to the papers."""
        name = f"{self.admin_site.name}:{NAME}_paper"
        return format_html(
            '<a class="underline" href="{}">PDF</a> · <a class="underline" href="{}">XLSX</a>',
            reverse(name, args=[certificate.pk, "pdf"]),
            reverse(name, args=[certificate.pk, "xlsx"]),
        )

    @display(description=_("tanda tangan elektronik"))
    def display_signature(self, certificate: DestructionCertificate) -> str:
        """With which certificate the PDF is signed."""
        return signature_words(certificate.electronic_signature)

    @display(description=_("segel"))
    def display_seal(self, certificate: DestructionCertificate) -> str:
        """Whether the list is still the one that was sealed."""
        if not certificate.seal:
            return str(_("Belum disegel: pemusnahan masih berjalan."))
        return str(
            _("Utuh: daftar sama dengan saat disegel.")
            if destruction_papers.is_sound(certificate)
            else _("Rusak: daftar berubah sesudah disegel.")
        )


def _name(kind: str, row: Any) -> str:
    """A thing without anything personal."""
    if kind == DestructionKind.REGISTRATION:
        return str(row.agency_name)
    if kind == DestructionKind.DRAFT:
        return f"{row.agency_id} · {clock.short_date(clock.local_date(row.updated_at))}"
    if kind == DestructionKind.WORKBOOK:
        return clock.short_datetime(row.created_at)
    if kind == DestructionKind.ACCESS:
        return f"{row.pk} · {clock.short_datetime(row.at)}"
    return str(row.number)
