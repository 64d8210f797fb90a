"""The console's pages of the service catalogue: a new service needs no programmer."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from admin_theme.base import OfficerModelAdmin, OfficerTabularInline
from core.catalogue.admin_forms import (
    DIMENSIONS,
    ServiceFieldForm,
    ServiceFieldLineForm,
    ServiceForm,
    rules_as_lines,
)
from core.catalogue.admin_versions import VersionsMixin, page_of
from core.catalogue.models import Service, ServiceField


class ServiceFieldInline(OfficerTabularInline):
    """The columns of a service in their order; everything else of a column has its own page."""

    model = ServiceField
    form = ServiceFieldLineForm
    fields = (
        "label",
        "key",
        "kind",
        "position",
        "asked",
        "required",
        "answered",
        "group",
        "is_retired",
        "display_more",
    )
    readonly_fields = ("display_more",)
    extra = 0
    ordering_field = "position"
    tab = True
    verbose_name = gettext_lazy("kolom")
    verbose_name_plural = gettext_lazy("kolom")

    @admin.display(description=gettext_lazy("lainnya"))
    def display_more(self, column: ServiceField) -> SafeString | str:
        """Link to the column's own page; Unfold's appears only under a mouse."""
        if not column.pk:
            return ""
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}" aria-label="{}">{}</a>',
            reverse("admin:catalogue_servicefield_change", args=[column.pk]),
            _("Atur kolom %(label)s") % {"label": column.label},
            _("Atur"),
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What applicants see now is changed on a draft."""
        return super().has_add_permission(request, obj) and (obj is None or not obj.is_in_force)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What applicants see now is changed on a draft."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.is_in_force)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Columns in use are retired, never deleted."""
        return super().has_delete_permission(request, obj) and (obj is None or may_lose_rows(obj))


