"""What the turn machine wants done. Imperative: it has not happened yet. The driver does them in the order given."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """Begin to collect the user's audio, from before `position` (the pre-roll is the driver's)."""

    position: int


@dataclass(frozen=True, slots=True)
class StartDraft:
    """From the audio collected so far make a transcript, a plan, a reply and its sound, and hold all of it back.

    Nothing that a draft does may have an effect outside of itself. The pause is to be judged, too.
    """

    draft: int


@dataclass(frozen=True, slots=True)
class StartTypedDraft:
    """The same from words that were typed."""

    draft: int
    text: str


@dataclass(frozen=True, slots=True)
class StartAnnouncement:
    """The same with the reply given. It answers nobody."""

    draft: int
    text: str


@dataclass(frozen=True, slots=True)
class DropDraft:
    """Forget it; its work may stop. The collected audio stays: the turn may grow."""

    draft: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Play it, and let its effects happen."""

    draft: int


@dataclass(frozen=True, slots=True)
class Duck:
    """Lower the voice."""


@dataclass(frozen=True, slots=True)
class Unduck:
    """Back to full loudness."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop the loudspeaker now, at the sample, and keep what was left to say. It may still grow."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Undo `Hold`, at full loudness."""

    again: bool
    """Whether the clause that was cut is begun again, or the voice goes on at the sample."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Stop the loudspeaker now, at the sample, and forget what was left to say; the next is at full loudness again."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop whatever still works on a committed draft."""

    draft: int


@dataclass(frozen=True, slots=True)
class Remember:
    """The exchange is over: memory takes the user's words, and of the agent's those that were heard."""

    draft: int
    settled: bool = False
    """Whether nobody wants the rest, although it was not heard."""


@dataclass(frozen=True, slots=True)
class Revoke:
    """Stop it as if it had never been begun: undo its effects, remember nothing. The turn may be answered whole."""

    draft: int


@dataclass(frozen=True, slots=True)
class CloseTurn:
    """Forget the collected audio."""


@dataclass(frozen=True, slots=True)
class CloseMicrophone:
    """From now on nothing that is heard may be looked at."""


@dataclass(frozen=True, slots=True)
class OpenMicrophone:
    """Undo `CloseMicrophone`."""


Command = (
    OpenTurn
    | StartDraft
    | StartTypedDraft
    | StartAnnouncement
    | DropDraft
    | Commit
    | Duck
    | Unduck
    | Hold
    | Resume
    | Silence
    | Cancel
    | Remember
    | Revoke
    | CloseTurn
    | CloseMicrophone
    | OpenMicrophone
)
