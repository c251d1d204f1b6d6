"""Log lines as JSON objects, by structlog: lines of the standard library's loggers and of structlog's own alike.

Imported where such lines are wanted and nowhere else: it takes 0.1 s.
"""

import logging
import time
import traceback

import structlog
from structlog.typing import EventDict


def formatter() -> logging.Formatter:
    """Return what makes an object of a record: when, how bad, what, by whom, and the record's extra fields."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _with_error],
        processors=[_in_order, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)],
    )


def _with_error(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Take the traceback into the object: a line is a line."""
    if found := event["_record"].exc_info:
        event["error"] = "".join(traceback.format_exception(*found))
    return event


def _in_order(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The fields that each line has, and then its own."""
    record = event["_record"]
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
    fixed = {"ts": stamp, "level": record.levelname.lower(), "event": event["event"], "logger": record.name}
    return fixed | {name: value for name, value in event.items() if not name.startswith("_") and name != "event"}
