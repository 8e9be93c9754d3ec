"""The worker's log on stderr: lines for people, or one JSON object a line for programs."""

import logging
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from dragoman.serving.observing.request_context import CURRENT

# What each logger is called in the log.
NAMES = {"dragoman.access": "access", "uvicorn.error": "uvicorn"}
# The attributes of a record that hold further fields: those that its message has not told, and those that it has.
FIELDS = "fields"
TOLD = "told"
# How a line begins in which one of the worker's processes says something of its own.
JSON_BEGINS = '{"time":"'
HUMAN_BEGINS = ("dragoman | ", "access | ")


class HumanFormatter(logging.Formatter):
    """``dragoman | message``, what it does not tell as ``name=value`` behind it, a traceback on its own lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line."""
        source = "access" if record.name == "dragoman.access" else "dragoman"
        fields = {name: value for name, value in getattr(record, FIELDS, {}).items() if value is not None}
        return " ".join((f"{source} | {record.message}", *(f"{name}={value}" for name, value in fields.items())))


class JsonFormatter(logging.Formatter):
    """One object: time, level, logger, message, request_id and trace_id where known, pid, more fields, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        request = CURRENT.get()
        fields = {
            "request_id": request and request.request_id,
            "trace_id": request and request.trace_id,
            "pid": record.process,
            **getattr(record, TOLD, {}),
            **getattr(record, FIELDS, {}),
            "exception": self.formatException(record.exc_info) if record.exc_info else None,
        }
        name = NAMES.get(record.name, record.name)
        return json_line(record.levelname, name, record.getMessage(), fields, record.created)


FORMATTERS: Mapping[str, type[logging.Formatter]] = {"human": HumanFormatter, "json": JsonFormatter}


def json_line(level: str, logger: str, message: str, fields: Mapping[str, Any], created: float) -> str:
    """A line of the log.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        logger: who says it.
        message: what.
        fields: more of it; those that are None are left out.
        created: when, seconds since the epoch.
    """
    time = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    known = {name: value for name, value in fields.items() if value is not None}
    content = {"time": time, "level": level, "logger": logger, "message": message, **known}
    try:
        return orjson.dumps(content, default=str).decode()
    except orjson.JSONEncodeError:
        # Half a surrogate pair, which UTF-8 cannot hold.
        return orjson.dumps({name: _encodable(value) for name, value in content.items()}, default=str).decode()


def announce(kind: str, text: str, details: Sequence[str] = ()) -> None:
    """Tells a warning or an error that concerns the whole worker.

    Args:
        kind: ``warning`` or ``error``.
        text: what is to be told.
        details: lines of somebody else's that go with it.
    """
    log = logging.getLogger("dragoman")
    if any(isinstance(handler.formatter, JsonFormatter) for handler in log.handlers):
        fields = {"details": list(details) or None}
        log.log(logging.getLevelNamesMapping()[kind.upper()], text, extra={FIELDS: fields})
        return
    for line in text.splitlines():
        print(f"dragoman: {kind}: {line}", file=sys.stderr)  # noqa: T201
    for line in details:
        print(f"  {line}", file=sys.stderr)  # noqa: T201


def _encodable(value: object) -> object:
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def configure(log_format: str, level: str, *, root: bool = False) -> None:
    """Has the worker's own loggers, and uvicorn's, write to stderr.

    Args:
        log_format: ``human`` or ``json``.
        level: the least that the worker's own loggers tell, by Python's name for it.
        root: whether the warnings of all other loggers come the same way.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATTERS[log_format]())
    for name in ("dragoman", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
    logging.getLogger("dragoman").setLevel(level)
    if root:
        logging.basicConfig(handlers=[handler], level=logging.WARNING)
