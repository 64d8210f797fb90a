"""The console pages of Info Layanan: offices' pages with a live preview, figures, SOP, checks, counts, guides."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from admin_theme.base import OfficerModelAdmin, OfficerTabularInline, ReadOnlyAdmin
from admin_theme.filters import RangeDateFilter
from core.doors import clock, queue
from core.doors.pdf import PdfUnavailableError
from core.doors.scanning import check_pdf
from core.doors.storage import PDF, send_file
from core.middleware import PUBLIC_POLICY
from public_site.hub import drawing, guides, usage
from public_site.hub.models import GuideFact, GuideVersion, Hub, HubCheck, HubCount, HubLink, Sop, SopStep
from public_site.hub.views import draw
from public_site.models import Guide
from public_site.templatetags.site import filesize_id


def dashboard_notices(request: HttpRequest) -> list[dict[str, Any]]:
    """The line about the last self-check on the officers' first page, for those who may see the checks."""
    if not request.user.has_perm("public_site.view_hubcheck"):
        return []
    check = HubCheck.objects.first()
    link = reverse("admin:public_site_hubcheck_changelist")
    if check is None:
        return [{"tone": "amber", "text": gettext("Info Layanan belum pernah diperiksa."), "link": link}]
    when = clock.short_datetime(check.started_at)
    link = reverse("admin:public_site_hubcheck_change", args=[check.pk])
    if not check.is_green:
        text = ngettext(
            "Info Layanan: %(count)d temuan perlu diperbaiki (%(when)s).",
            "Info Layanan: %(count)d temuan perlu diperbaiki (%(when)s).",
            check.failed,
        )
        return [{"tone": "red", "text": text % {"count": check.failed, "when": when}, "link": link}]
    if clock.now() - check.started_at > timedelta(hours=36):
        text = gettext("Info Layanan terakhir diperiksa %(when)s; pemeriksaan harian tidak berjalan.")
        return [{"tone": "red", "text": text % {"when": when}, "link": link}]
    text = gettext("Info Layanan berfungsi baik (%(when)s).") % {"when": when}
    return [{"tone": "green", "text": text, "link": link}]


# --- the offices' pages -----------------------------------------------------------------------------


