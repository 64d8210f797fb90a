"""The verbs of a request. Each locks, checks right, state and guards, moves, records, and announces after commit."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.entitlements import agreement_for, refusal_reason
from accounts.models import User
from core import throttle
from core.catalogue.models import Service
from core.doors import clock, mail, queue
from core.doors.storage import safe_name
from core.reference.working_days import add_working_days
from requests_app import documents, workflow
from requests_app.models import (
    DataRequest,
    RequestEvent,
    RequestRow,
    ResultDocument,
    RowUpload,
    StatisticsItem,
    Status,
)
from requests_app.references import give_number

Change = Callable[[DataRequest], None]

HEADER_FIELDS = ("letter_number", "letter_date", "subject", "unit", "phone", "purpose", "legal_basis")


class StateConflict(ValidationError):
    """The request is no longer where the person saw it; the text says who moved it, when and where to."""


# --- fetching under a lock --------------------------------------------------------------------------------------


def lock_request(pk: uuid.UUID | str, by: User | None) -> DataRequest:
    """The request, locked until the transaction ends; DataRequest.DoesNotExist for those who must not know of it."""
    visible = DataRequest.objects.all() if by is None else DataRequest.objects.visible_to(by)
    return visible.select_for_update(of=("self",)).get(pk=pk)


def lock_editable(pk: uuid.UUID | str, by: User) -> DataRequest:
    """The applicant's own request in a state that may be changed."""
    request = lock_request(pk, by)
    if by.is_staff or request.requester_id != by.pk:
        raise PermissionDenied
    if not request.is_editable:
        raise StateConflict(already_sent_message(request))
    return request


def already_sent_message(request: DataRequest) -> str:
    """Why a sent request cannot be changed."""
    at = request.submitted_at
    if at is None:
        return _("Permohonan ini tidak dapat diubah lagi.")
    return _("Permohonan ini sudah dikirim pada %(day)s, %(time)s, sehingga tidak dapat diubah.") % {
        "day": clock.long_date(at),
        "time": clock.time_wib(at),
    }


def touch(request: DataRequest, *fields: str) -> None:
    """Saves the named fields and raises the version."""
    request.version += 1
    request.save(update_fields=[*fields, "version", "updated_at"])


# --- the draft --------------------------------------------------------------------------------------------------


@transaction.atomic
def create_draft(*, by: User) -> DataRequest:
    """A new draft with what the person wrote last time; ValidationError when the agency has no agreement."""
    if by.is_staff or by.agency is None:
        raise PermissionDenied
    refusal = refusal_reason(by.agency, None, clock.today())
    if refusal:
        raise ValidationError(refusal)
    last = DataRequest.objects.filter(requester=by).order_by("-created_at").first()
    agreement = agreement_for(by.agency, [], clock.today())
    return DataRequest.objects.create(
        requester=by,
        agency=by.agency,
        unit=last.unit if last else by.unit,
        phone=last.phone if last else by.phone,
        legal_basis=(last.legal_basis if last else "") or (agreement.legal_basis if agreement else ""),
    )


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
    touch(request, *changed)
    return request


@transaction.atomic
def answer_more_than_ten(pk: uuid.UUID | str, *, by: User, value: bool) -> DataRequest:
    """Stores the answer to the manual's question."""
    request = lock_editable(pk, by)
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
    files = [request.letter, *(upload.file for upload in request.uploads.all())]
    request.delete()
    for file in files:
        if file:
            transaction.on_commit(partial(file.delete, save=False))


# --- rows and statistics ----------------------------------------------------------------------------------------


def check_allowed(request: DataRequest, service: Service) -> None:
    """ValidationError when the agreement does not include the service today."""
    refusal = refusal_reason(request.agency, service, clock.today())
    if refusal:
        raise ValidationError(refusal)


def next_position(queryset: Any) -> int:
    """One more than the highest position in use."""
    return (queryset.aggregate(highest=Max("position"))["highest"] or 0) + 1


