"""The console page of saved replies: texts officers send often, with English and placeholders."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admin_theme.base import OfficerModelAdmin
from requests_app.models import SavedReply


@admin.register(SavedReply)
class SavedReplyAdmin(OfficerModelAdmin):
    """Replies in the order officers choose from; one no longer wanted is taken out of use."""

    empty_text = _("Tambahkan balasan yang sering dipakai petugas dalam percakapan dengan pemohon.")
    list_display = ("title", "position", "active")
    list_filter = ("active",)
    search_fields = ("title", "text", "text_en")
    fields = ("title", "text", "text_en", "position", "active")
    ordering = ("position", "title")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Taking it out of use is enough."""
        return False
