"""Admin pages of libraries: removed where they show secrets, else put under our look and rights."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _
from django_q import admin as queue
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from admin_theme.base import OfficerModelAdmin, ReadOnlyAdmin

#: One-time-code devices hold secrets; Django's log and sessions have no page here.
SECRET_MODELS = (
    "otp_email.EmailDevice",
    "otp_totp.TOTPDevice",
    "otp_static.StaticDevice",
    "two_factor.PhoneDevice",
)

#: Their models have no page here, so no role needs rights to them.
APPS_WITHOUT_PAGES = (
    "admin",
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

    list_display = ("name",)
    filter_horizontal = ()

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


class FinishedTaskAdmin(ReadOnlyAdmin):
    """Background work that is done; the arguments are ids only."""

    list_display = ("name", "func", "started", "stopped", "attempt_count")
    list_filter = ("group",)
    search_fields = ("name", "func")
    ordering = ("-stopped",)
    readonly_fields: tuple[str, ...] = (
        "name",
        "func",
        "group",
        "started",
        "stopped",
        "attempt_count",
        "success",
    )
    fields: tuple[str, ...] = readonly_fields


class FailedTaskAdmin(FinishedTaskAdmin):
    """Background work that failed, with the last line of the error."""

    list_display = ("name", "func", "started", "display_error", "attempt_count")
    readonly_fields = (*FinishedTaskAdmin.readonly_fields, "result")
    fields = readonly_fields

    @display(description=_("Galat"))
    def display_error(self, obj: Failure) -> str:
        """The error in one line."""
        return Truncator(str(obj.result)).chars(100)


class WaitingTaskAdmin(ReadOnlyAdmin):
    """Background work that waits for a worker."""

    list_display = ("id", "name", "func", "lock")
    fields = ("key", "lock")
    readonly_fields = ("key", "lock")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A stuck task may be taken out by the superuser."""
        return request.user.is_superuser


class ScheduleAdmin(OfficerModelAdmin, queue.ScheduleAdmin):
    """Timetable of background work; ``func`` runs any code, therefore superusers only."""

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