def refuse_duplicate(
    request: DataRequest, service: Service, values: Mapping[str, Any], *, but: int | None = None
) -> None:
    """ValidationError when the same person is already asked for with the same entries."""
    twins = request.rows.filter(service=service, values=values)
    if but is not None:
        twins = twins.exclude(pk=but)
    twin = twins.first()
    if twin is not None:
        raise ValidationError(
            _("Data ini sama dengan baris %(number)d. Ubah isian atau batalkan") % {"number": twin.position}
        )


@transaction.atomic
def add_row(pk: uuid.UUID | str, *, by: User, service: Service, values: Mapping[str, Any]) -> RequestRow:
    """Adds a typed row; ``values`` come clean out of the service's schema."""
    request = lock_editable(pk, by)
    check_allowed(request, service)
    if request.rows.count() >= settings.TYPED_ROWS_MAX:
        raise ValidationError(
            _(
                "Anda sudah memasukkan %(limit)d data. Untuk menambah, ubah jawaban menjadi YA lalu unggah Excel."
            )
            % {"limit": settings.TYPED_ROWS_MAX}
        )
    refuse_duplicate(request, service, values)
    row = RequestRow(
        request=request, service=service, values=dict(values), position=next_position(request.rows)
    )
    row.identify(request.schema_for(service), values)
    row.save()
    touch(request)
    return row


@transaction.atomic
def change_row(
    pk: uuid.UUID | str, position: int, *, by: User, service: Service, values: Mapping[str, Any]
) -> RequestRow:
    """Replaces what a row asks for; an earlier outcome is forgotten."""
    request = lock_editable(pk, by)
    check_allowed(request, service)
    row = request.rows.get(position=position)
    refuse_duplicate(request, service, values, but=row.pk)
    row.service = service
    row.values = dict(values)
    row.identify(request.schema_for(service), values)
    reset_answer(row)
    row.save()
    touch(request)
    return row


def reset_answer(row: RequestRow) -> None:
    """A changed question has no answer yet."""
    row.outcome = "pending"
    row.outcome_reason = ""
    row.decided_by = None
    row.decided_at = None
    if row.pk:
        row.answers.all().delete()
        row.candidates.all().delete()


@transaction.atomic
def remove_row(pk: uuid.UUID | str, position: int, *, by: User) -> str:
    """Removes a row and returns the name it asked for."""
    request = lock_editable(pk, by)
    row = request.rows.get(position=position)
    name = row.name
    row.delete()
    touch(request)
    return name


@transaction.atomic
def add_statistics(pk: uuid.UUID | str, *, by: User, values: Mapping[str, Any]) -> StatisticsItem:
    """Adds a statistics question; ``values`` are StatisticsItem fields."""
    request = lock_editable(pk, by)
    item = StatisticsItem(request=request, position=next_position(request.statistics), **values)
    check_allowed(request, item.service)
    item.clean()
    item.save()
    touch(request)
    return item


@transaction.atomic
def change_statistics(
    pk: uuid.UUID | str, position: int, *, by: User, values: Mapping[str, Any]
) -> StatisticsItem:
    """Replaces a statistics question; an earlier table is forgotten."""
    request = lock_editable(pk, by)
    item = request.statistics.get(position=position)
    for name, value in values.items():
        setattr(item, name, value)
    check_allowed(request, item.service)
    item.clean()
    item.answer, item.answered_at, item.answered_by = None, None, None
    item.save()
    touch(request)
    return item


@transaction.atomic
def remove_statistics(pk: uuid.UUID | str, position: int, *, by: User) -> None:
    """Removes a statistics question."""
    request = lock_editable(pk, by)
    request.statistics.get(position=position).delete()
    touch(request)


# --- Excel ------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_upload(pk: uuid.UUID | str, *, by: User, uploaded: UploadedFile) -> RowUpload:
    """Keeps the workbook and queues its check; earlier unsaved uploads of the request are discarded."""
    request = lock_editable(pk, by)
    verdict = throttle.hit(f"upload:{by.pk}", limit=settings.UPLOADS_PER_HOUR, window=timedelta(hours=1))
    if not verdict.allowed:
        raise ValidationError(
            _("Terlalu banyak unggahan. Coba lagi pukul %(time)s") % {"time": clock.time_wib(verdict.until)}
        )
    for earlier in request.uploads.exclude(stage__in=[RowUpload.Stage.SAVED, RowUpload.Stage.DISCARDED]):
        drop_upload(earlier)
    upload = RowUpload(request=request, by=by, file_name=safe_name(uploaded.name or "data.xlsx"))
    upload.file.save(uploaded.name or "data.xlsx", uploaded, save=False)
    upload.save()
    queue.enqueue("requests_app.tasks.check_upload", str(upload.pk))
    return upload


