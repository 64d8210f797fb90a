"""Template tags of the console's own pages."""

from django import template
from django.contrib.admin.models import LogEntry

from admin_theme import changes

register = template.Library()


@register.inclusion_tag("admin_theme/change_parts.html")
def change_parts(entry: LogEntry) -> dict[str, object]:
    """What an entry of the log tells, with old and new values."""
    return {"parts": changes.parts_of(entry)}
