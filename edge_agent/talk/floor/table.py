"""How the turn machine's table is written: rule by rule, each under the events and states for which it holds.

The table is written in parts, a file each. `turn.py` joins them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from edge_agent.base.events import Event
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.state import State, Step, Turn

Rule = Callable[[Turn, Any, float, FloorSettings], Step]
R = TypeVar("R", bound=Rule)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table: what happens, and where it may lead."""

    rule: Rule
    to: tuple[State, ...]
    """Where the rule leads. Where that is LISTENING and something waits to be said, `step` goes on to THINKING."""


class Part(dict[tuple[State, type[Event]], Entry]):
    """Some lines of it."""

    def on(self, event: type[Event], *states: State, to: tuple[State, ...] = ()) -> Callable[[R], R]:
        """Enter a rule. Without `to`, the state stays what it is."""

        def enter(rule: R) -> R:
            for state in states:
                self[state, event] = Entry(rule, to or (state,))
            return rule

        return enter
