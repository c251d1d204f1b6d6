"""Real time for devices that have no clock of their own."""

import threading
import time
from collections.abc import Callable

from edge_agent.base.frames import BLOCK_MS

LATE_S_MAX = 1.0
"""A machine that slept longer than this goes on from now; what was missed is not played in a burst."""


class Pace:
    """Calls `tick` every 10 ms in a thread of its own. A tick that was late is caught up on: the average is exact."""

    def __init__(self, tick: Callable[[], None], name: str) -> None:
        self._tick = tick
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No tick happens after it returns."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        period_s = BLOCK_MS / 1000
        due = time.monotonic() + period_s
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            self._tick()
            due += period_s
            if time.monotonic() - due > LATE_S_MAX:
                due = time.monotonic()
