"""What one turn costs in processor time of the engines: what went into the answer, and what was thrown away.

Guessing ahead (glances, drafts, reading ahead) makes the answer come sooner and is often for nothing. Each attempt has
a bill of its own; when the answer is over, the bills of those that went into it are told from the others.
"""

from collections.abc import Iterable

from edge_agent.workers.bill import Bill


class Costs:
    """The bills of the turn under way."""

    def __init__(self) -> None:
        self._bills: list[Bill] = []

    def open(self) -> Bill:
        """Return a new bill for something that is tried."""
        bill = Bill()
        self._bills.append(bill)
        return bill

    def clear(self) -> None:
        """Another turn begins."""
        self._bills.clear()

    def settle(self, used: Iterable[Bill]) -> tuple[float, float]:
        """End the turn; return what it cost in all and what of that was thrown away, ms."""
        all_ms = sum(bill.cpu_ms for bill in self._bills)
        used_ms = sum(bill.cpu_ms for bill in self._bills if bill in used)
        self.clear()
        return round(all_ms, 1), round(all_ms - used_ms, 1)
