"""The console's pages of WhatsApp: rules, the officers' inbox, messages, passport steps and the simulator."""

import tempfile
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from admin_theme.base import OfficerModelAdmin, ReadOnlyAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter
from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock
from core.doors.excel_writer import write_rows
from core.doors.storage import XLSX, send_file
from public_site.whatsapp import importing, operations, simulator
from public_site.whatsapp.forms import ReplyForm, RuleForm, SimulatorForm, StatusImportForm
from public_site.whatsapp.models import Conversation, ConversationRule, PassportStatus, WhatsAppMessage

Mode = Conversation.Mode
State = WhatsAppMessage.State
MESSAGES_SHOWN = 100


def waiting_badge(request: HttpRequest) -> str:
    """People who wait for an officer; on every page, one count over an index."""
    return str(Conversation.objects.with_people().filter(mode=Mode.WAITING).count())


@admin.register(ConversationRule)
class ConversationRuleAdmin(OfficerModelAdmin):
    """What the machine answers; tried out in the simulator, which is one button away."""

    form = RuleForm
    empty_text = gettext_lazy("Tambahkan aturan agar pesan WhatsApp dijawab otomatis.")
    list_display = ("name", "action", "parent", "number", "display_words", "is_active")
    ordering = (F("parent").asc(nulls_first=True), "number", "name")
    list_filter = (("action", ChoicesDropdownFilter), "is_active")
    list_select_related = ("parent",)
    search_fields = ("name", "keywords", "title", "reply")
    actions_list = ("simulate",)
    fieldsets = (
        (None, {"fields": ("name", ("action", "is_active"), "keywords")}),
        (gettext_lazy("Di menu"), {"fields": (("parent", "number"), ("title", "title_en"))}),
        (gettext_lazy("Jawaban"), {"fields": ("reply", "reply_en")}),
    )

    @action(
        description=gettext_lazy("Coba di simulator"),
        url_path="ke-simulator",
        icon="smartphone",
        permissions=["simulate"],
    )
    def simulate(self, request: HttpRequest) -> HttpResponse:
        """To the page where the rules are tried out."""
        return HttpResponseRedirect(reverse("admin:whatsapp_simulator"))

    def has_simulate_permission(self, request: HttpRequest) -> bool:
        """For the button above."""
        return bool(request.user.has_perm(operations.SIMULATE))

    def get_urls(self) -> list[Any]:
        """With the simulator."""
        view = self.admin_site.admin_view(self.simulator_view)
        return [path("simulator/", view, name="whatsapp_simulator"), *super().get_urls()]

    def simulator_view(self, request: HttpRequest) -> HttpResponse:
        """A telephone on the screen: the officer writes as a person would, the same code answers."""
        if not request.user.has_perm(operations.SIMULATE):
            raise PermissionDenied
        form = SimulatorForm(request.POST if "text" in request.POST else None)
        if request.method == "POST" and "restart" in request.POST:
            simulator.restart(by=request.user)
            return HttpResponseRedirect(reverse("admin:whatsapp_simulator"))
        if request.method == "POST" and form.is_valid():
            simulator.say(form.cleaned_data["text"], by=request.user)
            return HttpResponseRedirect(reverse("admin:whatsapp_simulator"))
        conversation = simulator.current(request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Simulator WhatsApp"),
            "opts": self.opts,
            "form": form,
            "conversation": conversation,
            "thread": thread(conversation) if conversation else [],
        }
        refused = request.method == "POST"
        return TemplateResponse(
            request, "admin/public_site/whatsapp_simulator.html", context, status=422 if refused else 200
        )

    @admin.display(description=gettext_lazy("kata kunci"))
    def display_words(self, rule: ConversationRule) -> str:
        """The first few keywords."""
        words = rule.words
        return ", ".join(words[:4]) + (" …" if len(words) > 4 else "") or "–"


