"""Site map and look of the officer console (django-unfold)."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Layanan Data Keimigrasian"),
    "SITE_HEADER": _("Layanan Data Keimigrasian"),
    "SITE_SUBHEADER": _("Ruang kerja petugas"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("admin_theme/lambang.svg"),
    "SITE_SYMBOL": "shield_person",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SHOW_LANGUAGES": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("admin_theme/console.css")],
    "COLORS": {
        "primary": {
            "50": "#eef4fb", "100": "#d9e6f5", "200": "#b5cdea", "300": "#86add9", "400": "#5288c3",
            "500": "#2f6aab", "600": "#1d538f", "700": "#0b3d77", "800": "#0a3463", "900": "#072a53", "950": "#041a35",
        },
    },
    "COMMAND": {"search_models": [], "show_history": False},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Pekerjaan"),
                "items": [
                    {"title": _("Antrean"), "icon": "dashboard", "link": reverse_lazy("admin:index")},
                ],
            },
        ],
    },
}
