"""Lets the agent live through many turns, with faults if wanted, and measures whether anything of it grows.

    python tools/soak.py --turns 10000            as fast as this machine can, in a room whose time runs ahead
    python tools/soak.py --seconds 7200 --faults  in real time

Real engines (the tiny ones), the real ear, a simulated room. Every turn is a question out of `QUESTIONS`, some typed,
some spoken; a turn is lost when neither an answer nor the apology came. Every `EVERY_S` memory, threads and descriptors
are counted, of the agent and of each engine. At the end a straight line is laid through each of these; what it rises by
over the whole run, and its 95 % interval, are told. Exits with 1 if a turn was lost, or anything rose beyond both that
interval and `TOLERATED`, or answers became later than `LATER_MAX`.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import re
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge_agent.app.agent import Agent, running
from edge_agent.app.happenings import Happening, PhraseQueued, TurnEnded
from edge_agent.base.events import FloorTaken, Muted, Typed, Unmuted
from edge_agent.base.frames import BLOCK_MS, RATE_HZ, Samples
from edge_agent.base.layers import load
from edge_agent.bench.rehearsal import Line, synthetic_lines
from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.floor.state import State

QUESTIONS = (
    "What time is it?",
    "Set a timer for two hours.",
    "Cancel all timers.",
    "What is the capital of France?",
    "Why is the sky blue?",
    "Say hello.",
)
EVERY_S = 2.0
WARM = 0.3
"""Share of the run, from its beginning, in which caches fill: it is left out of the line."""
HUNG_S = 40.0
PATIENCE_S = 30.0
"""For an answer, instead of an apology: how busy the machine is besides is not what is measured here."""
TOLERATED = {"mb": 8.0, "threads": 1.0, "descriptors": 2.0}
"""Rise over the whole run that is no leak: an allocator's moods, one thread more or less."""
LATER_MAX = 1.1
"""Of the 95th percentile of the first sound's latency, last third to first."""
SWIFT = 8
"""Times as fast. The ear must be able to follow, and leave a core to the engines."""
AHEAD_S = 0.3
"""How far the room's time may be ahead of the ear's."""


class SwiftRoom(Room):
    """A simulated room whose time runs ahead while the agent speaks: the engines work in their own time anyway."""

    def __init__(self) -> None:
        super().__init__(real_time=False, keep_s=0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="time", daemon=True)

    def begin(self, agent: Agent) -> None:
        """Let time pass."""
        self._agent = agent
        self._thread.start()

    def end(self) -> None:
        """Let it stand still."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += BLOCK_MS / 1000 / (SWIFT if self._agent.conversation.state is State.SPEAKING else 1)
            if self.position - self._agent.listener.position < AHEAD_S * RATE_HZ:
                self.advance()
            else:
                due = time.monotonic() + BLOCK_MS / 1000


@dataclass
class Soaked:
    """What was measured."""

    samples: list[dict[str, float]] = field(default_factory=list)
    """`s` and one value for each thing that may grow."""
    latencies_s: list[float] = field(default_factory=list)
    """From the question's end to the first phrase that goes out; of turns without a fault."""
    answered: int = 0
    apologised: int = 0
    lost: list[str] = field(default_factory=list)
    faults: int = 0


