"""What a scenario may say. Every key is one field below, with spaces for underscores; nothing else is accepted.

A step is a mapping with one leading word, which names its class: something that somebody does, or something that must
hold when the step is reached. Steps are taken one after the other; one that says `when` waits for it first.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from edge_agent.talk.floor.state import State

UNITS_S: Final = {"ms": 0.001, "s": 1.0, "min": 60.0}

_LENGTH = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min)")
_WHEN = re.compile(r"agent (speaks|is silent) for (.+)")
PAUSE: Final = re.compile(r"\[([^]]*)\]")
"""In what somebody says."""


def seconds(text: object) -> float:
    """Read a length of time; ValueError says how it is written."""
    match = _LENGTH.fullmatch(str(text))
    if not match:
        raise ValueError(f"{text!r} is no length of time; write it as 300 ms, 0.8 s or 2 min")
    return float(match[1]) * UNITS_S[match[2]]


def _decibels(text: object) -> float:
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?) ?dB", str(text))
    if not match:
        raise ValueError(f"{text!r} is no level; write it as -20 dB")
    return float(match[1])


def _pattern(text: object) -> re.Pattern[str]:
    try:
        return re.compile(str(text), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None


def _when(text: object) -> object:
    match = _WHEN.fullmatch(str(text))
    if not match:
        raise ValueError(f"{text!r} is no moment; write `agent speaks for 0.8 s` or `agent is silent for 500 ms`")
    return {"agent speaks": match[1] == "speaks", "for s": seconds(match[2])}


Seconds = Annotated[float, BeforeValidator(seconds)]
Decibels = Annotated[float, BeforeValidator(_decibels), Field(ge=-90, le=20)]
Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
"""Found anywhere, in capitals or not."""
Words = Annotated[str, Field(pattern=r"[A-Za-z0-9]")]


class Kind(StrEnum):
    """Where it is played."""

    SIMULATED = "simulated"
    PULSE = "pulse"


class Noise(StrEnum):
    """Noises that are synthesised."""

    COUGH = "cough"
    KNOCK = "knock"
    DOOR = "door"
    MM_HM = "mm-hm"


class Form(BaseModel):
    """What all parts share."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", " "))


class Moment(Form):
    """When a step is taken."""

    agent_speaks: bool
    """Or is silent."""
    for_s: float


class Step(Form):
    """One line of the play."""

    when: Annotated[Moment, BeforeValidator(_when)] | None = None


# What somebody does.


class Say(Step):
    """Somebody says this; `[600 ms]` between two words is a pause. The next step comes when it is said."""

    say: Words

    @field_validator("say")
    @classmethod
    def _pauses(cls, text: str) -> str:
        for length in PAUSE.findall(text):
            seconds(length)
        return text


class Backchannel(Step):
    """The same, softly: somebody shows that they listen."""

    backchannel: Words


class MakeNoise(Step):
    """A noise is made."""

    noise: Noise


class PlayRecording(Step):
    """A recording is played: the first of that name or label in `interrupt/` or `noise/` of the owner's folder."""

    recording: str


class Type(Step):
    """The owner types a turn."""

    type: Words


class Announce(Step):
    """The agent is given something to say of its own accord."""

    announce: Words


class Mute(Step):
    """The owner closes the microphone, or opens it (false)."""

    mute: bool


class Press(Step):
    """The owner presses a key."""

    press: Literal["talk key"]


class DeviceIs(Step):
    """The audio device is pulled, or plugged in again."""

    device: Literal["lost", "back"]


class Wait(Step):
    """Time passes."""

    wait: Seconds


class ReadAloud(Step):
    """The agent speaks for so long, one sentence after the other, and nobody else does; nothing may interrupt it."""

    agent_reads_aloud_for: Seconds
    in_a_hurry: Seconds
    """The same where time is short, as in the ordinary tests."""


# What must hold.


class AgentSays(Step):
    """An exchange ends in which this was heard of the agent; the search goes on behind the last one found."""

    agent_says: Pattern
    to: Pattern | None = None
    """What it understood."""
    by: Literal["skill", "local", "announcement"] | None = None
    cut: bool | None = None
    """Whether a part of it was left unsaid."""
    within: Seconds = 15.0


class AnsweredWithin(Step):
    """From the last sound of what was said (or from the key) to the first of the agent's."""

    answered_within: Seconds


class LetsFinish(Step):
    """It made no sound from the beginning of what was said last to its end."""

    agent_lets_them_finish: Literal["true"]


class GoesOn(Step):
    """The answer that was spoken over is heard to its end."""

    agent_goes_on: Literal["true"]


class TakesUp(Step):
    """The next exchange begins with what the last one that was cut off had left to say."""

    agent_takes_up_what_it_left_unsaid: Literal["true"]


class SilentWithin(Step):
    """From the first sound of what was said last to the agent's last sound before a silence."""

    agent_is_silent_within: Seconds


class StaysSilent(Step):
    """It makes no sound for so long, from now on."""

    agent_stays_silent_for: Seconds


class Answers(Step):
    """So many exchanges ended by now in which anything was heard of the agent."""

    answers: Annotated[int, Field(ge=0)]


class Remembered(Form):
    """One exchange, as memory has it."""

    user: Pattern
    agent: Pattern
    """What was heard."""
    cut: bool = False


class MemoryHolds(Step):
    """Memory has such an exchange."""

    memory_holds: Remembered


class StateIs(Step):
    """The floor comes to this state in a second."""

    state: State


STEPS: Final[Mapping[str, type[Step]]] = {
    "say": Say,
    "backchannel": Backchannel,
    "noise": MakeNoise,
    "recording": PlayRecording,
    "type": Type,
    "announce": Announce,
    "mute": Mute,
    "press": Press,
    "device": DeviceIs,
    "wait": Wait,
    "agent reads aloud for": ReadAloud,
    "agent says": AgentSays,
    "answered within": AnsweredWithin,
    "agent lets them finish": LetsFinish,
    "agent goes on": GoesOn,
    "agent takes up what it left unsaid": TakesUp,
    "agent is silent within": SilentWithin,
    "agent stays silent for": StaysSilent,
    "answers": Answers,
    "memory holds": MemoryHolds,
    "state": StateIs,
}
"""By the leading word."""


class Acoustics(Form):
    """The room."""

    kind: Kind = Kind.SIMULATED
    """`pulse` is a real audio device on PulseAudio, where that is installed."""
    echo: Decibels = -20.0
    """The loudspeaker's level at the microphone."""
    noise: Decibels = -70.0
    """White noise at the microphone, dBFS; only the simulated room makes any."""


class Head(Form):
    """What stands above the steps."""

    proves: Words
    """In words, what is known when it passes."""
    room: Acoustics = Acoustics()
    never_says: tuple[Pattern, ...] = ()
    """What must not be heard of the agent in all of it."""
    known_to_fail: str = ""
    """Why it fails today. A scenario that passes in spite of this is a failure, too: the line is to go."""
