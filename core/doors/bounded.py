"""Runs untrusted parsing in a short-lived child process with limits; free of Django, as the children are."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

PROJECT_ROOT = Path(__file__).resolve().parents[2]


def run_bounded(
    module: str, source: IO[bytes], output: IO[bytes], *, arguments: list[str], seconds: float
) -> bool:
    """Run ``python -m module`` with ``source`` as its input and ``output`` as its output file.

    The child sees neither our environment (no secrets) nor a path of the file. ``seconds`` is wall-clock.
    Returns whether it ended well; a crash, a signal or the end of its time is simply ``False``.
    """
    source.seek(0)
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and module; no shell, no text of a person
            [sys.executable, "-E", "-s", "-B", "-m", module, *arguments],
            stdin=source,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            env={"LANG": "C.UTF-8", "PATH": os.defpath},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        source.seek(0)
    return done.returncode == 0