def drop_upload(upload: RowUpload) -> None:
    """Forgets the rows of an upload that will not be saved; the file goes with the nightly clean-up."""
    upload.stage = RowUpload.Stage.DISCARDED
    upload.rows = []
    upload.preview = []
    upload.errors = []
    upload.save(update_fields=["stage", "rows", "preview", "errors"])


@transaction.atomic
def discard_upload(upload_pk: uuid.UUID | str, *, by: User) -> None:
    """The applicant does not want the checked rows."""
    upload = RowUpload.objects.get(pk=upload_pk)
    lock_editable(upload.request_id, by)
    drop_upload(upload)


@transaction.atomic
def save_upload(upload_pk: uuid.UUID | str, *, by: User) -> int:
    """Writes all rows of a clean upload, or none; returns how many. A second press saves nothing again."""
    request_id = RowUpload.objects.values_list("request_id", flat=True).get(pk=upload_pk)
    request = lock_editable(request_id, by)
    upload = RowUpload.objects.select_for_update().get(pk=upload_pk)
    if upload.stage == RowUpload.Stage.SAVED:
        return upload.total
    if upload.stage != RowUpload.Stage.CLEAN:
        raise ValidationError(
            _(
                "Berkas belum selesai diperiksa atau masih memuat kesalahan. Unggah berkas yang sudah diperbaiki"
            )
        )
    services = {
        service.key: service for service in Service.objects.filter(key__in=upload.counts).with_fields()
    }
    for service in services.values():
        check_allowed(request, service)
    schemas = {key: request.schema_for(service) for key, service in services.items()}
    position = next_position(request.rows)
    rows = []
    for offset, entry in enumerate(upload.rows):
        row = RequestRow(
            request=request,
            service=services[entry["service"]],
            values=entry["values"],
            position=position + offset,
        )
        row.identify(schemas[entry["service"]], entry["values"])
        rows.append(row)
    RequestRow.objects.bulk_create(rows, batch_size=500)
    upload.stage = RowUpload.Stage.SAVED
    upload.total = len(rows)
    upload.rows, upload.preview = [], []
    upload.save(update_fields=["stage", "rows", "preview", "total"])
    touch(request)
    return len(rows)


# --- moving -----------------------------------------------------------------------------------------------------


def conflict(request: DataRequest) -> StateConflict:
    """Says who moved the request meanwhile."""
    last = request.events.select_related("actor").order_by("-id").first()
    if last is None:
        return StateConflict(
            _("Tindakan ini tidak tersedia pada status sekarang. Muat ulang sebelum melanjutkan.")
        )
    return StateConflict(
        _(
            "Status sudah diubah oleh %(name)s pukul %(time)s menjadi %(state)s. Muat ulang sebelum melanjutkan."
        )
        % {
            "name": last.actor.get_full_name() if last.actor else _("sistem"),
            "time": clock.time_wib(last.at),
            "state": Status(request.status).label,
        }
    )


def move(
    pk: uuid.UUID | str, name: str, *, by: User | None, note: str = "", change: Change | None = None
) -> DataRequest:
    """The one way a request changes state; must run inside a transaction."""
    verb = workflow.VERBS[name]
    request = lock_request(pk, by)
    if not workflow.has_right(verb, request, by):
        if workflow.has_some_right(verb, by):
            raise conflict(request)  # the right belongs to the state that somebody has just left
        raise PermissionDenied
    if not workflow.fits_state(verb, request):
        raise conflict(request)
    standing = workflow.guard_reasons(verb, request, by)
    note = note.strip()
    if verb.note_required and len(note) < 5:
        standing = [*standing, _("Tulis alasan atau catatan, paling sedikit 5 karakter")]
    if standing:
        raise ValidationError(standing)
    source = request.status
    getattr(request, name)()
    if change is not None:
        change(request)
    if verb.note_public:
        request.officer_note = note
    request.version += 1
    request.save()
    RequestEvent.objects.create(
        request=request,
        actor=by,
        verb=name,
        source=source,
        target=request.status,
        note=note,
        is_public=verb.note_public,
    )
    return request


