"""What the public side reports to administrators: a red self-check, WhatsApp messages that did not leave."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.doors import clock
from core.problems import RECENT, Problem
from public_site.hub.models import HubCheck
from public_site.whatsapp.models import WhatsAppMessage


def problems() -> Iterator[Problem]:
    """The last self-check, then messages."""
    check = HubCheck.objects.order_by("-started_at").first()
    if check is not None and not check.is_green:
        text = ngettext(
            "Info Layanan: %(number)d temuan pada pemeriksaan %(when)s",
            "Info Layanan: %(number)d temuan pada pemeriksaan %(when)s",
            check.failed,
        )
        yield Problem(
            text % {"number": check.failed, "when": clock.short_datetime(check.started_at)},
            _("Buka hasilnya dan perbaiki tautan atau isinya."),
            reverse("admin:public_site_hubcheck_change", args=[check.pk]),
        )
    failed = WhatsAppMessage.objects.filter(
        state=WhatsAppMessage.State.FAILED, created_at__gt=timezone.now() - RECENT
    ).count()
    if failed:
        text = ngettext(
            "%(number)d pesan WhatsApp gagal dalam tujuh hari",
            "%(number)d pesan WhatsApp gagal dalam tujuh hari",
            failed,
        )
        yield Problem(
            text % {"number": failed},
            _("Baca sebabnya, lalu kirim lagi."),
            reverse("admin:public_site_whatsappmessage_changelist"),
        )
