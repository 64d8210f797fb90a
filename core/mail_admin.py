"""The console's page of mail texts: what each mail says, the names it may hold, preview, sample, back to our own."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.crypto import get_random_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, override
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from admin_theme.base import OfficerModelAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.changes import record_change
from core import mail_texts
from core.doors import mail
from core.models import MailText

RIGHT = "core.change_mailtext"
LANGUAGES = (("id", ""), ("en", "_en"))


class MailTextForm(forms.ModelForm):
    """Subject and text in both languages, filled with our own words while nothing else was written."""

    #: Whether it was sent only to be looked at.
    is_preview = False

    class Meta:
        model = MailText
        fields = ("subject", "body", "subject_en", "body_en")
        widgets = {
            "body": UnfoldAdminTextareaWidget(attrs={"rows": 14}),
            "body_en": UnfoldAdminTextareaWidget(attrs={"rows": 14}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = mail_texts.kinds().get(self.instance.kind)
        self.own: dict[str, str] = own_texts(self.kind)
        for name, text in self.own.items():
            if not self.initial.get(name):
                self.initial[name] = text

    def clean(self) -> dict[str, Any]:
        """Refuses unknown names, missing ones and stray braces; our own words are not stored."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for _language, suffix in LANGUAGES:
            subject = data.get(f"subject{suffix}") or self.own.get(f"subject{suffix}", "")
            body = (
                (data.get(f"body{suffix}") or self.own.get(f"body{suffix}", "")).replace("\r\n", "\n").strip()
            )
            data[f"subject{suffix}"], data[f"body{suffix}"] = subject, body
            if self.kind is None:
                continue
            for place, text in mail_texts.check(self.kind, subject, body).items():
                self.add_error(f"{place}{suffix}", text)
            if (subject, body) == (self.own[f"subject{suffix}"], self.own[f"body{suffix}"]):
                data[f"subject{suffix}"] = data[f"body{suffix}"] = ""
        if "_preview" in self.data and not self.errors:
            # Refused so that nothing is stored; the page tells it as a note, not as a mistake.
            self.add_error(None, _("Pratinjau di bawah belum disimpan."))
            self.is_preview = True
        return data


def own_texts(kind: mail_texts.MailKind | None) -> dict[str, str]:
    """Our own words by form field."""
    texts: dict[str, str] = {}
    for language, suffix in LANGUAGES if kind else ():
        with override(language):
            texts[f"subject{suffix}"], texts[f"body{suffix}"] = kind.default_text() if kind else ("", "")
    return texts


class SampleForm(BaseDialogForm):
    """In which language the sample is sent."""

    language = forms.ChoiceField(
        label=gettext_lazy("Bahasa"),
        choices=[("id", gettext_lazy("Bahasa Indonesia")), ("en", gettext_lazy("Bahasa Inggris"))],
        widget=UnfoldAdminSelectWidget(),
    )


def send_sample(text_id: int, *, by: Any, language: str) -> None:
    """Queues the saved text with example values for the person who asks."""
    if not by.has_perm(RIGHT):
        raise PermissionDenied
    mail.post("core.sample", f"{text_id}:{by.pk}:{language}", event=get_random_string(12))


def reset_text(text_id: int, *, by: Any) -> None:
    """Our own words again, recorded with what stood there."""
    if not by.has_perm(RIGHT):
        raise PermissionDenied
    row = MailText.objects.get(pk=text_id)
    before = [
        (name, getattr(row, name)) for _language, end in LANGUAGES for name in (f"subject{end}", f"body{end}")
    ]
    MailText.objects.filter(pk=text_id).update(subject="", body="", subject_en="", body_en="")
    labels = {column.name: str(column.verbose_name) for column in MailText._meta.fields}
    record_change(
        by,
        row,
        gettext_noop("Dikembalikan ke bawaan"),
        [(labels[name], text[:300], "") for name, text in before if text],
    )


def edited_reasons(row: MailText, user: Any) -> Sequence[str] | None:
    """Offered once something was written."""
    return [] if row.body or row.body_en else None


