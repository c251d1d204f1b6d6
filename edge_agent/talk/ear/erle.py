"""How much of the agent's own voice is taken out, as it goes: echo return loss enhancement, dB. Pure.

Nobody has to say where somebody speaks over it, which could be wrong just where the echo is not taken out: it is the
median of the last chunks in which the agent was heard, and people speak over it in fewer than half of them.
"""

import numpy as np

KEPT = 300
"""Chunks of 32 ms: ten seconds of the agent's voice."""

ENOUGH = 30
"""Before so many nothing is said: a second."""

AUDIBLE = 10 ** (-50 / 10)
"""Mean square of a chunk (-50 dBFS) from which on there is an echo to speak of."""


class Erle:
    """Of one stream. Fed by one thread, asked by any."""

    def __init__(self) -> None:
        self._db = np.full(KEPT, np.nan)
        self._count = 0

    def feed(self, heard: float, left: float) -> None:
        """Take the mean squares of one chunk while the agent speaks: as the microphone had it, and what was left."""
        if heard >= AUDIBLE:
            self._db[self._count % KEPT] = 10 * np.log10(heard / max(left, heard * 1e-9))
            self._count += 1

    @property
    def db(self) -> float | None:
        """By how much the echo became softer; None before enough of it was heard."""
        return float(np.nanmedian(self._db)) if self._count >= ENOUGH else None
