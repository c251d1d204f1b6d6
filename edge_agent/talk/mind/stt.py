"""Speech to text: a turn's audio in, its words out.

1. A final transcript is what the answer waits for. It goes before partial ones that wait, and a partial one that is at
   work is given up for it.
2. What Whisper made up (`invented.py`) is no words: an empty transcript is an ordinary result, and says why.
3. Of a turn that sounded like a command in other words, it can be asked which of the expected words it nearly wrote;
   and the turn can be listened to once more, for those words.
4. Whisper hears 30 s at once. Longer audio is cut at its quietest moments, where no word is.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from edge_agent.base.errors import EngineError
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.talk.mind.invented import Invented, why_invented
from edge_agent.talk.mind.leanings import Leanings
from edge_agent.workers.again import once_more
from edge_agent.workers.process import Spec, Worker

PIECE_S = 28
"""Longest audio of one job."""

_SEARCH_S = 8
"""How far before the end of a full piece a quiet moment is looked for."""

_QUIET_S = 0.2
"""A moment as long as the gap between two sentences, which is longer than the one inside a word."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, as far as it was understood."""

    text: str
    """Empty if nobody spoke, or if it can't be believed."""
    seconds: float
    """Of audio."""
    ms: float
    """Of work in the engine."""
    doubted: str = ""
    """Words that were not believed, for the log and the screen."""
    why: Invented | None = None
    """Why they were not."""
    avg_logprob: float | None = None
    """How sure the engine was: mean log-probability of the tokens, at most 0; None where several pieces were joined."""
    overtaken: bool = False
    """A partial transcript that was given up for a final one."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What may have been said, of what was expected."""

    text: str
    avg_logprob: float
    """How sure the engine was, as in `Transcript`."""


class Stt(Protocol):
    """Whatever turns speech into text."""

    async def transcribe(self, audio: Samples, *, final: bool) -> Transcript:
        """Return the words in `audio` (16 kHz). Not `final` is a glance at a turn that goes on."""

    async def leanings(self, audio: Samples, words: Sequence[str]) -> Leanings:
        """Return what is written for `audio`, and which of these words nearly was.

        At once if `audio` was transcribed last.
        """

    async def again(self, audio: Samples, words: Sequence[str], sentences: Sequence[str]) -> list[Guess]:
        """Return what was said in `audio`, the likeliest first, had it been said in these words alone.

        `sentences` are examples of what may be said.
        """


def whisper(folder: Path, threads: int) -> Spec:
    """What the worker that holds the Whisper model in `folder` is."""
    return Spec("stt", "edge_agent.workers.whisper", {"folder": str(folder), "threads": threads}, threads)


class WhisperStt:
    """Whisper in its worker."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._partials: set[asyncio.Task[Transcript]] = set()

    def adopt(self, other: "WhisperStt") -> None:
        """Ask another's worker from now on; what was asked already is answered by the old one."""
        self._worker = other._worker

    async def transcribe(self, audio: Samples, *, final: bool) -> Transcript:
        """As in `Stt`."""
        if final:
            for partial in self._partials:
                partial.cancel()
            heard = [await self._hear(piece, final=True) for piece in pieces(audio)]
            return _joined(heard)

        glance = asyncio.create_task(self._hear(audio[-PIECE_S * RATE_HZ :], final=False))
        self._partials.add(glance)
        try:
            # A final transcript cancels the task; whoever cancels us is meant to get through.
            await asyncio.wait([glance])
        finally:
            glance.cancel()
            self._partials.discard(glance)
        if glance.cancelled():
            return Transcript("", audio.size / RATE_HZ, 0.0, overtaken=True)
        return glance.result()

    async def leanings(self, audio: Samples, words: Sequence[str]) -> Leanings:
        """As in `Stt`. Of audio that is longer than one job, none: no command is."""
        if audio.size > PIECE_S * RATE_HZ:
            return Leanings((), np.zeros((1, len(words)), np.float32))
        job = self._worker.run({"weighed": list(words)}, audio.astype(np.float32).tobytes(), priority=1)
        async with aclosing(job):
            async for item in job:
                nats = np.frombuffer(item.payload, np.float32).reshape(-1, len(words))
                return Leanings(tuple(item.fields["pieces"]), nats)
        raise EngineError("Whisper ended a job without a word about it", hint="Try again.")

    async def again(self, audio: Samples, words: Sequence[str], sentences: Sequence[str]) -> list[Guess]:
        """As in `Stt`. Of audio that is longer than one job, nothing: no command is."""
        if audio.size > PIECE_S * RATE_HZ:
            return []
        job = self._worker.run(
            {"words": list(words), "sentences": list(sentences)}, audio.astype(np.float32).tobytes(), priority=1
        )
        async with aclosing(job):
            return [Guess(item.fields["text"], item.fields["avg_logprob"]) async for item in job]

    async def _hear(self, audio: Samples, *, final: bool) -> Transcript:
        sound = audio.astype(np.float32).tobytes()
        async with aclosing(once_more(lambda: self._worker.run({}, sound, priority=1 if final else 0))) as job:
            async for item in job:
                return _believed(dict(item.fields))
        raise EngineError("Whisper ended a job without a word about it", hint="Try again.")


def _believed(heard: dict[str, object]) -> Transcript:
    match heard:
        case {
            "text": str(text),
            "looped": bool(looped),
            "avg_logprob": float(avg_logprob),
            "no_speech_prob": float(no_speech_prob),
            "seconds": float(seconds),
            "ms": float(ms),
        }:
            why = why_invented(
                text, looped=looped, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob, seconds=seconds
            )
            return Transcript(
                "" if why else text, seconds, ms, doubted=text if why else "", why=why, avg_logprob=avg_logprob
            )
    raise EngineError(f"Whisper's answer lacks something: {sorted(heard)}")


def _joined(heard: list[Transcript]) -> Transcript:
    if len(heard) == 1:
        return heard[0]
    return Transcript(
        " ".join(transcript.text for transcript in heard if transcript.text),
        sum(transcript.seconds for transcript in heard),
        sum(transcript.ms for transcript in heard),
        doubted=" ".join(transcript.doubted for transcript in heard if transcript.doubted),
    )


def pieces(audio: Samples) -> list[Samples]:
    """Cut `audio` into pieces of at most `PIECE_S`, each at the quietest moment of its last seconds."""
    cut: list[Samples] = []
    while audio.size > PIECE_S * RATE_HZ:
        step = round(_QUIET_S * RATE_HZ)
        search = audio[(PIECE_S - _SEARCH_S) * RATE_HZ : PIECE_S * RATE_HZ]
        moments = search[: search.size // step * step].reshape(-1, step)
        quietest = int(np.square(moments, dtype=np.float64).sum(axis=1).argmin())
        end = (PIECE_S - _SEARCH_S) * RATE_HZ + quietest * step + step // 2
        cut.append(audio[:end])
        audio = audio[end:]
    return [*cut, audio]
