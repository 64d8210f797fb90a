"""The auditor's pages: the access log, and everything recorded about one person."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from admin_theme.base import ReadOnlyAdmin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter
from admin_theme.paginators import LargeTablePaginator
from core.access_log.exporting import RecordedExportAdmin
from core.access_log.forms import SubjectForm
from core.access_log.models import AccessEntry, Action
from core.access_log.record import record_access
from core.access_log.resources import AccessEntryResource
from core.doors import clock

SUBJECT_RIGHT = "access_log.view_accesssubject"
MOST_ENTRIES = 500


@admin.register(AccessEntry)
class AccessEntryAdmin(RecordedExportAdmin, ReadOnlyAdmin):
    """Who read whose data, when and why."""

    list_display = ("at", "actor_name", "action", "purpose", "count", "display_object", "address")
    list_filter = (("action", ChoicesDropdownFilter), ("at", RangeDateFilter))
    search_fields = ("purpose__startswith", "actor_name__startswith")
    search_help_text = gettext_lazy("Cari menurut No. Permohonan atau nama pelaku")
    resource_classes = [AccessEntryResource]
    more_columns = ("object_type",)
    empty_text = gettext_lazy("Setiap pembacaan data orang dicatat di sini sebelum datanya ditampilkan.")
    paginator = LargeTablePaginator
    fields = ("at", "actor_name", "action", "purpose", "object_type", "object_id", "count", "address", "hash")
    readonly_fields = fields
    actions = None
    actions_list = ("open_subjects",)

    @action(
        description=gettext_lazy("Telusuri subjek data"),
        permissions=["open_subjects"],
        url_path="telusuri",
        icon="person_search",
    )
    def open_subjects(self, request: HttpRequest) -> HttpResponseRedirect:
        """To the page of one person."""
        return HttpResponseRedirect(reverse("admin:access_log_subjects"))

    def has_open_subjects_permission(self, request: HttpRequest) -> bool:
        """Whoever may ask about persons."""
        return bool(request.user.has_perm(SUBJECT_RIGHT))

    @admin.display(description=gettext_lazy("objek"))
    def display_object(self, entry: AccessEntry) -> str:
        """Type and key; keys of requests are long and say little."""
        return f"{entry.object_type} {entry.object_id[:12]}".strip()

    def get_urls(self) -> list[Any]:
        """With the page of one person."""
        view = self.admin_site.admin_view(self.subjects_view)
        return [path("subjek/", view, name="access_log_subjects"), *super().get_urls()]

    def subjects_view(self, request: HttpRequest) -> HttpResponse:
        """Every entry about a person known by number; asking is itself recorded."""
        if not request.user.has_perm(SUBJECT_RIGHT):
            raise PermissionDenied
        form = SubjectForm(request.POST or None)
        table = self._entries(request, form) if request.method == "POST" and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Telusuri subjek data"),
            "opts": self.opts,
            "form": form,
            "table": table,
        }
        return TemplateResponse(request, "access_log/subjects.html", context)

    def _entries(self, request: HttpRequest, form: SubjectForm) -> dict[str, Any]:
        found = list(
            AccessEntry.objects.filter(subjects__key__in=form.keys())
            .distinct()
            .order_by("-id")[:MOST_ENTRIES]
        )
        record_access(
            Action.SEARCH,
            actor=request.user,
            purpose=form.cleaned_data["reason"],
            object_type="subject",
            object_id="",
            persons=[form.person()],
            request=request,
        )
        return {
            "headers": [_("Waktu"), _("Pelaku"), _("Tindakan"), _("Keperluan"), _("Alamat jaringan")],
            "rows": [
                [
                    f"{clock.short_date(entry.at)} {clock.time_wib(entry.at)}",
                    entry.actor_name,
                    entry.get_action_display(),
                    entry.purpose,
                    entry.address or "–",
                ]
                for entry in found
            ],
        }
