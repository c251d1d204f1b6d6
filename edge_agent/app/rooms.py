"""Whom a draft asks."""

from dataclasses import dataclass, field

from edge_agent.app.chores import Chores
from edge_agent.app.uplink import Uplink
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.llm import Llm
from edge_agent.talk.mind.router import Weights
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.stt import Stt
from edge_agent.talk.voice.speaker import Speaker
from edge_agent.talk.voice.tts import Tts


@dataclass(frozen=True, slots=True)
class Rooms:
    """Whom a draft asks, one per room."""

    stt: Stt
    skills: Skills | None
    """None when skills are switched off."""
    llm: Llm
    tts: Tts
    speaker: Speaker
    chores: Chores
    uplink: Uplink | None = None
    """None where no cloud is configured."""
    weights: Weights = field(default_factory=learned)
    """The router's."""
