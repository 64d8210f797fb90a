"""Uploads kept between two tries of a form: private, bound to the browser's session, removed after a day."""

import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import HttpRequest

from core.doors.storage import safe_name

FOLDER = "held"
LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class HeldFile:
    """A kept upload: where it lies, what the person called it, its size in bytes."""

    path: str
    name: str
    size: int

    def open(self) -> File:
        """The bytes under the person's file name; the caller closes it."""
        file = default_storage.open(self.path, "rb")
        file.name = self.name
        return file


def hold(request: HttpRequest, purpose: str, uploaded: File) -> HeldFile:
    """Keep ``uploaded`` for the next try, replacing an earlier one of the same purpose."""
    drop(request, purpose)
    uploaded.seek(0)
    path = default_storage.save(f"{FOLDER}/{uuid.uuid4()}.pdf", uploaded)
    held = HeldFile(path, safe_name(uploaded.name), uploaded.size)
    request.session[_key(purpose)] = [held.path, held.name, held.size]
    return held


def held(request: HttpRequest, purpose: str) -> HeldFile | None:
    """The kept upload of this browser; None when there is none or it was cleaned away."""
    values = request.session.get(_key(purpose))
    if not values:
        return None
    found = HeldFile(*values)
    return found if default_storage.exists(found.path) else None


def drop(request: HttpRequest, purpose: str) -> None:
    """Forget and delete the kept upload."""
    values = request.session.pop(_key(purpose), None)
    if values:
        default_storage.delete(values[0])


def remove_orphans() -> int:
    """Delete kept uploads older than a day; returns how many."""
    folder = Path(settings.PRIVATE_ROOT) / FOLDER
    limit = time.time() - LIFE.total_seconds()
    old = [path for path in folder.glob("*") if path.stat().st_mtime < limit] if folder.is_dir() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _key(purpose: str) -> str:
    return f"held_{purpose}"
