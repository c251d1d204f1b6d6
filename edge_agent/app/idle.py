"""What is done while nobody speaks, and stops as soon as somebody does."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from edge_agent.base.errors import EngineError
from edge_agent.talk.floor.state import State

QUIET_S = 2.0
"""Nobody has spoken for so long: less, and it would run into the user's next sentence, or delay the start."""

log = logging.getLogger(__name__)


class Idle:
    """Some work that can be broken off at any moment and begun again. Lives on the running loop."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], quiet_s: float = QUIET_S) -> None:
        self._work = work
        self._quiet_s = quiet_s
        self._task: asyncio.Task[None] | None = None

    def floor(self, state: State) -> None:
        """The floor changed hands."""
        self.close()
        if state is State.LISTENING:
            self._task = asyncio.get_running_loop().create_task(self._later())

    def close(self) -> None:
        """Break it off."""
        if self._task:
            self._task.cancel()

    async def _later(self) -> None:
        await asyncio.sleep(self._quiet_s)
        try:
            await self._work()
        except EngineError as error:
            log.debug("idle work failed: %s", error)  # The next reply meets the same failure, and answers for it.
