"""What a screen, a recorder or a test may watch of a conversation. Watching changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge_agent.app.absences import Absences, DeviceNews
from edge_agent.app.timeline import Timeline
from edge_agent.talk.floor.state import State
from edge_agent.talk.mind.tools.tool import Failure, Risk


@dataclass(frozen=True, slots=True)
class LevelMeasured:
    """One chunk (32 ms) came in from the microphone."""

    dbfs: float
    voice: float
    """Probability (0-1) that somebody speaks."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The floor changed hands."""

    state: State
    muted: bool
    """By the owner; whether the microphone is open is another matter."""


@dataclass(frozen=True, slots=True)
class MicrophoneChanged:
    """It was opened or closed: by its owner, or for want of a lamp."""

    open: bool


@dataclass(frozen=True, slots=True)
class WordsHeard:
    """What the user said so far."""

    text: str
    final: bool
    """Whether this is what will be answered; a partial may still change."""


@dataclass(frozen=True, slots=True)
class PhraseQueued:
    """A phrase of the answer is on its way to the loudspeaker."""

    text: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """An exchange is over."""

    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that the owner may want to know: a worker restarted."""

    text: str
    engine: str = ""
    """The worker that it is about, by name."""


@dataclass(frozen=True, slots=True)
class NothingSaid:
    """What was taken for a turn held no words."""


@dataclass(frozen=True, slots=True)
class WordsLeft:
    """A request went to a provider of the cloud."""

    provider: str
    held: Mapping[str, int]
    """How many private things of which category stayed here."""


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool was called, or was not for a reason."""

    risk: Risk
    failure: Failure | None
    """None where it was done."""


@dataclass(frozen=True, slots=True)
class AttentionChanged:
    """It was woken, or fell asleep. Without a wake word or a button it is always awake, and this never happens."""

    awake: bool
    by: str
    """`word` or `key`; empty where it fell asleep, or woke to say something."""


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """The audio device failed, or works again."""

    text: str
    """For the owner."""
    news: DeviceNews
    absences: Absences
    """How often it did, this time included."""


Happening = (
    LevelMeasured
    | StateChanged
    | MicrophoneChanged
    | WordsHeard
    | PhraseQueued
    | TurnEnded
    | Noted
    | NothingSaid
    | WordsLeft
    | ToolCalled
    | AttentionChanged
    | DeviceChanged
)
Watch = Callable[[Happening], None]
