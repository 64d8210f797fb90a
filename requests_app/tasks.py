"""Work on requests that runs in the queue: making result documents, checking uploaded workbooks."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from core.doors import clock, mail, queue
from core.doors.pdf_signing import SigningError
from core.reference.working_days import WorkingCalendar
from core.rules.models import WorkRules, day_list
from requests_app import destruction_papers, digest, documents, operations, retention, row_jobs, uploads
from requests_app.bench import importing
from requests_app.models import DataRequest, RequestEvent, ResultDocument, Status
from requests_app.models.request import OFFICER_STATES

logger = logging.getLogger(__name__)

#: So long nobody else makes a document's files: the queue ends a task after 600 s and delivers it again after 660 s.
_LEASE = timedelta(seconds=630)
#: A worker that has not finished by then has died; longer than the queue's own time limit.
_STUCK_AFTER = timedelta(minutes=12)


def issue_document(document_id: str) -> None:
    """Makes the files of a numbered document, then completes its request; may run any number of times, also at once."""
    document = _claim(document_id)
    if document is None:
        return
    try:
        documents.make_files(document)
    except SigningError as error:
        if _note_failure(document, error):
            raise
        logger.warning("Result document %s still cannot be signed", document.pk)
        return
    finally:
        ResultDocument.objects.filter(pk=document.pk).update(making_since=None)
    if document.part is not None:
        operations.part_ready(document.pk)
    elif document.request.status == Status.ISSUING:
        operations.document_ready(document.request_id)


def _claim(document_id: str) -> ResultDocument | None:
    """The document, when there is something to do for it that nobody else is doing."""
    with transaction.atomic():
        document = ResultDocument.objects.select_for_update().get(pk=document_id)
        if document.state != ResultDocument.State.PREPARING:
            return None  # told again about an old one: a reopened request waits for another document, not for this
        if document.pdf_sha256:
            return document
        now = clock.now()
        if document.making_since is not None and document.making_since > now - _LEASE:
            return None  # signing is not done twice: the other worker ends, or its lease does
        if document.attempts >= ResultDocument.MOST_ATTEMPTS:
            logger.error("Result document %s is given up after %d attempts", document.pk, document.attempts)
            return None
        document.attempts += 1
        document.making_since = now
        document.save(update_fields=["attempts", "making_since"])
    return document


def _note_failure(document: ResultDocument, error: SigningError) -> bool:
    """Keeps why it was not signed; whether that has to be said, which a trouble that goes on is only once.

    It is no attempt: those are counted for workers that die. What passes by itself is tried until it does, the rest
    only when a person asks: a service may lock whoever repeats a wrong passphrase.
    """
    reason = str(error)[:300]
    own = ResultDocument.objects.filter(pk=document.pk)
    is_known = own.filter(failure=reason).exists()
    own.update(attempts=document.attempts - 1, failure=reason, is_halted=not error.is_passing)
    return not (is_known and error.is_passing)


def retry_documents() -> None:
    """Queues documents whose worker died half-way or whose signing service was down; runs every few minutes."""
    stuck = ResultDocument.objects.filter(
        Q(attempts__lt=ResultDocument.MOST_ATTEMPTS) | ~Q(pdf_sha256=""),
        Q(part__isnull=False) | Q(request__status=Status.ISSUING),
        state=ResultDocument.State.PREPARING,
        is_halted=False,
        numbered_at__lt=clock.now() - _STUCK_AFTER,
    )
    for document_id in stuck.values_list("pk", flat=True)[:50]:
        queue.enqueue("requests_app.tasks.issue_document", str(document_id))


def check_upload(upload_id: str) -> None:
    """Checks an uploaded workbook; may run any number of times."""
    uploads.check(upload_id)


def save_upload(upload_id: str) -> None:
    """Moves the checked rows of a large workbook into its request; may run any number of times."""
    operations.finish_saving(upload_id)


def run_row_job(job_id: str) -> None:
    """Works on very many rows slice by slice; may run any number of times."""
    row_jobs.run(job_id)


def retry_uploads() -> None:
    """Takes up checks and work on many rows whose worker died half-way, also after a restart; runs every few minutes."""
    for task, upload_id in uploads.take_up_stuck():
        queue.enqueue(task, str(upload_id))
    for job_id in row_jobs.take_up_stuck():
        queue.enqueue(row_jobs.TASK, str(job_id))
    for task, import_id in importing.stuck_imports():
        queue.enqueue(task, import_id)


def forget_uploads() -> None:
    """Removes the workbooks nobody wanted; runs daily."""
    uploads.forget_discarded()
    importing.forget_old()


def check_answers(import_id: str) -> None:
    """Checks a large workbook of the answer bench; may run any number of times."""
    importing.check_import(import_id)


def write_answers(import_id: str) -> None:
    """Writes a large workbook of the answer bench, all of it or nothing; may run any number of times."""
    importing.write_import(import_id)


def forget_presence() -> None:
    """Removes officers who have left a request's page; runs every few minutes."""
    operations.forget_presence()


def lapse_silent() -> None:
    """Reminds of missing corrections, then closes the request; runs daily, safe to repeat."""
    today = clock.today()
    rules = WorkRules.current()
    calendar = WorkingCalendar(today - timedelta(days=400), today)
    waiting = DataRequest.objects.filter(status=Status.NEEDS_CORRECTION)
    asked = {
        event.request_id: event
        for event in RequestEvent.objects.filter(request__in=waiting, verb="ask_correction").order_by("id")
    }
    for request_id, event in asked.items():
        waited = calendar.between(clock.local_date(event.at), today)
        if waited > rules.correction_working_days:  # the last day belongs to the applicant
            operations.lapse(request_id)
            continue
        for left in day_list(rules.correction_reminders):
            if waited >= rules.correction_working_days - left:
                mail.post("requests.reminder", request_id, event=f"{event.pk}-{left}")


def erase_expired() -> None:
    """Destroys what has outlived its time, a batch a task; runs every night, safe to repeat, also half-way."""
    run = retention.destroy(retention.BATCH)
    if not run.is_over and run.done:
        queue.enqueue("requests_app.tasks.erase_expired")
    elif destruction_papers.awaits_signature():
        queue.enqueue("requests_app.tasks.sign_certificates")


def sign_certificates() -> None:
    """Signs the certificates of destruction that are closed; queued every night while there are any."""
    destruction_papers.sign_certificates()


def send_digests() -> None:
    """One mail each to whom something is late or soon due; runs every morning, says nothing on free days."""
    if not digest.is_sent_today():
        return
    for person in digest.readers():
        if digest.digest_for(person).has_something():
            mail.post("requests.digest", person.pk, event=clock.today().isoformat())


def count_due_dates() -> None:
    """Counts due dates anew after the calendar of holidays changed; runs daily too, safe to repeat."""
    running = DataRequest.objects.filter(status__in=OFFICER_STATES, due_on__isnull=False)
    for pk in running.values_list("pk", flat=True):
        operations.count_again(pk)
