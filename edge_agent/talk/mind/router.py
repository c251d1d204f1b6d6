"""Decides who answers.

1. A skill that understood the words and has an answer gives it: it is certain, at once, and it can act.
2. Everything else goes to the language model on this device.
"""

from dataclasses import dataclass
from enum import Enum

from edge_agent.talk.mind.skills.grammar import Understood


class Route(Enum):
    """Who answers."""

    SKILL = "skill"  # a grammar understood the words
    LOCAL = "local"  # the language model on this device


@dataclass(frozen=True, slots=True)
class Plan:
    """Who answers a turn, and why: recorded with the turn."""

    route: Route
    reason: str


def route(text: str, understood: Understood | None) -> Plan:
    """Return who answers `text`, of which the grammars made `understood`."""
    if understood is not None:
        return Plan(Route.SKILL, f"a command: {understood.name}")
    return Plan(Route.LOCAL, f"no command in {len(text.split())} words")
