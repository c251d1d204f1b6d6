"""Where the device's callbacks, which may not wait, meet the ear's thread, which may.

1. A callback only copies. It takes no lock, allocates nothing that grows and never waits; what it can't deliver it
   counts.
2. A device has one clock for both directions (`swap`), or one for each (`play` and `capture`). The ear gets what came
   in together with what was given out about then, and `pairing.py` keeps the two from drifting apart.
3. If the ear is too slow the oldest sound is overwritten. `dropped` counts it, and the position of the next block
   shows the gap, so that no later sample is taken for an earlier one.
4. If the voice is too slow the loudspeaker gets silence. `starved` counts it. The next `wanted` is larger by as much,
   so the lead is there again one block later; whoever finds it too short may `widen` it.

Each index is moved by one side only, and only after the samples are in place; that is all the order that a single
writer and a single reader need. `captured` is the clock of the conversation: everything else is counted in it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import numpy as np

from edge_agent.base.frames import BLOCK_MS, Samples
from edge_agent.talk.ear.pairing import Moved, Pairing

KEEP_MS = 2000
"""Sound that waits for a busy ear. Longer than the worst stall seen (a worker being started on two cores), and what is
older than this is no use to a conversation."""

SWAP_MS_MAX = 100
"""Longest that a callback gives or takes. PortAudio is asked for blocks of 10 ms; this much of the ring is never read,
so a callback may be under way while the ear copies."""

LEAD_MS_MAX = 100
"""Widest lead: a machine that needs more is too slow for a conversation."""


@dataclass(frozen=True, slots=True)
class Block:
    """10 ms of both sides, at the device's rate."""

    position: int
    """Device samples before it since the stream was opened."""
    near: Samples
    """What the microphone heard."""
    far: Samples
    """What the device was given to play at that time; its echo comes later."""
    ahead: int = 0
    """By how many samples the far side's position among what was taken is ahead of `position`."""


