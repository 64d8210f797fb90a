"""Template vocabulary of the public site: navigation, editors' texts, sizes."""

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.doors.storage import file_size
from public_site.prose import parse

register = template.Library()

_MAIN = (
    ("home", "home", _("Beranda")),
    ("requests", "request_list", _("Permohonan")),
    ("information", "information", _("Informasi")),
    ("contact", "contact", _("Hubungi Kami")),
)
_ENTRY = (("sign_in", "sign_in", _("Masuk")), ("register", "register", _("Daftar")))
_ACCOUNT = (
    ("request_list", _("Daftar Permohonan")),
    ("password_change", _("Ganti kata sandi")),
    ("devices", _("Perangkat yang masuk")),
)


def _address(name: str) -> str:
    try:
        return reverse(f"public_site:{name}")
    except NoReverseMatch:
        return ""


def _is_within(path: str, url: str) -> bool:
    return path == url or (url not in ("", "/") and path.startswith(url))


@register.filter
def menu_place(request: Any) -> str:
    """Where an address stands for the menu: its first part, and whether there is more; few values, whoever asks."""
    first, slash, rest = str(getattr(request, "path", "")).lstrip("/").partition("/")
    return f"{first}{slash}{'…' if rest else ''}"


@register.inclusion_tag("public_site/parts/navigation.html", takes_context=True)
def navigation(context: dict[str, Any]) -> dict[str, Any]:
    """The main menu; the page says with ``nav`` where it belongs, otherwise its address decides."""
    request = context.get("request")
    path = getattr(request, "path", "")
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    here = context.get("nav")
    items = []
    for key, name, label in _MAIN + (() if signed_in else _ENTRY):
        url = _address(name)
        is_current = here == key if here else _is_within(path, url)
        if url:
            items.append(
                {"key": key, "url": url, "label": label, "is_current": is_current, "is_page": path == url}
            )
    account = [{"url": _address(name), "label": label} for name, label in _ACCOUNT if _address(name)]
    return {
        "items": items,
        "account": account if signed_in else [],
        "user": user,
        "signed_in": signed_in,
        "sign_out_url": _address("sign_out"),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("public_site/parts/prose.html")
def prose(text: str) -> dict[str, Any]:
    """An editor's text (``public_site.prose``) as paragraphs, lists and headings."""
    return {"blocks": parse(str(text or ""))}


@register.filter
def filesize_id(size: int | None) -> str:
    """Bytes as people read them here: 412 kB, 1,2 MB."""
    return file_size(int(size or 0))


@register.filter
def whole(number: int) -> str:
    """A count as people read it: ``20.000``."""
    return number_format(number, force_grouping=True)
