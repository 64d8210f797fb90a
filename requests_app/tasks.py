"""Work on requests that runs in the queue: making result documents, checking uploaded workbooks."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from core.doors import clock, mail, queue
from core.reference.working_days import WorkingCalendar
from requests_app import documents, operations, uploads
from requests_app.models import DataRequest, RequestEvent, ResultDocument, Status

logger = logging.getLogger(__name__)

#: A worker that has not finished by then has died; longer than the queue's own time limit.
_STUCK_AFTER = timedelta(minutes=12)


def issue_document(document_id: str) -> None:
    """Makes the files of a numbered document, then completes its request; may run any number of times."""
    with transaction.atomic():
        document = ResultDocument.objects.select_for_update().get(pk=document_id)
        if document.state == ResultDocument.State.PREPARING and not document.pdf_sha256:
            if document.attempts >= ResultDocument.MOST_ATTEMPTS:
                logger.error(
                    "Result document %s is given up after %d attempts", document.pk, document.attempts
                )
                return
            document.attempts += 1
            document.save(update_fields=["attempts"])
    if document.state == ResultDocument.State.PREPARING:
        documents.make_files(document)
    if document.request.status == Status.ISSUING:
        operations.document_ready(document.request_id)


def retry_documents() -> None:
    """Queues documents whose worker died half-way; runs every few minutes."""
    stuck = ResultDocument.objects.filter(
        Q(attempts__lt=ResultDocument.MOST_ATTEMPTS) | ~Q(pdf_sha256=""),
        request__status=Status.ISSUING,
        state__in=[ResultDocument.State.PREPARING, ResultDocument.State.ISSUED],
        numbered_at__lt=clock.now() - _STUCK_AFTER,
    )
    for document_id in stuck.values_list("pk", flat=True)[:50]:
        queue.enqueue("requests_app.tasks.issue_document", str(document_id))


def check_upload(upload_id: str) -> None:
    """Checks an uploaded workbook; may run any number of times."""
    uploads.check(upload_id)


def retry_uploads() -> None:
    """Takes up checks whose worker died half-way, also after a restart; runs every few minutes."""
    for upload_id in uploads.stuck_uploads():
        queue.enqueue("requests_app.tasks.check_upload", str(upload_id))


def forget_uploads() -> None:
    """Removes the workbooks nobody wanted; runs daily."""
    uploads.forget_discarded()


def lapse_silent() -> None:
    """Reminds of missing corrections twice, then closes the request; runs daily, safe to repeat."""
    today = clock.today()
    calendar = WorkingCalendar(today - timedelta(days=400), today)
    waiting = DataRequest.objects.filter(status=Status.NEEDS_CORRECTION)
    asked = {
        event.request_id: event
        for event in RequestEvent.objects.filter(request__in=waiting, verb="ask_correction").order_by("id")
    }
    for request_id, event in asked.items():
        waited = calendar.between(clock.local_date(event.at), today)
        if waited >= settings.CORRECTION_WORKING_DAYS:
            operations.lapse(request_id)
            continue
        for left in settings.CORRECTION_REMINDERS:
            if waited >= settings.CORRECTION_WORKING_DAYS - left:
                mail.post("requests.reminder", request_id, event=f"{event.pk}-{left}")
