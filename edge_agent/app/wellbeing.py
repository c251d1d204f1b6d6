"""How the models in use do, written down turn by turn for whoever decides whether they stay (`supply/fleet/health.py`).

Nothing of what was said is written: counts, times and megabytes. Without a fleet's folder nothing is written at all.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.frames import RATE_HZ
from edge_agent.supply.fleet import health
from edge_agent.supply.fleet.health import Health

TURNS_KEPT = 100
"""Those that percentiles are of."""

_SETTLED_TURNS = 3
"""After so many, an engine's memory is what it needs; from there on it should not grow."""


class Wellbeing:
    """Of one generation after the other. To be used on the loop."""

    def __init__(self, root: Path, generation: str, memory_mb: Callable[[], float]) -> None:
        self._root = root
        self._memory_mb = memory_mb
        self.begin(generation)

    def begin(self, generation: str) -> None:
        """Another generation is used from now on."""
        self._generation = generation
        self._seen = Health()
        self._first_sound_ms: deque[float] = deque(maxlen=TURNS_KEPT)
        self._transcript_ms: deque[float] = deque(maxlen=TURNS_KEPT)

    def turn(self, timeline: Timeline) -> None:
        """An exchange is over."""
        _note(self._first_sound_ms, timeline, Stage.SPEECH_END, Stage.FIRST_SAMPLE)
        _note(self._transcript_ms, timeline, Stage.SOFT_END, Stage.TRANSCRIPT)
        memory_mb = self._memory_mb()
        self._write(
            replace(
                self._seen,
                turns=self._seen.turns + 1,
                first_sound_p95_ms=_p95(self._first_sound_ms),
                transcript_p95_ms=_p95(self._transcript_ms),
                memory_mb=memory_mb,
                memory_begun_mb=memory_mb if self._seen.turns < _SETTLED_TURNS else self._seen.memory_begun_mb,
            )
        )

    def crashed(self) -> None:
        """A worker died."""
        self._write(replace(self._seen, crashes=self._seen.crashes + 1))

    def broken(self, generation: str, why: str) -> None:
        """A generation could not be loaded."""
        self._later(generation, Health(broken=why))

    def _write(self, seen: Health) -> None:
        self._seen = seen
        self._later(self._generation, seen)

    def _later(self, generation: str, seen: Health) -> None:
        if self._root.is_dir():
            asyncio.get_running_loop().run_in_executor(None, health.write, self._root, generation, seen)


def _note(times: deque[float], timeline: Timeline, start: Stage, end: Stage) -> None:
    if start in timeline.stamps and end in timeline.stamps:
        times.append((timeline.stamps[end] - timeline.stamps[start]) * 1000 / RATE_HZ)


def _p95(times: deque[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95)], 1) if times else 0.0
