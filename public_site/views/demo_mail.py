"""The demo's mail page: reads the messages the demo mail backend wrote; answers 404 outside demo mode."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{6}")
_LIMIT = 100


@dataclass(frozen=True)
class DemoMail:
    """One message as the page shows it."""

    key: str
    to: str
    subject: str
    sent_at: datetime | None
    text: str


@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """The newest hundred messages."""
    folder = _folder()
    paths = sorted(folder.glob("*.eml"), reverse=True)[:_LIMIT] if folder.is_dir() else []
    mails = [_read(path) for path in paths if _NAME.fullmatch(path.stem)]
    return render(request, "public_site/demo/list.html", {"mails": mails})


@require_safe
def demo_mail_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One message as plain text."""
    path = _folder() / f"{key}.eml"
    if not _NAME.fullmatch(key) or not path.is_file():
        raise Http404
    return render(request, "public_site/demo/detail.html", {"mail": _read(path)})


def _folder() -> Path:
    if not settings.DEMO:
        raise Http404
    return Path(settings.DEMO_MAIL_DIR)


def _read(path: Path) -> DemoMail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # what the default policy makes
    body = message.get_body(("plain",))
    sent = message["date"]
    return DemoMail(
        key=path.stem,
        to=str(message["to"] or ""),
        subject=str(message["subject"] or ""),
        sent_at=_moment(str(sent)) if sent else None,
        text=str(body.get_content()) if body is not None else "",
    )


def _moment(header: str) -> datetime:
    """The Date header as an aware moment: "-0000" means UTC of an unknown place."""
    found = parsedate_to_datetime(header)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
