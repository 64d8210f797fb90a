"""Mails about requests: no personal rows, a link to sign in, never to a file (ux.md §6)."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.doors.mail import compose
from requests_app.models import DataRequest, Status


def _message(reference: str, template: str, subject: Any) -> EmailMessage | None:
    request = DataRequest.objects.select_related("requester").filter(pk=reference).first()
    if request is None or not request.requester.is_active:
        return None
    return compose(
        template,
        to=request.requester.email,
        subject=str(subject % {"number": request.number}),
        context={
            "request": request,
            "name": request.requester.get_full_name(),
            "sign_in_url": settings.SITE_URL + reverse(settings.LOGIN_URL),
        },
    )


def submitted(reference: str) -> EmailMessage | None:
    """The request arrived."""
    return _message(reference, "request_submitted", _("Permohonan %(number)s diterima"))


def resubmitted(reference: str) -> EmailMessage | None:
    """The corrected request arrived."""
    return _message(reference, "request_resubmitted", _("Perbaikan permohonan %(number)s diterima"))


def correction(reference: str) -> EmailMessage | None:
    """Something has to be mended."""
    return _message(reference, "request_correction", _("Permohonan %(number)s perlu diperbaiki"))


def processing(reference: str) -> EmailMessage | None:
    """The letter is in order, the data is being looked up."""
    return _message(reference, "request_processing", _("Permohonan %(number)s diproses"))


def completed(reference: str) -> EmailMessage | None:
    """The answer can be downloaded."""
    return _message(reference, "request_completed", _("Permohonan %(number)s selesai"))


def rejected(reference: str) -> EmailMessage | None:
    """The request was refused."""
    return _message(reference, "request_rejected", _("Permohonan %(number)s tidak dapat dipenuhi"))


def reminder(reference: str) -> EmailMessage | None:
    """The correction is still missing; nothing is sent once it has arrived."""
    request = DataRequest.objects.filter(pk=reference, status=Status.NEEDS_CORRECTION).first()
    if request is None:
        return None
    return _message(reference, "request_reminder", _("Permohonan %(number)s menunggu perbaikan Anda"))


def lapsed(reference: str) -> EmailMessage | None:
    """The correction did not come in time."""
    return _message(reference, "request_lapsed", _("Permohonan %(number)s kedaluwarsa"))
