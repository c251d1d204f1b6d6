"""Awake or asleep: whether what is said is meant for the agent at all. Pure.

1. It is woken by its word, by the talk key, or by having something to say itself.
2. Awake, it listens without its word until `follow_up_s` after its answer is over, or `asked_s` where that answer was a
   question: whoever is asked need not say a name first. It never falls asleep while somebody speaks.
3. Only an answer moves that moment. A room full of noises and other people's talk does not keep it awake.
4. With `button` alone, it is awake while the key is held and until what was said is over, and for no answer's sake.

The turn machine knows nothing of this: asleep, no voice gets to it (`ear/waking.py`).
"""

from dataclasses import dataclass, replace
from typing import Final

from edge_agent.base.settings import EarSettings
from edge_agent.talk.floor.state import State

OFF: Final = "off"
BUTTON: Final = "button"

OF_THE_USER: Final = (State.HEARING, State.PAUSED)
OF_THE_AGENT: Final = (State.SPEAKING, State.DUCKED, State.HELD, State.WEIGHED)


@dataclass(frozen=True, slots=True)
class Attention:
    """What is known of it."""

    awake: bool = False
    until: float = 0.0
    """s, monotonic; when it falls asleep, unless it is `busy` or `held` then. Means something only while awake."""
    busy: bool = False
    """Whether somebody speaks, so that it can't fall asleep."""
    held: bool = False
    """Whether the talk key is down."""
    spoke: bool = False
    """Whether the agent spoke since nobody did."""

    @property
    def wake_at(self) -> float | None:
        """When `tick` would change something, s, monotonic; None for never."""
        return self.until if self.awake and not (self.busy or self.held) else None


def woken(attention: Attention, now: float, ear: EarSettings) -> Attention:
    """Its word was said."""
    return replace(attention, awake=True, until=now + ear.follow_up_s)


def pressed(attention: Attention) -> Attention:
    """The talk key went down."""
    return replace(attention, awake=True, held=True)


def released(attention: Attention, now: float, ear: EarSettings) -> Attention:
    """The talk key went up."""
    return replace(attention, held=False, until=now + _window_s(ear, asked=False))


def floor(attention: Attention, state: State, now: float, ear: EarSettings, *, asked: bool) -> Attention:
    """The floor changed hands. `asked` is whether the agent's last answer was a question."""
    spoke = attention.spoke or state in OF_THE_AGENT
    if ear.wake == BUTTON:
        return replace(attention, busy=state in OF_THE_USER)
    if state is not State.LISTENING:
        awake = attention.awake or state in OF_THE_AGENT
        return replace(attention, awake=awake, busy=True, spoke=spoke)
    until = now + _window_s(ear, asked=asked) if spoke else attention.until
    return replace(attention, until=until, busy=False, spoke=False)


def tick(attention: Attention, now: float) -> Attention:
    """Time has passed."""
    due = attention.wake_at is not None and now >= attention.wake_at
    return replace(attention, awake=False) if due else attention


def _window_s(ear: EarSettings, *, asked: bool) -> float:
    if ear.wake == BUTTON:
        return 0.0
    return ear.asked_s if asked else ear.follow_up_s
