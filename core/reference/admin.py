"""The console pages where administrators keep the reference data."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from admin_theme.base import OfficerModelAdmin
from admin_theme.filters import RangeDateFilter
from core.doors import clock
from core.reference import holiday_import
from core.reference.models import (
    Checkpoint,
    Country,
    Holiday,
    ImmigrationOffice,
    Letterhead,
    Region,
    RegionalOffice,
)
from core.reference.working_days import missing_calendar


@admin.register(Region)
class RegionAdmin(OfficerModelAdmin):
    """Regions come from the official list; only whether one is offered in forms is decided here."""

    empty_text = _("Wilayah dimuat saat pemasangan dengan perintah load_regions.")
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
    empty_text = _("Tambahkan kantor wilayah, atau muat daftar resminya dengan perintah load_offices.")
    list_display = ["name", "letter_unit", "confidence", "active"]
    list_filter = ["active", "confidence"]
    search_fields = ["name", "official_name", "letter_unit"]
    fields = ["slug", "name", "official_name", "letter_unit", "provinces", "active", "confidence", "note"]
    autocomplete_fields = ["provinces"]


class LinesField(forms.CharField):
    """A list of texts, typed one per line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        """A stored list as lines; what was just typed as it is."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines that hold something, each once."""
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the typed lines give another list."""
        return (initial or []) != self.to_python(data)


class ImmigrationOfficeForm(forms.ModelForm):
    """The office's form: other names as lines."""

    aliases = LinesField(
        label=_("Nama lain"), required=False, help_text=_("Satu nama per baris; dipakai saat mencari.")
    )


@admin.register(ImmigrationOffice)
class ImmigrationOfficeAdmin(KeepsKeyAdmin):
    """Immigration offices, detention centres, headquarters and missions."""

    key_fields = ("slug",)
    form = ImmigrationOfficeForm
    fields = [
        *("slug", "full_name", "short_name", "aliases", "kind", "simkim_code", "office_class", "tpi_status"),
        *("regional_office", "province", "regency", "active", "confidence", "note"),
    ]
    empty_text = _("Tambahkan kantor imigrasi, atau muat daftar resminya dengan perintah load_offices.")
    list_display = ["full_name", "simkim_code", "display_regional_office", "confidence", "active"]
    list_filter = ["kind", "office_class", "tpi_status", "active", "confidence", "regional_office"]
    search_fields = ["full_name", "short_name", "simkim_code__exact", "aliases"]
    list_select_related = ["regional_office"]
    autocomplete_fields = ["regional_office", "province", "regency"]

    @admin.display(description=_("kantor wilayah"), ordering="regional_office__name")
    def display_regional_office(self, office: ImmigrationOffice) -> str:
        """The regional office's name, a dash for none."""
        return office.regional_office.name if office.regional_office else "–"


@admin.register(Checkpoint)
class CheckpointAdmin(KeepsKeyAdmin):
    """Immigration checkpoints."""

    key_fields = ("key",)
    fields = [
        *("key", "name", "code", "kind", "immigration_office", "province", "display_time_zone"),
        *("active", "confidence", "note"),
    ]
    empty_text = _("Tambahkan tempat pemeriksaan, atau muat daftar resminya dengan perintah load_offices.")
    list_display = ["name", "code", "kind", "display_office", "display_time_zone", "confidence", "active"]
    list_filter = ["kind", "active", "confidence", "immigration_office__regional_office"]
    search_fields = ["name", "code__exact"]
    list_select_related = ["immigration_office"]
    autocomplete_fields = ["immigration_office", "province"]
    readonly_fields = ["display_time_zone"]

    @admin.display(description=_("kantor imigrasi"), ordering="immigration_office__short_name")
    def display_office(self, checkpoint: Checkpoint) -> str:
        """The office's short name, a dash for none."""
        return checkpoint.immigration_office.short_name if checkpoint.immigration_office else "–"

    @admin.display(description=_("zona waktu"))
    def display_time_zone(self, checkpoint: Checkpoint) -> str:
        """WIB, WITA or WIT, derived from the province."""
        return checkpoint.time_zone


@admin.register(Country)
class CountryAdmin(KeepsKeyAdmin):
    """Countries and passport nationality codes."""

    key_fields = ("alpha3",)
    fields = ["alpha3", "alpha2", "name", "name_en", "active"]
    empty_text = _("Negara dimuat saat pemasangan dengan perintah load_countries.")
    list_display = ["name", "alpha3", "alpha2", "name_en", "active"]
    list_filter = ["active"]
    search_fields = ["name", "name_en", "alpha3__exact", "alpha2__exact"]


