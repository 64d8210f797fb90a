"""The draft and its letter: what the applicant does before sending and while correcting."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.entitlements import agreement_for, refusal_reason
from accounts.models import User
from core.doors import clock
from core.doors.storage import safe_name
from requests_app import workflow
from requests_app.corrections import Unlocked
from requests_app.models import DataRequest, Status
from requests_app.models.request import FIRST_VERSION, HEADER_FIELDS
from requests_app.operations.locking import (
    StateConflict,
    already_sent_message,
    lock_editable,
    touch,
)


@transaction.atomic
def create_draft(*, by: User, on_behalf_of: User | None = None) -> DataRequest:
    """A draft with what the person wrote last time; ValidationError when the agency has no agreement.

    Pressing twice, or going back and pressing again, gives the draft that is still blank.

    ``on_behalf_of``: the applicant whose letter an officer enters. The draft is the officer's alone until it is sent.
    """
    requester = by if on_behalf_of is None else on_behalf_of
    if requester.is_staff or requester.agency is None:
        raise PermissionDenied
    if on_behalf_of is not None:
        refuse_entering(by, requester)
    refusal = refusal_reason(requester.agency, None, clock.today())
    if refusal:
        raise ValidationError(refusal)
    # One press after the other waits here; a draft nobody has written in yet serves the next press as well.
    User.objects.select_for_update(of=("self",)).get(pk=requester.pk)
    entered_by = None if on_behalf_of is None else by
    blank = DataRequest.objects.filter(
        requester=requester, entered_by=entered_by, status=Status.DRAFT, version=FIRST_VERSION
    ).first()
    if blank is not None:
        return blank
    sent_or_own = Q(number__isnull=False) | Q(entered_by__isnull=True)
    last = DataRequest.objects.filter(sent_or_own, requester=requester).order_by("-created_at").first()
    agreement = agreement_for(requester.agency, [], clock.today())
    return DataRequest.objects.create(
        requester=requester,
        agency=requester.agency,
        entered_by=entered_by,
        unit=last.unit if last else requester.unit,
        phone=last.phone if last else requester.phone,
        legal_basis=(last.legal_basis if last else "") or (agreement.legal_basis if agreement else ""),
    )


def refuse_entering(officer: User, requester: User) -> None:
    """PermissionDenied without the right; ValidationError when this officer cannot enter for this person."""
    if not workflow.may_enter(officer):
        raise PermissionDenied
    if not requester.is_active:
        raise ValidationError(_("Akun pemohon ini tidak aktif. Pilih pemohon lain dari instansi itu"))
    if officer.agency_id is not None and officer.agency_id == requester.agency_id:
        raise ValidationError(_("Anda terdaftar pada instansi pemohon. Serahkan kepada petugas lain"))


@transaction.atomic
def save_header(
    pk: uuid.UUID | str,
    *,
    by: User,
    values: Mapping[str, Any],
    letter: UploadedFile | None = None,
    version: int | None = None,
) -> DataRequest:
    """Stores the letter's data (only HEADER_FIELDS) and, when given, the checked PDF letter.

    ``version`` is what the form was opened with; StateConflict when the draft changed since.
    """
    request = lock_editable(pk, by)
    if version is not None and version != request.version:
        raise StateConflict(
            _(
                "Draf ini juga terbuka di perangkat lain dan sudah berubah pukul %(time)s. "
                "Muat ulang untuk melihat versi terbaru; isian Anda di bawah belum disimpan"
            )
            % {"time": clock.time_wib(request.updated_at)}
        )
    changed = [name for name in HEADER_FIELDS if name in values]
    if "purpose_code" in values and values["purpose_code"] != request.purpose_code:
        request.purpose_code = values["purpose_code"]
        purpose_changed = ["purpose_code"]
    else:
        purpose_changed = []
    asked_for = {name: values[name] for name in (*changed, "purpose_code") if name in values}
    Unlocked.of(request).check_header(asked_for, with_letter=letter is not None)
    for name in changed:
        setattr(request, name, values[name])
    if letter is not None:
        if request.is_draft and request.letter:
            # Once sent, the earlier letter stays: the receipt carries its fingerprint.
            storage, earlier = request.letter.storage, str(request.letter.name)
            transaction.on_commit(lambda: storage.delete(earlier))
        request.letter_name = safe_name(letter.name or "surat.pdf")
        request.letter.save(letter.name or "surat.pdf", letter, save=False)
        changed += ["letter", "letter_name"]
    touch(request, *changed, *purpose_changed)
    return request


@transaction.atomic
def answer_more_than_ten(pk: uuid.UUID | str, *, by: User, value: bool) -> DataRequest:
    """Stores the answer to the manual's question."""
    request = lock_editable(pk, by)
    Unlocked.of(request).check_adding_rows()
    if not value and request.rows.count() > settings.TYPED_ROWS_MAX:
        raise ValidationError(
            _("Sudah ada %(count)d data. Hapus hingga tersisa %(limit)d sebelum memilih TIDAK")
            % {"count": request.rows.count(), "limit": settings.TYPED_ROWS_MAX}
        )
    request.more_than_ten = value
    touch(request, "more_than_ten")
    return request


@transaction.atomic
def discard(pk: uuid.UUID | str, *, by: User) -> None:
    """Deletes an own draft with its files."""
    request = lock_editable(pk, by)
    if not request.is_draft:
        raise StateConflict(already_sent_message(request))
    files = [request.letter, *(file for upload in request.uploads.all() for file in upload.files)]
    request.delete()
    for file in files:
        if file:
            transaction.on_commit(partial(file.delete, save=False))
