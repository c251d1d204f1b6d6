"""Sound on its way from the audio thread to the loop: it waits for a busy loop, up to a limit, then it is counted.

What is dropped is what came last. A loop that stood still for so long has no use for any of it; what the ear judged of
the sound (a voice began, a voice stopped) takes another way, and is never dropped.
"""

import asyncio
from collections.abc import Callable

from edge_agent.base.frames import CHUNK, RATE_HZ, Heard

WAITING_MAX = 3 * RATE_HZ // CHUNK
"""Three seconds: more than an engine's start ever held the loop up."""


class Handover:
    """One direction, chunk by chunk. Called from the audio thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.take: Callable[[Heard], None] = lambda _: None
        """Who takes them, on the loop; set before the first one comes."""
        self.dropped = 0
        """Chunks that the loop was too slow for."""
        self._loop = loop
        # Each is moved by one side only.
        self._given = 0
        self._taken = 0

    def __call__(self, heard: Heard) -> None:
        """Bring one chunk over."""
        if self._given - self._taken >= WAITING_MAX:
            self.dropped += 1
            return
        self._given += 1
        self._loop.call_soon_threadsafe(self._arrive, heard)

    def _arrive(self, heard: Heard) -> None:
        self._taken += 1
        self.take(heard)
