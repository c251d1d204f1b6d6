"""How late the echo arrives, and the far side moved by as much.

1. Before anything was measured, half of what the device reports is believed. Drivers round and invent; a reference
   that comes too early costs a canceller some of its tail, one that comes after its echo cannot be used at all.
2. While the agent is audible the two sides are correlated every `JUDGE_S`. Only a sharp peak counts, and only when the
   next one says the same.
3. The far side is moved so that its echo follows `MARGIN` later, which leaves room for drift in both directions. It is
   moved again only when the echo has left that room: cancellers follow small changes by themselves, and each move
   makes them start over.
"""

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples, dbfs

DELAY_S_MAX = 0.5
"""Longest echo looked for: Bluetooth loudspeakers come to 0.3 s."""

WINDOW = 2 * RATE_HZ
"""Samples correlated at once. Shorter windows were fooled by single vowels."""

JUDGE_S = 1.0
"""Between two measurements of some 4 ms each."""

SHARP = 15.0
"""Height of a believed peak, in standard deviations of the correlation. Noise reaches 5, real echoes 20 to 250."""

AGREE = RATE_HZ * 2 // 1000
"""Two measurements within this, samples, say the same."""

MARGIN = RATE_HZ * 10 // 1000
ROOM = RATE_HZ * 40 // 1000
"""Of the echo behind the reference, samples: where it is put, and where it may wander to."""

AUDIBLE_DBFS = -50.0
"""Far side over the window that is loud enough to leave an echo."""


def echo_delay(near: Samples, far: Samples) -> tuple[int, float]:
    """Samples by which `near` holds `far` later, and how sharply that shows (GCC-PHAT)."""
    size = 1 << (near.size + int(DELAY_S_MAX * RATE_HZ)).bit_length()
    cross = np.fft.rfft(near, size) * np.conj(np.fft.rfft(far, size))
    cross /= np.abs(cross) + 1e-9
    correlation = np.fft.irfft(cross, size)[: int(DELAY_S_MAX * RATE_HZ)]
    peak = int(np.argmax(correlation))
    return peak, float(correlation[peak] / (np.std(correlation) + 1e-12))


class Aligner:
    """Keeps the last two seconds of both sides, and hands the far one out as late as its echo comes."""

    def __init__(self, reported_s: float = 0.0) -> None:
        self.delay: int | None = None
        """Of the echo, samples; None until it was measured."""
        self._shift = min(int(reported_s / 2 * RATE_HZ), int(DELAY_S_MAX * RATE_HZ))
        self._near = np.zeros(2 * WINDOW, np.float32)
        self._far = np.zeros(2 * WINDOW, np.float32)
        self._end = WINDOW
        self._unjudged = 0
        self._candidate: int | None = None

    def align(self, near: Samples, far: Samples) -> Samples:
        """Take FRAME samples of each side; return the far side that belongs to this near side."""
        self._keep(near, far)
        self._unjudged += FRAME
        if self._unjudged >= JUDGE_S * RATE_HZ:
            self._unjudged = 0
            self._judge()
        start = self._end - FRAME - self._shift
        return self._far[start : start + FRAME]

    def _keep(self, near: Samples, far: Samples) -> None:
        # Twice the window, moved back only when full: one copy every two seconds instead of one every block.
        if self._end + FRAME > self._near.size:
            for side in (self._near, self._far):
                side[:WINDOW] = side[self._end - WINDOW : self._end]
            self._end = WINDOW
        self._near[self._end : self._end + FRAME] = near
        self._far[self._end : self._end + FRAME] = far
        self._end += FRAME

    def _judge(self) -> None:
        window = slice(self._end - WINDOW, self._end)
        if dbfs(self._far[window]) < AUDIBLE_DBFS:
            return
        measured, sharpness = echo_delay(self._near[window], self._far[window])
        if sharpness < SHARP:
            return
        agreed = self._candidate is not None and abs(measured - self._candidate) <= AGREE
        self._candidate = measured
        if agreed:
            self.delay = measured
            if not 0 < measured - self._shift < ROOM:
                self._shift = max(0, measured - MARGIN)
