"""What a service manager is told: ready, how it goes, still alive, going. systemd's datagrams, and nothing else.

1. Who was not started by a manager that wants to know has no `Manager`; nothing else changes.
2. The variables are taken out of the environment: a worker that found them could speak for us.
3. Sending never waits and never raises. What was not taken is lost, and the next word follows soon.
4. Times are monotonic.
"""

import logging
import os
import socket
import time
from collections.abc import MutableMapping

log = logging.getLogger(__name__)

WORD_MAX = 400
"""Characters of a status; systemd shows one line."""


class Manager:
    """The one that started us."""

    def __init__(self, address: str, watchdog_s: float | None = None) -> None:
        """`address` is a path, or `@name` for an abstract socket."""
        self.watchdog_s = watchdog_s
        """Silence after which it takes us for dead; None if it never does."""
        # Python writes an abstract address with a NUL where systemd writes @.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._status = ""

    def ready(self, status: str) -> None:
        """The service does what it is for; also after `reloading`."""
        self._status = status
        self._send("READY=1", f"STATUS={_line(status)}")

    def status(self, status: str) -> None:
        """Say in a few words how it goes; told once until it changes."""
        if status != self._status:
            self._status = status
            self._send(f"STATUS={_line(status)}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def wait(self, seconds: float, status: str) -> None:
        """Ask for so much more time, from now on, to start or to stop."""
        self._status = status
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}", f"STATUS={_line(status)}")

    def reloading(self) -> None:
        """Settings are read anew; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reading its settings")

    def stopping(self, status: str) -> None:
        """It was told to go, and goes."""
        self._send("STOPPING=1", f"STATUS={_line(status)}")

    def close(self) -> None:
        """Say nothing any more."""
        self._socket.close()

    def _send(self, *lines: str) -> None:
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("the service manager did not take %s: %s", lines[0].partition("=")[0], error)


def manager(environment: MutableMapping[str, str] | None = None, pid: int | None = None) -> Manager | None:
    """Return whoever wants to be told, and take its variables out of the environment; None where nobody does."""
    given = os.environ if environment is None else environment
    address = given.pop("NOTIFY_SOCKET", "")
    period_us, whose = given.pop("WATCHDOG_USEC", ""), given.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")):
        return None
    ours = whose in ("", str(os.getpid() if pid is None else pid))
    watchdog_s = int(period_us) / 1e6 if ours and period_us.isdecimal() and int(period_us) else None
    return Manager(address, watchdog_s)


def _line(text: str) -> str:
    return " ".join(text.split())[:WORD_MAX]
