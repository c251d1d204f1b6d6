"""From the device's rate to ours, as a stream: whatever comes in, blocks of 10 ms go out.

soxr's variable-rate mode is taken at a fixed ratio. The usual mode works in blocks of its own and hands sound out in
bursts of 20-30 ms; this one gives 10 ms for 10 ms, 12-14 ms late, with aliases below -110 dB.
"""

from collections.abc import Iterator

import numpy as np

from edge_agent.base.frames import FRAME, RATE_HZ, Samples


class Resampler:
    """One direction of one stream. The first sample out is the first sample in (to 0.1 ms): positions only scale."""

    def __init__(self, rate_in_hz: int, rate_out_hz: int = RATE_HZ, block: int = FRAME) -> None:
        import soxr

        same = rate_in_hz == rate_out_hz
        self._stream = None if same else soxr.ResampleStream(rate_in_hz, rate_out_hz, 1, dtype="float32", vr=True)
        self._block = block
        self._rest = np.zeros(0, np.float32)

    def process(self, samples: Samples) -> Iterator[Samples]:
        """Whole blocks that are ready by now."""
        fresh = samples if self._stream is None else self._stream.resample_chunk(np.ascontiguousarray(samples))
        if self._rest.size == 0 and fresh.size == self._block:
            yield fresh
            return
        waiting = np.concatenate((self._rest, fresh))
        whole = waiting.size - waiting.size % self._block
        self._rest = waiting[whole:]
        yield from waiting[:whole].reshape(-1, self._block)


def resample(samples: Samples, rate_in_hz: int, rate_out_hz: int) -> Samples:
    """A whole recording at once."""
    import soxr

    if rate_in_hz == rate_out_hz:
        return samples
    return np.asarray(soxr.resample(samples, rate_in_hz, rate_out_hz), np.float32)
