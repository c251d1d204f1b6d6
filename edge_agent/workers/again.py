"""A job that was lost with its process is asked of the successor, once: a crash costs a wait, not a turn.

1. Only what is lost is asked again. An engine that failed a job and lives would fail it again.
2. Only where nobody has got a part of it yet. What follows a part is for whoever knows how the parts belong together.
3. Once. A job that kills two processes is itself the reason.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

from edge_agent.base.errors import EngineLostError

T = TypeVar("T")


async def once_more(ask: Callable[[], AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
    """Yield what `ask` brings, or what it brings when asked again."""
    begun = False
    try:
        async with aclosing(ask()) as parts:
            async for part in parts:
                begun = True
                yield part
        return
    except EngineLostError:
        if begun:
            raise
    async with aclosing(ask()) as parts:
        async for part in parts:
            yield part
