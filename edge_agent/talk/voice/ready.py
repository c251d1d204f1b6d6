"""Phrases that are kept as sound: said without waiting for the voice, and sayable while the voice is down.

1. What was learnt stays. What was said is kept as long as there is room; what was not said for longest goes first.
2. A phrase is kept when it was made whole: one that was broken off would be broken off for ever, and one that was made
   in two parts is not the same twice.
3. Rehearsing never stands in the way: it makes one phrase at a time, and to cancel it costs one piece.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from edge_agent.base.frames import Speech
from edge_agent.talk.voice.tts import Tts

KEPT_BYTES = 8_000_000
"""A minute and a half of speech at 22 kHz: some fifty phrases."""


class ReadyTts:
    """A `Tts` that knows some phrases by heart, and asks another for the rest."""

    def __init__(self, tts: Tts, kept_bytes: int = KEPT_BYTES) -> None:
        self._tts = tts
        self._room = kept_bytes
        self._learnt: dict[str, tuple[Speech, ...]] = {}
        self._said: OrderedDict[str, tuple[Speech, ...]] = OrderedDict()  # the one said longest ago first

    def adopt(self, other: "ReadyTts") -> None:
        """Speak with another's voice from now on: it brings what it learnt, and nothing of the old one's is kept."""
        self._tts, self._room = other._tts, other._room
        self._learnt, self._said = other._learnt, other._said

    async def learn(self, phrases: Iterable[str]) -> None:
        """Synthesise them now and keep them for good. EngineError if the voice fails."""
        for phrase in phrases:
            self._learnt[_key(phrase)] = tuple([speech async for speech in self._tts.synthesise(phrase)])

    async def rehearse(self, phrases: Iterable[str]) -> None:
        """Make those that are not there; to be cancelled when somebody speaks. EngineError if the voice fails."""
        for phrase in phrases:
            if not self._kept(phrase):
                async with aclosing(self.synthesise(phrase)) as spoken:
                    async for _ in spoken:
                        pass

    async def synthesise(self, text: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[Speech, None]:
        """As `Tts.synthesise`."""
        if start or stop is not None:
            async with aclosing(self._tts.synthesise(text, start, stop)) as spoken:
                async for speech in spoken:
                    yield speech
            return
        if kept := self._kept(text):
            for speech in kept:
                yield speech
            return
        made = []
        async with aclosing(self._tts.synthesise(text)) as spoken:
            async for speech in spoken:
                made.append(speech)
                yield speech
        self._keep(_key(text), tuple(made))

    def _kept(self, text: str) -> tuple[Speech, ...]:
        key = _key(text)
        if key in self._said:
            self._said.move_to_end(key)
        return self._learnt.get(key) or self._said.get(key, ())

    def _keep(self, key: str, speeches: tuple[Speech, ...]) -> None:
        self._room += _bytes(self._said.pop(key, ())) - _bytes(speeches)
        if speeches:
            self._said[key] = speeches
        while self._room < 0:
            _, longest_ago = self._said.popitem(last=False)
            self._room += _bytes(longest_ago)


def _key(text: str) -> str:
    return " ".join(text.split())


def _bytes(speeches: tuple[Speech, ...]) -> int:
    return sum(speech.samples.nbytes for speech in speeches)
