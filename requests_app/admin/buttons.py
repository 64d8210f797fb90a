"""The verbs of a request as buttons of the console: words, forms and the reasons that grey them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.models import User
from admin_theme.buttons import OperationButton
from requests_app import operations, workflow
from requests_app.models import DataRequest, ResultDocument, Status

#: Officers who may look at a request; which verbs they may use is the workflow's decision.
VIEW = "requests_app.view_datarequest"
WORKING_RIGHTS = (workflow.VERIFY, workflow.PROCESS, workflow.APPROVE)
ASSIGNABLE = (Status.SUBMITTED, Status.VERIFYING, Status.PROCESSING, Status.AWAITING_APPROVAL)


NOTE_ERRORS = {
    "required": _("Tulis alasan atau catatan, paling sedikit 5 karakter"),
    "min_length": _("Tulis alasan atau catatan, paling sedikit 5 karakter"),
}


class PublicNoteForm(BaseDialogForm):
    """A note that the applicant reads."""

    note = forms.CharField(
        label=_("Alasan untuk pemohon"),
        help_text=_("Dibaca pemohon di halaman permohonan dan di email. Jangan menulis data orang di sini."),
        min_length=5,
        error_messages=NOTE_ERRORS,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


class InternalNoteForm(BaseDialogForm):
    """A note for colleagues that must be written."""

    note = forms.CharField(
        label=_("Catatan untuk petugas"),
        help_text=_("Hanya dibaca petugas."),
        min_length=5,
        error_messages=NOTE_ERRORS,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


class OptionalNoteForm(BaseDialogForm):
    """A note for colleagues that may stay empty."""

    note = forms.CharField(
        label=_("Catatan untuk petugas (boleh kosong)"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class OfficerChoiceField(forms.ModelChoiceField):
    """Officers by their names."""

    def label_from_instance(self, obj: Any) -> str:
        """The officer's name."""
        return str(obj.get_full_name())


class AssignForm(BaseDialogForm):
    """Which officer gets the request."""

    assignee = OfficerChoiceField(
        label=_("Petugas"),
        empty_label=_("Pilih petugas"),
        queryset=User.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )
    note = forms.CharField(
        label=_("Catatan untuk petugas (boleh kosong)"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = working_officers()


def officer_of(request: HttpRequest) -> User:
    """The signed-in officer; the admin site has let nobody else in."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def working_officers() -> QuerySet[User]:
    """Active officers who may verify, process or approve requests, by name."""
    codenames = [right.partition(".")[2] for right in WORKING_RIGHTS]
    rights = Permission.objects.filter(content_type__app_label="requests_app", codename__in=codenames)
    return (
        User.objects.filter(is_staff=True, is_active=True)
        .filter(Q(groups__permissions__in=rights) | Q(user_permissions__in=rights))
        .distinct()
        .order_by("full_name")
    )


def reasons_of(verb: str) -> Callable[[DataRequest, User], list[str] | None]:
    """The workflow's verdict on ``verb``, in the shape the buttons ask for."""

    def reasons(request: DataRequest, user: User) -> list[str] | None:
        return workflow.reasons(verb, request, user)

    return reasons


def assign_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Open requests may be handed to any working officer."""
    return [] if request.status in ASSIGNABLE and workflow.may_work(user) else None


def take_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Like assigning; not offered to the officer who has it already."""
    return None if request.assignee_id == user.pk else assign_reasons(request, user)


def remake_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Offered to approvers once the worker has given a document up."""
    if request.status != Status.ISSUING or not user.has_perm(workflow.APPROVE):
        return None
    given_up = request.documents.filter(
        state=ResultDocument.State.PREPARING, attempts__gte=ResultDocument.MOST_ATTEMPTS
    )
    return [] if given_up.exists() else [str(_("Dokumen masih disiapkan. Tunggu beberapa menit"))]


def _move(name: str, operation: Callable[..., Any], **options: Any) -> OperationButton:
    return OperationButton(
        name,
        label=workflow.VERBS[name].label,
        operation=operation,
        permission=VIEW,
        reasons=reasons_of(name),
        **options,
    )


OPERATION_BUTTONS = [
    OperationButton(
        "take",
        label=_("Ambil"),
        operation=operations.take,
        permission=VIEW,
        reasons=take_reasons,
        icon="back_hand",
        confirm=_("Anda menjadi petugas permohonan ini."),
        success=_("Permohonan %(object)s kini Anda tangani."),
    ),
    OperationButton(
        "assign",
        label=_("Tugaskan"),
        operation=operations.assign,
        permission=VIEW,
        reasons=assign_reasons,
        icon="person_add",
        form_class=AssignForm,
        success=_("Permohonan %(object)s sudah ditugaskan."),
    ),
    _move(
        "start_verification",
        operations.start_verification,
        icon="fact_check",
        variant="primary",
        confirm=_("Anda memeriksa surat dan data permohonan ini. Status menjadi Diverifikasi."),
    ),
    _move(
        "accept",
        operations.accept,
        icon="check",
        variant="success",
        form_class=OptionalNoteForm,
        confirm=_("Surat dan data lengkap. Status menjadi Diproses dan pemohon diberi tahu lewat email."),
    ),
    _move(
        "send_for_approval",
        operations.send_for_approval,
        icon="send",
        variant="primary",
        form_class=OptionalNoteForm,
        confirm=_("Semua baris sudah dijawab. Permohonan diteruskan kepada petugas lain untuk disetujui."),
    ),
    _move(
        "approve",
        operations.approve,
        icon="verified",
        variant="success",
        form_class=OptionalNoteForm,
        confirm=_(
            "Periksa kembali hasil pencocokan. Setelah disetujui, nomor dokumen diberikan dan dokumen "
            "jawaban dibuat."
        ),
    ),
    OperationButton(
        "remake_document",
        label=_("Buat ulang dokumen"),
        operation=operations.remake_document,
        permission=VIEW,
        reasons=remake_reasons,
        icon="restart_alt",
        variant="warning",
        confirm=_("Dokumen belum berhasil dibuat. Nomornya tetap; pembuatannya dicoba sekali lagi."),
        success=_("Dokumen permohonan %(object)s sedang dibuat ulang."),
    ),
    _move("send_back", operations.send_back, icon="undo", form_class=InternalNoteForm),
    _move(
        "ask_correction",
        operations.ask_correction,
        icon="edit_note",
        variant="warning",
        form_class=PublicNoteForm,
        confirm=_("Permohonan dikembalikan kepada pemohon untuk diperbaiki."),
    ),
    _move(
        "reject",
        operations.reject,
        icon="block",
        variant="danger",
        form_class=PublicNoteForm,
        confirm=_("Permohonan berakhir tanpa jawaban. Tindakan ini tidak dapat dibatalkan."),
    ),
    _move(
        "reopen",
        operations.reopen,
        icon="lock_open",
        variant="warning",
        form_class=InternalNoteForm,
        confirm=_("Permohonan diproses kembali. Dokumen yang sekarang digantikan saat dokumen baru terbit."),
    ),
]
