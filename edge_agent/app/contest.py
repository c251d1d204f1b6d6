"""The race between cloud and device, run: what comes out are the lines that are heard, one after the other.

It decides nothing: `talk/mind/cloud/race.py` does. Here are the two runners, each with phrases of its own, so that of
one that fails no half sentence is ever heard, and one timer. Closing `lines` stops both.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from edge_agent.base.errors import EdgeAgentError
from edge_agent.talk.mind.cloud import race
from edge_agent.talk.mind.cloud.holding import BROKE_OFF, OWN_GUESS, UNREACHABLE, Holding
from edge_agent.talk.mind.cloud.race import Do, Progress, Side, Terms
from edge_agent.talk.voice.phrases import Phrases

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """Something to say."""

    text: str
    aside: bool = False
    """Whether it is no part of the answer: a holding line, an apology."""
    start: int = 0
    """Characters of it that were said already."""
    stop: int | None = None
    """Characters of it that may be said by now, where it is the beginning of a line; None where it is known whole."""


class Lines:
    """Which holding lines come next, from one turn to the next."""

    def __init__(self) -> None:
        self._holding = Holding()

    def next(self, *, first: bool) -> str:
        """Return a line to say now."""
        line, self._holding = self._holding.line(first=first)
        return line


CLOUD_AHEAD = 64
"""Phrases of the cloud that may wait: it writes faster than anybody speaks, and must not be kept from ending."""


class _Runner:
    """One side: its phrases wait in a queue."""

    def __init__(self, phrases: Phrases, ahead: int) -> None:
        """`ahead` is how many phrases it may make before one is taken."""
        self.queue: asyncio.Queue[str] = asyncio.Queue(ahead)
        self.error: Exception | None = None
        self.task: asyncio.Task[None] | None = None
        self.unwanted = False
        """Whether it stops at its first piece: until then it reads the question, which the endpointer waits for."""
        self._phrases = phrases
        self._said = False

    async def run(self, pieces: AsyncGenerator[str, None], reached: Callable[[Progress], None]) -> None:
        """Cut what comes into phrases. What was begun and not completed when it fails is lost."""
        stirred = False
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    if self.unwanted:
                        return
                    if not stirred:
                        stirred = True
                        reached(Progress.STIRRED)
                    await self._put(self._phrases.feed(piece), reached)
            rest = [phrase for phrase in self._phrases.finish() if any(map(str.isalnum, phrase))]
            await self._put(rest, reached)
        except Exception as error:
            if not isinstance(error, EdgeAgentError):
                log.error("a runner failed by a mistake of ours", exc_info=error)
            self.error = error
            reached(Progress.FAILED)
        else:
            reached(Progress.OVER if self._said else Progress.FAILED)

    async def _put(self, phrases: list[str], reached: Callable[[Progress], None]) -> None:
        for phrase in phrases:
            await self.queue.put(phrase)
            self._said = True
            reached(Progress.READY)


class Contest:
    """One turn's race. `lines` is its whole life; `commit` may come at any moment of it."""

    def __init__(
        self,
        terms: Terms,
        asked: float,
        runners: Mapping[Side, AsyncGenerator[str, None]],
        *,
        phrases: Callable[[], Phrases],
        lines: Lines,
        left_s: Callable[[], float],
        on_heard: Callable[[Side | None], None],
    ) -> None:
        """`asked` is when the question ended (the loop's clock), `left_s` tells how much there is still to be played.

        `on_heard` is told whose answer is heard, and None when the cloud's broke off.
        """
        self._race = race.begin(terms, asked)
        self._pieces = runners
        self._runners = {Side.CLOUD: _Runner(phrases(), CLOUD_AHEAD), Side.LOCAL: _Runner(phrases(), 1)}
        self._lines = lines
        self._left_s = left_s
        self._on_heard = on_heard
        self._news = asyncio.Event()

    def commit(self) -> None:
        """From now on a silence is heard as one."""
        self._race = race.committed(self._race)
        self._news.set()

    async def lines(self) -> AsyncGenerator[Line, None]:
        """Yield what is to be said. EngineError if the device's answer is heard and fails."""
        loop = asyncio.get_running_loop()
        for side, runner in self._runners.items():
            runner.task = loop.create_task(runner.run(self._pieces[side], partial(self._reached, side)))
        try:
            while True:
                while taken := self._taken():
                    for text in taken:
                        yield Line(text)
                self._race, todo = race.step(self._race, loop.time(), self._left_s())
                for do in todo:
                    if line := self._carry_out(do):
                        yield line
                if self._race.over:
                    break
                if not todo:
                    await self._wait(race.wake_at(self._race))
            for text in self._taken():
                yield Line(text)
            self._raise_what_is_ours()
            local = self._runners[Side.LOCAL]
            if local.unwanted and local.task:
                await asyncio.wait({local.task})
        finally:
            await self._close()

    def _taken(self) -> list[str]:
        """Take the phrases that are there from whoever is heard."""
        heard = self._race.heard
        if heard is None:
            return []
        queue = self._runners[heard].queue
        return [queue.get_nowait() for _ in range(queue.qsize())]

    def _carry_out(self, do: Do) -> Line | None:
        match do:
            case Do.HEAR_CLOUD:
                self._on_heard(Side.CLOUD)
            case Do.HEAR_LOCAL:
                self._on_heard(Side.LOCAL)
            case Do.DROP_CLOUD:
                self._drop(Side.CLOUD)
            case Do.DROP_LOCAL:
                self._drop(Side.LOCAL)
            case Do.HOLD | Do.HOLD_AGAIN:
                return Line(self._lines.next(first=do is Do.HOLD), aside=True)
            case Do.SAY_GUESS:
                return Line(OWN_GUESS, aside=True)
            case Do.SAY_UNREACHABLE:
                return Line(UNREACHABLE, aside=True)
            case Do.SAY_BROKE_OFF:
                self._on_heard(None)
                return Line(BROKE_OFF, aside=True)
        return None

    def _reached(self, side: Side, to: Progress) -> None:
        self._race = race.progress(self._race, side, to, asyncio.get_running_loop().time())
        self._news.set()

    async def _wait(self, until: float | None) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()

    def _drop(self, side: Side) -> None:
        runner = self._runners[side]
        if side is Side.LOCAL and self._race.local is Progress.RUNNING:
            runner.unwanted = True
        elif runner.task:
            runner.task.cancel()

    def _raise_what_is_ours(self) -> None:
        local = self._runners[Side.LOCAL].error
        if self._race.heard is Side.LOCAL and local is not None:
            raise local

    async def _close(self) -> None:
        tasks = [runner.task for runner in self._runners.values() if runner.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
