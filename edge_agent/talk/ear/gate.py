"""Is it somebody else who speaks, while the agent does? Pure.

Two cancellers run side by side, and each is wrong in its own way. The linear one (`kalman.py`) keeps the near voice
whole, and lets some of the echo through where the loudspeaker distorts or the room has just changed. The one that
suppresses (AEC3) leaves no echo, and takes a third of the near voice with it when both are as loud. A voice detector
listens to either; what the near voice is to both, and an echo hardly ever to both at once, is their odds multiplied.
"""

import math
from dataclasses import dataclass

LEAST = 1e-4
"""Probability below which a detector's confidence means nothing more, nor above 1 - LEAST."""


@dataclass(frozen=True, slots=True)
class Sureness:
    """Probability from which a voice begins, and below which it ends."""

    on: float
    off: float


ALONE = Sureness(on=0.95, off=0.5)
"""With a single canceller. One that has just begun lets 0.8 of the agent's own voice through. With a lower end, a burst
of it that began a voice was then taken for one that lasts."""

TOGETHER = Sureness(on=0.73, off=0.12)
"""With two. A sure beginning is enough, for what one of them leaves of an echo the other one contradicts."""


def probability(linear: float, suppressed: float) -> float:
    """That somebody speaks, from what the voice detector says (0-1) to the one signal and to the other.

    The geometric mean of their odds.
    """
    return 1 / (1 + math.exp(-(_log_odds(linear) + _log_odds(suppressed)) / 2))


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, LEAST), 1 - LEAST)
    return math.log(bounded / (1 - bounded))
