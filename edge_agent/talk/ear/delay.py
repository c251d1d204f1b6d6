"""How late the echo comes, measured while the agent talks, and the far side moved by as much. Pure.

`Watch` measures, whatever canceller is in use:

1. While the agent is audible, the last two seconds of both sides are correlated every `JUDGE_S`. A peak is believed
   when it was seen again, and the sharper it is the sooner (`CONVINCED`).
2. Once the delay is known, a peak that lies where it was is preferred to a higher one somewhere else: reflections take
   turns in being the highest. The echo has *jumped* when judgements in a row agree on another place.
3. A peak may lie before what it echoes, by `EARLY_S`: that is no echo's doing, but that of a pairing gone wrong.
4. Between jumps the delay grows as the clocks drift apart. By how much is told from the last `TREND_S`, by the median
   of the slopes between any two measurements; what the pairing (`pairing.py`) took out is put back, so it is the
   clocks' own drift.

`Aligner` moves the far side, for cancellers that do not find the delay by themselves:

1. Before anything was measured, half of what the device reports is believed. Drivers round and invent; a reference
   that comes too early costs a canceller some of its tail, one that comes after its echo cannot be used at all.
2. The far side is moved so that its echo follows `MARGIN` later, which leaves room for drift in both directions. It is
   moved again only when the echo has left that room: cancellers follow small changes by themselves, and each move
   makes them start over.

Source of the correlation (GCC-PHAT): Knapp and Carter, "The generalized correlation method for estimation of time
delay", IEEE Transactions on Acoustics, Speech, and Signal Processing 24, 1976. Of the median of slopes: Sen, "Estimates
of the regression coefficient based on Kendall's tau", Journal of the American Statistical Association 63, 1968.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples, dbfs

DELAY_S_MAX = 0.5
"""Longest echo looked for: Bluetooth loudspeakers come to 0.3 s."""

EARLY_S = 0.04

WINDOW = 2 * RATE_HZ
"""Samples correlated at once. Shorter windows were fooled by single vowels."""

JUDGE_S = 0.5
"""Between two measurements of some 2 ms each."""

BAND_HZ = (200, 4000)
"""That is correlated. Above it an echo is often below the microphone's noise, and whitening makes both alike."""

SHARP = 8.0
"""Height, in standard deviations of the correlation, from which a peak counts at all. Noise reaches 5 to 7, echoes
mostly 15 to 100, those in long reverberation 8."""

CONVINCED = 30.0
"""Sum of the heights of the peaks in the same place, two or more in a row, from which they are believed."""

AGREE = RATE_HZ * 2 // 1000
"""Two measurements within this, samples, say the same."""

LOYAL = 0.7
"""Of the highest peak's height, which a peak in the old place must have to be preferred."""

TREND_S = 60.0
TREND_S_MIN = 5.0
"""Of measurements that the drift is told from. A sample in five seconds is 12 millionths."""

MARGIN = RATE_HZ * 10 // 1000
ROOM = RATE_HZ * 40 // 1000
"""Of the echo behind the reference, samples: where it is put, and where it may wander to."""

AUDIBLE_DBFS = -50.0
"""Far side, since the last measurement, that is loud enough to leave an echo."""


@dataclass(frozen=True, slots=True)
class Echo:
    """What is known of the way from the loudspeaker to the microphone. For people; nothing waits for it."""

    delay_ms: float | None = None
    """From what the loudspeaker took to its echo in what the microphone gave; None until it was measured."""
    drift_ppm: float | None = None
    """By how many millionths the loudspeaker's clock is slower than the microphone's; None until it was watched for
    `TREND_S_MIN`."""
    jumps: int = 0
    """Times that the echo was found in another place than before."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Where two signals are most alike."""

    lag: float
    """Samples by which the near side is later; below zero it is earlier."""
    sharpness: float
    """Height, in standard deviations of the correlation."""


def echo_peak(near: Samples, far: Samples, expected: float | None = None) -> Peak:
    """Where `near` holds `far`, between samples where need be; of several peaks about as high, the `expected` one."""
    early, late = round(EARLY_S * RATE_HZ), round(DELAY_S_MAX * RATE_HZ)
    size = _fast(near.size + early + late)
    low, high = (round(hz * size / RATE_HZ) for hz in BAND_HZ)
    cross = np.fft.rfft(near, size) * np.conj(np.fft.rfft(far, size))
    cross /= np.abs(cross) + 1e-9
    cross[:low] = cross[high:] = 0
    around = np.fft.irfft(cross, size)
    correlation = np.concatenate((around[-early:], around[:late])).astype(np.float32)
    peak = int(np.argmax(correlation))
    if expected is not None:
        start = max(0, round(expected) + early - AGREE)
        there = correlation[start : round(expected) + early + AGREE + 1]
        if there.size and there.max() > LOYAL * correlation[peak]:
            peak = start + int(np.argmax(there))
    return Peak(_between(correlation, peak) - early, float(correlation[peak] / (np.std(correlation) + 1e-12)))


