"""What a draft may be asked to say something to."""

from dataclasses import dataclass

from edge_agent.app.partials import Glance
from edge_agent.base.frames import Samples


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sound of a turn."""

    samples: Samples
    """16 kHz."""
    glance: Glance | None = None
    """At all of it, done or under way."""
    ended_at: float | None = None
    """When its last sample was spoken, on the loop's clock; None for now."""
    began: int = 0
    """Position, samples, at which the voice began."""


@dataclass(frozen=True, slots=True)
class Written:
    """A turn that was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """Nobody asked; this is to be said."""

    text: str


Question = Spoken | Written | Announcement
