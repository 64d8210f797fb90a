"""Which mails of Info Layanan administrators may rewrite, and the names their texts may hold."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.mail_texts import MailKind, Name, Texts, body_of

TEMPLATE = "account_notice"


def subject_of(count: object) -> str:
    """The app's own subject."""
    return _("Info Layanan perlu diperbaiki: %(count)s temuan") % {"count": count}


def opening(when: str) -> str:
    """The app's own first paragraph."""
    return _("Pemeriksaan harian Info Layanan pada %(when)s menemukan hal yang tidak berfungsi.") % {
        "when": when
    }


def link_label() -> str:
    """What the address leads to."""
    return _("Lihat hasil pemeriksaan")


def _default(values: Mapping[str, str]) -> Texts:
    subject = subject_of(values["jumlah"])
    context = {
        "paragraphs": [opening(values["waktu"]), values["temuan"]],
        "facts": [],
        "link": values["tautan"],
        "link_label": link_label(),
        "closing": [],
        "code": "",
    }
    return subject, body_of(TEMPLATE, subject, context)


MAILS = [
    MailKind(
        "hub.check_is_red",
        gettext_lazy("Info Layanan: pemeriksaan harian menemukan masalah"),
        {
            "jumlah": Name(gettext_lazy("banyaknya temuan"), "2"),
            "waktu": Name(gettext_lazy("waktu"), "Senin, 5 Januari 2026 pukul 03.00 WIB"),
            "temuan": Name(
                gettext_lazy("daftar temuan"), "Panduan paspor: tautan tidak menjawab", required=True
            ),
            "tautan": Name(
                gettext_lazy("alamat hasil pemeriksaan"), "https://layanan.example/admin/…", required=True
            ),
        },
        _default,
    )
]
