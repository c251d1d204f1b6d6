"""One life of a worker: a process from its start to its end, and why it ended.

It passes on what it is told and writes down what it is asked to. It decides nothing: `supervise.py` does.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge_agent.base.errors import EngineError, EngineLostError
from edge_agent.workers.budget import environment
from edge_agent.workers.wire import JSON, Decoder, Message, encode

RESTARTING = "It is being restarted; try again."
"""Hint of every error that an engine's death causes."""

_READ_BYTES = 1 << 16
_LINE_CHARS_MAX = 2000
_LAST_WORDS = 3
"""Lines of standard error that an epitaph quotes."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a worker is."""

    name: str
    module: str
    """Run as `python -m`; it calls `child.serve`."""
    options: Mapping[str, JSON]
    """For the engine: paths, sizes."""
    threads: int
    start_timeout_s: float = 60
    """Longest load, known-answer test included."""
    answer_timeout_s: float = 10
    """Longest silence in a job; then it hangs."""


class Life:
    """One process. `live` is its whole story; the other methods are for while that runs."""

    def __init__(self, spec: Spec, number: int, on_message: Callable[["Life", Message], None]) -> None:
        self.number = number
        self.refused: EngineError | None = None
        """What the engine itself said when it would not start."""
        self._spec = spec
        self._on_message = on_message
        self._process: asyncio.subprocess.Process | None = None
        self._killed: EngineError | None = None
        self._rests = False
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._log = logging.getLogger(f"{__name__}.{spec.name}")

    @property
    def pid(self) -> int | None:
        """Of the process, once there is one."""
        return self._process.pid if self._process else None

    async def live(self, on_nonsense: Callable[[str], None]) -> EngineError:
        """Start the process, pass on what it says, and return why it ended when it is gone."""
        try:
            self._process = await self._spawn()
        except OSError as error:
            return EngineError(f"the {self._spec.name} engine could not be started: {error}")
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        if self._killed:
            self._signal(signal.SIGKILL)
        elif self._rests:
            self._signal(signal.SIGSTOP)
        self.send(Message("start", fields={**self._spec.options, "threads": self._spec.threads}))
        log_lines = asyncio.create_task(self._log_lines(process.stderr))
        await self._listen(process.stdout, on_nonsense)
        # Who has closed the pipe can't be talked to, alive or not.
        self._signal(signal.SIGKILL)
        code = await process.wait()
        await log_lines
        return self._epitaph(code)

    def send(self, message: Message) -> None:
        """Say something. If nobody is there any more, the end of the process will tell."""
        data = encode(message)
        if self._process and self._process.stdin:
            self._process.stdin.write(data)

    def kill(self, why: EngineError) -> None:
        """End it now. An engine keeps nothing that would have to be saved."""
        self._killed = self._killed or why
        self._signal(signal.SIGKILL)

    def rest(self, rests: bool) -> None:
        """Let it stand still, or go on: what keeps a process from the processor and needs no privilege to be undone."""
        self._rests = rests
        self._signal(signal.SIGSTOP if rests else signal.SIGCONT)

    async def _spawn(self) -> asyncio.subprocess.Process:
        # -P and our own path: the child finds what we find, and nothing that lies in the current folder by chance.
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109 (exactly what '' means)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            self._spec.module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environment(self._spec.threads), "PYTHONPATH": path},
            # A process group of its own: Ctrl-C in the terminal reaches the agent alone, and it ends its workers in
            # order. Not a session: Linux shares the processor among sessions, and niceness counts only within one.
            process_group=0,
        )

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            # Not `Process.kill`, which looks first whether the child is dead, and thereby takes its exit code away from
            # the one who waits for it.
            with contextlib.suppress(ProcessLookupError):  # it was quicker
                os.kill(self._process.pid, number)

    async def _listen(self, pipe: asyncio.StreamReader, on_nonsense: Callable[[str], None]) -> None:
        decoder = Decoder()
        while data := await pipe.read(_READ_BYTES):
            if self._killed:
                continue
            try:
                for message in decoder.feed(data):
                    self._on_message(self, message)
            except EngineError as error:
                on_nonsense(str(error))

    async def _log_lines(self, pipe: asyncio.StreamReader) -> None:
        # Not readline: it raises on a line that is longer than its buffer.
        rest = ""
        while data := await pipe.read(_READ_BYTES):
            *lines, rest = (rest + data.decode(errors="replace")).split("\n")
            rest = rest[:_LINE_CHARS_MAX]
            for line in lines:
                self._log.debug("%s", line[:_LINE_CHARS_MAX])
                self._last_words.append(line[:_LINE_CHARS_MAX])

    def _epitaph(self, code: int) -> EngineError:
        if known := self._killed or self.refused:
            return known
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code}"
        said = f"; it last said: {' | '.join(self._last_words)}" if self._last_words else ""
        return EngineLostError(f"the {self._spec.name} engine {how}{said}", hint=RESTARTING)
