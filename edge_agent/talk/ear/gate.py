"""Is it somebody else who speaks, while the agent does? Pure.

Two cancellers run side by side, and each is wrong in its own way. The linear one (`kalman.py`) keeps the near voice,
and lets some of the echo through where the loudspeaker distorts or the room has just changed. The one that suppresses
(AEC3) leaves hardly any echo, and takes a third of the near voice with it when both are as loud. A voice detector
listens to either, and their odds are multiplied. Neither is believed beyond `LINEAR` and `SUPPRESSED`: how sure a
detector is of a piece of echo says nothing about whose voice that is.
"""

import math
from dataclasses import dataclass

LINEAR = (0.02, 0.98)
"""Bounds of what the detector says to the linear signal."""

SUPPRESSED = (0.03, 0.7)
"""And to the other one, which in double talk often holds nothing: its silence is an objection, and no veto."""

SHARE = 0.55
"""Of the linear signal in the sum of the log odds."""


@dataclass(frozen=True, slots=True)
class Sureness:
    """Probability from which a voice begins, and below which it ends."""

    on: float
    off: float


ALONE = Sureness(on=0.95, off=0.5)
"""With a single canceller. One that has just begun lets 0.8 of the agent's own voice through. With a lower end, a burst
of it that began a voice was then taken for one that lasts."""

TOGETHER = Sureness(on=0.63, off=0.13)
"""With two. What one of them leaves of an echo the other one objects to. On real recordings of a loudspeaker alone, and
in twenty minutes of it in simulated rooms, no two chunks in a row came to 0.61."""


SUSPECTED = 0.2
"""Probability in the linear signal alone from which there may be a voice. It decides nothing but how loud the agent is,
so a chunk of it will do, and one that comes to more only afterwards: a voice has most of its first 50 ms behind it."""

ECHO_LEFT_DB = -20.0
"""Of the microphone's level. An echo of which more is left is a voice's company, or a filter that is just learning."""

LEAST_DBFS = -50.0
"""Whoever means the agent is louder."""

UNDECIDED = 12
"""Chunks (0.4 s) in which a suspicion is confirmed or was none. An echo ends it sooner, since the agent is lowered."""

RESTED = 94
"""Chunks (3 s) from one suspicion to the next. Music that is never quite a voice would have the agent's volume sway."""

LEARNING = 31
"""Chunks (1 s) of the agent's voice for which the filter of a device that was just opened leaves too much of it."""


def probability(linear: float, suppressed: float) -> float:
    """That somebody speaks, from what the voice detector says (0-1) to the one signal and to the other.

    The weighted geometric mean of their odds.
    """
    odds = SHARE * _log_odds(linear, *LINEAR) + (1 - SHARE) * _log_odds(suppressed, *SUPPRESSED)
    return 1 / (1 + math.exp(-odds))


class Suspicion:
    """Whether somebody may have begun to speak: known a chunk or two before anybody can be sure."""

    def __init__(self) -> None:
        self._since = RESTED - LEARNING - 1

    def feed(self, linear: float, left_dbfs: float, heard_dbfs: float) -> bool:
        """Take one chunk's judgement.

        It is what the voice detector says to the linear signal, the level of that, and that of the microphone.
        """
        some = linear >= SUSPECTED and left_dbfs >= max(LEAST_DBFS, heard_dbfs + ECHO_LEFT_DB)
        self._since += 1
        if some and self._since >= RESTED:
            self._since = 0
        return some and self._since < UNDECIDED

    def confirm(self) -> None:
        """It was a voice: the next one is suspected at once."""
        self._since = RESTED


def _log_odds(probability: float, least: float, most: float) -> float:
    bounded = min(max(probability, least), most)
    return math.log(bounded / (1 - bounded))
