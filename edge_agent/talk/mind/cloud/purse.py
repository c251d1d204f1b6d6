"""One purse for all that costs in the cloud: questions, hearing and speaking. Its limits and its file are the day's.

What is booked is spent at once and written beside the loop, in order; `budget.py` says what is counted, and how it is
kept.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.talk.mind.cloud import budget
from edge_agent.talk.mind.cloud.budget import Cost, Spent

log = logging.getLogger(__name__)


class Purse:
    """Lives on the running loop. `close` it."""

    def __init__(
        self, limits: CloudSettings, kept: Path | None = None, *, today: Callable[[], date] = date.today
    ) -> None:
        """`kept` is the file with what was spent; None keeps nothing."""
        self._limits = limits
        self._kept = kept
        self._spent = budget.read(kept) if kept else Spent()
        self._today = today
        self._disk = ThreadPoolExecutor(1, "cloud-budget")

    @property
    def spent(self) -> Spent:
        """What was spent today."""
        return self._spent.on(self._today())

    def left(self, most: Cost) -> float:
        """Return the share (0-1) of the day's budget that is left; 0 where what costs so much does not fit in it."""
        return self.spent.left(self._limits) if self.spent.allows(most, self._limits) else 0.0

    def book(self, most: Cost) -> bool:
        """Book what something may cost at most; False, and nothing is booked, where that is too much for today."""
        if not self.spent.allows(most, self._limits):
            return False
        self._keep(self.spent.booked(most))
        return True

    def settle(self, booked: Cost, cost: Cost, *, wasted: bool) -> None:
        """It cost this instead."""
        self._keep(self.spent.settled(booked, cost, wasted=wasted))

    def waste(self, cost: Cost) -> None:
        """So much of what was spent was for nothing."""
        self._keep(self.spent.wasted(cost))

    async def close(self) -> None:
        """Wait until all is on the disk. What is settled later is not: the dearer figure stays there."""
        self._kept = None
        await asyncio.to_thread(self._disk.shutdown)

    def _keep(self, spent: Spent) -> None:
        self._spent = spent
        if self._kept:
            self._disk.submit(_write, self._kept, spent)


def _write(path: Path, spent: Spent) -> None:
    try:
        budget.write(path, spent)
    except OSError as error:
        log.warning("what the cloud costs can't be kept: %s", error)
