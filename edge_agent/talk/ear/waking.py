"""Between the ear and whoever listens to it: asleep, nothing passes but that the wake word was said. Pure.

1. Asleep, no sample and no edge of a voice gets past here. What was said before the wake word is heard by nobody, but
   for the last `LATE_CHUNKS` of it: the word is recognised a little after its end, and the first of the order would be
   lost.
2. The voice that says the wake word is not told. If it goes on for `ORDER` samples after the word, it is an order in
   one breath ("Hey Jarvis, what time is it?") and begins where the word ended.
3. Whoever is woken in the middle of a voice by the talk key hears it from there, by the same rule.
"""

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from edge_agent.base.events import VoiceStarted, VoiceStopped, VoiceSuspected, Woken
from edge_agent.base.frames import RATE_HZ, Heard, Samples

LATE_CHUNKS = 6
"""192 ms; openWakeWord needs 110 to 180 ms after the last sample of "Hey Jarvis", 260 to 440 after "Okay Nabu"."""

ORDER = RATE_HZ * 3 // 10
"""The word's own tail, and the detector's 64 ms before a pause counts, are shorter."""

Passing = Heard | VoiceStarted | VoiceStopped | VoiceSuspected


class Spotter(Protocol):
    """Recognises the wake word."""

    def feed(self, samples: Samples) -> bool:
        """Take the next samples at `RATE_HZ`; whether the word was just said."""

    def reset(self) -> None:
        """What comes next has nothing to do with what came before."""


class Waking:
    """One ear's."""

    def __init__(self, spotter: Spotter | None = None) -> None:
        """Without a spotter nothing wakes it but `wanted`."""
        self.wanted = False
        """Whether it is to sleep; whoever decides that sets it, from any thread."""
        self.spotter = spotter
        """What recognises the wake word; whoever has a better one sets it, from any thread."""
        self._asleep = False
        self._speaking = False
        self._begun: int | None = None  # where a voice began that is not told yet
        self._lately: deque[Heard] = deque(maxlen=LATE_CHUNKS)

    def take(self, news: Passing) -> Iterator[Passing | Woken]:
        """Yield what passes of it, in order."""
        if self.wanted is not self._asleep:
            yield from self._turn()
        if isinstance(news, Heard):
            yield from self._hear(news)
        elif isinstance(news, VoiceSuspected):
            if not self._asleep:
                yield news
        else:
            self._speaking = isinstance(news, VoiceStarted)
            if not self._asleep:
                yield from self._edge(news)

    def _hear(self, heard: Heard) -> Iterator[Passing | Woken]:
        if not self._asleep:
            yield heard
            if self._begun is not None and heard.position + heard.samples.size - self._begun >= ORDER:
                began, self._begun = self._begun, None
                yield VoiceStarted(began)
            return
        self._lately.append(heard)
        spotter = self.spotter
        if spotter and spotter.feed(heard.samples):
            self.wanted = False
            yield Woken(heard.position + heard.samples.size)
            yield from self._turn()

    def _edge(self, edge: VoiceStarted | VoiceStopped) -> Iterator[Passing]:
        told = self._begun is None
        self._begun = None
        if told or isinstance(edge, VoiceStarted):
            yield edge

    def _turn(self) -> Iterator[Passing]:
        self._asleep = self.wanted
        self._begun = None
        if self._asleep:
            if self.spotter:
                self.spotter.reset()
        else:
            if self._speaking and self._lately:
                self._begun = self._lately[-1].position + self._lately[-1].samples.size
            yield from self._lately
        self._lately.clear()
