"""The product, microphone to loudspeaker: the only place that knows all rooms.

    device ─▶ listener (echo, VAD) ─▶ conversation (turn machine) ─▶ draft: stt ─▶ route ─▶ skill | llm ─▶ tts
       ▲                                                                                                   │
       └───────────────────────────── speaker (playout, ledger) ◀──────────────────────────────────────────┘

Two threads meet here. The listener's calls `render`, `hear` and `post` below; everything else happens on the loop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge_agent.app.attending import Attending
from edge_agent.app.care import Care
from edge_agent.app.chores import Chores
from edge_agent.app.conversation import Conversation
from edge_agent.app.engines import Engines, OnChange, engines, model_file, started
from edge_agent.app.handover import Handover
from edge_agent.app.happenings import Happening, Noted, StateChanged, ToolCalled, TurnEnded, Watch
from edge_agent.app.idle import Idle
from edge_agent.app.judge import Judge
from edge_agent.app.leaving import leaving
from edge_agent.app.muting import Muting
from edge_agent.app.rooms import Rooms, read_notes
from edge_agent.app.senses import taking
from edge_agent.app.speech import speech
from edge_agent.app.swapping import Swapping
from edge_agent.app.toolkit import taught, toolkit
from edge_agent.app.uplink import uplink
from edge_agent.app.wellbeing import Wellbeing
from edge_agent.base.events import Announced, Event, VoiceSuspected, Woken
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.models import leased, root
from edge_agent.talk.ear.device import Device
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.mic import Mic
from edge_agent.talk.ear.remembered import FILE, Remembered
from edge_agent.talk.ear.smart_turn import SmartTurn
from edge_agent.talk.ear.wakeword import WakeWord
from edge_agent.talk.floor.rules import APOLOGY
from edge_agent.talk.mind.cloud import holding
from edge_agent.talk.mind.privacy import Record
from edge_agent.talk.mind.router import UNABLE, UNKNOWN
from edge_agent.talk.mind.skills import Skills, foreseeable
from edge_agent.talk.voice.phrases import Phrases
from edge_agent.talk.voice.ready import ReadyTts
from edge_agent.talk.voice.speaker import Speaker
from edge_agent.workers.process import State, Worker

WIDE_HZ = 24_000
"""Least rate of the voice, which is made at 22.05 kHz: a headset of 16 kHz may give way to a better device."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A running agent. To be used on the loop that runs it."""

    conversation: Conversation
    device: Device
    listener: Listener
    rooms: Rooms
    engines: Engines
    attending: Attending
    """Whether it is awake, and its talk key."""
    muting: Muting
    """Whether its microphone is open."""
    record: Record
    """Of what was sent last."""
    post: Callable[[Event], None]
    """Tell the conversation something; from any thread."""
    drops: Callable[[], Mapping[str, int]]
    """What was lost so far because somebody was too slow: by the place where it waited."""

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Those of the models in use."""
        return self.engines.workers


@asynccontextmanager
async def running(
    settings: Settings, device: Device, watch: Watch, skills: Skills | None = None
) -> AsyncIterator[Agent]:
    """Build the agent, start it, and yield it when it listens. `skills` replace those that ship.

    Raises ModelError, EngineError or DeviceError, with what to do about it.
    """
    with ExitStack() as lease:
        async with _running(settings, lease, device, watch, skills) as agent:
            yield agent


@asynccontextmanager
async def _running(  # noqa: PLR0915 (the wiring is one list)
    own_settings: Settings, lease: ExitStack, device: Device, watch: Watch, skills: Skills | None
) -> AsyncIterator[Agent]:
    loop, models = asyncio.get_running_loop(), lease.enter_context(leased(own_settings))
    settings = models.settings

    def post(event: Event) -> None:
        loop.call_soon_threadsafe(conversation.post, event)

    def tell(event: Event | VoiceSuspected | Woken) -> None:
        if isinstance(event, VoiceSuspected):
            speaker.dip()  # At once: a busy loop would be too late.
        else:
            loop.call_soon_threadsafe(attending.post, event)

    hear = Handover(loop)
    muting = Muting(settings, device, watch)
    own = await asyncio.to_thread(taught, settings)
    wellbeing = Wellbeing(
        root(settings.models), models.generation, lambda: sum(worker.memory_mb for worker in heavy.workers)
    )
    heavy = engines(settings, _teller(watch, wellbeing), models)
    kit = toolkit(settings, own, lambda text: watch(Noted(text)), lambda *call: watch(ToolCalled(*call)))
    async with (
        started(*heavy.workers),
        leaving(settings) as leaves,
        uplink(settings, watch, leaves) as link,
        kit as tools,
        speech(settings, heavy, watch, leaves) as spoken,
        muting.reachable(),
    ):
        tts = ReadyTts(spoken.tts)

        def learnt(settings: Settings) -> Iterator[str]:
            return _learnt(settings, cloud=link is not None)

        await tts.learn(learnt(settings))
        rate_hz = max(device.rate_hz, WIDE_HZ)
        speaker = Speaker(rate_hz, settings.voice.volume, settings.floor.duck_db, post)
        listener = Listener(
            device,
            settings.ear,
            settings.audio,
            models.file(Kind.VAD),
            rate_hz=rate_hz,
            render=speaker.render,
            on_heard=hear,
            on_event=tell,
            remembered=Remembered(paths().state / FILE if isinstance(device, Mic) else None),
            spotter=_spotter(settings),
        )
        chores = Chores(speaker, lambda text: post(Announced(text)))
        grammar = (skills or Skills(map(Path, settings.mind.grammars), own)) if settings.mind.skills else None
        notes = await read_notes(settings, watch)
        rooms = Rooms(spoken.stt, grammar, heavy.llm, tts, speaker, chores, link, notes, toolbox=tools.box)
        with Judge(SmartTurn(models.file(Kind.TURN))) as judge:

            def watch_floor(happening: Happening) -> None:
                if isinstance(happening, StateChanged):
                    care.floor(happening.state)
                    swapping.floor(happening.state)
                    asked = conversation.memory.last_reply.endswith("?")
                    attending.floor(happening.state, muted=happening.muted, asked=asked)
                elif isinstance(happening, TurnEnded):
                    wellbeing.turn(happening.timeline)
                watch(happening)

            conversation = Conversation(
                rooms,
                settings,
                judge=judge,
                position=lambda: listener.position,
                deafen=muting,
                meet=lambda: setattr(listener, "stranger", True),
                watch=watch_floor,
            )
            care = _cared_for(tts, heavy, settings, watch, floor=conversation, ear=listener, chores=chores)
            attending = Attending(settings.ear, listener.waking, conversation.post, speaker.chime, watch)
            hear.take = conversation.hear
            swapping = Swapping(
                own_settings,
                models,
                lease,
                heavy,
                tts,
                voiced=spoken.voiced,
                learnt=learnt,
                teller=lambda: _teller(watch, wellbeing),
                adopt=conversation.adopt,
                warm=lambda llm, new: llm.warm(conversation.memory.messages(new.mind.persona, "")[:-1]),
                sense=taking(listener, judge),
                wellbeing=wellbeing,
            )
            swapping.floor(conversation.state)
            swapping.start()
            muting.begin(listener, conversation.post)
            listener.start()
            care.start(conversation.state)
            conversation.read_ahead()
            if spoken.notice:
                post(Announced(spoken.notice))
            try:
                yield Agent(
                    conversation,
                    device,
                    listener,
                    rooms,
                    heavy,
                    attending,
                    muting,
                    leaves.record,
                    post,
                    drops=lambda: {"ear": listener.dropped, "loop": hear.dropped, "voice": speaker.dropped},
                )
            finally:
                await swapping.close()
                care.close()
                attending.close()
                await _ended(listener, conversation, chores)


async def _ended(listener: Listener, conversation: Conversation, chores: Chores) -> None:
    try:
        await asyncio.to_thread(listener.stop)
    finally:  # Also when the device could not be closed properly.
        await conversation.close()
        chores.close()


def _cared_for(
    tts: ReadyTts,
    heavy: Engines,
    settings: Settings,
    watch: Watch,
    *,
    floor: Conversation,
    ear: Listener,
    chores: Chores,
) -> Care:
    def woke(slept_s: float) -> None:
        ear.woken = True
        chores.woke(slept_s)

    def spare(sparing: bool) -> None:
        floor.saying.spare(sparing)

    idle = Idle(lambda: tts.rehearse(_rehearsed(settings)))
    return Care(idle, lambda: heavy.workers, settings.workers.grown_mb, spare=spare, woke=woke, watch=watch)


def _phrases(text: str, settings: Settings) -> list[str]:
    """Return the pieces of it that a draft will ask for."""
    cutter = Phrases(settings.voice.first_phrase_chars)
    return [*cutter.feed(text), *cutter.finish()]


def _learnt(settings: Settings, *, cloud: bool) -> Iterator[str]:
    """Yield the lines that must not wait for the voice."""
    yield from _phrases(APOLOGY, settings)
    yield from holding.ALL if cloud else ()
    yield from [UNKNOWN] if settings.mind.notes else ()


def _rehearsed(settings: Settings) -> Iterator[str]:
    if settings.mind.skills and not settings.cloud.tts:  # Nothing is sent while nobody speaks.
        for text in (UNABLE, *foreseeable(datetime.now().astimezone())):
            yield from _phrases(text, settings)


def _spotter(settings: Settings) -> WakeWord | None:
    ear = settings.ear
    return WakeWord(model_file(settings, Kind.WAKE), ear.wake_at) if ear.wake_word else None


def _teller(watch: Watch, wellbeing: Wellbeing) -> OnChange:
    """Return what notes that an engine is started again; its first start is no news."""
    proven: set[str] = set()

    def tell(name: str, state: State) -> None:
        if state is State.READY:
            proven.add(name)
        elif state is State.RENEWING:
            proven.discard(name)
        elif state in (State.STARTING, State.BACKING_OFF) and name in proven:
            proven.remove(name)
            wellbeing.crashed()
            watch(Noted(f"the {name} engine failed and is being restarted", engine=name))

    return tell
