"""How long answers take, and whether a model takes too long for them beside the one in use.

A machine is busy with other things as well. They make an answer late and never early, so the fastest counts; and the
processor's time tells what the clock of a crowded machine can't. What is slow for want of something else than the
processor shows on the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Self

SLOWER_MAX = 1.6
SLOWER_MS = 30
"""Less than this much slower is noise."""


@dataclass(frozen=True, slots=True)
class Took:
    """What an answer took, ms."""

    clock: float
    processor: float
    """Of all the engine's threads together."""

    @classmethod
    def fastest(cls, some: Sequence[Self]) -> Self:
        """Return the least of each."""
        return cls(min(one.clock for one in some), min(one.processor for one in some))

    @classmethod
    def average(cls, some: Sequence[Self]) -> Self:
        """Return the mean of each; of nothing, nothing."""
        return cls(mean(one.clock for one in some), mean(one.processor for one in some)) if some else cls(0, 0)


def too_slow(kind: str, new: Took, old: Took) -> str:
    """Say that a model takes longer than it may beside the one in use; nothing if it does not."""
    for new_ms, old_ms, of_what in ((new.processor, old.processor, " of the processor"), (new.clock, old.clock, "")):
        if new_ms > old_ms * SLOWER_MAX and new_ms > old_ms + SLOWER_MS:
            return f"{kind} takes {new_ms:.0f} ms{of_what} where the models in use take {old_ms:.0f}"
    return ""
