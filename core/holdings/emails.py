"""Mails of the holdings: that an import was undone, which one officer may do alone."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from core import mail_texts, problems
from core.doors import mail
from core.holdings.models import ImportRun
from core.mail_texts import MailKind, Name, Texts


def _undone_text(values: Mapping[str, str]) -> Texts:
    body = [
        _("Yth. %(name)s,") % {"name": values["nama"]},
        _("%(person)s mengurungkan impor %(file)s pada basis data %(service)s.")
        % {"person": values["petugas"], "file": values["berkas"], "service": values["layanan"]},
        _("Rinciannya di ruang kerja:") + "\n" + values["tautan"],
    ]
    return _("Impor basis data diurungkan: %(file)s") % {"file": values["berkas"]}, "\n\n".join(body)


UNDONE = MailKind(
    "holdings.import_undone",
    gettext_lazy("Impor basis data diurungkan, untuk admin, pengunggah, dan penyetuju"),
    {
        "nama": Name(gettext_lazy("nama orang"), "Kartika Putri"),
        "petugas": Name(gettext_lazy("petugas yang mengurungkan"), "Rina Lestari", required=True),
        "berkas": Name(gettext_lazy("nama berkas"), "paspor-januari.xlsx", required=True),
        "layanan": Name(gettext_lazy("layanan"), "Paspor"),
        "tautan": Name(
            gettext_lazy("alamat halaman impor"), "https://layanan.example/admin/…", required=True
        ),
    },
    _undone_text,
)
MAILS = [UNDONE]


def tell_undone(run: ImportRun) -> None:
    """Queues one mail to each administrator and to those who brought and approved ``run``, but for who undid it."""
    users = get_user_model().objects.with_perm(problems.RIGHT, backend=settings.AUTHENTICATION_BACKENDS[0])
    readers = set(
        users.filter(is_active=True, is_staff=True, is_superuser=False).values_list("pk", flat=True)
    )
    readers |= {key for key in (run.by_id, run.approved_by_id) if key is not None}
    for key in sorted(readers - {run.undone_by_id}):
        mail.post(UNDONE.kind, f"{run.pk}:{key}")


def import_undone(reference: str) -> EmailMessage | None:
    """That an import was undone; ``reference``: run and person. None for whoever has left meanwhile."""
    run_id, _mark, person_id = reference.partition(":")
    run = ImportRun.objects.select_related("service", "undone_by").filter(pk=run_id).first()
    person = get_user_model().objects.filter(pk=int(person_id), is_active=True, is_staff=True).first()
    if run is None or run.undone_by is None or person is None:
        return None
    with override(person.language):
        values = {
            "nama": person.get_full_name(),
            "petugas": run.undone_by.get_full_name(),
            "berkas": str(run),
            "layanan": run.service.shown_label,
            "tautan": settings.SITE_URL + reverse("admin:holdings_importrun_change", args=[run.pk]),
        }
        own = UNDONE.default_text()
    texts = mail_texts.edited(UNDONE.kind, person.language) or own
    return mail.from_texts(texts, values, to=person.email, language=person.language)
