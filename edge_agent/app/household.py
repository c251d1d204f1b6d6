"""Everything that a reply is made with, opened in its order: models, engines, tools, the way to the cloud, the voice.

It is there before anybody is listened to, and ends in the reverse order after nobody is. An owner's mistake in his
skills or his tools is told before an engine is started.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_agent.app import by_heart
from edge_agent.app.chores import Chores
from edge_agent.app.engines import Engines, engines, started
from edge_agent.app.happenings import Noted, ToolCalled, Watch
from edge_agent.app.leaving import leaving
from edge_agent.app.rooms import Rooms, read_notes
from edge_agent.app.speech import Spoken, speech
from edge_agent.app.toolkit import taught, toolkit
from edge_agent.app.uplink import uplink
from edge_agent.app.wellbeing import Wellbeing, teller
from edge_agent.base.events import Announced, Event
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import Models, leased, root
from edge_agent.talk.mind.privacy import Record
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.voice.ready import ReadyTts
from edge_agent.talk.voice.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Household:
    """Of one running agent."""

    own_settings: Settings
    """The owner's; other models bring others."""
    models: Models
    """Those that it was begun with."""
    lease: ExitStack
    """Keeps them on the disk."""
    engines: Engines
    spoken: Spoken
    tts: ReadyTts
    """The voice of `rooms`, which can learn."""
    rooms: Rooms
    record: Record
    """Of what was sent last."""
    wellbeing: Wellbeing
    """Of the models in use."""

    @property
    def settings(self) -> Settings:
        """With those of the models."""
        return self.models.settings

    def learnt(self, settings: Settings) -> Iterator[str]:
        """Yield what a voice knows by heart before it is used."""
        return by_heart.learnt(settings, cloud=self.rooms.uplink is not None)


@asynccontextmanager
async def household(
    own_settings: Settings,
    rate_hz: int,
    post: Callable[[Event], None],
    watch: Watch,
    skills: Skills | None = None,
) -> AsyncIterator[Household]:
    """Yield it, when the engines are proven and the voice knows its lines. The loudspeaker's sound is of `rate_hz`.

    `post` tells the conversation something, from any thread. `skills` replace those that ship.
    Raises ModelError, EngineError, SettingsError or InputError, with what to do about it.
    """
    with ExitStack() as lease:
        models = lease.enter_context(leased(own_settings))
        settings = models.settings
        own = await asyncio.to_thread(taught, settings)

        def memory_mb() -> float:
            return sum(worker.memory_mb for worker in heavy.workers)

        wellbeing = Wellbeing(root(settings.models), models.generation, memory_mb)
        heavy = engines(settings, teller(wellbeing, watch), models)
        kit = toolkit(settings, own, lambda text: watch(Noted(text)), lambda *call: watch(ToolCalled(*call)))
        async with (
            started(*heavy.workers),
            leaving(settings) as leaves,
            uplink(settings, watch, leaves) as link,
            kit as tools,
            speech(settings, heavy, watch, leaves) as spoken,
        ):
            tts = ReadyTts(spoken.tts)
            await tts.learn(by_heart.learnt(settings, cloud=link is not None))
            speaker = Speaker(rate_hz, settings.voice.volume, settings.floor.duck_db, post)
            chores = Chores(speaker, lambda text: post(Announced(text)))
            grammar = (skills or Skills(map(Path, settings.mind.grammars), own)) if settings.mind.skills else None
            notes = await read_notes(settings, watch)
            rooms = Rooms(spoken.stt, grammar, heavy.llm, tts, speaker, chores, link, notes, toolbox=tools.box)
            yield Household(own_settings, models, lease, heavy, spoken, tts, rooms, leaves.record, wellbeing)
