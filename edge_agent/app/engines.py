"""The three heavy engines, each behind the protocol of its room and in a worker process of its own.

Which models they load: the fleet's generation in use, else a name in the settings, else the profile's.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_agent.base.settings import Settings
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.models import Models, models
from edge_agent.talk.mind.llm import LlamaLlm
from edge_agent.talk.mind.stt import WhisperStt
from edge_agent.talk.voice.tts import PiperTts
from edge_agent.workers import budget
from edge_agent.workers.process import Spec, State, Worker
from edge_agent.workers.wire import JSON

STT_SILENCE_S = 20.0
"""The longest a final transcript of half a minute takes on the slowest board, with room to spare."""

LLM_SILENCE_S = 20.0
"""Between two tokens; the first one waits for the whole prompt."""

TTS_SILENCE_S = 10.0

OnChange = Callable[[str, State], None]


@dataclass(slots=True)
class Engines:
    """What listens, thinks and speaks. The workers are others after a swap."""

    stt: WhisperStt
    llm: LlamaLlm
    tts: PiperTts
    workers: tuple[Worker, ...]


def model_file(settings: Settings, kind: Kind) -> Path:
    """Return the first file of the model that does `kind`; ModelError when it is not there, with what to do."""
    return models(settings).file(kind)


def engines(settings: Settings, on_change: OnChange | None = None, chosen: Models | None = None) -> Engines:
    """Describe them, of the models that are `chosen` or in use; nothing runs before `started`."""
    chosen = chosen or models(settings)
    settings = chosen.settings
    threads = budget.share(settings.workers.threads)
    timeout_s = settings.workers.start_timeout_s

    def worker(kind: Kind, module: str, options: dict[str, JSON], count: int, silence_s: float) -> Worker:
        options = {**options, "threads": count}
        return Worker(Spec(kind.value, f"edge_agent.workers.{module}", options, count, timeout_s, silence_s), on_change)

    stt = worker(Kind.STT, "whisper", {"folder": str(chosen.file(Kind.STT).parent)}, threads.stt, STT_SILENCE_S)
    llm_options = {
        "folder": str(chosen.file(Kind.LLM).parent),
        "context_tokens": settings.mind.context_tokens,
    }
    llm = worker(Kind.LLM, "llama", llm_options, threads.llm, LLM_SILENCE_S)
    tts = worker(Kind.TTS, "piper", {"folder": str(chosen.file(Kind.TTS).parent)}, threads.tts, TTS_SILENCE_S)
    return Engines(WhisperStt(stt), LlamaLlm(llm, settings.mind), PiperTts(tts, settings.voice.speed), (stt, llm, tts))


@asynccontextmanager
async def started(*workers: Worker) -> AsyncIterator[None]:
    """Start them side by side and stop them at the end; if one can't start, none is left running."""
    try:
        await start(workers)
        yield
    finally:
        await stop(workers)


async def start(workers: Iterable[Worker]) -> None:
    """Start them side by side; when all have been tried, the first failure is raised."""
    outcomes = await asyncio.gather(*(worker.start() for worker in workers), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def stop(workers: Iterable[Worker]) -> None:
    """Stop them side by side."""
    await asyncio.gather(*(worker.stop() for worker in workers))
