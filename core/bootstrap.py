"""Prepares a bare machine: virtual environment, locked packages, system libraries. Standard library only.

Run by the Makefile with the system's python3, before Django exists: ``python3 core/bootstrap.py [--dev]``.
"""

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

#: What has to be there -> the Debian package that brings it.
LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}

#: What the tests run -> the Debian package that brings it: a browser, PDF pages as pictures, and the spreadsheet
#: program through which the answer bench's workbook goes there and back.
TEST_TOOLS = {"chromium": "chromium", "pdftoppm": "poppler-utils", "soffice": "libreoffice-calc"}


def say(text: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


def missing_packages(*, dev: bool) -> list[str]:
    """The Debian packages this machine lacks."""
    missing = [package for name, package in LIBRARIES.items() if not ctypes.util.find_library(name)]
    if not Path("/usr/share/fonts/truetype/dejavu").exists():
        missing.append("fonts-dejavu-core")
    if not PYTHON.exists():
        probe = subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False)
        if probe.returncode:
            missing.append("python3-venv")
    if dev:
        missing += [package for command, package in TEST_TOOLS.items() if not shutil.which(command)]
    return missing


def install_system_packages(packages: list[str]) -> None:
    """Installs with apt where that is allowed; otherwise says in one line what is missing, and stops."""
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if shutil.which("apt-get") and os.geteuid() == 0:
        say("Memasang paket sistem: " + " ".join(packages))
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)  # noqa: S607  the system's apt
        result = subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL)  # noqa: S603  fixed names
        if result.returncode == 0:
            return
    say("Paket sistem belum lengkap. Jalankan: sudo apt-get install " + " ".join(packages))
    raise SystemExit(1)


def install_python_packages(*, dev: bool) -> None:
    """Creates the virtual environment and installs exactly what the lock file names; nothing when unchanged."""
    locks = [ROOT / "requirements.lock"] + ([ROOT / "requirements-dev.lock"] if dev else [])
    wanted = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    stamp = VENV / (".installed-dev" if dev else ".installed")
    if not dev and (VENV / ".installed-dev").exists():
        both = hashlib.sha256(
            b"".join((ROOT / name).read_bytes() for name in ("requirements.lock", "requirements-dev.lock"))
        )
        if (VENV / ".installed-dev").read_text() == both.hexdigest():
            return
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return
    if not PYTHON.exists():
        say("Membuat lingkungan Python .venv")
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)  # noqa: S603  our own interpreter
    say("Memasang paket Python (sekali saja, beberapa menit)")
    for lock in locks:
        subprocess.run(  # noqa: S603  our own interpreter
            [
                str(PYTHON),
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                str(lock),
            ],
            check=True,
        )
    stamp.write_text(wanted)


def main() -> None:
    """Brings the machine to where Django can start."""
    dev = "--dev" in sys.argv[1:]
    if sys.version_info[:2] != (3, 11):
        say(
            f"Diperlukan Python 3.11, terpasang {sys.version.split()[0]}. Jalankan make dengan PYTHON=python3.11."
        )
        raise SystemExit(1)
    packages = missing_packages(dev=dev)
    if packages:
        install_system_packages(packages)
    install_python_packages(dev=dev)


if __name__ == "__main__":
    main()
