"""List filters shared by the console's pages: Unfold's, under one name each, and ours."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.contrib.filters.admin import RangeDateFilter as UnfoldRangeDateFilter

__all__ = [
    "AutocompleteSelectFilter",
    "ChoicesDropdownFilter",
    "RangeDateFilter",
    "RelatedDropdownFilter",
    "YesNoFilter",
]


class RangeDateFilter(UnfoldRangeDateFilter):
    """From a day to a day, both included, in the installation's time zone, written as people here write days.

    Unfold's ends at midnight before, and takes 05/10 for the tenth of May.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Rows of those days; a senseless day narrows nothing."""
        first, last = (self._day(end) for end in ("from", "to"))
        if isinstance(self.field, DateTimeField):
            if first:
                queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
            if last and last < date.max:
                queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(last + timedelta(days=1))})
            return queryset
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": first})
        return queryset.filter(**{f"{self.field_path}__lte": last}) if last else queryset

    def _day(self, end: str) -> date | None:
        value = self.used_parameters.get(f"{self.parameter_name}_{end}")
        try:
            day: date | None = forms.DateField(required=False).clean(value)
        except ValidationError:
            return None
        return day


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class YesNoFilter(SimpleListFilter):
    """Base of filters on a derived question ("Terlambat?"): subclass, name it and give ``narrow``.

    ``title`` and ``parameter_name`` are set by the subclass; ``narrow(rows, yes)`` returns the rows.
    """

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The two answers."""
        return [("ya", _("Ya")), ("tidak", _("Tidak"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply :meth:`narrow` when an answer was chosen."""
        if self.value() in {"ya", "tidak"}:
            return self.narrow(queryset, self.value() == "ya")
        return queryset

    def narrow(self, rows: QuerySet[Any], yes: bool) -> QuerySet[Any]:
        """Rows for which the question is answered so."""
        raise NotImplementedError
