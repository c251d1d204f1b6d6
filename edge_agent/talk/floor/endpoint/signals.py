"""The signals: each looks at one piece of the evidence and makes a plain number of it, its reading.

None means that there is nothing to go by. Which way a reading points and what it is worth is not decided here: see
`weights.py`.
"""

import math
from typing import Final, Protocol

from edge_agent.talk.floor.endpoint.evidence import Evidence
from edge_agent.talk.floor.endpoint.opening import asks
from edge_agent.talk.floor.endpoint.words import Ending, ending

DOUBT: Final = 0.01
"""No model is believed to be surer than this of anything: none earns a vote without limit."""

WORDS_RANGE: Final = (6, 12)
"""Fewer words count as six: orders are short, and whether "two people" is whole is for the others to say."""

ANSWER_WORDS_MAX: Final = 4

PAUSED_CAP_S: Final = 1.2

LOGPROB_MIN: Final = -1.2
"""Below it speech-to-text has understood next to nothing, which says nothing about the end."""


class Signal(Protocol):
    """One reason to think that a turn is over, or is not."""

    name: str

    def read(self, evidence: Evidence) -> float | None:
        """Its reading; None where it has nothing to go by."""


class SmartTurnEnd:
    """How the voice sounds, in log-odds."""

    name = "smart_turn"

    def read(self, evidence: Evidence) -> float | None:
        return None if evidence.smart_turn is None else log_odds(evidence.smart_turn)


class SentenceEnd:
    """Whether a sentence may end after these words, in log-odds."""

    name = "sentence_end"

    def read(self, evidence: Evidence) -> float | None:
        return None if evidence.sentence_end is None else log_odds(evidence.sentence_end)


class Confidence:
    """How sure speech-to-text is, as mean log-probability: a sentence without its end puzzles it."""

    name = "confidence"

    def read(self, evidence: Evidence) -> float | None:
        return None if evidence.avg_logprob is None else max(evidence.avg_logprob, LOGPROB_MIN)


class Grammar:
    """1 for a whole command, -1 for the beginning of one."""

    name = "grammar"

    def read(self, evidence: Evidence) -> float | None:
        if evidence.grammar_complete is None:
            return None
        return 1.0 if evidence.grammar_complete else -1.0


class NothingMore:
    """Of a whole command: 1 where no grammar knows how to go on, -1 where one does ("with milk")."""

    name = "nothing_more"

    def read(self, evidence: Evidence) -> float | None:
        if evidence.grammar_complete is not True or evidence.can_go_on is None:
            return None
        return -1.0 if evidence.can_go_on else 1.0


class LastWords:
    """1 where the words end in one certain way, 0 in any other. One signal for each ending that says something."""

    def __init__(self, kind: Ending) -> None:
        self.name: str = kind.value
        self._kind = kind

    def read(self, evidence: Evidence) -> float | None:
        if evidence.words is None:
            return None
        kind = ending(evidence.words)
        return None if kind is None else float(kind is self._kind)


class Length:
    """How much was said, as the logarithm of words: a few are seldom the whole of it, but the 13th adds nothing."""

    name = "length"

    def read(self, evidence: Evidence) -> float | None:
        count = len((evidence.words or "").split())
        fewest, most = WORDS_RANGE
        return math.log(min(max(count, fewest), most)) if count else None


class Answer:
    """1 where the agent asked and got a few words that want nothing after them ("two people"), 0 otherwise."""

    name = "answer"

    def read(self, evidence: Evidence) -> float | None:
        if evidence.asked is None or not evidence.words:
            return None
        short = len(evidence.words.split()) <= ANSWER_WORDS_MAX
        return float(evidence.asked and short and ending(evidence.words) in (Ending.PLAIN, Ending.TERSE))


class Request:
    """1 where the words ask for something, 0 where they tell it. An answer, and a turn like "yes", need do neither."""

    name = "request"

    def read(self, evidence: Evidence) -> float | None:
        if not evidence.words or evidence.asked or ending(evidence.words) is Ending.TERSE:
            return None
        asked_for = asks(evidence.words)
        return None if asked_for is None else float(asked_for)


class OwnPauses:
    """The speaker's longest pause in this turn, s: who has paused will pause again."""

    name = "paused"

    def read(self, evidence: Evidence) -> float | None:
        return None if evidence.paused_s is None else min(evidence.paused_s, PAUSED_CAP_S)


SIGNALS: Final[tuple[Signal, ...]] = (
    SmartTurnEnd(),
    SentenceEnd(),
    Confidence(),
    Length(),
    Answer(),
    Request(),
    OwnPauses(),
    Grammar(),
    NothingMore(),
    *(LastWords(kind) for kind in Ending if kind is not Ending.PLAIN),
)


def log_odds(probability: float) -> float:
    """Of a probability, kept away from certainty by `DOUBT`."""
    kept = min(max(probability, DOUBT), 1 - DOUBT)
    return math.log(kept / (1 - kept))
