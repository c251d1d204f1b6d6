"""One peer in its own process: started, proven ready, asked, ended.

1. Nothing of it is left running: its whole process group goes with it.
2. If it dies, or does not say in time that it is ready or has forgotten, that is an `EngineError` of one line, with the
   last thing it said.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from edge_agent.base.errors import EngineError
from edge_agent.bench.peer_line import FORGET, INTERRUPT, READ_BYTES, READY, Decoder, Line
from edge_agent.talk.ear.device import Device

HINT = "Run it again; if it stays so, delete its environment, which is then made anew."

LINE_CHARS_MAX = 300

LEAVE_S = 2.0
"""Between closing its socket and being gone."""


@dataclass(frozen=True, slots=True)
class Program:
    """How a peer is started."""

    name: str
    command: Sequence[str]
    """The number of the inherited socket is appended, then `options` as JSON."""
    options: Mapping[str, object]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside what this process has."""
    ready_s: float = 120.0
    """Longest load of its models."""
    answer_s: float = 10.0
    """Longest until it has forgotten; then it hangs."""


class PeerProcess:
    """A talker that is another program. Made by `running`."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process, channel: socket.socket) -> None:
        self.version = ""
        """What it says it is, once it is ready."""
        self._program = program
        self._process = process
        self._channel = channel
        self._line: Line | None = None
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._gone = False
        self._last_words: deque[str] = deque(maxlen=1)
        self._reading = asyncio.create_task(self._read_words())

    @property
    def pid(self) -> int:
        """Of the process, which leads a group of its own."""
        return self._process.pid

    async def fall_silent(self) -> None:
        """Take the floor from it."""
        self._tell(INTERRUPT)

    async def forget(self) -> None:
        """Begin a new conversation; return when that is done."""
        self._news.clear()
        self._tell(FORGET)
        try:
            if not self._gone:
                await asyncio.wait_for(self._news.wait(), self._program.answer_s)
        except TimeoutError:
            raise self._error(f"did not react for {self._program.answer_s:g} s") from None
        if self._gone:
            raise await self._epitaph()

    async def enter(self, device: Device, lead_ms: int) -> None:
        """Wait until it is ready, and connect it with a device."""
        try:
            told = await asyncio.wait_for(self._ready(), self._program.ready_s)
        except TimeoutError:
            raise self._error(f"was not ready after {self._program.ready_s:g} s") from None
        self.version = str(told["version"])
        self._line = Line(device, self._channel, int(told["rate_hz"]), lead_ms, self._on_news)
        self._line.start()

    async def end(self) -> None:
        """End it and all its children."""
        await self._kill()
        if self._line is not None:
            self._line.stop()

    async def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def _ready(self) -> dict[str, "str | int"]:
        self._channel.setblocking(False)
        decoder = Decoder()
        while data := await self._loop.sock_recv(self._channel, READ_BYTES):
            for kind, content in decoder.feed(data):
                if kind == READY:
                    return dict(json.loads(content))
        raise await self._epitaph()

    def _tell(self, kind: bytes) -> None:
        assert self._line is not None, "it is not in a room yet"
        # A line that is broken is noticed by its thread as well, which says so.
        with contextlib.suppress(OSError):
            self._line.tell(kind)

    def _on_news(self, kind: bytes) -> None:
        def told() -> None:
            self._gone = self._gone or not kind
            self._news.set()

        self._loop.call_soon_threadsafe(told)

    async def _read_words(self) -> None:
        assert self._process.stderr is not None
        rest = ""
        while data := await self._process.stderr.read(READ_BYTES):
            *lines, rest = (rest + data.decode(errors="replace")).split("\n")
            rest = rest[-LINE_CHARS_MAX:]
            self._last_words.extend(line.strip()[:LINE_CHARS_MAX] for line in lines if line.strip())

    async def _epitaph(self) -> EngineError:
        """Who has closed the socket can't be talked to; he gets a moment to leave by himself, and to say why."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), LEAVE_S)
        await self._kill()
        code = self._process.returncode or 0
        return self._error(f"left with exit code {code}" if code >= 0 else f"was ended by signal {-code}")

    def _error(self, what: str) -> EngineError:
        said = f"; it last said: {self._last_words[-1]}" if self._last_words else ""
        return EngineError(f"{self._program.name} {what}{said}", hint=HINT)


@asynccontextmanager
async def running(program: Program, device: Device, lead_ms: int) -> AsyncIterator[PeerProcess]:
    """Start a peer on a device, whose loudspeaker is given sound `lead_ms` ahead; EngineError if it does not come."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                str(theirs.fileno()),
                json.dumps(program.options),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **program.environment},
                process_group=0,
            )
        peer = PeerProcess(program, process, ours)
        try:
            await peer.enter(device, lead_ms)
            yield peer
        finally:
            await peer.end()
