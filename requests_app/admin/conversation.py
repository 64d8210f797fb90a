"""The tab of the conversation: messages and internal notes side by side, each with a form of its own."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock
from core.doors.storage import PDF, send_file
from requests_app import conversation, operations
from requests_app.admin.buttons import officer_of
from requests_app.admin.dress import dress
from requests_app.forms.message import MessageForm
from requests_app.forms.texts import BoundedText
from requests_app.models import DataRequest, Message, SavedReply
from requests_app.models.message import MESSAGE_LENGTH

#: Draws the page with this tab's context and a status.
Redraw = Callable[..., HttpResponse]
LANGUAGES = ("id", "en")


class NoteForm(forms.Form):
    """A note for colleagues."""

    note = BoundedText(
        label=pgettext_lazy("satu catatan", "Catatan internal"),
        shortest=2,
        longest=MESSAGE_LENGTH,
        error_messages={"required": gettext_lazy("Tulis catatan terlebih dahulu")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


#: What a saved reply leaves to the officer: "(tulis yang diperlukan)", "(write what is needed)".
BLANK = re.compile(r"\((?:tulis|write)\b[^()]*\)", re.IGNORECASE)


class OfficerMessageForm(MessageForm):
    """A message to the applicant; nothing of a saved reply may be left for the officer to write."""

    def clean_text(self) -> str:
        """ValidationError while a blank of a saved reply still stands there."""
        text = str(self.cleaned_data["text"])
        left = BLANK.search(text)
        if left:
            raise ValidationError(
                _("Ganti bagian %(blank)s dengan keterangan yang sebenarnya, lalu kirim")
                % {"blank": left.group()}
            )
        return text


def address(found: DataRequest) -> str:
    """The tab."""
    return reverse("admin:requests_app_datarequest_change", args=[found.pk]) + "?tab=percakapan"


def may_read(request: HttpRequest) -> bool:
    """Whether the officer may read what was written on requests."""
    return request.user.has_perm(conversation.READ) or request.user.has_perm(conversation.READ_NOTES)


def reply_values(found: DataRequest) -> dict[str, str]:
    """What the placeholders of saved replies stand for on this request."""
    return {
        "nomor": found.number or "",
        "tenggat": clock.long_date(found.due_on) if found.due_on else "–",
    }


def chosen_reply(picked: str, found: DataRequest) -> str:
    """The text of the saved reply that was picked ("7-id"), filled in; empty when none was."""
    pk, _dash, language = picked.partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 10) or language not in LANGUAGES:
        return ""
    reply = SavedReply.objects.offered().filter(pk=int(pk)).first()
    return reply.filled(language, reply_values(found)) if reply is not None else ""


def tab(
    request: HttpRequest,
    found: DataRequest,
    message_form: MessageForm | None = None,
    note_form: NoteForm | None = None,
) -> dict[str, Any]:
    """What the tab shows. The reading is recorded first; messages to officers count as read by this one."""
    if not may_read(request):
        return {"may_read": False}
    officer = officer_of(request)
    record_access(
        Action.VIEW_CONVERSATION,
        actor=officer,
        purpose=found.number or "",
        object_type="DataRequest",
        object_id=found.pk,
        request=request,
    )
    context: dict[str, Any] = {"may_read": True}
    if officer.has_perm(conversation.READ):
        context |= _messages(request, found, message_form)
    if officer.has_perm(conversation.READ_NOTES):
        may_note = conversation.may_note(found, officer)
        context |= {
            "reads_notes": True,
            "notes": conversation.shown_notes(found),
            "note_form": (note_form or NoteForm(label_suffix="")) if may_note else None,
        }
        if context["note_form"]:
            dress(context["note_form"])
    return context


def _messages(request: HttpRequest, found: DataRequest, form: MessageForm | None) -> dict[str, Any]:
    officer = officer_of(request)
    page = conversation.messages_page(found, request.GET.get("halaman"))
    shown = [conversation.shown_message(message, found, officer) for message in reversed(page.object_list)]
    operations.mark_read(found, page.object_list, by=officer)
    standing = conversation.writing_reasons(found, officer)
    if standing == []:
        text = chosen_reply(request.GET.get("balasan", ""), found)
        form = form or OfficerMessageForm(initial={"text": text}, label_suffix="")
        dress(form)
    return {
        "reads_messages": True,
        "shown_messages": shown,
        "page": page,
        "message_form": form if standing == [] else None,
        "standing": standing or [],
        "replies": list(SavedReply.objects.offered()) if standing == [] else [],
        "picked": request.POST.get("balasan", request.GET.get("balasan", "")),
    }


def dashboard_notices(request: HttpRequest) -> list[dict[str, Any]]:
    """The line on the desk while applicants' messages wait for this officer."""
    number = conversation.waiting_for(officer_of(request)).count()
    if not number:
        return []
    text = ngettext(
        "%(count)d permohonan memuat pesan pemohon yang belum dibaca.",
        "%(count)d permohonan memuat pesan pemohon yang belum dibaca.",
        number,
    )
    link = reverse("admin:requests_app_datarequest_changelist") + "?pesan=saya"
    return [{"tone": "amber", "text": text % {"count": number}, "link": link}]


