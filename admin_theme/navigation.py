"""Builds the sidebar from the site map in the settings, leaving out what is absent or not allowed."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's navigation for this person, from ``UNFOLD["SITE_MAP"]``.

    An item names a ``model`` ("app.Model": shown when registered and viewable) or a ``url`` name, optionally
    with ``permission`` (a code, or the dotted path of ``f(request) -> bool``), ``query`` and ``badge`` (the
    dotted path of ``f(request)``; zero or empty shows none).
    """
    groups = []
    for group in settings.UNFOLD["SITE_MAP"]:
        items = [item for item in (_item(request, entry) for entry in group["items"]) if item]
        if items:
            groups.append({**{key: value for key, value in group.items() if key != "items"}, "items": items})
    _mark_active(request.path, [item for group in groups for item in group["items"]])
    return groups


def _mark_active(path: str, items: list[dict[str, Any]]) -> None:
    """Lights up the one entry nearest to the page: a page below another's address is not both."""
    links = [item["link"].partition("?")[0] for item in items]
    front = _url("admin:index")
    below = [link for link in links if path == link or (link != front and path.startswith(link))]
    nearest = max(below, key=len, default=None)
    for item, link in zip(items, links, strict=True):
        item["active"] = link == nearest


def _item(request: HttpRequest, entry: dict[str, Any]) -> dict[str, Any] | None:
    link = _model_link(request, entry["model"]) if "model" in entry else _url(entry["url"])
    if link is None or not _is_allowed(request, entry.get("permission")):
        return None
    item = {"title": entry["title"], "icon": entry.get("icon"), "link": link + entry.get("query", "")}
    if "badge" in entry:
        # Nothing to do needs no red zero on every page.
        number = str(import_string(entry["badge"])(request) or "")
        if number not in {"", "0"}:
            item |= {"badge": number, "badge_variant": "primary"}
    return item


def _model_link(request: HttpRequest, label: str) -> str | None:
    try:
        model = apps.get_model(label)
    except LookupError:
        return None
    model_admin = admin.site._registry.get(model)
    if model_admin is None or not model_admin.has_view_or_change_permission(request):
        return None
    return _url(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _url(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _is_allowed(request: HttpRequest, permission: str | None) -> bool:
    if permission is None:
        return True
    if permission.count(".") == 1:
        return bool(request.user.has_perm(permission))
    return bool(import_string(permission)(request))
