"""Engines that do what a test tells them, at the moment that it tells them to.

They stand where the order of events is the matter: a real engine can't be made to fail, or to wait, between two given
steps. Everything around them (speaker, skills, chores, turn machine) is real.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge_agent.app.chores import Chores
from edge_agent.app.rooms import Rooms
from edge_agent.base.frames import RATE_HZ, Samples, Speech, Word
from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.stt import Guess, Transcript
from edge_agent.talk.voice.speaker import Speaker

WORD_S = 0.1
"""How long FakeTts takes over a word."""


def open_gate() -> asyncio.Event:
    """A gate through which work goes on at once."""
    gate = asyncio.Event()
    gate.set()
    return gate


@dataclass
class FakeStt:
    """Hears `text`, once `gate` is open."""

    text: str = ""
    ms: float = 0.0
    error: Exception | None = None
    gate: asyncio.Event = field(default_factory=open_gate)
    heard: list[tuple[float, bool]] = field(default_factory=list)
    """Seconds, and whether it was final."""
    given_up: int = 0
    doubted: str = ""
    """What it makes of what it can't believe."""
    second_text: str = ""
    """What it hears where it is told what to listen for."""
    listened_for: list[tuple[str, ...]] = field(default_factory=list)

    async def transcribe(self, audio: Samples, *, final: bool) -> Transcript:
        self.heard.append((audio.size / RATE_HZ, final))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.error:
            raise self.error
        return Transcript(self.text, audio.size / RATE_HZ, self.ms, doubted=self.doubted)

    async def leanings(self, audio: Samples, words: Sequence[str]) -> Leanings:
        """None: it is sure of what it writes, whatever that is."""
        return Leanings((), np.zeros((1, len(words)), np.float32))

    async def again(self, audio: Samples, words: Sequence[str], sentences: Sequence[str]) -> list[Guess]:
        self.listened_for.append(tuple(words))
        return [Guess(self.second_text, -0.1)]


@dataclass
class FakeLlm:
    """Replies with `pieces`, waiting for `gate` after the first `before_gate` of them."""

    pieces: tuple[str, ...] = ("Yes.",)
    error: Exception | None = None
    """Raised after the last piece."""
    before_gate: int = 0
    gate: asyncio.Event = field(default_factory=open_gate)
    likely_end: float = 0.5
    """That a sentence ends after what was said."""
    asked: list[list[tuple[str, str]]] = field(default_factory=list)
    closed: int = 0
    made: object = None
    """The value that it answers with where one is asked for."""
    schemas: list[object] = field(default_factory=list)

    async def reply(self, messages, on_sentence_end=lambda _: None):
        on_sentence_end(self.likely_end)
        self.asked.append([(message.role, message.content) for message in messages])
        try:
            for number, piece in enumerate(self.pieces):
                if number == self.before_gate:
                    await self.gate.wait()
                yield piece
            if self.error:
                raise self.error
        finally:
            self.closed += 1

    async def value(self, messages, schema):
        self.asked.append([(message.role, message.content) for message in messages])
        self.schemas.append(schema)
        return self.made

    async def warm(self, messages):
        pass


@dataclass
class FakeTts:
    """Says each text in one piece, `WORD_S` a word."""

    error: Exception | None = None
    said: list[str] = field(default_factory=list)

    async def synthesise(self, text, start=0, stop=None):
        text = text[start:stop]
        self.said.append(text)
        if self.error:
            raise self.error
        size = int(WORD_S * RATE_HZ)
        words = tuple(Word(word, n * size, (n + 1) * size) for n, word in enumerate(text.split()))
        yield Speech(text.strip(), np.full(size * len(words), 0.5, np.float32), RATE_HZ, words, stop is not None)


@dataclass
class World:
    """Fake engines in real rooms. To be made on a running loop."""

    stt: FakeStt = field(default_factory=FakeStt)
    llm: FakeLlm = field(default_factory=FakeLlm)
    tts: FakeTts = field(default_factory=FakeTts)
    skills: Skills = field(default_factory=Skills)
    speaker_events: list[object] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    played: int = 0

    def __post_init__(self):
        self.speaker = Speaker(RATE_HZ, 0.8, -15, self.speaker_events.append)
        self.chores = Chores(self.speaker, self.announced.append)
        self.rooms = Rooms(self.stt, self.skills, self.llm, self.tts, self.speaker, self.chores)

    def plays(self, seconds: float) -> Samples:
        """What the loudspeaker is given in so long a time."""
        block = RATE_HZ // 100
        sound = []
        for _ in range(round(100 * seconds)):
            sound.append(self.speaker.render(block, self.played))
            self.played += block
        return np.concatenate(sound)


async def settled() -> None:
    """Let everything happen that can happen without waiting for time or for a gate."""
    for _ in range(50):
        await asyncio.sleep(0)
