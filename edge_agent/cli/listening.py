"""A recording of any length, transcribed piece by piece: no more of it than half a minute is in memory."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_agent.app.engines import hearing, started
from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import models
from edge_agent.talk.ear.resample import Resampler
from edge_agent.talk.ear.wav import WavReader
from edge_agent.talk.mind.stt import PIECE_S, pieces

FLUSH_S = 0.05
"""Silence behind the recording: what the resampler still holds comes out with it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Where it lies in the recording, and what is said in it."""

    start_s: float
    end_s: float
    text: str
    work_ms: float
    """Of the engine."""


async def transcribe(settings: Settings, wav: Path, on_piece: Callable[[Piece], None]) -> list[Piece]:
    """Return all pieces of the recording; `on_piece` is told each as soon as it is understood."""
    found: list[Piece] = []
    at = 0
    # The recording is opened first: it is told at once when it is none.
    with closing(WavReader(wav)) as reader:
        stt, whisper = hearing(models(settings))
        async with started(whisper):
            for audio in cut(reader):
                heard = await stt.transcribe(audio, final=True)
                start, at = at, at + audio.size
                found.append(Piece(round(start / RATE_HZ, 2), round(at / RATE_HZ, 2), heard.text, heard.ms))
                on_piece(found[-1])
    return found


def cut(reader: WavReader) -> Iterator[Samples]:
    """Yield the recording at our rate, cut at pauses into pieces that Whisper hears at once."""
    waiting: list[Samples] = []
    for block in _at_our_rate(reader):
        waiting.append(block)
        if sum(part.size for part in waiting) > PIECE_S * RATE_HZ:
            first, *rest = pieces(np.concatenate(waiting))
            yield first
            waiting = rest
    yield np.concatenate(waiting)


def _at_our_rate(reader: WavReader) -> Iterator[Samples]:
    resampler = Resampler(reader.rate_hz)
    while (samples := reader.read(reader.rate_hz)).size:
        yield from _joined(resampler.process(samples))
    yield from _joined(resampler.process(np.zeros(round(FLUSH_S * reader.rate_hz), np.float32)))


def _joined(blocks: Iterator[Samples]) -> Iterator[Samples]:
    some = list(blocks)
    if some:
        yield np.concatenate(some)