class Watch:
    """One stream's echo, from the first sample on."""

    def __init__(self, drift_ppm: float | None = None) -> None:
        """`drift_ppm` is what is known of the clocks' drift from before."""
        self.delay: int | None = None
        """Of the echo behind the far side as it was handed in, samples; None until it was measured."""
        self.echo = Echo(drift_ppm=drift_ppm)
        """The same for people, and what else is known."""
        self._near = _Past()
        self._far = _Past()
        self._position = 0
        self._unjudged = 0
        self._candidate = 0.0  # samples
        self._seen: deque[float] = deque(maxlen=4)  # the sharpness of the last peaks, all near the candidate
        # Position and delay of this jump's measurements, s.
        self._trend: deque[tuple[float, float]] = deque(maxlen=2 + round(TREND_S / JUDGE_S))

    def take(self, near: Samples, far: Samples, ahead: float = 0.0) -> None:
        """Take FRAME samples of each side; the pairing went `ahead` by so many samples among the loudspeaker's."""
        self._near.keep(near)
        self._far.keep(far)
        self._position += FRAME
        self._unjudged += FRAME
        if self._unjudged >= JUDGE_S * RATE_HZ:
            if dbfs(self._far.last(self._unjudged)) >= AUDIBLE_DBFS:
                self._judge(ahead)
            self._unjudged = 0

    def skip(self, samples: int) -> None:
        """As much passed in which there was nothing to measure."""
        self._position += samples

    def _judge(self, ahead: float) -> None:
        peak = echo_peak(self._near.last(WINDOW), self._far.last(WINDOW), self.delay)
        if peak.sharpness < SHARP:
            return
        if abs(peak.lag - self._candidate) > AGREE:
            self._seen.clear()
        self._candidate = peak.lag
        self._seen.append(peak.sharpness)
        if len(self._seen) > 1 and sum(self._seen) >= CONVINCED:
            self._believe(peak.lag, ahead)

    def _believe(self, lag: float, ahead: float) -> None:
        jumped = self.delay is not None and abs(lag - self.delay) > AGREE
        if jumped:
            self._trend.clear()
        self.delay = round(lag)
        now_s = self._position / RATE_HZ
        self._trend.append((now_s, (lag - ahead) / RATE_HZ))
        while now_s - self._trend[0][0] > TREND_S:
            self._trend.popleft()
        self.echo = Echo(1000 * lag / RATE_HZ, self._drift_ppm(), self.echo.jumps + jumped)

    def _drift_ppm(self) -> float | None:
        at, delays = np.array(self._trend).T
        apart = at[:, None] - at
        far_apart = apart >= TREND_S_MIN
        if not far_apart.any():
            return self.echo.drift_ppm
        return 1e6 * float(np.median((delays[:, None] - delays)[far_apart] / apart[far_apart]))


class Aligner:
    """Hands the far side out as late as its echo comes."""

    def __init__(self, reported_s: float = 0.0) -> None:
        self._shift = min(int(reported_s / 2 * RATE_HZ), int(DELAY_S_MAX * RATE_HZ))
        self._far = _Past()

    def align(self, far: Samples, delay: int | None) -> Samples:
        """Take FRAME samples of the far side and what is known of the delay; return those that belong to now."""
        self._far.keep(far)
        if delay is not None and not 0 < delay - self._shift < ROOM:
            self._shift = max(0, delay - MARGIN)
        return self._far.last(FRAME + self._shift)[:FRAME]


class _Past:
    """The last `WINDOW` samples of a signal."""

    def __init__(self) -> None:
        self._kept = np.zeros(2 * WINDOW, np.float32)
        self._end = WINDOW

    def keep(self, frame: Samples) -> None:
        # Twice the window, moved back only when full: one copy every two seconds instead of one every block.
        if self._end + frame.size > self._kept.size:
            self._kept[:WINDOW] = self._kept[self._end - WINDOW : self._end]
            self._end = WINDOW
        self._kept[self._end : self._end + frame.size] = frame
        self._end += frame.size

    def last(self, samples: int) -> Samples:
        return self._kept[self._end - samples : self._end]


def _between(correlation: Samples, peak: int) -> float:
    """The place of a peak between samples: the top of the parabola through it and its neighbours."""
    if not 0 < peak < correlation.size - 1:
        return float(peak)
    before, top, after = (float(value) for value in correlation[peak - 1 : peak + 2])
    bend = before - 2 * top + after
    return peak + 0.5 * (before - after) / bend if bend < 0 else float(peak)


def _fast(size: int) -> int:
    """The next size that has only 2 and 5 as factors, roughly: such are quick to transform."""
    power = 1 << (size - 1).bit_length()
    return next(candidate for candidate in (power * 5 // 8, power * 25 // 32, power) if candidate >= size)