class HubLinkInline(OfficerTabularInline):
    """Buttons and links in the order they are dragged to."""

    model = HubLink
    extra = 0
    ordering_field = "order"
    fields = ["kind", "label", "label_en", "guide", "guide_other", "url", "is_published", "order"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Guides for the public only."""
        if db_field.name in ("guide", "guide_other"):
            kwargs["queryset"] = Guide.objects.filter(audience=Guide.Audience.PUBLIC)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the buttons beside each choice: the row has no room for them."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, name):
                setattr(field.widget, name, False)
        return field


@admin.register(Hub)
class HubAdmin(OfficerModelAdmin):
    """The page of an office."""

    empty_text = _("Tambahkan halaman untuk sebuah kantor; kode QR dan posternya dibuat otomatis.")
    list_display = [
        "name",
        "display_address",
        "is_default",
        "is_published",
        "display_confirmed",
        "updated_at",
    ]
    search_fields = ["name", "slug"]
    list_filter = ["is_published"]
    inlines = [HubLinkInline]
    autocomplete_fields = ["office"]
    fieldsets = [
        (None, {"fields": ["name", "intro", "notice", "slug", "office", "is_published", "is_default"]}),
        (
            _("Kontak"),
            {"fields": ["whatsapp", "phone", "email", "hours", "address", "map_url", "confirmed_on"]},
        ),
        (_("Bahasa Inggris"), {"fields": ["name_en", "intro_en", "notice_en", "hours_en"]}),
    ]
    actions_detail = ["open_page", "open_qr"]
    change_form_template = "public_site/hub/admin/change_form.html"

    class Media:
        js = ["public_site/js/hub_preview.js"]
        css = {"all": ["public_site/hub_admin.css"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The address stands on printed codes and in everybody's links: it stays."""
        return ["slug"] if obj else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Short text boxes: hours and addresses have two or three lines."""
        if isinstance(db_field, models.TextField):
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("alamat"))
    def display_address(self, hub: Hub) -> str:
        """The page's address as a link."""
        return format_html('<a href="{}">{}</a>', hub.get_absolute_url(), hub.get_absolute_url())

    @display(description=_("kontak"), label={"yes": "success", "no": "warning"})
    def display_confirmed(self, hub: Hub) -> tuple[str, str]:
        """Whether an officer has confirmed address, hours and phone."""
        if hub.confirmed_on:
            return "yes", clock.short_date(hub.confirmed_on)
        return "no", gettext("Belum dipastikan")

    @action(description=_("Lihat halaman"), url_path="lihat", icon="open_in_new")
    def open_page(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        """To the page as visitors see it."""
        return HttpResponseRedirect(self._hub(request, object_id).get_absolute_url())

    @action(description=_("QR dan poster"), url_path="qr", icon="qr_code_2")
    def open_qr(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        """To the QR code and the posters."""
        hub = self._hub(request, object_id)
        return HttpResponseRedirect(reverse("public_site:hub_office_qr", args=[hub.slug]))

    def _hub(self, request: HttpRequest, object_id: str) -> Hub:
        hub = self.get_object(request, object_id)
        if hub is None:
            raise Http404
        if not self.has_view_permission(request, hub):
            raise PermissionDenied
        return hub

    def get_urls(self) -> list[Any]:
        """With the preview."""
        site = self.admin_site
        return [
            path(
                "<path:object_id>/pratinjau/", site.admin_view(self.preview), name="public_site_hub_preview"
            ),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page as it would look with what stands in the form (POST), or as it is stored (GET); saves nothing."""
        hub = self._hub(request, object_id)
        links = list(hub.links.select_related("guide", "guide_other"))
        if request.method == "POST":
            links = self._typed_links(request, hub) or links
        language = "en" if request.GET.get("bahasa") == "en" else "id"
        response = draw("page.html", drawing.page_context(hub, language, links=links), language)
        # The one page of ours that may stand in a frame: in our own console.
        response.headers["Content-Security-Policy"] = PUBLIC_POLICY.replace(
            "frame-ancestors 'none'", "frame-ancestors 'self'"
        )
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    def _typed_links(self, request: HttpRequest, hub: Hub) -> list[HubLink]:
        """Put what was typed into ``hub`` (fields that are wrong stay as stored) and return the typed buttons."""
        form = self.get_form(request, hub, change=True)(request.POST, instance=hub)
        form.is_valid()
        formsets, _instances = self._create_formsets(request, hub, change=True)
        typed: list[HubLink] = []
        for formset in formsets:
            for entry in formset.forms:
                removed = entry.is_valid() and entry.cleaned_data.get("DELETE")
                if entry.instance.label and not removed and (entry.is_valid() or entry.instance.pk):
                    typed.append(entry.instance)
        return sorted(typed, key=lambda link: link.order)


# --- figures, SOP, checks ---------------------------------------------------------------------------


@admin.register(GuideFact)
class GuideFactAdmin(OfficerModelAdmin):
    """Fees, dates and addresses in guides, each to be confirmed by an officer."""

    empty_text = _("Biaya dan tanggal yang dipakai panduan muncul di sini setelah panduan dimuat.")
    list_display = ["label", "value", "value_en", "display_state", "source"]
    search_fields = ["label", "key", "value"]
    list_filter = [("confirmed_on", admin.EmptyFieldListFilter)]
    fields = ["label", "value", "value_en", "source", "confirmed_on", "key"]
    actions = ["confirm"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Guides quote the key: it stays."""
        return ["key"] if obj else []

    @display(description=_("keadaan"), label={"yes": "success", "no": "warning"})
    def display_state(self, fact: GuideFact) -> tuple[str, str]:
        """Confirmed when, or still open."""
        if fact.confirmed_on:
            return "yes", gettext("Dipastikan %(day)s") % {"day": clock.short_date(fact.confirmed_on)}
        return "no", gettext("Belum dipastikan")

    @admin.action(description=_("Tandai dipastikan hari ini"), permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: models.QuerySet[GuideFact]) -> None:
        """Confirm the chosen figures; their guides get a new version without the star."""
        keys = list(queryset.values_list("key", flat=True))
        queryset.update(confirmed_on=clock.today())
        queue.enqueue("public_site.hub.tasks.republish_guides", ",".join(keys))
        text = _("%(count)d nilai dipastikan. Panduan terkait disusun ulang.")
        messages.success(request, text % {"count": len(keys)})

    def save_model(self, request: HttpRequest, obj: GuideFact, form: Any, change: bool) -> None:
        """Save; what guides print of it makes new versions of them."""
        super().save_model(request, obj, form, change)
        if change and {"value", "value_en", "confirmed_on"} & set(form.changed_data):
            queue.enqueue("public_site.hub.tasks.republish_guides", obj.key)
            messages.info(request, _("Panduan yang memuat nilai ini disusun ulang sebagai versi baru."))


class SopStepInline(OfficerTabularInline):
    """The lines of the SOP's table."""

    model = SopStep
    extra = 0
    ordering_field = "order"
    fields = ["activity", "by_applicant", "by_unit", "equipment", "duration", "output", "note", "order"]


@admin.register(Sop)
class SopAdmin(OfficerModelAdmin):
    """The SOP of a page."""

    list_filter = ["is_published", "hub"]
    search_fields = ["number", "name"]
    empty_text = _("Tambahkan SOP pertama sebuah kantor, lalu isi langkahnya.")
    list_display = ["number", "name", "hub", "effective_on", "is_published"]
    inlines = [SopStepInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "hub",
                    "unit_lines",
                    ("number", "name"),
                    ("made_on", "revised_on"),
                    "effective_on",
                    ("signer_title", "signer_name", "signer_nip"),
                    "is_published",
                ]
            },
        ),
        (
            _("Isi"),
            {"fields": ["legal_bases", "qualifications", "related", "equipment", "warning", "recording"]},
        ),
    ]


@admin.register(HubCheck)
class HubCheckAdmin(ReadOnlyAdmin):
    """The dated records of the daily self-check."""

    empty_text = _("Pemeriksaan berjalan sekali sehari; hasilnya muncul di sini.")
    list_display = ["display_when", "display_result", "checked", "failed", "warned", "by"]
    list_filter = ["is_green", ("started_at", RangeDateFilter)]
    list_select_related = ["by"]
    fields = ["display_when", "is_green", "by", "checked", "failed", "warned", "display_findings"]
    readonly_fields = fields
    actions = None

    @admin.display(description=_("waktu"), ordering="started_at")
    def display_when(self, check: HubCheck) -> str:
        """The moment in Jakarta."""
        return clock.short_datetime(check.started_at)

    @display(description=_("hasil"), label={"green": "success", "red": "danger"})
    def display_result(self, check: HubCheck) -> tuple[str, str]:
        """Green or red, in words."""
        return ("green", gettext("Baik")) if check.is_green else ("red", gettext("Perlu diperbaiki"))

    @admin.display(description=_("temuan"))
    def display_findings(self, check: HubCheck) -> str:
        """Every finding, the broken ones first."""
        order = {"failed": 0, "warning": 1, "skipped": 2, "ok": 3}
        words = {
            "failed": gettext("Gagal"),
            "warning": gettext("Peringatan"),
            "skipped": gettext("Dilewati"),
            "ok": gettext("Baik"),
        }
        rows = sorted(check.findings, key=lambda finding: order[finding["state"]])
        return format_html(
            '<table class="console-preview"><tbody>{}</tbody></table>',
            format_html_join(
                "",
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                (
                    (words[finding["state"]], finding["hub"] or "–", finding["what"], finding["text"])
                    for finding in rows
                ),
            ),
        )


@admin.register(HubCount)
class HubCountAdmin(ReadOnlyAdmin):
    """Counts are read as a chart and as the monthly report, never row by row."""

    def get_urls(self) -> list[Any]:
        """With the files of the monthly report."""
        view = self.admin_site.admin_view(usage.report_file)
        return [path("laporan.<slug:kind>", view, name="public_site_hub_report"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page of counts and reports."""
        return usage.usage_page(request)


# --- guides -----------------------------------------------------------------------------------------


class GuideForm(forms.ModelForm):
    """A guide: a PDF that is looked into before visitors may have it, or a text that we typeset."""

    class Meta:
        model = Guide
        fields = "__all__"  # noqa: DJ007  the admin class below names them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            self.fields["file"].required = False

    def clean_file(self) -> Any:
        """Refuse what is not a harmless PDF; a file that is already there is left alone."""
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            check_pdf(file, str(self.fields["file"].label))
        return file

    def clean_body(self) -> str:
        """Every quoted figure must exist."""
        body = str(self.cleaned_data["body"])
        unknown = guides.unknown_facts(body)
        if unknown:
            text = _("Nilai {%(key)s} belum ada. Tambahkan pada Biaya dan tanggal, atau perbaiki teks")
            raise ValidationError(text, params={"key": unknown[0]})
        return body

    def clean(self) -> dict[str, Any]:
        """There must be something to hand out."""
        values = super().clean() or {}
        if not self.errors and not values.get("file") and not values.get("body"):
            raise ValidationError({"file": _("Unggah PDF atau tulis teks panduan")})
        return values


@admin.register(Guide)
class GuideAdmin(OfficerModelAdmin):
    """Documents visitors may download; a change of text or file publishes a new version."""

    form = GuideForm
    empty_text = _("Tambahkan panduan untuk pemohon atau petugas; versi PDF dibuat otomatis.")
    list_display = ["title", "audience", "language", "version", "issued_on", "is_published", "order"]
    list_editable = ["is_published", "order"]
    list_filter = [("audience", ChoicesDropdownFilter), "language", "is_published"]
    search_fields = ["title", "summary"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["display_versions"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "title",
                    "summary",
                    ("audience", "language"),
                    ("version", "issued_on"),
                    ("order", "is_published"),
                    "slug",
                ]
            },
        ),
        (
            _("Isi"),
            {
                "fields": ["body", "file", "display_versions"],
                "description": _(
                    "Tulis teks, dan aplikasi menyusunnya menjadi PDF; atau kosongkan teks dan unggah PDF. "
                    "Tautan lama selalu membuka versi terbaru."
                ),
            },
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The address of a guide stands on paper: it stays."""
        return [*self.readonly_fields, "slug"] if obj else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only while the address is still open."""
        return {} if obj else self.prepopulated_fields

    @admin.display(description=_("versi yang pernah terbit"))
    def display_versions(self, guide: Guide) -> str:
        """The versions with date and size, each to be opened."""
        versions = guide.versions.all() if guide.pk else []
        return format_html_join(
            ", ",
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{} ({}, {})</a>',
            (
                (
                    reverse("admin:public_site_guide_version", args=[guide.pk, entry.pk]),
                    entry.version,
                    clock.short_date(entry.issued_on),
                    filesize_id(entry.size),
                )
                for entry in versions
            ),
        ) or gettext("Belum ada")

    def get_urls(self) -> list[Any]:
        """With the files of versions."""
        view = self.admin_site.admin_view(self.version_file)
        return [
            path("<int:guide>/versi/<int:version>/", view, name="public_site_guide_version"),
            *super().get_urls(),
        ]

    def version_file(self, request: HttpRequest, guide: int, version: int) -> HttpResponseBase:
        """A version as it was handed out; visitors get the newest one only."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(GuideVersion.objects.select_related("guide"), pk=version, guide=guide)
        try:
            return send_file(found.file, name=guides.file_name(found.guide, found.version), content_type=PDF)
        except OSError as error:
            raise Http404 from error

    def save_model(self, request: HttpRequest, obj: Guide, form: Any, change: bool) -> None:
        """Save; a new text or file becomes the newest version, numbered on unless the editor chose a number."""
        changed = set(form.changed_data)
        uploaded = isinstance(form.cleaned_data.get("file"), UploadedFile)
        # Title, summary and language are printed on a typeset guide.
        printed = {"body", "title", "summary", "language", "version", "issued_on"} & changed
        typesets = bool(obj.body) and not uploaded and (bool(printed) or not obj.file)
        if not uploaded and not typesets:
            super().save_model(request, obj, form, change)
            return
        if change and "version" not in changed:
            obj.version = guides.next_version(obj.version)
        if change and "issued_on" not in changed:
            obj.issued_on = clock.today()
        try:
            if uploaded:
                content = form.cleaned_data["file"].read()
                obj.file = Guide.objects.get(pk=obj.pk).file if change else ""
                obj.body = ""
                guides.publish(obj, content, is_typeset=False)
            else:
                guides.publish_text(obj)
        except PdfUnavailableError as error:
            super().save_model(request, obj, form, change)
            messages.error(request, error.messages[0])
            return
        messages.success(
            request, gettext("Panduan terbit sebagai versi %(version)s.") % {"version": obj.version}
        )