def announce(request: DataRequest, kind: str) -> None:
    """Posts a mail about the request's present version; sent after commit, once."""
    mail.post(f"requests.{kind}", request.pk, event=str(request.version))


@transaction.atomic
def submit(pk: uuid.UUID | str, *, by: User, submit_key: uuid.UUID) -> DataRequest:
    """Sends the draft: number, schema copies, due date, mail. Pressing twice gives the same request."""
    sent = DataRequest.objects.visible_to(by).filter(pk=pk, submit_key=submit_key, requester=by).first()
    if sent is not None:
        return sent
    request = lock_request(pk, by)
    if request.submit_key == submit_key and request.requester_id == by.pk:
        return request  # the twin press waited for the lock
    if request.requester_id == by.pk and not request.is_draft:
        raise StateConflict(already_sent_message(request))

    def fill(moved: DataRequest) -> None:
        services = workflow.requested_services(moved)
        for service in services:
            service.mark_used()
        moved.schemas = {service.key: service.schema().to_json() for service in services}
        moved.agreement = agreement_for(moved.agency, services, clock.today())
        moved.submit_key = submit_key
        moved.submitted_at = clock.now()
        moved.due_on = add_working_days(clock.today(), settings.ANSWER_WORKING_DAYS)
        give_number(moved)

    request = move(pk, "submit", by=by, change=fill)
    announce(request, "submitted")
    return request


@transaction.atomic
def resubmit(pk: uuid.UUID | str, *, by: User) -> DataRequest:
    """Sends the corrected request back to the same officer; the due date starts again. Pressing twice changes nothing."""
    present = lock_request(pk, by)
    last = present.events.order_by("-id").first()
    if (
        last is not None
        and last.verb == "resubmit"
        and last.actor_id == by.pk
        and present.status == last.target
    ):
        return present

    def renew(moved: DataRequest) -> None:
        for service in workflow.requested_services(moved):
            if service.key not in moved.schemas:
                service.mark_used()
                moved.schemas[service.key] = service.schema().to_json()
        moved.due_on = add_working_days(clock.today(), settings.ANSWER_WORKING_DAYS)

    request = move(pk, "resubmit", by=by, change=renew)
    announce(request, "resubmitted")
    return request


