"""How the models in use do, written down turn by turn for whoever decides whether they stay (`supply/fleet/health.py`).

Nothing of what was said is written: counts, times and megabytes. Without a fleet's folder nothing is written at all.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from edge_agent.app.engines import OnChange
from edge_agent.app.happenings import Noted, Watch
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.frames import RATE_HZ
from edge_agent.supply.fleet import health
from edge_agent.supply.fleet.health import Health
from edge_agent.workers.process import State

TURNS_KEPT = 100
"""Those that percentiles are of."""

_SETTLED_TURNS = 3
"""After so many, an engine's memory is what it needs; from there on it should not grow."""


class Wellbeing:
    """Of one generation after the other. To be used on the loop, which never waits for the disk."""

    def __init__(self, root: Path, generation: str, memory_mb: Callable[[], float]) -> None:
        self._root = root
        self._memory_mb = memory_mb
        self._writer = ThreadPoolExecutor(1, "wellbeing")  # one, so that the last word is the latest
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

    def close(self) -> None:
        """Wait for what is being written."""
        self._writer.shutdown()

    def _write(self, seen: Health) -> None:
        self._seen = seen
        self._later(self._generation, seen)

    def _later(self, generation: str, seen: Health) -> None:
        if self._root.is_dir():
            self._writer.submit(health.write, self._root, generation, seen)


def teller(wellbeing: Wellbeing, watch: Watch) -> OnChange:
    """Return what notes that one of a set of engines is started again; its first start is no news."""
    proven: set[str] = set()

    def tell(name: str, state: State) -> None:
        if state is State.READY:
            proven.add(name)
        elif state is State.RENEWING:
            proven.discard(name)
        elif state in (State.STARTING, State.BACKING_OFF) and name in proven:
            proven.remove(name)
            wellbeing.crashed()
            watch(Noted(f"the {name} engine failed and is being restarted", engine=name))

    return tell


def _note(times: deque[float], timeline: Timeline, start: Stage, end: Stage) -> None:
    if start in timeline.stamps and end in timeline.stamps:
        times.append((timeline.stamps[end] - timeline.stamps[start]) * 1000 / RATE_HZ)


def _p95(times: deque[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95)], 1) if times else 0.0
