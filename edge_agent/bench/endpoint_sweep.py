"""How often a way of waiting cuts somebody off, and how long it lets everybody wait: the whole curve.

1. A detector says for each pause how likely it is the end, as log-odds. Silence says nothing: all alike.
2. A policy turns odds into a wait: `delay_ms` for odds from `finished` on, `cap_ms` for odds lower than that by `width`
   or more, a straight line between (for a width of zero: a threshold). Silence has one wait for all.
3. A hold that is longer than the wait is a false cut-off. The wait at an end is latency; computing is not counted.
4. All policies of a grid are tried, for each detector the same ones, and the best for a budget is what counts: the
   fewest cut-offs with at most so many ms on average, the fewest ms on average with at most so many cut-offs.

The best of many policies on the same recordings flatters whoever has policies to choose from, alike for every detector
but silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

BUDGETS_MS: Final = (200, 300, 400, 600)
BUDGETS_PCT: Final = (2, 5, 10)

FINISHED: Final = np.linspace(0, 1, 25)
"""Quantiles of the detector's odds, so that none is given a finer choice of thresholds than another."""
WIDTHS: Final = (0.0, 0.5, 1.0, 2.0)
"""In standard deviations of the detector's odds."""
DELAYS_MS: Final = tuple(range(100, 801, 50))
CAPS_MS: Final = (400, 600, 800, 1000, 1300, 1600, 2000, 2500)
SILENCES_MS: Final = tuple(range(100, 2501, 10))

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one policy costs."""

    cutoff_pct: float
    """Holds that were taken for ends."""
    ms: float
    """Mean wait at the ends."""


def cost(waits_ms: Values, lengths_s: Values) -> Cost:
    """What these waits cost in pauses of these lengths; infinite ones are ends."""
    ends = np.isinf(lengths_s)
    cut = waits_ms[~ends] < lengths_s[~ends] * 1000
    return Cost(100 * float(cut.mean()) if cut.size else 0.0, float(waits_ms[ends].mean()))


def silence(lengths_s: Values) -> list[Cost]:
    """Every policy that knows nothing but time."""
    return [cost(np.full(lengths_s.shape, wait_ms, np.float64), lengths_s) for wait_ms in SILENCES_MS]


def sweep(odds: Values, lengths_s: Values) -> list[Cost]:
    """Every policy over these odds."""
    return [cost(waits_ms, lengths_s) for waits_ms in _waits(odds)]


def best(costs: list[Cost]) -> dict[str, dict[str, float | None]]:
    """The best that can be had for each budget; None where nothing keeps it."""
    return {
        "cutoff_pct": {str(ms): _least(c.cutoff_pct for c in costs if c.ms <= ms) for ms in BUDGETS_MS},
        "ms_at_cutoff": {str(pct): _least(c.ms for c in costs if c.cutoff_pct <= pct) for pct in BUDGETS_PCT},
    }


def frontier(costs: list[Cost]) -> list[Cost]:
    """The policies that no other beats in both, the fastest first: each cuts off less than those before it."""
    kept: list[Cost] = []
    for one in sorted(costs, key=lambda cost: (cost.ms, cost.cutoff_pct)):
        if not kept or one.cutoff_pct < kept[-1].cutoff_pct:
            kept.append(one)
    return kept


def _waits(odds: Values) -> Iterator[Values]:
    for finished, width in product(np.quantile(odds, FINISHED), odds.std() * np.array(WIDTHS)):
        below = finished - odds
        doubt = np.clip(below / width, 0, 1) if width else (below > 0).astype(np.float64)
        for delay_ms, cap_ms in product(DELAYS_MS, CAPS_MS):
            if delay_ms <= cap_ms:
                yield delay_ms + doubt * (cap_ms - delay_ms)


def _least(values: Iterator[float]) -> float | None:
    least = min(values, default=None)
    return None if least is None else round(least, 1)
