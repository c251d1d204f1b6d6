"""Brings a phrase to the rate of the device, piece by piece: the pieces joined are what the whole would be.

A resampler looks some milliseconds ahead. Pieces that were resampled each by itself would click where they meet; here
the end of a piece waits for the one after it, and comes out with that.
"""

from dataclasses import dataclass
from typing import Any

from edge_agent.base.frames import Samples, Speech


@dataclass(frozen=True, slots=True)
class Lying:
    """Where the words of a piece are heard, in samples of the device since its phrase began."""

    start: int
    length: int


class Joined:
    """One phrase on its way to the loudspeaker."""

    def __init__(self, rate_hz: int, device_hz: int) -> None:
        self._ratio = device_hz / rate_hz
        self._taken = 0  # samples of the phrase, at its own rate
        self._stream: Any = None
        if rate_hz != device_hz:
            import soxr

            self._stream = soxr.ResampleStream(rate_hz, device_hz, 1, dtype="float32")

    def add(self, speech: Speech) -> tuple[Samples, Lying]:
        """Take the next piece; return what is to be played now, and where the words of the piece lie."""
        start, self._taken = self._taken, self._taken + speech.samples.size
        lying = Lying(round(start * self._ratio), round(speech.samples.size * self._ratio))
        if self._stream is None:
            return speech.samples, lying
        samples: Samples = self._stream.resample_chunk(speech.samples, last=not speech.continues)
        return samples, lying
