"""Base ModelAdmin classes with our defaults: every admin page of the console derives from one of these."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Model, URLField
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransition
from import_export.admin import ExportMixin, ImportExportModelAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.import_export.forms import ImportForm, SelectableFieldsExportForm

from admin_theme import changes
from admin_theme.bounds import bounds_of
from admin_theme.edits import EditsAtOnce
from admin_theme.exports import InertCSV, InertXLSX
from admin_theme.lists import OwnListMixin

#: Shown when somebody else changed the row between reading and writing it.
CHANGED_MEANWHILE = _(
    "Data ini sudah diubah petugas lain sejak halaman dibuka. Periksa kembali, lalu ulangi."
)

#: Digits that fit every whole number of a database (64 bits).
DIGITS_OF_A_COLUMN = 18

#: Lines that a page with an inline table may be sent; Django would draw thousands for a forged number.
MOST_LINES = 100


class _KnownKeys(AutocompleteMixin):
    """Draws a refused form again without looking up values that can be no key (Django: error 500)."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        """The chosen rows, senseless keys left out."""
        return super().optgroups(name, [key for key in value if self._can_be_key(key)], attr)

    def _can_be_key(self, key: Any) -> bool:
        column = self.field.remote_field.model._meta.pk
        try:
            column.run_validators(column.to_python(key))
        except ValidationError:
            return False
        return "\x00" not in str(key)


class OfficerAutocomplete(_KnownKeys, AutocompleteSelect):
    """Choosing one row by typing."""


class OfficerAutocompleteMultiple(_KnownKeys, AutocompleteSelectMultiple):
    """Choosing several rows by typing."""


class _NewLinesLast(BaseInlineFormSet):
    """Lines with an order: what is added stands behind what is there until it is dragged elsewhere."""

    ordering_field = ""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """With the next place for a line that is not stored yet; the model's default would put it on top."""
        kwargs: dict[str, Any] = super().get_form_kwargs(index)
        if index is None or index >= self.initial_form_count():
            kwargs["initial"] = {self.ordering_field: self.next_place, **kwargs.get("initial", {})}
        return kwargs

    @cached_property
    def next_place(self) -> int:
        """Behind the last stored line; several new ones share it and stand in the order they were added."""
        return max((getattr(line, self.ordering_field) for line in self.get_queryset()), default=-1) + 1


