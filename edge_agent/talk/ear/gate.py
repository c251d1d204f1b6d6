"""Is it somebody else who speaks, while the agent does? Pure.

Two cancellers run side by side, and each is wrong in its own way. The linear one (`kalman.py`) keeps the near voice,
and lets some of the echo through where the loudspeaker distorts or the room has just changed. The one that suppresses
(AEC3) leaves hardly any echo, and takes a third of the near voice with it when both are as loud. A voice detector
listens to either, and their odds are multiplied. Neither is believed beyond `LINEAR` and `SUPPRESSED`: how sure a
detector is of a piece of echo says nothing about whose voice that is.

What stands out against all that the linear one has left here lately (`remains.py`) is no echo. Nothing objects to it
any more, and its being there speaks for a voice as well (`UNOPPOSED`): two chunks that a detector half believes are one
then, or a single one that it believes (`Sureness.twice`).
"""

import math
from dataclasses import dataclass

LINEAR = (0.02, 0.98)
"""Bounds of what the detector says to the linear signal."""

SUPPRESSED = (0.03, 0.7)
"""And to the other one, which in double talk often holds nothing: its silence is an objection, and no veto."""

SHARE = 0.55
"""Of the linear signal in the sum of the log odds."""

UNOPPOSED = 1.95
"""Added to the linear signal's own log odds where it stands out and the detector half believes it: two such chunks are
a voice. One as loud as its echo would otherwise wait for the suppressing canceller, which takes most of its first
0.2 s."""

HALF_BELIEVED = 0.32
"""What the detector has to say to it. From 0.2 on voices were told hardly sooner, and some were told that were none."""


@dataclass(frozen=True, slots=True)
class Sureness:
    """Probability from which a voice begins, and below which it ends."""

    on: float
    off: float
    twice: float = math.inf
    """From which a chunk counts for two of those that make a voice."""


ALONE = Sureness(on=0.95, off=0.5)
"""With a single canceller. One that has just begun lets 0.8 of the agent's own voice through. With a lower end, a burst
of it that began a voice was then taken for one that lasts."""

TOGETHER = Sureness(on=0.63, off=0.13, twice=0.94)
"""With two. What one of them leaves of an echo the other one objects to. On real recordings of a loudspeaker alone, and
in twenty minutes of it in simulated rooms, no two chunks in a row came to 0.61. Only what stands out comes to `twice`,
where the detector says 0.7 and more to the linear signal: a word's first vowel, if an "s" came before it."""

STRANGE = Sureness(on=0.8, off=0.13)
"""With two, in the first second of the agent's voice on a device that nobody knows: neither canceller has learnt the
room, and a loud word of the agent's comes through both."""


SUSPECTED = 0.2
"""Probability in the linear signal alone from which there may be a voice. It decides nothing but how loud the agent is,
so a chunk of it will do, and one that comes to more only afterwards: a voice has most of its first 50 ms behind it."""

AT_ONCE = 0.05
"""The same where it stands out: consonants do, long before a detector says much to them."""

ECHO_LEFT_DB = -20.0
"""Of the microphone's level. An echo of which more is left is a voice's company, or a filter that is just learning."""

LEAST_DBFS = -50.0
"""Whoever means the agent is louder."""

UNDECIDED = 12
"""Chunks (0.4 s) in which a suspicion is confirmed or was none. An echo ends it sooner, since the agent is lowered."""

RESTED = (16, 188)
"""Chunks (0.5 s and 6 s) from one suspicion to the next. Each that came to nothing doubles the time, from the first to
the second: music that is never quite a voice would have the agent's volume sway, and a single mistake must not cost the
user who speaks a second later."""

FORGIVEN = 2 * RESTED[1]
"""Chunks without any after which the next one is as good as the first."""

LEARNING = 31
"""Chunks (1 s) of the agent's voice for which the filter of a device that was just opened leaves too much of it."""


def probability(linear: float, suppressed: float, *, stands_out: bool = False) -> float:
    """That somebody speaks, from what the voice detector says (0-1) to the one signal and to the other.

    The weighted geometric mean of their odds; where the linear one stands out, its own odds if they are better.
    """
    alone = _log_odds(linear, *LINEAR)
    odds = SHARE * alone + (1 - SHARE) * _log_odds(suppressed, *SUPPRESSED)
    if stands_out and linear >= HALF_BELIEVED:
        odds = max(odds, alone + UNOPPOSED)
    return 1 / (1 + math.exp(-odds))


class Suspicion:
    """Whether somebody may have begun to speak: known a chunk or two before anybody can be sure."""

    def __init__(self) -> None:
        self._rest = FORGIVEN  # chunks from the last one to the next
        self._since = FORGIVEN - LEARNING - 1

    def feed(self, linear: float, left_dbfs: float, heard_dbfs: float, *, stands_out: bool = False) -> bool:
        """Take one chunk's judgement.

        It is what the voice detector says to the linear signal, the level of that, that of the microphone, and whether
        the former stands out.
        """
        loud = left_dbfs >= max(LEAST_DBFS, heard_dbfs + ECHO_LEFT_DB)
        some = (linear >= SUSPECTED and loud) or (linear >= AT_ONCE and stands_out)
        self._since += 1
        return self._allowed(some)

    def peek(self, linear: float) -> bool:
        """Take what the detector says to something that stands out between two chunks; there no time passes."""
        return self._allowed(linear >= AT_ONCE)

    def confirm(self) -> None:
        """It was a voice: the next one is suspected at once."""
        self._since = FORGIVEN

    def _allowed(self, some: bool) -> bool:
        """Whether `some` reason is one just now."""
        if some and self._since >= self._rest:
            least, most = RESTED
            self._rest = least if self._since >= FORGIVEN else min(2 * self._rest, most)
            self._since = 0
        return some and self._since < UNDECIDED


def _log_odds(probability: float, least: float, most: float) -> float:
    bounded = min(max(probability, least), most)
    return math.log(bounded / (1 - bounded))
