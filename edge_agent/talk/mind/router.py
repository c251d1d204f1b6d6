"""Decides who answers.

1. A skill that understood the words and has an answer gives it: it is certain, at once, and it can act.
2. Everything else goes to the cloud, where one is configured and can be asked.
3. Otherwise the language model on this device answers.
"""

from dataclasses import dataclass
from enum import Enum

from edge_agent.talk.mind.skills.grammar import Understood


class Route(Enum):
    """Who answers."""

    SKILL = "skill"  # a grammar understood the words
    LOCAL = "local"  # the language model on this device
    CLOUD = "cloud"  # somebody else's, better one
    HEDGE = "hedge"  # whichever of the two has an answer in time


PATIENCE_S = 4.0
"""Longest that the cloud's first word is waited for."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """The cloud as it was measured. A figure that was not measured yet is None."""

    open: bool = True
    """Whether it may be asked: not while its circuit breaker rests."""
    first_word_s: float | None = None
    """From the question to the first word, s: the median of the last answers."""
    first_word_p95_s: float | None = None
    """The same, the slowest in twenty."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One turn, and what is known around it."""

    words: str
    """What was said."""
    understood: Understood | None = None
    """What the skills made of it, if one of them has an answer."""
    cloud: Cloud | None = None
    """None where no cloud was set up."""
    budget: float = 1.0
    """Share (0-1) of what the cloud may cost today that is left."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who answers a turn, and why: recorded with the turn."""

    route: Route
    reason: str
    deadline_s: float | None = None
    """How long the cloud's first word is waited for, s, before the local answer is taken; None where it isn't asked."""


def route(situation: Situation) -> Plan:
    """Return who answers this turn, and why."""
    if situation.understood is not None:
        return Plan(Route.SKILL, f"a command: {situation.understood.name}")
    about = f"no command in {len(situation.words.split())} words"
    if situation.cloud is None:
        return Plan(Route.LOCAL, about)
    if not situation.cloud.open:
        return Plan(Route.LOCAL, f"{about}, but the cloud can't be reached")
    if situation.budget <= 0:
        return Plan(Route.LOCAL, f"{about}, but the cloud's budget is spent")
    return Plan(Route.CLOUD, about, PATIENCE_S)
