"""Every pause in a folder of turns, as the endpointer meets it: what was heard by then, and what it turned out to be.

1. A gap of `GAP_S` or more between two stretches of speech is a hold: whoever acts in it cuts somebody off.
2. The silence after the last stretch is the end: whoever acts late in it is slow.
3. A pause is judged once, `SOFT_S` into the silence, where the agent begins its draft. Nothing later is looked at.
4. A clip that stops before that goes on with its own background, taken from where nobody speaks.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edge_agent.base.frames import RATE_HZ, Samples
from edge_agent.bench.recordings import Turn

GAP_S = 0.0995
"""100 ms, less what is lost when times are written with three decimals."""

SOFT_S = 0.1

PREROLL_S = 0.4
"""Sound before the first word that the agent keeps."""

MARGIN_S = 0.1
"""Around speech, where breath and echo still are: no background."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One silence in one clip."""

    clip: str
    heard: Samples
    """The turn until `SOFT_S` into the pause."""
    paused_s: float
    """The longest pause earlier in the same turn; 0 where there was none."""
    length_s: float
    """How long it lasted; infinite at the end of the turn."""

    @property
    def is_end(self) -> bool:
        """Whether the turn was over."""
        return math.isinf(self.length_s)


def pauses(turn: Turn, samples: Samples) -> Iterator[Pause]:
    """Every pause of one turn, in order."""
    begin_s = max(0.0, turn.spans_s[0][0] - PREROLL_S)
    whole = continued(samples, turn.spans_s, turn.spans_s[-1][1] + SOFT_S)
    paused_s = 0.0
    for number, (_, end_s) in enumerate(turn.spans_s, 1):
        length_s = turn.spans_s[number][0] - end_s if number < len(turn.spans_s) else math.inf
        if length_s < GAP_S:
            continue
        heard = whole[round(begin_s * RATE_HZ) : round((end_s + SOFT_S) * RATE_HZ)]
        yield Pause(turn.path.stem, heard, paused_s, length_s)
        paused_s = max(paused_s, length_s)


def continued(samples: Samples, spans_s: tuple[tuple[float, float], ...], until_s: float) -> Samples:
    """`samples`, gone on with their own background where they stop before `until_s`."""
    missing = round(until_s * RATE_HZ) - samples.size
    if missing <= 0:
        return samples
    quiet = np.ones(samples.size, bool)
    for start_s, end_s in spans_s:
        quiet[max(0, round((start_s - MARGIN_S) * RATE_HZ)) : round((end_s + MARGIN_S) * RATE_HZ)] = False
    background = samples[quiet] if quiet.any() else np.zeros(1, np.float32)
    return np.concatenate([samples, np.resize(background, missing)])
