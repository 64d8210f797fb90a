"""Mails about requests: no personal rows, a link to sign in, never to a file (ux.md §6)."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import User
from core.doors import clock
from core.doors.mail import compose
from requests_app.conversation import officer_told
from requests_app.corrections import told_about
from requests_app.digest import mail_for
from requests_app.mail_texts import MAILS
from requests_app.models import DataRequest, Message, RequestEvent, Status

__all__ = ["MAILS"]


def _message(
    reference: str,
    template: str,
    subject: Any,
    more: Callable[[DataRequest], dict[str, Any]] = lambda request: {},
) -> EmailMessage | None:
    request = DataRequest.objects.select_related("requester").filter(pk=reference).first()
    if request is None or not request.requester.is_active:
        return None
    with override(request.requester.language):
        return compose(
            template,
            to=request.requester.email,
            subject=str(subject % {"number": request.number}),
            context={
                "request": request,
                "name": request.requester.get_full_name(),
                "due_on": clock.long_date(request.due_on) if request.due_on else "",
                "sign_in_url": settings.SITE_URL + reverse(settings.LOGIN_URL),
                **more(request),
            },
            language=request.requester.language,
        )


def submitted(reference: str) -> EmailMessage | None:
    """The request arrived."""
    return _message(reference, "request_submitted", _("Permohonan %(number)s diterima"))


def resubmitted(reference: str) -> EmailMessage | None:
    """The corrected request arrived."""
    return _message(reference, "request_resubmitted", _("Perbaikan permohonan %(number)s diterima"))


def correction(reference: str) -> EmailMessage | None:
    """Something has to be mended: how many points and where, never what they hold."""
    return _message(reference, "request_correction", _("Permohonan %(number)s perlu diperbaiki"), told_about)


def processing(reference: str) -> EmailMessage | None:
    """The letter is in order, the data is being looked up."""
    return _message(reference, "request_processing", _("Permohonan %(number)s diproses"))


def completed(reference: str) -> EmailMessage | None:
    """The answer can be downloaded."""
    return _message(reference, "request_completed", _("Permohonan %(number)s selesai"))


def part(reference: str) -> EmailMessage | None:
    """A part of the answer can be downloaded; the rest is worked on."""
    return _message(reference, "request_part", _("Sebagian jawaban permohonan %(number)s tersedia"))


def revoked(reference: str) -> EmailMessage | None:
    """A document of the answer must not be used any more; which and why is read after signing in."""
    return _message(reference, "request_revoked", _("Dokumen jawaban permohonan %(number)s dicabut"))


def rejected(reference: str) -> EmailMessage | None:
    """The request was refused."""
    return _message(reference, "request_rejected", _("Permohonan %(number)s tidak dapat dipenuhi"))


def reminder(reference: str) -> EmailMessage | None:
    """The correction is still missing; nothing is sent once it has arrived."""
    request = DataRequest.objects.filter(pk=reference, status=Status.NEEDS_CORRECTION).first()
    if request is None:
        return None
    return _message(
        reference, "request_reminder", _("Permohonan %(number)s menunggu perbaikan Anda"), told_about
    )


def digest(reference: str) -> EmailMessage | None:
    """What is late or soon due for one officer."""
    return mail_for(reference)


def extended(reference: str) -> EmailMessage | None:
    """The answer will take longer; the reason is read after signing in."""
    return _message(
        reference, "request_extended", _("Batas waktu jawaban permohonan %(number)s diperpanjang")
    )


def lapsed(reference: str) -> EmailMessage | None:
    """The correction did not come in time."""
    return _message(reference, "request_lapsed", _("Permohonan %(number)s kedaluwarsa"))


def message_to_applicant(reference: str) -> EmailMessage | None:
    """An officer wrote; nothing is sent once it was read or taken back. The text stays on the site."""
    waiting = Message.objects.unread_by_applicant().filter(pk=reference)
    return _message_notice(waiting, lambda request: request.requester)


def message_to_officer(reference: str) -> EmailMessage | None:
    """The applicant wrote; nothing is sent once it was read or taken back."""
    return _message_notice(Message.objects.unread_by_officers().filter(pk=reference), officer_told)


def _message_notice(
    waiting: QuerySet[Message], find_reader: Callable[[DataRequest], User | None]
) -> EmailMessage | None:
    message = waiting.select_related("request__requester").first()
    reader = find_reader(message.request) if message is not None else None
    if message is None or reader is None or not reader.is_active:
        return None
    with override(reader.language):
        return compose(
            "request_message",
            to=reader.email,
            subject=str(_("Pesan baru pada permohonan %(number)s") % {"number": message.request.number}),
            context={
                "request": message.request,
                "name": reader.get_full_name(),
                "sign_in_url": settings.SITE_URL + reverse(settings.LOGIN_URL),
            },
            language=reader.language,
        )


def entered(reference: str) -> EmailMessage | None:
    """An officer entered the person's letter as a request."""
    return _message(reference, "request_entered", _("Surat Anda menjadi permohonan %(number)s"))


def requester_changed(reference: str) -> EmailMessage | None:
    """A colleague's account was shut; this person goes on with the request."""
    return _message(reference, "request_requester", _("Permohonan %(number)s kini Anda teruskan"))


def override_alert(reference: str) -> EmailMessage | None:
    """Tells an administrator or auditor that a request was issued without its second approval."""
    event_id, _colon, person_id = reference.partition(":")
    event = RequestEvent.objects.select_related("request", "actor").filter(pk=int(event_id)).first()
    person = User.objects.filter(pk=int(person_id), is_active=True).first()
    if event is None or event.actor is None or person is None:
        return None
    return compose(
        "request_override",
        to=person.email,
        subject=str(_("Permohonan %(number)s diterbitkan mendesak") % {"number": event.request.number}),
        context={
            "number": event.request.number,
            "name": person.get_full_name(),
            "officer": event.actor.get_full_name(),
            "time": clock.long_datetime(event.at),
            "reason": event.request.shown_override_reason,
            "link": settings.SITE_URL
            + reverse("admin:requests_app_datarequest_change", args=[event.request_id]),
        },
    )
