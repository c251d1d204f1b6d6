"""The language model reads along: what its next prompt will begin with, while nobody waits for it."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from edge_agent.app.costs import Costs
from edge_agent.base.errors import EngineError
from edge_agent.talk.mind.llm import Llm, Message
from edge_agent.workers.bill import BILL, Bill

log = logging.getLogger(__name__)

BILLS_MAX = 64
"""A turn of half a minute reads along some sixty times."""


class Reading:
    """One prompt at a time; a newer one takes the place of the one before. Lives on the running loop."""

    def __init__(self, llm: Llm, costs: Costs) -> None:
        self.bills: deque[Bill] = deque(maxlen=BILLS_MAX)
        """Of what was read; whoever settles them clears the list."""
        self._llm = llm
        self._costs = costs
        self._under_way: asyncio.Task[None] | None = None

    def read(self, messages: Sequence[Message]) -> None:
        """Read this from now on."""
        self.stop()
        bill = self._costs.open()
        self.bills.append(bill)
        self._under_way = asyncio.get_running_loop().create_task(self._read(messages, bill))

    def stop(self) -> None:
        """Read no more."""
        if self._under_way:
            self._under_way.cancel()

    async def _read(self, messages: Sequence[Message], bill: Bill) -> None:
        BILL.set(bill)
        try:
            await self._llm.warm(messages)
        except EngineError as error:
            log.debug("could not read ahead: %s", error)  # The next reply meets the same failure, and answers for it.
