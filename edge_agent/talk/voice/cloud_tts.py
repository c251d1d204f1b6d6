"""Text to speech by an endpoint that the owner chose, with the device's voice behind it.

A phrase is taken whole, or the device says it: nothing is said twice or broken off. Which samples carry which word is
estimated, from how long the words are when spoken: an endpoint does not tell. So after an interruption the agent may be
a word or two off about what was heard.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import numpy as np

from edge_agent.base.errors import NetworkError
from edge_agent.base.frames import Samples, Speech, Word
from edge_agent.talk.voice.spoken import spoken_words
from edge_agent.talk.voice.tts import Tts

QUIET = 0.01
"""Amplitude below which the beginning and the end of a phrase have no word in them."""

Say = Callable[[str], Awaitable[tuple[Samples, int]]]
"""Returns the sound of a phrase and its rate, Hz. NetworkError if nobody can say it."""


class CloudTts:
    """A `Tts` that asks elsewhere first, and another `Tts` where that has nothing."""

    def __init__(self, say: Say, device: Tts, may_leave: Callable[[str], bool]) -> None:
        """`may_leave` is whether a text may be sent; one that may not is said by the device."""
        self._say = say
        self._device = device
        self._may_leave = may_leave

    async def synthesise(self, text: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[Speech, None]:
        """As in `Tts`. A part of a phrase is said by the device: elsewhere a phrase is one sound."""
        pieces = [(written.strip(), said) for written, said in spoken_words(text) if said]
        if not pieces:
            return
        if not start and stop is None and self._may_leave(text):
            try:
                samples, rate_hz = await self._say(" ".join(said for _, said in pieces))
            except NetworkError:
                pass
            else:
                yield Speech(text.strip(), samples, rate_hz, estimated(pieces, samples))
                return
        async with aclosing(self._device.synthesise(text, start, stop)) as spoken:
            async for speech in spoken:
                yield speech


def estimated(pieces: list[tuple[str, str]], samples: Samples) -> tuple[Word, ...]:
    """Divide the sound among words (written, as spoken), each by its letters when spoken."""
    loud = np.flatnonzero(np.abs(samples) > QUIET)
    begin, end = (int(loud[0]), int(loud[-1]) + 1) if loud.size else (0, samples.size)
    letters = np.cumsum([0, *(len(said) + 1 for _, said in pieces)])
    places = begin + (letters * (end - begin) // letters[-1])
    return tuple(
        Word(written, int(first), int(last))
        for (written, _), first, last in zip(pieces, places[:-1], places[1:], strict=True)
    )
