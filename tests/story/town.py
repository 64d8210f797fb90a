"""The real parts of the story: database, web server, queue worker, and a mail server that delivers to us."""

import email
import email.policy
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
from aiosmtpd.controller import Controller
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]


#: Seconds for a step of the processes on a busy machine.
PATIENCE = 240


class MailServer(Controller):
    """Listens on a socket that is ours from the beginning: a free port looked up early may be taken by the start."""

    def __init__(self, handler: Any, door: socket.socket) -> None:
        host, port = door.getsockname()
        super().__init__(handler, hostname=host, port=port, ready_timeout=PATIENCE)
        self._door = door

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._door)


class Post:
    """A real SMTP server; keeps what was delivered until the test reads it."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.delivered: list[EmailMessage] = []
        self.news = threading.Condition()
        self._server: Controller | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes one message."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        with self.news:
            self.delivered.append(message)
            self.news.notify_all()
        return "250 OK"

    def start(self) -> None:
        """Opens for business."""
        self._server = MailServer(self, self._door)
        self._server.start()

    def stop(self) -> None:
        """Closes, when it was open."""
        if self._server is not None:
            self._server.stop()
        self._door.close()

    def read(self, to: str, subject: str, *, seconds: float = PATIENCE) -> str:
        """Waits for the next unread message to ``to`` with ``subject`` in its subject; its plain text."""

        def found() -> EmailMessage | None:
            for message in self.delivered:
                if to.lower() in str(message["to"]).lower() and subject in str(message["subject"]):
                    return message
            return None

        with self.news:
            if not self.news.wait_for(lambda: found() is not None, timeout=seconds):
                heads = [(str(m["to"]), str(m["subject"])) for m in self.delivered]
                raise AssertionError(f"no mail “{subject}” to {to} within {seconds} s; unread: {heads}")
            message = found()
            assert message is not None
            self.delivered.remove(message)
        body = message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


class Town:
    """Where the story happens: ``url`` of the site and the ``post``."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.post = Post()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._log = folder / "processes.log"
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "EMAIL_URL"}},
            "DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "tests.story.settings",
            "VAR_DIR": str(folder / "var"),
            "PORT": str(self.port),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.post.port}",
            "EMAIL_TIMEOUT": "120",
            "PYTHONPATH": str(ROOT),
        }
        if database_url:
            self.environment["DATABASE_URL"] = database_url

    def run(self, *arguments: str) -> None:
        """A command that must succeed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]

    def start(self, migrated: Path | None) -> None:
        """Prepares the database (SQLite: from a ``migrated`` one), then web and worker; returns when the site answers."""
        if migrated is not None:
            (self.folder / "var").mkdir()
            shutil.copyfile(migrated, self.folder / "var" / "db.sqlite3")
        self.run("-m", "tests.story.prepare")
        self.post.start()
        self._spawn(
            "-m", "gunicorn", "core.wsgi:application", "--bind", f"fd://{self._door.fileno()}", "--workers", "1",
            "--threads", "6", "--worker-class", "gthread", "--log-level", "warning", "--no-control-socket",
            "--timeout", str(PATIENCE),
        )  # fmt: skip
        self._spawn("manage.py", "qcluster")
        self._wait_until_it_answers()

    def _spawn(self, *arguments: str) -> None:
        with self._log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, *arguments],
                    env=self.environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=[self._door.fileno()],
                )
            )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with (
                suppress(OSError),
                closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as site,
            ):
                site.request("GET", "/health/ready")
                answer = site.getresponse()
                answer.read()
                if answer.status == 200 and self._is_alive():
                    return
            time.sleep(0.2)
        raise AssertionError("the site does not answer:\n" + self.log()[-4000:])

    def _is_alive(self) -> bool:
        return all(process.poll() is None for process in self._processes)

    def log(self) -> str:
        """What the processes wrote."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def stop(self) -> None:
        """Ends what was started; by force when asking does not help."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=15)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        self.post.stop()
        self._door.close()


@contextmanager
def own_database() -> Iterator[str]:
    """A fresh PostgreSQL database beside the one of DATABASE_URL; empty text (SQLite) without that setting."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield ""
        return
    server, _slash, _name = given.rpartition("/")
    name = f"story_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def open_town(migrated: Path | None) -> Iterator[Town]:
    """The running town; everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ldk-story-") as folder, own_database() as database_url:
        town = Town(Path(folder), database_url)
        try:
            town.start(migrated)
            yield town
        finally:
            town.stop()
