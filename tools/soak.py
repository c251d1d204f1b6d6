"""Lets the agent live through many turns, with faults if wanted, and measures whether anything of it grows.

    python tools/soak.py --turns 10000            as fast as this machine can, in a room whose time runs ahead
    python tools/soak.py --seconds 7200 --faults  in real time
    python tools/soak.py --judge out/soak.jsonl   what a run has shown so far, while it goes on or after it was ended

Real engines (the tiny ones), the real ear, a simulated room. Every turn is a question for a skill or for the model,
typed or, in real time, spoken as well; a turn is lost when neither an answer nor the apology came. Every `EVERY_S`
memory, threads and descriptors are counted, of the agent and of each engine. All of it goes into a file (`--log`) as it
happens: nothing is kept in the process that is measured. Ctrl-C and SIGTERM end the run, and what was done is judged.
`edge_agent/bench/growth.py` judges. Exits with 1 if a turn was lost, anything grew, or answers became later.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np

from edge_agent.app.agent import Agent, running
from edge_agent.app.happenings import Happening, PhraseQueued, TurnEnded
from edge_agent.app.timeline import Timeline
from edge_agent.base.events import FloorTaken, Muted, Typed, Unmuted
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.layers import load
from edge_agent.bench.counting import process
from edge_agent.bench.growth import Counted, End, Record, Turn, judged, line, read
from edge_agent.bench.rehearsal import Line, synthetic_lines
from edge_agent.bench.swift_room import SwiftRoom
from edge_agent.talk.ear.room import Room
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.floor.state import State

FOR_A_SKILL = ("What time is it?", "Set a timer for two hours.", "Cancel all timers.")
FOR_THE_MODEL = ("What is the capital of France?", "Why is the sky blue?", "Say hello.")
THINKING = {True: 0.1, False: 0.5}
"""Share of the questions for the model, where time runs ahead and where it does not: the model's own time does not."""
EVERY_S = 2.0
HUNG_S = 90.0
PATIENCE_S = 30.0
"""For an answer, instead of an apology: how busy the machine is besides is not what is measured here."""
LOG = Path("out/soak.jsonl")


class Soak:
    """One run."""

    def __init__(
        self,
        agent: Agent,
        room: Room,
        lines: list[Line],
        seed: int,
        tell: Callable[[Turn | Counted], None],
        *,
        faults: bool,
    ) -> None:
        self._agent = agent
        self._room = room
        self._lines = lines
        self._chance = random.Random(seed)
        self._tell = tell
        self._faults = faults
        self._said: list[str] = []
        self._ended: list[Timeline] = []
        self._news = asyncio.Event()
        self._began = time.monotonic()

    def watch(self, happening: Happening) -> None:
        """See what the agent does."""
        match happening:
            case PhraseQueued(text):
                self._said.append(text)
            case TurnEnded(timeline):
                self._ended.append(timeline)
        self._news.set()

    async def turn(self) -> None:
        """Ask something, with a fault now and then, and see that it is answered."""
        self._said.clear()
        self._ended.clear()
        faulty = self._faults and self._chance.random() < 0.1
        how, asked = self._ask()
        if faulty:
            await self._suffer()
        end, waited_s = End.LOST, HUNG_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HUNG_S):
                await self._until(lambda: bool(self._said))
                waited_s = time.monotonic() - asked
                await self._until(lambda: bool(self._ended) and self._agent.conversation.state is State.LISTENING)
                end = End.APOLOGISED if APOLOGY in " ".join(self._said) else End.ANSWERED
        if end is End.LOST:
            self._agent.post(FloorTaken())
        kind = f"{how}, {self._ended[-1].kind}" if self._ended else how
        self._tell(Turn(self._s, kind, end, round(waited_s, 4), faulty))

    def _ask(self) -> tuple[str, float]:
        """Return how it was asked, and when the question is over."""
        if self._lines and self._chance.random() < 0.5:
            samples: Samples = self._chance.choice(self._lines).samples
            self._room.say(samples)
            return "spoken", time.monotonic() + samples.size / RATE_HZ
        thinking = self._chance.random() < THINKING[isinstance(self._room, SwiftRoom)]
        self._agent.post(Typed(self._chance.choice(FOR_THE_MODEL if thinking else FOR_A_SKILL)))
        return "typed", time.monotonic()

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
            values = process("agent", os.getpid())
            for worker in self._agent.workers:
                values |= process(worker.spec.name, worker.pid) if worker.ready else {}
            self._tell(Counted(self._s, values))

    @property
    def _s(self) -> float:
        return round(time.monotonic() - self._began, 2)


@contextlib.asynccontextmanager
async def living(log: Path, *, swift: bool, seed: int, faults: bool) -> AsyncIterator[Soak]:
    """An agent to be soaked."""
    settings = load({"models.profile": "tiny", "mind.reply_tokens": 16, "floor.reply_timeout_s": PATIENCE_S})
    lines = [] if swift else [line for line in await synthetic_lines(settings) if line.name in ("hello", "repeat")]
    room = SwiftRoom() if swift else Room(keep_s=0)
    seen: list[Callable[[Happening], None]] = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", buffering=1) as kept:
        async with running(settings, room, lambda happening: seen[0](happening) if seen else None) as agent:
            soak = Soak(agent, room, lines, seed, lambda entry: kept.write(line(entry)), faults=faults)
            seen.append(soak.watch)
            if isinstance(room, SwiftRoom):
                room.begin(lambda: agent.conversation.state is State.SPEAKING, lambda: agent.listener.position)
            counting = asyncio.create_task(soak.count())
            try:
                yield soak
            finally:
                counting.cancel()
                if isinstance(room, SwiftRoom):
                    room.end()
                with contextlib.suppress(asyncio.CancelledError):
                    await counting  # Raises what ended it before its time.


async def soak(log: Path, turns: int, seconds: float, *, faults: bool, seed: int = 1) -> Record:
    """So many turns as fast as they go or, without a number, turns in real time; for so long, or until a signal."""
    async with living(log, swift=turns > 0, seed=seed, faults=faults) as life:

        async def lived() -> None:
            done = 0
            while not turns or done < turns:
                await life.turn()
                done += 1

        living_on = asyncio.create_task(lived())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, living_on.cancel)
        await asyncio.wait([living_on], timeout=seconds or None)
        if living_on.done() and not living_on.cancelled():
            living_on.result()  # Raises what went wrong.
        living_on.cancel()
    return _read(log)


def _read(log: Path) -> Record:
    with log.open() as lines:
        return read(lines)


def main() -> int:
    """Run as it was asked, and tell."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--turns", type=int, default=0, help="in accelerated time; 0 for real time")
    asked.add_argument("--seconds", type=float, default=0.0, help="end after so long, whatever was asked")
    asked.add_argument("--faults", action="store_true", help="kill, stop and replace engines, mute it, make noise")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--log", type=Path, default=LOG, help="every turn and every count, as they come (%(default)s)")
    asked.add_argument("--judge", type=Path, metavar="LOG", help="run nothing; judge what is in this file")
    chosen = asked.parse_args()
    if not chosen.judge and not chosen.turns and not chosen.seconds:
        asked.error("give --turns, --seconds or both")
    logging.disable(logging.INFO)
    record = (
        _read(chosen.judge)
        if chosen.judge
        else asyncio.run(soak(chosen.log, chosen.turns, chosen.seconds, faults=chosen.faults, seed=chosen.seed))
    )
    told = judged(record)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
