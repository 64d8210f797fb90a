"""What of an error may be shown and logged: where it happened and why, never the row it was about."""

import re

#: From the word to the next frame, exception or field of PostgreSQL: a value of the row may have line breaks of its own.
_DETAIL = re.compile(
    r"^DETAIL:.*?(?=^(?:HINT|CONTEXT|LINE \d+|SQL statement|The above exception|During handling|Traceback|  File )|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LEFT_OUT = "DETAIL: (left out)\n"


def without_row(traceback: str) -> str:
    """A traceback without what PostgreSQL tells about the row it refused: that names persons."""
    return _DETAIL.sub(_LEFT_OUT, traceback)
