"""Site map and look of the officer console (django-unfold)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Sidebar: ``admin_theme.navigation`` shows of it what is registered and what the person may see.
SITE_MAP: list[dict[str, Any]] = [
    {
        "title": _("Pekerjaan"),
        "items": [
            {"title": _("Antrean"), "icon": "dashboard", "url": "admin:index"},
            {
                "title": _("Permohonan"),
                "icon": "inbox",
                "model": "requests_app.DataRequest",
                "badge": "requests_app.dashboard.waiting_badge",
            },
            {
                "title": _("Beban kerja"),
                "icon": "groups",
                "url": "admin:requests_app_datarequest_workload",
                "permission": "requests_app.view_datarequest",
            },
            {
                "title": _("Masukkan permohonan"),
                "icon": "post_add",
                "url": "admin:requests_app_datarequest_entry",
                "permission": "requests_app.enter_datarequest",
            },
            {
                "title": _("Meja jawab"),
                "icon": "table_rows",
                "url": "admin:requests_app_datarequest_bench",
                "permission": "requests_app.process_datarequest",
            },
            {
                "title": _("Pendaftaran"),
                "icon": "how_to_reg",
                "model": "accounts.Registration",
                "badge": "requests_app.dashboard.registration_badge",
            },
            {
                "title": _("Percakapan WhatsApp"),
                "icon": "forum",
                "model": "public_site.Conversation",
                "badge": "public_site.whatsapp.admin.waiting_badge",
            },
        ],
    },
    {
        "title": _("Data"),
        "separator": True,
        "items": [
            {"title": _("Basis Data Keimigrasian"), "icon": "database", "model": "holdings.Record"},
            {
                "title": _("Impor"),
                "icon": "upload_file",
                "model": "holdings.ImportRun",
                "badge": "core.holdings.admin.waiting_badge",
            },
            {"title": _("Status paspor"), "icon": "badge", "model": "public_site.PassportStatus"},
        ],
    },
    {
        "title": _("Kerja sama"),
        "separator": True,
        "items": [
            {
                "title": pgettext_lazy("jamak", "Instansi"),
                "icon": "account_balance",
                "model": "accounts.Agency",
            },
            {"title": _("PKS"), "icon": "handshake", "model": "accounts.Agreement"},
            {
                "title": _("Tujuan permintaan data"),
                "icon": "target",
                "model": "accounts.Purpose",
            },
            {"title": _("Pengguna"), "icon": "group", "model": "accounts.User"},
            {"title": _("Peran"), "icon": "shield_person", "model": "auth.Group"},
        ],
    },
    {
        "title": _("Katalog"),
        "separator": True,
        "items": [
            {"title": pgettext_lazy("jamak", "Layanan"), "icon": "category", "model": "catalogue.Service"},
            {"title": _("Aturan kerja"), "icon": "rule_settings", "model": "rules.WorkRules"},
            {
                "title": pgettext_lazy("jamak", "Alasan"),
                "icon": "format_list_bulleted",
                "model": "rules.Reason",
            },
            {"title": _("Teks surel"), "icon": "edit_note", "model": "core.MailText"},
            {
                "title": pgettext_lazy("jamak", "Balasan siap pakai"),
                "icon": "quickreply",
                "model": "requests_app.SavedReply",
            },
        ],
    },
    {
        "title": _("Data acuan"),
        "separator": True,
        "collapsible": True,
        "items": [
            {"title": _("Wilayah"), "icon": "map", "model": "reference.Region"},
            {"title": _("Kantor Wilayah"), "icon": "domain", "model": "reference.RegionalOffice"},
            {"title": _("Kantor Imigrasi"), "icon": "apartment", "model": "reference.ImmigrationOffice"},
            {"title": _("Tempat Pemeriksaan Imigrasi"), "icon": "flight", "model": "reference.Checkpoint"},
            {"title": _("Negara"), "icon": "public", "model": "reference.Country"},
            {"title": _("Hari libur"), "icon": "event_busy", "model": "reference.Holiday"},
            {"title": _("Kop surat"), "icon": "branding_watermark", "model": "reference.Letterhead"},
        ],
    },
    {
        "title": _("Info Layanan"),
        "separator": True,
        "collapsible": True,
        "items": [
            {"title": _("Halaman kantor"), "icon": "qr_code_2", "model": "public_site.Hub"},
            {"title": _("Biaya dan tanggal"), "icon": "payments", "model": "public_site.GuideFact"},
            {"title": _("SOP"), "icon": "checklist", "model": "public_site.Sop"},
            {"title": _("Kunjungan dan laporan"), "icon": "bar_chart", "model": "public_site.HubCount"},
            {"title": _("Pemeriksaan harian"), "icon": "health_and_safety", "model": "public_site.HubCheck"},
        ],
    },
    {
        "title": _("Isi situs"),
        "separator": True,
        "collapsible": True,
        "items": [
            {"title": _("FAQ"), "icon": "quiz", "model": "public_site.Faq"},
            {"title": _("Panduan"), "icon": "menu_book", "model": "public_site.Guide"},
            {"title": _("Halaman"), "icon": "article", "model": "public_site.Page"},
            {"title": _("Kontak"), "icon": "call", "model": "public_site.SiteContact"},
            {"title": _("Aturan WhatsApp"), "icon": "chat", "model": "public_site.ConversationRule"},
            {
                "title": _("Simulator WhatsApp"),
                "icon": "smartphone",
                "url": "admin:whatsapp_simulator",
                "permission": "public_site.simulate_conversation",
            },
        ],
    },
    {
        "title": _("Pengawasan"),
        "separator": True,
        "collapsible": True,
        "items": [
            {
                "title": _("Masalah hari ini"),
                "icon": "warning",
                "url": "admin:problems",
                "permission": "core.view_outgoingmail",
            },
            {"title": _("Jejak Akses"), "icon": "policy", "model": "access_log.AccessEntry"},
            {"title": _("Perubahan pengaturan"), "icon": "history", "model": "admin.LogEntry"},
            {
                "title": _("Pemusnahan data"),
                "icon": "delete_sweep",
                "model": "requests_app.DestructionCertificate",
            },
            {"title": _("Konfirmasi identitas"), "icon": "verified_user", "model": "accounts.IdentityCheck"},
            {"title": _("Antrean kerja"), "icon": "pending_actions", "model": "django_q.OrmQ"},
            {"title": _("Pekerjaan gagal"), "icon": "error", "model": "django_q.Failure"},
            {"title": _("Pekerjaan selesai"), "icon": "task_alt", "model": "django_q.Success"},
            {"title": _("Jadwal"), "icon": "schedule", "model": "django_q.Schedule"},
            {"title": _("Surel"), "icon": "mail", "model": "core.OutgoingMail"},
            {"title": _("Pesan WhatsApp"), "icon": "sms", "model": "public_site.WhatsAppMessage"},
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Layanan Data Keimigrasian"),
    "SITE_HEADER": _("Layanan Data Keimigrasian"),
    "SITE_SUBHEADER": _("Ruang kerja petugas"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("admin_theme/lambang.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("admin_theme/lambang.svg")}
    ],
    "SITE_SYMBOL": "shield_person",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SHOW_LANGUAGES": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("admin_theme/console.css")],
    "COLORS": {
        "primary": {
            "50": "#eef4fb",
            "100": "#d9e6f5",
            "200": "#b5cdea",
            "300": "#86add9",
            "400": "#5288c3",
            "500": "#2f6aab",
            "600": "#1d538f",
            "700": "#0b3d77",
            "800": "#0a3463",
            "900": "#072a53",
            "950": "#041a35",
        },
    },
    "ACCOUNT": {
        "navigation": [
            {"title": _("Ganti kata sandi"), "link": reverse_lazy("admin:password_change")},
            {"title": _("Aplikasi autentikator"), "link": reverse_lazy("admin:authenticator")},
        ],
    },
    # No model is searched from the palette: its answers are cached and would carry personal data.
    "COMMAND": {"search_models": [], "show_history": False},
    "DASHBOARD_CALLBACK": "requests_app.dashboard.dashboard_callback",
    "SITE_MAP": SITE_MAP,
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "admin_theme.navigation.sidebar",
    },
}