class UnreadFilter(DropdownFilter):
    """Requests in which an applicant's message waits."""

    title = gettext_lazy("pesan belum dibaca")
    parameter_name = "pesan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Those one should read oneself, or all."""
        return [("saya", gettext_lazy("Untuk saya")), ("semua", gettext_lazy("Semua"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrowed to those requests."""
        if self.value() == "saya":
            return queryset.filter(pk__in=conversation.waiting_for(officer_of(request)).values("pk"))
        if self.value() == "semua":
            return queryset.filter(pk__in=Message.objects.unread_by_officers().values("request"))
        return queryset


# --- verbs ------------------------------------------------------------------------------------------------------


def act(request: HttpRequest, found: DataRequest, verb: str, redraw: Redraw) -> HttpResponseBase:
    """One verb by POST; what was wrong is shown on the tab again (``redraw``), with what the officer had typed."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    perform = _VERBS.get(verb)
    if perform is None:
        raise Http404
    try:
        return perform(request, found, redraw)
    except ObjectDoesNotExist as gone:
        raise Http404 from gone


def _write(request: HttpRequest, found: DataRequest, redraw: Redraw) -> HttpResponse:
    officer = officer_of(request)
    if conversation.writing_reasons(found, officer) is None:
        raise PermissionDenied
    if "_pakai" in request.POST:
        return redraw(tab(request, found, message_form=_with_reply(request, found)))
    form = OfficerMessageForm(request.POST, request.FILES, label_suffix="")
    if form.is_valid():
        try:
            operations.write_message(found.pk, by=officer, **form.arguments())
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, _("Pesan terkirim kepada pemohon."))
            return HttpResponseRedirect(address(found))
    return redraw(tab(request, found, message_form=form), status=422)


def _with_reply(request: HttpRequest, found: DataRequest) -> MessageForm:
    """What was typed, with the picked reply after it; nothing is sent."""
    typed = request.POST.get("text", "")[:MESSAGE_LENGTH].strip()
    reply = chosen_reply(request.POST.get("balasan", ""), found)
    if request.FILES:
        messages.info(request, _("Pilih lampirannya sekali lagi sebelum mengirim."))
    text = "\n\n".join(part for part in (typed, reply) if part)
    return OfficerMessageForm(initial={"text": text}, label_suffix="")


def _note(request: HttpRequest, found: DataRequest, redraw: Redraw) -> HttpResponse:
    officer = officer_of(request)
    if not conversation.may_note(found, officer):
        raise PermissionDenied
    form = NoteForm(request.POST, label_suffix="")
    if form.is_valid():
        operations.write_note(found.pk, by=officer, note=form.cleaned_data["note"])
        messages.success(request, _("Catatan internal tersimpan. Pemohon tidak dapat membacanya."))
        return HttpResponseRedirect(address(found))
    return redraw(tab(request, found, note_form=form), status=422)


def _retract(request: HttpRequest, found: DataRequest, redraw: Redraw) -> HttpResponse:
    number = request.POST.get("pesan", "")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise Http404
    try:
        operations.retract_message(found.pk, int(number), by=officer_of(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Pesan ditarik. Isinya tidak tampil lagi."))
    return HttpResponseRedirect(address(found))


_VERBS: dict[str, Callable[[HttpRequest, DataRequest, Redraw], HttpResponse]] = {
    "pesan": _write,
    "catatan": _note,
    "tarik": _retract,
}


# --- the attachment ---------------------------------------------------------------------------------------------


def attachment(request: HttpRequest, pk: uuid.UUID, message_pk: int) -> HttpResponseBase:
    """The PDF of a message as a download, recorded first; gone once the message was taken back."""
    if not request.user.has_perm(conversation.READ):
        raise PermissionDenied
    visible = DataRequest.objects.visible_to(officer_of(request))
    found = get_object_or_404(visible, pk=pk)
    message = get_object_or_404(Message.objects.standing(), pk=message_pk, request=found)
    if not message.attachment:
        raise Http404
    record_access(
        Action.DOWNLOAD_ATTACHMENT,
        actor=request.user,
        purpose=found.number or "",
        object_type="Message",
        object_id=message.pk,
        request=request,
    )
    return send_file(message.attachment, name=message.attachment_name, content_type=PDF)
