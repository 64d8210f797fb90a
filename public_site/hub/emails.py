"""The mail of Info Layanan: the self-check found something broken."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from core.doors import clock, mail
from public_site.hub.models import HubCheck


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
    message = mail.compose(
        "account_notice",
        to=to[0],
        subject=_("Info Layanan perlu diperbaiki: %(count)d temuan") % {"count": check.failed},
        context={
            "paragraphs": [
                _("Pemeriksaan harian Info Layanan pada %(when)s menemukan hal yang tidak berfungsi.")
                % {"when": clock.long_datetime(check.started_at)}
            ],
            "facts": [(finding["what"], finding["text"]) for finding in check.in_state("failed")][:20],
            "link": settings.SITE_URL.rstrip("/")
            + reverse("admin:public_site_hubcheck_change", args=[check.pk]),
            "link_label": _("Lihat hasil pemeriksaan"),
            "closing": [],
            "code": "",
        },
    )
    message.to = to
    return message
