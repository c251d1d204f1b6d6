"""An agent in a simulated room, in told time: an hour passes in minutes, and no slow or busy machine shows in a figure.

The loop's clock stands still while anything is being done, and jumps to the next thing that waits for a time. The room
and the ear move 10 ms at a time in between. The engines are the real ones (`told_engines.py`), and take as long as they
would on an idle machine. So all latencies are those of sound and of decisions.

What isn't there: Smart Turn and, unless they are given, the language model and the skills. They have no say in who gets
the floor.
"""

import asyncio
import selectors
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from edge_agent.app.chores import Chores
from edge_agent.app.conversation import Conversation
from edge_agent.app.engines import model_file
from edge_agent.app.happenings import Watch
from edge_agent.app.rooms import Rooms
from edge_agent.base.events import Announced, Event, VoiceSuspected, Woken
from edge_agent.base.frames import BLOCK_MS, Heard, Samples
from edge_agent.base.settings import Settings
from edge_agent.supply.catalogue import Kind
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.room import Room
from edge_agent.talk.mind.llm import Llm, Message, OnSentenceEnd
from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.stt import Stt
from edge_agent.talk.voice.speaker import Speaker
from edge_agent.talk.voice.tts import Tts

VOICE_HZ = 24_000
LATE_S = 1e-8
"""By which every timer is late. Loops find one due that is a nanosecond early, which real time never shows."""

Ts = TypeVarTuple("Ts")


class ToldTime(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps over whatever nobody works in."""

    def __init__(self) -> None:
        self._jumps = _Jumps()
        super().__init__(self._jumps)

    def time(self) -> float:
        """Seconds since it was made, as they are told here."""
        return self._jumps.now

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As in any loop."""
        return super().call_at(when + LATE_S, callback, *args, context=context)


class _Jumps(selectors.DefaultSelector):
    """Lets told time pass where a loop would sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            return super().select(None)
        self.now += timeout
        return super().select(0)


@dataclass(frozen=True, slots=True)
class Subject:
    """A running agent, as far as it is here."""

    conversation: Conversation
    post: Callable[[Event], None]


@asynccontextmanager
async def living(
    settings: Settings,
    room: Room,
    watch: Watch,
    stt: Stt,
    tts: Tts,
    *,
    llm: Llm | None = None,
    skills: Skills | None = None,
) -> AsyncIterator[Subject]:
    """Yield an agent that listens in `room`, which must not keep a time of its own, while this loop's time passes."""

    def post(event: Event) -> None:
        loop.call_soon(conversation.post, event)

    def hear(heard: Heard) -> None:
        loop.call_soon(conversation.hear, heard)

    def tell(event: Event | VoiceSuspected | Woken) -> None:
        match event:
            case VoiceSuspected():
                speaker.dip()
            case Woken():
                pass  # It never sleeps.
            case _:
                post(event)

    loop = asyncio.get_running_loop()
    speaker = Speaker(VOICE_HZ, settings.voice.volume, settings.floor.duck_db, post)
    chores = Chores(speaker, lambda text: post(Announced(text)))
    listener = Listener(
        room, settings.ear, settings.audio, model_file(settings, Kind.VAD), rate_hz=VOICE_HZ,
        render=speaker.render, on_heard=hear, on_event=tell,
    )  # fmt: skip
    conversation = Conversation(
        Rooms(stt, skills, llm or _Terse(), tts, speaker, chores),
        settings,
        judge=_undecided,
        position=lambda: listener.position,
        deafen=lambda deaf: setattr(listener, "deaf", deaf),
        meet=lambda: setattr(listener, "stranger", True),
        watch=watch,
    )
    listener.open()
    passing = loop.create_task(_passes(room, listener))
    try:
        yield Subject(conversation, post)
    finally:
        passing.cancel()
        await conversation.close()
        chores.close()
        listener.close()


async def _passes(room: Room, listener: Listener) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        room.advance()
        listener.step()
        due += BLOCK_MS / 1000
        await asyncio.sleep(due - loop.time())


async def _undecided(_: Samples) -> float:
    """In place of Smart Turn."""
    return 0.5


class _Terse:
    """In place of the language model: what is answered doesn't matter here."""

    async def reply(
        self, messages: Sequence[Message], on_sentence_end: OnSentenceEnd = lambda _: None
    ) -> AsyncGenerator[str, None]:
        """As in `Llm`."""
        on_sentence_end(None)
        yield "Okay."

    async def value(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Any:
        """As in `Llm`."""
        return None

    async def warm(self, messages: Sequence[Message]) -> None:
        """Know everything already."""
