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
    stt, listens = hearing(chosen, on_change)
    llm, thinks = thinking(chosen, on_change)
    tts, speaks = speaking(chosen, on_change)
    return Engines(stt, llm, tts, (listens, thinks, speaks))


def hearing(chosen: Models, on_change: OnChange | None = None) -> tuple[WhisperStt, Worker]:
    """Describe what listens, and its process. No other model than its own need be there."""
    count = budget.share(chosen.settings.workers.threads).stt
    worker = Worker(_spec(chosen, Kind.STT, "whisper", count, STT_SILENCE_S), on_change)
    return WhisperStt(worker), worker


def thinking(chosen: Models, on_change: OnChange | None = None) -> tuple[LlamaLlm, Worker]:
    """The same of what thinks."""
    count, mind = budget.share(chosen.settings.workers.threads).llm, chosen.settings.mind
    spec = _spec(chosen, Kind.LLM, "llama", count, LLM_SILENCE_S, context_tokens=mind.context_tokens)
    worker = Worker(spec, on_change)
    return LlamaLlm(worker, mind), worker


def speaking(chosen: Models, on_change: OnChange | None = None) -> tuple[PiperTts, Worker]:
    """The same of what speaks."""
    count = budget.share(chosen.settings.workers.threads).tts
    worker = Worker(_spec(chosen, Kind.TTS, "piper", count, TTS_SILENCE_S), on_change)
    return PiperTts(worker, chosen.settings.voice.speed), worker


def _spec(chosen: Models, kind: Kind, module: str, threads: int, silence_s: float, **options: JSON) -> Spec:
    options = {"folder": str(chosen.file(kind).parent), **options, "threads": threads}
    timeout_s = chosen.settings.workers.start_timeout_s
    return Spec(kind.value, f"edge_agent.workers.{module}", options, threads, timeout_s, silence_s)


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