class Exchange:
    """One open device's buffers. `swap`, or `capture` and `play`, are its callbacks'; all the rest is the ear's."""

    def __init__(self, rate_hz: int, lead_ms: int, clock: Callable[[], float] = monotonic) -> None:
        """`clock` tells the time in seconds, for the pairing."""
        self.rate_hz = rate_hz
        self.block = rate_hz * BLOCK_MS // 1000
        self.lead = rate_hz * lead_ms // 1000
        self.captured = 0
        """Samples that the microphone gave so far: the conversation's clock."""
        self.taken = 0
        """Samples that the loudspeaker took so far."""
        self.played = 0
        """Of those, samples from `write`."""
        self.dropped = 0
        """Samples that the ear was too slow for."""
        self.starved = 0
        """Samples of silence played because the voice was too slow, after it had begun."""
        self._slack = rate_hz * SWAP_MS_MAX // 1000
        self._near = np.zeros(rate_hz * KEEP_MS // 1000 + self._slack, np.float32)
        self._far = np.zeros_like(self._near)
        self._out = np.zeros(rate_hz * LEAD_MS_MAX // 1000 + self.lead + self._slack, np.float32)
        self._written = 0
        self._silent = 0  # samples taken that were never written
        self._read = 0
        self._clock = clock
        self._captured_at = self._taken_at = 0.0
        self._one_clock = False
        self._pairing = Pairing(rate_hz)
        # A lock used as a flag that can be slept on: the callback only ever opens it.
        self._news = threading.Lock()
        self._news.acquire()

    def swap(self, near: Samples, out: Samples) -> None:
        """Take what was heard, fill `out` with what is to be played, as long. For a callback of both directions."""
        assert near.size == out.size
        self._one_clock = True
        self.play(out)
        self.capture(near)

    def play(self, out: Samples) -> None:
        """Fill `out` with what is to be played. For the loudspeaker's callback."""
        assert out.size <= self._slack
        given = min(out.size, self._written - self.played)
        _copy_out(self._out, self.played, out[:given])
        out[given:] = 0
        _copy_in(self._far, self.taken, out)
        self.starved += out.size - given if self._written else 0
        self.played += given
        self._taken_at = self._clock()
        self.taken += out.size
        self._silent += out.size - given

    def capture(self, near: Samples) -> None:
        """Take what was heard. For the microphone's callback."""
        assert near.size <= self._slack
        _copy_in(self._near, self.captured, near)
        self._captured_at = self._clock()
        self.captured += near.size
        if self._news.locked():
            self._news.release()

    def read(self, timeout_s: float) -> Block | None:
        """The next 10 ms; None when they have not come in time."""
        deadline = monotonic() + timeout_s
        while self.captured - self._read < self.block:
            if not self._news.acquire(timeout=max(0.0, deadline - monotonic())):
                return None
        while True:
            self._skip_overwritten()
            position = self._read
            ahead = self._ahead()
            block = Block(position, np.empty(self.block, np.float32), self._far_at(position + ahead), ahead)
            _copy_out(self._near, position, block.near)
            # The callback may have lapped us while we copied; then the copy is torn.
            if self.captured - position <= self._near.size - self._slack:
                self._read = position + self.block
                return block

    def _ahead(self) -> int:
        """By how much the loudspeaker's position is ahead of the microphone's, by the clocks' pairing."""
        if self._one_clock:
            return 0
        heard, played = Moved(self.captured, self._captured_at), Moved(self.taken, self._taken_at)
        return self._pairing.offset(heard, played, self._written - self.played)

    def _far_at(self, start: int) -> Samples:
        """A block of what the loudspeaker took, and of what it will take next; zeros for what nobody knows yet."""
        far = np.zeros(self.block, np.float32)
        silent, taken = self._silent, self.taken  # In this order: a callback in between then leaves zeros.
        if start < 0 or taken - start > self._far.size - self._slack:
            return far
        there = max(0, min(self.block, taken - start))
        _copy_out(self._far, start, far[:there])
        # What was taken beside what was written was silence. So the next samples' places in the queue are known, even
        # while a callback takes them.
        queued = start + there - silent
        coming = max(0, min(self.block - there, self._written - queued))
        _copy_out(self._out, queued, far[there : there + coming])
        return far

    @property
    def due(self) -> int:
        """The position at which the loudspeaker will take the next sample that is written."""
        return self.taken + self._written - self.played - self._pairing.known

    @property
    def wanted(self) -> int:
        """Samples missing from the lead."""
        return max(0, self.lead - (self._written - self.played))

    def write(self, samples: Samples) -> None:
        """Queue samples for the loudspeaker, behind those that are waiting."""
        assert self._written - self.played + samples.size <= self._out.size, "write no more than `wanted`"
        _copy_in(self._out, self._written, samples)
        self._written += samples.size

    def erase(self) -> None:
        """Overwrite whatever the microphone gave. It must be closed: nobody writes there but a clock of zeros."""
        self._near[:] = 0

    def widen(self) -> None:
        """Have a block more of lead from now on, up to `LEAD_MS_MAX`."""
        self.lead = min(self.lead + self.block, self.rate_hz * LEAD_MS_MAX // 1000)

    def _skip_overwritten(self) -> None:
        behind = self.captured - self._read - (self._near.size - self._slack)
        if behind > 0:
            self.dropped += behind
            self._read += behind


def _copy_in(ring: Samples, at: int, samples: Samples) -> None:
    start = at % ring.size
    first = min(samples.size, ring.size - start)
    ring[start : start + first] = samples[:first]
    ring[: samples.size - first] = samples[first:]


def _copy_out(ring: Samples, at: int, out: Samples) -> None:
    start = at % ring.size
    first = min(out.size, ring.size - start)
    out[:first] = ring[start : start + first]
    out[first:] = ring[: out.size - first]
