"""The worker's side: one process, one engine. `serve` is its whole main program.

1. Before anything native loads: standard output becomes the wire. Libraries print; what they print goes to standard
   error, where the agent logs it, and can't corrupt a message.
2. What it is told is what was said: it leaves no core dump, and no other program looks into it (`base/memory.py`).
3. The process dies with the agent: the kernel is told to kill it, and the end of its input ends it as well.
4. `ready` is said after the engine's known-answer test, not after loading: a model that loads can still talk garbage
   (CTranslate2 under some sandboxes does). An engine that refuses says why, and leaves with `EXIT_REFUSED`.
5. A reader thread answers pings and notes cancels while the main thread runs the jobs, one at a time.
6. An engine that raises fails its job, and stays.
7. What nobody reads yet is not made: the job rests until its reader has caught up.
"""

import ctypes
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn, Protocol

from edge_agent.base.errors import EdgeAgentError
from edge_agent.base.memory import keep_to_itself
from edge_agent.workers.wire import AHEAD, JSON, Decoder, Item, Message, encode

__all__ = ["Engine", "Item", "serve"]

EXIT_REFUSED = 3
"""The engine could not be loaded or failed its known-answer test; `refused` said why."""

NICENESS = 5
"""Below the agent itself: its audio threads must get a core at once, an engine can wait a millisecond for one."""

JOBS_MAX = 4
"""The agent sends one at a time; the next may arrive while the last `done` is on its way."""

_READ_BYTES = 1 << 16
_PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What a worker holds."""

    def prove(self) -> None:
        """Work on something whose result is known; EngineError if it comes out otherwise."""

    def run(self, fields: Mapping[str, JSON], payload: bytes, cancelled: Callable[[], bool]) -> Iterator[Item]:
        """Do one job, in pieces. Look at `cancelled` as often as it is cheap, and return soon when it is true."""


def serve(make: Callable[[Mapping[str, JSON]], Engine], niceness: int = NICENESS) -> NoReturn:
    """Load what `make` makes of the options that the agent sends, and run its jobs until the agent is done with us."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    keep_to_itself()
    _die_with_parent()
    os.nice(niceness)
    wire = _Wire()
    engine = _load(make, wire)
    while True:
        _run(engine, wire.jobs.get(), wire)


def _die_with_parent() -> None:
    # Counts for the thread that started us, which in the agent is the one of its loop. If the agent was gone before
    # this call, our input has ended already, and that ends us too.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        log.warning("the kernel won't end this worker with the agent: %s", os.strerror(ctypes.get_errno()))


def _load(make: Callable[[Mapping[str, JSON]], Engine], wire: "_Wire") -> Engine:
    began = time.monotonic()
    try:
        engine = make(wire.jobs.get().fields)
        engine.prove()
    except Exception as error:
        log.debug("the engine was not loaded", exc_info=True)
        wire.send(Message("refused", fields=_told(error)))
        os._exit(EXIT_REFUSED)
    wire.send(Message("ready", fields={"memory_mb": _memory_mb(), "load_s": round(time.monotonic() - began, 3)}))
    return engine


def _run(engine: Engine, job: Message, wire: "_Wire") -> None:
    def cancelled() -> bool:
        return wire.cancelled == job.id

    began, sent = time.process_time(), 0
    try:
        if not cancelled():
            for item in engine.run(job.fields, job.payload, cancelled):
                if cancelled():
                    break
                wire.send(Message("item", job.id, item.fields, item.payload))
                sent += 1
                wire.wait_for_reader(job.id, sent)
    except Exception as error:
        log.exception("job %d failed", job.id)
        wire.send(Message("failed", job.id, {**_told(error), **_spent_since(began)}))
    else:
        wire.send(Message("done", job.id, _spent_since(began)))


def _spent_since(began: float) -> dict[str, JSON]:
    return {"cpu_ms": round((time.process_time() - began) * 1000, 1)}


def _told(error: Exception) -> dict[str, JSON]:
    hint = error.hint if isinstance(error, EdgeAgentError) else ""
    return {"error": type(error).__name__, "text": str(error) or type(error).__name__, "hint": hint}


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


class _Wire:
    """Both pipes, and the thread that reads. Whoever writes holds the lock for one whole message."""

    def __init__(self) -> None:
        self._in = os.dup(0)
        self._out = os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        self._writing = threading.Lock()
        self.jobs: queue.Queue[Message] = queue.Queue(JOBS_MAX)
        self.cancelled = 0
        """The job that was cancelled last. Jobs come one at a time and no number comes twice, so one is enough."""
        self._taken = (0, 0)  # items that were taken of the job that was read last: its number, how many
        self._news = threading.Condition()
        threading.Thread(target=self._read, name="wire", daemon=True).start()

    def send(self, message: Message) -> None:
        data = memoryview(encode(message))
        with self._writing:
            while data:
                data = data[os.write(self._out, data) :]

    def wait_for_reader(self, job: int, sent: int) -> None:
        """Return when fewer than `AHEAD` of the `sent` items of a job are still unread, or it is cancelled."""
        with self._news:
            self._news.wait_for(lambda: self.cancelled == job or sent - self._taken_of(job) < AHEAD)

    def _taken_of(self, job: int) -> int:
        number, count = self._taken
        return count if number == job else 0

    def _read(self) -> None:
        decoder = Decoder()
        try:
            while data := os.read(self._in, _READ_BYTES):
                for message in decoder.feed(data):
                    self._take(message)
        except Exception:
            log.exception("this worker can't go on")
            sys.stderr.flush()
            os._exit(1)
        # The agent is gone or done with us. The main thread may be deep in native code, so nothing is asked of it.
        os._exit(0)

    def _take(self, message: Message) -> None:
        match message.kind:
            case "ping":
                self.send(Message("pong", message.id, {"memory_mb": _memory_mb()}))
            case "cancel":
                with self._news:
                    self.cancelled = message.id
                    self._news.notify()
            case "taken":
                with self._news:
                    self._taken = (message.id, self._taken_of(message.id) + 1)
                    self._news.notify()
            case _:
                self.jobs.put_nowait(message)
