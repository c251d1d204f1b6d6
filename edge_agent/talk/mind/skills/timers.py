"""The timers that run: a value, with the time passed in as monotonic seconds.

A timer that is due is taken out by `due`, so it rings once. Numbers are never used again, so that undoing one timer
can't hit another.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

TIMERS_MAX = 32
"""More than anybody can keep in mind; it bounds what a stuck conversation can pile up."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer."""

    id: int
    name: str
    """As the user called it; empty if without a name."""
    duration_s: int
    ends_at: float
    """Monotonic, s."""

    @property
    def title(self) -> str:
        """How to speak of it: "pasta timer", "10 minute timer"."""
        return f"{self.name or length(self.duration_s, adjective=True)} timer"

    @property
    def ring_text(self) -> str:
        """What the agent says when it is due."""
        return f"Your {self.title} is done."


@dataclass(frozen=True, slots=True)
class Running:
    """One timer as an answer sees it."""

    timer: Timer
    left_s: int


@dataclass(frozen=True, slots=True)
class Timers:
    """All timers."""

    timers: tuple[Timer, ...] = ()
    """In the order in which they will ring."""
    last_id: int = 0

    def add(self, duration_s: int, name: str, now: float) -> tuple["Timers", Timer]:
        """Start a timer."""
        timer = Timer(self.last_id + 1, name, duration_s, now + duration_s)
        return replace(self.restore((timer,)), last_id=timer.id), timer

    def restore(self, timers: Iterable[Timer]) -> "Timers":
        """Put timers back that were cancelled; they ring when they would have rung."""
        return replace(self, timers=tuple(sorted((*self.timers, *timers), key=lambda timer: (timer.ends_at, timer.id))))

    def cancel(self, ids: Collection[int]) -> tuple["Timers", tuple[Timer, ...]]:
        """Take timers out; return them as well."""
        gone = tuple(timer for timer in self.timers if timer.id in ids)
        return replace(self, timers=tuple(timer for timer in self.timers if timer.id not in ids)), gone

    def due(self, now: float) -> tuple["Timers", tuple[Timer, ...]]:
        """Take those out that ring now."""
        return self.cancel([timer.id for timer in self.timers if timer.ends_at <= now])

    def sooner(self, seconds: float) -> "Timers":
        """Let all ring so much sooner: the clock stood still for so long."""
        return replace(self, timers=tuple(replace(timer, ends_at=timer.ends_at - seconds) for timer in self.timers))

    @property
    def next_due(self) -> float | None:
        """When the first of them rings."""
        return self.timers[0].ends_at if self.timers else None

    def running(self, now: float) -> tuple[Running, ...]:
        """Return what is left of each, in whole seconds and at least one."""
        return tuple(Running(timer, max(1, round(timer.ends_at - now))) for timer in self.timers)


def length(seconds: int, *, adjective: bool = False) -> str:
    """Return a duration as it is written: "1 hour and 30 minutes"; as an adjective "1 hour 30 minute"."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (rest, "second")]
    if adjective:
        return " ".join(f"{count} {unit}" for count, unit in parts if count)
    return " and ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count)
