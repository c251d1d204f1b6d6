"""Text to speech: a phrase in, its sound out, with the samples of every word.

Written words are not always spoken words: "3:30" is spoken "three thirty". `spoken.py` divides the text into pieces and
says each; the voice speaks them as one phrase and tells the samples of each. A `Word` of the speech is the written side
of a piece, so whoever counts what was heard counts in written words.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

import numpy as np

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import Samples, Speech, Word
from edge_agent.talk.voice.spoken import spoken_words
from edge_agent.workers.again import once_more
from edge_agent.workers.process import Item, Spec, Worker


class Tts(Protocol):
    """Whatever turns text into speech."""

    def synthesise(self, text: str) -> AsyncGenerator[Speech, None]:
        """Yield the speech of `text`, piece by piece; their texts joined are its words. Closing it stops it."""


def piper(folder: Path, threads: int) -> Spec:
    """What the worker that holds the Piper voice in `folder` is."""
    return Spec("tts", "edge_agent.workers.piper", {"folder": str(folder), "threads": threads}, threads)


class PiperTts:
    """Piper in its worker."""

    def __init__(self, worker: Worker, speed: float = 1.0) -> None:
        self._worker = worker
        self._speed = speed

    async def synthesise(self, text: str) -> AsyncGenerator[Speech, None]:
        """As in `Tts`."""
        pieces = spoken_words(text)
        if not any(said for _, said in pieces):
            return
        asked = {"units": [said for _, said in pieces], "speed": self._speed}
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
