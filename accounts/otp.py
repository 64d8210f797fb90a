"""One-time codes by e-mail: kept only as keyed hashes, bound to one attempt, few tries (S-01 to S-05)."""

import enum
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import CodeDevice, SignInCode, User
from core import throttle
from core.doors import mail
from core.doors.signing import keyed_hash

logger = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)


class Sending(enum.Enum):
    """What became of the wish for a code."""

    SENT = "sent"
    QUEUED = "queued"  # the mail system did not take it; a worker tries again
    WAIT = "wait"  # the last code is too young
    SPENT = "spent"  # no more codes this hour
    LOCKED = "locked"  # too many codes became void


class Outcome(enum.Enum):
    """What a typed code turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    VOID = "void"


@dataclass(frozen=True)
class Sent:
    """The result of :func:`send_code`; ``until`` is when to come back (WAIT, SPENT, LOCKED)."""

    sending: Sending
    until: datetime | None = None


@dataclass(frozen=True)
class Checked:
    """The result of :func:`check_code`."""

    outcome: Outcome
    tries_left: int = 0
    newest_sent_at: datetime | None = None


def device_of(user: User) -> CodeDevice:
    """The account's second factor; each account has exactly one."""
    device, _created = CodeDevice.objects.get_or_create(user=user, defaults={"name": "default"})
    return device


def new_attempt() -> str:
    """A random name for one attempt to sign in; kept in the browser's session on the server only."""
    return secrets.token_hex(16)


def newest_code(user: User, attempt: str) -> SignInCode | None:
    """The code that counts for this attempt, whatever its state."""
    return SignInCode.objects.filter(user=user, attempt=attempt).order_by("-id").first()


def may_send_at(user: User, attempt: str) -> datetime | None:
    """When a further code may be sent; None when it may be now."""
    newest = SignInCode.objects.filter(user=user).order_by("-id").first()
    if newest is None or newest.state == SignInCode.State.USED:
        return None
    at = newest.sent_at + settings.OTP_RESEND_WAIT
    return at if at > timezone.now() else None


def locked_until(user: User) -> datetime | None:
    """End of the pause after too many void codes; None when there is none."""
    verdict = throttle.peek(_key("lock", user), limit=1)
    return None if verdict.allowed else verdict.until


def send_code(user: User, attempt: str) -> Sent:
    """Make the attempt's newest code and mail it at once; older codes of the account stop working.

    When the mail system fails, a worker goes on trying with a code of its own.
    """
    if (until := locked_until(user)) is not None:
        return Sent(Sending.LOCKED, until)
    with transaction.atomic():
        # Two requests at once queue up here, so that only one of them sends.
        User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if (until := may_send_at(user, attempt)) is not None:
            return Sent(Sending.WAIT, until)
        verdict = throttle.hit(_key("send", user), limit=settings.OTP_SENDS_PER_HOUR, window=_HOUR)
        if not verdict.allowed:
            return Sent(Sending.SPENT, verdict.until)
        SignInCode.objects.filter(user=user, state=SignInCode.State.OPEN).update(
            state=SignInCode.State.SUPERSEDED
        )
        now = timezone.now()
        row = SignInCode.objects.create(
            user=user, attempt=attempt, sent_at=now, expires_at=now + settings.OTP_TTL
        )
    try:
        message = mail.build("accounts.sign_in_code", str(row.pk))
        if message is not None:
            message.send()
    except Exception as error:  # noqa: BLE001  whatever the mail system did, the person gets an answer
        logger.warning("sign-in code not sent: %s", type(error).__name__)
        with transaction.atomic():
            mail.post("accounts.sign_in_code", row.pk)
        return Sent(Sending.QUEUED)
    return Sent(Sending.SENT)


def issue_code(code_id: int | str) -> tuple[SignInCode, str] | None:
    """Put a fresh code into the waiting row and return its only readable copy, for the mail's builder.

    None when the code was replaced or used meanwhile.
    """
    with transaction.atomic():
        row = (
            SignInCode.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(pk=code_id, state=SignInCode.State.OPEN, user__is_active=True)
            .first()
        )
        if row is None:
            return None
        code = f"{secrets.randbelow(10**settings.OTP_DIGITS):0{settings.OTP_DIGITS}}"
        row.code_hash = _hash(row, code)
        row.expires_at = timezone.now() + settings.OTP_TTL
        row.save(update_fields=["code_hash", "expires_at"])
    return row, code


def check_code(user: User, attempt: str, typed: str) -> Checked:
    """Whether ``typed`` is the attempt's code. Each call costs one try, counted atomically."""
    if locked_until(user) is not None:
        return Checked(Outcome.VOID)
    row = newest_code(user, attempt)
    if row is None or row.state in (SignInCode.State.VOID, SignInCode.State.USED):
        return Checked(Outcome.VOID)
    if row.state == SignInCode.State.SUPERSEDED or row.expires_at <= timezone.now():
        return Checked(Outcome.EXPIRED)
    live = SignInCode.objects.filter(pk=row.pk, state=SignInCode.State.OPEN)
    if not live.filter(tries__lt=settings.OTP_TRIES).update(tries=F("tries") + 1):
        return Checked(Outcome.VOID)
    row.refresh_from_db()
    if row.code_hash and hmac.compare_digest(row.code_hash, _hash(row, typed)):
        if not live.update(state=SignInCode.State.USED):
            return Checked(Outcome.VOID)
        throttle.forget(_key("send", user))
        forget_void(user)
        return Checked(Outcome.RIGHT)
    left = max(0, settings.OTP_TRIES - row.tries)
    if left == 0:
        if live.update(state=SignInCode.State.VOID):
            count_void(user, event=str(row.pk))
        return Checked(Outcome.VOID)
    older = SignInCode.objects.filter(user=user, attempt=attempt, state=SignInCode.State.SUPERSEDED)
    if any(hmac.compare_digest(one.code_hash, _hash(one, typed)) for one in older.order_by("-id")[:5]):
        return Checked(Outcome.SUPERSEDED, left, row.sent_at)
    return Checked(Outcome.WRONG, left)


def count_void(user: User, *, event: str) -> None:
    """Count an attempt whose tries are used up and tell the owner; too many lock the step for a while."""
    # The step is locked, never the account: somebody with the password cannot shut the owner out for long.
    with transaction.atomic():
        verdict = throttle.hit(_key("void", user), limit=settings.OTP_VOID_LIMIT, window=_HOUR)
        if verdict.count >= settings.OTP_VOID_LIMIT:
            lock(user)
        mail.post("accounts.codes_failed", user.pk, event=event)


def forget_void(user: User) -> None:
    """A right code ends the count of void ones."""
    throttle.forget(_key("void", user))


def lock(user: User) -> None:
    """Pause the code step of the account for ``OTP_LOCK``."""
    throttle.hit(_key("lock", user), limit=1, window=settings.OTP_LOCK)


def _hash(row: SignInCode, code: str) -> str:
    return keyed_hash("sign-in-code", f"{row.pk}:{row.attempt}:{code}")


def _key(what: str, user: User) -> str:
    return f"otp-{what}:{user.pk}"