@admin.register(Service)
class ServiceAdmin(VersionsMixin, OfficerModelAdmin):
    """Services: what applicants may ask for."""

    form = ServiceForm
    inlines = (ServiceFieldInline,)
    empty_text = gettext_lazy(
        "Tambahkan layanan pertama; formulir, templat Excel, dan dokumen jawabannya mengikuti."
    )
    list_display = (
        "label",
        "key",
        "display_state",
        "display_columns",
        "has_statistics",
        "is_sensitive",
        "position",
    )
    list_filter = ("is_published",)
    search_fields = ("label", "key")
    readonly_fields = ("display_version", "display_dimensions", "display_rules", "used_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "display_version",
                    ("label", "label_en"),
                    ("key", "position"),
                    "description",
                    "description_en",
                    "is_sensitive",
                    "answer_working_days",
                    "used_at",
                )
            },
        ),
        (gettext_lazy("Statistik"), {"fields": ("has_statistics", "dimensions"), "classes": ("tab",)}),
        (gettext_lazy("Pencocokan"), {"fields": ("rules",), "classes": ("tab",)}),
    )

    #: Fields of the form alone, and how they are shown where nothing can be typed.
    SHOWN_AS = {"dimensions": "display_dimensions", "rules": "display_rules"}

    actions_detail = ("add_column",)

    @action(
        description=gettext_lazy("Tambah kolom"),
        permissions=["add_column"],
        url_path="tambah-kolom",
        icon="add",
    )
    def add_column(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        """Opens the full form of a new column, for kinds that need more than a line."""
        return HttpResponseRedirect(
            f"{reverse('admin:catalogue_servicefield_add')}?service={quote(object_id)}"
        )

    def has_add_column_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whoever may add columns, unless applicants see the service now."""
        service = self.get_object(request, object_id) if object_id else None
        return bool(request.user.has_perm("catalogue.add_servicefield")) and not (
            service is not None and service.is_in_force
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the columns, counted in the list; drafts have pages of their own but no line."""
        found = Service.with_drafts.select_related("draft_of", "draft").prefetch_related("fields", "versions")
        if request.resolver_match and "object_id" in request.resolver_match.kwargs:
            return found
        return found.filter(draft_of__isnull=True)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What applicants see now is changed on a draft."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.is_in_force)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where nothing can be typed, settings that only the form knows are shown as text."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj) or (obj is None and self.has_add_permission(request)):
            return fieldsets
        return [
            (name, {**options, "fields": [self.SHOWN_AS.get(field, field) for field in options["fields"]]})
            for name, options in fieldsets
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A service in use is taken off the site instead."""
        if obj is not None and (obj.is_draft or obj.is_in_force):
            return False
        return super().has_delete_permission(request, obj) and (obj is None or obj.used_at is None)

    @display(
        description=gettext_lazy("status"),
        label={"published": "success", "changing": "info", "hidden": "default"},
    )
    def display_state(self, service: Service) -> tuple[str, str]:
        """Published, with changes being prepared, or not."""
        if not service.is_published:
            return "hidden", _("Tidak diterbitkan")
        if getattr(service, "draft", None) is not None:
            return "changing", _("Diterbitkan, ada draf")
        return "published", _("Diterbitkan")

    @admin.display(description=gettext_lazy("Saringan statistik"))
    def display_dimensions(self, service: Service) -> str:
        """The statistics filters by name."""
        names = dict(DIMENSIONS)
        return ", ".join(str(names[key]) for key in service.statistics_dimensions if key in names) or "–"

    @admin.display(description=gettext_lazy("Urutan pencocokan"))
    def display_rules(self, service: Service) -> SafeString | str:
        """The order of matching, one rule a line."""
        lines = rules_as_lines(service.match_rules).splitlines()
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines)) or "–"

    @admin.display(description=gettext_lazy("keadaan"))
    def display_version(self, service: Service) -> SafeString | str:
        """Which version this is, and the ways to preview, versions and between a service and its draft."""
        if service.pk is None:
            return _("Belum diterbitkan")
        numbers = [version.number for version in service.versions.all()]
        if service.is_draft:
            state = _("Draf: belum berlaku bagi pemohon")
        elif not service.is_published:
            state = _("Belum diterbitkan")
        else:
            state = _("Terbit, versi %(number)d") % {"number": max(numbers)} if numbers else _("Terbit")
        links = [
            (reverse("admin:catalogue_service_preview", args=[service.pk]), _("Pratinjau")),
            (reverse("admin:catalogue_service_versions", args=[service.pk]), _("Riwayat versi")),
        ]
        other = service.draft_of or getattr(service, "draft", None)
        if other is not None:
            links.append((page_of(other), _("Buka draf") if other.is_draft else _("Buka yang terbit")))
        link = '<a class="text-primary-600 dark:text-primary-500 font-semibold" href="{}">{}</a>'
        return format_html("{} · {}", state, format_html_join(mark_safe(" · "), link, links))

    @admin.display(description=gettext_lazy("kolom"))
    def display_columns(self, service: Service) -> str:
        """How many columns are asked and answered."""
        schema = service.schema()
        return _("%(asked)d diminta, %(answered)d dijawab") % {
            "asked": len(schema.asked),
            "answered": len(schema.answered),
        }


@admin.register(ServiceField)
class ServiceFieldAdmin(OfficerModelAdmin):
    """One column with everything that can be set; reached from its service."""

    form = ServiceFieldForm
    empty_text = gettext_lazy("Kolom ditambahkan pada halaman layanannya.")
    list_display = ("label", "service", "kind", "asked", "answered", "position", "is_retired")
    list_filter = ("service", "kind", "is_retired")
    search_fields = ("label", "key")
    list_select_related = ("service",)
    fieldsets = (
        (None, {"fields": ("service", ("label", "label_en"), ("key", "kind"), ("position", "max_length"))}),
        (
            gettext_lazy("Dipakai untuk"),
            {
                "fields": (
                    "asked",
                    "required",
                    "answered",
                    "group",
                    ("identifies", "measures"),
                    "is_retired",
                )
            },
        ),
        (gettext_lazy("Petunjuk"), {"fields": (("help", "help_en"), "example")}),
        (
            gettext_lazy("Aturan isian"),
            {
                "fields": (
                    "choice_lines",
                    "future",
                    ("not_before", "max_days"),
                    ("minimum", "maximum"),
                    "excluded",
                )
            },
        ),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not on the index: columns are reached from their service."""
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        """The list shows what is in force; a draft's columns are reached from the draft."""
        found = super().get_queryset(request).select_related("service__draft_of")
        if request.resolver_match and "object_id" in request.resolver_match.kwargs:
            return found
        return found.filter(service__draft_of__isnull=True)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Columns join drafts and services that are not published."""
        if db_field.name == "service":
            kwargs["queryset"] = Service.with_drafts.exclude(is_published=True, draft_of__isnull=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What applicants see now is changed on a draft."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.service.is_in_force)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Columns in use are retired, never deleted."""
        return super().has_delete_permission(request, obj) and (obj is None or may_lose_rows(obj.service))


def may_lose_rows(service: Service) -> bool:
    """Whether columns may be deleted: not once rows are stored with them, nor while applicants see them."""
    return not service.is_in_force and (service.draft_of or service).used_at is None
