"""Which of the loudspeaker's samples goes with which of the microphone's, when each has a clock of its own. Pure.

Two clocks differ by up to some 200 millionths: two sound cards, or two of a sound server's virtual ones. Held together
by force, as a single stream for both does, one of the directions runs dry or over every minute or two; sound is lost,
and the echo jumps. Here each runs freely, and only the pairing moves:

1. The *surplus* is what the loudspeaker has taken beyond what is paired with what was heard. Sound moves in blocks, so
   between two of them it is reckoned from when they came. Their coming jitters; it is smoothed over some seconds.
2. It is kept where it was by single samples, not many more of them than clocks differ by: a canceller follows that as
   it follows any drift, and nothing faster. What is off by more than `JUMP_MS` was a loss of sound on one side, and is
   put right at once, for then the echo has jumped as far.
3. It is kept at nothing, for an echo must not come before what it echoes, and through small buffers it comes soon. What
   is paired has then often not been taken yet, but it waits in the queue. Where it doesn't wait there either, it counts
   as silence, and the surplus is allowed `MARGIN_MS` more, up to `AIM_MS_MAX`.
"""

from dataclasses import dataclass

from edge_agent.base.frames import BLOCK_MS

FIRST = 10
"""Blocks after which the pairing begins: one direction was started before the other."""

WINDOW = 50
"""Blocks, half a second, over which a jump must last to be believed."""

SMOOTHING = 1 / 500
"""Of what the surplus is off by, from block to block: 5 s."""

STEPS_PPM = 400
"""Millionths of the samples by which it is corrected, one at a time: twice what clocks differ by."""

EXACT_MS = 0.2
"""It may be off by so much: it is not known better."""

JUMP_MS = 5.0
MARGIN_MS = 2.0

AIM_MS_MAX = 20.0
"""Where callbacks come so unevenly that the queue runs out, there are buffers that delay the echo by as much."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How much sound has moved in one direction."""

    samples: int
    at: float
    """When the last of them did, s, monotonic."""


class Pairing:
    """The pairing of one open device."""

    def __init__(self, rate_hz: int) -> None:
        self.known = 0
        """Samples by which the position among the loudspeaker's is ahead of that among the microphone's."""
        self._ms = rate_hz / 1000
        self._step = round(1e6 / STEPS_PPM / (BLOCK_MS * self._ms))  # blocks
        self._aim = 0.0  # samples of surplus
        self._off = 0.0  # samples, smoothed
        self._watched: list[float] = []  # the same, of this window, unsmoothed
        self._begun = False
        self._missed = False

    def offset(self, captured: Moved, taken: Moved, queued: int) -> int:
        """Return `known`, after so many samples of either, and with as many `queued` to be taken next.

        To be asked for each block.
        """
        ahead = taken.samples - captured.samples - self.known
        off = ahead + (captured.at - taken.at) * self._ms * 1000 - self._aim
        self._missed |= self._begun and ahead + queued < 0
        self._off += SMOOTHING * (off - self._off)
        self._watched.append(off)
        if self._begun and len(self._watched) % self._step == 0 and abs(self._off) > EXACT_MS * self._ms:
            self._move(1 if self._off > 0 else -1)
        if len(self._watched) == (WINDOW if self._begun else FIRST):
            self._settle(round(sum(self._watched) / len(self._watched)))
        return self.known

    def _settle(self, off: int) -> None:
        """A window is over, in which the surplus was off by so much in the mean."""
        if not self._begun or abs(off) > JUMP_MS * self._ms:
            self._move(off)
            self._off = 0.0
        if self._missed:
            margin = min(MARGIN_MS * self._ms, AIM_MS_MAX * self._ms - self._aim)
            self._aim += margin
            self._off -= margin
        self._begun, self._missed = True, False
        self._watched.clear()

    def _move(self, samples: int) -> None:
        self.known += samples
        self._off -= samples