@admin.register(Holiday)
class HolidayAdmin(OfficerModelAdmin):
    """The working calendar's exceptions."""

    empty_text = _(
        "Tanpa hari libur, setiap Senin sampai Jumat dihitung sebagai hari kerja. Tambahkan yang tahun ini."
    )
    list_display = ["date", "display_weekday", "name", "kind", "display_office_hours", "display_source"]
    list_filter = ["kind", "is_working", "from_library", ("date", RangeDateFilter)]
    search_fields = ["name"]
    date_hierarchy = "date"
    readonly_fields = ["display_source"]
    actions_list = ("import_calendar",)

    @admin.display(description=_("hari"))
    def display_weekday(self, holiday: Holiday) -> str:
        """The weekday's name."""
        return clock.weekday_name(holiday.date)

    @admin.display(description=_("kantor"), ordering="is_working")
    def display_office_hours(self, holiday: Holiday) -> str:
        """Whether offices are closed or open that day."""
        return str(_("Tetap bekerja") if holiday.is_working else _("Libur"))

    @admin.display(description=_("sumber"), ordering="from_library")
    def display_source(self, holiday: Holiday) -> str:
        """Who wrote the row: the calendar that comes with the system, or an officer."""
        return str(_("Kalender bawaan") if holiday.from_library else _("Petugas"))

    def save_model(self, request: HttpRequest, obj: Holiday, form: Any, change: bool) -> None:
        """From now on the administrator's word counts for this date."""
        obj.from_library = False
        super().save_model(request, obj, form, change)
        holiday_import.tell_calendar_changed()

    def delete_model(self, request: HttpRequest, obj: Holiday) -> None:
        """What is due is counted anew."""
        super().delete_model(request, obj)
        holiday_import.tell_calendar_changed()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Holiday]) -> None:
        """The same for several at once."""
        super().delete_queryset(request, queryset)
        holiday_import.tell_calendar_changed()

    def has_import_permission(self, request: HttpRequest) -> bool:
        """An import adds and overwrites, hence both rights."""
        user = request.user
        return bool(user.has_perm("reference.add_holiday") and user.has_perm("reference.change_holiday"))

    @action(
        description=_("Impor kalender (.ics)"),
        url_path="impor-kalender",
        icon="event_upcoming",
        permissions=["import"],
    )
    def import_calendar(self, request: HttpRequest) -> HttpResponse:
        """The file, then its days beside what is known, then the ticked ones are written."""
        is_saving = request.method == "POST" and "jenis" in request.POST
        form = holiday_import.CalendarFileForm(
            request.POST if request.method == "POST" and not is_saving else None, request.FILES or None
        )
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Impor kalender"),
            "opts": self.opts,
            "form": form,
            "gaps": missing_calendar(clock.today()),
        }
        status = 200
        try:
            if is_saving:
                days = holiday_import.chosen_days(request.POST)
                number = holiday_import.save_days(days, request.POST["jenis"], by=request.user)
                messages.success(
                    request,
                    ngettext("%(count)d hari disimpan.", "%(count)d hari disimpan.", number)
                    % {"count": number},
                )
                address = reverse("admin:reference_holiday_changelist")
                first = min(day.date for day in days) if days else clock.today()
                return HttpResponseRedirect(f"{address}?date__year={first.year}&date__month={first.month}")
            if form.is_bound and form.is_valid():
                kind = form.cleaned_data["kind"]
                context |= {
                    "table": holiday_import.table_of(holiday_import.read_upload(form)),
                    "kind": kind,
                    "kind_label": Holiday.Kind(kind).label,
                }
            elif form.is_bound:
                status = 422
        except ValidationError as refusal:
            if form.is_bound:
                form.add_error("file", refusal)
            else:
                for text in refusal.messages:
                    messages.error(request, text)
            status = 422
        return TemplateResponse(request, "admin/reference/holiday_import.html", context, status=status)

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        """A built-in row would come back at the next load: it is marked as a working day instead."""
        if obj is not None and obj.from_library:
            return False
        return super().has_delete_permission(request, obj)


@admin.register(Letterhead)
class LetterheadAdmin(OfficerModelAdmin):
    """Letterheads by the date they came into force."""

    empty_text = _("Tambahkan kop surat agar dokumen jawaban memakai nama kementerian yang berlaku.")
    list_display = ["ministry", "service_name", "valid_from", "display_state", "is_default"]
    search_fields = ["ministry", "service_name"]

    @display(description=_("keadaan"), label={"now": "success", "later": "info", "before": "default"})
    def display_state(self, letterhead: Letterhead) -> tuple[str, str]:
        """Whether documents issued today carry it, will from a day on, or did until another one came."""
        today = clock.today()
        if letterhead.valid_from > today:
            return "later", gettext("Mulai %(day)s") % {"day": clock.short_date(letterhead.valid_from)}
        if letterhead.valid_from == getattr(letterhead, "in_force_since", None):
            return "now", gettext("Berlaku sekarang")
        return "before", gettext("Dokumen lama")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letterhead]:
        """With the day since which the present head holds."""
        present = Letterhead.objects.filter(valid_from__lte=clock.today()).order_by("-valid_from")
        return (
            super().get_queryset(request).annotate(in_force_since=Subquery(present.values("valid_from")[:1]))
        )
