"""The conversation on a request by its verbs: who may write, who reads, who is told, what stays."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.rules.models import WorkRules
from requests_app import conversation, operations
from requests_app.models import DataRequest, InternalNote, Message, MessageRead, SavedReply, Status
from tests import factories
from tests.requests_app import results

TEXT = "Apakah surat kami sudah lengkap?"
PEOPLE = ("siti", "sari", "joko", "budi", "rina", "ratna", "kartika", "dewi", "umar")


@pytest.fixture
def found(siti: User, rina: User, agreement: Any) -> DataRequest:
    """Siti's request with Rina."""
    return results.make_request(
        siti, status=Status.PROCESSING, agreement=agreement, approved_at=None, assignee=rina
    )


@pytest.fixture
def people(request: pytest.FixtureRequest) -> dict[str, User]:
    return {name: request.getfixturevalue(name) for name in PEOPLE}


def later(monkeypatch: pytest.MonkeyPatch, **time: int) -> None:
    """From now on the clock shows a later time."""
    real = timezone.now
    monkeypatch.setattr("django.utils.timezone.now", lambda: real() + timedelta(**time))


def open_as(request: DataRequest, user: User) -> None:
    """What a page does that shows the conversation."""
    operations.mark_read(request, conversation.messages_page(request, 1), by=user)


def attempt(verb: Any, *args: Any, **kwargs: Any) -> str:
    """How an operation ended: "ok" or the kind of refusal; nothing of it stays."""
    try:
        with transaction.atomic():
            verb(*args, **kwargs)
            transaction.set_rollback(True)
    except (PermissionDenied, DataRequest.DoesNotExist, ValidationError) as refusal:
        return type(refusal).__name__
    return "ok"


#: person -> may write to the other side, may leave an internal note
TABLE = {
    "siti": ("ok", "PermissionDenied"),
    "sari": ("PermissionDenied", "PermissionDenied"),
    "joko": ("DoesNotExist", "DoesNotExist"),
    "budi": ("ok", "ok"),
    "rina": ("ok", "ok"),
    "ratna": ("ok", "ok"),
    "kartika": ("DoesNotExist", "DoesNotExist"),
    "dewi": ("DoesNotExist", "DoesNotExist"),
    "umar": ("PermissionDenied", "PermissionDenied"),
}


def test_who_may_write_is_as_the_table_says(found: DataRequest, people: dict[str, User]) -> None:
    really = {
        name: (
            attempt(operations.write_message, found.pk, by=user, text=TEXT),
            attempt(operations.write_note, found.pk, by=user, note=TEXT),
        )
        for name, user in people.items()
    }
    assert really == TABLE
    assert not Message.objects.exists()
    assert not InternalNote.objects.exists()


