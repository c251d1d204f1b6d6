"""The language model reads along: what its next prompt will begin with, while nobody waits for it."""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Sequence

from edge_agent.app.costs import Costs, Try
from edge_agent.base.errors import EngineError
from edge_agent.talk.mind.llm import Llm, Message
from edge_agent.workers.bill import BILL, Bill

log = logging.getLogger(__name__)

READ_MAX = 64
"""What is kept of what was read. A turn of half a minute reads along some fifteen times."""


class Reading:
    """One prompt at a time; a newer one takes the place of the one before. Lives on the running loop."""

    def __init__(self, llm: Llm, costs: Costs) -> None:
        self._read: deque[tuple[str, Bill]] = deque(maxlen=READ_MAX)
        self._llm = llm
        self._costs = costs
        self._under_way: asyncio.Task[None] | None = None

    def read(self, messages: Sequence[Message]) -> None:
        """Read this from now on."""
        self.stop()
        bill = self._costs.open(Try.READING)
        self._read.append((messages[-1].content if messages[-1].role == "user" else "", bill))
        self._under_way = asyncio.get_running_loop().create_task(self._warm(messages, bill))

    def stop(self) -> None:
        """Read no more."""
        if self._under_way:
            self._under_way.cancel()

    def used_for(self, words: str) -> list[Bill]:
        """Return the bills of what an answer to `words` was spared by, of all that was read since this was last asked.

        Those are of prompts that began like its own.
        """
        used = [bill for read, bill in self._read if _letters(words).startswith(_letters(read))]
        self._read.clear()
        return used

    async def _warm(self, messages: Sequence[Message], bill: Bill) -> None:
        BILL.set(bill)
        try:
            await self._llm.warm(messages)
        except EngineError as error:
            log.debug("could not read ahead: %s", error)  # The next reply meets the same failure, and answers for it.


def _letters(words: str) -> str:
    return re.sub(r"\W", "", words).lower()
