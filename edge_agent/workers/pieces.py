"""Where a spoken sentence is divided into pieces, and how much silence stays at its ends.

1. A piece ends where a word ends, so that every word lies in one piece.
2. The first is short, because somebody waits for it, and covers the making of the next, which may be twice as long; and
   so on, since every piece costs its margins again.
3. Silence in front of a sentence is cut to 4 ms, because somebody waits. Behind, it is cut to the pause that the last
   punctuation asks for: sentences are played one after the other, and without it they would run into each other. So the
   pieces joined are what the whole would be, and inside nothing is cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edge_agent.base.frames import Samples

FIRST_S = 0.3
"""Of speech, at least, in the first piece. Making twice as much takes a fifth of that beside the language model."""

LONGEST_S = 1.2
"""Of speech, at least, in a piece that is not made longer than the one before it: a cancel waits for one piece."""

_LEAD_S = 0.004
_TRAIL_S = 0.03
_PAUSES_S = {",": 0.12, ";": 0.15, ":": 0.15, ".": 0.2, "!": 0.2, "?": 0.2}
"""Silence at most, behind a sentence that ends so; `_TRAIL_S` behind any other. Piper's own is 0.1-0.25 s."""

_SILENCE = 0.003
"""Amplitude (-50 dBFS) under which nothing is heard."""

Span = tuple[int, int, int]
"""A unit's index, where it begins, and where it ends."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some sound of a sentence, and where in it each unit lies, in samples."""

    samples: Samples
    units: tuple[Span, ...]
    continues: bool
    """Whether the sentence goes on in the next piece, without any pause between the two."""


def ends(units: Sequence[Span], first: float, longest: float) -> Iterator[int]:
    """Yield where pieces end that are at least `first` long, then twice as much, up to `longest`; not the last end."""
    spoken = [(start, end) for _, start, end in units if start < end]
    at, length = (spoken[0][0], first) if spoken else (0, first)
    for _, end in spoken[:-1]:
        if end - at >= length:
            yield end
            at, length = end, min(2 * length, longest)


def shared(units: Sequence[Span], edges: Sequence[int]) -> Iterator[tuple[Span, ...]]:
    """Yield for each piece that ends at an edge the units that end in it, counted from where it begins."""
    start, rest = 0, list(units)
    for edge in edges:
        own = [unit for unit in rest if unit[2] <= edge]
        rest = rest[len(own) :]
        yield tuple((index, begin - start, end - start) for index, begin, end in own)
        start = edge


def faded(before: Samples, after: Samples) -> Samples:
    """Let the beginning of `after` come out of `before`, which is the same moment said otherwise."""
    rising = np.linspace(0, 1, before.size, dtype=np.float32)
    return np.concatenate([before * (1 - rising) + after[: before.size] * rising, after[before.size :]])


def trimmed(piece: Piece, rate_hz: int, *, opens: bool, ending: str) -> Piece:
    """Cut silence in front of a piece that `opens` its sentence, and behind one that ends it, with that phoneme."""
    loud = np.flatnonzero(np.abs(piece.samples) > _SILENCE)
    start, stop = 0, piece.samples.size
    if opens and loud.size:
        start = max(0, int(loud[0]) - round(_LEAD_S * rate_hz))
    if not piece.continues and loud.size:
        stop = min(stop, int(loud[-1]) + 1 + round(_PAUSES_S.get(ending, _TRAIL_S) * rate_hz))
    cut = (
        (unit, int(np.clip(begin, start, stop)) - start, int(np.clip(end, start, stop)) - start)
        for unit, begin, end in piece.units
    )
    return Piece(piece.samples[start:stop], tuple(cut), piece.continues)
