"""``manage.py run_demo``: the whole application on one machine, web and worker together, in demo mode."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

PR_SET_PDEATHSIG = 1
#: How long the web server may take to answer for the first time, in seconds.
PATIENCE = 60


def die_with_parent() -> None:
    """In the child: ask the kernel to end it when this process dies, even by SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Command(BaseCommand):
    help = "Menjalankan aplikasi lengkap dalam mode demo: situs, konsol, dan pekerja antrean."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("run_demo hanya untuk mode demo (DEMO=1).")
        started = time.monotonic()
        port = int(os.environ.get("PORT", "8000"))
        bind = os.environ.get("BIND", "127.0.0.1")
        self.refuse_taken_port(bind, port)
        call_command("prepare", stdout=self.stdout)
        self.stdout.write("==> Data demo")
        self.stdout.flush()
        call_command("load_demo", verbosity=0)
        # One thread a process: threads that draw pages only wait for each other (measured: twice the time of a page).
        web = [
            sys.executable, "-m", "gunicorn", "core.wsgi:application", "--bind", f"{bind}:{port}",
            "--workers", "4", "--threads", "1", "--worker-class", "gthread", "--log-level", "warning",
            "--no-control-socket",
        ]  # fmt: skip
        worker = [sys.executable, sys.argv[0], "qcluster"]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "core.settings.base"}
        processes = [self.start(web, environment), self.start(worker, environment)]
        self.await_answer(bind, port, processes)
        self.greet(bind, port, time.monotonic() - started)
        self.watch(processes)

    def refuse_taken_port(self, bind: str, port: int) -> None:
        """Says at once that another program listens there, instead of after the loading."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((bind, port))
            except OSError as error:
                raise CommandError(
                    f"Alamat {bind}:{port} sudah dipakai. Pilih yang lain: make run PORT=8001"
                ) from error

    def await_answer(self, bind: str, port: int, processes: list[subprocess.Popen[bytes]]) -> None:
        """Returns when the site answers, or when a child has ended (``watch`` then says so)."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and all(process.poll() is None for process in processes):
            try:
                connection = http.client.HTTPConnection(bind, port, timeout=2)
                connection.request("GET", "/health/live", headers={"Host": "127.0.0.1"})
                if connection.getresponse().status == HTTPStatus.OK:
                    return
            except OSError:
                time.sleep(0.2)

    def start(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """A child in its own session, so that Ctrl-C reaches only us and we end it in order."""
        return subprocess.Popen(  # noqa: S603  our own interpreter
            command,
            env=environment,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  one system call, no threads here
        )

    def greet(self, bind: str, port: int, seconds: float) -> None:
        """Addresses and sign-ins."""
        site = f"http://{bind}:{port}"
        lines = [
            "",
            f"Layanan Data Keimigrasian siap ({seconds:.0f} detik).",
            "",
            f"  Situs pemohon   {site}/",
            f"  Konsol petugas  {site}/admin/",
            f"  Surat demo      {site}/demo/surat/   (kode OTP dan semua surel)",
            "",
            "  Masuk sebagai (password sama untuk semua: " + settings.DEMO_PASSWORD + ")",
        ]
        lines += [f"    {login:<12} {who}" for login, who in settings.DEMO_SIGN_INS]
        lines += ["", "Ctrl-C menghentikan situs dan pekerja bersama-sama.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def watch(self, processes: list[subprocess.Popen[bytes]]) -> None:
        """Waits until asked to stop or until one child ends; then ends the others."""

        def stop(number: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, stop)
        failed = False
        try:
            while all(process.poll() is None for process in processes):
                time.sleep(0.3)
            failed = True
        except KeyboardInterrupt:
            self.stdout.write("\n==> Berhenti")
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        if failed:
            raise CommandError("Situs atau pekerja berhenti sendiri; lihat pesan di atas.")
