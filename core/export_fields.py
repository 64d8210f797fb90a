"""Columns of exported lists as people read them: days, moments and choices instead of stored values."""

from typing import Any

from django.utils.translation import gettext as _
from import_export import fields

from core.doors import clock


class Moment(fields.Field):
    """``10 Okt 2024 09.12 WIB``; empty without a value."""

    def export(self, instance: Any, **kwargs: Any) -> str:
        """The moment in words."""
        value = self.get_value(instance)
        return clock.short_datetime(value) if value else ""


class Day(fields.Field):
    """``10/10/2024``; empty without a value."""

    def export(self, instance: Any, **kwargs: Any) -> str:
        """The day in figures."""
        value = self.get_value(instance)
        return clock.grid_date(value) if value else ""


class Choice(fields.Field):
    """The label of a choice."""

    def export(self, instance: Any, **kwargs: Any) -> str:
        """The word people read."""
        name = self.attribute or ""
        return str(getattr(instance, f"get_{name}_display")())


class Answer(fields.Field):
    """``Ya`` or ``Tidak``."""

    def export(self, instance: Any, **kwargs: Any) -> str:
        """The word people read."""
        return _("Ya") if self.get_value(instance) else _("Tidak")
