"""An echo canceller that knows how far it may be trusted: the Kalman filter of the echo's path.

1. What the loudspeaker plays is filtered as the room filters it, and subtracted. Beside each coefficient the filter
   keeps how uncertain it is of it. Each frame it learns as much as the uncertainty is worth against the power of what
   it can't explain: much in the first second, little while somebody speaks over it. So it needs no detector of double
   talk, and no step size.
2. The uncertainty also tells how much echo is expected to be left, band by band. That much, and some more, is taken
   out of the power (`CAUTION`). While the filter knows nothing that is nearly everything; once it has learnt, the
   near voice comes through whole; while nothing plays, as it was.
3. Where the echo came last time on this device (`remembered.py`) it is expected again, and hardly anywhere else. So
   less is taken out while it learns: a voice over the very first sentence is noticed more often.

The filter is 400 ms long: it covers the delay of ordinary devices and the room's tail, and needs no alignment, so it
works from the first second of the first answer.

Sources: the partitioned-block frequency-domain Kalman filter of Kuech, Mabande and Enzner, "State-space architecture of
the partitioned-block-based acoustic echo controller", ICASSP 2014, with overlap-save blocks of one frame; the Wiener
postfilter from the filter's own uncertainty of Enzner and Vary, "Frequency-domain adaptive Kalman filter for acoustic
echo control in hands-free telephones", Signal Processing 86, 2006.
"""

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.frames import BLOCK_MS, FRAME, Samples

PARTITIONS = 40
"""Frames of echo that are modelled: 400 ms."""

TRANSITION = 0.995
"""Share of the echo's path that is still the same 10 ms later; the rest is drift of the clocks, and people who move."""

STEADY = 0.9995
"""The same for speech-to-text alone: more of a near voice is left, and in rooms that change, more of the echo. There a
detector would take that for a voice."""

LOUDEST = 4.0
"""Power of the path in any band of a partition, at most: twice as loud as it was played, in 10 ms alone. Where the
agent's voice has next to nothing (below 150 Hz, say), the path is made of what somebody says just after it, and what it
is taken to change by grows with it: unbound, it had grown a million times after half an hour of conversation."""

NEIGHBOURS = 0.1
"""Share of a partition's power that may come to the ones beside it in the same time: clocks drift across them."""

WORSE = 1.1
"""Power of what is left, against that of the microphone, from which the path is wrong: no near voice does that, an echo
that was taken out where it no longer is adds itself. The echo may then be anywhere. Partitions in which nothing was
ever heard have grown so certain by that time that they would learn nothing for half a minute."""

WATCHED = 0.8
"""Smoothing of those powers from frame to frame."""

UNCERTAINTY = 0.2
"""Of the path before anything was heard, as power per partition: as if a loud echo came in every one of them."""

EXPECTED = 2.0
ELSEWHERE = 0.005
"""The same where the delay is known from before: power of the whole echo from there on, and per partition anywhere. The
latter is for a device that is not what it was: then the first second is about as good as if nothing were known."""

EARLIER = 1
"""Partitions before the expected one in which it may come: a device that is opened again is off by some ms."""

REVERB_S = 0.4
"""After which an expected echo has died down by 60 dB."""

CONSTRAINED = 8
"""Every so many-th partition is kept causal in a frame, so each of them every 80 ms, at an eighth of the cost."""

SMOOTHING = 0.8
"""Of the power of what can't be explained, from frame to frame."""

FLOOR = np.float32(1e-9)
"""Least power per bin that a microphone's noise is taken to have."""

CAUTION = 4.0
"""Times the expected power of what is left that is taken out."""

LEAST_GAIN = 0.05
"""Of a band in which nothing but echo is expected."""

AUDIBLE = FRAME * 10 ** (-65 / 10)
"""Energy of a far frame (-65 dBFS) from which it leaves an echo."""

LOUD = FRAME * 10 ** (-50 / 10) / (1 - WATCHED)
"""Power of what is left (-50 dBFS), smoothed like it, below which an echo that is somewhere else disturbs nobody."""

_LATER = (-1j * np.pi * np.arange(FRAME + 1) / FRAME).astype(np.complex64)
"""What a sample later is in each bin, as the exponent."""

Spectrum = NDArray[np.complex64]
Spectra = NDArray[np.complex64]
"""Shape (PARTITIONS, FRAME + 1)."""
Powers = NDArray[np.float32]

NOTHING: Powers = np.zeros(FRAME + 1, np.float32)


