"""A lamp that shows when the microphone is open, switched by another program: without it, nobody listens.

1. The program connects to a Unix socket and is told `open 1`, `closed 2`, …, a line each: at once, at every change, and
   again, `BEATS` times in `DEAD_S`. It switches the lamp and sends the line back as it is: its word that it shows it.
2. The lamp is lit from when it gave its word for `open` until it is asked for something else. A program that is gone,
   or that has not given its word for `DEAD_S`, shows nothing, whatever its last word was.
3. There is one lamp: the first that connects. It may be connected by this process's own user and root, and by others
   where the owner lets them open the microphone, because that is what it does.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from edge_agent.host.server import bound, is_owner, user_of

FILE = "lamp.sock"
"""In the runtime folder."""

BEATS = 4
DEAD_S = 2.0
"""On a machine that is as busy as it can be, a living program is not that late."""

LINE_MAX = 64
"""Bytes."""

log = logging.getLogger(__name__)


class Lamp:
    """Of one microphone, on the running loop."""

    def __init__(self, changed: Callable[[], None], *, may_open: bool, dead_s: float = DEAD_S) -> None:
        """`changed` is called when `lit` has changed; others than the owner `may_open`, as in rule 3."""
        self.lit = False
        """Whether somebody who looks sees that the microphone is open."""
        self._changed = changed
        self._may_open = may_open
        self._dead_s = dead_s
        self._open = False
        self._number = 0
        self._writer: asyncio.StreamWriter | None = None
        self._answered_at = 0.0

    def show(self, *, open: bool) -> None:
        """Ask for it; what is lit until then is lit no more."""
        if open is not self._open:
            self._open = open
            self._number += 1
            self._become(lit=False)
            self._tell()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with a program until one of the two has enough."""
        if self._writer or not (is_owner(user_of(writer)) or self._may_open):
            log.warning("a second lamp, or one of somebody who may not open the microphone, is not taken")
            writer.close()
            return
        self._writer = writer
        self._answered_at = asyncio.get_running_loop().time()
        beat = asyncio.create_task(self._beat())
        try:
            await self._listen(reader)
        except (TimeoutError, ConnectionError, ValueError):
            log.warning("the lamp does not answer")
        finally:
            beat.cancel()
            writer.close()
            self._writer = None
            self._become(lit=False)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            async with asyncio.timeout_at(self._answered_at + self._dead_s):
                line = await reader.readline()
            if not line:
                return
            if line == self._line():
                self._answered_at = asyncio.get_running_loop().time()
                self._become(lit=self._open)

    async def _beat(self) -> None:
        while True:
            self._tell()
            await asyncio.sleep(self._dead_s / BEATS)

    def _tell(self) -> None:
        if self._writer and not self._writer.is_closing():
            self._writer.write(self._line())

    def _line(self) -> bytes:
        return f"{'open' if self._open else 'closed'} {self._number}\n".encode()

    def _become(self, *, lit: bool) -> None:
        if lit is not self.lit:
            self.lit = lit
            self._changed()


@asynccontextmanager
async def connectable(lamp: Lamp, runtime: Path) -> AsyncIterator[None]:
    """Let a program connect until the end of the block. BusyError or AccessError if the socket can't be had."""
    path = runtime / FILE
    server = await asyncio.start_unix_server(lamp.serve, sock=bound(path), limit=LINE_MAX)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
