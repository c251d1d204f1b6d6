"""Log lines: what happened, when, in which part, with which numbers; never what anybody said.

1. A line says in a few words what happened; numbers that a program may want go into `extra`.
2. Transcripts, prompts and replies are in no line, at no level.
3. On a terminal a line is for people; under systemd, or when asked, it is one JSON object.
4. Under systemd each line begins with `<N>`, its priority, so that journalctl can filter.
5. What nobody foresaw is kept as a crash file in the state folder: a traceback, without the values of variables, for
   this user alone. Of those the last `CRASHES_MAX` stay: what crashes at every start must not fill the disk.
6. What looks like a key or a token is hidden, whoever wrote the line (`secrets.py`); in a crash file, too.

`EDGE_AGENT_LOG=info,edge_agent.workers=debug` sets the level, for all and for some.
"""

import logging
import os
import sys
import time
import traceback
from pathlib import Path

from edge_agent import __version__
from edge_agent.base.errors import SettingsError
from edge_agent.base.paths import paths
from edge_agent.host.secrets import without_secrets

FORMATS = ("auto", "console", "json")
LEVELS = ("debug", "info", "warning", "error")
CRASHES_MAX = 16
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def setup(level: str = "", style: str = "auto") -> None:
    """Send the log to stderr. `level` beats `EDGE_AGENT_LOG`.

    Without either, warnings and worse are shown; the journal gets the record of each turn as well.
    """
    journal = "JOURNAL_STREAM" in os.environ
    as_json = style == "json" or (style == "auto" and journal)
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(as_json=as_json, priority=journal))
    root = logging.getLogger()
    root.handlers = [handler]
    for part in (level or os.environ.get("EDGE_AGENT_LOG") or ("info" if journal else "warning")).split(","):
        logger, _, name = part.rpartition("=")
        if name.lower() not in LEVELS:
            raise SettingsError(f"there is no log level {name!r}", hint=f"It must be one of {', '.join(LEVELS)}.")
        logging.getLogger(logger or None).setLevel(name.upper())


class Lines(logging.Formatter):
    """Rules 1, 3, 4 and 6."""

    def __init__(self, *, as_json: bool, priority: bool) -> None:
        super().__init__()
        self._priority = priority
        self._structured: logging.Formatter | None = None
        if as_json:
            from edge_agent.host import structured

            self._structured = structured.formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        text = without_secrets(self._structured.format(record) if self._structured else self._sentence(record))
        return f"<{_PRIORITY.get(record.levelno, 6)}>{text}" if self._priority else text

    def _sentence(self, record: logging.LogRecord) -> str:
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            extra["error"] = "".join(traceback.format_exception(*record.exc_info))
        numbers = "".join(f" {name}={value}" for name, value in extra.items())
        stamp = time.strftime("%H:%M:%S", time.localtime(record.created))
        return f"{stamp} {record.levelname.lower():7} {record.getMessage()}{numbers} ({record.name})"


def crash(error: BaseException) -> Path | None:
    """Write the traceback where the owner finds it; None where nothing can be written."""
    folder = paths().state
    path = folder / time.strftime("crash-%Y%m%d-%H%M%S.txt")
    about = f"edge-agent {__version__}, Python {sys.version.split()[0]}, {os.uname().machine}\n\n"
    text = without_secrets(about + "".join(traceback.format_exception(error)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The name that is new stays, whatever its clock said: one that stands at 1970 writes the oldest of all.
        older = sorted(set(folder.glob("crash-*.txt")) - {path})
        for one in older[: max(0, len(older) + 1 - CRASHES_MAX)]:
            one.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return None
    return path
