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


@dataclass(frozen=True, slots=True)
class Situation:
    """What the router knows beside the words."""

    cloud: bool = False
    """Whether the cloud is configured."""
    why_not: str = ""
    """Why it can't be asked all the same; empty if it can."""
    deadline_s: float = 4.0
    """Longest wait for the cloud."""


ALONE = Situation()


@dataclass(frozen=True, slots=True)
class Plan:
    """Who answers a turn, and why: recorded with the turn."""

    route: Route
    reason: str
    deadline_s: float = 0.0
    """Longest wait for the cloud's first sentence, s from the end of the question."""
    hold: bool = True
    """Whether the floor is held meanwhile."""


def route(text: str, understood: Understood | None, situation: Situation = ALONE) -> Plan:
    """Return who answers `text`, of which the grammars made `understood`."""
    if understood is not None:
        return Plan(Route.SKILL, f"a command: {understood.name}")
    about = f"no command in {len(text.split())} words"
    if situation.cloud and not situation.why_not:
        return Plan(Route.CLOUD, about, situation.deadline_s)
    return Plan(Route.LOCAL, f"{about}; {situation.why_not}" if situation.cloud else about)
