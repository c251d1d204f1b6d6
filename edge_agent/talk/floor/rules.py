"""How the agent gives way to a voice, by what it is doing. Data; `giving_way.py` applies it.

What it is doing decides, not only who is louder:

- *Thinking*, or while a tool is running, which is the same to a listener: nothing sounds, so the answer is held back at
  once, and the work on it goes on. A voice here mostly belongs to the question, so it is believed soon (`EARLY_MS`); a
  noise or an "mm-hm" is found out by its words, and costs the answer what it takes to hear them. The first moments of
  an answer, in which it may be taken back, are dealt with alike.
- *An answer* was asked for: "okay" shows that somebody listens, and it goes on.
- *An alarm* wants to be noticed, and "okay" says that it was: it ends there, and nobody answers the "okay".
- *An apology* is dealt with like an alarm, but makes no sense later.
"""

from dataclasses import dataclass, replace
from typing import Final

from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.state import Turn

EARLY_MS: Final = 600
"""Voice, ms, that takes back whatever may be taken back before its words are known, where the policy waits longer.
Coughs and "mm-hm"s are over by then; later, more of an answer is made in vain for a user who goes on."""

WAITING_MAX: Final = 8
"""Announcements kept while somebody speaks. More than a handful of alarms at once is noise; the oldest goes."""

APOLOGY: Final = "Sorry, something went wrong. Please say that again."
"""Said when an answer fails. Kept ready as sound, since the engine that failed may be the voice itself."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a voice may do to one kind of utterance."""

    acknowledged: bool
    """Whether "okay", "thanks" and their like end it."""
    later: bool
    """Whether it is said later where it is taken back."""


ANSWER: Final = Rules(acknowledged=False, later=False)
ALARM: Final = Rules(acknowledged=True, later=True)
APOLOGISING: Final = Rules(acknowledged=True, later=False)

RULES: Final = {"an answer": ANSWER, "an alarm": ALARM, "an apology": APOLOGISING}


def told(turn: Turn) -> Rules:
    """Return the rules for what the agent says, or is about to say."""
    if not turn.announcing:
        return ANSWER
    return APOLOGISING if turn.announcing == APOLOGY else ALARM


def confirm_s(turn: Turn, policy: FloorSettings) -> float:
    """Return how long a voice over the held answer must last to take the floor before its words are known, s."""
    return (min(EARLY_MS, policy.confirm_ms) if turn.early else policy.confirm_ms) / 1000


def postpone(turn: Turn) -> Turn:
    """Return what becomes of the turn: what nobody heard, or not to its end, is said later, if that makes sense."""
    if not told(turn).later:
        return turn
    return replace(turn, waiting=(turn.announcing, *turn.waiting)[-WAITING_MAX:])
