"""The whole agent, real engines and all, in a simulated room in real time; and what a test may see and hear of it."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager

import numpy as np

from edge_agent.app.agent import running
from edge_agent.app.happenings import Happening, PhraseQueued, TurnEnded
from edge_agent.base.events import Unmuted
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import Settings
from edge_agent.bench.person import Person
from edge_agent.talk.ear.room import AUDIBLE, Room
from edge_agent.talk.floor.state import State

PATIENT = {"models.profile": "tiny", "floor.reply_timeout_s": 30}
"""The smallest models, and time for them: an apology for a slow machine is nothing that a scene is about."""

UNTIL_S = 30.0
"""What has not come by then does not come, on however slow a machine."""

SOON_MS = 2500
"""To silence: far less than an answer that is cut would have lasted, far more than docs/benchmarks.md measures."""

BREATH_S = 0.4
"""Silence before somebody speaks."""

WORDS_S = 0.25
"""Longer than any silence within a phrase of ours: after it, the agent is silent."""


class Live:
    """An agent that runs."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.person = Person(room)
        self.seen: list[Happening] = []
        self.also: Callable[[Happening], None] | None = None
        """Is told of everything as it happens."""
        self._news = asyncio.Event()

    @asynccontextmanager
    async def begun(self, settings: Settings):
        async with running(settings, self.room, self._watch) as self.agent:
            yield self

    def _watch(self, happening: Happening) -> None:
        self.seen.append(happening)
        if self.also:
            self.also(happening)
        self._news.set()

    # What it does.

    async def until(self, so: Callable[[], object], timeout_s: float = UNTIL_S) -> None:
        """Wait for it; it is looked at whenever something happens."""
        async with asyncio.timeout(timeout_s):
            while not so():
                self._news.clear()
                await self._news.wait()

    async def rests(self) -> None:
        """Begin a scene: nobody speaks, nothing is remembered, the ear is open."""
        self.agent.post(Unmuted())
        await self.until(lambda: self.listens)
        await self.person.hears_silence(BREATH_S)
        self.agent.conversation.forget()
        self.seen.clear()

    async def asked(self, samples: Samples) -> int:
        """Say this, and return the position after the last audible sample of it when that has passed."""
        start, _ = self.person.says(samples)
        end = start + int(np.flatnonzero(np.abs(samples) > 0.01)[-1])
        await self.person.passes(end)
        return end

    async def answers(self, count: int = 1, timeout_s: float = UNTIL_S):
        """Wait for so many exchanges to end, and return the records of all since `rests`."""
        await self.until(lambda: len(self.ended) >= count, timeout_s)
        return self.ended

    # What is seen.

    @property
    def ended(self):
        return [happening.timeline for happening in self.seen if isinstance(happening, TurnEnded)]

    @property
    def said(self) -> list[str]:
        return [phrase.text for phrase in self.of(PhraseQueued)]

    @property
    def listens(self) -> bool:
        return self.agent.conversation.state is State.LISTENING

    @property
    def speaks(self) -> bool:
        return self.agent.conversation.state is State.SPEAKING

    def of(self, kind: type) -> list[Happening]:
        return [happening for happening in self.seen if isinstance(happening, kind)]

    # What is heard.

    def voice(self, start: int, end: int | None = None) -> Samples:
        """What the loudspeaker was given between two positions, at the room's rate."""
        many = self.room.rate_hz // RATE_HZ
        return self.room.recording.agent[start * many : None if end is None else end * many]

    def sounds_at(self, start: int) -> int | None:
        """Position of the first audible sample after `start`."""
        loud = np.flatnonzero(np.abs(self.voice(start)) > AUDIBLE)
        return start + int(loud[0]) * RATE_HZ // self.room.rate_hz if loud.size else None

    def silent_after_ms(self, start: int) -> float:
        """How long after `start` the agent's voice went on until there was a silence of `WORDS_S`."""
        loud = np.flatnonzero(np.abs(self.voice(start)) > AUDIBLE)
        if not loud.size or loud[0] > WORDS_S * self.room.rate_hz:
            return 0.0
        gaps = np.flatnonzero(np.diff(loud) > WORDS_S * self.room.rate_hz)
        return float(loud[gaps[0] if gaps.size else -1]) * 1000 / self.room.rate_hz
