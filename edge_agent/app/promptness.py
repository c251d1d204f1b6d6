"""How promptly the model on this device has begun to answer lately: what the router takes for the device's load.

A processor's load says little: the engines themselves are most of it, and whoever stands behind them in the queue costs
nothing. What counts is how long the last question waited for its first word.
"""

from dataclasses import dataclass

LATE_S = 2.0
"""Until a first word: as long as a person waits before he says something again. A load of 1."""

FORGOTTEN_S = 60.0
"""After so long nothing is known any more: a busy device asks elsewhere, and would never learn that it is at rest."""


@dataclass(slots=True)
class Promptness:
    """Of one model; times in s, of the loop's clock."""

    took_s: float = 0.0
    at: float = 0.0

    def began(self, took_s: float, now: float) -> None:
        """A reply has begun, so long after it was asked for."""
        self.took_s, self.at = took_s, now

    def load(self, now: float) -> float:
        """Return how busy the device is, 0-1."""
        return min(1.0, self.took_s / LATE_S) if now - self.at < FORGOTTEN_S else 0.0
