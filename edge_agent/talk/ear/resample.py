"""From the device's rate to ours, as a stream: whatever comes in, blocks of 10 ms go out.

soxr's variable-rate mode is taken at a fixed ratio. The usual mode works in blocks of its own and hands sound out in
bursts of 20-30 ms; this one gives 10 ms for 10 ms, 12-14 ms late, with aliases below -110 dB.

A stream that has been silent for `FLUSHED_S` rests: zeros come out without being computed. A loudspeaker is silent
most of its life.
"""

from collections.abc import Iterator

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples

FLUSHED_S = 0.1
"""Of zeros, after which soxr's filters hold nothing else."""


class Resampler:
    """One direction of one stream. The first sample out is the first sample in (to 0.1 ms): positions only scale."""

    def __init__(self, rate_in_hz: int, rate_out_hz: int = RATE_HZ, block: int = FRAME) -> None:
        import soxr

        same = rate_in_hz == rate_out_hz
        self._stream = None if same else soxr.ResampleStream(rate_in_hz, rate_out_hz, 1, dtype="float32", vr=True)
        self._block = block
        self._rate_in_hz, self._rate_out_hz = rate_in_hz, rate_out_hz
        self._silent = 0  # samples in, zeros all of them
        self._rest = np.zeros(0, np.float32)

    def process(self, samples: Samples) -> Iterator[Samples]:
        """Whole blocks that are ready by now."""
        fresh = self._resampled(samples)
        if self._rest.size == 0 and fresh.size == self._block:
            yield fresh
            return
        waiting = np.concatenate((self._rest, fresh))
        whole = waiting.size - waiting.size % self._block
        self._rest = waiting[whole:]
        yield from waiting[:whole].reshape(-1, self._block)

    def _resampled(self, samples: Samples) -> Samples:
        if self._stream is None:
            return samples
        self._silent = 0 if samples.any() else self._silent + samples.size
        whole, rest = divmod(samples.size * self._rate_out_hz, self._rate_in_hz)
        if self._silent > FLUSHED_S * self._rate_in_hz and not rest:
            # As many as soxr would give in the mean; its own clock stands still meanwhile.
            return np.zeros(whole, np.float32)
        return np.asarray(self._stream.resample_chunk(np.ascontiguousarray(samples)), np.float32)


def resample(samples: Samples, rate_in_hz: int, rate_out_hz: int) -> Samples:
    """A whole recording at once."""
    import soxr

    if rate_in_hz == rate_out_hz:
        return samples
    return np.asarray(soxr.resample(samples, rate_in_hz, rate_out_hz), np.float32)