@pytest.mark.parametrize("state", list(Status))
def test_conversation_is_open_while_the_request_lives_and_some_days_after(
    state: Status, siti: User, rina: User, agreement: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = results.make_request(siti, status=state, agreement=agreement, completed_at=timezone.now())
    expected = {Status.DRAFT: "PermissionDenied", Status.WITHDRAWN: "ValidationError"}.get(state, "ok")
    assert attempt(operations.write_message, found.pk, by=siti, text=TEXT) == expected
    if state != Status.DRAFT:
        assert attempt(operations.write_message, found.pk, by=rina, text=TEXT) == expected
        assert attempt(operations.write_note, found.pk, by=rina, note=TEXT) == "ok"
    WorkRules.objects.update_or_create(pk=1, defaults={"message_days": 3})
    later(monkeypatch, days=3, minutes=1)
    ended = state in (Status.COMPLETED, Status.REJECTED, Status.LAPSED)
    again = attempt(operations.write_message, found.pk, by=siti, text=TEXT)
    assert again == ("ValidationError" if ended else expected)


def test_officer_of_the_applicants_agency_does_not_write(found: DataRequest, agency: Any) -> None:
    kin = factories.make_officer("tono", "Tono Raharja", "Petugas", agency=agency)
    assert attempt(operations.write_message, found.pk, by=kin, text=TEXT) == "ValidationError"


def test_texts_are_bounded_and_throttled(found: DataRequest, siti: User, settings: Any) -> None:
    for text in ("", "  \n ", "a" * 2001):
        with pytest.raises(ValidationError):
            operations.write_message(found.pk, by=siti, text=text)
    operations.write_message(found.pk, by=siti, text="a" * 2000)
    settings.MESSAGES_PER_HOUR = 1
    with pytest.raises(ValidationError, match="Coba lagi pukul"):
        operations.write_message(found.pk, by=siti, text=TEXT)


def test_message_waits_until_the_officer_in_charge_has_read_it(
    found: DataRequest, siti: User, rina: User, budi: User, umar: User
) -> None:
    operations.write_message(found.pk, by=siti, text=TEXT)
    unread = Message.objects.unread_by_officers()
    assert unread.count() == 1
    open_as(found, umar)  # an auditor reads, but it is not written to him
    open_as(found, budi)
    assert unread.count() == 1
    open_as(found, rina)
    open_as(found, rina)
    assert unread.count() == 0
    assert MessageRead.objects.count() == 2


def test_message_of_an_unassigned_request_waits_until_anybody_has_read_it(
    found: DataRequest, siti: User, budi: User
) -> None:
    DataRequest.objects.filter(pk=found.pk).update(assignee=None)
    operations.write_message(found.pk, by=siti, text=TEXT)
    assert Message.objects.unread_by_officers().count() == 1
    open_as(found, budi)
    assert Message.objects.unread_by_officers().count() == 0


def test_message_of_an_officer_waits_for_the_person_who_asked(
    found: DataRequest, siti: User, sari: User, rina: User
) -> None:
    operations.write_message(found.pk, by=rina, text=TEXT)
    open_as(found, sari)
    assert Message.objects.unread_by_applicant().count() == 1
    open_as(found, siti)
    assert Message.objects.unread_by_applicant().count() == 0
    shown = conversation.shown_message(conversation.messages_page(found, 1)[0], found, rina)
    assert shown.read_at.endswith("WIB")


def test_message_is_taken_back_within_five_minutes_and_leaves_a_trace(
    found: DataRequest, siti: User, rina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = operations.write_message(found.pk, by=rina, text=TEXT, attachment=factories.pdf_file())
    late = operations.write_message(found.pk, by=rina, text="Yang kedua")
    with pytest.raises(PermissionDenied):
        operations.retract_message(found.pk, message.pk, by=siti)
    operations.retract_message(found.pk, message.pk, by=rina)
    operations.retract_message(found.pk, message.pk, by=rina)
    shown = {
        item.pk: conversation.shown_message(item, found, siti)
        for item in conversation.messages_page(found, 1)
    }
    trace = shown[message.pk]
    assert (trace.text, trace.attachment_name, bool(trace.retracted_at)) == ("", "", True)
    assert Message.objects.unread_by_applicant().count() == 1
    later(monkeypatch, minutes=6)
    with pytest.raises(ValidationError, match="5 menit"):
        operations.retract_message(found.pk, late.pk, by=rina)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_database_refuses_to_change_what_was_written(
    change: str, found: DataRequest, siti: User, rina: User
) -> None:
    operations.write_message(found.pk, by=siti, text=TEXT)
    operations.write_note(found.pk, by=rina, note=TEXT)
    for rows in (Message.objects.all(), InternalNote.objects.all()):
        change_them = (
            partial(rows._raw_delete, rows.db) if change == "delete" else partial(rows.update, author=siti)
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            change_them()


def test_mails_name_the_request_and_nothing_else(
    found: DataRequest, siti: User, rina: User, drain_queue: Any, mail_text: Any
) -> None:
    operations.write_message(
        found.pk, by=siti, text="John Doe A123123", attachment=factories.pdf_file("kk.pdf")
    )
    operations.write_note(found.pk, by=rina, note="Jangan sampai ke pemohon")
    drain_queue()
    operations.write_message(found.pk, by=rina, text="Nomor paspor keliru")
    drain_queue()
    assert [message.to for message in mail.outbox] == [[rina.email], [siti.email]]
    for index, secret in ((0, "John Doe"), (1, "Nomor paspor keliru")):
        text = mail_text(index)
        assert found.number in text
        assert "Masuk untuk membacanya" in text
        html = mail.outbox[index].alternatives[0].content
        for part in (secret, "A123123", "kk.pdf", "Jangan sampai", str(found.pk)):
            assert part not in text + html


def test_one_mail_stands_for_the_messages_of_ten_minutes_unless_it_was_read(
    found: DataRequest, siti: User, rina: User, drain_queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(by: User) -> int:
        operations.write_message(found.pk, by=by, text=TEXT)
        drain_queue()
        return len(mail.outbox)

    assert [write(rina), write(rina)] == [1, 1]
    open_as(found, siti)
    assert write(rina) == 2
    assert write(siti) == 3, "the other direction has mails of its own"
    later(monkeypatch, minutes=9)
    assert write(rina) == 3
    later(monkeypatch, minutes=2)
    assert write(rina) == 4


def test_no_mail_for_what_was_read_or_taken_back_meanwhile(
    found: DataRequest, siti: User, rina: User, drain_queue: Any
) -> None:
    first = operations.write_message(found.pk, by=rina, text=TEXT)
    operations.retract_message(found.pk, first.pk, by=rina)
    drain_queue()
    assert mail.outbox == []
    operations.write_message(found.pk, by=rina, text=TEXT)
    open_as(found, siti)
    drain_queue()
    assert mail.outbox == []


def test_applicants_message_reaches_the_last_officer_when_nobody_has_it(
    found: DataRequest, siti: User, rina: User, budi: User, drain_queue: Any
) -> None:
    DataRequest.objects.filter(pk=found.pk).update(assignee=None)
    operations.write_message(found.pk, by=siti, text=TEXT)
    drain_queue()
    assert mail.outbox == []
    DataRequest.objects.filter(pk=found.pk).update(verified_by=budi, processed_by=rina)
    operations.write_message(found.pk, by=siti, text=TEXT)
    drain_queue()
    assert [message.to for message in mail.outbox] == [[rina.email]]


def test_saved_reply_fills_its_placeholders_and_knows_no_others() -> None:
    reply = SavedReply(title="Uji", text="No. {nomor}, {tenggat}", text_en="Request {nomor}")
    reply.clean()
    values = {"nomor": "XF1T000001", "tenggat": "24 November 2026"}
    assert reply.filled("id", values) == "No. XF1T000001, 24 November 2026"
    assert reply.filled("en", values) == "Request XF1T000001"
    for wrong in ("{nama}", "{nomor", "nomor}", "{}", "{nomor.__class__}"):
        with pytest.raises(ValidationError):
            SavedReply(title="Uji", text=wrong, text_en="ok").clean()
