"""The console pages where administrators keep the reference data."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admin_theme.base import OfficerModelAdmin
from core.doors import clock
from core.reference.models import (
    Checkpoint,
    Country,
    Holiday,
    ImmigrationOffice,
    Letterhead,
    Region,
    RegionalOffice,
)


@admin.register(Region)
class RegionAdmin(OfficerModelAdmin):
    """Regions come from the official list; only whether one is offered in forms is decided here."""

    list_display = ["short_name", "code", "kind", "display_parent", "postal_code", "active"]
    list_filter = ["level", "active"]
    search_fields = ["code__startswith", "short_name", "postal_code__exact"]
    search_help_text = _("Cari menurut nama, awal kode, atau kode pos")
    list_select_related = ["parent"]
    readonly_fields = ["code", "parent", "level", "kind", "name", "short_name", "postal_code"]
    fields = [*readonly_fields, "active"]

    @admin.display(description=_("wilayah induk"), ordering="parent__short_name")
    def display_parent(self, region: Region) -> str:
        """The name of the region above, a dash for a province."""
        return str(region.parent) if region.parent else "–"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody invents a region."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Old requests point at regions; they are taken out of use instead."""
        return False


class KeepsKeyAdmin(OfficerModelAdmin):
    """Pages of rows other data points at: the key stays, and rows are taken out of use, never deleted."""

    key_fields: tuple[str, ...] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The key fields of a saved row, besides the page's own."""
        own = tuple(super().get_readonly_fields(request, obj))
        return own if obj is None else (*own, *self.key_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: there is "digunakan"."""
        return False


@admin.register(RegionalOffice)
class RegionalOfficeAdmin(KeepsKeyAdmin):
    """Regional offices."""

    key_fields = ("slug",)
    list_display = ["name", "letter_unit", "confidence", "active"]
    list_filter = ["active", "confidence"]
    search_fields = ["name", "official_name", "letter_unit"]
    autocomplete_fields = ["provinces"]


@admin.register(ImmigrationOffice)
class ImmigrationOfficeAdmin(KeepsKeyAdmin):
    """Immigration offices, detention centres, headquarters and missions."""

    key_fields = ("slug",)
    list_display = ["full_name", "simkim_code", "kind", "regional_office", "confidence", "active"]
    list_filter = ["kind", "office_class", "tpi_status", "active", "confidence", "regional_office"]
    search_fields = ["full_name", "short_name", "simkim_code__exact", "aliases"]
    list_select_related = ["regional_office"]
    autocomplete_fields = ["regional_office", "province", "regency"]


@admin.register(Checkpoint)
class CheckpointAdmin(KeepsKeyAdmin):
    """Immigration checkpoints."""

    key_fields = ("key",)
    list_display = ["name", "code", "kind", "immigration_office", "display_time_zone", "confidence", "active"]
    list_filter = ["kind", "active", "confidence", "immigration_office__regional_office"]
    search_fields = ["name", "code__exact"]
    list_select_related = ["immigration_office"]
    autocomplete_fields = ["immigration_office", "province"]
    readonly_fields = ["display_time_zone"]

    @admin.display(description=_("zona waktu"))
    def display_time_zone(self, checkpoint: Checkpoint) -> str:
        """WIB, WITA or WIT, derived from the province."""
        return checkpoint.time_zone


@admin.register(Country)
class CountryAdmin(KeepsKeyAdmin):
    """Countries and passport nationality codes."""

    key_fields = ("alpha3",)
    list_display = ["name", "alpha3", "alpha2", "name_en", "active"]
    list_filter = ["active"]
    search_fields = ["name", "name_en", "alpha3__exact", "alpha2__exact"]


@admin.register(Holiday)
class HolidayAdmin(OfficerModelAdmin):
    """The working calendar's exceptions."""

    list_display = ["date", "display_weekday", "name", "kind", "is_working", "from_library"]
    list_filter = ["kind", "is_working", "from_library"]
    search_fields = ["name"]
    date_hierarchy = "date"
    readonly_fields = ["from_library"]

    @admin.display(description=_("hari"))
    def display_weekday(self, holiday: Holiday) -> str:
        """The weekday's name."""
        return clock.weekday_name(holiday.date)

    def save_model(self, request: HttpRequest, obj: Holiday, form: Any, change: bool) -> None:
        """From now on the administrator's word counts for this date."""
        obj.from_library = False
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        """A built-in row would come back at the next load: it is marked as a working day instead."""
        if obj is not None and obj.from_library:
            return False
        return super().has_delete_permission(request, obj)


@admin.register(Letterhead)
class LetterheadAdmin(OfficerModelAdmin):
    """Letterheads by the date they came into force."""

    list_display = ["ministry", "service_name", "valid_from", "is_default"]
    search_fields = ["ministry", "service_name"]