@admin.register(MailText)
class MailTextAdmin(OperationButtonsMixin, OfficerModelAdmin):
    """One row for each kind of mail, made when the list is opened."""

    form = MailTextForm
    list_display = ("display_label", "display_subject", "display_state")
    list_display_links = ("display_label",)
    ordering = ("id",)
    list_per_page = 100
    actions = None
    readonly_fields = ("display_names",)
    fieldsets = (
        (None, {"fields": ("display_names",)}),
        (gettext_lazy("Bahasa Indonesia"), {"fields": ("subject", "body")}),
        (gettext_lazy("Bahasa Inggris"), {"fields": ("subject_en", "body_en")}),
    )
    change_form_template = "admin/core/mailtext/change_form.html"
    operation_buttons = (
        OperationButton(
            "sample",
            label=gettext_lazy("Kirim contoh ke saya"),
            operation=send_sample,
            permission=RIGHT,
            icon="outgoing_mail",
            form_class=SampleForm,
            confirm=gettext_lazy("Teks yang tersimpan dikirim ke alamat email Anda dengan nilai contoh."),
            success=gettext_lazy("Contoh surel masuk antrean kirim."),
        ),
        OperationButton(
            "reset",
            label=gettext_lazy("Kembalikan ke bawaan"),
            operation=reset_text,
            permission=RIGHT,
            reasons=edited_reasons,
            icon="restart_alt",
            variant="warning",
            confirm=gettext_lazy(
                "Teks yang Anda tulis diganti dengan teks bawaan sistem dan langsung berlaku."
            ),
            success=gettext_lazy("Teks bawaan berlaku lagi."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MailText]:
        """The kinds that exist now."""
        return super().get_queryset(request).filter(kind__in=mail_texts.kinds())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """With a row for each kind."""
        if self.has_view_permission(request):
            known = set(MailText.objects.values_list("kind", flat=True))
            MailText.objects.bulk_create(
                [MailText(kind=kind) for kind in mail_texts.kinds() if kind not in known],
                ignore_conflicts=True,
            )
        return super().changelist_view(request, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """With the mail as it would look."""
        form = context["adminform"].form
        if isinstance(form, MailTextForm) and form.kind is not None:
            context["previews"] = list(previews(form))
            if form.is_preview and (told := form.errors.pop(NON_FIELD_ERRORS, None)):
                context["errors"] = None
                messages.info(request, str(told[0]))
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Kinds come with the program."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Kinds stay; texts go back to our own."""
        return False

    @display(description=gettext_lazy("surel"))
    def display_label(self, row: MailText) -> str:
        """What the mail is about."""
        kind = mail_texts.kinds().get(row.kind)
        return str(kind.label) if kind else row.kind

    @display(description=gettext_lazy("perihal"))
    def display_subject(self, row: MailText) -> str:
        """The subject in force."""
        if row.subject:
            return row.subject
        kind = mail_texts.kinds().get(row.kind)
        return kind.default_text()[0] if kind else "–"

    @display(description=gettext_lazy("status"), label={"own": "default", "edited": "info"})
    def display_state(self, row: MailText) -> tuple[str, str]:
        """Ours or the administrator's."""
        return ("edited", _("Diubah")) if row.body or row.body_en else ("own", _("Bawaan"))

    @display(description=gettext_lazy("nama yang boleh dipakai"))
    def display_names(self, row: MailText) -> SafeString:
        """The names in braces with their meaning and an example."""
        kind = mail_texts.kinds().get(row.kind)
        names = kind.names if kind else {}
        return render_to_string(
            "admin/core/mailtext/names.html", {"names": names, "help": mail_texts.NAMES_HELP}
        )


def previews(form: MailTextForm) -> Any:
    """Language, subject and both parts of the mail with example values, as typed so far."""
    if form.kind is None:
        return
    for (language, suffix), label in zip(
        LANGUAGES, (_("Bahasa Indonesia"), _("Bahasa Inggris")), strict=True
    ):
        names = (f"subject{suffix}", f"body{suffix}")
        if form.is_bound:
            texts = [str(form.data.get(name, "")) or form.own[name] for name in names]
        else:
            texts = [str(form.initial.get(name) or form.own[name]) for name in names]
        message = mail.from_texts((texts[0], texts[1]), form.kind.examples(), to="", language=language)
        yield {
            "language": language,
            "label": label,
            "subject": message.subject,
            "text": message.body,
            "html": message.alternatives[0][0],
        }
