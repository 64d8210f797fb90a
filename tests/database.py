"""An empty migrated SQLite database, made once and copied: running 86 migrations takes each process ten seconds.

The copy is named by what the migrations say, so that a changed migration makes a new one. Migrations still run on
the copy and find nothing to do. On PostgreSQL every run migrates from nothing.

And how two transactions are made to meet.
"""

import fcntl
import hashlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from django.apps import apps
from django.db import connection


def template_path(folder: Path) -> Path:
    """Where the template of the present migrations lies, whether it is there or not."""
    digest = hashlib.sha256(sqlite3.sqlite_version.encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for file in sorted(Path(config.path, "migrations").glob("*.py")):
            digest.update(f"{config.label}/{file.name}\n".encode())
            digest.update(file.read_bytes())
    return folder / f"{digest.hexdigest()[:16]}.sqlite3"


def run_until_it_waits(other: threading.Thread) -> None:
    """Starts a thread and lets it come as far as it can: to its end, or to a lock of this transaction (PostgreSQL)."""
    other.start()
    while other.is_alive():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
            )
            if cursor.fetchone()[0]:
                return
        other.join(0.05)


class Template:
    """The template as one process uses it. Of several processes one migrates, the others wait and copy."""

    def __init__(self, folder: Path) -> None:
        self.path = template_path(folder)
        self._lock = (folder / "lock").open("w")
        # The database in memory lives as long as somebody holds it.
        self._memory = sqlite3.connect(connection.creation._get_test_db_name(), uri=True)

    def fill(self) -> None:
        """Fills the test database before it is migrated; without a template other processes are kept waiting."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if self.path.exists():
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            with closing(sqlite3.connect(self.path)) as source:
                source.backup(self._memory)

    def keep(self) -> None:
        """Makes the template of the database that was just migrated, when there is none."""
        if not self.path.exists():
            for old in self.path.parent.glob("*.sqlite3"):
                old.unlink()
            unfinished = self.path.with_suffix(".new")
            unfinished.unlink(missing_ok=True)
            with closing(sqlite3.connect(unfinished)) as target:
                self._memory.backup(target)
            unfinished.rename(self.path)
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        self._memory.close()
        self._lock.close()