@transaction.atomic
def withdraw(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """The applicant no longer wants it."""
    return move(pk, "withdraw", by=by, note=note)


@transaction.atomic
def lapse(pk: uuid.UUID | str) -> DataRequest:
    """Closes a request that was not corrected in time; called by the daily task."""
    request = move(pk, "lapse", by=None)
    announce(request, "lapsed")
    return request


@transaction.atomic
def assign(pk: uuid.UUID | str, *, by: User, assignee: User, note: str = "") -> DataRequest:
    """Gives an open request to an officer (oneself or another)."""
    request = lock_request(pk, by)
    if not workflow.may_work(by):
        raise PermissionDenied
    if not workflow.may_work(assignee):
        raise ValidationError(_("Pilih petugas aktif yang menangani permohonan"))
    if workflow.is_not_own_agency(request, assignee):
        raise ValidationError(_("Petugas itu terdaftar pada instansi pemohon. Pilih petugas lain"))
    if request.status not in (
        Status.SUBMITTED,
        Status.VERIFYING,
        Status.PROCESSING,
        Status.AWAITING_APPROVAL,
    ):
        raise conflict(request)
    request.assignee = assignee
    touch(request, "assignee")
    RequestEvent.objects.create(
        request=request, actor=by, verb="assign", note=f"{assignee.get_full_name()} {note}".strip()
    )
    return request


@transaction.atomic
def take(pk: uuid.UUID | str, *, by: User) -> DataRequest:
    """Takes the request oneself."""
    return assign(pk, by=by, assignee=by)


@transaction.atomic
def start_verification(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """A verifier takes the request up."""

    def take_over(moved: DataRequest) -> None:
        moved.assignee = by

    return move(pk, "start_verification", by=by, note=note, change=take_over)


@transaction.atomic
def accept(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """Letter and rows are in order: on to processing, free for any officer."""

    def sign(moved: DataRequest) -> None:
        moved.verified_by = by
        moved.assignee = None

    request = move(pk, "accept", by=by, note=note, change=sign)
    announce(request, "processing")
    return request


@transaction.atomic
def ask_correction(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """Returns the request to the applicant with a note."""

    def keep_officer(moved: DataRequest) -> None:
        moved.assignee = by

    request = move(pk, "ask_correction", by=by, note=note, change=keep_officer)
    announce(request, "correction")
    return request


@transaction.atomic
def reject(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """Ends the request without an answer; the reason goes to the applicant."""
    request = move(pk, "reject", by=by, note=note)
    announce(request, "rejected")
    return request


@transaction.atomic
def send_for_approval(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """All rows are answered: on to another pair of eyes."""

    def sign(moved: DataRequest) -> None:
        moved.processed_by = by
        moved.assignee = None

    return move(pk, "send_for_approval", by=by, note=note, change=sign)


@transaction.atomic
def send_back(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """The approver wants something done again."""

    def give_back(moved: DataRequest) -> None:
        moved.assignee = moved.processed_by

    return move(pk, "send_back", by=by, note=note, change=give_back)


@transaction.atomic
def approve(pk: uuid.UUID | str, *, by: User, note: str = "") -> DataRequest:
    """The second officer approves: a number is drawn and a worker makes the document."""
    drawn: list[ResultDocument] = []

    def sign(moved: DataRequest) -> None:
        moved.approved_by = by
        moved.approved_at = clock.now()
        moved.assignee = None
        drawn.append(documents.draw_number(moved, moved.approved_at))

    request = move(pk, "approve", by=by, note=note, change=sign)
    queue.enqueue("requests_app.tasks.issue_document", str(drawn[0].pk))
    return request


@transaction.atomic
def document_ready(pk: uuid.UUID | str) -> DataRequest:
    """The worker has made the files: the request is complete. A repeated call changes nothing."""
    request = lock_request(pk, None)
    if request.status == Status.COMPLETED:
        return request

    def complete(moved: DataRequest) -> None:
        moved.completed_at = clock.now()
        moved.documents.filter(state=ResultDocument.State.ISSUED).update(
            state=ResultDocument.State.SUPERSEDED
        )
        moved.documents.filter(state=ResultDocument.State.PREPARING).update(
            state=ResultDocument.State.ISSUED, issued_at=clock.now()
        )

    request = move(pk, "document_ready", by=None, change=complete)
    announce(request, "completed")
    return request


@transaction.atomic
def remake_document(pk: uuid.UUID | str, *, by: User) -> ResultDocument:
    """Tries once more to make a document that was given up; the number stays."""
    request = lock_request(pk, by)
    if not by.is_active or not by.has_perm(workflow.APPROVE):
        raise PermissionDenied
    document = request.documents.filter(state=ResultDocument.State.PREPARING).select_for_update().first()
    if request.status != Status.ISSUING or document is None:
        raise conflict(request)
    if document.attempts < ResultDocument.MOST_ATTEMPTS:
        raise ValidationError(_("Dokumen masih disiapkan. Tunggu beberapa menit"))
    document.attempts = 0
    document.save(update_fields=["attempts"])
    RequestEvent.objects.create(request=request, actor=by, verb="remake_document")
    queue.enqueue("requests_app.tasks.issue_document", str(document.pk))
    return document


@transaction.atomic
def reopen(pk: uuid.UUID | str, *, by: User, note: str) -> DataRequest:
    """A completed request is worked on again; the next document supersedes the present one."""

    def clear(moved: DataRequest) -> None:
        moved.approved_by, moved.approved_at, moved.completed_at = None, None, None
        moved.due_on = add_working_days(clock.today(), settings.ANSWER_WORKING_DAYS)

    return move(pk, "reopen", by=by, note=note, change=clear)
