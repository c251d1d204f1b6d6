"""Audio as every room knows it: mono float32 in [-1, 1], and where on the conversation's clock it lies.

Three kinds of time live in this project and are never mixed:

* *position*: samples at `RATE_HZ` since the audio stream was opened. Latencies are counted in it.
* *now*: seconds on a monotonic clock, passed into every decision.
* the wall clock: for people (what time is it?) and for logs, never for decisions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
"""Whatever listens (canceller, VAD, Whisper, Smart Turn) works at this rate; devices are resampled to it."""

BLOCK_MS = 10
"""One block of the audio stream. WebRTC's canceller takes exactly this; a longer one would only add latency."""

FRAME = RATE_HZ * BLOCK_MS // 1000
"""Samples of one block at `RATE_HZ`."""

CHUNK = 512
"""Samples of one voice-activity decision (32 ms): the only size that Silero VAD takes at 16 kHz."""

Samples = NDArray[np.float32]
"""Shape (n,), mono, float32, in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One chunk of what the microphone heard, echo cancelled, with the judgement on it."""

    position: int
    """Of the first sample, at `RATE_HZ`."""
    samples: Samples
    """Shape (CHUNK,): the signal that speech-to-text listens to."""
    voice: float
    """Probability (0-1) that the user speaks: neither the agent nor somebody in the background."""
    level_dbfs: float
    """RMS of the raw microphone, for the meter and for noticing a dead one."""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word and the samples that carry it, counted from the start of its `Speech`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Speech:
    """One synthesised phrase, or a piece of it."""

    text: str
    """As written, before numbers were read out; the words below are a division of it."""
    samples: Samples
    rate_hz: int
    words: tuple[Word, ...]
    continues: bool = False
    """Whether the phrase goes on in the next one, without a breath between the two."""


def dbfs(samples: Samples) -> float:
    """RMS level in dB relative to full scale; -120 for digital silence and for nothing at all."""
    if samples.size == 0:
        return -120.0
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10 * float(np.log10(max(power, 1e-12)))
