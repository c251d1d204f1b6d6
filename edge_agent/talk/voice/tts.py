"""Text to speech: a phrase in, its sound out, with the samples of every word.

Written words are not always spoken words: "3:30" is spoken "three thirty". `spoken.py` divides the text into pieces and
says each; the voice speaks them as one phrase and tells the samples of each. A `Word` of the speech is the written side
of a piece, so whoever counts what was heard counts in written words.
"""

from bisect import bisect_left
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from itertools import accumulate
from pathlib import Path
from typing import Protocol

import numpy as np

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import Samples, Speech, Word
from edge_agent.talk.voice.spoken import spoken_words
from edge_agent.workers.again import once_more
from edge_agent.workers.process import Item, Spec, Worker
from edge_agent.workers.wire import JSON

STAND_IN = " and so on."
"""Stands for what is not known yet of a phrase that is begun: without it, its last word falls as at the end of one."""


class Tts(Protocol):
    """Whatever turns text into speech."""

    def synthesise(self, text: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[Speech, None]:
        """Yield the speech of `text`, piece by piece; their texts joined are its words. Closing it stops it.

        With a `stop` it is the beginning of a phrase of which no more is known yet, and only so many characters are
        said, up to the end of a word; the last piece continues. The rest is said as the whole phrase from that `start`.
        """


def piper(folder: Path, threads: int) -> Spec:
    """What the worker that holds the Piper voice in `folder` is."""
    return Spec("tts", "edge_agent.workers.piper", {"folder": str(folder), "threads": threads}, threads)


class PiperTts:
    """Piper in its worker."""

    def __init__(self, worker: Worker, speed: float = 1.0) -> None:
        self._worker = worker
        self._speed = speed

    async def synthesise(self, text: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[Speech, None]:
        """As in `Tts`."""
        pieces = spoken_words(text if stop is None else text + STAND_IN)
        if not any(said for _, said in pieces):
            return
        asked: dict[str, JSON] = {"units": [said for _, said in pieces], "speed": self._speed}
        if start or stop is not None:
            begins = [0, *accumulate(len(written) for written, _ in pieces)][:-1]
            asked["says"] = [bisect_left(begins, start), len(begins) if stop is None else bisect_left(begins, stop)]
        async with aclosing(once_more(lambda: self._worker.run(asked))) as job:
            async for item in job:
                yield _speech(item, [written for written, _ in pieces])


def _speech(item: Item, written: Sequence[str]) -> Speech:
    match dict(item.fields):
        case {"rate_hz": int(rate_hz), "units": list(spans), "continues": bool(continues)} if rate_hz > 0:
            try:
                samples: Samples = np.frombuffer(item.payload, np.float32)
                words = tuple(Word(written[index].strip(), int(start), int(end)) for index, start, end in spans)
                text = "".join(written[index] for index, _, _ in spans).strip()
            except (TypeError, ValueError, IndexError, OverflowError) as error:
                raise EngineError(f"Piper's answer is about other words: {error}") from None
            return Speech(text, samples, rate_hz, words, continues)
    raise EngineError(f"Piper's answer lacks something: {sorted(item.fields)}")
