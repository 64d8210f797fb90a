"""List filters shared by the console's pages: Unfold's, under one name each, and ours."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)

__all__ = [
    "AutocompleteSelectFilter",
    "ChoicesDropdownFilter",
    "RangeDateFilter",
    "RelatedDropdownFilter",
    "YesNoFilter",
]


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
