"""What one turn costs in processor time of the engines: what went into the answer, and what was thrown away.

Guessing ahead (glances, drafts, reading ahead) makes the answer come sooner and is often for nothing. Each attempt has
a bill of its own; when the answer is over, the bills of those that went into it are told from those that were opened
before it and did not.
"""

from collections import deque
from collections.abc import Collection

from edge_agent.workers.bill import Bill

BILLS_MAX = 256
"""Noises that nobody answers are paid by the next turn; after hours of them the oldest are forgotten."""


class Costs:
    """The bills of the turn under way."""

    def __init__(self) -> None:
        self._bills: deque[Bill] = deque(maxlen=BILLS_MAX)

    def open(self) -> Bill:
        """Return a new bill for something that is tried."""
        bill = Bill()
        self._bills.append(bill)
        return bill

    def settle(self, answer: Bill, used: Collection[Bill]) -> tuple[float, float]:
        """Return what all attempts up to `answer` cost, and what of that is not among the `used`, ms; forget them."""
        all_ms = thrown_ms = 0.0
        while answer in self._bills:
            bill = self._bills.popleft()
            all_ms += bill.cpu_ms
            thrown_ms += 0.0 if bill in used else bill.cpu_ms
        return round(all_ms, 1), round(thrown_ms, 1)
