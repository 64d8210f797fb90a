"""The end of an issued document: one officer asks for it with a reason, an approver who did not ask revokes it."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock, mail
from core.rules.models import Reason
from requests_app import workflow
from requests_app.models import DataRequest, RequestEvent, ResultDocument, Status
from requests_app.operations.locking import StateConflict, lock_request, touch
from requests_app.operations.parts import open_revoked

State = ResultDocument.State
SHORTEST = 5
LONGEST = 1000


def ask_revocation_reasons(document: ResultDocument, user: User) -> list[str] | None:
    """None: not for this person or state. Empty: may be asked for now. Otherwise why not."""
    if (
        document.state != State.ISSUED
        or document.awaits_revocation
        or not user.has_perm(workflow.ASK_REVOCATION)
    ):
        return None
    return _standing(document.request, user)


def revoke_reasons(document: ResultDocument, user: User) -> list[str] | None:
    """The same for deciding that it is revoked: four eyes, whoever asked for it cannot."""
    if document.state != State.ISSUED or not document.awaits_revocation or not user.has_perm(workflow.REVOKE):
        return None
    reasons = _standing(document.request, user)
    if document.revocation_asked_by_id == user.pk:
        reasons.append(_("Menunggu petugas lain: Anda yang meminta pencabutan ini"))
    return reasons


def drop_revocation_reasons(document: ResultDocument, user: User) -> list[str] | None:
    """The same for leaving the document in force: who asked takes it back, who may revoke declines."""
    if document.state != State.ISSUED or not document.awaits_revocation:
        return None
    if document.revocation_asked_by_id != user.pk and not user.has_perm(workflow.REVOKE):
        return None
    return workflow.is_not_own_agency(document.request, user)


def _standing(request: DataRequest, user: User) -> list[str]:
    reasons = workflow.is_not_own_agency(request, user)
    if request.status == Status.ISSUING:
        # The document being made names the parts before it.
        reasons = [*reasons, _("Dokumen permohonan ini sedang disiapkan. Tunggu beberapa menit")]
    return reasons


def _lock(pk: uuid.UUID | str, by: User, right: str) -> tuple[DataRequest, ResultDocument]:
    """The request, then its document; both locked, in the order of every verb."""
    request_id = ResultDocument.objects.values_list("request_id", flat=True).get(pk=pk)
    request = lock_request(request_id, by)
    if not by.is_active or not by.is_staff or not by.has_perm(right):
        raise PermissionDenied
    document = ResultDocument.objects.select_for_update(of=("self",)).get(pk=pk)
    document.request = request
    return request, document


def _check(document: ResultDocument, reasons: list[str] | None) -> None:
    if reasons is None:
        raise StateConflict(
            _("Keadaan dokumen %(number)s sudah berubah: %(state)s. Muat ulang sebelum melanjutkan.")
            % {"number": document.number, "state": State(document.state).label}
        )
    if reasons:
        raise ValidationError(reasons)


def _record(document: ResultDocument, by: User, verb: str, note: str = "") -> None:
    text = f"{document.name} ({document.number})"
    RequestEvent.objects.create(
        request=document.request, actor=by, verb=verb, note=f"{text}: {note}" if note else text
    )
    touch(document.request)


@transaction.atomic
def ask_revocation(pk: uuid.UUID | str, *, by: User, reason: Reason, note: str = "") -> ResultDocument:
    """Asks that a document be revoked; it stays in force until another officer agrees.

    The applicant will read the reason, chosen from the administrators' list, and ``note``.
    """
    _request, document = _lock(pk, by, workflow.ASK_REVOCATION)
    _check(document, ask_revocation_reasons(document, by))
    if reason.purpose != Reason.Purpose.REVOCATION or not reason.active:
        raise ValidationError({"reason": _("Pilih alasan yang tersedia")})
    note = note.strip()
    if len(note) > LONGEST:
        raise ValidationError({"note": _("Paling banyak %(limit)d karakter") % {"limit": LONGEST}})
    document.revocation_asked_by, document.revocation_asked_at = by, clock.now()
    document.revocation_said, document.revocation_said_en = reason.text, reason.text_en
    document.revocation_note = note
    _save(document)
    _record(document, by, "ask_revocation", f"{reason.text}. {note}" if note else reason.text)
    return document


@transaction.atomic
def revoke(pk: uuid.UUID | str, *, by: User) -> ResultDocument:
    """Revokes a document on another officer's request: nobody downloads it any more, and the applicant is told.

    Its number and fingerprint stay, so that whoever holds a copy learns of it. The rows of a part are open again as
    soon as the request is processed; after the last document the request can be reopened.
    """
    request, document = _lock(pk, by, workflow.REVOKE)
    _check(document, revoke_reasons(document, by))
    document.state, document.revoked_by, document.revoked_at = State.REVOKED, by, clock.now()
    _save(document)
    _record(document, by, "revoke", document.revocation_said)
    if request.status == Status.PROCESSING:
        open_revoked(request, by)
    mail.post("requests.revoked", request.pk, event=document.number)
    return document


@transaction.atomic
def drop_revocation(pk: uuid.UUID | str, *, by: User, note: str) -> ResultDocument:
    """Leaves a document in force whose revocation was asked for; the trail keeps who had asked, and why not."""
    _request, document = _lock(pk, by, workflow.ASK_REVOCATION)
    _check(document, drop_revocation_reasons(document, by))
    note = note.strip()
    if len(note) < SHORTEST:
        raise ValidationError({"note": _("Tulis alasan atau catatan, paling sedikit 5 karakter")})
    document.revocation_asked_by = document.revocation_asked_at = None
    document.revocation_said = document.revocation_said_en = document.revocation_note = ""
    _save(document)
    _record(document, by, "drop_revocation", note)
    return document


def _save(document: ResultDocument) -> None:
    document.save(
        update_fields=[
            "state",
            "revocation_asked_by",
            "revocation_asked_at",
            "revocation_said",
            "revocation_said_en",
            "revocation_note",
            "revoked_by",
            "revoked_at",
        ]
    )
