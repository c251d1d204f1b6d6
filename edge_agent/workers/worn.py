"""Which engine has grown so much that a fresh process should take its place. Pure.

1. What counts is what a process has grown since it was ready: engines differ in size, and are the same when fresh.
2. The limit is the owner's (`workers.grown_mb`); 0 replaces none.
3. One at a time, and only while all are idle: two that load at once take the processor from whoever speaks next.
4. The one that grew most comes first. None is replaced twice within `EVERY_S`: one that grows at once to its natural
   size above the limit would be replaced for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass

EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One engine."""

    name: str
    fresh_mb: float
    now_mb: float
    idle: bool
    renewed_at: float | None = None
    """s, monotonic; when it was last replaced for its size."""

    @property
    def grown_mb(self) -> float:
        """Since it was ready."""
        return self.now_mb - self.fresh_mb


def worn(engines: Iterable[Seen], limit_mb: float, now: float) -> str | None:
    """Return the name of the one to replace now, if there is one."""
    seen = list(engines)
    if not limit_mb or not all(engine.idle for engine in seen):
        return None
    due = [
        engine
        for engine in seen
        if engine.grown_mb > limit_mb and (engine.renewed_at is None or now - engine.renewed_at >= EVERY_S)
    ]
    return max(due, key=lambda engine: engine.grown_mb).name if due else None
