"""What a skill may change, and how each change is undone.

An answer is prepared in drafts, and a draft may be dropped: so an answer only names its effect. The driver applies it
when the draft is committed, keeps the effect that undoes it, and applies that one if the draft is revoked.
"""

from dataclasses import dataclass, field, replace

from edge_agent.talk.mind.skills.timers import Timer, Timers


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Start a timer."""

    duration_s: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class CancelTimers:
    """Stop timers."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RestoreTimers:
    """Let timers run on as if they had never been stopped."""

    timers: tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class SetVolume:
    """Change the loudness of the voice."""

    volume: float
    """0-1."""


Effect = SetTimer | CancelTimers | RestoreTimers | SetVolume


@dataclass(frozen=True, slots=True)
class State:
    """What effects change."""

    volume: float
    timers: Timers = field(default_factory=Timers)


def apply(state: State, effect: Effect, now: float) -> tuple[State, Effect]:
    """Return the state after `effect`, and the effect that undoes it."""
    match effect:
        case SetTimer(duration_s, name):
            timers, timer = state.timers.add(duration_s, name, now)
            return replace(state, timers=timers), CancelTimers((timer.id,))
        case CancelTimers(ids):
            timers, gone = state.timers.cancel(ids)
            return replace(state, timers=timers), RestoreTimers(gone)
        case RestoreTimers(gone):
            return replace(state, timers=state.timers.restore(gone)), CancelTimers(tuple(timer.id for timer in gone))
        case SetVolume(volume):
            return replace(state, volume=volume), SetVolume(state.volume)
