"""A linear echo canceller that knows how far it may be trusted: the Kalman filter of the echo's path.

What the loudspeaker plays is filtered as the room filters it, and subtracted; nothing is suppressed, so the near voice
comes through whole. Beside each coefficient the filter keeps how uncertain it is of it. Each frame it learns as much as
the uncertainty is worth against the power of what it can't explain: much in the first second, little while somebody
speaks over it. So it needs no detector of double talk, and no step size.

The filter is 400 ms long: it covers the delay of ordinary devices and the room's tail, and needs no alignment, so it
works from the first second of the first answer.

Source: the partitioned-block frequency-domain Kalman filter of Kuech, Mabande and Enzner, "State-space architecture of
the partitioned-block-based acoustic echo controller", ICASSP 2014, with overlap-save blocks of one frame.
"""

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.frames import FRAME, Samples

PARTITIONS = 40
"""Frames of echo that are modelled: 400 ms."""

TRANSITION = 0.998
"""Share of the echo's path that is still the same 10 ms later; the rest is drift of the clocks, and people who move."""

UNCERTAINTY = 0.3
"""Of the path before anything was heard, as power per frame. A loud echo is some 1 in two or three of them; more learns
sooner, and overshoots before it has learnt."""

CONSTRAINED = 8
"""Every so many-th partition is kept causal in a frame, so each of them every 80 ms, at an eighth of the cost."""

SMOOTHING = 0.8
"""Of the power of what can't be explained, from frame to frame."""

FLOOR = np.float32(1e-9)
"""Least power per bin that a microphone's noise is taken to have."""

Spectra = NDArray[np.complex64]
Powers = NDArray[np.float32]


class Kalman:
    """One echo path. A `Canceller`."""

    name = "kalman"
    follows = True
    lag = 0

    def __init__(self) -> None:
        shape = (PARTITIONS, FRAME + 1)
        self._far = np.zeros(shape, np.complex64)  # spectra of the far frames, the newest first
        self._path = np.zeros(shape, np.complex64)
        self._uncertainty = np.full(shape, UNCERTAINTY, np.float32)  # of the path, as power
        self._unexplained = np.full(FRAME + 1, FLOOR, np.float32)
        self._played = np.zeros(2 * FRAME, np.float32)
        self._error = np.zeros(2 * FRAME, np.float32)
        self._turn = 0

    def process(self, near: Samples, far: Samples) -> Samples:
        """Cancel."""
        self._played[:FRAME] = self._played[FRAME:]
        self._played[FRAME:] = far
        self._far[1:] = self._far[:-1]
        self._far[0] = np.fft.rfft(self._played)
        echo = np.fft.irfft((self._path * self._far).sum(axis=0))[FRAME:]
        clean = near - echo.astype(np.float32)
        self._error[FRAME:] = clean
        self._learn(np.fft.rfft(self._error).astype(np.complex64))
        return clean

    def _learn(self, error: Spectra) -> None:
        # Half of an overlap-save block is the error; hence the halves.
        doubt = self._uncertainty * _power(self._far)
        expected = doubt.sum(axis=0) / 2
        self._unexplained += (1 - SMOOTHING) * (np.maximum(_power(error), FLOOR) - self._unexplained)
        total = 1 / (expected + self._unexplained)
        self._path += self._uncertainty * self._far.conj() * (error * total)
        self._constrain()
        kept = TRANSITION**2
        self._uncertainty *= kept * (1 - doubt * total / 2)
        self._uncertainty += (1 - kept) * _power(self._path)

    def _constrain(self) -> None:
        """Take out of some partitions what belongs to others: each is a frame long, its spectrum two."""
        some = slice(self._turn, None, CONSTRAINED)
        self._turn = (self._turn + 1) % CONSTRAINED
        response = np.fft.irfft(self._path[some], axis=1)
        response[:, FRAME:] = 0
        self._path[some] = np.fft.rfft(response, axis=1)


def _power(spectra: Spectra) -> Powers:
    return spectra.real**2 + spectra.imag**2
