"""The console pages where editors keep the texts of the public site."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admin_theme.base import OfficerModelAdmin
from public_site.hub.admin import GuideForm
from public_site.models import Faq, Page, SiteContact
from public_site.whatsapp import admin as whatsapp_admin  # noqa: F401  registers its pages

__all__ = ["FaqAdmin", "GuideForm", "PageAdmin", "SiteContactAdmin"]


@admin.register(Faq)
class FaqAdmin(OfficerModelAdmin):
    """Questions and answers of the page Informasi."""

    empty_text = _("Tambahkan pertanyaan yang sering diajukan; yang diterbitkan tampil di halaman Informasi.")
    list_display = ["question", "order", "is_open", "is_published", "updated_at"]
    list_editable = ["order", "is_open", "is_published"]
    list_filter = ["is_published"]
    search_fields = ["question", "answer", "question_en", "answer_en"]
    prepopulated_fields = {"slug": ["question"]}
    fieldsets = [
        (None, {"fields": ["question", "answer", ("order", "is_open", "is_published"), "slug"]}),
        (_("Terjemahan Inggris"), {"fields": ["question_en", "answer_en"], "classes": ["tab"]}),
    ]


@admin.register(Page)
class PageAdmin(OfficerModelAdmin):
    """Pages of text, such as privacy and accessibility."""

    empty_text = _("Tambahkan halaman, misalnya kebijakan privasi; tautannya dapat ditaruh di kaki situs.")
    list_filter = ["is_published", "in_footer"]
    list_display = ["title", "slug", "in_footer", "is_published", "updated_at"]
    list_editable = ["in_footer", "is_published"]
    search_fields = ["title", "body"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        (None, {"fields": ["title", "lead", "body", ("in_footer", "is_published"), "slug"]}),
        (_("Terjemahan Inggris"), {"fields": ["title_en", "lead_en", "body_en"], "classes": ["tab"]}),
    ]


@admin.register(SiteContact)
class SiteContactAdmin(OfficerModelAdmin):
    """The one contact card."""

    empty_text = _("Isi kontak layanan yang tampil pada setiap halaman situs.")
    list_display = ["email", "whatsapp_display", "hours", "updated_at"]
    fields = ["address", "map_url", "email", "whatsapp", "hours", "hours_en"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only while there is none."""
        return super().has_add_permission(request) and not SiteContact.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | Any = None) -> bool:
        """Never: error pages and mails need whom to ask."""
        return False
