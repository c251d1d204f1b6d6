"""What one turn costs in processor time of the engines: what went into the answer, and what was thrown away.

Guessing ahead (glances, drafts, reading ahead) makes the answer come sooner and is often for nothing. Each attempt has
a bill of its own; when the answer is over, the bills of those that went into it are told from those that were opened
before it and did not.
"""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge_agent.workers.bill import Bill

BILLS_MAX = 256
"""Noises that nobody answers are paid by the next turn; after hours of them the oldest are forgotten."""


class Try(StrEnum):
    """What may turn out to have been for nothing."""

    GLANCE = "glance"  # a transcript of a turn that went on
    READING = "reading"  # by the language model, of words that did not stay
    DRAFT = "draft"  # of an answer to a turn that went on


@dataclass(frozen=True, slots=True)
class Spent:
    """On one turn."""

    all_ms: float
    """Processor time of all attempts, and of the answer."""
    thrown_ms: Mapping[str, float]
    """What of it did not go into the answer, by what was tried; nothing where nothing was thrown away."""


class Costs:
    """The bills of the turn under way."""

    def __init__(self) -> None:
        self._bills: deque[tuple[Try, Bill]] = deque(maxlen=BILLS_MAX)

    def open(self, what: Try) -> Bill:
        """Return a new bill for something that is tried."""
        bill = Bill()
        self._bills.append((what, bill))
        return bill

    def settle(self, answer: Bill, used: Collection[Bill]) -> Spent:
        """Return what all attempts up to `answer` cost, and what of that is not among the `used`; forget them."""
        settled: list[tuple[Try, Bill]] = []
        while any(bill is answer for _, bill in self._bills):
            settled.append(self._bills.popleft())
        thrown: dict[str, float] = {
            what.value: round(ms, 1)
            for what in Try
            if (ms := sum(bill.cpu_ms for tried, bill in settled if tried is what and bill not in used)) > 0
        }
        return Spent(round(sum(bill.cpu_ms for _, bill in settled), 1), thrown)
