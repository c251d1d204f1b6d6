"""The product, microphone to loudspeaker: the only place that knows all rooms.

    device ─▶ listener (echo, VAD) ─▶ conversation (turn machine) ─▶ draft: stt ─▶ route ─▶ skill | llm ─▶ tts
       ▲                                                                                                   │
       └───────────────────────────── speaker (playout, ledger) ◀──────────────────────────────────────────┘

What a reply is made with comes from `household.py`. Here the ear and the conversation are put around it, and the two
threads meet: the listener's has only `render`, `hear` and `tell` of all this; everything else happens on the loop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge_agent.app import by_heart
from edge_agent.app.attending import Attending
from edge_agent.app.care import Care
from edge_agent.app.conversation import Conversation
from edge_agent.app.engines import Engines
from edge_agent.app.handover import Handover, Letterbox
from edge_agent.app.happenings import Happening, StateChanged, TurnEnded, Watch
from edge_agent.app.household import Household, household
from edge_agent.app.idle import Idle
from edge_agent.app.judge import Judge
from edge_agent.app.muting import Muting
from edge_agent.app.rooms import Rooms
from edge_agent.app.senses import taking
from edge_agent.app.swapping import Swapping
from edge_agent.app.wellbeing import teller
from edge_agent.base.events import Announced, Event, VoiceSuspected, Woken
from edge_agent.base.paths import paths
from edge_agent.base.settings import Settings
from edge_agent.supply.catalogue import Kind
from edge_agent.talk.ear.device import Device
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.mic import Mic
from edge_agent.talk.ear.remembered import FILE, Remembered
from edge_agent.talk.ear.smart_turn import SmartTurn
from edge_agent.talk.ear.wakeword import WakeWord
from edge_agent.talk.mind.llm import Llm
from edge_agent.talk.mind.privacy import Record
from edge_agent.talk.mind.skills import Skills
from edge_agent.workers.process import Worker

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
    reload: Callable[[Settings], None]
    """Go by the owner's settings as he has them now: what of them may change under a conversation."""
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

    Raises DeviceError, and what `household` raises, with what to do about it.
    """
    loop = asyncio.get_running_loop()
    post, hear = Letterbox(loop), Handover(loop)
    async with household(settings, max(device.rate_hz, WIDE_HZ), post, watch, skills) as house:
        muting = Muting(house.settings, device, watch)
        listener = _listener(house, device, hear, post)

        def drops() -> Mapping[str, int]:
            return {"ear": listener.dropped, "loop": hear.dropped, "voice": house.rooms.speaker.dropped}

        with Judge(SmartTurn(house.models.file(Kind.TURN))) as judge:
            talking = _talking(house, listener, judge, muting, watch=watch, post=post, hear=hear)
            async with muting.reachable(), talking as (conversation, attending, swapping):
                yield Agent(
                    conversation,
                    device,
                    listener,
                    house.rooms,
                    house.engines,
                    attending,
                    muting,
                    house.record,
                    post,
                    swapping.reload,
                    drops,
                )


def _listener(house: Household, device: Device, hear: Handover, post: Letterbox) -> Listener:
    settings, models, speaker = house.settings, house.models, house.rooms.speaker

    def tell(event: Event | VoiceSuspected | Woken) -> None:
        if isinstance(event, VoiceSuspected):
            speaker.dip()  # At once: a busy loop would be too late.
        else:
            post(event)

    ear = settings.ear
    return Listener(
        device,
        ear,
        settings.audio,
        models.file(Kind.VAD),
        rate_hz=speaker.rate_hz,
        render=speaker.render,
        on_heard=hear,
        on_event=tell,
        remembered=Remembered(paths().state / FILE if isinstance(device, Mic) else None),
        spotter=WakeWord(models.file(Kind.WAKE), ear.wake_at) if ear.wake_word else None,
    )


@asynccontextmanager
async def _talking(
    house: Household,
    listener: Listener,
    judge: Judge,
    muting: Muting,
    *,
    watch: Watch,
    post: Letterbox,
    hear: Handover,
) -> AsyncIterator[tuple[Conversation, Attending, Swapping]]:
    """Begin the conversation, with those who look after it; when this ends, all of them have."""

    def watch_floor(happening: Happening) -> None:
        if isinstance(happening, StateChanged):
            care.floor(happening.state)
            swapping.floor(happening.state)
            attending.floor(happening.state, muted=happening.muted, asked=conversation.memory.asks)
        elif isinstance(happening, TurnEnded):
            house.wellbeing.turn(happening.timeline)
        watch(happening)

    conversation = _conversation(house, listener, judge, muting, watch_floor)
    attending = Attending(house.settings.ear, listener.waking, conversation.post, house.rooms.speaker.chime, watch)
    care = _care(house, conversation, listener, watch)
    swapping = _swapping(house, conversation, listener, judge, watch)
    hear.take, post.take = conversation.hear, attending.post
    swapping.floor(conversation.state)
    swapping.start()
    muting.begin(listener, conversation.post)
    listener.start()
    care.start(conversation.state)
    conversation.read_ahead()
    if house.spoken.notice:
        post(Announced(house.spoken.notice))
    try:
        yield conversation, attending, swapping
    finally:
        await swapping.close()
        care.close()
        attending.close()
        try:
            await asyncio.to_thread(listener.stop)
        finally:  # Also when the device could not be closed properly.
            await conversation.close()
            house.rooms.chores.close()


def _conversation(house: Household, listener: Listener, judge: Judge, muting: Muting, watch: Watch) -> Conversation:
    return Conversation(
        house.rooms,
        house.settings,
        judge=judge,
        position=lambda: listener.position,
        deafen=muting,
        meet=lambda: setattr(listener, "stranger", True),
        watch=watch,
    )


def _care(house: Household, conversation: Conversation, listener: Listener, watch: Watch) -> Care:
    def woke(slept_s: float) -> None:
        listener.woken = True
        house.rooms.chores.woke(slept_s)

    idle = Idle(lambda: house.tts.rehearse(by_heart.rehearsed(house.settings)))
    return Care(
        idle,
        lambda: house.engines.workers,
        house.settings.workers.grown_mb,
        spare=conversation.saying.spare,
        woke=woke,
        watch=watch,
    )


def _swapping(house: Household, conversation: Conversation, listener: Listener, judge: Judge, watch: Watch) -> Swapping:
    async def warm(llm: Llm, settings: Settings) -> None:
        await llm.warm(conversation.memory.beginning(settings.mind.persona))

    return Swapping(
        house.own_settings,
        house.models,
        house.lease,
        house.engines,
        house.tts,
        voiced=house.spoken.voiced,
        learnt=house.learnt,
        teller=lambda: teller(house.wellbeing, watch),
        adopt=conversation.adopt,
        warm=warm,
        sense=taking(listener, judge),
        wellbeing=house.wellbeing,
    )
