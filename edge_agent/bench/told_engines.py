"""The real engines in told time: they work in real time, on a loop of their own, whoever asks them.

Whoever does stands still meanwhile, and then waits for as long as they would take on an idle machine (`HEARING_S`,
`READING_S`, `SPEAKING_S`).
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from edge_agent.app.engines import engines, hearing, speaking, started
from edge_agent.base.frames import Samples, Speech
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import models
from edge_agent.talk.mind.leanings import Leanings
from edge_agent.talk.mind.llm import Llm, Message, OnSentenceEnd
from edge_agent.talk.mind.stt import Guess, Stt, Transcript
from edge_agent.talk.voice.ready import ReadyTts
from edge_agent.talk.voice.tts import Tts
from edge_agent.workers.process import Worker

HEARING_S = 0.15
"""What Whisper (base) takes for a turn of some seconds, in the agent, on two threads of its own."""
SPEAKING_S = 0.05
"""What Piper takes for the first piece of a phrase."""
READING_S = 0.05
"""What the language model takes until its first token."""

T = TypeVar("T")


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
    chosen = models(settings)
    (stt, listens), (tts, speaks) = hearing(chosen), speaking(chosen)
    with _begun(real, listens, speaks):
        yield _Stt(stt, real), ReadyTts(_Tts(tts, real))


@asynccontextmanager
async def hearing_thinking_and_speaking(settings: Settings, real: RealTime) -> AsyncIterator[tuple[Stt, Llm, Tts]]:
    """Start all engines, and yield them for use in told time."""
    heavy = engines(settings)
    with _begun(real, *heavy.workers):
        yield _Stt(heavy.stt, real), _Llm(heavy.llm, real), ReadyTts(_Tts(heavy.tts, real))


@contextmanager
def _begun(real: RealTime, *workers: Worker) -> Iterator[None]:
    async def lives() -> AsyncGenerator[None, None]:
        async with started(*workers):
            yield

    life = lives()
    real.wait(life.__anext__())
    try:
        yield
    finally:
        real.wait(life.aclose())


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

    async def synthesise(self, text: str, start: int = 0, stop: int | None = None) -> AsyncGenerator[Speech, None]:
        """As in `Tts`."""
        made = self._real.wait(self._whole(text, start, stop))
        await asyncio.sleep(SPEAKING_S)
        for speech in made:
            yield speech

    async def _whole(self, text: str, start: int, stop: int | None) -> list[Speech]:
        return [speech async for speech in self._tts.synthesise(text, start, stop)]


class _Llm:
    """The same."""

    def __init__(self, llm: Llm, real: RealTime) -> None:
        self._llm = llm
        self._real = real

    async def reply(
        self, messages: Sequence[Message], on_sentence_end: OnSentenceEnd = lambda _: None
    ) -> AsyncGenerator[str, None]:
        """As in `Llm`."""
        likely: list[float | None] = []
        pieces = self._llm.reply(messages, likely.append)
        try:
            wait_s = READING_S
            while (piece := self._real.wait(anext(pieces, None))) is not None:
                await asyncio.sleep(wait_s)
                for one in likely:
                    on_sentence_end(one)
                likely.clear()
                yield piece
                wait_s = 0.0  # Tokens are faster than speech.
        finally:
            self._real.wait(pieces.aclose())

    async def value(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Any:
        """As in `Llm`."""
        return self._real.wait(self._llm.value(messages, schema))

    async def warm(self, messages: Sequence[Message]) -> None:
        """As in `Llm`."""
        self._real.wait(self._llm.warm(messages))
        await asyncio.sleep(READING_S)
