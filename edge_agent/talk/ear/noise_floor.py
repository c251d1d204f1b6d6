"""How loud the noise is, band by band. Pure; a chunk is 32 ms.

Minimum statistics (Martin, IEEE Trans. Speech and Audio Processing 9, 2001), as plainly as it goes: speech leaves every
band alone from time to time, noise does not, so the least that a band held for a quarter of a second, within the last
few seconds, is noise. A noise that grows is followed after `WINDOW_S`, one that ceases within a quarter of a second.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from edge_agent.base.frames import CHUNK, RATE_HZ, Samples

# fmt: off
EDGES_HZ = (100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270,
            1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400)
# fmt: on
"""Where the bands begin: critical ones (Zwicker), without the lowest, in which engines and ventilators live. The last
one ends at `TOP_HZ`."""
TOP_HZ = 7700

BLOCK = 8
"""Chunks over which a band's power is averaged before the least is looked for: 256 ms."""

WINDOW_S = 4.0
"""Longer than anybody speaks without a breath; after so long a new noise is known."""

Powers = NDArray[np.float64]
"""Shape (bands,): power in each band, as a part of full scale squared."""

_EDGES = np.array([*EDGES_HZ, TOP_HZ]) * CHUNK // RATE_HZ
_WINDOW = np.hanning(CHUNK).astype(np.float32)
_SCALE = 2.0 / (CHUNK * float(np.sum(np.square(_WINDOW))))


def bands(chunk: Samples) -> Powers:
    """The power of CHUNK samples, band by band."""
    spectrum = np.square(np.abs(np.fft.rfft(chunk * _WINDOW)), dtype=np.float64)
    return np.add.reduceat(spectrum[: _EDGES[-1]], _EDGES[:-1]) * _SCALE


class NoiseFloor:
    """One stream."""

    def __init__(self) -> None:
        self.powers: Powers = np.zeros(len(EDGES_HZ))
        """Of the noise; nothing until the first quarter of a second has passed."""
        self._block = np.zeros(len(EDGES_HZ))
        self._filled = 0
        self._least: deque[Powers] = deque(maxlen=round(WINDOW_S * RATE_HZ / (BLOCK * CHUNK)))

    def feed(self, powers: Powers) -> None:
        """Take one chunk's."""
        self._block += powers / BLOCK
        self._filled += 1
        if self._filled == BLOCK:
            self._least.append(self._block)
            self.powers = np.min(self._least, axis=0)
            self._block, self._filled = np.zeros(len(EDGES_HZ)), 0
