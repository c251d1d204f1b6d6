"""Two short soft notes that say what needs no words: rising, I hear you again; falling, I do not hear you any more.

They are sines under a bell, computed once for a rate and kept. Nobody takes them for a voice, neither a person nor a
detector.
"""

import functools

import numpy as np

from edge_agent.base.frames import Samples

LEVEL = 10 ** (-26 / 20)
"""Peak: well below the voice's."""

NOTE_S = 0.14
OVERLAP_S = 0.04
"""The second note begins so long before the first has died away."""

LOW_HZ, HIGH_HZ = 587.33, 880.0
"""D5 and A5, a fifth apart: every small loudspeaker can do both, and no alarm sounds so."""


@functools.cache
def rising(rate_hz: int) -> Samples:
    """Return the notes of a device that is back."""
    return _notes(rate_hz, LOW_HZ, HIGH_HZ)


@functools.cache
def falling(rate_hz: int) -> Samples:
    """Return the notes of a microphone that fell silent."""
    return _notes(rate_hz, HIGH_HZ, LOW_HZ)


def _notes(rate_hz: int, first_hz: float, second_hz: float) -> Samples:
    first, second = _note(rate_hz, first_hz), _note(rate_hz, second_hz)
    start = first.size - round(OVERLAP_S * rate_hz)
    whole = np.zeros(start + second.size, np.float32)
    whole[: first.size] += first
    whole[start:] += second
    return whole


def _note(rate_hz: int, pitch_hz: float) -> Samples:
    count = round(NOTE_S * rate_hz)
    seconds = np.arange(count) / rate_hz
    return np.asarray(LEVEL * np.hanning(count) * np.sin(2 * np.pi * pitch_hz * seconds), np.float32)
