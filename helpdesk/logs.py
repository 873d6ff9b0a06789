"""Structured logs: one JSON object a line, an event name and ids; never a message's body, never a secret."""

import contextvars
import json
import logging
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

# What every log record has; anything else was given as `extra` and is ours.
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request", "server_time"}
# A request id from a proxy goes into logs and pages, so it may be nothing but a plain word.
PLAIN_WORD = re.compile(r"[A-Za-z0-9_-]{8,64}")


class JSONFormatter(logging.Formatter):
    """For machines: a line is one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields(record) | self._traceback(record), ensure_ascii=False, default=str)

    def _traceback(self, record: logging.LogRecord) -> dict[str, str]:
        return {"traceback": self.formatException(record.exc_info)} if record.exc_info else {}


class LineFormatter(logging.Formatter):
    """For a person at a terminal: event, then name=value."""

    def format(self, record: logging.LogRecord) -> str:
        known = fields(record)
        event, level = known.pop("event"), known.pop("level")
        known.pop("at")
        pairs = " ".join(f"{name}={value}" for name, value in known.items() if name != "logger")
        line = f"{level:<7} {event} {pairs}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def fields(record: logging.LogRecord) -> dict[str, object]:
    """Return what a record says: when, how grave, which event, and the ids given with it."""
    said: dict[str, object] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    if request_id.get():
        said["request_id"] = request_id.get()
    return said | {name: value for name, value in vars(record).items() if name not in STANDARD}


class RequestIdMiddleware:
    """Gives each request an id that its log lines and its answer carry, so that a person can quote it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        token = request_id.set(given if PLAIN_WORD.fullmatch(given) else uuid.uuid4().hex[:16])
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


def configuration(as_json: bool, level: str) -> dict[str, object]:
    """Return Django's LOGGING for either format."""
    formatter = "helpdesk.logs.JSONFormatter" if as_json else "helpdesk.logs.LineFormatter"
    quiet = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print each record twice, and mail pages with their contents.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "daphne": quiet,
            "dramatiq": quiet,
            # A sweep that waited too long in a full queue is dropped on purpose, and said twice.
            "dramatiq.middleware.age_limit.AgeLimit": {"level": "ERROR"},
            "dramatiq.worker.WorkerThread": {"level": "ERROR"},
            "httpx": quiet,
            "psycopg.pool": quiet,
        },
    }
