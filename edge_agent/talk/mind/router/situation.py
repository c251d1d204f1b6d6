"""What the router is told, and what it answers: values, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from edge_agent.talk.mind.notes.grounding import Grounding
from edge_agent.talk.mind.router.classifier import Kind
from edge_agent.talk.mind.skills.grammar import Understood

ASK: Final = 0.7
"""Need from which a turn is handed over, where the owner has chosen no other."""


class Route(Enum):
    """Who answers."""

    SKILL = "skill"  # a grammar understood the words
    NOTES = "notes"  # the owner's notes say it
    LOCAL = "local"  # the language model on this device
    CLOUD = "cloud"  # the large model; the local one only where it fails or is late
    HEDGE = "hedge"  # both are started, and the first good answer before the deadline is taken


class Privacy(Enum):
    """What may be done with the words of this turn."""

    LOCAL_ONLY = "local_only"  # they stay on this device
    SHAREABLE = "shareable"  # the cloud may have them, redacted


@dataclass(frozen=True, slots=True)
class Cloud:
    """The cloud as it was measured. A figure that was not measured yet is None, and nothing is assumed in its place."""

    open: bool = True
    """Whether it may be asked: not while its circuit breaker rests, nor while the device has no network."""
    first_word_s: float | None = None
    """From the question to the first word, s: the median of the last answers."""
    first_word_p95_s: float | None = None
    """The same, the slowest in twenty."""


QUICK_CLOUD: Final = Cloud(first_word_s=0.5, first_word_p95_s=1.0)
"""One in good health, for "what if there were one"."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One turn, and what is known around it."""

    words: str
    """What was said, or what of it was made out so far."""
    understood: Understood | None = None
    """What the skills made of it, if one of them has an answer."""
    cloud: Cloud | None = None
    """None where no cloud was set up."""
    budget: float = 1.0
    """Share (0-1) of what the cloud may cost in this period that is left."""
    privacy: Privacy = Privacy.SHAREABLE
    ask_from: float = ASK
    """Need from which the owner wants turns handed over, 0-1."""
    load: float = 0.0
    """How busy the device is, 0-1; from `BUSY` a local answer would come late."""
    answered_by: Route | None = None
    """Who gave the last answer of this conversation; None at its beginning."""
    refuses: bool = True
    """Whether a command that no skill knows is refused. An agent without skills leaves it to its model, and so does a
    skill that understood the words and has nothing to say to them."""
    grounding: Grounding | None = None
    """What the owner's notes have for it."""
    notes: bool = False
    """Whether the owner keeps notes: what they say nothing about is then not left to a small model to invent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who answers a turn, and why: recorded with the turn."""

    route: Route
    reason: str
    deadline_s: float | None = None
    """How long the cloud's first word is waited for, s, before the local answer is taken; None where it isn't asked."""
    hold: bool = False
    """Whether the local side says a line to hold the floor: the answer will be a while."""
    unable: bool = False
    """Whether this is a command that nothing here can carry out: to be said so, and not to be made up by a model."""
    unknown: bool = False
    """Whether this is a question that nothing here knows the answer of: to be said so as well."""
    need: float = 0.0
    """How much the turn would gain from the cloud, 0-1."""
    odds: Mapping[Kind, float] = field(default_factory=dict)
    """What kind of turn it is; empty where a skill understood it."""
