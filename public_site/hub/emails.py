"""The mail of Info Layanan: the self-check found something broken."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.urls import reverse

from core.doors import clock, mail
from public_site.hub import mail_texts
from public_site.hub.mail_texts import MAILS
from public_site.hub.models import HubCheck

__all__ = ["MAILS"]


def editors() -> list[str]:
    """Addresses of the officers who may mend the pages: ``HUB_CHECK_MAIL_TO``, else everybody with the right."""
    if settings.HUB_CHECK_MAIL_TO:
        return list(settings.HUB_CHECK_MAIL_TO)
    users = get_user_model().objects.with_perm(
        "public_site.change_hub", backend=settings.AUTHENTICATION_BACKENDS[0]
    )
    officers = users.filter(is_active=True, is_staff=True).exclude(email="")
    return sorted(set(officers.values_list("email", flat=True)))


def check_is_red(reference: str) -> EmailMessage | None:
    """What failed, to the editors; None when nobody is left to tell or the record is gone."""
    check = HubCheck.objects.filter(pk=int(reference)).first()
    to = editors()
    if check is None or not to:
        return None
    when = clock.long_datetime(check.started_at)
    findings = [(finding["what"], finding["text"]) for finding in check.in_state("failed")][:20]
    link = settings.SITE_URL.rstrip("/") + reverse("admin:public_site_hubcheck_change", args=[check.pk])
    values = {
        "jumlah": str(check.failed),
        "waktu": when,
        "temuan": "\n".join(f"{what}: {text}" for what, text in findings),
        "tautan": link,
    }
    message = mail.edited_message("hub.check_is_red", values, to=to[0], language="id") or mail.compose(
        mail_texts.TEMPLATE,
        to=to[0],
        subject=mail_texts.subject_of(check.failed),
        context={
            "paragraphs": [mail_texts.opening(when)],
            "facts": findings,
            "link": link,
            "link_label": mail_texts.link_label(),
            "closing": [],
            "code": "",
        },
        kind="",
    )
    message.to = to
    return message
