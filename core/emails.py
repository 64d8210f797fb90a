"""Mails of the platform itself: a sample of an edited text, and the daily list of problems."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from core import mail_texts, problems
from core.doors import clock, mail
from core.mail_texts import MailKind, Name, Texts
from core.models import MailText


def _problems_text(values: Mapping[str, str]) -> Texts:
    body = [
        _("Yth. %(name)s,") % {"name": values["nama"]},
        _("Yang perlu ditangani pada %(day)s:") % {"day": values["tanggal"]},
        values["daftar"],
        _("Buka daftarnya di ruang kerja:") + "\n" + values["tautan"],
    ]
    return _("Masalah hari ini: %(number)s") % {"number": values["jumlah"]}, "\n\n".join(body)


PROBLEMS = MailKind(
    "core.problems_today",
    gettext_lazy("Daftar masalah harian untuk admin"),
    {
        "nama": Name(gettext_lazy("nama orang"), "Kartika Putri"),
        "tanggal": Name(gettext_lazy("tanggal"), "5 Januari 2026"),
        "jumlah": Name(gettext_lazy("banyaknya masalah"), "2"),
        "daftar": Name(gettext_lazy("daftar masalah"), "2 surel gagal dikirim", required=True),
        "tautan": Name(
            gettext_lazy("alamat daftar masalah"), "https://layanan.example/admin/…", required=True
        ),
    },
    _problems_text,
)
MAILS = [PROBLEMS]


def problems_today(reference: str) -> EmailMessage | None:
    """What needs this administrator's eye, counted when it is sent; None when nothing does any more."""
    person = get_user_model().objects.filter(pk=int(reference), is_active=True, is_staff=True).first()
    if person is None or not person.has_perm(problems.RIGHT):
        return None
    with override(person.language):
        found = problems.all_problems()
        values = {
            "nama": person.get_full_name(),
            "tanggal": clock.long_date(clock.today()),
            "jumlah": str(len(found)),
            "daftar": "\n".join(f"– {problem.text}. {problem.advice}" for problem in found),
            "tautan": settings.SITE_URL + reverse("admin:problems"),
        }
        own = PROBLEMS.default_text()
    if not found:
        return None
    texts = mail_texts.edited(PROBLEMS.kind, person.language) or own
    return mail.from_texts(texts, values, to=person.email, language=person.language)


def sample(reference: str) -> EmailMessage | None:
    """The text of a kind with example values; ``reference``: row, person and language, "4:17:id"."""
    row_id, person_id, language = reference.split(":")
    row = MailText.objects.filter(pk=int(row_id)).first()
    person = get_user_model().objects.filter(pk=int(person_id), is_active=True).first()
    kind = None if row is None else mail_texts.kinds().get(row.kind)
    if row is None or kind is None or person is None:
        return None
    with override(language):
        own = kind.default_text()
        title = _("Contoh: %(subject)s")
    texts = tuple(typed or default for typed, default in zip(row.texts(language), own, strict=True))
    message = mail.from_texts((texts[0], texts[1]), kind.examples(), to=person.email, language=language)
    message.subject = title % {"subject": message.subject}
    return message
