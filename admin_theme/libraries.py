"""Admin pages of libraries: removed where they show secrets, else put under our look and rights."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_q import admin as queue
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from admin_theme import changes, roles
from admin_theme.base import OfficerModelAdmin, ReadOnlyAdmin
from admin_theme.filters import AutocompleteSelectFilter, RangeDateFilter
from admin_theme.queue_pages import FailedTaskAdmin, FinishedTaskAdmin, WaitingTaskAdmin
from admin_theme.weighty import weighty

#: One-time-code devices hold secrets; sessions have no page here either.
SECRET_MODELS = (
    "otp_email.EmailDevice",
    "otp_totp.TOTPDevice",
    "otp_static.StaticDevice",
    "two_factor.PhoneDevice",
)

#: Their models have no page here, so no role needs rights to them.
APPS_WITHOUT_PAGES = (
    "contenttypes",
    "otp_email",
    "otp_static",
    "otp_totp",
    "sessions",
    "two_factor",
)
STANDARD_RIGHTS = {
    "add": _("Dapat menambah"),
    "change": _("Dapat mengubah"),
    "delete": _("Dapat menghapus"),
    "view": _("Dapat melihat"),
}


class PermissionField(ModelMultipleChoiceField):
    """Rights to choose from, each as an officer reads it."""

    def label_from_instance(self, obj: Permission) -> str:
        """For example "instansi | Dapat mengubah"."""
        return describe_permission(obj)


class OfficerGroupAdmin(OfficerModelAdmin, GroupAdmin):
    """Roles: groups of permissions."""

    empty_text = _("Peran dimuat saat pemasangan dengan perintah load_roles.")
    list_display = ("name",)
    filter_horizontal = ()
    actions_list = ("open_matrix",)

    @action(
        description=_("Siapa boleh apa"), permissions=["open_matrix"], url_path="ke-matriks", icon="grid_on"
    )
    def open_matrix(self, request: HttpRequest) -> HttpResponseRedirect:
        """To the table of roles and what they may do."""
        return HttpResponseRedirect(reverse("admin:role_matrix"))

    def has_open_matrix_permission(self, request: HttpRequest) -> bool:
        """Whoever may look at roles."""
        return self.has_view_permission(request)

    @weighty(_("Mengubah peran"), methods=("POST",))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; saving it may give rights, so it asks again who is there."""
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    def get_urls(self) -> list[Any]:
        """With the table of roles."""
        view = self.admin_site.admin_view(self.matrix_view)
        return [path("matriks/", view, name="role_matrix"), *super().get_urls()]

    def matrix_view(self, request: HttpRequest) -> HttpResponse:
        """What one can do in plain words by role; to be read, never changed here."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Siapa boleh apa"),
            "matrix": roles.matrix(),
        }
        return TemplateResponse(request, "admin_theme/role_matrix.html", context)

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Name the rights in the console's language: Django stores them as "Can add …"."""
        if db_field.name != "permissions":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        rights = Permission.objects.select_related("content_type").exclude(
            content_type__app_label__in=APPS_WITHOUT_PAGES
        )
        return PermissionField(
            rights,
            label=capfirst(db_field.verbose_name),
            required=False,
            widget=UnfoldAdminSelect2MultipleWidget(),
        )


def describe_permission(permission: Permission) -> str:
    """The right as an officer reads it: "Instansi | Dapat mengubah"."""
    verb, _sep, _model = permission.codename.partition("_")
    name = (
        str(STANDARD_RIGHTS[verb])
        if permission.name.startswith("Can ") and verb in STANDARD_RIGHTS
        else permission.name
    )
    return f"{permission.content_type} | {name}"


class ScheduleAdmin(OfficerModelAdmin, queue.ScheduleAdmin):
    """Timetable of background work; ``func`` runs any code, therefore superusers only."""

    empty_text = _("Jadwal dipasang saat pemasangan dengan perintah load_schedules.")
    list_filter = ("schedule_type",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Superusers only."""
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Superusers only."""
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Superusers only."""
        return self.has_module_permission(request)


class ChangedSettingFilter(SimpleListFilter):
    """Changes of one kind of setting."""

    title = _("jenis pengaturan")
    parameter_name = "jenis"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Everything that can be set in the console, by name."""
        found = [(model._meta.label_lower, capfirst(model._meta.verbose_name)) for model in setting_models()]
        return sorted(found, key=lambda pair: str(pair[1]))

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        """Entries about the chosen model."""
        chosen = next((model for model in setting_models() if model._meta.label_lower == self.value()), None)
        if chosen is None:
            return queryset
        return queryset.filter(content_type=ContentType.objects.get_for_model(chosen))


class ChangeLogAdmin(ReadOnlyAdmin):
    """Perubahan pengaturan: who changed what in the console, when, from what to what."""

    empty_text = _("Perubahan pengaturan muncul di sini dengan nilai lama dan barunya.")
    list_display = ("display_time", "display_person", "display_kind", "display_object", "display_changes")
    list_filter = (
        ChangedSettingFilter,
        ("user", AutocompleteSelectFilter),
        ("action_time", RangeDateFilter),
    )
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr",)
    search_help_text = _("Cari menurut nama pengaturan")
    ordering = ("-action_time", "-pk")
    fields = ("display_time", "display_person", "display_kind", "display_object", "display_changes")
    readonly_fields = fields
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Settings only: work on requests has its own trail, which is closer guarded."""
        kinds = ContentType.objects.get_for_models(*setting_models(), for_concrete_models=False)
        return super().get_queryset(request).filter(content_type__in=kinds.values())

    @display(description=_("waktu"), ordering="action_time")
    def display_time(self, entry: LogEntry) -> str:
        """When, to the minute."""
        return date_format(timezone.localtime(entry.action_time), "SHORT_DATETIME_FORMAT")

    @display(description=_("pengaturan"), ordering="object_repr")
    def display_object(self, entry: LogEntry) -> str:
        """The setting as it was called then."""
        return entry.object_repr

    @display(description=_("oleh"), ordering="user__username")
    def display_person(self, entry: LogEntry) -> str:
        """The person's name."""
        return entry.user.get_full_name()

    @display(description=_("jenis"))
    def display_kind(self, entry: LogEntry) -> str:
        """What kind of setting."""
        model = entry.content_type.model_class() if entry.content_type else None
        return capfirst(str(model._meta.verbose_name)) if model else "–"

    @display(description=_("perubahan"))
    def display_changes(self, entry: LogEntry) -> SafeString:
        """Old and new values."""
        return render_to_string("admin_theme/change_parts.html", {"parts": changes.parts_of(entry)})


def setting_models() -> list[type[Model]]:
    """The models whose changes are changes of settings."""
    return [model for model, page in admin.site._registry.items() if getattr(page, "is_setting", False)]


def tidy_library_admins() -> None:
    """Unregister pages with secrets and re-register the others as ours; safe to call twice."""
    for label in SECRET_MODELS:
        _unregister(label)
    ours: list[tuple[type[Model], type[admin.ModelAdmin]]] = [
        (Group, OfficerGroupAdmin),
        (OrmQ, WaitingTaskAdmin),
        (Success, FinishedTaskAdmin),
        (Failure, FailedTaskAdmin),
        (Schedule, ScheduleAdmin),
        (LogEntry, ChangeLogAdmin),
    ]
    for model, model_admin in ours:
        if admin.site.is_registered(model):
            admin.site.unregister(model)
        admin.site.register(model, model_admin)


def _unregister(label: str) -> None:
    try:
        model = apps.get_model(label)
    except LookupError:
        return
    if admin.site.is_registered(model):
        admin.site.unregister(model)
