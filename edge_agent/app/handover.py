"""What is on its way from the audio thread to the loop.

1. Sound waits for a busy loop, up to a limit, then it is counted. What is dropped is what came last: a loop that stood
   still for so long has no use for any of it.
2. Events (a voice began, the first sample went out) take another way, and are never dropped.
"""

import asyncio
from collections.abc import Callable

from edge_agent.base.events import Event, Woken
from edge_agent.base.frames import CHUNK, RATE_HZ, Heard

WAITING_MAX = 3 * RATE_HZ // CHUNK
"""Three seconds: more than an engine's start ever held the loop up."""


class Letterbox:
    """Events, from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.take: Callable[[Event | Woken], None] = lambda _: None
        """Who takes them, on the loop; set before the first one comes."""
        self._loop = loop

    def __call__(self, event: Event | Woken) -> None:
        """Bring one event over."""
        self._loop.call_soon_threadsafe(self._arrive, event)

    def _arrive(self, event: Event | Woken) -> None:
        self.take(event)


class Handover:
    """Sound, chunk by chunk. Called from the audio thread."""

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
