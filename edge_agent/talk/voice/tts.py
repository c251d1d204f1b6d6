"""Text to speech: a phrase in, its sound out, with the samples of every word.

Written words are not always spoken words: "3:30" is spoken "three thirty". The two are laid side by side; where they
differ, the shortest stretch of written words stands for the shortest stretch of spoken ones. Such a pair is a unit. The
voice speaks the units, and each `Word` of the speech is the written side of one, so that "3:30" keeps its samples, and
whoever counts what was heard counts in written words.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Protocol

import numpy as np

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import Samples, Speech, Word
from edge_agent.talk.voice.spoken import spoken
from edge_agent.workers.process import Item, Spec, Worker


class Tts(Protocol):
    """Whatever turns text into speech."""

    def synthesise(self, text: str) -> AsyncGenerator[Speech, None]:
        """Yield the speech of `text`, sentence by sentence; their texts joined are its words. Closing it stops it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Written words that are spoken as one."""

    written: str
    spoken: str


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
        parts = units(text, spoken(text))
        if not any(part.spoken for part in parts):
            return
        job = self._worker.run({"units": [part.spoken for part in parts], "speed": self._speed})
        async with aclosing(job):
            async for item in job:
                yield _speech(item, parts)


def units(written: str, said: str) -> list[Unit]:
    """Pair the words of a text as written with those as said; the written sides joined by spaces are the text."""
    ours, theirs = written.split(), said.split()
    pairs: list[Unit] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            found = [Unit(word, word) for word in ours[i:i_end]]
        else:
            found = [Unit(" ".join(ours[i:i_end]), " ".join(theirs[j:j_end]))]
        for unit in found:
            # Nothing is said for a dash, nothing is written for an "and": half a pair goes with its neighbour.
            if pairs and not (pairs[-1].written and pairs[-1].spoken and unit.written and unit.spoken):
                pairs[-1] = _together(pairs[-1], unit)
            else:
                pairs.append(unit)
    return pairs


def _together(one: Unit, other: Unit) -> Unit:
    return Unit(f"{one.written} {other.written}".strip(), f"{one.spoken} {other.spoken}".strip())


def _speech(item: Item, parts: Sequence[Unit]) -> Speech:
    match dict(item.fields):
        case {"rate_hz": int(rate_hz), "units": list(spans)}:
            samples: Samples = np.frombuffer(item.payload, np.float32)
            words = tuple(Word(parts[index].written, start, end) for index, start, end in spans)
            return Speech(" ".join(word.text for word in words), samples, rate_hz, words)
    raise EngineError(f"Piper's answer lacks something: {sorted(item.fields)}")
