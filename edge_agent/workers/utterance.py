"""A sentence that every English speech recogniser knows, made from numbers: a known answer without anybody's voice.

"Where were you a year ago?" is nearly all vowels and glides, so five moving resonances over a buzz say it well enough.
The table is textbook phonetics; the sound is a sum of harmonics, each as loud as the resonances let it through.
"""

import numpy as np
from numpy.typing import NDArray

WORDS = ("where", "were", "you", "a", "year", "ago")

_RATE_HZ = 16_000
_LEAD_S = 0.3
_TAIL_S = 0.2
_PITCH_HZ = (130.0, 95.0)
"""A statement falls."""
_TOP_HZ = 5000
_PEAK = 1 / 3

# One target of the mouth: how long it takes, ms, its first three resonances, Hz, and how loud it is.
_TARGETS = (
    (90, 290, 650, 2200, 0.35),  # w
    (130, 530, 1840, 2480, 1.0),  # e
    (80, 330, 1060, 1400, 0.5),  # re
    (90, 290, 650, 2200, 0.35),  # w
    (120, 480, 1300, 1690, 0.9),  # ere
    (80, 270, 2200, 3000, 0.5),  # y
    (150, 310, 900, 2240, 0.9),  # ou
    (80, 600, 1200, 2500, 0.8),  # a
    (80, 270, 2200, 3000, 0.5),  # y
    (100, 400, 2000, 2550, 0.9),  # ea
    (120, 480, 1300, 1690, 0.9),  # r
    (80, 600, 1200, 2500, 0.8),  # a
    (70, 250, 1900, 2500, 0.08),  # g
    (150, 500, 900, 2400, 1.0),  # o, open
    (150, 350, 800, 2300, 0.7),  # o, closing
)
_BANDWIDTHS_HZ = (60, 90, 150, 200, 250)
_UPPER_HZ = (3500, 4500)
"""The fourth and fifth resonance hardly move."""


def utterance() -> NDArray[np.float32]:
    """Return the sentence at 16 kHz, with a little silence around it."""
    lengths_ms = np.array([target[0] for target in _TARGETS])
    ends_ms = lengths_ms.cumsum()
    # The mouth rests on a target for the middle 40 % of its time and moves in between. It is slow: 5 ms are a moment.
    knots_ms = np.stack((ends_ms - 0.7 * lengths_ms, ends_ms - 0.3 * lengths_ms), axis=1).ravel()
    moments_ms = np.arange(0, ends_ms[-1], 5.0)
    first, second, third, loudness = (
        np.interp(moments_ms, knots_ms, np.repeat([target[i] for target in _TARGETS], 2)) for i in range(1, 5)
    )
    pitch = np.linspace(*_PITCH_HZ, moments_ms.size) * (1 + 0.08 * np.sin(2 * np.pi * 2.1e-3 * moments_ms))

    times_ms = np.arange(ends_ms[-1] * _RATE_HZ // 1000) * 1000 / _RATE_HZ
    phase = 2 * np.pi * np.cumsum(np.interp(times_ms, moments_ms, pitch)) / _RATE_HZ
    voice = np.zeros(times_ms.size)
    for harmonic in range(1, int(_TOP_HZ / _PITCH_HZ[1])):
        hz = pitch * harmonic
        gain = loudness * (hz < _TOP_HZ) / harmonic  # the buzz of the voice falls with frequency
        for centre, width in zip((first, second, third, *_UPPER_HZ), _BANDWIDTHS_HZ, strict=True):
            gain = gain * centre**2 / np.hypot(centre**2 - hz**2, width * hz)
        voice += np.interp(times_ms, moments_ms, gain) * np.sin(phase * harmonic)
    voice *= _PEAK / np.abs(voice).max()

    whole = np.concatenate((np.zeros(int(_LEAD_S * _RATE_HZ)), voice, np.zeros(int(_TAIL_S * _RATE_HZ))))
    # Digital silence is nothing that a microphone delivers, and nothing that the models were trained on.
    return (whole + np.random.default_rng(0).normal(0, 1e-4, whole.size)).astype(np.float32)
