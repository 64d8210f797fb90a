"""What a child process that reads untrusted files puts on itself first; imports little, for it starts for every file."""

import contextlib
import resource
import sys

_FORBIDDEN_EVENTS = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn")


def limit_this_process(*, memory: int, seconds: int, output: int) -> None:
    """Lower what this child process may use: bytes of memory, CPU seconds, bytes written; no network."""
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        # A lower hard limit set by the operator stays.
        with contextlib.suppress(ValueError):
            resource.setrlimit(kind, (value, value))

    def forbid(event: str, _arguments: object) -> None:
        if event.startswith(_FORBIDDEN_EVENTS):
            raise PermissionError(event)

    sys.addaudithook(forbid)
