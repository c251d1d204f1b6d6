"""The latency record of one turn, on the sample clock.

Every stage is stamped with the position (samples at `RATE_HZ`) of the audio stream at which it was reached, so the
figures count what the user lived through and not what a scheduler believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from edge_agent.base.frames import RATE_HZ


class Stage(StrEnum):
    """What is stamped, in the order in which it usually comes."""

    SPEECH_END = "speech_end"  # the last sample of the user's voice; every other figure is counted from here
    SOFT_END = "soft_end"  # the pause was noticed, the draft begun
    JUDGED = "judged"  # the endpointer has said how long to wait
    TRANSCRIPT = "transcript"
    ROUTE = "route"
    FIRST_TOKEN = "first_token"  # of the language model; skills have none
    FIRST_PHRASE = "first_phrase"
    FIRST_AUDIO = "first_audio"  # the first phrase is sound
    HARD_END = "hard_end"  # the draft was committed
    HOLD = "hold"  # something else was said while the answer was on its way
    FIRST_SAMPLE = "first_sample"  # handed to the loudspeaker


MADE = (Stage.TRANSCRIPT, Stage.ROUTE, Stage.FIRST_TOKEN, Stage.FIRST_PHRASE, Stage.FIRST_AUDIO)
"""What is speculative where it was reached before the draft was committed."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One turn and its answer."""

    draft: int
    stamps: Mapping[Stage, int] = field(default_factory=dict)
    kind: str = ""
    """`skill`, `local`, `cloud`, or `announcement`."""
    reason: str = ""
    """Why the router chose this."""
    provider: str = ""
    """Which provider answered, where the cloud did."""
    broke_off: bool = False
    """Whether the cloud was lost in the middle of it."""
    user: str = ""
    """What the user said."""
    reply: str = ""
    """What was to be said."""
    heard: str = ""
    """What of it left the loudspeaker."""
    unfinished: bool = False
    """Whether it was stopped before all of the reply was made."""
    revision: int = 0
    """How often the user went on after a pause: each time a draft was thrown away."""
    work_ms: float = 0.0
    """Processor time that the engines spent from the beginning of the turn, all threads together."""
    thrown: Mapping[str, float] = field(default_factory=dict)
    """Of that, ms that did not go into the answer: each `glance` that others followed, `reading` of words that did not
    stay, a `draft` that was dropped."""
    glances: int = 0
    """How often the words so far were routed while they were being spoken."""
    foreseen: str = ""
    """Who would have answered by the last of these glances; empty without one."""
    ahead: int = 0
    """Calls of tools that were begun before the turn was over."""
    ahead_used: int = 0
    """Of these, how many the answer came from."""
    stt_rtf: float = 0.0
    """Time that speech-to-text worked on the turn, per second of it."""

    def stamped(self, stage: Stage, position: int) -> "Timeline":
        """Return this with `stage` reached at `position`; the first stamp of a stage stays."""
        return self if stage in self.stamps else replace(self, stamps={**self.stamps, stage: position})

    def noted(self, **fields: str | float | Mapping[str, float]) -> "Timeline":
        """Return this with other facts about the turn."""
        return replace(self, **fields)  # type: ignore[arg-type]

    @property
    def thrown_ms(self) -> float:
        """All that was thrown away, ms of processor time."""
        return round(sum(self.thrown.values()), 1)

    @property
    def unheard(self) -> str:
        """The rest of the reply, which was never heard, as far as it was made."""
        return " ".join(self.reply.split()[len(self.heard.split()) :])

    @property
    def open_ended(self) -> bool:
        """Whether there should have been more that nobody knows: the cloud was lost, or was still waited for."""
        return self.broke_off or (Stage.HOLD in self.stamps and not self.reply)

    @property
    def interrupted(self) -> bool:
        """Whether a part of the reply was never heard."""
        return self.unfinished or self.unheard != ""

    def since_speech_end_ms(self, stage: Stage) -> float | None:
        """Milliseconds from the user's last sample to `stage`; None where one of the two is missing."""
        if stage not in self.stamps or Stage.SPEECH_END not in self.stamps:
            return None
        return (self.stamps[stage] - self.stamps[Stage.SPEECH_END]) * 1000 / RATE_HZ

    @property
    def figures(self) -> dict[str, Any]:
        """All but what was said; times in ms from the user's last sample."""
        stages = {stage: ms for stage in Stage if (ms := self.since_speech_end_ms(stage)) is not None}
        committed = stages.get(Stage.HARD_END, 0.0)
        return {
            "draft": self.draft,
            "kind": self.kind,
            "reason": self.reason,
            "provider": self.provider,
            "broke_off": self.broke_off,
            "interrupted": self.interrupted,
            "revision": self.revision,
            "work_ms": self.work_ms,
            "thrown_ms": self.thrown_ms,
            "thrown": dict(self.thrown),
            "glances": self.glances,
            "foreseen": self.foreseen,
            "ahead": self.ahead,
            "ahead_used": self.ahead_used,
            "stt_rtf": round(self.stt_rtf, 3),
            "speech_end_s": self.stamps.get(Stage.SPEECH_END, 0) / RATE_HZ,
            "stages_ms": {stage.value: round(ms, 1) for stage, ms in stages.items()},
            "speculative": [stage.value for stage in MADE if stages.get(stage, committed) < committed],
        }

    def as_json(self) -> dict[str, Any]:
        """As one line of a timeline file."""
        return {**self.figures, "user": self.user, "reply": self.reply, "heard": self.heard}
