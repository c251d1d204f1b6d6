"""An agent in a simulated room, in told time: an hour passes in minutes, and no slow or busy machine shows in a figure.

The loop's clock stands still while anything is being done, and jumps to the next thing that waits for a time. The room
and the ear move 10 ms at a time in between. The engines that hear and speak are the real ones, in their workers; they
live in real time, on a loop of their own. Whoever asks them stands still meanwhile, and then waits for as long as they
would take on an idle machine (`HEARING_S`, `SPEAKING_S`). So all latencies are those of sound and of decisions.

What isn't there: the language model, the skills and Smart Turn, which have no say in who gets the floor.
"""

import asyncio
import selectors
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

from edge_agent.app.chores import Chores
from edge_agent.app.conversation import Conversation
from edge_agent.app.engines import Engines, engines, model_file, started
from edge_agent.app.happenings import Watch
from edge_agent.app.rooms import Rooms
from edge_agent.base.events import Announced, Event, VoiceSuspected, Woken
from edge_agent.base.frames import BLOCK_MS, Heard, Samples, Speech
from edge_agent.base.settings import Settings
from edge_agent.supply.catalogue import Kind
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.room import Room
from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.llm import Message, OnSentenceEnd
from edge_agent.talk.mind.stt import Guess, Stt, Transcript
from edge_agent.talk.voice.ready import ReadyTts
from edge_agent.talk.voice.speaker import Speaker
from edge_agent.talk.voice.tts import Tts

HEARING_S = 0.15
"""What Whisper (base) takes for a turn of some seconds, in the agent, on two threads of its own."""
SPEAKING_S = 0.05
"""What Piper takes for the first piece of a phrase."""
VOICE_HZ = 24_000
LATE_S = 1e-8
"""By which every timer is late. Loops find one due that is a nanosecond early, which real time never shows."""

T = TypeVar("T")
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


class RealTime:
    """A loop in a thread, on which the engines live. Whoever calls `wait` stands still meanwhile."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="engines", daemon=True)
        self._thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@asynccontextmanager
async def hearing_and_speaking(settings: Settings, real: RealTime) -> AsyncIterator[tuple[Stt, Tts]]:
    """Start the engines that hear and speak, and yield them for use in told time."""
    heavy = engines(settings)
    life = _begun(heavy)
    real.wait(life.__anext__())
    try:
        yield _Stt(heavy.stt, real), ReadyTts(_Tts(heavy.tts, real))
    finally:
        real.wait(life.aclose())


async def _begun(heavy: Engines) -> AsyncGenerator[None, None]:
    stt, _, tts = heavy.workers
    async with started(stt, tts):
        yield


@asynccontextmanager
async def living(settings: Settings, room: Room, watch: Watch, stt: Stt, tts: Tts) -> AsyncIterator[Subject]:
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
        Rooms(stt, None, _Terse(), tts, speaker, chores),
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


class _Stt:
    """Asks the engine in real time, and charges for it in told time."""

    def __init__(self, stt: Stt, real: RealTime) -> None:
        self._stt = stt
        self._real = real

    async def transcribe(self, audio: Samples, *, final: bool) -> Transcript:
        """As in `Stt`."""
        transcript = self._real.wait(self._stt.transcribe(audio, final=final))
        await asyncio.sleep(HEARING_S)
        return transcript

    async def leanings(self, audio: Samples, words: Sequence[str]) -> Leanings:
        """As in `Stt`. It costs nothing: only what was heard last is asked about."""
        return self._real.wait(self._stt.leanings(audio, words))

    async def again(self, audio: Samples, words: Sequence[str], sentences: Sequence[str]) -> list[Guess]:
        """As in `Stt`."""
        guesses = self._real.wait(self._stt.again(audio, words, sentences))
        await asyncio.sleep(HEARING_S)
        return guesses


class _Tts:
    """The same."""

    def __init__(self, tts: Tts, real: RealTime) -> None:
        self._tts = tts
        self._real = real

    async def synthesise(self, text: str) -> AsyncGenerator[Speech, None]:
        """As in `Tts`."""
        made = self._real.wait(self._whole(text))
        await asyncio.sleep(SPEAKING_S)
        for speech in made:
            yield speech

    async def _whole(self, text: str) -> list[Speech]:
        return [speech async for speech in self._tts.synthesise(text)]


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
