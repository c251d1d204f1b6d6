"""The signals: each looks at one piece of the evidence and says which way it points.

A reading is a plain number, larger where the turn is more likely over, or None where there is nothing to go by. What
a reading is worth is not decided here: see `weights.py`.
"""

import math
from typing import Final, Protocol

from edge_agent.talk.floor.endpoint.evidence import Evidence
from edge_agent.talk.floor.endpoint.words import Ending, ending

CERTAIN: Final = 0.99
"""Smart Turn is never believed more than this, nor less than one minus this: no model earns a vote without limit."""


class Signal(Protocol):
    """One reason to think that a turn is over, or is not."""

    name: str

    def read(self, evidence: Evidence) -> float | None:
        """Which way it points; None where it has nothing to go by."""


class SmartTurnEnd:
    """How the voice sounded, in log-odds."""

    name = "smart_turn"

    def read(self, evidence: Evidence) -> float | None:
        if evidence.smart_turn is None:
            return None
        return log_odds(min(max(evidence.smart_turn, 1 - CERTAIN), CERTAIN))


class Grammar:
    """Whether the words are a whole command, or the beginning of one."""

    name = "grammar"

    def read(self, evidence: Evidence) -> float | None:
        if evidence.grammar_complete is None:
            return None
        return 1.0 if evidence.grammar_complete else -1.0


class LastWords:
    """Whether the words end in one certain way: one signal for each kind of ending that says something."""

    def __init__(self, kind: Ending) -> None:
        self.name: str = kind.value
        self._kind = kind

    def read(self, evidence: Evidence) -> float | None:
        if evidence.words is None:
            return None
        kind = ending(evidence.words)
        return None if kind is None else float(kind is self._kind)


SIGNALS: Final[tuple[Signal, ...]] = (
    SmartTurnEnd(),
    Grammar(),
    *(LastWords(kind) for kind in Ending if kind is not Ending.PLAIN),
)


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