class Soak:
    """One run."""

    def __init__(self, agent: Agent, room: Room, lines: list[Line], seed: int, *, faults: bool) -> None:
        self.found = Soaked()
        self._agent = agent
        self._room = room
        self._lines = lines
        self._chance = random.Random(seed)
        self._faults = faults
        self._said: list[str] = []
        self._heard: list[str] = []
        self._news = asyncio.Event()
        self._began = time.monotonic()

    def watch(self, happening: Happening) -> None:
        """See what the agent does."""
        match happening:
            case PhraseQueued(text):
                self._said.append(text)
            case TurnEnded(timeline):
                self._heard.append(timeline.heard)
        self._news.set()

    async def turn(self) -> None:
        """Ask something, with a fault now and then, and see that it is answered."""
        self._said.clear()
        self._heard.clear()
        fault = self._faults and self._chance.random() < 0.1
        asked = self._ask()
        if fault:
            self.found.faults += 1
            await self._suffer()
        try:
            async with asyncio.timeout(HUNG_S):
                await self._until(lambda: bool(self._said))
                if not fault:
                    self.found.latencies_s.append(time.monotonic() - asked)
                await self._until(lambda: bool(self._heard) and self._agent.conversation.state is State.LISTENING)
        except TimeoutError:
            self.found.lost.append(f"turn {len(self.found.latencies_s)}: nothing within {HUNG_S:.0f} s")
            self._agent.post(FloorTaken())
            return
        apologised = APOLOGY in " ".join(self._said)
        self.found.apologised += apologised
        self.found.answered += not apologised

    def _ask(self) -> float:
        """Return when the question is over."""
        if self._lines and self._chance.random() < 0.5:
            samples: Samples = self._chance.choice(self._lines).samples
            self._room.say(samples)
            return time.monotonic() + samples.size / RATE_HZ
        self._agent.post(Typed(self._chance.choice(QUESTIONS)))
        return time.monotonic()

    async def _suffer(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 1))
        worker = self._chance.choice(self._agent.workers)
        match self._chance.choice(("kill", "stop", "renew", "mute", "noise")):
            case "kill" if worker.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
            case "stop" if pid := worker.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    await asyncio.sleep(1)
                    os.kill(pid, signal.SIGCONT)
            case "renew" if worker.idle:
                worker.renew()
            case "mute":
                self._agent.post(Muted())
                self._agent.post(Unmuted())
                self._agent.post(Typed("What time is it?"))  # Who was speaking was not heard to the end.
            case _:
                hiss = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32)
                self._room.say(hiss * np.float32(0.05))

    async def _until(self, so: Callable[[], bool]) -> None:
        while not so():
            self._news.clear()
            await self._news.wait()

    async def count(self) -> None:
        """Count what may grow, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            counted = {"s": time.monotonic() - self._began, **_process("agent", os.getpid())}
            for worker in self._agent.workers:
                with contextlib.suppress(FileNotFoundError, ProcessLookupError, TypeError):
                    counted |= _process(worker.spec.name, worker.pid) if worker.ready else {}
            self.found.samples.append(counted)


def _process(name: str, pid: int | None) -> dict[str, float]:
    status = Path(f"/proc/{pid}/status").read_text()
    rss = re.search(r"VmRSS:\s+(\d+)", status)
    threads = re.search(r"Threads:\s+(\d+)", status)
    assert rss is not None
    assert threads is not None
    descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return {f"{name} mb": int(rss[1]) / 1024, f"{name} threads": int(threads[1]), f"{name} descriptors": descriptors}


@contextlib.asynccontextmanager
async def living(*, swift: bool, seed: int, faults: bool) -> AsyncIterator[Soak]:
    """An agent to be soaked."""
    settings = load({"models.profile": "tiny", "mind.reply_tokens": 16, "floor.reply_timeout_s": PATIENCE_S})
    lines = [] if swift else [line for line in await synthetic_lines(settings) if line.name in ("hello", "repeat")]
    room = SwiftRoom() if swift else Room(keep_s=0)
    seen: list[Callable[[Happening], None]] = []
    async with running(settings, room, lambda happening: seen[0](happening) if seen else None) as agent:
        soak = Soak(agent, room, lines, seed, faults=faults)
        seen.append(soak.watch)
        if isinstance(room, SwiftRoom):
            room.begin(agent)
        counting = asyncio.create_task(soak.count())
        try:
            yield soak
        finally:
            counting.cancel()
            if isinstance(room, SwiftRoom):
                room.end()


def judge(found: Soaked) -> dict[str, object]:
    """What rose by how much over the run, and whether all is well."""
    rises, leaks = {}, []
    names = sorted({name for sample in found.samples for name in sample} - {"s"})
    for name in names:
        rise, interval = _rise([(sample["s"], sample[name]) for sample in found.samples if name in sample])
        rises[name] = {"rise": round(rise, 2), "interval": round(interval, 2)}
        if rise > interval and rise > TOLERATED[name.split()[-1]]:
            leaks.append(name)
    third = len(found.latencies_s) // 3
    first, last = (np.percentile(part, 95) if part else 0.0 for part in _ends(found.latencies_s, third))
    later = float(last / first) if first else 1.0
    return {
        "turns": found.answered + found.apologised + len(found.lost),
        "answered": found.answered,
        "apologised": found.apologised,
        "lost": found.lost,
        "faults": found.faults,
        "rises": rises,
        "leaks": leaks,
        "p95_first_s": round(float(first), 3),
        "p95_last_s": round(float(last), 3),
        "ok": not found.lost and not leaks and later <= LATER_MAX,
    }


def _ends(values: list[float], count: int) -> tuple[list[float], list[float]]:
    return values[:count], values[len(values) - count :]


def _rise(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Rise of the straight line through the points over the run, and the half of its 95 % interval."""
    kept = np.array(points[int(len(points) * WARM) :])
    if len(kept) < 4:
        return 0.0, 0.0
    at, values = kept[:, 0] - kept[:, 0].mean(), kept[:, 1] - kept[:, 1].mean()
    slope = float(at @ values / (at @ at))
    error = float(np.sqrt(np.square(values - slope * at).sum() / (len(kept) - 2) / (at @ at)))
    return slope * float(np.ptp(at)), 1.96 * error * float(np.ptp(at))


async def soak(turns: int, seconds: float, *, faults: bool, seed: int = 1) -> Soaked:
    """So many turns as fast as they go or, without a number, turns in real time for so long."""
    async with living(swift=turns > 0, seed=seed, faults=faults) as life:
        began, done = time.monotonic(), 0
        while (done < turns if turns else True) and (not seconds or time.monotonic() - began < seconds):
            await life.turn()
            done += 1
        return life.found


def main() -> int:
    """Run as it was asked, and tell."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--turns", type=int, default=0, help="in accelerated time; 0 for real time")
    asked.add_argument("--seconds", type=float, default=0.0, help="end after so long, whatever was asked")
    asked.add_argument("--faults", action="store_true", help="kill, stop and replace engines, mute it, make noise")
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    if not chosen.turns and not chosen.seconds:
        asked.error("give --turns, --seconds or both")
    logging.disable(logging.INFO)
    told = judge(asyncio.run(soak(chosen.turns, chosen.seconds, faults=chosen.faults, seed=chosen.seed)))
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
