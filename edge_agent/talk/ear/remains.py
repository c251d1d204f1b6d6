"""What the linear canceller leaves of the agent's voice here, and whether a piece of sound stands out against it. Pure.

How much is left depends on the room, on what the loudspeaker distorts and on how the clocks drift: 40 dB below the
microphone in one place, 20 in another, with the same filter. So the place's own measure is taken, all the time, from
the chunks in which nobody is heard. A near voice is in the microphone and in what is left of it alike, and comes out
far above that in its first 32 ms, consonants too.

A noise that lasts becomes what is usually left, and nothing stands out any more until it is over. Nor does anything in
the first half second after the agent was silent: where the loudspeaker distorts, its first words come through. Nor
while the echo moves in a way that nobody knows yet, and for a second after: until the clocks' drift is known the filter
lags behind in the high tones, and where the echo is suddenly elsewhere all of it comes through. Nor where the
microphone is overdriven: what it cuts off no filter foresees.
"""

from collections import deque

from edge_agent.talk.ear.gate import LEARNING, LEAST_DBFS, SUSPECTED

LATELY = 94
"""Chunks of the agent's voice (3 s) by which it is known."""

USUAL = 0.8
"""The quantile of them that is called usual. The highest ones are single frames in which the echo changes, and parts of
voices and noises."""

STANDS_OUT_DB = 6.0
"""Above what is usually left, against the microphone's level."""

BEGINNING = 16
"""Chunks (0.5 s) of the agent's voice after it was silent, in which nothing stands out."""

OVERDRIVEN = 4
"""Chunks (128 ms) after the microphone was overdriven, in which nothing stands out."""

BELOW_ECHO_DB = 18.0
"""Below the echo as loud as it usually is. What is softer is a soft end of the agent's own words, which a filter that
has just learnt them by the loud ones lets through; who talks over the agent is louder."""


class Remains:
    """One stream."""

    def __init__(self) -> None:
        self._left_db: deque[float] = deque(maxlen=LATELY)  # against the microphone
        self._heard_dbfs: deque[float] = deque(maxlen=LATELY)
        self._unsure = 0  # chunks of the agent's voice until anything may stand out again

    def pause(self) -> None:
        """The agent is silent."""
        self._unsure = max(self._unsure, BEGINNING)

    def unsettle(self) -> None:
        """The agent's echo moves in a way that nobody knows yet."""
        self._unsure = LEARNING

    def overdrive(self) -> None:
        """The microphone is at its limit."""
        self._unsure = max(self._unsure, OVERDRIVEN)

    @property
    def known(self) -> bool:
        """Whether enough of the agent's voice was heard here to say what is usually left of it."""
        return len(self._left_db) >= LEARNING

    def feed(self, linear: float, left_dbfs: float, heard_dbfs: float) -> bool:
        """Whether a chunk of the agent's voice stands out.

        It is what the voice detector says to what is left, the level of that, and the microphone's.
        """
        stands_out = self.stands_out(left_dbfs, heard_dbfs)
        self._unsure = max(0, self._unsure - 1)
        if linear < SUSPECTED and heard_dbfs >= LEAST_DBFS:
            self._left_db.append(left_dbfs - heard_dbfs)
            self._heard_dbfs.append(heard_dbfs)
        return stands_out

    def stands_out(self, left_dbfs: float, heard_dbfs: float) -> bool:
        """Whether something does of which nothing is to be learnt: the level of what is left, and the microphone's."""
        sure = self.known and self._unsure == 0
        return sure and left_dbfs >= max(
            LEAST_DBFS,
            heard_dbfs + _usual(self._left_db) + STANDS_OUT_DB,
            _usual(self._heard_dbfs) - BELOW_ECHO_DB,
        )


def _usual(lately: deque[float]) -> float:
    return sorted(lately)[int(USUAL * len(lately))]
