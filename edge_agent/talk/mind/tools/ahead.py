"""One call that was made before it was asked for: whoever makes the same call soon after has its outcome.

For what changes nothing, only. There is one at a time: another takes its place, and the one before is given up. One
that failed is not handed on, so that it is made again.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from edge_agent.talk.mind.tools.tool import Call, Outcome

FRESH_S = 5.0
"""So long an outcome counts, from the call: a turn's last words and the pause after them."""


class Ahead:
    """Lives on the running loop."""

    def __init__(self) -> None:
        self._key = ""
        self._begun_at = 0.0
        self._work: asyncio.Task[Outcome] | None = None

    def begin(self, call: Call, make: Callable[[], Coroutine[Any, Any, Outcome]]) -> bool:
        """Make it, unless the same one is there already; whether it was begun."""
        if self._work is not None and self._key == _key(call) and self._is_fresh():
            return False
        self.drop()
        self._key, self._begun_at = _key(call), _now()
        self._work = asyncio.get_running_loop().create_task(make())
        return True

    def take(self, call: Call) -> "asyncio.Task[Outcome] | None":
        """Return the call if it was made, done or under way; it is the taker's, and there for nobody else."""
        work = self._work
        if work is None or self._key != _key(call) or not self._is_fresh():
            return None
        self._work = None
        return None if work.done() and work.result().failure is not None else work

    def drop(self) -> None:
        """Nobody will ask for it."""
        if self._work is not None:
            self._work.cancel()
        self._work = None

    def _is_fresh(self) -> bool:
        return _now() - self._begun_at <= FRESH_S


def _key(call: Call) -> str:
    return json.dumps([call.name, dict(call.arguments)], sort_keys=True, default=str)


def _now() -> float:
    return asyncio.get_running_loop().time()
