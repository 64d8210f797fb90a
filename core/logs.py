"""Log lines: one JSON object a line, with the request number, without line breaks from outside."""

import contextvars
import json
import logging
from datetime import UTC, datetime

from admin_theme.tracebacks import without_row

current_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Adds the number of the current request to a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON; JSON escapes CR and LF, so no input can forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = without_row(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
