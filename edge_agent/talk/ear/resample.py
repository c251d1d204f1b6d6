"""From the device's rate to ours, as a stream: 10 ms go in, 10 ms come out, at once.

soxr's streams hold sound back for 12-20 ms and hand it out in blocks of their own, and every answer and every silence
would wait for that. Here each output sample is one product of the last input samples with one phase of a low-pass
filter (polyphase; a sinc in a Kaiser window): what comes out was heard `DELAY_MS` before its place in the stream, the
same for both directions, and nothing else is held back.

A stream that has been silent for longer than the filter rests: zeros come out without being computed. A loudspeaker is
silent most of its life.
"""

from collections.abc import Iterator
from functools import lru_cache
from math import gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from edge_agent.base.frames import FRAME, RATE_HZ, Samples

STOP_DB = 90.0
"""By how much what the lower rate can't hold is damped, at least."""

TRANSITION = 0.125
"""Share of the band, at its upper end, in which the filter falls: 7-8 kHz at our rate."""

CROSSINGS = int((STOP_DB - 8) / (2.285 * np.pi * TRANSITION) / 2) + 1
"""Samples of the lower rate on either side of the one that is asked for (Kaiser's estimate)."""

DELAY_MS = CROSSINGS * 1000 / RATE_HZ
"""Where the lower rate is ours; half as much again for each half of that."""


class Resampler:
    """One direction of one stream. What comes out is `late` samples behind its place; positions only scale."""

    def __init__(self, rate_in_hz: int, rate_out_hz: int = RATE_HZ, block: int = FRAME) -> None:
        shared = gcd(rate_in_hz, rate_out_hz)
        self._up, self._down = rate_out_hz // shared, rate_in_hz // shared
        self._block = block
        self._phases = _phases(self._up, self._down)
        taps = self._phases.shape[1]
        self.late = 0.0 if rate_in_hz == rate_out_hz else (taps - 1) / 2 * self._up / self._down
        """Samples that have come out when the first one that went in is in their middle."""
        self._held = np.zeros(taps - 1, np.float32)  # the last that went in
        self._silent = taps - 1  # of these, zeros at the end
        self._place = 0  # of the next sample out, behind the held ones, in input samples times `up`
        self._rest = np.zeros(0, np.float32)

    def process(self, samples: Samples) -> Iterator[Samples]:
        """Whole blocks that are ready by now."""
        fresh = samples if self._up == self._down else self._resampled(samples)
        if self._rest.size == 0 and fresh.size == self._block:
            yield fresh
            return
        waiting = np.concatenate((self._rest, fresh))
        whole = waiting.size - waiting.size % self._block
        self._rest = waiting[whole:]
        yield from waiting[:whole].reshape(-1, self._block)

    def _resampled(self, samples: Samples) -> Samples:
        places = np.arange(self._place, samples.size * self._up, self._down)
        self._place += places.size * self._down - samples.size * self._up
        taps = self._phases.shape[1]
        known = np.concatenate((self._held, samples.astype(np.float32, copy=False)))
        self._held = known[-(taps - 1) :]
        self._silent = 0 if samples.any() else self._silent + samples.size
        if self._silent >= known.size:
            return np.zeros(places.size, np.float32)
        behind = sliding_window_view(known, taps)
        if self._up == 1:
            return np.asarray(behind[places[0] :: self._down] @ self._phases[0], np.float32)
        products = np.einsum("st,st->s", behind[places // self._up], self._phases[places % self._up])
        return np.asarray(products, np.float32)


@lru_cache(maxsize=8)
def _phases(up: int, down: int) -> NDArray[np.float32]:
    """The low-pass filter, shape (up, taps): the products for an output sample so many `up`ths after an input one."""
    widest = max(up, down)
    half = CROSSINGS * widest // up * up  # at the rate of both, so that the middle is an input sample
    at = np.arange(-half, half + up)
    cutoff = (1 - TRANSITION / 2) / widest
    kernel = up * cutoff * np.sinc(cutoff * at) * _kaiser(at, half)
    # A later output sample is further from each input sample, and the latest of these comes last.
    return np.ascontiguousarray(kernel.reshape(-1, up).T[:, ::-1], np.float32)


def _kaiser(at: NDArray[np.int64], half: int) -> NDArray[np.float64]:
    beta = 0.1102 * (STOP_DB - 8.7)
    inside = np.sqrt(np.clip(1 - (at / half) ** 2, 0, None))
    window: NDArray[np.float64] = np.where(np.abs(at) <= half, np.i0(beta * inside) / np.i0(beta), 0.0)
    return window


def resample(samples: Samples, rate_in_hz: int, rate_out_hz: int) -> Samples:
    """A whole recording at once."""
    import soxr

    if rate_in_hz == rate_out_hz:
        return samples
    return np.asarray(soxr.resample(samples, rate_in_hz, rate_out_hz), np.float32)
