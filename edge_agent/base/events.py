"""What one room may tell another about the conversation. Past tense: it has happened.

A `draft` is the number under which one attempt at an answer runs, from transcript to sound. It is never used again,
so whatever arrives late carries a number that nobody waits for any more.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Somebody began to speak."""

    position: int
    """Of the first sample of the voice, not of the moment that it was noticed."""


@dataclass(frozen=True, slots=True)
class VoiceSuspected:
    """Over the agent's voice something was heard that may become another; if no `VoiceStarted` follows, it didn't.

    It is for the loudspeaker, and no matter of the conversation.
    """

    position: int
    """Of the first sample in which it was."""


@dataclass(frozen=True, slots=True)
class VoiceStopped:
    """The speaker paused; perhaps that was the end."""

    position: int
    """Of the last sample of the voice."""
    silence_s: float
    """How long it has been silent by now, s."""


@dataclass(frozen=True, slots=True)
class EndJudged:
    """The endpointer has looked at the pause in which `draft` was begun."""

    draft: int
    wait_s: float
    """Silence after which the turn is over, counted from the last sample of the voice."""


@dataclass(frozen=True, slots=True)
class DraftEmpty:
    """There were no words in what was taken for a turn: a cough, a door, a laugh."""

    draft: int


@dataclass(frozen=True, slots=True)
class Overheard:
    """Words were made out in what somebody says while the agent speaks."""

    text: str
    heard: str
    """What of the agent's answer was heard until then."""
    draft: int | None = None
    """The draft whose transcript this is; None for a glance at a voice that goes on."""
    asked: str = ""
    """What the answer answers, as far as that is known."""
    doubted: str = ""
    """Words of a transcript that can't be believed; there is no `text` then."""
    voice_s: float = 0.0
    """For how long somebody surely spoke, s."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The first sample of the answer left for the loudspeaker."""

    draft: int
    position: int
    """When the device was given it."""


@dataclass(frozen=True, slots=True)
class SpeechFinished:
    """The last sample of the answer was played, or there was nothing to say."""

    draft: int


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """The work on `draft` broke off: an engine was lost, or the mistake is our own."""

    draft: int


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """The audio device is gone. It is looked for until it is back."""

    name: str = ""
    """As the owner knows it."""


@dataclass(frozen=True, slots=True)
class DeviceRestored:
    """The audio device is back, or another in its place: sound moves both ways."""

    name: str
    rate_hz: int
    away_s: float
    """Since it was told to be lost, s."""


@dataclass(frozen=True, slots=True)
class MicrophoneSilent:
    """The microphone, which had delivered sound, delivers nothing but zeros."""

    name: str


@dataclass(frozen=True, slots=True)
class MicrophoneSounds:
    """It delivers sound again."""

    name: str


@dataclass(frozen=True, slots=True)
class Woken:
    """The wake word was said. This is for whoever lets voices through to the turn machine."""

    position: int
    """Of the sample after the last one that was needed to tell."""


@dataclass(frozen=True, slots=True)
class Muted:
    """The owner closed the microphone."""


@dataclass(frozen=True, slots=True)
class Unmuted:
    """The owner opened the microphone."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The owner typed a turn instead of speaking it."""

    text: str


@dataclass(frozen=True, slots=True)
class Announced:
    """The agent has something to say of its own accord: a timer rang."""

    text: str


@dataclass(frozen=True, slots=True)
class FloorTaken:
    """The owner pressed the talk key: the agent falls silent; a turn that is being spoken ends here."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = (
    VoiceStarted
    | VoiceStopped
    | EndJudged
    | DraftEmpty
    | Overheard
    | SpeechStarted
    | SpeechFinished
    | ReplyFailed
    | DeviceLost
    | DeviceRestored
    | MicrophoneSilent
    | MicrophoneSounds
    | Muted
    | Unmuted
    | Typed
    | Announced
    | FloorTaken
    | Tick
)
