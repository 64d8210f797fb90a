"""The verbs of a request as buttons of the console: words, forms and the reasons that grey them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.models import User
from admin_theme.buttons import OperationButton
from admin_theme.several import BulkOperation
from requests_app import operations, queues, workflow
from requests_app.admin.approval import OverrideForm
from requests_app.models import DataRequest, ResultDocument, Status

#: Officers who may look at a request; which verbs they may use is the workflow's decision.
VIEW = "requests_app.view_datarequest"
WORKING_RIGHTS = (workflow.VERIFY, workflow.PROCESS, workflow.APPROVE)


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


class PersonChoiceField(forms.ModelChoiceField):
    """People by their names."""

    def label_from_instance(self, obj: Any) -> str:
        """The person's name."""
        return str(obj.get_full_name())


def _request_of(object_id: Any) -> DataRequest | None:
    """The request a dialog is about; None for a list's dialog or a senseless key."""
    try:
        return DataRequest.objects.filter(pk=object_id).first()
    except ValidationError:  # no key at all
        return None


class RequesterForm(BaseDialogForm):
    """Which colleague of the applicant goes on with the request."""

    requester = PersonChoiceField(
        label=_("Pemohon"),
        empty_label=_("Pilih pemohon"),
        queryset=User.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["requester"]
        found = _request_of(self.object_id)
        if found is not None and isinstance(field, forms.ModelChoiceField):
            field.queryset = operations.colleagues(found)


class AssignForm(BaseDialogForm):
    """Which officer gets the request: those who may take its next step, except who has it."""

    assignee = PersonChoiceField(
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
            field.queryset = self._officers()

    def _officers(self) -> QuerySet[User]:
        found = _request_of(self.object_id)
        if found is None:
            return queues.working_officers()
        rights = queues.STEP_RIGHTS.get(found.status, ())
        return queues.holders(*rights).exclude(pk=found.assignee_id or 0)


def officer_of(request: HttpRequest) -> User:
    """The signed-in officer; the admin site has let nobody else in."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def reasons_of(verb: str) -> Callable[[DataRequest, User], list[str] | None]:
    """The workflow's verdict on ``verb``, in the shape the buttons ask for."""

    def reasons(request: DataRequest, user: User) -> list[str] | None:
        return workflow.reasons(verb, request, user)

    return reasons


def assign_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Open requests may be handed to an officer by any working officer."""
    return [] if request.status in queues.STEP_RIGHTS and workflow.may_work(user) else None


def take_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Offered to those whose step it is, and greyed for who may not decide here; not for who has it already."""
    rights = queues.STEP_RIGHTS.get(request.status, ())
    if request.assignee_id == user.pk or not any(user.has_perm(right) for right in rights):
        return None
    return queues.reasons_against_charge(request, user)


def release_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Who has it gives it back; a colleague's is released by who may distribute work."""
    if request.assignee_id is None or assign_reasons(request, user) is None:
        return None
    return [] if request.assignee_id == user.pk or user.has_perm(queues.DISTRIBUTE) else None


def remake_reasons(request: DataRequest, user: User) -> list[str] | None:
    """Offered to approvers once the worker has given a document up."""
    if request.status not in (Status.ISSUING, Status.PROCESSING) or not user.has_perm(workflow.APPROVE):
        return None
    document = request.documents.filter(state=ResultDocument.State.PREPARING).first()
    if document is None:
        return None
    if document.attempts >= ResultDocument.MOST_ATTEMPTS or document.is_halted:
        return []
    if document.failure:
        return [str(_("Dicoba lagi setiap beberapa menit: %(reason)s")) % {"reason": document.failure}]
    return [str(_("Dokumen masih disiapkan. Tunggu beberapa menit"))]


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
        confirm=_("Petugas yang dipilih melanjutkan permohonan ini. Statusnya tidak berubah."),
        success=_("Permohonan %(object)s sudah ditugaskan."),
    ),
    OperationButton(
        "release",
        label=_("Lepaskan"),
        operation=operations.release,
        permission=VIEW,
        reasons=release_reasons,
        icon="outbox",
        form_class=OptionalNoteForm,
        confirm=_(
            "Permohonan kembali ke antrean bersama dan dapat diambil petugas lain. Statusnya tidak berubah."
        ),
        success=_("Permohonan %(object)s kembali ke antrean bersama."),
    ),
    OperationButton(
        "change_requester",
        label=_("Ganti pemohon"),
        operation=operations.change_requester,
        permission=VIEW,
        reasons=operations.reasons_against_change,
        icon="manage_accounts",
        variant="warning",
        form_class=RequesterForm,
        confirm=_(
            "Akun pemohon sudah dinonaktifkan. Rekan yang dipilih menerima email dan melanjutkan permohonan ini: "
            "memperbaiki, membatalkan, dan menjawab pesan petugas."
        ),
        success=_("Permohonan %(object)s kini diteruskan rekan pemohon."),
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
        "approve_first",
        operations.approve_first,
        is_weighty=True,
        icon="done",
        variant="success",
        form_class=OptionalNoteForm,
        confirm=_(
            "Periksa kembali hasil pencocokan. Permohonan ini memerlukan dua persetujuan; sesudah Anda, "
            "petugas lain memberi persetujuan kedua."
        ),
        success=_("Persetujuan pertama untuk %(object)s tercatat."),
    ),
    _move(
        "approve",
        operations.approve,
        is_weighty=True,
        icon="verified",
        variant="success",
        form_class=OptionalNoteForm,
        confirm=_(
            "Periksa kembali hasil pencocokan. Setelah disetujui, nomor dokumen diberikan dan dokumen "
            "jawaban dibuat."
        ),
    ),
    OperationButton(
        "release_part",
        label=_("Terbitkan sebagian"),
        operation=operations.release_part,
        permission=workflow.APPROVE,
        reasons=operations.part_reasons,
        is_weighty=True,
        icon="splitscreen",
        form_class=OptionalNoteForm,
        confirm=_(
            "Baris yang sudah dijawab petugas lain diterbitkan sekarang sebagai dokumen bagian dan tidak dapat "
            "diubah lagi. Baris lain tetap diproses. Permohonan yang memerlukan dua persetujuan menunggu "
            "persetujuan kedua."
        ),
        success=_("Bagian permohonan %(object)s disetujui."),
    ),
    OperationButton(
        "withdraw_part",
        label=_("Batalkan bagian yang menunggu"),
        operation=operations.withdraw_part,
        permission=workflow.APPROVE,
        reasons=operations.withdraw_part_reasons,
        icon="undo",
        confirm=_("Baris yang menunggu persetujuan kedua dapat diubah lagi oleh petugas."),
        success=_("Baris permohonan %(object)s dapat diubah lagi."),
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
    _move(
        "override_approval",
        operations.override_approval,
        is_weighty=True,
        icon="emergency_home",
        variant="danger",
        form_class=OverrideForm,
        confirm=_(
            "Dokumen diterbitkan tanpa persetujuan kedua. Admin dan auditor langsung diberi tahu lewat email."
        ),
        success=_("%(object)s diterbitkan mendesak. Admin dan auditor diberi tahu."),
    ),
    _move("send_back", operations.send_back, icon="undo", form_class=InternalNoteForm),
    _move(
        "ask_correction",
        operations.ask_correction,
        icon="edit_note",
        variant="warning",
        form_class="requests_app.admin.correcting.AskForm",
        confirm=_(
            "Permohonan dikembalikan kepada pemohon untuk diperbaiki. Waktu jawaban berhenti dihitung."
        ),
    ),
    _move(
        "reject",
        operations.reject,
        is_weighty=True,
        icon="block",
        variant="danger",
        form_class=PublicNoteForm,
        confirm=_("Permohonan berakhir tanpa jawaban. Tindakan ini tidak dapat dibatalkan."),
    ),
    _move(
        "reopen",
        operations.reopen,
        is_weighty=True,
        icon="lock_open",
        variant="warning",
        form_class=InternalNoteForm,
        confirm=_("Permohonan diproses kembali. Dokumen yang sekarang digantikan saat dokumen baru terbit."),
    ),
]

#: The same for several ticked lines of the list.
BULK_OPERATIONS = [
    BulkOperation(
        "take",
        label=_("Ambil yang dipilih"),
        operation=operations.take,
        permission=VIEW,
        confirm=_("Anda menjadi petugas permohonan ini. Statusnya tidak berubah."),
    ),
    BulkOperation(
        "assign",
        label=_("Tugaskan yang dipilih"),
        operation=operations.assign,
        permission=VIEW,
        form_class=AssignForm,
        confirm=_("Petugas yang dipilih melanjutkan permohonan ini. Statusnya tidak berubah."),
    ),
    BulkOperation(
        "release",
        label=_("Lepaskan yang dipilih"),
        operation=operations.release,
        permission=VIEW,
        form_class=OptionalNoteForm,
        confirm=_("Permohonan kembali ke antrean bersama dan dapat diambil petugas lain."),
    ),
]
