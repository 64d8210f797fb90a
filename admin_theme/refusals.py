"""Refused and missing pages inside the console, in its own look and with a way back; for officers at work only."""

import logging
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst

logger = logging.getLogger(__name__)


def page(request: HttpRequest, status: int, heading: str, text: str) -> str | None:
    """The page as HTML; None outside the console, for everybody else, and when it cannot be drawn."""
    home = reverse("admin:index")
    try:
        if not request.path.startswith(home) or not admin.site.has_permission(request):
            return None
        context = {
            **admin.site.each_context(request),
            "title": heading,
            "text": text,
            "status": status,
            "code": getattr(request, "request_id", ""),
            "list": _list_of(request, request.path.removeprefix(home)),
        }
        return render_to_string("admin_theme/refused.html", context, request)
    except Exception:  # the caller has a page that needs neither session nor database
        logger.exception("refusal cannot be drawn in the console")
        return None


def _list_of(request: HttpRequest, rest: str) -> dict[str, Any] | None:
    """Name and address of the list that an address lies under, when this officer may see it."""
    app_label, _slash, rest = rest.partition("/")
    try:
        model = apps.get_model(app_label, rest.partition("/")[0])
        pages = admin.site.get_model_admin(model)
    except (LookupError, NotRegistered):
        return None
    if not pages.has_view_permission(request):
        return None
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return {"label": capfirst(str(model._meta.verbose_name_plural)), "url": reverse(name)}
