"""The console's pages of the service catalogue: a new service needs no programmer."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from admin_theme.base import OfficerModelAdmin, OfficerTabularInline
from core.catalogue.admin_forms import ServiceFieldForm, ServiceFieldLineForm, ServiceForm
from core.catalogue.models import Service, ServiceField
from core.catalogue.schema import Field


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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Columns in use are retired, never deleted."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.used_at is None)


@admin.register(Service)
class ServiceAdmin(OfficerModelAdmin):
    """Services: what applicants may ask for."""

    form = ServiceForm
    inlines = (ServiceFieldInline,)
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
    readonly_fields = ("display_asked", "display_answered", "used_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("label", "label_en"),
                    ("key", "position"),
                    "description",
                    "description_en",
                    ("is_published", "is_sensitive"),
                    "used_at",
                )
            },
        ),
        (gettext_lazy("Statistik"), {"fields": ("has_statistics", "dimensions"), "classes": ("tab",)}),
        (gettext_lazy("Pencocokan"), {"fields": ("rules",), "classes": ("tab",)}),
        (gettext_lazy("Pratinjau"), {"fields": ("display_asked", "display_answered"), "classes": ("tab",)}),
    )

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
        """Whoever may add columns."""
        return bool(request.user.has_perm("catalogue.add_servicefield"))

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the columns, counted in the list."""
        return super().get_queryset(request).prefetch_related("fields")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A service in use is taken off the site instead."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.used_at is None)

    @display(description=gettext_lazy("status"), label={"published": "success", "hidden": "default"})
    def display_state(self, service: Service) -> tuple[str, str]:
        """Published or not."""
        return ("published", _("Diterbitkan")) if service.is_published else ("hidden", _("Tidak diterbitkan"))

    @admin.display(description=gettext_lazy("kolom"))
    def display_columns(self, service: Service) -> str:
        """How many columns are asked and answered."""
        schema = service.schema()
        return _("%(asked)d diminta, %(answered)d dijawab") % {
            "asked": len(schema.asked),
            "answered": len(schema.answered),
        }

    @admin.display(description=gettext_lazy("templat Excel dan formulir pemohon"))
    def display_asked(self, service: Service) -> SafeString | str:
        """The columns of the applicant's form and template."""
        return preview(service.schema().asked, starred=True) if service.pk else "–"

    @admin.display(description=gettext_lazy("jawaban dan basis data"))
    def display_answered(self, service: Service) -> SafeString | str:
        """The columns of answers and holdings."""
        return preview(service.schema().answered) if service.pk else "–"


def preview(columns: tuple[Field, ...], *, starred: bool = False) -> SafeString:
    """A table of columns as the Excel template has them: A is the number, then one letter each."""
    rows = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        (
            (
                column_letter(number),
                f"{item.label} *" if starred and item.required else item.label,
                item.kind.label,
                item.example,
            )
            for number, item in enumerate(columns, start=2)
        ),
    )
    return format_html(
        '<div class="console-scroll"><table class="console-preview"><thead><tr>'
        "<th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead>"
        "<tbody>{}</tbody></table></div>",
        _("Kolom"),
        _("Label"),
        _("Jenis"),
        _("Contoh"),
        rows,
    )


def column_letter(number: int) -> str:
    """The name of an Excel column counted from 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@admin.register(ServiceField)
class ServiceFieldAdmin(OfficerModelAdmin):
    """One column with everything that can be set; reached from its service."""

    form = ServiceFieldForm
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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Columns in use are retired, never deleted."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.service.used_at is None)
