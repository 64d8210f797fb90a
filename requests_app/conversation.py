"""The rules of the conversation on a request: who may write, until when, who is told, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock
from core.doors.storage import file_size
from core.rules.models import WorkRules
from requests_app import workflow
from requests_app.models import DataRequest, InternalNote, Message, MessageRead, Status
from requests_app.models.request import OPEN_STATES

#: Entries on one page of a conversation.
ON_A_PAGE = 25
#: Within this time a person who has not looked yet gets no second mail.
QUIET = timedelta(minutes=10)
#: Ended states after which people still have something to ask.
_WRITTEN_AFTER = (Status.COMPLETED, Status.REJECTED, Status.LAPSED)

READ = "requests_app.view_message"
READ_NOTES = "requests_app.view_internalnote"


def ended_at(request: DataRequest) -> datetime | None:
    """When a request reached its last state; None while it is open. One query unless completed."""
    if request.status in OPEN_STATES:
        return None
    if request.status == Status.COMPLETED and request.completed_at:
        return request.completed_at
    last = request.events.filter(target=request.status).order_by("-id").first()
    return last.at if last is not None else request.updated_at


def closed_reasons(request: DataRequest) -> list[str]:
    """Why nobody may write any more; empty while the conversation is open."""
    if request.status in OPEN_STATES:
        return []
    if request.status not in _WRITTEN_AFTER:
        return [_("Permohonan ini dibatalkan, sehingga percakapannya sudah ditutup.")]
    days = WorkRules.current().message_days
    ended = ended_at(request)
    if ended is not None and clock.now() <= ended + timedelta(days=days):
        return []
    return [
        _(
            "Percakapan ditutup %(days)d hari sesudah permohonan berakhir. Ajukan permohonan baru atau hubungi kami."
        )
        % {"days": days}
    ]


def writing_reasons(request: DataRequest, user: User) -> list[str] | None:
    """None: not for this person. Empty: may write to the other side. Otherwise: why not, in words for the person."""
    if not user.is_active or request.is_draft:
        return None
    if not user.is_staff:
        return closed_reasons(request) if user.pk == request.requester_id else None
    if not workflow.may_work(user) or not user.has_perm(READ):
        return None
    return workflow.is_not_own_agency(request, user) or closed_reasons(request)


def may_note(request: DataRequest, user: User) -> bool:
    """Whether the officer may leave a note for colleagues; also long after the end."""
    return not request.is_draft and workflow.may_work(user) and user.has_perm(READ_NOTES)


def officer_told(request: DataRequest) -> User | None:
    """Who gets the mail about an applicant's message: who has the request, else who last signed for it."""
    for officer in (request.assignee, request.processed_by, request.verified_by):
        if officer is not None and workflow.may_work(officer):
            return officer
    return None


def needs_mail(request: DataRequest, *, from_officer: bool) -> bool:
    """False while a mail of the last minutes still stands for unread messages of the same side."""
    unread = Message.objects.unread_by_applicant() if from_officer else Message.objects.unread_by_officers()
    return not unread.filter(request=request, announced=True, written_at__gt=clock.now() - QUIET).exists()


def _counted(messages: QuerySet[Message]) -> Coalesce:
    counted = messages.filter(request=OuterRef("pk")).order_by().values("request")
    return Coalesce(Subquery(counted.annotate(number=Count("pk")).values("number")), Value(0))


def unread_by_officers() -> Coalesce:
    """For a queryset of requests: how many messages wait for the officer in charge."""
    return _counted(Message.objects.unread_by_officers())


def unread_by_applicant() -> Coalesce:
    """For a queryset of requests: how many messages wait for the person who asked."""
    return _counted(Message.objects.unread_by_applicant())


def waiting_for(user: User) -> QuerySet[DataRequest]:
    """Requests with a message this officer should read: those in charge of, and those nobody has."""
    if not workflow.may_work(user) or not user.has_perm(READ):
        return DataRequest.objects.none()
    unread = Message.objects.unread_by_officers().filter(request=OuterRef("pk"))
    visible = DataRequest.objects.visible_to(user).filter(Exists(unread))
    mine = visible.filter(Q(assignee=user.pk) | Q(assignee__isnull=True))
    return mine if user.agency_id is None else mine.exclude(agency=user.agency_id)


# --- showing ----------------------------------------------------------------------------------------------------


@dataclass
class Shown:
    """One message or note as a page draws it."""

    is_note: bool
    from_officer: bool
    author: str
    at: str
    text: str = ""
    pk: int = 0
    attachment_name: str = ""
    attachment_words: str = ""
    #: "10.41" or with the day when it was not the same one; empty while the other side has not looked.
    read_at: str = ""
    retracted_at: str = ""
    may_retract: bool = False
    is_new: bool = False
    moment: datetime = field(default_factory=clock.now)


def moment_text(moment: datetime, since: datetime | None = None) -> str:
    """``10.41`` on the day of ``since``, otherwise ``22 Nov 2026, 10.41``."""
    day, hour = clock.short_date(moment), clock.time_wib(moment)
    if since is not None and clock.local_date(since) == clock.local_date(moment):
        return hour
    return f"{day}, {hour}"


def messages_page(request: DataRequest, number: Any) -> Page[Any]:
    """A page of the messages with reads and retractions, newest page first; 4 queries."""
    reads = MessageRead.objects.select_related("reader").order_by("id")
    found = (
        Message.objects.filter(request=request)
        .select_related("author", "retraction")
        .prefetch_related(Prefetch("reads", queryset=reads))
        .order_by("-id")
    )
    return Paginator(found, ON_A_PAGE).get_page(number)


def shown_message(message: Message, request: DataRequest, user: User) -> Shown:
    """A message for ``user``; of one taken back only the trace."""
    retraction = getattr(message, "retraction", None)
    entry = Shown(
        is_note=False,
        from_officer=message.from_officer,
        author=message.author.get_full_name(),
        at=moment_text(message.written_at),
        pk=message.pk,
        moment=message.written_at,
    )
    if retraction is not None:
        entry.retracted_at = moment_text(retraction.at, message.written_at)
        return entry
    entry.text = message.text
    entry.attachment_name = message.attachment_name
    entry.attachment_words = file_size(message.attachment_size) if message.attachment_name else ""
    entry.may_retract = message.may_be_retracted_by(user)
    other_side = [read for read in message.reads.all() if is_other_side(read, message, request)]
    if other_side:
        entry.read_at = moment_text(other_side[0].at, message.written_at)
    entry.is_new = is_for(message, request, user) and not any(
        read.reader_id == user.pk for read in message.reads.all()
    )
    return entry


def is_other_side(read: MessageRead, message: Message, request: DataRequest) -> bool:
    """Whether a reading counts as the other side's: the person who asked, or any officer."""
    if message.from_officer:
        return read.reader_id == request.requester_id
    return read.reader.is_staff


def is_for(message: Message, request: DataRequest, user: User) -> bool:
    """Whether ``user`` is one of those the message is written to."""
    if message.from_officer:
        return user.pk == request.requester_id
    return user.is_staff and workflow.may_work(user)


def shown_notes(request: DataRequest, newest: int = 50) -> Sequence[Shown]:
    """The last internal notes, oldest first; for officers' pages only."""
    found = InternalNote.objects.filter(request=request).select_related("author").order_by("-id")[:newest]
    return [
        Shown(
            is_note=True,
            from_officer=True,
            author=note.author.get_full_name(),
            at=moment_text(note.written_at),
            text=note.note,
            pk=note.pk,
            moment=note.written_at,
        )
        for note in reversed(found)
    ]
