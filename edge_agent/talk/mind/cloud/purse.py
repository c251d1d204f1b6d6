"""One purse for all that costs in the cloud: questions, hearing and speaking. Its limits and its file are the day's.

1. What is booked is spent at once and written beside the loop, in order; `budget.py` says what is counted, and how it
   is kept.
2. The file is shared by all agents of a user: one that runs, and `ask` beside it. Each change is made to what the file
   says by then, under a lock, so nobody's spending is lost; what others spent is known from then on.
3. Two that book in the same moment don't see each other yet: the day's limit may be passed by what one question costs.
4. What can't be written is kept in mind, and written with the next change.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import reduce
from pathlib import Path
from threading import Lock

from edge_agent.base.settings_cloud import CloudSettings
from edge_agent.talk.mind.cloud import budget
from edge_agent.talk.mind.cloud.budget import Cost, Spent

log = logging.getLogger(__name__)

Change = Callable[[Spent], Spent]
"""Of what was spent today."""


class Purse:
    """`close` it."""

    def __init__(
        self, limits: CloudSettings, kept: Path | None = None, *, today: Callable[[], date] = date.today
    ) -> None:
        """`kept` is the file with what was spent; None keeps nothing."""
        self._limits = limits
        self._kept = kept
        self._today = today
        self._lock = Lock()
        """For the two below, which the loop and the disk's thread share; nobody has it while he writes."""
        self._written = budget.read(kept) if kept else Spent()
        self._unwritten: deque[Change] = deque()
        self._full = False
        """Whether the disk could not take what was written last; then the file says too little."""
        self._disk = ThreadPoolExecutor(1, "cloud-budget")

    @property
    def spent(self) -> Spent:
        """What was spent today."""
        with self._lock:
            return self._changed(self._written, self._unwritten)

    def left(self, most: Cost) -> float:
        """Return the share (0-1) of the day's budget that is left; 0 where what costs so much does not fit in it."""
        spent = self.spent
        return spent.left(self._limits) if spent.allows(most, self._limits) else 0.0

    def book(self, most: Cost) -> bool:
        """Book what something may cost at most; False, and nothing is booked, where that is too much for today."""
        if not self.spent.allows(most, self._limits):
            return False
        self._make(lambda spent: spent.booked(most))
        return True

    def settle(self, booked: Cost, cost: Cost, *, wasted: bool) -> None:
        """It cost this instead."""
        self._make(lambda spent: spent.settled(booked, cost, wasted=wasted))

    def waste(self, cost: Cost) -> None:
        """So much of what was spent was for nothing."""
        self._make(lambda spent: spent.wasted(cost))

    def look(self) -> None:
        """See, beside the loop, what others have spent meanwhile."""
        if self._kept:
            self._disk.submit(self._read, self._kept)

    async def close(self) -> None:
        """Wait until all is on the disk. What is settled later is not: the dearer figure stays there."""
        self._kept = None
        await asyncio.to_thread(self._disk.shutdown)

    def _make(self, change: Change) -> None:
        if self._kept is None:
            self._written = change(self.spent)
            return
        with self._lock:
            self._unwritten.append(change)
        self._disk.submit(self._write, self._kept)

    # In the disk's thread.

    def _read(self, kept: Path) -> None:
        if not self._full:
            found = budget.read(kept, self._written)
            with self._lock:
                self._written = found

    def _write(self, kept: Path) -> None:
        with self._lock:
            known, changes = self._written, tuple(self._unwritten)
        try:
            with budget.locked(kept):
                spent = self._changed(known if self._full else budget.read(kept, known), changes)
                budget.write(kept, spent)
            self._full = False
        except OSError as error:
            log.warning("what the cloud costs can't be kept: %s", error)
            spent, self._full = self._changed(known, changes), True
        with self._lock:
            self._written = spent
            for _ in changes:
                self._unwritten.popleft()

    def _changed(self, spent: Spent, changes: Iterable[Change]) -> Spent:
        return reduce(lambda so_far, change: change(so_far), changes, spent.on(self._today()))