class OfficerTabularInline(TabularInline):
    """Unfold's table of lines with a bound on how many a browser may send; new ones stand last."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The form field of a column; numbers are bounded."""
        return super().formfield_for_dbfield(db_field, request, **{**_bounded(db_field), **kwargs})

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The formset, bounded: each line is drawn inside the transaction of the page."""
        if self.ordering_field:
            values = {"ordering_field": self.ordering_field}
            kwargs.setdefault("formset", type("NewLinesLast", (_NewLinesLast, self.formset), values))
        kwargs.setdefault("absolute_max", MOST_LINES)
        if self.max_num is None:
            kwargs.setdefault("max_num", MOST_LINES)
        return super().get_formset(request, obj, **kwargs)


class OfficerModelAdmin(EditsAtOnce, OwnListMixin, ModelAdmin):
    """Unfold's ModelAdmin with the console's defaults.

    ``extra_lookups`` names query parameters which lists may carry besides their filters; everything else
    in the address of a list answers 400 instead of reaching the database.

    What is saved is logged with old and new values; pages of personal data set ``logs_values`` to False and are
    logged by the names of the columns only. ``is_setting``: changes stand in "Perubahan pengaturan".
    """

    logs_values = True
    #: Fields whose values are logged though ``logs_values`` is False: rights, no personal data.
    logged_even_so: tuple[str, ...] = ()
    is_setting = True

    list_fullwidth = True
    list_filter_submit = True
    list_per_page = 25
    list_max_show_all = 200
    show_full_result_count = False
    warn_unsaved_form = True
    change_form_show_cancel_button = True
    save_on_top = False
    extra_lookups: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only lookups of declared filters: hidden columns cannot be guessed letter by letter."""
        return self._is_declared_lookup(lookup, request) and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; a number in its address that no column can hold is answered like any senseless filter."""
        if any(_is_beyond_columns(str(value)) for name, value in request.GET.items() if name != SEARCH_VAR):
            raise IncorrectLookupParameters
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, DataError) as error:
            raise IncorrectLookupParameters from error

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The form field of a column; addresses typed without a scheme are taken as https, numbers are bounded."""
        if isinstance(db_field, URLField):
            kwargs.setdefault("assume_scheme", "https")
        kwargs = {**_bounded(db_field), **kwargs}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field of a reference; typing-ahead survives senseless values."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault(
                "widget", OfficerAutocomplete(db_field, self.admin_site, using=kwargs.get("using"))
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field of several references; typing-ahead survives senseless values."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault(
                "widget", OfficerAutocompleteMultiple(db_field, self.admin_site, using=kwargs.get("using"))
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """What the log keeps of a saved form."""
        if not self.logs_values:
            message = super().construct_change_message(request, form, formsets, add)
            return changes.with_values_of(message, form, self.logged_even_so, add=add)
        return changes.message_of(form, formsets, add=add)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Draw or save the form; a row that somebody else changed meanwhile gives a message, not an error."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ConcurrentTransition:
            messages.error(request, CHANGED_MEANWHILE)
            return HttpResponseRedirect(request.get_full_path())

    def _is_declared_lookup(self, lookup: str, request: HttpRequest) -> bool:
        names = {*self.extra_lookups, *_filter_names(self.get_list_filter(request))}
        if self.date_hierarchy:
            names.add(self.date_hierarchy)
        # Filters append "__exact", "__isnull" (Django) or "_from", "_to" (Unfold) to the field's name.
        return any(lookup == name or lookup.startswith(f"{name}_") for name in names)


def _bounded(db_field: Any) -> dict[str, Any]:
    """What a form field of a whole number is given: one check that names both bounds, for either database."""
    bounds = bounds_of(db_field)
    return {} if bounds is None else {"validators": [bounds], "min_value": None}


def _is_beyond_columns(text: str) -> bool:
    """Whether a number has more digits than a column takes: some filters look it up only when they are drawn."""
    return len(text) > DIGITS_OF_A_COLUMN and text.lstrip("-").isdecimal()


def _filter_names(list_filter: Iterable[Any]) -> Iterable[str]:
    for entry in list_filter:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, tuple | list):
            yield str(entry[0])
        elif parameter := getattr(entry, "parameter_name", None):
            yield parameter


class ReadOnlyAdmin(OfficerModelAdmin):
    """For records that officers read but never write here (trails, queues, results)."""

    logs_values = False
    is_setting = False
    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds such a record by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes such a record by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes such a record by hand."""
        return False


class ImportExportOfficerAdmin(OfficerModelAdmin, ImportExportModelAdmin):
    """Small tables with Excel/CSV import (needs ``add`` and ``change``) and export (needs ``view``).

    Not for holdings: large imports have their own resumable run (``core.holdings``).
    """

    import_form_class = ImportForm
    export_form_class = SelectableFieldsExportForm
    formats = (InertXLSX, InertCSV)
    import_formats = (InertXLSX, InertCSV)
    export_formats = (InertXLSX, InertCSV)
    skip_admin_log = False

    def has_import_permission(self, request: HttpRequest) -> bool:
        """An import may add and overwrite, hence both rights."""
        return self.has_add_permission(request) and self.has_change_permission(request)


class ExportOfficerAdmin(ExportMixin, OfficerModelAdmin):
    """Tables that may leave as Excel/CSV but never come in that way."""

    # ExportMixin knows no ModelAdmin, so it has to stand before ours for its address to be found.

    export_form_class = SelectableFieldsExportForm
    formats = (InertXLSX, InertCSV)
    export_formats = (InertXLSX, InertCSV)