def thread(conversation: Conversation) -> list[WhatsAppMessage]:
    """The latest messages, oldest first."""
    found = conversation.messages.select_related("by").order_by("-written_at", "-pk")[:MESSAGES_SHOWN]
    return list(reversed(found))


@admin.register(Conversation)
class ConversationAdmin(OperationButtonsMixin, ReadOnlyAdmin):
    """The officers' inbox: who asked for a person, how long a reply is still possible, and the reply."""

    class Media:
        css = {"all": ("public_site/whatsapp.css",)}

    empty_text = gettext_lazy(
        "Percakapan muncul di sini begitu seseorang menulis lewat WhatsApp. Simulator dapat dipakai untuk mencoba."
    )
    list_display = ("display_sender", "display_mode", "officer", "display_window", "last_received_at")
    list_filter = (("mode", ChoicesDropdownFilter), ("last_received_at", RangeDateFilter))
    list_select_related = ("officer",)
    #: Who waits for anybody first, the longest waiting on top.
    ordering = ("-mode", "asked_officer_at")
    fields = (
        ("display_sender", "display_mode_name"),
        ("officer", "display_language"),
        ("asked_officer_at", "display_window_text"),
        "display_thread",
    )
    readonly_fields = tuple(
        name for line in fields for name in (line if isinstance(line, tuple) else (line,))
    )
    operation_buttons = (
        OperationButton(
            "reply",
            label=gettext_lazy("Balas"),
            operation=operations.reply,
            permission=operations.ANSWER,
            reasons=operations.reply_reasons,
            form_class=ReplyForm,
            icon="reply",
            variant="primary",
            submit_label=gettext_lazy("Kirim"),
            success=gettext_lazy("Balasan masuk antrean kirim."),
        ),
        OperationButton(
            "take",
            label=gettext_lazy("Ambil percakapan"),
            operation=operations.take,
            permission=operations.ANSWER,
            reasons=operations.take_reasons,
            icon="front_hand",
            confirm=gettext_lazy("Percakapan ini menjadi tanggung jawab Anda. Lanjutkan?"),
            success=gettext_lazy("Percakapan ini sekarang milik Anda."),
        ),
        OperationButton(
            "finish",
            label=gettext_lazy("Selesai"),
            operation=operations.finish,
            permission=operations.ANSWER,
            reasons=operations.finish_reasons,
            icon="task_alt",
            confirm=gettext_lazy("Orang itu kembali dijawab otomatis. Lanjutkan?"),
            success=gettext_lazy("Percakapan selesai."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Only what is with people, and for the officer's own page what has just ended; nothing of the simulator."""
        return super().get_queryset(request).filter(simulated_by=None, asked_officer_at__isnull=False)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Record that the officer reads what a person wrote, then show it."""
        conversation = self.get_object(request, unquote(object_id))
        if conversation is not None and self.has_view_permission(request, conversation):
            record_access(
                Action.VIEW_CONVERSATION,
                actor=request.user,
                purpose=_("Percakapan WhatsApp"),
                object_type="conversation",
                object_id=conversation.pk,
                count=1,
                request=request,
            )
        return super().change_view(request, object_id, form_url, extra_context)

    @display(description=gettext_lazy("pengirim"))
    def display_sender(self, conversation: Conversation) -> str:
        """The number, its middle hidden."""
        return conversation.shown_phone

    @display(
        description=gettext_lazy("status"),
        ordering="mode",
        label={Mode.WAITING: "warning", Mode.OFFICER: "info", Mode.MENU: "success"},
    )
    def display_mode(self, conversation: Conversation) -> tuple[str, str]:
        """Coloured word."""
        return conversation.mode, str(Mode(conversation.mode).label)

    @admin.display(description=gettext_lazy("status"))
    def display_mode_name(self, conversation: Conversation) -> str:
        """The word on the conversation's own page."""
        return str(Mode(conversation.mode).label)

    @admin.display(description=gettext_lazy("bahasa"))
    def display_language(self, conversation: Conversation) -> str:
        """The name of the language the person reads."""
        return str(dict(settings.LANGUAGES).get(conversation.language, conversation.language))

    @display(description=gettext_lazy("jendela balasan"), label={"open": "success", "closed": "danger"})
    def display_window(self, conversation: Conversation) -> tuple[str, str]:
        """How long a reply can still be sent."""
        return ("open" if conversation.is_window_open else "closed"), window_text(conversation)

    @admin.display(description=gettext_lazy("jendela balasan 24 jam"))
    def display_window_text(self, conversation: Conversation) -> str:
        """The same with the moment it closes."""
        if conversation.is_window_open and conversation.window_ends_at:
            return _("%(rest)s, sampai %(moment)s") % {
                "rest": window_text(conversation),
                "moment": clock.long_datetime(conversation.window_ends_at),
            }
        return window_text(conversation)

    @admin.display(description=gettext_lazy("percakapan"))
    def display_thread(self, conversation: Conversation) -> SafeString:
        """What was written, as on a telephone."""
        text = render_to_string("admin/public_site/whatsapp_thread.html", {"thread": thread(conversation)})
        return mark_safe(text)  # noqa: S308  our own template, which escapes every text


def window_text(conversation: Conversation) -> str:
    """``23 jam 10 menit lagi`` or that it is over."""
    ends = conversation.window_ends_at
    if ends is None or not conversation.is_window_open:
        return _("Tertutup")
    minutes = int((ends - clock.now()).total_seconds() // 60)
    return _("%(hours)d jam %(minutes)d menit lagi") % {"hours": minutes // 60, "minutes": minutes % 60}


@admin.register(WhatsAppMessage)
class WhatsAppMessageAdmin(OperationButtonsMixin, ReadOnlyAdmin):
    """What came and went, without its text: whether it was handled, and another try for what did not leave."""

    empty_text = gettext_lazy("Pesan WhatsApp yang masuk dan keluar dicatat di sini.")
    list_display = (
        "display_number",
        "direction",
        "display_kind",
        "display_state",
        "written_at",
        "sent_at",
        "attempts",
        "last_error",
    )
    list_filter = (
        ("direction", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("written_at", RangeDateFilter),
    )
    fields = (
        ("direction", "display_kind"),
        ("display_state_name", "last_error"),
        ("written_at", "sent_at"),
        ("attempts", "next_attempt_at"),
    )
    readonly_fields = tuple(name for line in fields for name in line)
    operation_buttons = (
        OperationButton(
            "send_again",
            label=gettext_lazy("Kirim lagi"),
            operation=operations.send_again,
            permission=operations.CHANGE_MESSAGE,
            reasons=operations.send_again_reasons,
            icon="forward_to_inbox",
            variant="primary",
            confirm=gettext_lazy("Balasan ini dicoba dikirim lagi sekarang."),
            success=gettext_lazy("Balasan masuk antrean kirim."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Real ones only, with their conversation for the buttons."""
        found = super().get_queryset(request).select_related("conversation")
        return found.filter(conversation__simulated_by=None)

    @admin.display(description=gettext_lazy("No."), ordering="pk")
    def display_number(self, message: WhatsAppMessage) -> str:
        """By which the message is named on its page."""
        return str(message.pk)

    @admin.display(description=gettext_lazy("jenis"), ordering="kind")
    def display_kind(self, message: WhatsAppMessage) -> str:
        """Text or something else."""
        return message.shown_kind

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reading is a right of its own; changing is only the right to try again."""
        return bool(request.user.has_perm("public_site.view_whatsappmessage"))

    @display(
        description=gettext_lazy("status"),
        ordering="state",
        label={
            State.WAITING: "warning",
            State.NEW: "warning",
            State.FOR_OFFICER: "info",
            State.IGNORED: "info",
            State.FAILED: "danger",
            State.HANDLED: "success",
            State.SENT: "success",
            State.DELIVERED: "success",
            State.READ: "success",
        },
    )
    def display_state(self, message: WhatsAppMessage) -> tuple[str, str]:
        """Coloured word."""
        return message.state, str(State(message.state).label)

    @admin.display(description=gettext_lazy("status"))
    def display_state_name(self, message: WhatsAppMessage) -> str:
        """The word on the message's own page."""
        return str(State(message.state).label)


@admin.register(PassportStatus)
class PassportStatusAdmin(ReadOnlyAdmin):
    """Steps of passport applications as officers imported them."""

    empty_text = gettext_lazy(
        "Unggah status paspor dari kantor imigrasi agar warga dapat menanyakannya lewat WhatsApp."
    )
    list_display = ("number", "masked_name", "step", "step_on", "display_office", "updated_at")
    list_filter = (("step", ChoicesDropdownFilter), "office", ("step_on", RangeDateFilter))
    list_select_related = ("office",)
    search_fields = ("number__exact",)
    search_help_text = gettext_lazy("Cari dengan 16 angka nomor permohonan")
    fields = ("number", "masked_name", ("step", "step_on"), "office", "updated_at")
    readonly_fields = ("number", "masked_name", "step", "step_on", "office", "updated_at")
    actions_list = ("import_file",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, recorded with how many people stand on it before it is drawn."""
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown and (count := len(shown["cl"].result_list)):
            self._record(request, object_id="-", count=count)
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One application, recorded before it is shown."""
        status = self.get_object(request, unquote(object_id))
        if status is not None and self.has_view_permission(request, status):
            self._record(request, object_id=str(status.pk), count=1)
        return super().change_view(request, object_id, form_url, extra_context)

    def _record(self, request: HttpRequest, *, object_id: str, count: int) -> None:
        record_access(
            Action.VIEW_PASSPORT_STATUS,
            actor=request.user,
            purpose=_("Status paspor"),
            object_type="passportstatus",
            object_id=object_id,
            count=count,
            request=request,
        )

    @admin.display(description=gettext_lazy("kantor imigrasi"), ordering="office__short_name")
    def display_office(self, status: PassportStatus) -> str:
        """The short name: the full one fills three lines on a telephone."""
        return status.office.short_name if status.office else "–"

    def has_import_permission(self, request: HttpRequest) -> bool:
        """An import adds and overwrites, hence both rights."""
        return bool(
            request.user.has_perm(importing.RIGHT)
            and request.user.has_perm("public_site.change_passportstatus")
        )

    def get_urls(self) -> list[Any]:
        """With the template."""
        view = self.admin_site.admin_view(self.template_view)
        return [path("templat/", view, name="public_site_passportstatus_template"), *super().get_urls()]

    @action(
        description=gettext_lazy("Impor Excel"), url_path="impor", icon="upload_file", permissions=["import"]
    )
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """The form, and the whole file or what stands against it by cell."""
        form = StatusImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                count = importing.import_statuses(form.cleaned_data["file"], by=request.user)
            except ValidationError as error:
                form.add_error("file", error)
            else:
                messages.success(request, _("%(count)d status paspor tersimpan.") % {"count": count})
                return HttpResponseRedirect(reverse("admin:public_site_passportstatus_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Impor status paspor"),
            "opts": self.opts,
            "form": form,
            "template_url": reverse("admin:public_site_passportstatus_template"),
        }
        refused = request.method == "POST"
        return TemplateResponse(
            request, "admin/public_site/passport_import.html", context, status=422 if refused else 200
        )

    def template_view(self, request: HttpRequest) -> HttpResponseBase:
        """The empty workbook with an explanation of its columns."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the response
        write_rows(file, importing.template_sheets())
        file.seek(0)
        return send_file(_Opened(file), name="templat-status-paspor.xlsx", content_type=XLSX)


class _Opened(File):
    """A temporary file handed to a response, which closes it."""

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "_Opened":
        self.seek(0)
        return self
