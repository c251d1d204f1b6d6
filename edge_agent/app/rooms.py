"""Whom a draft asks."""

import asyncio
from dataclasses import dataclass, field

from edge_agent.app.chores import Chores
from edge_agent.app.happenings import Noted, Watch
from edge_agent.app.promptness import Promptness
from edge_agent.app.uplink import Uplink
from edge_agent.base.settings import Settings
from edge_agent.base.settings_tools import ToolSettings
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.llm import Llm
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.router import Weights
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.stt import Stt
from edge_agent.talk.mind.tools.toolbox import Toolbox
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
    notes: Notes | None = None
    """None where the owner keeps none."""
    weights: Weights = field(default_factory=learned)
    """The router's."""
    promptness: Promptness = field(default_factory=Promptness)
    """Of the model on this device."""
    toolbox: Toolbox = field(default_factory=lambda: Toolbox(ToolSettings()))
    """What can be called; empty where the owner has no tools."""

    def make_ready(self) -> None:
        """Somebody begins to speak: what he may need is made ready, beside the loop."""
        if self.uplink:
            self.uplink.cloud.look()
        if self.notes:
            self.notes.look()
        if self.skills:
            asyncio.get_running_loop().run_in_executor(None, self.skills.refresh)


async def read_notes(settings: Settings, watch: Watch) -> Notes | None:
    """Return the owner's notes, read; None where there are none. InputError if there is no such folder."""
    folder, loop = settings.mind.notes, asyncio.get_running_loop()

    def tell(text: str) -> None:  # In whatever thread reads them.
        loop.call_soon_threadsafe(watch, Noted(text))

    return await asyncio.to_thread(Notes, folder, tell) if folder else None
