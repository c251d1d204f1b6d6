"""A simulated room whose time runs ahead while the agent speaks: the engines work in their own time anyway."""

import threading
import time
from collections.abc import Callable

from edge_agent.base.frames import BLOCK_MS, RATE_HZ
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.room import Room

SWIFT = 8
"""Times as fast. The ear must be able to follow, and leave a core to the engines."""
AHEAD_S = 0.3
"""How far the room's time may be ahead of the ear's."""


class SwiftRoom(Room):
    """A Device. `begin` lets its time pass, `end` stops that."""

    def __init__(self) -> None:
        super().__init__(real_time=False, keep_s=0)
        self._over = threading.Event()
        self._opening = threading.Lock()
        self._behind: int | None = None  # samples that the ear will never hear, of the time before it was opened last
        self._thread = threading.Thread(target=self._run, name="time", daemon=True)

    def open(self, exchange: Exchange) -> None:
        """An ear that was starved opens its device anew."""
        with self._opening:
            super().open(exchange)
            self._behind = None

    def close(self) -> None:
        """Not while a block passes."""
        with self._opening:
            super().close()

    def begin(self, speaking: Callable[[], bool], heard: Callable[[], int]) -> None:
        """Let time pass. `speaking` says whether the agent speaks, `heard` where its ear is, in samples at RATE_HZ."""
        self._speaking, self._heard = speaking, heard
        self._thread.start()

    def end(self) -> None:
        """Let it stand still."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += BLOCK_MS / 1000 / (SWIFT if self._speaking() else 1)
            if not self._pass():
                due = time.monotonic() + BLOCK_MS / 1000

    def _pass(self) -> bool:
        """Let a block pass if somebody listens, and is not too far behind."""
        with self._opening:
            ahead = self.position - self._heard()
            if self._behind is None:
                self._behind = ahead
            if self._exchange is None or ahead - self._behind >= AHEAD_S * RATE_HZ:
                return False
            self.advance()
            return True
