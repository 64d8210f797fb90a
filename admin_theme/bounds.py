"""Numbers that people may set: between two bounds, said in one sentence."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import AutoField, Field, IntegerField
from django.utils.deconstruct import deconstructible
from django.utils.formats import number_format
from django.utils.translation import gettext as _

#: Bounds of columns that name none: an order on a page, a size.
_USUAL = 9_999


@deconstructible
class Between:
    """Refuses a whole number below ``low`` or above ``high`` and says both, whichever was missed."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __call__(self, value: int) -> None:
        """ValidationError outside the bounds."""
        if not self.low <= value <= self.high:
            raise ValidationError(
                _("Isi angka %(low)s sampai %(high)s")
                % {
                    "low": number_format(self.low, force_grouping=True),
                    "high": number_format(self.high, force_grouping=True),
                },
                code="out_of_bounds",
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Between) and (self.low, self.high) == (other.low, other.high)

    def __hash__(self) -> int:
        return hash((self.low, self.high))


def bounds_of(column: "Field[Any, Any]") -> Between | None:
    """The bounds of a whole number in a form: its own, or those of an order on a page; None for other columns."""
    if not isinstance(column, IntegerField) or isinstance(column, AutoField) or column.choices:
        return None
    own = next((check for check in column.validators if isinstance(check, Between)), None)
    return own or Between(0, _USUAL)