class Kalman:
    """One echo path. A `Canceller`."""

    name = "kalman"
    follows = True
    lag = FRAME

    def __init__(self, expected_ms: float | None = None, transition: float = TRANSITION) -> None:
        """`expected_ms` is the delay of the echo, if anybody knows; `transition` as `TRANSITION`."""
        self._kept = transition**2
        self.astray = False
        """Whether the echo is not where it was: what is taken out adds itself."""
        shape = (PARTITIONS, FRAME + 1)
        self._far = np.zeros(shape, np.complex64)  # spectra of the far frames, the newest first
        self._path = np.zeros(shape, np.complex64)
        self._uncertainty = np.ones(shape, np.float32) * _uncertainty(expected_ms)  # of the path, as power
        self._unexplained = np.full(FRAME + 1, FLOOR, np.float32)
        self._played = np.zeros(2 * FRAME, np.float32)
        self._turn = 0
        self._silent = PARTITIONS  # frames
        self._heard_power = self._left_power = 0.0
        self._postfilter = _Postfilter()

    def move(self, samples: float) -> None:
        """Expect the echo so much later, or earlier, from the next frame on."""
        if samples:
            self._path *= np.exp(samples * _LATER)

    def process(self, near: Samples, far: Samples) -> Samples:
        """Cancel."""
        self._played[:FRAME] = self._played[FRAME:]
        self._played[FRAME:] = far
        self._far[1:] = self._far[:-1]
        self._far[0] = _spectrum(self._played)
        self._silent = 0 if float(far @ far) > AUDIBLE else self._silent + 1
        self.astray = False
        if self._silent >= PARTITIONS:  # Nothing is to be learnt from hiss, and nothing forgotten.
            return self._postfilter.process(near, NOTHING)
        echo = np.fft.irfft((self._path * self._far).sum(axis=0))[FRAME:]
        left = near - echo.astype(np.float32)
        self._heard_power = WATCHED * self._heard_power + float(near @ near)
        self._left_power = WATCHED * self._left_power + float(left @ left)
        worse = self._left_power > WORSE * self._heard_power
        self.astray = worse and self._left_power > LOUD
        if worse:
            self._uncertainty = np.maximum(self._uncertainty, _power(self._path).mean(axis=0))
        return self._postfilter.process(left, self._learn(left))

    def _learn(self, left: Samples) -> Powers:
        """Correct the path by what is left of the near side; return how much of that is expected to be echo."""
        # Half of an overlap-save block is the error; hence the halves.
        error = _spectrum(np.concatenate((np.zeros(FRAME, np.float32), left)))
        doubt = self._uncertainty * _power(self._far)
        expected: Powers = doubt.sum(axis=0) / 2
        self._unexplained += (1 - SMOOTHING) * (np.maximum(_power(error), FLOOR) - self._unexplained)
        total = 1 / (expected + self._unexplained)
        self._path += self._uncertainty * self._far.conj() * (error * total)
        self._constrain()
        self._uncertainty *= self._kept * (1 - doubt * total / 2)
        self._uncertainty += (1 - self._kept) * _to_come(self._bound())
        return expected

    def _bound(self) -> Powers:
        """Let no part of the path be louder than any echo is; return its power."""
        power = _power(self._path)
        louder = power > LOUDEST
        self._path[louder] *= np.sqrt(LOUDEST / power[louder])
        power[louder] = LOUDEST
        return power

    def _constrain(self) -> None:
        """Take out of some partitions what belongs to others: each is a frame long, its spectrum two."""
        some = slice(self._turn, None, CONSTRAINED)
        self._turn = (self._turn + 1) % CONSTRAINED
        response = np.fft.irfft(self._path[some], axis=1)
        response[:, FRAME:] = 0
        self._path[some] = np.fft.rfft(response, axis=1)


class _Postfilter:
    """Takes so much power out of each band; overlapping windows of two frames, whose squares add up to one."""

    def __init__(self) -> None:
        self._window = np.sin(np.pi * np.arange(2 * FRAME) / (2 * FRAME)).astype(np.float32)
        self._taken = np.zeros(2 * FRAME, np.float32)
        self._given = np.zeros(2 * FRAME, np.float32)

    def process(self, samples: Samples, unwanted: Powers) -> Samples:
        """FRAME samples in, FRAME out, which are those of the frame before."""
        self._taken[:FRAME] = self._taken[FRAME:]
        self._taken[FRAME:] = samples
        spectrum = _spectrum(self._taken * self._window)
        gain = np.maximum(1 - CAUTION * unwanted / np.maximum(_power(spectrum), FLOOR), LEAST_GAIN)
        self._given[:FRAME] = self._given[FRAME:]
        self._given[FRAME:] = 0
        self._given += np.fft.irfft(spectrum * gain).astype(np.float32) * self._window
        return self._given[:FRAME].copy()


def _uncertainty(expected_ms: float | None) -> Powers:
    """Of the path before anything was heard; shape (PARTITIONS, 1)."""
    if expected_ms is None:
        return np.full((PARTITIONS, 1), UNCERTAINTY, np.float32)
    first = int(expected_ms / BLOCK_MS) - EARLIER
    later_s = (np.arange(PARTITIONS) - first) * BLOCK_MS / 1000
    share = np.where(later_s < 0, 0, 10 ** (-6 * later_s / REVERB_S))
    total = share.sum()
    expected = EXPECTED * share / total if total > 0 else 0 * share
    return (expected + ELSEWHERE).astype(np.float32)[:, np.newaxis]


def _to_come(path: Powers) -> Powers:
    """The power that the path's changes are taken from: its own, and what may drift into each partition."""
    changed = path.copy()
    changed[1:] += NEIGHBOURS * path[:-1]
    changed[:-1] += NEIGHBOURS * path[1:]
    return changed


def _spectrum(samples: Samples) -> Spectrum:
    return np.fft.rfft(samples).astype(np.complex64)


def _power(spectra: Spectra | Spectrum) -> Powers:
    return np.asarray(spectra.real**2 + spectra.imag**2, np.float32)
