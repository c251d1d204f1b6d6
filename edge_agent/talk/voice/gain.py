"""How loud the voice is while that changes."""

from math import ceil

import numpy as np

from edge_agent.base.frames import Samples


class Gain:
    """Loudness that moves along a ramp to where it is wanted."""

    def __init__(self, level: float, ramp: int) -> None:
        self.level = self._target = level
        self._ramp = ramp
        self._step = 0.0

    def aim(self, target: float) -> int:
        """Say where it is wanted; return how many samples it takes to get there."""
        if target != self._target:
            self._target, self._step = target, (target - self.level) / self._ramp
        return ceil((target - self.level) / self._step) if self.level != target else 0

    def over(self, frames: int) -> Samples:
        """Return the factors of the next `frames` samples."""
        if self.level == self._target:
            return np.full(frames, self.level, np.float32)
        low, high = sorted((self.level, self._target))
        factors: Samples = np.clip(self.level + self._step * np.arange(1, frames + 1), low, high).astype(np.float32)
        self.level = float(factors[-1])
        if abs(self.level - self._target) < 1e-6:
            self.level = self._target
        return factors
