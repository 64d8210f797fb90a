"""The applicant's side of the conversation on a request: reading, writing, taking back, attachments."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import throttle
from core.access_log.models import Action
from core.doors.storage import PDF, send_file
from public_site.forms.requests import MessageForm
from public_site.views.applicant import applicant_page, attach_errors, fetch_visible, person
from public_site.views.errors import too_many
from public_site.views.files import log
from public_site.views.requests import GET_POST
from requests_app import conversation, operations
from requests_app.models import DataRequest, Message


@applicant_page
@GET_POST
def request_conversation(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Percakapan: the messages, and the form while the person may write."""
    found = fetch_visible(request, pk)
    if found.is_draft:
        return redirect("public_site:request_letter", pk=pk)
    if request.method != "POST":
        return conversation_page(request, found, MessageForm())
    if conversation.writing_reasons(found, person(request)) is None:
        raise PermissionDenied
    if request.FILES:
        verdict = throttle.hit(
            f"upload:{person(request).pk}", limit=settings.UPLOADS_PER_HOUR, window=timedelta(hours=1)
        )
        if not verdict.allowed:
            return too_many(request, verdict.until)
    form = MessageForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            operations.write_message(pk, by=person(request), **form.arguments())
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("Pesan terkirim kepada petugas."))
            return redirect(address(pk))
    return conversation_page(request, found, form)


def address(pk: uuid.UUID) -> str:
    """The page, at its newest message."""
    return reverse("public_site:request_conversation", kwargs={"pk": pk}) + "#terbaru"


def conversation_page(request: HttpRequest, found: DataRequest, form: MessageForm) -> HttpResponse:
    """The page drawn; opening it marks what it shows as read by this person."""
    user = person(request)
    page = conversation.messages_page(found, request.GET.get("page"))
    shown = [conversation.shown_message(message, found, user) for message in reversed(page.object_list)]
    if request.method != "HEAD":
        operations.mark_read(found, page.object_list, by=user)
    standing = conversation.writing_reasons(found, user)
    context: dict[str, Any] = {
        "nav": "requests",
        "found": found,
        "shown_messages": shown,
        "page": page,
        "page_range": page.paginator.get_elided_page_range(page.number),
        "form": form if standing == [] else None,
        "standing": standing,
        "requester": found.requester.get_full_name(),
    }
    status = 422 if form.errors else 200
    return render(request, "public_site/requests/conversation.html", context, status=status)


@applicant_page
@require_POST
def message_retract(request: HttpRequest, pk: uuid.UUID, message: int) -> HttpResponse:
    """Tarik pesan: the own message of the last minutes."""
    fetch_visible(request, pk)
    try:
        operations.retract_message(pk, message, by=person(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Pesan ditarik. Isinya tidak tampil lagi."))
    return redirect(address(pk))


@applicant_page
@require_safe
def message_attachment(request: HttpRequest, pk: uuid.UUID, message: int) -> HttpResponseBase:
    """The PDF of a message; gone once the message was taken back."""
    found = fetch_visible(request, pk)
    fetched = get_object_or_404(Message.objects.standing(), pk=message, request=found)
    if not fetched.attachment:
        raise Http404
    log(request, Action.DOWNLOAD_ATTACHMENT, found)
    return send_file(fetched.attachment, name=fetched.attachment_name, content_type=PDF)
